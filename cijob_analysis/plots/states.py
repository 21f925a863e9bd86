"""The picture of how many rows are in which state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.groups import By, state_codes
from cijob_analysis.metrics.inputs import frame_of
from cijob_analysis.plots.canvas import axes_for, finish, integers, tidy, width_of, write_middle
from cijob_analysis.plots.fonts import texts_style
from cijob_analysis.plots.stacks import draw_stacks, stacks_description, stacks_height
from cijob_analysis.plots.style import NO_STATE, looks_of
from cijob_analysis.plots.top import top_groups
from cijob_analysis.plots.zones import zone_of
from cijob_analysis.schema import noun_of
from cijob_analysis.words import listed, number, percent, plural, shortened

if TYPE_CHECKING:
    from datetime import tzinfo

    import pandas as pd
    from matplotlib.axes import Axes

    from cijob_analysis.snapshot import Snapshot


def plot_states(
    data: pd.DataFrame | Snapshot, *, by: By = None, ax: Axes | None = None, tz: tzinfo | str | None = None
) -> Axes:
    """Draw how many rows are in which state, with counts and shares.

    Parameters
    ----------
    data : DataFrame or Snapshot
        Batch jobs, executions or tasks; `state` is used. Of a snapshot the lowest level that has rows.
    by : str or list of str, optional
        Columns whose equal values make a group; each of the 20 largest gets a bar, stacked by state, and the
        others share one.
    ax : Axes, optional
        Where to draw; a new figure, which a notebook shows, if not given.
    tz : tzinfo or str, optional
        Zone of the time in the line below; UTC if not given.

    Returns
    -------
    Axes
        `ax`, or the new ones.

    Raises
    ------
    SchemaError
        A column is missing.
    ConfigurationError
        There is no such zone, or `by` has `state`.
    """
    zone, frame = zone_of(tz), frame_of(data)
    noun = noun_of(frame)
    columns = [by] if isinstance(by, str) else list(by or ())
    if "state" in columns:
        raise ConfigurationError("by='state': the bars are stacked by state; name other columns")
    codes, states = state_codes(frame)
    if columns:
        top = top_groups(frame, columns)
        cells = np.bincount(top.codes * len(states) + codes, minlength=len(top.labels) * len(states))
        counts = cells.reshape(len(top.labels), len(states))
        what = " and ".join(columns).replace("_", " ")
        ax = axes_for(ax, height=stacks_height(len(top.labels)))
        draw_stacks(ax, counts, states, top.labels, noun)
        title = f"{noun.capitalize()}s by {what} and state"
        description = stacks_description(counts, states, top.labels, noun, what)
    else:
        ax = axes_for(ax, height=3.6)
        title = f"{noun.capitalize()}s by state"
        description = _draw_columns(ax, np.bincount(codes, minlength=len(states)).tolist(), states, noun)
    return finish(ax, frame, title, description, zone=zone)


def _draw_columns(ax: Axes, counts: list[int], states: list[str | None], noun: str) -> str:
    """Draw a bar for each state with its count and share above it, and return what is to be seen."""
    total = sum(counts)
    names = [state or NO_STATE for state in states]
    found = []
    for place, (n, name, look) in enumerate(zip(counts, names, looks_of(states), strict=True)):
        share = percent(n / max(total, 1))
        ax.bar(place, n, width=0.72, label=name, **look.patch())
        ax.annotate(
            f"{number(n)}\n{share}", (place, n), xytext=(0, 3), textcoords="offset points",
            ha="center", va="bottom", fontsize=9,
        )  # fmt: skip
        if n:
            found.append(f"{number(n)} {name} ({share})")
    drawn, style = texts_style(shortened(names, 16))
    is_narrow = width_of(ax) < 70 * len(names)
    slant: dict[str, Any] = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"} if is_narrow else {}
    ax.set_xticks(range(len(names)), drawn, fontsize=10, **style, **slant)
    ax.set_xlabel("state")
    ax.set_ylabel(f"{noun}s")
    ax.set_ylim(0, 1.22 * max(*counts, 1))
    integers(ax.yaxis)
    tidy(ax, grid="y")
    if not total:
        write_middle(ax, f"no {noun}s")
    return f"Bar chart of {plural(total, noun)} by state" + (f": {listed(found)}" if found else "")
