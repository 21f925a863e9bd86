"""How sure an estimate is: the distribution of its replicates, drawn without resampling a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_REACH = 10
"""How many standard deviations of a rank are looked at on either side: what is beyond weighs less than 1e-20."""

_LOGIT_REACH, _LOGIT_STEPS = 20, 4001
"""The same for the logit of a rate, of which few failures make a long tail; and into how many steps it is cut."""


@dataclass(frozen=True, eq=False, slots=True)
class Distribution:
    """Where the true value of an estimate lies: possible values, in order, and how much of the weight is up to each.

    Attributes
    ----------
    values : array of float64
        Ascending; equal ones may follow each other.
    cumulative : array of float64
        The weight of all values up to each, ascending to 1.
    """

    values: NDArray[np.float64]
    cumulative: NDArray[np.float64]

    def at(self, probability: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values below which so much of the weight lies: a replicate for each uniform random number."""
        place = np.searchsorted(self.cumulative, probability, side="right")
        return self.values[np.minimum(place, len(self.values) - 1)]

    def weights(self) -> NDArray[np.float64]:
        """Return the weight of each value."""
        return np.diff(self.cumulative, prepend=0.0)


NOTHING = Distribution(np.zeros(1), np.ones(1))
"""Of what is zero for sure, to compare a difference with."""


def quantile_distribution(values: NDArray[np.float64], probability: float) -> Distribution:
    """Return where the quantile of the law that `values` were drawn from lies.

    How many of n values are below their law's quantile q is binomial, B(n, q), whatever the law is. So the
    quantile lies between the J-th and the next value with the probability that the binomial gives to J: the
    distribution of replicates that a bootstrap approaches, but exact, and in a time that does not grow with the
    number of replicates. Between two values, the middle stands for it.

    Parameters
    ----------
    values : array of float64
        Ascending, at least one.
    probability : float
        q, between 0 and 1.

    References
    ----------
    W. R. Thompson, "On confidence ranges for the median", Ann. Math. Statist. 7 (1936); for the distribution of
    replicates, B. Efron, "Bootstrap methods", Ann. Statist. 7 (1979), section 3.
    """
    n = len(values)
    reach = _REACH * np.sqrt(n * probability * (1 - probability)) + _REACH
    first = max(int(n * probability - reach), 0)
    last = min(int(n * probability + reach), n)
    below = np.arange(first, last + 1)
    steps = np.log((n - below[:-1]) / (below[:-1] + 1)) + np.log(probability / (1 - probability))
    lower, upper = values[np.maximum(below - 1, 0)], values[np.minimum(below, n - 1)]
    return _of_logarithms(lower + (upper - lower) / 2, np.concatenate([[0.0], np.cumsum(steps)]))


def rate_distribution(hits: int, n: int) -> Distribution:
    """Return where the rate of which `hits` in `n` were seen lies: Beta(hits + ½, n − hits + ½).

    Resampling would say that what was never seen cannot be; this does not, and holds its level for rare events.

    References
    ----------
    L. D. Brown, T. T. Cai, A. DasGupta, "Interval estimation for a binomial proportion", Statist. Sci. 16 (2001):
    the Jeffreys interval.
    """
    hit, miss = hits + 0.5, n - hits + 0.5
    reach = _LOGIT_REACH * np.sqrt(1 / hit + 1 / miss)
    logit = np.log(hit / miss) + np.linspace(-reach, reach, _LOGIT_STEPS)
    log_rate, log_rest = -np.logaddexp(0, -logit), -np.logaddexp(0, logit)
    return _of_logarithms(np.exp(log_rate), hit * log_rate + miss * log_rest)


def _of_logarithms(values: NDArray[np.float64], logarithms: NDArray[np.float64]) -> Distribution:
    cumulative = np.cumsum(np.exp(logarithms - logarithms.max()))
    return Distribution(values, cumulative / cumulative[-1])


@dataclass(frozen=True, eq=False, slots=True)
class Replicates:
    """Pairs of uniform random numbers, which make replicates of two estimates.

    Each of the two is spread evenly between 0 and 1 (a Latin hypercube), so that few of them give steady intervals.

    Attributes
    ----------
    a, b : array of float64
        Between 0 and 1.
    level : float
        How much of the replicates is in an interval.
    """

    a: NDArray[np.float64]
    b: NDArray[np.float64]
    level: float

    @classmethod
    def draw(cls, n: int, level: float, seed: int) -> Replicates:
        """Return `n` pairs, the same ones for the same seed."""
        even = (np.arange(n) + 0.5) / n
        return cls(even, np.random.default_rng(seed).permutation(even), level)

    def intervals(self, a: Distribution, b: Distribution) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the intervals of b − a, and of b/a − 1; the second is NaN where a or b may be below zero."""
        before, after = a.at(self.a), b.at(self.b)
        difference = self._interval(after - before)
        if before.min() < 0 or after.min() < 0:
            return difference, (np.nan, np.nan)
        ratio = np.divide(after, before, out=np.where(after > 0, np.inf, 1.0), where=before > 0)
        return difference, self._interval(ratio - 1)

    def _interval(self, values: NDArray[np.float64]) -> tuple[float, float]:
        tail = int(len(values) * (1 - self.level) / 2)
        part = np.partition(values, [tail, len(values) - 1 - tail])
        return float(part[tail]), float(part[len(values) - 1 - tail])


def p_value(a: Distribution, b: Distribution) -> float:
    """Return how likely two values of one law differ by at least so much: twice the smaller of P(b ≤ a), P(b ≥ a).

    It is the sum over both distributions, not a count of replicates, so it is right where it is small, too.
    """
    weights = a.weights()
    up_to = np.concatenate([[0.0], b.cumulative])
    at_most = float(weights @ up_to[np.searchsorted(b.values, a.values, side="right")])
    at_least = 1 - float(weights @ up_to[np.searchsorted(b.values, a.values, side="left")])
    return float(np.clip(2 * min(at_most, at_least), 0, 1))


def holm(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return p values adjusted for how many there are; NaN is no test and stays.

    Where all that are at most α are taken for real, the chance that any of them is not is at most α, however
    they depend on each other.

    References
    ----------
    S. Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6 (1979).
    """
    adjusted = np.full(len(p_values), np.nan)
    tests = np.flatnonzero(~np.isnan(p_values))
    order = tests[np.argsort(p_values[tests], kind="stable")]
    left = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * left), 1)
    return adjusted
