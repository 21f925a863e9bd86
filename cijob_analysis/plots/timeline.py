"""The picture of what waited and ran when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D

from cijob_analysis.metrics.groups import By, state_codes
from cijob_analysis.plots.bars import bars_of, most_at_once, stack_lanes
from cijob_analysis.plots.canvas import axes_for, finish, integers, name_ticks, say_empty, state_legend, tidy
from cijob_analysis.plots.raster import Raster
from cijob_analysis.plots.segments import Segments, draw_segments
from cijob_analysis.plots.style import GREY, NO_STATE, Look, looks_of
from cijob_analysis.plots.top import top_groups
from cijob_analysis.plots.words import listed, number, plural, seconds
from cijob_analysis.plots.zones import on_axis, time_axis, zone_label, zone_of
from cijob_analysis.schema import noun_of

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    import pandas as pd
    from matplotlib.axes import Axes

MOST_BARS = 5_000
"""Above so many the timeline is a raster."""
_WAIT = Look("#C9C9C9", GREY, "", GREY)
_THICK, _THIN = 0.8, 0.26
"""How much of the height of its lane a run and a wait take."""


def plot_timeline(
    frame: pd.DataFrame,
    *,
    by: By = None,
    as_of: datetime | str | None = None,
    max_lanes: int = 120,
    ax: Axes | None = None,
    tz: tzinfo | str | None = None,
) -> Axes:
    """Draw when each row waited (thin) and ran (in the colour of its state), one bar for each.

    Bars that do not overlap share a lane, the lowest that is free, so without `by` the outline is about how
    many there were at each time. What is unfinished is drawn up to `as_of`, with a pointed end. With more than
    5 000 bars, or `max_lanes` lanes, the picture is a raster in which lanes share rows of pixels: each bar still
    has a pixel at least, and the pixel in which one failed has that colour.

    Parameters
    ----------
    frame : DataFrame
        Batch jobs, executions or tasks; `state`, `created_at`, `started_at`, `ended_at` are used.
    by : str or list of str, optional
        Columns whose equal values make a group; each of the 20 largest gets lanes of its own, and the others
        share some.
    as_of : datetime, Timestamp or ISO text with a zone, optional
        When the frame was true; what its ledger says if not given, and the last event if that is silent.
    max_lanes : int
        How many lanes are drawn one by one.
    ax : Axes, optional
        Where to draw; a new figure, which a notebook shows, if not given.
    tz : tzinfo or str, optional
        Zone in which times are shown, such as ``Asia/Shanghai``; UTC if not given.

    Returns
    -------
    Axes
        `ax`, or the new ones.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        There is no such zone, or `as_of` is no time or has no zone.
    """
    zone, noun = zone_of(tz), noun_of(frame)
    bars = bars_of(frame, as_of)
    title = f"{noun.capitalize()}s over time"
    if not len(bars.rows):
        ax = axes_for(ax)
        say_empty(ax, f"no {noun}s" + (" with a time" if len(frame) else ""))
        ax.set_xlabel(f"time ({zone_label(zone)})")
        return finish(ax, frame, title, f"Timeline without {noun}s", zone=zone, left_out=bars.remarks)

    codes, states = state_codes(frame)
    codes = codes[bars.rows]
    begin, start, end = on_axis(bars.begin), on_axis(bars.start), on_axis(bars.end)
    span = max(end.max() - begin.min(), 1 / 86_400)
    top = top_groups(frame.iloc[bars.rows], by)
    least = span / 600 if len(begin) <= MOST_BARS else 0.0  # of those drawn one by one none hides another
    lane, bounds = stack_lanes(begin, np.maximum(end, begin + least), top.codes, len(top.labels))
    n_lanes = int(bounds.max())

    ax = axes_for(ax, height=float(np.clip(1.8 + 0.2 * n_lanes, 2.6, 4.8)))
    ax.set_xlim(begin.min() - 0.01 * span, end.max() + 0.015 * span)
    ax.set_ylim(-0.3, max(n_lanes, 4) + 0.3)
    looks = [*looks_of(states), _WAIT]
    runs = ~np.isnan(start)
    waits = ~runs | (begin < start)
    gave_up = ~runs & ~bars.is_open
    parts = [
        Segments(begin, np.where(runs, start, end), lane, np.where(gave_up, codes, len(states)), _THIN).only(waits),
        Segments(start, end, lane, codes, _THICK).only(runs),
    ]
    if len(begin) > MOST_BARS or n_lanes > max_lanes:
        colors = np.array([to_rgb(look.color) for look in looks])
        ax.add_image(Raster(ax, parts, colors, states.index("Failed")))
    else:
        for part, is_open in zip(parts, ((bars.is_open & ~runs)[waits], bars.is_open[runs]), strict=True):
            draw_segments(ax, part, is_open, looks)

    time_axis(ax, zone, bars.begin.min(), bars.end.max())
    tidy(ax)
    if by:
        name_ticks(ax, bounds.mean(axis=1).tolist(), top.labels)
        ax.tick_params(axis="y", length=0)
    else:
        ax.set_ylabel(f"{noun}s side by side")
        integers(ax.yaxis)
    if bars.is_open.any():
        ax.axvline(float(on_axis(bars.until)), color=GREY, linewidth=0.9, linestyle=":")
    n = np.bincount(codes, minlength=len(states))
    shown = [(state, look) for state, look, many in zip(states, looks, n, strict=False) if many]
    state_legend(ax, shown, [Line2D([], [], color=_WAIT.color, linewidth=3, label="wait")] if waits.any() else [])
    description = (
        f"Timeline of {plural(len(begin), noun)}, at most {number(most_at_once(begin, end))} at once, "
        f"over {seconds(span * 86_400)}: "
        + listed([f"{number(n[k])} {states[k] or NO_STATE}" for k in np.flatnonzero(n)])
    )
    return finish(ax, frame, title, description, zone=zone, left_out=bars.remarks)
