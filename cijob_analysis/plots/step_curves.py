"""Step functions as curves with no more points than a picture has room for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from cijob_analysis.metrics.intervals import intervals
from cijob_analysis.metrics.step_functions import count_steps

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd
    from numpy.typing import NDArray

    from cijob_analysis.plots.top import Top

COLUMNS: Final = 800
"""Into so many columns of equal width the axis is divided where there is too much to be seen one by one."""
MOST_STEPS: Final = 4 * COLUMNS
"""With more steps than that a curve is drawn by columns."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """How many there are at once.

    Attributes
    ----------
    of, label : str
        What is counted, and of which group.
    at : array of int64
        When the number changes [µs since 1970], ascending.
    n : array of int64
        How many there are from then on.
    """

    of: str
    label: str
    at: NDArray[np.int64]
    n: NDArray[np.int64]

    @property
    def most(self) -> int:
        """The most at once."""
        return int(self.n.max(initial=0))

    def mean(self, begin: int, end: int) -> float:
        """Return the mean from `begin`, before the first step, to `end`, after the last one."""
        return float((self.n * np.diff(self.at, append=end)).sum()) / (end - begin) if len(self.at) else 0.0

    def before(self, end: int) -> Curve:
        """Return the curve without what happens at `end` or later."""
        there = self.at < end
        return Curve(self.of, self.label, self.at[there], self.n[there])

    def points(self, end: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the corners of the curve, from zero on until `end`."""
        at, n = self.at, self.n
        return np.concatenate([at[:1], at, np.maximum(at[-1:], end)]), np.concatenate([[0] * len(at[:1]), n, n[-1:]])


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """A curve with more steps than the axis has pixels, by columns of equal width.

    Attributes
    ----------
    edges : array of float
        Where they begin, and the last one ends [µs since 1970].
    low, high : array of int64
        The lowest and the highest number in each column, so that no peak is lost, however short it is.
    mean : array of float
        The mean number in each column.
    """

    edges: NDArray[np.float64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    mean: NDArray[np.float64]


def curves_of(frame: pd.DataFrame, of: str, top: Top, as_of: datetime | str | None) -> list[Curve]:
    """Return a curve for each group of the rows of `frame`."""
    found = intervals(frame, of, as_of)
    n_groups = len(top.labels)
    steps = count_steps(top.codes[found.rows], found.begin, found.end, found.is_open, n_groups)
    bounds = np.searchsorted(steps.group, np.arange(n_groups + 1))
    return [
        Curve(of, label, steps.at[first:last], steps.n[first:last])
        for label, first, last in zip(top.labels, bounds[:-1], bounds[1:], strict=True)
    ]


def columns_of(curve: Curve, begin: int, end: int) -> Columns:
    """Return `curve` by columns from `begin` to `end`."""
    edges = np.linspace(begin, end, COLUMNS + 1)
    n = np.append(0, curve.n)
    carried = n[np.searchsorted(curve.at, edges[:-1], side="right")]
    column = np.searchsorted(edges, curve.at, side="right") - 1
    inside = column < COLUMNS
    low, high = carried.copy(), carried.copy()
    np.minimum.at(low, column[inside], curve.n[inside])
    np.maximum.at(high, column[inside], curve.n[inside])
    area = np.append(0, np.cumsum(curve.n[:-1] * np.diff(curve.at)))
    area = np.append(area, area[-1] + curve.n[-1] * (end - curve.at[-1]))
    until = np.interp(edges, np.append(curve.at, end), area)
    return Columns(edges, low, high, np.diff(until) / np.diff(edges))


def periods(curve: Curve, least: float, end: int) -> NDArray[np.int64]:
    """Return begin and end of each period in which there are `least` or more, until `end`: n × 2."""
    changes = np.diff((curve.n >= least).astype(np.int8), prepend=0)
    begins, ends = curve.at[changes > 0], curve.at[changes < 0]
    return np.stack([begins, np.append(ends, end) if len(ends) < len(begins) else ends], axis=1)


def shares(of: NDArray[np.int64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much of each interval between `edges` the periods `of` cover."""
    until = np.cumsum(np.ptp(of, axis=1))
    before = np.append(0, until[:-1])
    covered = np.interp(edges, of.ravel(), np.stack([before, until], axis=1).ravel())
    return np.asarray(np.diff(covered) / np.diff(edges))
