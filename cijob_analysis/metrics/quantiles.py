"""Quantiles of many groups at once: one sort, then positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROUNDING = 1e-12
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

    def observed(self) -> Sorted:
        """Return those that are not censored."""
        seen = ~self.is_censored
        before = np.concatenate([[0], np.cumsum(seen)])
        return Sorted(self.values[seen], self.is_censored[seen], before[self.offsets])


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


def linear_quantiles(groups: Sorted, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the linearly interpolated quantiles, a row for each group; NaN for an empty one."""
    n = np.diff(groups.offsets)[:, None]
    result = np.full((len(n), len(probabilities)), np.nan)
    filled = n[:, 0] > 0
    position = (n[filled] - 1) * probabilities
    below = np.floor(position).astype(np.intp)
    first = groups.offsets[:-1][filled, None]
    low = groups.values[first + below]
    high = groups.values[first + np.minimum(below + 1, n[filled] - 1)]
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
    position = np.searchsorted(-left, probabilities - 1 - _ROUNDING)
    return np.append(values.astype(np.float64), np.nan)[position]
