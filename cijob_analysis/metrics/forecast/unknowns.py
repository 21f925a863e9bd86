"""Why nobody can tell when a batch job will be finished."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.ledger import clock_text, counted, ledger_of
from cijob_analysis.metrics.forecast.remaining_work import NOTHING, TO_COME
from cijob_analysis.metrics.forecast.simulation import ENOUGH
from cijob_analysis.metrics.groups import is_terminal, state_codes
from cijob_analysis.metrics.instants import NEVER, instant, instants
from cijob_analysis.snapshot import Snapshot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cijob_analysis.metrics.forecast.remaining_work import RemainingWork
    from cijob_analysis.metrics.forecast.simulation import Evidence

_SILENT_GAPS: Final = 5
"""Objects come one by one: after so many mean gaps without a new one, at most e⁻⁵ of such pauses go on."""

_IDLE_MEDIANS: Final = 3
"""While nothing runs, something that waits should start within so many median run times."""

_BUSY_LONGEST: Final = 10
"""While something runs, something should start or end within so many times the longest run time."""

_PATIENCE_S: Final = 60.0
_LONG_AGO: Final = np.datetime64(0, "us")
_MOST_RUNNING: Final = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What can be said of each batch job.

    Attributes
    ----------
    is_finished : array of bool
        Nothing is left.
    reasons : list of str
        Why its end is not known; ``""`` where it can be estimated, or is known.
    can_run : array of bool
        Whether something is left that can be simulated, be its end known or not: it takes places from others.
    """

    is_finished: NDArray[np.bool_]
    reasons: list[str]
    can_run: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """All that is to be judged, with the unfinished tasks and their batch jobs."""

    tasks: pd.DataFrame
    work: RemainingWork
    evidence: Evidence
    queue: NDArray[np.intp]
    rows: NDArray[np.intp]
    batch_job: NDArray[np.intp]
    as_of: np.datetime64


def verdict(
    data: pd.DataFrame | Snapshot,
    tasks: pd.DataFrame,
    work: RemainingWork,
    evidence: Evidence,
    queue: NDArray[np.intp],
    is_paused: NDArray[np.bool_],
    as_of: np.datetime64,
) -> Verdict:
    """Return what can be said of each batch job.

    Parameters
    ----------
    data : Snapshot or DataFrame
        A snapshot knows whether a batch job itself is finished.
    tasks : DataFrame
        Its tasks.
    work : RemainingWork
        What is left of them.
    evidence : Evidence
        How long tasks run.
    queue : array of int
        For each task the number of its queue.
    is_paused : array of bool
        For each queue whether it is paused.
    as_of : datetime64
        When the data were true.
    """
    n = len(work.batch_job_ids)
    is_left = work.remaining() > 0
    is_open = _are_open(data, work)
    has_tasks = np.bincount(work.batch_job, minlength=n) > 0
    is_there = [(flow.left != NOTHING) & (flow.left != TO_COME) for flow in work.flows]
    parts = [flow.rows[on] for flow, on in zip(work.flows, is_there, strict=True)]
    rows = np.concatenate([np.zeros(0, np.intp), *parts])
    case = _Case(tasks, work, evidence, queue, rows, work.batch_job[rows], as_of)
    reasons: dict[int, str] = {}

    def say(found: dict[int, str]) -> None:
        for one, reason in found.items():
            reasons.setdefault(one, reason)

    def say_of(which: NDArray[np.bool_], reason: str) -> None:
        say(dict.fromkeys(np.flatnonzero(which).tolist(), reason))

    if np.isnat(as_of):
        say_of(is_left | is_open, "nobody knows when the data were true: give as_of")
    say_of(_have_running_executions(data, work) & ~is_left, "executions are running whose tasks are not known")
    say_of(is_open & ~has_tasks & ~is_left, "no task has been created yet")
    say(_paused(case, is_paused))
    say(_crowded(case))
    too_few = _too_few(case)
    say(too_few)
    say(_stalled(case))
    cannot_run = {*reasons}
    say(_beside(case, too_few))
    say(_arriving(data, case, ~_are_over(data, work)))
    say_of(is_open & ~is_left, "all its tasks have finished, but the batch job itself has not")
    said = [reasons.get(one, "") for one in range(n)]
    is_finished = ~is_left & np.array([not reason for reason in said], bool)
    return Verdict(is_finished, said, is_left & ~np.isin(np.arange(n), list(cannot_run)))


def _states(data: pd.DataFrame | Snapshot, work: RemainingWork) -> list[bool | None]:
    """Return whether each batch job is in a final state; None if nobody knows."""
    known = {}
    if isinstance(data, Snapshot):
        states = data.batch_jobs["state"].isin(schema.TERMINAL)
        known = dict(zip(data.batch_jobs["batch_job_id"], states.tolist(), strict=True))
    return [known.get(name) for name in work.batch_job_ids]


def _are_open(data: pd.DataFrame | Snapshot, work: RemainingWork) -> NDArray[np.bool_]:
    return np.array([state is False for state in _states(data, work)], bool)


def _are_over(data: pd.DataFrame | Snapshot, work: RemainingWork) -> NDArray[np.bool_]:
    return np.array([state is True for state in _states(data, work)], bool)


def _have_running_executions(data: pd.DataFrame | Snapshot, work: RemainingWork) -> NDArray[np.bool_]:
    if not isinstance(data, Snapshot):
        return np.zeros(len(work.batch_job_ids), bool)
    running = data.executions.loc[~is_terminal(data.executions), "batch_job_id"]
    known = {None if pd.isna(name) else name for name in running.unique()}
    return np.array([name in known for name in work.batch_job_ids], bool)


def _paused(case: _Case, is_paused: NDArray[np.bool_]) -> dict[int, str]:
    codes, names = state_codes(case.tasks)
    waits = (codes == names.index("Pause")) | is_paused[case.queue]
    numbers = np.bincount(case.batch_job[waits[case.rows]])
    return {one: f"{counted(n, 'task')} in a paused queue" for one, n in enumerate(numbers.tolist()) if n}


def _crowded(case: _Case) -> dict[int, str]:
    n = int(case.evidence.is_running.sum())
    if n <= _MOST_RUNNING:
        return {}
    return dict.fromkeys(np.unique(case.batch_job).tolist(), f"{counted(n, 'task')} run at once, too many to simulate")


def _too_few(case: _Case) -> dict[int, str]:
    found = {}
    for flow in case.work.flows:
        for node, (_, kind) in enumerate(flow.topology.nodes):
            own = np.unique(flow.batch_job[flow.left[:, node] != NOTHING]).tolist()
            if own and case.evidence.alike(flow, node) is None:
                n = int(case.evidence.has_run[case.evidence.of_type(kind)].sum())
                what = f"{kind} task" if kind else "task without a type"
                reason = (
                    f"only {counted(n, what)} finished so far, {ENOUGH} are needed" if n else f"no {what} has finished"
                )
                found.update(dict.fromkeys(own, reason))
    return found


def _beside(case: _Case, too_few: dict[int, str]) -> dict[int, str]:
    """Return who waits in a queue with tasks of which nothing is known."""
    is_odd = np.isin(case.batch_job, list(too_few))
    shares = np.isin(case.queue[case.rows], np.unique(case.queue[case.rows[is_odd]])) & ~is_odd
    reason = "its queue has tasks of another batch job of whose type too few have finished"
    return dict.fromkeys(np.unique(case.batch_job[shares]).tolist(), reason)


def _stalled(case: _Case) -> dict[int, str]:
    """Return where nothing has started or ended for too long, as seen by how long tasks take."""
    ended = np.where(is_terminal(case.tasks), instants(case.tasks, "ended_at"), NEVER)
    events = [np.where(times <= case.as_of, times, _LONG_AGO) for times in (case.evidence.started, ended)]
    latest = np.maximum(*events).astype(np.int64)
    n_queues, n = int(case.queue.max(initial=0)) + 1, len(case.work.batch_job_ids)
    of_queue, of_batch_job = np.zeros(n_queues, np.int64), np.zeros(n, np.int64)
    np.maximum.at(of_queue, case.queue, latest)
    np.maximum.at(of_batch_job, case.work.batch_job, latest)
    runs = np.bincount(case.queue[case.evidence.is_running], minlength=n_queues) > 0
    seconds = case.evidence.run_s[case.evidence.has_run]
    if not len(seconds) or np.isnat(case.as_of):
        return {}
    idle, busy = (
        max(_PATIENCE_S, times * float(value))
        for times, value in ((_IDLE_MEDIANS, np.median(seconds)), (_BUSY_LONGEST, seconds.max()))
    )
    last = of_batch_job.copy()
    np.maximum.at(last, case.batch_job, of_queue[case.queue[case.rows]])
    patience = np.full(n, busy)
    is_idle = ~runs[case.queue[case.rows]]
    waits_only = np.bincount(case.batch_job, minlength=n) == np.bincount(case.batch_job[is_idle], minlength=n)
    patience[waits_only & (np.bincount(case.batch_job, minlength=n) > 0)] = idle
    silent = (int(case.as_of.astype(np.int64)) - last) / 1e6
    found = {}
    for one in np.flatnonzero((silent > patience) & (case.work.remaining() > 0)).tolist():
        since = f" since {clock_text(pd.Timestamp(last[one], unit='us', tz='UTC'))}" if last[one] else ""
        found[one] = f"nothing has started or ended{since}"
    return found


def _arriving(data: pd.DataFrame | Snapshot, case: _Case, can_come: NDArray[np.bool_]) -> dict[int, str]:
    """Return to which batch jobs executions are still being added."""
    told = ledger_of(data.executions).as_of if isinstance(data, Snapshot) else None
    seen = case.as_of if told is None else min(case.as_of, instant(told))
    found = {}
    for one in np.flatnonzero(can_come).tolist():
        times = case.work.arrived_at[one]
        half = len(times) // 2
        if half and not np.isnat(seen):
            gap = (times[-1] - times[-1 - half]) / half
            if seen - times[-1] < _SILENT_GAPS * gap:
                found[one] = "executions are still being created, and nobody knows how many are to come"
    return found
