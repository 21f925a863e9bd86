"""The picture of what differs between two periods: a forest plot."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.ledger import Ledger
from cijob_analysis.metrics.comparison.comparing import compare
from cijob_analysis.metrics.comparison.value import Comparison
from cijob_analysis.metrics.comparison.wording import NAMES
from cijob_analysis.plots.canvas import SMALL, Note, axes_for, say_empty, width_of
from cijob_analysis.plots.fonts import text_style
from cijob_analysis.plots.forest import Scale, draw_forest, group_names, scale_of, signed
from cijob_analysis.plots.top import MOST_BARS
from cijob_analysis.plots.zones import zone_of
from cijob_analysis.words import letters, listed, number, percent, plural

if TYPE_CHECKING:
    from datetime import tzinfo

    from matplotlib.axes import Axes

    from cijob_analysis.metrics.groups import By
    from cijob_analysis.snapshot import Snapshot


def plot_comparison(
    a: pd.DataFrame | Snapshot | Comparison,
    b: pd.DataFrame | Snapshot | None = None,
    *,
    measure: str = "turnaround_s",
    statistic: str | None = None,
    by: By = None,
    labels: tuple[str, str] = ("before", "after"),
    ax: Axes | None = None,
    tz: tzinfo | str | None = None,
) -> Axes:
    """Draw how much a measure differs, of all and of each group, with intervals: what adds most to the whole first.

    Filled marks differ significantly, corrected for how many comparisons there are, and stand first; hollow ones may
    be chance. 20 groups are drawn, the line below says how many are not.

    Parameters
    ----------
    a, b : DataFrame or Snapshot; or a Comparison and nothing
        Tasks or executions before and after, or what `compare` has made of them.
    measure : str
        ``queue_wait_s``, ``run_time_s``, ``turnaround_s`` (in %; in seconds where all of it was 0 before),
        ``failure_rate`` (in percentage points) or ``throughput_per_h`` (in %).
    statistic : str, optional
        Of a duration: ``median`` (if not given), the quantile (``p95``), or ``paired median`` (of the run times of
        the same objects).
    by : str or list of str, optional
        Columns whose equal values make a group, as in `compare`; not with a Comparison, which has its groups.
    labels : tuple of str
        What `a` and `b` are called.
    ax : Axes, optional
        Where to draw; a new figure, which a notebook shows, if not given.
    tz : tzinfo or str, optional
        Zone of the times in the line below; UTC if not given.

    Returns
    -------
    Axes
        `ax`, or the new ones.

    Raises
    ------
    SchemaError
        A column is missing.
    ConfigurationError
        There is nothing to compare with, no such measure or statistic, or no such zone.
    """
    zone = zone_of(tz)
    found = _comparison(a, b, by)
    if measure not in NAMES:
        raise ConfigurationError(f"measure={measure!r} is none of {', '.join(NAMES)}")
    rows = found.frame[found.frame["measure"] == measure]
    there = list(dict.fromkeys(rows["statistic"]))
    chosen = statistic or there[0]
    if chosen not in there:
        raise ConfigurationError(f"statistic={statistic!r} of {measure} is none of {', '.join(there)}")
    rows = rows[(rows["statistic"] == chosen) & ((rows["n_a"] > 0) | (rows["n_b"] > 0))]
    if "node" in rows:  # what has no node is a part of its workflow, and stands there
        rows = rows[(rows["level"] != "node") | rows["node"].notna()]
    ranked = _ranked(rows, found.attribution)
    shown = ranked.iloc[: MOST_BARS + 1]
    ax = axes_for(ax, height=1.6 + 0.3 * max(len(shown), 3))
    name = NAMES[measure]
    what, head = (name, name) if chosen == "rate" else (f"{chosen} {name}", f"{name}, {chosen}")
    if len(shown):
        draw_forest(ax, shown, what, labels)
    else:
        say_empty(ax, f"no {found.noun}s to compare")
    if not ax.get_title():
        title, style = text_style(f"{head[0].upper()}{head[1:]}: {labels[1]} against {labels[0]}")
        ax.set_title(title, fontsize=11, pad=20, **style)
    left_out = [f"{plural(len(ranked) - len(shown), 'group')} not shown"] if len(ranked) > len(shown) else []
    line = "; ".join([*_sides(found, labels, zone), *left_out])
    note = Note(ax, line, f"{_description(shown, what, labels, found)} ({line}.)")
    note.set_text(fill(note.get_text().replace("\n", " "), _characters(ax)))
    ax.add_artist(note)
    return ax


def _characters(ax: Axes) -> int:
    """Return how many characters of the line below have room at the right of the names, which may be long."""
    names = max((letters(label.get_text()) for label in ax.get_yticklabels()), default=0)
    return max(int(1.25 * width_of(ax) / (0.53 * SMALL) - 1.3 * names), 30)


def _comparison(a: pd.DataFrame | Snapshot | Comparison, b: pd.DataFrame | Snapshot | None, by: By) -> Comparison:
    if isinstance(a, Comparison):
        if b is not None or by is not None:
            raise ConfigurationError("a Comparison has both sides and its groups; leave out b and by")
        return a
    if b is None:
        raise ConfigurationError("b is missing; give two frames or snapshots, or what compare(a, b) returned")
    return compare(a, b, by=by)


def _ranked(rows: pd.DataFrame, attribution: pd.DataFrame) -> pd.DataFrame:
    """Return `rows`: the whole, then the significant ones, then the others; what adds most to the whole first."""
    keys = ["level", "group", "measure"]
    within = rows[keys].merge(attribution[[*keys, "within"]], how="left", on=keys)["within"].to_numpy(np.float64)
    size, chance = (rows["n_a"] + rows["n_b"]).to_numpy(), ~rows["is_significant"].to_numpy(np.bool_)
    return rows.iloc[np.lexsort((-size, -np.nan_to_num(np.abs(within)), chance, rows["level"] != "all"))]


def _sides(found: Comparison, labels: tuple[str, str], zone: tzinfo) -> list[str]:
    """Return for each side how many rows, as of when, and what a reader must know."""
    sides = []
    for side, label, rows, ledger in zip("ab", labels, found.rows, found.ledgers, strict=True):
        remarks = [text[3:] for text in found.remarks if text.startswith(f"{side}: ")]
        sides.append("; ".join([f"{label}: {Ledger((), ledger.as_of).line(rows, found.noun, zone)}", *remarks]))
    return sides


def _description(rows: pd.DataFrame, what: str, labels: tuple[str, str], found: Comparison) -> str:
    text = f"Forest plot of the difference of the {what} of {found.noun}s, {labels[1]} against {labels[0]}"
    if not len(rows):
        return f"{text}: nothing to compare"
    scale = scale_of(rows)
    whole, groups = rows[rows["level"] == "all"], rows[rows["level"] != "all"]
    sure = groups[groups["is_significant"]]
    told = pd.concat([whole, sure.head(3)])
    named = ["all"] * len(whole) + group_names(sure.head(3))
    parts = [f"{name} {_change(row, scale)}" for name, row in zip(named, told.to_dict("records"), strict=True)]
    n = len(sure)
    verb = "differs" if n == 1 else "differ"
    more = f"; {number(n)} of {plural(len(groups), 'group')} {verb} significantly" if len(groups) else ""
    return f"{text}, with {percent(found.level)} intervals: {listed(parts)}{more}"


def _change(row: dict[Any, Any], scale: Scale) -> str:
    value = row[scale.column]
    return row["note"] or "from 0" if np.isnan(value) else f"{signed(round(scale.factor * value, 1))} {scale.unit}"
