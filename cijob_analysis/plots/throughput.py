"""The picture of how many were finished per minute, hour or day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.ledger import clock_text
from cijob_analysis.metrics.calendar import check_period, periods
from cijob_analysis.metrics.groups import is_terminal
from cijob_analysis.metrics.inputs import frame_of
from cijob_analysis.metrics.instants import instants
from cijob_analysis.metrics.rates import throughput
from cijob_analysis.plots.canvas import axes_for, finish, integers, say_empty, state_legend, tidy
from cijob_analysis.plots.style import Look, looks_of
from cijob_analysis.plots.thinning import visible_steps
from cijob_analysis.plots.zones import on_axis, time_axis, zone_label, zone_of
from cijob_analysis.schema import TERMINAL, noun_of
from cijob_analysis.words import listed, number, plural

if TYPE_CHECKING:
    from datetime import tzinfo

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from cijob_analysis.snapshot import Snapshot

_LONGEST = {"minute": np.timedelta64(3, "h"), "hour": np.timedelta64(6, "D")}
"""Up to which span they are chosen; that is 180 and 144 bars at most."""
_MOST_BARS = 400
"""Above so many there is no room for an edge around each."""
_TWO_DAYS = 48 * 3_600_000_000
"""Within so long the next period has begun [µs]."""
_ALL = Look("#4477AA", "white", "", "#4477AA")


def plot_throughput(
    data: pd.DataFrame | Snapshot,
    *,
    per: str | None = None,
    by: str | None = "state",
    ax: Axes | None = None,
    tz: tzinfo | str | None = None,
) -> Axes:
    """Draw how many came to an end in each minute, hour or day; what has failed below what has succeeded.

    Where there are more than 2 000 bars, of those that share a pixel the highest is drawn, and the line below says so.

    Parameters
    ----------
    data : DataFrame or Snapshot
        Batch jobs, executions or tasks; `state` and `ended_at` are used. An end counts in a final state only. Of a
        snapshot the lowest level that has rows.
    per : {"minute", "hour", "day"}, optional
        How long each bar is. If not given, minutes up to a span of three hours, hours up to six days, else days.
    by : {"state", None}
        Whether the bars are stacked by state.
    ax : Axes, optional
        Where to draw; a new figure, which a notebook shows, if not given.
    tz : tzinfo or str, optional
        Whose hours and days, such as ``Asia/Shanghai``; UTC if not given. When the clocks are put back the hour
        that comes twice is two bars; a day of 23 or 25 hours is that wide.

    Returns
    -------
    Axes
        `ax`, or the new ones.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        There is no such `per`, `by` or zone, or more than a million bars.
    """
    if by not in ("state", None):
        raise ConfigurationError(f"by={by!r}: the bars are stacked by 'state', or with None by nothing")
    zone, frame = zone_of(tz), frame_of(data)
    noun = noun_of(frame)
    ended, finished = instants(frame, "ended_at"), is_terminal(frame)
    there = ended[finished & ~np.isnat(ended)]
    span = there.max() - there.min() if len(there) else np.timedelta64(0, "us")
    if per is None:
        per = next((period for period, longest in _LONGEST.items() if span <= longest), "day")
    check_period(per)

    endless = int((finished & np.isnat(ended)).sum())
    remarks = [f"{number(endless)} finished without an end left out"] if endless else []
    title = f"{noun.capitalize()}s finished per {per}"
    ax = axes_for(ax)
    if not len(there):
        say_empty(ax, f"no {noun}s" + (" that have finished" if len(frame) else ""))
        ax.set_xlabel(f"time ({zone_label(zone)})")
        return finish(ax, frame, title, f"Bars without {noun}s", zone=zone, left_out=remarks)

    starts, counts = _counts(frame, per, by, zone)
    micros = starts.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    end = periods(int(micros[-1]), int(micros[-1]) + _TWO_DAYS, per, zone)[1]
    edges = on_axis(np.append(micros, end).astype("datetime64[us]"))
    total = np.sum(list(counts.values()), axis=0)
    rows = visible_steps(micros, total)
    if len(rows) < len(total):
        remarks.append(f"of {per}s that share a pixel the busiest is drawn")
    looks = looks_of(list(counts)) if by else [_ALL]
    _draw(ax, edges[np.append(rows, len(total))], {name: n[rows] for name, n in counts.items()}, looks)

    room = 0.01 * (edges[-1] - edges[0])
    ax.set_xlim(edges[0] - room, edges[-1] + room)
    ax.set_ylim(0, 1.06 * total.max())
    time_axis(ax, zone, *micros[[0, -1]].astype("datetime64[us]"))
    ax.set_ylabel(f"{noun}s finished per {per}")
    integers(ax.yaxis)
    tidy(ax, grid="y")
    if by:
        state_legend(ax, list(zip(counts, looks, strict=True)))
    busiest = int(total.argmax())
    when = clock_text(starts[busiest].to_pydatetime(), zone)
    description = (
        f"Bars of {plural(int(total.sum()), noun)} finished in {plural(len(total), per)}"
        + (": " + listed([f"{number(n.sum())} {state}" for state, n in counts.items()]) if by else "")
        + f"; {number(total.mean()) if total.mean() >= 10 else f'{total.mean():.2g}'} per {per} on average, "
        f"at most {number(total.max())} ({when})"
    )
    return finish(ax, frame, title, description, zone=zone, left_out=remarks)


def _counts(
    frame: pd.DataFrame, per: str, by: str | None, zone: tzinfo
) -> tuple[pd.DatetimeIndex, dict[str, NDArray[np.int64]]]:
    """Return when the periods begin, and how many were finished in each, by the states that occur."""
    table = throughput(frame, per=per, by=by, tz=zone)
    starts = pd.DatetimeIndex(table["at"].unique())
    n = table["n"].to_numpy().reshape(-1, len(starts))
    if by is None:
        return starts, {"finished": n[0]}
    states = table["state"].iloc[:: len(starts)].tolist()
    found = {state: n[states.index(state)] for state in TERMINAL if state in states}
    return starts, {state: counts for state, counts in found.items() if counts.any()}


def _draw(ax: Axes, edges: NDArray[np.float64], counts: dict[str, NDArray[np.int64]], looks: list[Look]) -> None:
    """Draw stacked bars between `edges`, the first state on top: one by one, or many as one outline for each state."""
    base = np.zeros(len(edges) - 1, np.int64)
    for (name, n), look in reversed(list(zip(counts.items(), looks, strict=True))):
        if len(n) <= _MOST_BARS:
            filled = n > 0
            left, width = edges[:-1][filled], np.diff(edges)[filled]
            ax.bar(left, n[filled], width, base[filled], align="edge", label=name, **look.patch())
        else:
            color = look.color  # hatches have no room
            ax.stairs(
                base + n, edges, baseline=base, fill=True, label=name, facecolor=color, edgecolor=color, linewidth=0.5
            )
        base = base + n
