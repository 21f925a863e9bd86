"""What the waits would have been with other caps: the tasks once more, first come, first served."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.durations import as_of_for
from cijob_analysis.metrics.groups import By, groups_of, is_terminal
from cijob_analysis.metrics.inputs import tasks_of
from cijob_analysis.metrics.instants import instants, utc_column
from cijob_analysis.metrics.queues.caps import Cap, caps_of, names_of
from cijob_analysis.metrics.queues.fcfs import first_come_first_served
from cijob_analysis.metrics.queues.releases import Releases, releases
from cijob_analysis.metrics.queues.value import OPEN, WAITING, Replay, figures
from cijob_analysis.snapshot import Snapshot

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

_SECOND = 1e6


def replay(
    tasks: pd.DataFrame | Snapshot, *, cap: Cap, by: By = "queue_id", as_of: datetime | str | None = None
) -> Replay:
    """Say how the tasks would have gone if their queues had had another cap.

    Each queue runs its tasks first come, first served, as many at once as its cap says, each for as long as it
    really ran; where several came at the same instant, the one that started first is the first again. The replay
    is a closed loop: within an execution a task is created as long after the end of those that it waits for as it
    was in reality. In a snapshot the topology says which these are; of a frame, or where the topology is not
    known, it is the one that ended last before the task was created. What waits for none comes when it came.

    In the replay nothing waits but for a place, and no task has priority. So compare with a replay with the present
    cap, too: what is left between that and what was observed has other reasons, such as a paused queue.

    Parameters
    ----------
    tasks : DataFrame or Snapshot
        `task_id`, `run_id`, `state`, `created_at`, `started_at`, `ended_at` and the columns `by` are used.
    cap : int or mapping of queue to int
        How many tasks run at once in each queue; ``math.inf`` for no cap.
    by : str or list of str, optional
        What makes a queue. Tasks that do not say theirs, as those read from the detail of an execution, are one
        more; its key in a mapping is None.
    as_of : datetime, Timestamp or ISO text with a zone, optional
        When the frame was true; what its ledger says if not given. A task that was still running is taken to end
        then, so the result is a lower bound; what never started, or has no usable times, is left out and counted.

    Returns
    -------
    Replay
        The replayed tasks, makespan and waits beside the observed ones; as text it is a sentence.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        A cap is no whole number above zero, a mapping lacks a queue, or `as_of` is no time or has no zone.
    """
    return _Course.of(tasks, by, as_of).with_cap(cap)


def what_if(
    tasks: pd.DataFrame | Snapshot,
    caps: Sequence[float] | Mapping[str, Cap],
    *,
    by: By = "queue_id",
    as_of: datetime | str | None = None,
) -> pd.DataFrame:
    """Compare what was with replays with several caps; see `replay`.

    Parameters
    ----------
    tasks : DataFrame or Snapshot
        As for `replay`.
    caps : list of int, or mapping of str to cap
        Caps, each for every queue; or what a scenario is called and its cap, which may be a mapping by queue:
        ``{"as it is": own, "twice": {queue: 2 * n for queue, n in own.items()}, "no cap": math.inf}``.
    by : str or list of str, optional
        What makes a queue.
    as_of : datetime, Timestamp or ISO text with a zone, optional
        When the frame was true; what its ledger says if not given.

    Returns
    -------
    DataFrame
        A row for what was observed and one for each of `caps`: `scenario` (text); `n` (int64), the tasks that were
        replayed; `makespan_s`, `mean_wait_s`, `p50_wait_s`, `p95_wait_s`, `max_wait_s` (float64 [s]); `busy_share`,
        how much of the places was used, NaN where there is no cap.

    Raises
    ------
    SchemaError, ConfigurationError
        As for `replay`, or `caps` is neither a list nor a mapping of names.
    """
    if not isinstance(caps, Mapping | Sequence) or isinstance(caps, str):
        raise ConfigurationError(f"caps={caps!r}: give a list of caps, or a mapping of names to caps")
    course = _Course.of(tasks, by, as_of)
    named = dict(caps) if isinstance(caps, Mapping) else {f"cap {cap}": cap for cap in caps}
    if set(named) & set(names_of(course.keys)):
        raise ConfigurationError(f"caps={caps!r} has queues for names; for one scenario write {{'own caps': {{…}}}}")
    replays = {name: course.with_cap(cap).summary for name, cap in named.items()}
    rows = [found[1:].assign(scenario=name) for name, found in replays.items()]
    return pd.concat([course.observed(), *rows], ignore_index=True)


@dataclass(frozen=True, eq=False)
class _Course:
    """What happened to the tasks that can be replayed, in the order in which they were served.

    Times are in microseconds since 1970; `rows` says which row of `tasks` each is.
    """

    tasks: pd.DataFrame
    keys: pd.DataFrame
    rows: NDArray[np.intp]
    queue: NDArray[np.intp]
    created: NDArray[np.int64]
    started: NDArray[np.int64]
    ended: NDArray[np.int64]
    releases: Releases
    left_out: dict[str, int]

    @classmethod
    def of(cls, data: pd.DataFrame | Snapshot, by: By, as_of: datetime | str | None) -> _Course:
        if as_of is None and isinstance(data, Snapshot):
            as_of = data.as_of
        frame = tasks_of(data)
        schema.require(frame, "task_id", "run_id")
        groups = groups_of(frame, by)
        created, started, ended = (instants(frame, name) for name in ("created_at", "started_at", "ended_at"))
        finished = is_terminal(frame)
        until = np.where(finished, ended, as_of_for(frame, as_of))
        reasons = {
            "ended without a start": finished & np.isnat(started),
            WAITING: ~finished & np.isnat(started),
            "without a creation or an end": np.isnat(created) | (finished & np.isnat(ended)),
            OPEN: ~finished & np.isnat(until),
            "with times in the wrong order": ~((created <= started) & (started <= until)),
        }
        usable, left_out = np.ones(len(frame), bool), {}
        for reason, applies in reasons.items():
            n = int((usable & applies).sum())
            usable &= ~applies
            if n:
                left_out[reason] = n
        times = [column.astype(np.int64) for column in (created, started, until)]
        rows = np.flatnonzero(usable)
        rows = rows[np.lexsort([column[rows] for column in times[::-1]])]
        created_us, started_us, ended_us = (column[rows] for column in times)
        columns = ["task_id", *groups.keys]
        return cls(
            frame.loc[:, columns].assign(is_censored=~finished), groups.keys, rows, groups.codes[rows],
            created_us, started_us, ended_us, releases(data, frame.iloc[rows], created_us, ended_us), left_out,
        )  # fmt: skip

    def with_cap(self, cap: Cap) -> Replay:
        """Return the replay with a cap."""
        caps = caps_of(self.keys, cap)
        if isinstance(cap, Mapping):
            _require_all(cap, names_of(self.keys), str(self.keys.columns[0]))
        lasts = self.ended - self.started
        created, started = first_come_first_served(self.created, self._delays(), lasts, self.releases, self.queue, caps)
        ended = started + lasts
        order = np.argsort(self.rows)
        replayed = self.tasks.iloc[self.rows[order]].reset_index(drop=True)
        is_censored = replayed.pop("is_censored")
        replayed.attrs = {}
        makespan_s = _makespan_s(created, ended)
        return Replay(
            tasks=replayed.assign(
                created_at=utc_column(created[order]),
                started_at=utc_column(started[order]),
                ended_at=utc_column(ended[order]),
                wait_s=(started - created)[order] / _SECOND,
                was_wait_s=(self.started - self.created)[order] / _SECOND,
                run_time_s=lasts[order] / _SECOND,
                is_censored=is_censored,
            ),
            makespan_s=makespan_s,
            was_makespan_s=_makespan_s(self.created, self.ended),
            busy_share=_busy_share(float(lasts.sum()) / _SECOND, float(caps.sum()), makespan_s),
            left_out=self.left_out,
        )

    def observed(self) -> pd.DataFrame:
        """Return the row of `what_if` that says what was."""
        waits = (self.started - self.created) / _SECOND
        return pd.DataFrame([figures("observed", _makespan_s(self.created, self.ended), waits, math.nan)])

    def _delays(self) -> NDArray[np.int64]:
        """Return how long after the last end of those that it waited for each task was created."""
        last = self.created.copy()
        before, after = self.releases
        last[after] = np.iinfo(np.int64).min
        np.maximum.at(last, after, self.ended[before])
        return self.created - last


def _require_all(cap: Mapping[Any, float], queues: list[Any], column: str) -> None:
    """Raise unless `cap` has all `queues`."""
    if None in queues and None not in cap:
        raise ConfigurationError(
            f"cap has no number for the tasks that do not say their {column}; add None: …, or give one number for all"
        )
    missing = [repr(queue) for queue in queues if queue not in cap]
    if missing:
        there = ", ".join(map(repr, cap)) or "none"
        raise ConfigurationError(f"cap has no number for the queue {', '.join(missing)}; it has {there}")


def _makespan_s(created: NDArray[np.int64], ended: NDArray[np.int64]) -> float:
    return (int(ended.max()) - int(created.min())) / _SECOND if len(created) else math.nan


def _busy_share(work_s: float, places: float, makespan_s: float) -> float:
    return work_s / (places * makespan_s) if makespan_s > 0 and math.isfinite(places) else math.nan
