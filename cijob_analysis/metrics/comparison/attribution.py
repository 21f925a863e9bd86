"""What a change is made of: groups that changed, a mix that changed, waiting and running."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NEAR = 0.05
"""How far from a quantile rows stand for it, as a share of all rows; half the way to the end if that is less."""


@dataclass(frozen=True, eq=False, slots=True)
class Decomposition:
    """The change of a mean over all rows, group by group.

    Attributes
    ----------
    mean_a, mean_b : array of float64
        The mean of each group; NaN where it has no row.
    within : array of float64
        What the change of the group's own mean adds to the change over all rows.
    mix : array of float64
        What it adds that the group is a larger or smaller part of all rows. `within` and `mix` of all groups
        together are the change.
    """

    mean_a: NDArray[np.float64]
    mean_b: NDArray[np.float64]
    within: NDArray[np.float64]
    mix: NDArray[np.float64]


def decompose(
    n_a: NDArray[np.int64], sum_a: NDArray[np.float64], n_b: NDArray[np.int64], sum_b: NDArray[np.float64]
) -> Decomposition:
    """Split the change of a mean over all rows into what happened in the groups and the change of their mix.

    With the share w and the mean m of a group, a bar for the mean of both sides, Δ for b − a and M for the mean
    over all rows, a group adds w̄ Δm within, and (m̄ − M̄) Δw by the mix. A group that only one side has adds
    by the mix alone.

    Parameters
    ----------
    n_a, n_b : array of int
        Rows of each group.
    sum_a, sum_b : array of float64
        The sum of their values.

    References
    ----------
    E. M. Kitagawa, "Components of a difference between two rates", J. Am. Stat. Assoc. 50 (1955).
    """
    total_a, total_b = max(int(n_a.sum()), 1), max(int(n_b.sum()), 1)
    mean_a, mean_b = (
        np.divide(total, n, out=np.full(len(n), np.nan), where=n > 0) for total, n in ((sum_a, n_a), (sum_b, n_b))
    )
    share_a, share_b = n_a / total_a, n_b / total_b
    overall = (sum_a.sum() / total_a + sum_b.sum() / total_b) / 2
    known_a, known_b = (np.where(np.isnan(one), other, one) for one, other in ((mean_a, mean_b), (mean_b, mean_a)))
    within = (share_a + share_b) / 2 * (known_b - known_a)
    mix = (share_b - share_a) * ((known_a + known_b) / 2 - overall)
    return Decomposition(mean_a, mean_b, np.nan_to_num(within), np.nan_to_num(mix))


def parts_near(wait: NDArray[np.float64], run: NDArray[np.float64], probability: float) -> tuple[float, float]:
    """Return the mean wait and the mean run of the rows whose turnaround is near a quantile.

    The rows are those of which the rank, as a share of all, is within 5 % of the quantile, or half as far as the
    nearer end (for the p95 those from 92.5 to 97.5 %). Turnaround is wait plus run in each row, so the two
    means sum up to the turnaround there; their changes are what waiting and running add to the change of the
    quantile.

    Parameters
    ----------
    wait, run : array of float64
        Rows in the order of their turnaround [s], at least one.
    probability : float
        Which quantile.

    References
    ----------
    D. Tasche, "Risk contributions and performance measurement" (1999): the part of X in a quantile of X + Y is
    E[X | X + Y is at the quantile], here estimated by a window.
    """
    reach = min(_NEAR, min(probability, 1 - probability) / 2)
    first = int(np.floor((probability - reach) * len(wait)))
    last = max(int(np.ceil((probability + reach) * len(wait))), first + 1)
    return float(wait[first:last].mean()), float(run[first:last].mean())


def share_of_wait(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return which part of the change from `a` to `b`, pairs of wait and run, is wait; NaN if nothing changed.

    It is below 0 or above 1 where the two changed in different directions.
    """
    change = b[0] - a[0] + b[1] - a[1]
    return float("nan") if change == 0 else (b[0] - a[0]) / change
