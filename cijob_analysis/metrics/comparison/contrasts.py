"""The rows of a comparison: one statistic of one measure of one group, on both sides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from cijob_analysis import schema
from cijob_analysis.metrics.comparison.attribution import parts_near, share_of_wait
from cijob_analysis.metrics.comparison.bootstrap import (
    NOTHING,
    Distribution,
    Replicates,
    p_value,
    quantile_distribution,
    rate_distribution,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from cijob_analysis.metrics.comparison.levels import Level
    from cijob_analysis.metrics.comparison.sides import Side

TOO_FEW: Final = "too few"
ONLY_A, ONLY_B = "only in a", "only in b"
NOT_TESTED: Final = "not tested"
PAIRED: Final = "paired median"

_LEAST_BEYOND = 5
"""How many rows must be beyond a quantile for an interval."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """One row of a comparison; what is not known is NaN.

    Attributes
    ----------
    level, group : int
        Of the levels and of the level's groups.
    measure, statistic : str
        Such as ``run_time_s`` and ``p95``.
    n_a, n_b : int
        How many rows (or pairs) it is of.
    a, b : float
        The statistic before and after.
    difference, low, high : float
        b − a and its interval.
    relative, relative_low, relative_high : float
        The difference as a share of a, and its interval.
    p_value : float
        How likely such a difference is by chance, if this were the only test.
    share_of_wait : float
        Which part of the difference of a turnaround is waiting.
    note : str
        Why there is no interval.
    """

    level: int
    group: int
    measure: str
    statistic: str
    n_a: int
    n_b: int
    a: float
    b: float
    difference: float = np.nan
    low: float = np.nan
    high: float = np.nan
    relative: float = np.nan
    relative_low: float = np.nan
    relative_high: float = np.nan
    p_value: float = np.nan
    share_of_wait: float = np.nan
    note: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Judge:
    """What a difference has to be measured against.

    Attributes
    ----------
    replicates : Replicates
        The random numbers of all intervals.
    min_n : int
        With fewer rows there is no interval.
    quantiles : dict
        The quantiles of the durations, by name.
    """

    replicates: Replicates
    min_n: int
    quantiles: Mapping[str, float]

    def has_enough(self, n_a: int, n_b: int, probability: float) -> bool:
        """Return whether both sides have rows enough for an interval of a quantile."""
        n = min(n_a, n_b)
        return n >= self.min_n and n * min(probability, 1 - probability) >= _LEAST_BEYOND - 1e-9

    def judged(self, contrast: Contrast, a: Distribution | None, b: Distribution | None) -> Contrast:
        """Return `contrast` with its differences and, where the distributions are known, intervals and p values."""
        if not contrast.n_a or not contrast.n_b:
            note = "" if contrast.n_a == contrast.n_b else ONLY_A if contrast.n_a else ONLY_B
            return replace(contrast, note=note)
        difference = contrast.b - contrast.a
        relative = difference / contrast.a if contrast.a > 0 and contrast.b >= 0 else np.nan
        contrast = replace(contrast, difference=difference, relative=relative)
        if a is None or b is None:
            return replace(contrast, note=contrast.note or TOO_FEW)
        (low, high), (relative_low, relative_high) = self.replicates.intervals(a, b)
        is_relative = not np.isnan(relative)
        return replace(
            contrast,
            low=low,
            high=high,
            relative_low=relative_low if is_relative else np.nan,
            relative_high=relative_high if is_relative else np.nan,
            p_value=p_value(a, b),
        )


def contrasts_of(sides: tuple[Side, Side], levels: Sequence[Level], judge: Judge) -> list[Contrast]:
    """Return the contrasts of all measures, statistics and groups, except those of pairs."""
    found: list[Contrast] = []
    ascending = {name: [_ascending(side.durations[name]) for side in sides] for name in schema.DURATIONS}
    for number, level in enumerate(levels):
        for measure, orders in ascending.items():
            grouped = [
                _grouped(codes, side.durations[measure], order, len(level.keys))
                for codes, side, order in zip(level.codes, sides, orders, strict=True)
            ]
            found += _durations(sides, grouped, number, measure, judge)
        found += _failures(sides, number, level, judge)
        found += _throughput(sides, number, level, judge)
    return found


@dataclass(frozen=True, eq=False, slots=True)
class _Grouped:
    """Rows in the order of their group, then of their value; `offsets` says where each group begins."""

    rows: NDArray[np.intp]
    values: NDArray[np.float64]
    offsets: NDArray[np.intp]

    def __getitem__(self, group: int) -> NDArray[np.float64]:
        return self.values[self.offsets[group] : self.offsets[group + 1]]

    def rows_of(self, group: int) -> NDArray[np.intp]:
        return self.rows[self.offsets[group] : self.offsets[group + 1]]


def _ascending(values: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the rows that have a value, in its order."""
    rows = np.flatnonzero(~np.isnan(values))
    return rows[np.argsort(values[rows])]


def _grouped(
    codes: NDArray[np.intp], values: NDArray[np.float64], ascending: NDArray[np.intp], n_groups: int
) -> _Grouped:
    mine = codes[ascending]
    small = mine.astype(np.uint16) if n_groups <= 2**16 else mine  # which numpy sorts ten times faster
    rows = ascending[np.argsort(small, kind="stable")]
    offsets = np.concatenate([[0], np.cumsum(np.bincount(mine, minlength=n_groups))])
    return _Grouped(rows, values[rows], offsets)


def _durations(
    sides: tuple[Side, Side], grouped: Sequence[_Grouped], number: int, measure: str, judge: Judge
) -> Iterator[Contrast]:
    a, b = grouped
    for group in range(len(a.offsets) - 1):
        x, y = a[group], b[group]
        for statistic, probability in judge.quantiles.items():
            contrast = _judged_quantile(
                judge, Contrast(number, group, measure, statistic, len(x), len(y), np.nan, np.nan), x, y, probability
            )
            if measure == "turnaround_s" and len(x) and len(y):
                near = [
                    _near(side, mine.rows_of(group), probability) for side, mine in zip(sides, grouped, strict=True)
                ]
                contrast = replace(contrast, share_of_wait=share_of_wait(near[0], near[1]))
            yield contrast


def _judged_quantile(
    judge: Judge, contrast: Contrast, x: NDArray[np.float64], y: NDArray[np.float64], probability: float
) -> Contrast:
    contrast = replace(contrast, a=quantile_of(x, probability), b=quantile_of(y, probability))
    if not judge.has_enough(len(x), len(y), probability):
        return judge.judged(contrast, None, None)
    return judge.judged(contrast, quantile_distribution(x, probability), quantile_distribution(y, probability))


def quantile_of(values: NDArray[np.float64], probability: float) -> float:
    """Return the linearly interpolated quantile of sorted `values`; NaN if there are none."""
    if not len(values):
        return np.nan
    position = (len(values) - 1) * probability
    below = int(position)
    low, high = values[below], values[min(below + 1, len(values) - 1)]
    return float(low + (position - below) * (high - low))


def _near(side: Side, rows: NDArray[np.intp], probability: float) -> tuple[float, float]:
    wait, run = side.durations["queue_wait_s"][rows], side.durations["run_time_s"][rows]
    split = ~np.isnan(wait) & ~np.isnan(run)
    return parts_near(wait[split], run[split], probability) if split.any() else (np.nan, np.nan)


def _failures(sides: tuple[Side, Side], number: int, level: Level, judge: Judge) -> Iterator[Contrast]:
    n = level.counts((sides[0].is_judged, sides[1].is_judged))
    failed = level.counts((sides[0].is_failed, sides[1].is_failed))
    for group in range(len(level.keys)):
        n_a, n_b, failed_a, failed_b = (int(counts[group]) for counts in (*n, *failed))
        rates = (failed_a / n_a if n_a else np.nan, failed_b / n_b if n_b else np.nan)
        contrast = Contrast(number, group, "failure_rate", "rate", n_a, n_b, *rates)
        if min(n_a, n_b) < judge.min_n:
            yield judge.judged(contrast, None, None)
        else:
            yield judge.judged(contrast, rate_distribution(failed_a, n_a), rate_distribution(failed_b, n_b))


def _throughput(sides: tuple[Side, Side], number: int, level: Level, judge: Judge) -> Iterator[Contrast]:
    n = level.counts((sides[0].is_finished, sides[1].is_finished))
    hours_a, hours_b = (side.hours if side.hours > 0 else np.nan for side in sides)
    for group in range(len(level.keys)):
        n_a, n_b = int(n[0][group]), int(n[1][group])
        contrast = Contrast(number, group, "throughput_per_h", "rate", n_a, n_b, n_a / hours_a, n_b / hours_b)
        yield judge.judged(replace(contrast, note=NOT_TESTED), None, None)


def paired_contrasts(
    sides: tuple[Side, Side], levels: Sequence[Level], judge: Judge, pairs: tuple[NDArray[np.intp], NDArray[np.intp]]
) -> list[Contrast]:
    """Return the contrasts of the run times of pairs: the median ratio, tested by its logarithm.

    Where many objects differ a hundredfold from each other, but each little from itself, this sees what the
    quantiles of all cannot. `relative` is the median ratio less 1; `difference` is the median of the differences.
    """
    rows_a, rows_b = pairs
    run_a, run_b = sides[0].durations["run_time_s"], sides[1].durations["run_time_s"]
    ratio, change = np.full(len(run_a), np.nan), np.full(len(run_a), np.nan)
    ratio[rows_a] = np.log(run_b[rows_b] / run_a[rows_a])
    change[rows_a] = run_b[rows_b] - run_a[rows_a]
    before, after = np.full(len(run_a), np.nan), np.full(len(run_a), np.nan)
    before[rows_a], after[rows_a] = run_a[rows_a], run_b[rows_b]
    columns = (ratio, change, before, after)
    orders = [_ascending(values) for values in columns]
    found = []
    for number, level in enumerate(levels):
        parts = [
            _grouped(level.codes[0], values, order, len(level.keys))
            for values, order in zip(columns, orders, strict=True)
        ]
        for group in range(len(level.keys)):
            ratios, changes, x, y = (part[group] for part in parts)
            n = len(ratios)
            if not n:
                continue
            found.append(_paired(Contrast(
                number, group, "run_time_s", PAIRED, n, n, quantile_of(x, 0.5), quantile_of(y, 0.5),
                difference=quantile_of(changes, 0.5), relative=float(np.expm1(quantile_of(ratios, 0.5))),
            ), ratios, changes, judge))  # fmt: skip
    return found


def _paired(contrast: Contrast, ratios: NDArray[np.float64], changes: NDArray[np.float64], judge: Judge) -> Contrast:
    if not judge.has_enough(contrast.n_a, contrast.n_b, 0.5):
        return replace(contrast, note=TOO_FEW)
    of_ratio, of_change = quantile_distribution(ratios, 0.5), quantile_distribution(changes, 0.5)
    (low, high), _ = judge.replicates.intervals(NOTHING, of_change)
    (log_low, log_high), _ = judge.replicates.intervals(NOTHING, of_ratio)
    return replace(
        contrast,
        low=low,
        high=high,
        relative_low=float(np.expm1(log_low)),
        relative_high=float(np.expm1(log_high)),
        p_value=p_value(NOTHING, of_ratio),
    )
