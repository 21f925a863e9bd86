"""How many tasks a queue runs at once: what it may, and what it did while others waited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.metrics.groups import is_terminal
from cijob_analysis.metrics.instants import instants
from cijob_analysis.metrics.intervals import intervals
from cijob_analysis.metrics.step_functions import Steps, count_steps

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many tasks run at once in one queue.

    Attributes
    ----------
    places : float
        How many of these tasks run on average while some of them wait: fewer than the queue's cap if others use it,
        too.
    is_measured : bool
        Whether tasks waited long enough to see it; else `places` is the cap, or the most that ever ran at once.
    """

    places: float
    is_measured: bool


def capacities(
    tasks: pd.DataFrame, queue: NDArray[np.intp], caps: NDArray[np.float64], as_of: np.datetime64
) -> list[Capacity]:
    """Return the capacity of each queue.

    Parameters
    ----------
    tasks : DataFrame
        All that is known so far.
    queue : array of int
        Number of the queue of each task.
    caps : array of float
        For each queue how many tasks may run at once, NaN where nobody knows.
    as_of : datetime64
        When the frame was true.

    Notes
    -----
    Measured is what happened since the earlier half of the finished tasks had ended, as caps change; a backlog shorter
    than the median task says nothing.
    """
    n = len(caps)
    now = int(as_of.astype(np.int64))
    running, queued = (_steps(tasks, queue, of, as_of, n) for of in ("running", "queued"))
    started, ended = instants(tasks, "started_at"), instants(tasks, "ended_at")
    is_known = is_terminal(tasks) & ~np.isnat(started) & ~np.isnat(ended) & (ended <= as_of)
    found = []
    for one in range(n):
        rows = is_known & (queue == one)
        since, lasts = 0, np.inf
        if rows.any():
            since = int(np.median(ended[rows].view(np.int64)))
            lasts = float(np.median((ended - started)[rows].astype(np.int64)))
        at, level = _of_group(running, one)
        backlog, area = _while_positive(_of_group(queued, one), (at, level), since, now)
        most = max(float(level.max(initial=0)), 1.0)
        cap = caps[one] if caps[one] >= 1 else np.inf
        if backlog > max(lasts, 1) and area > 0:
            found.append(Capacity(min(area / backlog, cap), True))
        else:
            found.append(Capacity(cap if np.isfinite(cap) else most, False))
    return found


def caps_of(queues: pd.DataFrame | None, names: list[str | None]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return for each of the queues `names` how many tasks may run at once, NaN if nobody knows, and if it is paused.

    Raises
    ------
    SchemaError
        `queues` lacks a column.
    """
    if queues is None:
        return np.full(len(names), np.nan), np.zeros(len(names), bool)
    schema.require(queues, "queue_id", "max_concurrent", "state")
    known = queues.dropna(subset=["queue_id"]).drop_duplicates("queue_id").set_index("queue_id")
    known = known.reindex(pd.Index(names, dtype=object))
    caps = known["max_concurrent"].astype("Float64").to_numpy(np.dtype(np.float64), na_value=np.nan)
    return caps, known["state"].eq("Paused").fillna(False).to_numpy(bool)


def _steps(tasks: pd.DataFrame, queue: NDArray[np.intp], of: str, as_of: np.datetime64, n: int) -> Steps:
    found = intervals(tasks, of, pd.Timestamp(as_of, tz="UTC"))
    return count_steps(queue[found.rows], found.begin, found.end, found.is_open, n)


def _of_group(steps: Steps, group: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    first, last = np.searchsorted(steps.group, [group, group + 1])
    return steps.at[first:last], steps.n[first:last]


def _while_positive(
    where: tuple[NDArray[np.int64], NDArray[np.int64]],
    what: tuple[NDArray[np.int64], NDArray[np.int64]],
    since: int,
    until: int,
) -> tuple[float, float]:
    """Return for how long the step function `where` is positive between two times, and the area of `what` then [µs]."""
    at = np.unique(np.concatenate([where[0], what[0], [since, until]]))
    at = at[(at >= since) & (at <= until)]
    lasts = np.diff(at)
    is_positive, level = (
        np.append(0, steps[1])[np.searchsorted(steps[0], at[:-1], "right")] for steps in (where, what)
    )
    return float(lasts[is_positive > 0].sum()), float((lasts * level)[is_positive > 0].sum())
