"""What is different between two periods, batches or snapshots, where, and whether it may be chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.ledger import ledger_of
from cijob_analysis.metrics.comparison.bootstrap import Replicates
from cijob_analysis.metrics.comparison.contrasts import Judge, contrasts_of, paired_contrasts
from cijob_analysis.metrics.comparison.levels import levels_of
from cijob_analysis.metrics.comparison.pairing import pairs_of
from cijob_analysis.metrics.comparison.sides import frames_of, side_of
from cijob_analysis.metrics.comparison.tables import comparison_tables
from cijob_analysis.metrics.comparison.value import Comparison
from cijob_analysis.metrics.inputs import workflow_names

if TYPE_CHECKING:
    from cijob_analysis.metrics.groups import By
    from cijob_analysis.snapshot import Snapshot


def compare(
    a: pd.DataFrame | Snapshot,
    b: pd.DataFrame | Snapshot,
    *,
    by: By = None,
    quantile: float = 0.95,
    level: float = 0.95,
    min_n: int = 20,
    paired: bool | None = None,
    seed: int = 0,
    n_boot: int = 2000,
) -> Comparison:
    """Compare `b` with `a`, the before: waits, run times, turnarounds, failures and throughput, group by group.

    Parameters
    ----------
    a, b : DataFrame or Snapshot
        Tasks or executions before and after; of two snapshots the lowest level that both have. `state`,
        `created_at`, `started_at`, `ended_at`, and where there are such columns `workflow_id`, `node`,
        `task_type` and `object_key` are used.
    by : str or list of str, optional
        Columns whose equal values make a group; if not given, the groups are those by workflow, by node and by
        type of task, as far as both sides have the columns. The whole is there in any case.
    quantile : float
        Which quantile of the durations is compared, beside the median.
    level : float
        How much of the replicates is in an interval; 1 − `level` is the chance that anything at all in the table
        is called significant though nothing has changed.
    min_n : int
        With fewer rows (or pairs) on either side there is no interval, and the note ``too few``. A quantile needs
        5 rows beyond it, too: the p95 has an interval from 100 rows on.
    paired : bool, optional
        Whether run times of the same objects are compared, too; if not given, where there are `min_n` pairs.
    seed : int
        Of the random numbers; the same one gives the same intervals.
    n_boot : int
        How many replicates of a difference make an interval.

    Returns
    -------
    Comparison
        The differences as a frame, what explains them, and both in sentences.

    Raises
    ------
    ConfigurationError
        The two are of different levels, or an option is out of range.
    SchemaError
        A column is missing, or holds no times with a zone.

    Notes
    -----
    *What counts.* Durations are those of what has succeeded or failed. Cancelled rows are left out of durations and
    of the failure rate, which is failed ÷ (succeeded + failed). Unfinished rows have no duration yet; they are
    counted (`censored_a`, `censored_b`), and `remarks` says so where they are so many that the quantiles of the rest
    are too low. Throughput is what has come to an end, cancelled or not, per hour from the side's first creation to
    its last end.

    *Intervals.* No row is resampled: replicates of a quantile are drawn from the exact distribution of its rank
    (`quantile_distribution`), those of a failure rate from `rate_distribution`, so they cost the same for a hundred
    rows and a million. Rows are taken as independent. Those of one batch job share its queue, so a clear
    difference in waits says that these two periods differ, not that all such periods do. Throughput has no interval:
    tasks end in batches, and their number does not vary like one of independent events.

    *Significant* is what stays so after Holm's correction over all tests of the table.

    *Explained.* The change of the mean turnaround is split into waiting and running, each into what happened within
    the groups and what the change of their mix did (`decompose`); these shares sum up to 1 on each level of groups.
    For a quantile of the turnaround `share_of_wait` tells them apart among the rows near it (`parts_near`).
    """
    for name, value in (("quantile", quantile), ("level", level)):
        if not 0 < value < 1:
            raise ConfigurationError(f"{name}={value!r} is not between 0 and 1; write 0.95 for 95 %")
    for name, number, least in (("min_n", min_n, 2), ("n_boot", n_boot, 100)):
        if number < least:
            raise ConfigurationError(f"{name}={number!r} is too small; give {least} or more")
    before, after = frames_of(a, b)
    sides = side_of(before), side_of(after)
    names = {**workflow_names(a), **workflow_names(b)}
    levels = list(levels_of(before, after, by, names))
    quantiles = {0.5: "median", quantile: "median" if quantile == 0.5 else f"p{100 * quantile:g}"}
    judge = Judge(Replicates.draw(n_boot, level, seed), min_n, {name: value for value, name in quantiles.items()})
    contrasts = contrasts_of(sides, levels, judge)
    if paired is not False:
        has_run = tuple(side.durations["run_time_s"] > 0 for side in sides)
        pairs = pairs_of(before, after, (has_run[0], has_run[1]))
        if paired or len(pairs[0]) >= min_n:
            schema.require(before, "object_key")
            schema.require(after, "object_key")
            contrasts += paired_contrasts(sides, levels, judge, pairs)
    frame, attribution = comparison_tables(contrasts, sides, levels, alpha=1 - level)
    return Comparison(
        frame=frame,
        attribution=attribution,
        noun=schema.noun_of(before),
        rows=(len(before), len(after)),
        level=level,
        ledgers=(ledger_of(before), ledger_of(after)),
        remarks=tuple(f"{name}: {text}" for name, side in zip("ab", sides, strict=True) for text in side.remarks),
    )
