"""The picture of how many run and wait at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.durations import as_of_for
from cijob_analysis.metrics.groups import By, is_terminal
from cijob_analysis.metrics.inputs import frame_of
from cijob_analysis.metrics.intervals import KINDS
from cijob_analysis.metrics.queues.caps import checked_cap
from cijob_analysis.metrics.queues.saturation import has_odd_times
from cijob_analysis.plots.canvas import axes_for, finish, integers, legend, say_empty, tidy, width_of
from cijob_analysis.plots.step_curves import COLUMNS, MOST_STEPS, Curve, columns_of, curves_of, periods, shares
from cijob_analysis.plots.style import GREY, Look, series_looks
from cijob_analysis.plots.top import Top, top_groups
from cijob_analysis.plots.zones import on_axis, time_axis, zone_label, zone_of
from cijob_analysis.schema import noun_of
from cijob_analysis.snapshot import Snapshot
from cijob_analysis.words import listed, number, percent, plural, seconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_MOST_LINES: Final = 8
_MANY_TIMES: Final = 4
"""If so many times as many wait as run, those who wait are drawn on a scale of their own."""
_AT_CAP: Final = "#F0E442"
_LOOKS: Final = {
    "running": Look("#A9D6F2", "#20648C", "", "#20648C"),
    "queued": Look("#333333", "#333333", "", "#333333"),
    "unfinished": Look("#882255", "#882255", "", "#882255", "--"),
}


def plot_concurrency(
    data: pd.DataFrame | Snapshot,
    *,
    of: str | Sequence[str] | None = None,
    cap: float | None = None,
    by: By = None,
    as_of: datetime | str | None = None,
    ax: Axes | None = None,
    tz: tzinfo | str | None = None,
) -> Axes:
    """Draw how many run, wait or are unfinished at each instant: exact steps, in which no peak is lost.

    Where there are more steps than pixels, each column of pixels shows the lowest and the highest number in it.

    Parameters
    ----------
    data : DataFrame or Snapshot
        Batch jobs, executions or tasks; of a snapshot, its lowest level that has rows. `state`, `created_at`,
        `started_at`, `ended_at` are used.
    of : {"running", "queued", "unfinished"} or list of these, optional
        What is counted, as by `concurrency`; if not given, the running and the queued ones, with `by` the running
        ones. Where far more wait than run, those have a scale at the right.
    cap : int, optional
        How many may run at once: a line, and the periods in which so many ran or more are shaded.
    by : str or list of str, optional
        Columns whose equal values make a group; each of the 8 largest gets a line, and the others share one.
    as_of : datetime, Timestamp or ISO text with a zone, optional
        When the frame was true, until when the unfinished ones count; what its ledger says if not given, and the
        last event if that is silent.
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
        There is no such `of` or zone, `by` is given with several `of`, the cap is no whole number above zero, or
        `as_of` is no time or has no zone.
    """
    zone, frame = zone_of(tz), frame_of(data)
    noun = noun_of(frame)
    kinds = _kinds(of, by)
    limit = None if cap is None else checked_cap(cap)
    if as_of is None and isinstance(data, Snapshot):
        as_of = data.as_of
    top = top_groups(frame, by, _MOST_LINES) if by else Top(np.zeros(len(frame), np.intp), [""])
    curves = [curve for kind in kinds for curve in curves_of(frame, kind, top, as_of)]
    title = f"{noun.capitalize()}s {listed(kinds)}"
    if by:
        title += " by " + (by if isinstance(by, str) else listed(by)).replace("_", " ")
    remarks = _remarks(frame, as_of)
    ax = axes_for(ax, height=3.8)
    steps = np.concatenate([np.zeros(0, np.int64), *(curve.at for curve in curves)])  # there may be no group
    if not len(steps):
        say_empty(ax, f"no {noun}s" + (f" {listed(kinds, 'or')} for any time" if len(frame) else ""))
        ax.set_xlabel(f"time ({zone_label(zone)})")
        return finish(ax, frame, title, f"Concurrency without {noun}s", zone=zone, left_out=remarks)

    now = as_of_for(frame, as_of)
    is_open = not np.isnat(now) and bool((~is_terminal(frame)).any())
    until = int(now.astype(np.int64)) if is_open else int(steps.min()) + 1
    begin, end = int(steps.min()), max(int(steps.max()), until)
    drawn = [curve.before(end) for curve in curves] if is_open and end == until else curves  # looking ends nothing
    handles, room = _draw_curves(ax, drawn, begin, end, limit=limit or 0, is_grouped=bool(by))
    remark = ""
    if limit is not None:
        handles.append(_draw_cap(ax, limit))
        if not by and curves[0].of == "running":
            at_cap = periods(curves[0], limit, end)
            share = float(np.ptp(at_cap, axis=1).sum()) / (end - begin)
            remark = f"at the cap of {number(limit)} for {percent(share)} of the time"
            handles += _shade(ax, at_cap, begin, end)
    if is_open:
        ax.axvline(float(on_axis(now)), color=GREY, linewidth=0.9, linestyle=":")
    _lay_out(ax, noun, zone, begin, end)
    legend(ax, handles)
    if room and (box := ax.get_legend()) is not None:
        box.set_bbox_to_anchor((1.01 + room / width_of(ax), 1), transform=ax.transAxes)
    if max(len(curve.at) for curve in curves) > MOST_STEPS:
        remarks.append("lines are means over each pixel of time, bands reach from the lowest to the highest number")
    description = _description(curves, plural(len(frame), noun), begin, end)
    return finish(ax, frame, title, f"{description}{'; ' * bool(remark)}{remark}", zone=zone, left_out=remarks)


def _kinds(of: str | Sequence[str] | None, by: By) -> list[str]:
    """Return what is drawn, in the order in which it is drawn."""
    wanted = (KINDS[:1] if by else KINDS[:2]) if of is None else [of] if isinstance(of, str) else list(of)
    if not wanted or set(wanted) - set(KINDS):
        raise ConfigurationError(f"of={of!r} is none of {', '.join(KINDS)}, nor a list of them")
    if by and len(set(wanted)) > 1:
        raise ConfigurationError(f"of={of!r} with by={by!r}: give one of {', '.join(KINDS)}")
    return [kind for kind in KINDS if kind in wanted]


def _remarks(frame: pd.DataFrame, as_of: datetime | str | None) -> list[str]:
    odd = int(has_odd_times(frame).sum())
    unfinished = int((~is_terminal(frame)).sum()) if np.isnat(as_of_for(frame, as_of)) else 0
    return [
        *([f"{number(odd)} with times missing or in the wrong order, drawn as far as they have any"] if odd else []),
        *([f"{number(unfinished)} unfinished drawn up to the last event"] if unfinished else []),
    ]


def _draw_curves(
    ax: Axes, curves: list[Curve], begin: int, end: int, *, limit: float, is_grouped: bool
) -> tuple[list[Artist], float]:
    """Draw `curves`; return what their legend is made of, and how much room a scale at the right takes [points]."""
    looks = series_looks(len(curves)) if is_grouped else [_LOOKS[curve.of] for curve in curves]
    base = max([limit, *(curve.most for curve in curves if curve.of == "running")])
    is_apart = [not is_grouped and curve.of != "running" and curve.most > _MANY_TIMES * base > 0 for curve in curves]
    beside = ax.twinx() if any(is_apart) else ax
    handles = []
    for curve, look, apart in zip(curves, looks, is_apart, strict=True):
        name = (curve.label if is_grouped else curve.of) + (" (scale at the right)" if apart else "")
        is_area = not is_grouped and curve.of == "running"
        handles.append(_draw_curve(beside if apart else ax, curve, look, name, begin, end, is_area=is_area))
    for axes, here in ((ax, False), (beside, True)):
        most = [curve.most for curve, apart in zip(curves, is_apart, strict=True) if apart == here]
        if most:
            axes.set_ylim(0, 1.08 * max([*most, 1] if here else [*most, limit, 1]))
    if beside is ax:
        return handles, 0
    beside.spines[["top", "left"]].set_visible(False)
    integers(beside.yaxis)
    return handles, 14 + 6 * len(number(beside.get_ylim()[1]))


def _draw_curve(ax: Axes, curve: Curve, look: Look, name: str, begin: int, end: int, *, is_area: bool) -> Artist:
    """Draw one curve and return what stands for it in the legend."""
    if len(curve.at) > MOST_STEPS:
        columns = columns_of(curve, begin, end)
        at, n = columns.edges.astype(np.int64), np.append(columns.mean, columns.mean[-1])
        low, high = (np.append(values, values[-1]) for values in (columns.low, columns.high))
        ax.fill_between(_x(at), low, high, step="post", color=look.line, alpha=0.3, linewidth=0)
    else:
        at, n = curve.points(end)
    style = look.stroke() | {"linewidth": 1.2, "label": name}
    ax.plot(_x(at), n, drawstyle="steps-post", **style)
    if not is_area:
        return Line2D([], [], **style)
    ax.fill_between(_x(at), n, step="post", color=look.color, linewidth=0)
    return Patch(label=name, facecolor=look.color, edgecolor=look.line)


def _x(micros: NDArray[np.int64]) -> NDArray[np.float64]:
    return on_axis(micros.astype("datetime64[us]"))


def _draw_cap(ax: Axes, limit: float) -> Artist:
    """Draw the cap as a line with its name on it, and return what stands for it in the legend."""
    text = f"cap {number(limit)}"
    line = ax.axhline(limit, color="black", linewidth=1.0, linestyle=(0, (6, 3)), label=text)
    ax.annotate(
        text, (0, limit), xycoords=("axes fraction", "data"), xytext=(3, 2), textcoords="offset points", fontsize=8,
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
    )  # fmt: skip
    return Line2D([], [], color=line.get_color(), linewidth=1.0, linestyle=(0, (6, 3)), label=text)


def _shade(ax: Axes, at_cap: NDArray[np.int64], begin: int, end: int) -> list[Artist]:
    """Shade the periods `at_cap`; of many, each column as much as they cover of it. Return what the legend says."""
    share = np.ones(len(at_cap))
    if len(at_cap) > COLUMNS:
        edges = np.linspace(begin, end, COLUMNS + 1)
        share = shares(at_cap, edges)
        at_cap = np.stack([edges[:-1], edges[1:]], axis=1)[share > 0].astype(np.int64)
        share = share[share > 0]
    if not len(at_cap):
        return []
    left, right = _x(at_cap).T
    bottom, top = np.zeros(len(left)), np.ones(len(left))
    corners = np.stack([left, bottom, left, top, right, top, right, bottom], axis=1).reshape(-1, 4, 2)
    colors = np.column_stack([np.tile(to_rgb(_AT_CAP), (len(left), 1)), 0.55 * share])
    ax.add_collection(
        PolyCollection(
            list(corners),
            facecolors=colors,
            linewidths=0,
            antialiaseds=False,
            transform=ax.get_xaxis_transform(),
            zorder=0.5,
        ),
        autolim=False,
    )
    return [Patch(facecolor=_AT_CAP, alpha=0.55, label="at the cap")]


def _lay_out(ax: Axes, noun: str, zone: tzinfo, begin: int, end: int) -> None:
    limits = np.array([begin, end], "datetime64[us]")
    low, high = on_axis(limits)
    margin = 0.01 * (high - low)
    ax.set_xlim(low - margin, high + margin)
    time_axis(ax, zone, limits[0], limits[1])
    ax.set_ylabel(f"{noun}s at once")
    integers(ax.yaxis)
    tidy(ax, grid="y")


def _description(curves: list[Curve], what: str, begin: int, end: int) -> str:
    """Return what the three largest curves show, as the beginning of a sentence."""
    parts = []
    for curve in sorted(curves, key=lambda curve: -curve.most)[:3] if len(curves) > 3 else curves:
        mean = curve.mean(begin, end)
        name = f"{curve.label} {curve.of}".strip()
        parts.append(
            f"{name} at most {number(curve.most)}, on average {number(mean) if mean >= 100 else f'{mean:.3g}'}"
        )
    more = f" and {len(curves) - 3} more" if len(curves) > 3 else ""
    return f"Step lines of {what} over {seconds((end - begin) / 1e6)}: {'; '.join(parts)}{more}"
