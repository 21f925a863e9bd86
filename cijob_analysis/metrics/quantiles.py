"""Quantiles of many groups at once: one sort, or one count, then positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cijob_analysis.metrics.instants import SECOND, whole_seconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DENSE = 2
"""A cell of a table of counts costs so much less than sorting a value."""

ROUNDING = 1e-12
"""By how much a product of a million factors may be off."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """Values, sorted by group, then by value; where equal, the observed before the censored.

    Attributes
    ----------
    values : array of int64
        The values of all groups, one group after the other.
    is_censored : array of bool
        Whether each is a lower bound.
    offsets : array of int
        Where each group begins, and the last one ends.
    """

    values: NDArray[np.int64]
    is_censored: NDArray[np.bool_]
    offsets: NDArray[np.intp]

    def at(self, ranks: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return the values at these places of `values`."""
        return self.values[ranks]


@dataclass(frozen=True, slots=True)
class Counted:
    """How often each value comes in each group; it answers what sorted values would.

    Attributes
    ----------
    until : array of int
        For each cell, group by group and in each by value: how many values there are up to it.
    n_cells : int
        Cells of a group.
    lowest, unit : int
        What the first cell of a group stands for, and how far apart the cells are.
    offsets : array of int
        Where each group begins, and the last one ends.
    """

    until: NDArray[np.intp]
    n_cells: int
    lowest: int
    unit: int
    offsets: NDArray[np.intp]

    def at(self, ranks: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return the values that would stand at these places if they were sorted."""
        cells = np.searchsorted(self.until, ranks, side="right")
        return cells % self.n_cells * self.unit + self.lowest


def rank_groups(codes: NDArray[np.intp], values: NDArray[np.int64], n_groups: int) -> Counted | Sorted:
    """Order `values` within each of the groups that `codes` numbers, by counting them if few are different."""
    if len(values):
        lowest = int(values.min())
        n_cells = (int(values.max()) - lowest) // SECOND + 1
        few = n_cells * n_groups <= _DENSE * len(values)
        cells = whole_seconds(values, lowest) if few else None
        if cells is not None:
            cells += codes * n_cells
            until = np.cumsum(np.bincount(cells, minlength=n_cells * n_groups))
            offsets = np.concatenate([[0], until[n_cells - 1 :: n_cells]])
            return Counted(until, n_cells, lowest, SECOND, offsets)
    return sort_groups(codes, values, np.zeros(len(values), bool), n_groups)


def sort_groups(
    codes: NDArray[np.intp], values: NDArray[np.int64], is_censored: NDArray[np.bool_], n_groups: int
) -> Sorted:
    """Sort `values` within each of the groups that `codes` numbers."""
    offsets = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=n_groups))])
    if not len(values):
        return Sorted(values, is_censored, offsets)
    lowest = int(values.min())
    span = 2 * (int(values.max()) - lowest) + 2
    if span * n_groups < 2**63:  # group, value and flag fit into one integer, which sorts ten times faster
        packed = codes * np.int64(span) + 2 * (values - lowest) + is_censored
        packed.sort()
        packed -= np.repeat(np.arange(n_groups) * np.int64(span), np.diff(offsets))
        return Sorted((packed >> 1) + lowest, (packed & 1).astype(bool), offsets)
    order = np.lexsort((is_censored, values, codes))
    return Sorted(values[order], is_censored[order], offsets)


def linear_quantiles(groups: Counted | Sorted, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the linearly interpolated quantiles, a row for each group; NaN for an empty one."""
    n = np.diff(groups.offsets)[:, None]
    result = np.full((len(n), len(probabilities)), np.nan)
    filled = n[:, 0] > 0
    position = (n[filled] - 1) * probabilities
    below = np.floor(position).astype(np.intp)
    first = groups.offsets[:-1][filled, None]
    low = groups.at(first + below)
    high = groups.at(first + np.minimum(below + 1, n[filled] - 1))
    result[filled] = low + (position - below) * (high - low)
    return result


def survival(is_censored: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the Kaplan–Meier estimate of what is left after each of the values of one sorted group.

    d observed ones among n at risk leave (n − d)/n; taken one by one that is (n − 1)/n · (n − 2)/(n − 1) …
    """
    at_risk = np.arange(len(is_censored), 0, -1)
    return np.cumprod(np.where(is_censored, 1.0, (at_risk - 1) / at_risk), dtype=np.float64)


def kaplan_meier_quantiles(
    values: NDArray[np.int64], is_censored: NDArray[np.bool_], probabilities: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return for each probability q the smallest t with S(t) ≤ 1 − q of one sorted group; NaN if none."""
    left = survival(is_censored)
    position = np.searchsorted(-left, probabilities - 1 - ROUNDING)
    return np.append(values.astype(np.float64), np.nan)[position]
