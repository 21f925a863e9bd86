"""When it will be finished: what is left is simulated often enough to see how far the ends lie apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.ledger import counted
from cijob_analysis.metrics.durations import as_of_for
from cijob_analysis.metrics.forecast.capacity import capacities, caps_of
from cijob_analysis.metrics.forecast.remaining_work import remaining_work
from cijob_analysis.metrics.forecast.simulation import Evidence, forecast
from cijob_analysis.metrics.forecast.unknowns import verdict
from cijob_analysis.metrics.forecast.value import Eta
from cijob_analysis.metrics.groups import is_terminal
from cijob_analysis.metrics.inputs import tasks_of
from cijob_analysis.metrics.instants import NEVER, instants
from cijob_analysis.snapshot import Snapshot

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from cijob_analysis.metrics.forecast.remaining_work import RemainingWork


def eta(
    data: pd.DataFrame | Snapshot,
    *,
    as_of: datetime | str | None = None,
    level: float = 0.8,
    queues: pd.DataFrame | None = None,
    seed: int = 0,
) -> Eta:
    """Estimate when batch jobs will be finished: an interval, or why nobody can tell.

    What is left is simulated some hundred times: the tasks that run and wait, and the nodes that executions have still
    before them. Run times are drawn from those of finished tasks of the same node, or if there are fewer than five of
    the same type; running tasks go on as those did that ran as long. Cancelled tasks tell nothing of how long a task
    takes and are left out. Queues serve first come, first served, with as many places as they had of late while tasks
    waited, so what others run in them is taken into account. Each time the run times' distribution is drawn anew,
    as wide as the number of finished tasks leaves open.

    Parameters
    ----------
    data : Snapshot or DataFrame
        A snapshot, or a frame of tasks, all that are known so far. With a snapshot, nodes that are yet to come follow
        from the topology of the workflows; without, from other executions of the workflow.
    as_of : datetime, Timestamp or ISO text with a zone, optional
        When that was true; what the snapshot or the frame's ledger says if not given.
    level : float
        How likely the end is in the interval, between 0 and 1.
    queues : DataFrame, optional
        From `fetch_queues`: their caps, and which are paused.
    seed : int
        Of all that is drawn; the same one gives the same answer.

    Returns
    -------
    Eta
        Unknown, with the reason, if

        - it is not known when the data were true;
        - executions are still being created, so that nobody knows how many are to come;
        - fewer than five tasks of a type that is left have finished;
        - a queue is paused, or nothing has started or ended for far too long;
        - the batch job has no task yet.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        `level` is not between 0 and 1, or `as_of` is no time or has no zone.
    """
    if not 0 < level < 1:
        raise ConfigurationError(f"level={level!r} is no probability: give a number between 0 and 1, such as 0.8")
    tasks = tasks_of(data)
    now = as_of_for(tasks, data.as_of if as_of is None and isinstance(data, Snapshot) else as_of)
    work = remaining_work(data, now)
    evidence = Evidence.of(tasks, now)
    queue, names = _queues(tasks)
    caps, is_paused = caps_of(queues, names)
    said = verdict(data, tasks, work, evidence, queue, is_paused, now)
    n = len(said.reasons)
    bounds = np.full((n + 1, 3), NEVER)  # the last row is that of all of them
    ends = _last_ends(data, tasks, work)
    bounds[:-1][said.is_finished] = ends[said.is_finished, None]
    is_known = ~said.is_finished & (np.array(said.reasons, object) == "")
    if is_known.any():
        capacity = capacities(tasks, queue, caps, now)
        drawn = forecast(work, evidence, said.can_run, queue, capacity, seed)
        drawn = np.column_stack([drawn[:, is_known], drawn[:, is_known].max(axis=1)])
        quantiles = np.quantile(drawn, [(1 - level) / 2, 0.5, (1 + level) / 2], axis=0).T
        bounds[np.append(is_known, True)] = now + np.rint(quantiles).astype("timedelta64[s]")
    elif n and said.is_finished.all():
        bounds[-1] = np.fmax.reduce(ends)
    unknown = [reason for reason in said.reasons if reason]
    if unknown or not n:
        bounds[-1] = NEVER
    basis = f"run times of {counted(int(evidence.has_run.sum()), 'finished task')}"
    over = np.where(np.isnat(ends), "finished, but nobody knows when", "finished")
    reasons = [str(over[one]) if said.is_finished[one] else reason or basis for one, reason in enumerate(said.reasons)]
    reasons.append(_in_all(reasons, unknown, basis if is_known.any() else ""))
    low, middle, high = (pd.DatetimeIndex(bounds[:, column], tz="UTC") for column in range(3))
    remaining = work.remaining()
    frame = pd.DataFrame(
        {
            "batch_job_id": pd.Series(work.batch_job_ids, dtype=schema.TEXT),
            "remaining": remaining,
            "low": low[:-1],
            "middle": middle[:-1],
            "high": high[:-1],
            "reason": pd.Series(reasons[:-1], dtype=schema.TEXT),
        }
    )
    return Eta(
        low=_or_none(low[-1]),
        middle=_or_none(middle[-1]),
        high=_or_none(high[-1]),
        level=level,
        remaining=int(remaining.sum()),
        rate_per_h=_rate_per_h(tasks, now),
        reason=reasons[-1],
        as_of=None if np.isnat(now) else pd.Timestamp(now, tz="UTC"),
        frame=frame,
    )


def _queues(tasks: pd.DataFrame) -> tuple[NDArray[np.intp], list[str | None]]:
    """Return the number of each task's queue, and what the numbers stand for; a missing one is the last."""
    if "queue_id" not in tasks.columns:
        return np.zeros(len(tasks), np.intp), [None]
    codes, names = pd.factorize(tasks["queue_id"].astype(object))
    return np.where(codes < 0, len(names), codes).astype(np.intp), [*map(str, names), None]


def _last_ends(data: pd.DataFrame | Snapshot, tasks: pd.DataFrame, work: RemainingWork) -> NDArray[np.datetime64]:
    """Return when the last task of each batch job ended; of one without tasks, when it ended itself."""
    ends = np.full(len(work.batch_job_ids), np.iinfo(np.int64).min)
    ended = np.where(is_terminal(tasks), instants(tasks, "ended_at"), NEVER).astype(np.int64)
    np.maximum.at(ends, work.batch_job, ended)
    if isinstance(data, Snapshot):
        own = pd.Index(work.batch_job_ids).get_indexer(pd.Index(data.batch_jobs["batch_job_id"].astype(object)))
        itself = np.where(is_terminal(data.batch_jobs), instants(data.batch_jobs, "ended_at"), NEVER)
        without = ends[own] == np.iinfo(np.int64).min
        ends[own[without]] = itself[without].astype(np.int64)
    return ends.astype("datetime64[us]")


def _in_all(reasons: list[str], unknown: list[str], basis: str) -> str:
    """Return the reason for all batch jobs together, from those of each."""
    if not reasons:
        return "there are no tasks"
    if unknown:
        n = len(reasons)
        return unknown[0] if n == 1 else f"{unknown[0]} ({len(unknown)} of {counted(n, 'batch job')} not known)"
    return basis or min(reasons, key=len)


def _rate_per_h(tasks: pd.DataFrame, now: np.datetime64) -> float:
    """Return how many tasks ended per hour since the earlier half of them had ended; NaN if nobody knows."""
    ended = instants(tasks, "ended_at")[is_terminal(tasks)]
    ended = ended[ended <= now]
    if not len(ended):
        return np.nan
    since = np.sort(ended)[len(ended) // 2]
    hours = float((now - since) / np.timedelta64(1, "h"))
    return float((ended > since).sum() / hours) if hours > 0 else np.nan


def _or_none(time: pd.Timestamp) -> pd.Timestamp | None:
    return None if pd.isna(time) else time
