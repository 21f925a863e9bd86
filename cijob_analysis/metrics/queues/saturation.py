"""How long queues stood at their caps, and which waiting that explains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.durations import as_of_for
from cijob_analysis.metrics.groups import By, groups_of, is_terminal
from cijob_analysis.metrics.inputs import tasks_of
from cijob_analysis.metrics.instants import instants
from cijob_analysis.metrics.intervals import intervals
from cijob_analysis.metrics.queues.caps import Cap, caps_of
from cijob_analysis.metrics.step_functions import Steps, count_steps
from cijob_analysis.snapshot import Snapshot

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

_SECOND = 1e6
_NEVER = np.iinfo(np.int64).min


def queue_saturation(
    tasks: pd.DataFrame | Snapshot,
    *,
    cap: Cap | None = None,
    queues: pd.DataFrame | None = None,
    by: By = "queue_id",
    as_of: datetime | str | None = None,
) -> pd.DataFrame:
    """Say for each queue how long as many tasks ran as its cap allows, and how much of the waiting fell into that time.

    While a queue stands at its cap, whatever waits waits for a place. Waiting while there was room has other
    reasons: a paused queue, a delay until a task is dispatched, tasks of others that are not in the frame.

    All figures are exact integrals of step functions over half-open intervals, in whole microseconds. A task waits
    from its creation to its start, or to its end if it ended without a start; it runs from its start to its end. What
    is unfinished does so until `as_of`, and if nobody knows when that was, until the last event in the frame.

    Parameters
    ----------
    tasks : DataFrame or Snapshot
        `state`, `created_at`, `started_at`, `ended_at` and the columns `by` are used. Tasks that do not say their
        queue, as those read from the detail of an execution, are one group, in which it is missing.
    cap : int or mapping of queue to int, optional
        How many tasks each queue runs at once. With several columns in `by` the keys of the mapping are tuples.
    queues : DataFrame, optional
        What `fetch_queues` returns; its `max_concurrent` is the cap of each `queue_id` for which `cap` has none.
    by : str or list of str
        What makes a queue.
    as_of : datetime, Timestamp or ISO text with a zone, optional
        When the frame was true; what its ledger says if not given.

    Returns
    -------
    DataFrame
        A row for each queue: the columns `by`;

        - `n` (int64), its tasks, and `n_odd` (int64), those whose times are missing or in the wrong order, which
          are left out of what needs these times;
        - `cap` (Int64), and `cap_is_observed` (bool): nobody gave it, so it is the most that ran at once, missing if
          nothing ran;
        - `span_s` (float64 [s]), from the first creation to the last end;
        - `at_cap_s` [s] and `at_cap_share` of the span: how long the cap or more ran;
        - `busy`, the mean number of running tasks as a share of the cap;
        - `max_running`, `max_queued` (int64), the most at once;
        - `wait_total_s`, `wait_at_cap_s`, `wait_other_s` [s]: the waiting of all tasks together, while the queue
          stood at its cap, and the rest;
        - `mean_in_system`, `arrivals_per_s`, `mean_turnaround_s`, `little_error`: Little's law, L = λ W. L is the
          time that all tasks waited and ran, divided by the span; λ counts the creations in the span; W is the mean
          turnaround of what has finished. The error is ``|L − λ W| / L``: zero if all have finished and their times
          are in order, and else how far means over this span can be trusted.

        Shares and means of a queue without a span are NaN.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        A cap is no whole number above zero, `queues` is given without queue_id in `by`, or `as_of` is no time or
        has no zone.
    """
    if as_of is None and isinstance(tasks, Snapshot):
        as_of = tasks.as_of
    frame = tasks_of(tasks)
    groups = groups_of(frame, by)
    n_groups = len(groups)
    times = _Times(frame, groups.codes, n_groups, as_of)
    running, queued = times.steps("running"), times.steps("queued")
    max_running, max_queued = (_largest(steps, n_groups) for steps in (running, queued))
    given = _given(groups.keys, cap, queues)
    caps = np.where(np.isnan(given), np.where(max_running > 0, max_running, np.nan), given)

    lasts = _lasts(running)
    at_cap = running.n >= caps[running.group]
    at_cap_us = _sums(running.group[at_cap], lasts[at_cap], n_groups)
    run_us, wait_us = (_sums(steps.group, steps.n * _lasts(steps), n_groups) for steps in (running, queued))
    wait_at_cap_us = _sums(
        running.group[at_cap],
        _areas_until(queued, running.group[at_cap], (running.at + lasts)[at_cap])
        - _areas_until(queued, running.group[at_cap], running.at[at_cap]),
        n_groups,
    )

    span_us = times.spans()
    mean_in_system = _ratio(run_us + wait_us, span_us)
    arrivals_per_s = _ratio(times.count(times.is_created), span_us) * _SECOND
    mean_turnaround_s = times.mean_turnaround_us() / _SECOND
    return groups.keys.assign(
        n=times.count(np.ones(len(frame), bool)),
        n_odd=times.count(has_odd_times(frame)),
        cap=pd.arrays.IntegerArray(np.nan_to_num(caps).astype(np.int64), np.isnan(caps)),
        cap_is_observed=np.isnan(given),
        span_s=span_us / _SECOND,
        at_cap_s=at_cap_us / _SECOND,
        at_cap_share=_ratio(at_cap_us, span_us),
        busy=_ratio(run_us, span_us) / caps,
        max_running=max_running,
        max_queued=max_queued,
        wait_total_s=wait_us / _SECOND,
        wait_at_cap_s=wait_at_cap_us / _SECOND,
        wait_other_s=(wait_us - wait_at_cap_us) / _SECOND,
        mean_in_system=mean_in_system,
        arrivals_per_s=arrivals_per_s,
        mean_turnaround_s=mean_turnaround_s,
        little_error=_ratio(np.abs(mean_in_system - arrivals_per_s * mean_turnaround_s), mean_in_system),
    )


def has_odd_times(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Return whether the times of each row are not all there, or in the wrong order: created ≤ started ≤ ended."""
    created, started, ended = (instants(frame, name) for name in ("created_at", "started_at", "ended_at"))
    ends_well = ~is_terminal(frame) | (np.fmax(created, started) <= ended)
    return np.asarray(np.isnat(created) | (started < created) | ~ends_well)


class _Times:
    """When tasks were created, started and ended, as far as it is known [µs]."""

    def __init__(
        self, frame: pd.DataFrame, codes: NDArray[np.intp], n_groups: int, as_of: datetime | str | None
    ) -> None:
        self._frame, self._codes, self._n_groups, self._as_of = frame, codes, n_groups, as_of
        self._created, self._started, ended = (
            instants(frame, name).astype(np.int64) for name in ("created_at", "started_at", "ended_at")
        )
        self._is_finished = is_terminal(frame)
        self._ended = np.where(self._is_finished, ended, _NEVER)  # NaT is the smallest int64
        now = as_of_for(frame, as_of).astype(np.int64)
        events = [times.max(initial=_NEVER) for times in (self._created, self._started, self._ended)]
        self._horizon = int(now if now != _NEVER else max(events))
        self.is_created = self._created != _NEVER

    def steps(self, of: str) -> Steps:
        """Return how many were running or queued, all intervals closed at the horizon."""
        found = intervals(self._frame, of, self._as_of)
        end = np.where(found.is_open, self._horizon, found.end)
        lasts = found.begin < end
        group = self._codes[found.rows][lasts]
        is_open = np.zeros(len(group), bool)
        return count_steps(group, found.begin[lasts], end[lasts], is_open, self._n_groups)

    def spans(self) -> NDArray[np.int64]:
        """Return for each group the time from its first creation, or else start, to its last end."""
        begin = np.where(self.is_created, self._created, self._started)
        end = np.where(self._is_finished, np.maximum(np.maximum(self._ended, self._started), begin), self._horizon)
        known = begin != _NEVER
        first = np.full(self._n_groups, np.iinfo(np.int64).max)
        last = np.full(self._n_groups, _NEVER)
        np.minimum.at(first, self._codes[known], begin[known])
        np.maximum.at(last, self._codes[known], end[known])
        return np.where(first < last, last - np.minimum(first, last), 0)

    def mean_turnaround_us(self) -> NDArray[np.float64]:
        """Return the mean time from creation to end, of what has both."""
        known = self.is_created & (self._ended != _NEVER)
        codes = self._codes[known]
        total = np.bincount(codes, (self._ended - self._created)[known], self._n_groups)
        return _ratio(total, self.count(known))

    def count(self, which: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return how many rows of each group `which` is true for."""
        return np.bincount(self._codes[which], minlength=self._n_groups).astype(np.int64)


def _given(keys: pd.DataFrame, cap: Cap | None, queues: pd.DataFrame | None) -> NDArray[np.float64]:
    """Return the cap of each queue that somebody gave, NaN where nobody did."""
    found = np.full(len(keys), np.nan) if cap is None else caps_of(keys, cap)
    if np.isinf(found).any():
        raise ConfigurationError("cap=inf: a queue without a cap is never at it; leave it out")
    if queues is not None:
        schema.require(queues, "queue_id", "max_concurrent")
        if "queue_id" not in keys.columns:
            raise ConfigurationError("queues has caps by queue_id, so by needs queue_id; else give cap")
        known = queues.dropna(subset=["queue_id", "max_concurrent"])
        of_queue = dict(zip(known["queue_id"], known["max_concurrent"].astype("int64"), strict=True))
        found = np.where(np.isnan(found), [of_queue.get(name, np.nan) for name in keys["queue_id"]], found)
    return found


def _lasts(steps: Steps) -> NDArray[np.int64]:
    """Return how long each step lasts; a group's last one is down to zero, and so lasts no time."""
    return np.where(steps.n > 0, np.diff(steps.at, append=steps.at[-1:]), 0)


def _sums(group: NDArray[np.intp], values: NDArray[np.int64], n_groups: int) -> NDArray[np.int64]:
    """Return the exact sum of `values` for each group; `group` is sorted."""
    until = np.concatenate([np.zeros(1, np.int64), np.cumsum(values)])
    return np.diff(until[np.searchsorted(group, np.arange(n_groups + 1))])


def _largest(steps: Steps, n_groups: int) -> NDArray[np.int64]:
    largest = np.zeros(n_groups, np.int64)
    np.maximum.at(largest, steps.group, steps.n)
    return largest


def _areas_until(steps: Steps, group: NDArray[np.intp], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the area below all groups before `group` and below `group` until `at`, sorted like the steps."""
    if not len(steps.at):
        return np.zeros(len(at), np.int64)
    ranks = np.sort(np.concatenate([steps.at, at]))  # so that group and time fit into one integer
    keys = [
        codes * len(ranks) + np.searchsorted(ranks, times) for codes, times in ((steps.group, steps.at), (group, at))
    ]
    step = np.searchsorted(keys[0], keys[1], side="right") - 1
    areas = steps.n * _lasts(steps)
    before = np.cumsum(areas) - areas
    return np.where(step < 0, 0, before[step] + steps.n[step] * (at - steps.at[step]))  # n is 0 from a group's last on


def _ratio(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    """Return part / whole, NaN where the whole is not above zero."""
    return np.asarray(np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0))
