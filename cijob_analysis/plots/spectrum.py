"""The performance spectrum: how executions pass from node to node, each as a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D

from cijob_analysis.ledger import ledger_of
from cijob_analysis.metrics.inputs import frame_of, workflow_names
from cijob_analysis.plots.canvas import axes_for, finish, legend, name_ticks, say_empty
from cijob_analysis.plots.fonts import text_style
from cijob_analysis.plots.line_raster import LineRaster
from cijob_analysis.plots.one_workflow import one_workflow
from cijob_analysis.plots.passages import UNDER_WAY, Passages, nodes_of, passages_of
from cijob_analysis.plots.style import GREY
from cijob_analysis.plots.zones import on_axis, time_axis, zone_label, zone_of
from cijob_analysis.snapshot import Snapshot
from cijob_analysis.words import listed, number, plural, seconds, shortened

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

MOST_LINES = 5_000
"""Above so many the lines are a raster."""
_SLOWEST = 100
"""How many lines of each band are drawn one by one above a raster."""
_COLORS: Final = ("#F6C141", "#E8735A", "#A53A86", "#2B1257", "#56B4E9")
_LABELS: Final = ("fastest quarter", "second", "third", "slowest quarter", "under way")
_WIDTHS: Final = (0.7, 0.7, 0.8, 1.0, 1.0)


def plot_spectrum(
    data: Snapshot | pd.DataFrame,
    *,
    nodes: Sequence[str] | None = None,
    workflow_id: str | None = None,
    ax: Axes | None = None,
    tz: tzinfo | str | None = None,
) -> Axes:
    """Draw the performance spectrum of a workflow (Denisov, Fahland and van der Aalst, 2018).

    Time goes to the right, executions go down: through a grey band while they run at a node, from start to end, and
    through a white one while they wait for it, from the end at the node above. The flatter a line, the longer that
    took; parallel lines are first come, first served, crossing ones are not; a fan is a queue that empties. The
    colours are quarters by duration within each band. What is under way is drawn down to half of its band, dashed, up
    to when the snapshot was true. Above 5 000 lines the picture is a raster, and the 100 slowest of each band are
    lines above it.

    Parameters
    ----------
    data : Snapshot or DataFrame
        A snapshot, or tasks; `run_id`, `workflow_id`, `node`, `state`, `created_at`, `started_at`, `ended_at` are used.
    nodes : sequence of str, optional
        Nodes from top to bottom; those of the critical path on which most time was spent if not given.
    workflow_id : str, optional
        Of which workflow; the one with most executions if not given.
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
        A column is missing.
    ConfigurationError
        There is no such workflow, node or zone.
    """
    zone = zone_of(tz)
    if not isinstance(data, Snapshot):
        tasks = frame_of(data)
        data = Snapshot(tasks=tasks, as_of=ledger_of(tasks).as_of)
    chosen = one_workflow(data, workflow_id)
    own = data if chosen is None else chosen.data
    names = nodes_of(own, nodes)
    found = passages_of(own, names)
    title = "Performance spectrum"
    if chosen is not None:
        name = workflow_names(data).get(chosen.workflow_id, chosen.workflow_id)
        title = f"{title} of {shortened([name], 40)[0]}"
    drawn, style = text_style(title)
    ax = axes_for(ax, height=float(np.clip(1.6 + 0.9 * len(names), 2.6, 9)))
    if not ax.get_title():
        ax.set_title(drawn, fontsize=11, **style)
    if not len(found.band):
        say_empty(ax, "no execution has run")
        ax.set_xlabel(f"time ({zone_label(zone)})")
        return finish(ax, own.tasks, title, f"{title} without executions", zone=zone, left_out=found.remarks)

    begin, end = on_axis(found.begin), on_axis(found.end)
    first, last = min(begin.min(), end.min()), max(begin.max(), end.max())
    span = max(last - first, 1 / 86_400)
    ax.set_xlim(first - 0.01 * span, last + 0.01 * span)
    ax.set_ylim(2 * len(names), 0)
    for node in range(len(names)):
        ax.axhspan(2 * node + 1, 2 * node + 2, color="#EFEFEF", linewidth=0, zorder=0)
    remarks = list(found.remarks)
    if len(begin) > MOST_LINES:
        remarks.append(f"{number(len(begin))} lines, the {_SLOWEST} slowest of each band drawn one by one")
        colors = np.array([to_rgb(color) for color in _COLORS])
        closed = found.kind != UNDER_WAY
        if closed.any():
            parts = (found.band[closed], begin[closed], end[closed], found.kind[closed])
            ax.add_image(LineRaster(ax, *parts, colors, loud=3))
        _draw_lines(ax, found, begin, end, _singled_out(found, begin))
    else:
        _draw_lines(ax, found, begin, end, np.arange(len(begin)))
    _finish_axes(ax, names, found.kind)
    time_axis(ax, zone, min(found.begin.min(), found.end.min()), max(found.begin.max(), found.end.max()))
    return finish(ax, own.tasks, title, _description(title, names, found), zone=zone, left_out=remarks)


def _singled_out(found: Passages, begin: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return which lines are drawn above a raster: the slowest of each band, and those under way."""
    stays = found.kind == UNDER_WAY
    durations = np.where(stays, -1, (found.end - found.begin).astype(np.int64))
    order = np.lexsort((-durations, found.band))
    first = np.searchsorted(found.band[order], found.band[order])
    slowest = order[(np.arange(len(order)) - first < _SLOWEST) & ~stays[order]]
    waiting = np.flatnonzero(stays)
    places = np.round(1000 * (begin[waiting] - begin.min()) / max(np.ptp(begin), 1e-9)).astype(np.int64)
    _, distinct = np.unique(found.band[waiting] * 1001 + places, return_index=True)
    return np.concatenate([slowest, waiting[distinct]])


def _draw_lines(
    ax: Axes, found: Passages, begin: NDArray[np.float64], end: NDArray[np.float64], which: NDArray[np.intp]
) -> None:
    """Draw the lines `which`, a collection for each kind, the slow ones above the others."""
    for kind, (color, width) in enumerate(zip(_COLORS, _WIDTHS, strict=True)):
        mine = which[found.kind[which] == kind]
        if not len(mine):
            continue
        depth = 0.5 if kind == UNDER_WAY else 1.0
        points = np.array([[begin[mine], found.band[mine]], [end[mine], found.band[mine] + depth]])
        dashes = "--" if kind == UNDER_WAY else "-"
        lines = LineCollection(
            list(points.transpose(2, 0, 1)), colors=color, linewidths=width, linestyles=dashes, zorder=2 + kind / 10
        )
        ax.add_collection(lines, autolim=False)


def _finish_axes(ax: Axes, names: Sequence[str], kinds: NDArray[np.intp]) -> None:
    """Name the bands, and say what the colours mean."""
    runs, waits = [2 * node + 1.5 for node in range(len(names))], [2 * node + 0.5 for node in range(len(names))]
    name_ticks(ax, [*runs, *waits], [*shortened(names, 26), *["wait"] * len(names)])
    for label in ax.get_yticklabels()[len(names) :]:
        label.set(color=GREY, fontsize=8)
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    there = np.bincount(kinds, minlength=len(_COLORS)) > 0
    legend(
        ax,
        [
            Line2D([], [], color=_COLORS[kind], linewidth=2, linestyle="--" if kind == UNDER_WAY else "-", label=label)
            for kind, label in enumerate(_LABELS)
            if there[kind]
        ],
    )


def _description(title: str, names: Sequence[str], found: Passages) -> str:
    """Return what the picture shows: how many pass, and how long half of them take in each band."""
    said = []
    durations = (found.end - found.begin) / np.timedelta64(1, "s")
    for band in range(2 * len(names)):
        mine = durations[(found.band == band) & (found.kind != UNDER_WAY)]
        if len(mine):
            what = "runs" if band % 2 else "is waited for"
            said.append(f"{names[band // 2]} {what} {seconds(float(np.median(mine)))} in the median")
    n_stays = int((found.kind == UNDER_WAY).sum())
    said += [f"{plural(n_stays, 'line')} under way"] if n_stays else []
    return f"{title}: {plural(found.executions, 'execution')}; {listed(said)}"
