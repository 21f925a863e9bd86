"""Series of durations that may be censored; their histograms and cumulative distributions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from cijob_analysis.metrics.quantiles import kaplan_meier_quantiles, linear_quantiles, sort_groups, survival
from cijob_analysis.plots.canvas import integers, legend
from cijob_analysis.plots.style import GREY, NO_STATE, Look, looks_of
from cijob_analysis.words import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_MOST_BINS = 40
_POINTS = 2_000
"""So many points of a curve are as good as all: there are not more pixels."""


@dataclass(frozen=True, slots=True)
class Series:
    """Durations that are drawn together.

    Attributes
    ----------
    label : str
        What they are called; empty if there is only one series.
    look : Look
        How they are drawn.
    rows : array of int
        The rows of the frame that they are of.
    values : array of float
        Durations [s].
    is_censored : array of bool
        Whether each is a lower bound.
    """

    label: str
    look: Look
    rows: NDArray[np.intp]
    values: NDArray[np.float64]
    is_censored: NDArray[np.bool_]

    def quantiles(self, probabilities: list[float]) -> NDArray[np.float64]:
        """Return quantiles [s], Kaplan–Meier ones if something is censored; NaN where that does not reach."""
        wanted = np.array(probabilities)
        micros = np.rint(self.values * 1e6).astype(np.int64)
        group = sort_groups(np.zeros(len(micros), np.intp), micros, self.is_censored, 1)
        if self.is_censored.any():
            return kaplan_meier_quantiles(group.values, group.is_censored, wanted) / 1e6
        return np.asarray(linear_quantiles(group, wanted)[0] / 1e6)


def draw_histogram(
    ax: Axes, series: list[Series], codes: NDArray[np.intp], states: list[str | None], *, log: bool
) -> None:
    """Draw how many lie in each of up to 40 bins, equally wide on the axis.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    series : list of Series
        One is stacked by state, several are drawn as outlines.
    codes, states : array of int, list of str
        For each row of the frame the number of its state, and what the numbers stand for.
    log : bool
        Whether the axis is logarithmic.
    """
    values = np.concatenate([one.values for one in series])
    edges = _edges(values[values > 0] if log else values, log=log)
    ax.set_xlim(edges[0], edges[-1])
    handles = (
        [_outlines(ax, one, edges) for one in series]
        if len(series) > 1
        else _stack(ax, series[0], codes, states, edges)
    )
    ax.set_ylim(bottom=0)
    integers(ax.yaxis)
    legend(ax, [handle for handle in handles if handle])


def _edges(values: NDArray[np.float64], *, log: bool) -> NDArray[np.float64]:
    n_bins = int(np.clip(2 * np.sqrt(len(values)), 5, _MOST_BINS))
    low, high = (float(values.min()), float(values.max())) if len(values) else (1.0, 10.0)
    if log:
        low, high = (low / 1.5, high * 1.5) if low == high else (low, high)
        edges = np.geomspace(low, high, n_bins + 1)
    else:
        low, high = (low - 0.5, high + 0.5) if low == high else (low, high)
        edges = np.linspace(low, high, n_bins + 1)
    edges[0], edges[-1] = low, high  # rounding must not put the ends outside
    return edges


def _stack(
    ax: Axes, one: Series, codes: NDArray[np.intp], states: list[str | None], edges: NDArray[np.float64]
) -> list[Patch]:
    base = np.zeros(len(edges) - 1, np.intp)
    handles = []
    for is_censored in (False, True):
        for code, (state, look) in enumerate(zip(states, looks_of(states), strict=True)):
            mine = (codes[one.rows] == code) & (one.is_censored == is_censored)
            if mine.any():
                style = _so_far(look) if is_censored else look.patch()
                name = (state or NO_STATE) + (", so far" if is_censored else "")
                counts = np.histogram(one.values[mine], edges)[0]
                _bars(ax, counts, base, edges, name, style)
                handles.append(Patch(label=name, **style))
                base = base + counts
    return handles


def _outlines(ax: Axes, one: Series, edges: NDArray[np.float64]) -> Line2D | None:
    if not len(one.values):
        return None
    known = np.histogram(one.values[~one.is_censored], edges)[0]
    ax.stairs(known, edges, label=one.label, fill=False, **one.look.stroke())
    censored = np.histogram(one.values[one.is_censored], edges)[0]
    _bars(ax, censored, known, edges, f"{one.label}, so far", _so_far(one.look))
    n_censored = int(one.is_censored.sum())
    hatched = f" (hatched: {number(n_censored)} so far)" if n_censored else ""
    return Line2D([], [], label=one.label + hatched, **one.look.stroke())


def _bars(
    ax: Axes,
    counts: NDArray[np.intp],
    base: NDArray[np.intp],
    edges: NDArray[np.float64],
    name: str,
    style: dict[str, Any],
) -> None:
    """Draw a bar for each bin that is not empty."""
    filled = counts > 0
    left, width = edges[:-1][filled], np.diff(edges)[filled]
    ax.bar(left, counts[filled], width, base[filled], align="edge", label=name, **style)


def _so_far(look: Look) -> dict[str, Any]:
    return {"facecolor": "none", "edgecolor": look.line, "hatch": "////", "linewidth": 1.0}


def draw_ecdf(ax: Axes, series: list[Series], *, log: bool) -> None:
    """Draw for each series the share that took at most so long, and a tick for each that is unfinished."""
    handles = []
    for one in series:
        if not len(one.values):
            continue
        order = np.lexsort((one.is_censored, one.values))
        values, is_censored = one.values[order], one.is_censored[order]
        share = 1 - survival(is_censored)
        on_axis = (values > 0) | (not log)
        known = np.flatnonzero(~is_censored & on_axis)
        known = known[np.unique(np.linspace(0, len(known) - 1, _POINTS).astype(np.intp))] if len(known) else known
        ends = values[on_axis]
        style = one.look.stroke()
        if len(ends):
            before = share[~on_axis].max(initial=0)
            x = [ends[0], *values[known], ends[-1]]
            y = [before, *share[known], max(share[known].max(initial=before), before)]
            ax.plot(x, y, drawstyle="steps-post", label=one.label, **style)
            _ticks(ax, values[is_censored & on_axis], share[is_censored & on_axis], one.look, log=log)
        handles.append(Line2D([], [], label=one.label, **style))
    if any(one.is_censored.any() for one in series):
        handles.append(Line2D([], [], color=GREY, linestyle="", marker="|", markersize=8, label="unfinished, so far"))
    ax.set_ylim(0, 1.02)
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    legend(ax, [handle for handle in handles if handle.get_label()])


def _ticks(ax: Axes, values: NDArray[np.float64], share: NDArray[np.float64], look: Look, *, log: bool) -> None:
    """Draw a tick on the curve at each of `values`, of those that share a pixel only one."""
    if not len(values):
        return
    place = np.log(values) if log else values
    span = np.ptp(place) or 1.0
    first = np.unique(np.floor((place - place.min()) / span * _POINTS), return_index=True)[1]
    ax.plot(values[first], share[first], linestyle="", marker="|", markersize=8, color=look.line)


def medians(series: list[Series]) -> list[tuple[str, float]]:
    """Return label and median [s] of each series, where it is known."""
    found = [(one.label, float(one.quantiles([0.5])[0])) for one in series if len(one.values)]
    return [(label, value) for label, value in found if not np.isnan(value)]
