"""Whether failures come more often in one part of the rows than elsewhere, and whether that can be chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

LEAST: Final = 5
"""So many failures are needed to say anything."""
MOST_OF: Final = 0.8
"""The share of the failures from which on a part holds most of them."""
PART_OF: Final = 0.2
"""The share from which on it holds a part of them that is worth a word."""
LEAST_LIFT: Final = 5.0
"""So many times more often is far more often."""
_P_VALUE: Final = 1e-3


@dataclass(frozen=True, eq=False, kw_only=True, slots=True)
class Region:
    """A part of the rows, and how many of the failures lie in it.

    Attributes
    ----------
    kind : str
        What it has in common, such as ``node``.
    values : tuple of str
        Which one; of prefixes up to three.
    hits, rows : int
        How many of the failures, and how many rows, lie in it.
    of_hits, of_rows : int
        How many there are inside and outside of it.
    sample : int
        How many of `of_hits` are independent.
    choices : float
        From how many such parts it was picked.
    holds : callable
        Returns for an array of row numbers which of them lie in it.
    """

    kind: str
    values: tuple[str, ...]
    hits: int
    rows: int
    of_hits: int
    of_rows: int
    sample: int
    choices: float
    holds: Callable[[NDArray[np.intp]], NDArray[np.bool_]]

    @property
    def share(self) -> float:
        """The share of the failures that lie in it."""
        return self.hits / self.of_hits

    @property
    def rate_inside(self) -> float:
        """The share of its rows that fail so."""
        return self.hits / self.rows

    @property
    def rate_outside(self) -> float:
        """The share of all other rows that fail so; 0 if there are none."""
        return (self.of_hits - self.hits) / max(self.of_rows - self.rows, 1)

    @property
    def evidence(self) -> float:
        """How strongly the failures crowd in it [nats]; −log of a bound of the probability that this is chance.

        If failures fell on rows by lot, their number in a part that was picked beforehand would be
        hypergeometric. Hoeffding's bound of its tail is exp(−K·D), with K failures and D the relative entropy of
        their share in the part to the part's share of the rows (W. Hoeffding, Probability inequalities for sums
        of bounded random variables, J. Amer. Statist. Assoc. 58 (1963), theorem 1 and section 6).
        """
        divergence = float(divergences(np.array([self.hits]), np.array([self.rows]), self.of_hits, self.of_rows)[0])
        return self.sample * divergence

    @property
    def p_value(self) -> float:
        """An upper bound of the probability that any of the parts to choose from would hold so many by chance."""
        return min(1.0, self.choices * float(np.exp(-self.evidence)))

    @property
    def stands_out(self) -> bool:
        """Whether failures are far more frequent in it than elsewhere, and that is no chance."""
        if self.rows >= self.of_rows or min(self.hits, self.sample) < LEAST:
            return False
        inside = (self.hits + 0.5) / (self.rows + 1)
        outside = (self.of_hits - self.hits + 0.5) / (self.of_rows - self.rows + 1)
        return inside >= LEAST_LIFT * outside and self.p_value <= _P_VALUE


def divergences(hits: NDArray[np.int64], rows: NDArray[np.int64], of_hits: int, of_rows: int) -> NDArray[np.float64]:
    """Return for parts with `hits` and `rows` the relative entropy of their shares; 0 where hits are not more."""
    inside, expected = hits / of_hits, rows / of_rows
    with np.errstate(divide="ignore", invalid="ignore"):
        here = np.where(inside > 0, inside * np.log(inside / expected), 0.0)
        there = np.where(inside < 1, (1 - inside) * np.log((1 - inside) / (1 - expected)), 0.0)
    return np.where(inside > expected, here + there, 0.0)
