"""Tasks that take far longer than tasks like them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.durations import observations
from cijob_analysis.metrics.groups import By, groups_of, state_codes, states_of
from cijob_analysis.metrics.inputs import tasks_of
from cijob_analysis.metrics.quantiles import linear_quantiles, sort_groups

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from cijob_analysis.snapshot import Snapshot

_IDS: Final = ("task_id", "run_id", "batch_job_id", "workflow_id")
_OF_NORMAL: Final = 0.6745
"""Median absolute deviation of the standard normal distribution."""

_RESOLUTION_S: Final = 0.5
"""Times come in whole seconds, so no duration is known better."""

_PARTS: Final = 1e9
"""Logarithms are sorted as whole numbers of such a part."""


def stragglers(
    tasks: pd.DataFrame | Snapshot,
    *,
    by: By = ("task_type", "node", "template_id"),
    threshold: float = 3.5,
    min_n: int = 10,
    duration: str = "run_time_s",
    as_of: datetime | str | None = None,
) -> pd.DataFrame:
    """Find tasks that took, or have taken so far, far longer than tasks like them.

    The score is the modified z-score of Iglewicz and Hoaglin (1993) on logarithms, which neither a skewed distribution
    nor the stragglers themselves lead astray: 0.6745 · (log d − median)/MAD, where median and MAD, the median absolute
    deviation, are those of the group's successes. MAD is at least what half a second makes of the median, as the
    service gives times in whole seconds; so it is not zero where tasks take equally long.

    Parameters
    ----------
    tasks : DataFrame or Snapshot
        Tasks; executions or batch jobs will do with other columns in `by`.
    by : str or list of str, optional
        Columns whose equal values make tasks alike. Rows that lack a value are a group of their own; without `by`, all
        are alike.
    threshold : float
        From which score on a task is a straggler; Iglewicz and Hoaglin recommend 3.5.
    min_n : int
        Groups with fewer successes are left out: `groupby(by)` tells which they are.
    duration : {"run_time_s", "queue_wait_s", "turnaround_s"}
        What is long.
    as_of : datetime, Timestamp or ISO text with a zone, optional
        When the tasks were seen; what the frame's ledger says if not given. Without it, unfinished tasks are left out.

    Returns
    -------
    DataFrame
        A row for each straggler, the highest score first: the ids that are there; the columns `by`; `state`;
        `object_key` if it is there; the duration [s], of an unfinished task so far; `typical_s`, the median of the
        group [s]; `times`, how many times that it is; `score`; `is_censored`, whether it goes on; `n` (int64), how many
        successes it was compared with. Cancelled tasks are none, and tell nothing.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        There is no such `duration`; `threshold` is not above 0, or `min_n` below 2; `as_of` is no time or has no zone.
    """
    if duration not in schema.DURATIONS:
        raise ConfigurationError(f"duration={duration!r} is none of {', '.join(schema.DURATIONS)}")
    if not threshold > 0 or min_n < 2:
        raise ConfigurationError(f"threshold={threshold!r}, min_n={min_n!r}: give a score above 0, and 2 or more tasks")
    frame = tasks_of(tasks)
    groups = groups_of(frame, by)
    seen = observations(frame, [duration], as_of=as_of)[duration]
    codes, names = state_codes(frame)
    there = ~np.isnat(seen.values) & (codes[seen.rows] != names.index("Cancel"))
    rows, is_censored = seen.rows[there], seen.is_censored[there]
    seconds = np.maximum(seen.values[there] / np.timedelta64(1, "s"), 0.0)
    group = groups.codes[rows]
    is_like = (codes[rows] == names.index("Success")) & ~is_censored
    n = np.bincount(group[is_like], minlength=len(groups))
    typical = _medians(group[is_like], seconds[is_like], len(groups), 1e6)
    log, middle = (np.log(np.maximum(values, _RESOLUTION_S)) for values in (seconds, typical))
    deviation = _medians(group[is_like], np.abs(log - middle[group])[is_like], len(groups), _PARTS)
    least = np.log1p(_RESOLUTION_S / np.maximum(typical, _RESOLUTION_S))
    score = _OF_NORMAL * (log - middle[group]) / np.maximum(deviation, least)[group]
    found = np.flatnonzero((n[group] >= min_n) & (score >= threshold))
    found = found[np.argsort(-score[found], kind="stable")]
    columns = dict.fromkeys([*(name for name in _IDS if name in frame.columns), *groups.keys.columns])
    kept = frame[[name for name in columns if name != "state"]].iloc[rows[found]].reset_index(drop=True)
    kept.attrs = {}
    kept["state"] = states_of(codes[rows[found]], names)
    if "object_key" in frame.columns:
        kept["object_key"] = frame["object_key"].iloc[rows[found]].reset_index(drop=True)
    own = group[found]
    found_ones: pd.DataFrame = kept.assign(
        **{duration: seconds[found]},
        typical_s=typical[own],
        times=seconds[found] / np.maximum(typical[own], _RESOLUTION_S),
        score=score[found],
        is_censored=is_censored[found],
        n=n[own].astype(np.int64),
    )
    return found_ones


def _medians(group: NDArray[np.intp], values: NDArray[np.float64], n_groups: int, parts: float) -> NDArray[np.float64]:
    """Return the median of each group to 1/`parts`, NaN for an empty one."""
    whole = np.rint(values * parts).astype(np.int64)
    ordered = sort_groups(group, whole, np.zeros(len(whole), bool), n_groups)
    return linear_quantiles(ordered, np.array([0.5]))[:, 0] / parts
