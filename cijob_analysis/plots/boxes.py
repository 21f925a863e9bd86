"""Boxes and violins of durations that may be censored, a row for each series."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cijob_analysis.metrics.quantiles import survival
from cijob_analysis.plots.canvas import name_ticks
from cijob_analysis.words import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from cijob_analysis.plots.distributions import Series

_FEW = 5
"""Fewer values than that say nothing about a density."""
_HALF = 0.36
"""Half the height of a violin, in rows."""
_POINTS = 512
"""At so many places a density is estimated."""
_REACH = 4
"""Farther than so many bandwidths a normal kernel does not reach."""


def draw_boxes(ax: Axes, series: list[Series], *, log: bool) -> None:
    """Draw a box for each series, the first one at the top: quartiles, median, lines from 5 % to 95 %.

    What too many unfinished ones keep from being known is drawn up to the largest value, with an arrow.
    """
    for place, one in enumerate(series):
        if ((one.values > 0) | (not log)).any():
            low, first, middle, third, high = _quantiles(ax, place, one, [0.05, 0.25, 0.5, 0.75, 0.95], log=log)
            color, line = one.look.color, one.look.line
            ax.hlines(place, low, high, color=line, linewidth=1.2)
            if first < third:
                ax.barh(place, third - first, left=first, height=0.56, facecolor=color, alpha=0.45, label=one.label)
                ax.barh(place, third - first, left=first, height=0.56, facecolor="none", edgecolor=line)
            if not np.isnan(middle):
                ax.vlines(middle, place - 0.28, place + 0.28, color="black", linewidth=1.8)
    _name_rows(ax, series, "unfinished")


def draw_violins(ax: Axes, series: list[Series], *, log: bool) -> None:
    """Draw a violin for each series, the first one at the top: density, quartiles, median.

    The density is that of what has ended, by the Kaplan–Meier estimate; what is unfinished is a tick below.
    """
    drawn = [one.values[(one.values > 0) | (not log)] for one in series]
    places = np.concatenate([_on_axis(values, log=log) for values in drawn])
    for place, one in enumerate(series):
        if len(drawn[place]):
            _violin(ax, place, one, least=float(np.ptp(places)) / 200 or 0.02, log=log)
    _name_rows(ax, series, "unfinished (ticks)")


def _violin(ax: Axes, place: int, one: Series, *, least: float, log: bool) -> None:
    """Draw one violin of a bandwidth of at `least` so much."""
    look = one.look
    values, weights = _known(one, log=log)
    if len(values) < _FEW:
        ax.plot(values, np.full(len(values), place), linestyle="", marker="o", markersize=5, alpha=0.6, color=look.line)
    else:
        if (values % 1 == 0).all():  # the service's times are: where there are no values between is no dent
            quartile = np.percentile(values, 25)
            least = max(least, float(np.ptp(_on_axis(np.array([quartile, quartile + 1]), log=log))) / 2)
        grid, density = _density(_on_axis(values, log=log), weights, least)
        half = _HALF * density / density.max()
        ax.fill_between(
            10**grid if log else grid, place - half, place + half, facecolor=look.color, edgecolor=look.line,
            alpha=0.55, linewidth=1, label=one.label,
        )  # fmt: skip
        first, middle, third = _quantiles(ax, place, one, [0.25, 0.5, 0.75], log=log)
        ax.hlines(place, first, third, color="black", linewidth=3)
        ax.plot(middle, place, marker="o", markersize=5, color="white", markeredgecolor="black")
    so_far = one.values[one.is_censored & ((one.values > 0) | (not log))]
    if len(so_far):
        seen = _apart(_on_axis(so_far, log=log))
        ax.plot(so_far[seen], np.full(len(seen), place + 0.43), linestyle="", marker="|", markersize=5, color=look.line)


def _known(one: Series, *, log: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the durations that are no lower bounds, and the weight that each has by the Kaplan–Meier estimate."""
    if not one.is_censored.any():
        values = one.values[(one.values > 0) | (not log)]
        return values, np.ones(len(values))
    order = np.lexsort((one.is_censored, one.values))
    values, is_censored = one.values[order], one.is_censored[order]
    weights = -np.diff(survival(is_censored), prepend=1)
    known = ~is_censored & ((values > 0) | (not log))
    return values[known], weights[known]


def _density(
    values: NDArray[np.float64], weights: NDArray[np.float64], least: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return places from the lowest value to the highest, and an estimate of the density there.

    A normal kernel of Silverman's bandwidth, 0.9 · min(σ, IQR / 1.34) · n^(−1/5) [B. W. Silverman, Density
    Estimation, 1986, eq. 3.31], or of `least` if that is more; on values that are counted in bins.
    """
    spread = min(float(np.std(values)), float(np.subtract(*np.percentile(values, [75, 25]))) / 1.34)
    width = max(0.9 * spread * len(values) ** -0.2, least)
    low, high = float(values.min()), float(values.max())
    if low == high:
        low, high = low - 3 * width, high + 3 * width
    step = (high - low) / (_POINTS - 1)
    counts = np.bincount(np.rint((values - low) / step).astype(np.intp), weights=weights, minlength=_POINTS)
    reach = int(np.ceil(_REACH * width / step))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / width) ** 2)
    return np.linspace(low, high, _POINTS), np.convolve(counts, kernel)[reach : reach + _POINTS]


def _quantiles(ax: Axes, place: int, one: Series, probabilities: list[float], *, log: bool) -> list[float]:
    """Return quantiles to be drawn; those that are not known are the largest value, which gets an arrow.

    The median stays unknown (NaN): a mark for it would be read as its value.
    """
    found = one.quantiles(probabilities)
    largest = one.values.max()
    if np.isnan(found[-1]):
        ax.plot(largest, place, marker=">", color=one.look.line, markersize=6)
    smallest = one.values[one.values > 0].min(initial=largest) if log else -np.inf
    return [
        float("nan") if np.isnan(value) and probability == 0.5 else max(largest if np.isnan(value) else value, smallest)
        for value, probability in zip(found.tolist(), probabilities, strict=True)
    ]


def _apart(place: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the first of those that share a pixel."""
    span = float(np.ptp(place)) or 1.0
    return np.unique(np.floor((place - place.min()) / span * 1_000), return_index=True)[1]


def _on_axis(values: NDArray[np.float64], *, log: bool) -> NDArray[np.float64]:
    return np.log10(values) if log else values


def _name_rows(ax: Axes, series: list[Series], unfinished: str) -> None:
    """Write at the left what each row is, and at the right of how many."""
    for place, one in enumerate(series):
        n_censored = int(one.is_censored.sum())
        text = f"n = {number(len(one.values) - n_censored)}" + (
            f", {number(n_censored)} {unfinished}" if n_censored else ""
        )
        ax.annotate(
            text, (1, place), xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points",
            va="center", fontsize=8, color="#555555", annotation_clip=False,
        )  # fmt: skip
    name_ticks(ax, range(len(series)), [one.label or "all" for one in series])
    ax.set_ylim(len(series) - 0.4, -0.6)
