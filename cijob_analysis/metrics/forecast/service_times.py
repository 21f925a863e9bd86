"""How long tasks of one kind run: what has finished, what has run so far, and what that says of the next ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from cijob_analysis.metrics.quantiles import survival

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

_MOST_BINS: Final = 512
_SHORTEST_S: Final = 0.5
"""The service gives times in whole seconds: what seems to last no time lasts about half of one."""

_CAUTION: Final = 10
"""The bootstrap of a small sample of skewed values is too sure of itself. With n values counting as n²/(n + 10),
intervals hold the true ends of generated batches as often as they say."""

_STRAGGLERS: Final = 0.01
_STRAGGLER_POWER: Final = 1.5
"""About one task in a hundred may be a straggler, of which the share (median/t)^1.5 runs longer than t."""

_ENOUGH_LONGER: Final = 5
"""With fewer that ran longer than a running task has, what it still needs follows from the shape of the tail."""


@dataclass(frozen=True, slots=True, eq=False)
class ServiceTimes:
    """The Kaplan–Meier estimate of the run time of one kind of task.

    Attributes
    ----------
    seconds : array of float
        Run times of the finished ones [s], rising.
    failed : array of bool
        Whether each failed.
    mass : array of float
        Its probability. What has run so far hands its own on to those that ran longer.
    tail : float
        Probability of a longer run time than all of these: some run longer already.
    longest : float
        The longest run time so far [s].
    """

    seconds: Numbers
    failed: NDArray[np.bool_]
    mass: Numbers
    tail: float
    longest: float

    @property
    def failing(self) -> float:
        """Share of the finished ones that failed."""
        return float(self.failed.mean())

    @classmethod
    def of(cls, seconds: Numbers, failed: NDArray[np.bool_], so_far: Numbers) -> ServiceTimes:
        """Return the estimate from the run times of the finished, one at least, and of the running ones so far [s]."""
        values = np.maximum(np.concatenate([seconds, so_far]), _SHORTEST_S)
        is_censored = np.arange(len(values)) >= len(seconds)
        order = np.lexsort((is_censored, values))
        seen = ~is_censored[order]
        left = survival(is_censored[order])
        mass = (np.append(1.0, left[:-1]) - left)[seen]
        known = order[seen]
        return cls(values[known], failed[known], mass, float(left[-1]), float(values[order[-1]]))


class Replicates:
    """Service times under parameters that are themselves drawn, once for each replicate.

    The probabilities are drawn by the Bayesian bootstrap (Rubin 1981, Lo 1993 for censored values), and a drawn run
    time is smoothed by a normal kernel on its logarithm, of Silverman's width and shrunk so that the variance stays
    (Silverman 1986, 6.4): what comes may be longer than all that was seen. What has run longer than nearly all of
    them goes on by the tail of a log-normal distribution, or as a straggler.

    Parameters
    ----------
    times : ServiceTimes
        The estimate.
    n : int
        How many replicates.
    random : numpy.random.Generator
        Where they are drawn from.
    """

    def __init__(self, times: ServiceTimes, n: int, random: np.random.Generator) -> None:
        self._times, self._random = times, random
        size = len(times.seconds)
        bins = min(size, _MOST_BINS)
        self._first = np.arange(bins + 1) * size // bins
        self._count = np.diff(self._first)
        mass = np.append(np.add.reduceat(times.mass, self._first[:-1]), times.tail)
        shape = size / (size + _CAUTION) * np.append(self._count, 1.0)
        drawn = random.gamma(shape, size=(n, bins + 1)) * (mass / shape)
        self._weight = drawn / drawn.sum(axis=1, keepdims=True)
        self._up_to = np.cumsum(self._weight, axis=1)
        self._up_to[:, -1] = 1.0
        logs = np.log(np.append(times.seconds, times.longest))
        weight = np.append(times.mass, times.tail)
        self._centre = float(weight @ logs)
        spread = float(np.sqrt(max(weight @ (logs - self._centre) ** 2, 0.0)) * np.sqrt(size / max(size - 1, 1)))
        at = np.cumsum(weight) - weight / 2
        lower, self._median, upper, high = (float(value) for value in np.interp([0.25, 0.5, 0.75, 0.9], at, logs))
        scales = (spread, (upper - lower) / 1.349, (high - self._median) / 1.2816)
        self._kernel = 0.9 * min((scale for scale in scales if scale > 0), default=0.0) * size**-0.2
        upward = min((scale for scale in scales[::2] if scale > 0), default=0.0)
        self._spread = upward * np.sqrt((size - 1 or 1) / random.chisquare(size - 1 or 1, (n, 1)))
        self._shrink = float(np.sqrt(1 - (self._kernel / spread) ** 2)) if spread > 0 else 1.0

    def fresh(self, sizes: Numbers) -> tuple[Numbers, NDArray[np.bool_]]:
        """Draw for tasks that have not started.

        Parameters
        ----------
        sizes : array of float
            How many tasks one after the other each stands for.

        Returns
        -------
        seconds : array of float, a row for each replicate
            How long each runs [s]; for several tasks the sum, gamma-distributed.
        failed : array of bool, a row for each replicate
            Whether it fails; never for several.
        """
        seconds, failed = self._at(self._random.random((len(self._weight), len(sizes))))
        seconds = np.exp(
            self._centre
            + self._shrink * (np.log(seconds) - self._centre)
            + self._kernel * self._random.standard_normal(seconds.shape)
        )
        many = np.flatnonzero(sizes > 1)
        if len(many):
            mean, variance = self._moments()
            variance = np.maximum(variance, 1e-12 * mean**2)
            shape = sizes[many] * (mean**2 / variance)[:, None]
            seconds[:, many] = self._random.gamma(shape) * (variance / mean)[:, None]
            failed[:, many] = False
        return seconds, failed

    def left(self, so_far: Numbers) -> tuple[Numbers, NDArray[np.bool_]]:
        """Draw how much longer running tasks run that have run `so_far` [s], and whether they fail."""
        so_far = np.maximum(so_far, _SHORTEST_S)
        place = np.searchsorted(self._times.seconds, so_far, "right")
        at = np.minimum(np.searchsorted(self._first, place, "right") - 1, len(self._count) - 1)
        part = (place - self._first[at]) / self._count[at]
        before = self._up_to[:, at] - self._weight[:, at] * (1 - part)
        random = self._random.random((len(self._weight), len(so_far)))
        seconds, failed = self._at(np.minimum(before + random * (1 - before), 1.0))
        longer = np.maximum(seconds - so_far, 0) * np.exp(self._kernel * self._random.standard_normal(seconds.shape))
        is_rare = len(self._times.seconds) - place < _ENOUGH_LONGER
        longer[:, is_rare] = self._beyond(so_far[is_rare], longer[:, is_rare].shape) - so_far[is_rare]
        return longer, failed

    def _at(self, probability: Numbers) -> tuple[Numbers, NDArray[np.bool_]]:
        """Return the run times at cumulative probabilities, and whether those failed that ran so long."""
        rows = np.arange(len(self._up_to))[:, None]
        flat = np.searchsorted((self._up_to + rows).ravel(), probability + rows)
        found = np.minimum(flat - rows * self._up_to.shape[1], self._up_to.shape[1] - 1)
        known = np.minimum(found, len(self._count) - 1)
        weight = np.maximum(self._weight[rows, known], 1e-300)
        part = np.clip((probability - self._up_to[rows, known]) / weight + 1, 0, 1)
        item = self._first[known] + np.minimum((part * self._count[known]).astype(np.intp), self._count[known] - 1)
        is_beyond = found == len(self._count)
        seconds = self._times.seconds[item]
        if is_beyond.any():
            longest = np.array([self._times.longest])
            seconds = np.where(is_beyond, self._beyond(longest, seconds.shape), seconds)
        return seconds, self._times.failed[item] & ~is_beyond

    def _beyond(self, so_far: Numbers, shape: tuple[int, ...]) -> Numbers:
        """Draw run times beyond `so_far`.

        Above a high value x a normal distribution is nearly exponential; its hazard φ/Q is (3x + √(x² + 8))/4 or a
        few % more (Sampford 1953), and its mean excess the hazard less x. What the normal distribution hardly allows
        is rather a straggler.
        """
        spread = np.maximum(self._spread, 1e-9)
        x = np.maximum((np.log(so_far) - self._median) / spread, 0)
        hazard = (3 * x + np.sqrt(x**2 + 8)) / 4
        usual = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi) / hazard
        straggling = _STRAGGLERS * (np.exp(self._median) / so_far) ** _STRAGGLER_POWER
        is_straggler = self._random.random(shape) * (usual + straggling) < straggling
        scale = np.where(is_straggler, 1 / _STRAGGLER_POWER, spread * (hazard - x))
        drawn: Numbers = so_far * np.exp(scale * self._random.standard_exponential(shape))
        return drawn

    def _moments(self) -> tuple[Numbers, Numbers]:
        """Return mean and variance of the run time in each replicate."""
        means, squares = (
            np.add.reduceat(values, self._first[:-1]) / self._count
            for values in (self._times.seconds, self._times.seconds**2)
        )
        beyond = self._times.longest * np.exp(self._spread[:, 0] / 2)
        mean = self._weight[:, :-1] @ means + self._weight[:, -1] * beyond
        square = self._weight[:, :-1] @ squares + self._weight[:, -1] * beyond**2
        return mean, np.maximum(square - mean**2, 0.0)
