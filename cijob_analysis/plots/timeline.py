"""The picture of what waited and ran when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D

from cijob_analysis.metrics.groups import By
from cijob_analysis.metrics.inputs import frame_of
from cijob_analysis.plots.bars import Bars, bars_of, most_at_once, stack_bands, stack_lanes
from cijob_analysis.plots.canvas import axes_for, finish, integers, name_ticks, say_empty, state_legend, tidy
from cijob_analysis.plots.density import Density, Layer, occupancy
from cijob_analysis.plots.pixels import Scale
from cijob_analysis.plots.raster import Raster
from cijob_analysis.plots.segments import Segments, draw_segments
from cijob_analysis.plots.style import GREY, NO_STATE, Look, looks_of
from cijob_analysis.plots.top import Top, top_groups
from cijob_analysis.plots.zones import on_axis, time_axis, zone_label, zone_of
from cijob_analysis.schema import noun_of
from cijob_analysis.words import listed, number, plural, seconds

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from cijob_analysis.snapshot import Snapshot

MOST_BARS = 5_000
"""Above so many the timeline is a raster."""
MOST_LANED = 50_000
"""Above so many a bar has no more than a few pixels: they are counted, and not laid into lanes."""
_WAIT = Look("#C9C9C9", GREY, "", GREY)
_NO_STATE = Look("black", "white", "||", "black")  # white pixels would not be seen
_THICK, _THIN = 0.8, 0.26
"""How much of the height of its lane a run and a wait take."""
_COLUMNS = 1_000
"""By the means of so many parts of the time it is known how high a band becomes."""
_DAY = np.timedelta64(1, "D")


def plot_timeline(
    data: pd.DataFrame | Snapshot,
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

    With more than 50 000 bars no lane could be told from the next. Then each column of pixels is a stack of how
    many bars there are in it, on average over its width: the failed ones at the bottom, those that wait at the
    top, and none of them without a pixel. The outline is the concurrency, exactly, and a share of the height is a
    share of the time, which lanes under 1 000 000 bars would not show; and it takes no packing.

    Parameters
    ----------
    data : DataFrame or Snapshot
        Batch jobs, executions or tasks; `state`, `created_at`, `started_at`, `ended_at` are used. Of a snapshot
        the lowest level that has rows.
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
        There is no such zone, `as_of` is no time or has no zone, or `data` is neither a frame nor a snapshot.
    """
    frame = frame_of(data)
    zone, noun = zone_of(tz), noun_of(frame)
    bars = bars_of(frame, as_of)
    title = f"{noun.capitalize()}s over time"
    if by:
        title += " by " + (by if isinstance(by, str) else listed(by)).replace("_", " ")
    if not len(bars.rows):
        ax = axes_for(ax)
        say_empty(ax, f"no {noun}s" + (" with a time" if len(frame) else ""))
        ax.set_xlabel(f"time ({zone_label(zone)})")
        return finish(ax, frame, title, f"Timeline without {noun}s", zone=zone, left_out=bars.remarks)

    top = top_groups(frame, by)
    top = Top(top.codes[bars.rows], top.labels)
    looks = [
        _NO_STATE if state is None else look for state, look in zip(bars.states, looks_of(bars.states), strict=True)
    ]
    looks.append(_WAIT)
    remarks = list(bars.remarks)
    if len(bars.rows) > MOST_LANED:
        ax, bounds = _draw_density(ax, bars, top, looks)
        remarks.append("drawn as how many there were at once, on average over each pixel of time")
    else:
        ax, bounds = _draw_lanes(ax, bars, top, looks, max_lanes)

    first, last = bars.begin.min(), bars.end.max()
    time_axis(ax, zone, first, last)
    tidy(ax)
    if by:
        name_ticks(ax, bounds.mean(axis=1).tolist(), top.labels)
        ax.tick_params(axis="y", length=0)
    else:
        ax.set_ylabel(f"{noun}s side by side")
        integers(ax.yaxis)
    if bars.is_open.any():
        ax.axvline(float(on_axis(bars.until)), color=GREY, linewidth=0.9, linestyle=":")
    n = np.bincount(bars.state, minlength=len(bars.states))
    shown = [(state, look) for state, look, many in zip(bars.states, looks, n, strict=False) if many]
    has_waits = bool(bars.waits.any())
    state_legend(ax, shown, [Line2D([], [], color=_WAIT.color, linewidth=3, label="wait")] if has_waits else [])
    description = (
        f"Timeline of {plural(len(bars.rows), noun)}, "
        f"at most {number(most_at_once(bars.begin.astype(np.int64), bars.end.astype(np.int64)))} at once, "
        f"over {seconds(max(float((last - first) / np.timedelta64(1, 's')), 1))}: "
        + listed([f"{number(n[k])} {bars.states[k] or NO_STATE}" for k in np.flatnonzero(n)])
    )
    return finish(ax, frame, title, description, zone=zone, left_out=remarks)


def _places(bars: Bars) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return begin, start and end on the time axis."""
    origin = bars.begin.min()
    zero = float(on_axis(origin))
    begin, start, end = (zero + (times - origin) / _DAY for times in (bars.begin, bars.start, bars.end))
    return begin, start, end


def _axes(ax: Axes | None, begin: float, end: float, *, height: float, n_bands: int) -> Axes:
    """Return `ax`, or new ones of a suitable height [inches], with the time from `begin` to `end` in view."""
    ax = axes_for(ax, height=float(np.clip(height, 2.6, max(4.8, 1.6 + 0.22 * n_bands))))
    span = max(end - begin, 1 / 86_400)
    ax.set_xlim(begin - 0.01 * span, begin + 1.015 * span)
    return ax


def _draw_lanes(
    ax: Axes | None, bars: Bars, top: Top, looks: list[Look], max_lanes: int
) -> tuple[Axes, NDArray[np.float64]]:
    """Draw a bar for each, and return the axes and where each band begins and ends."""
    begin, start, end = _places(bars)
    span = max(end.max() - begin.min(), 1 / 86_400)
    least = span / 600 if len(begin) <= MOST_BARS else 0.0  # of those drawn one by one none hides another
    lane, bounds = stack_lanes(begin, np.maximum(end, begin + least), top.codes, len(top.labels))
    n_lanes = float(bounds.max())
    ax = _axes(ax, begin.min(), end.max(), height=1.8 + 0.2 * n_lanes, n_bands=len(bounds))
    ax.set_ylim(-0.3, max(n_lanes, 4) + 0.3)
    runs, waits = bars.runs, bars.waits
    waiting = np.where(bars.gave_up, bars.state, len(looks) - 1)
    parts = [
        Segments(begin, np.where(runs, start, end), lane, waiting, _THIN).only(waits),
        Segments(start, end, lane, bars.state, _THICK).only(runs),
    ]
    if len(begin) > MOST_BARS or n_lanes > max_lanes:
        colors = np.array([to_rgb(look.color) for look in looks])
        ax.add_image(Raster(ax, parts, colors, bars.states.index("Failed")))
    else:
        for part, is_open in zip(parts, ((bars.is_open & ~runs)[waits], bars.is_open[runs]), strict=True):
            draw_segments(ax, part, is_open, looks)
    return ax, bounds


def _draw_density(ax: Axes | None, bars: Bars, top: Top, looks: list[Look]) -> tuple[Axes, NDArray[np.float64]]:
    """Draw how many there are at each time, and return the axes and where each band begins and ends."""
    begin, start, end = _places(bars)
    first, last = float(begin.min()), float(end.max())
    failed, wait = bars.states.index("Failed"), len(looks) - 1
    order = [failed, *(number for number in range(len(looks)) if number != failed)]
    place = np.argsort(order).astype(np.int16)
    stack = top.codes.astype(np.int16) * np.int16(len(looks))
    runs, waits = bars.runs, bars.waits
    waiting = np.where(bars.gave_up, place[bars.state], place[wait])
    layers = [
        _layer(begin, np.where(runs, start, end), stack + waiting, waits),
        _layer(start, end, stack + place[bars.state], runs),
    ]
    n_bands = len(top.labels)
    scale = Scale(first, max(last, first + 1 / 86_400), 0, _COLUMNS)
    means = occupancy([Layer(begin, end, top.codes.astype(np.int16))], n_bands, scale, _COLUMNS).mean
    heights = np.maximum(means.max(axis=1), 1)
    bounds = stack_bands(heights, gap=0.02 * heights.sum() if n_bands > 1 else 0)
    ax = _axes(ax, first, last, height=4.8, n_bands=n_bands)
    ax.set_ylim(-0.015 * bounds.max(), 1.04 * bounds.max())  # the lowest pixels are those of what failed
    colors = np.array([to_rgb(looks[number].color) for number in order])
    ax.add_image(Density(ax, layers, colors, bounds))
    return ax, bounds


def _layer(begin: NDArray[Any], end: NDArray[Any], stack: NDArray[np.int16], which: NDArray[np.bool_]) -> Layer:
    return Layer(begin[which], end[which], stack[which])
