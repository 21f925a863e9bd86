"""The critical path method for many executions at once: a column for each, a row for each node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Paths:
    """What the order of the nodes means for each execution; arrays of nodes × executions.

    Attributes
    ----------
    ready : array of int64
        When the last one of those that a node waits for had ended; the begin of the execution if there is none.
    slack : array of int64
        How much later a node might have ended, and the last one of its execution none the later.
    is_critical : array of bool
        Whether a node is on the path from the one that ended last back through those that ended last before.
    """

    ready: NDArray[np.int64]
    slack: NDArray[np.int64]
    is_critical: NDArray[np.bool_]


def paths(
    predecessors: Sequence[Sequence[int]],
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    is_there: NDArray[np.bool_],
) -> Paths:
    """Return the critical path and the slack of each execution of a workflow.

    A node weighs what lies between the end of the last one that it waited for and its own end. With these weights
    its earliest finish is when it did end, the longest path is what the execution took, and the latest finish
    follows backwards (Kelley and Walker, "Critical-path planning and scheduling", 1959). A node where nothing ran
    is passed over: those after it wait for those before it. Where several ended at one instant, the path leads
    through the first of them, and ends in the first of those that have most nodes before them.

    Parameters
    ----------
    predecessors : sequence of sequences of int
        For each node the numbers of those that it waits for, all smaller than its own.
    begin : array of int64
        When each execution begins.
    end : array of int64
        When each node ended: nodes × executions.
    is_there : array of bool
        Whether the node ran in the execution; what `end` says otherwise does not matter.
    """
    n_nodes = len(end)
    ready = np.broadcast_to(begin, end.shape).copy()
    before = np.full(end.shape, -1, np.intp)
    done, doer = ready.copy(), before.copy()
    for node in range(n_nodes):
        for other in predecessors[node]:
            is_later = (doer[other] >= 0) & ((before[node] < 0) | (done[other] > ready[node]))
            ready[node][is_later], before[node][is_later] = done[other][is_later], doer[other][is_later]
        done[node] = np.where(is_there[node], end[node], ready[node])
        doer[node] = np.where(is_there[node], node, before[node])

    lowest = np.iinfo(np.int64).min
    ends = np.where(is_there, end, lowest)
    finish = ends.max(axis=0, initial=lowest)
    latest = np.broadcast_to(finish, end.shape).copy()
    for node in range(n_nodes - 1, -1, -1):
        latest_start = np.where(is_there[node], latest[node] - (end[node] - ready[node]), latest[node])
        for other in predecessors[node]:
            np.minimum(latest[other], latest_start, out=latest[other])

    is_critical = np.zeros(end.shape, bool)
    columns = np.flatnonzero(is_there.any(axis=0))
    deepest_first = np.argsort([-depth for depth in _depths(predecessors)], kind="stable")
    current = deepest_first[np.argmax(ends[np.ix_(deepest_first, columns)], axis=0)] if len(columns) else columns
    while len(columns):
        is_critical[current, columns] = True
        current = before[current, columns]
        columns, current = columns[current >= 0], current[current >= 0]
    return Paths(ready, np.where(is_there, latest - end, 0), is_critical)


def _depths(predecessors: Sequence[Sequence[int]]) -> list[int]:
    """Return how many nodes come before each node, one after the other."""
    depths: list[int] = []
    for others in predecessors:
        depths.append(max((depths[other] + 1 for other in others), default=0))
    return depths


@dataclass(frozen=True, slots=True)
class Chains:
    """What times alone say of the order of tasks; arrays in the order of the tasks.

    Attributes
    ----------
    ready : array of int64
        When the last one that had ended before a task was created did so; the begin of the execution if none had.
    is_critical : array of bool
        Whether a task is on the path from the one that ended last back through those.
    """

    ready: NDArray[np.int64]
    is_critical: NDArray[np.bool_]


def chains(
    execution: NDArray[np.intp], begin: NDArray[np.int64], created: NDArray[np.int64], end: NDArray[np.int64]
) -> Chains:
    """Return the critical path of executions whose topology nobody knows: a task waits for all that ended before it.

    Parameters
    ----------
    execution : array of int
        The number of each task's execution.
    begin : array of int64
        When the execution of each task begins.
    created, end : array of int64
        When each task was created, and when it ended, which is not before.
    """
    n = len(end)
    ranks = np.unique(np.concatenate([created, end]), return_inverse=True)[1].reshape(-1)
    created_at, ended_at = (execution * (2 * n + 1) + rank for rank in (ranks[:n], ranks[n:]))
    order = np.argsort(ended_at, kind="stable")
    place = np.empty(n, np.intp)
    place[order] = np.arange(n)
    # of several that began and ended at one instant each waits for the one before it
    before = np.minimum(np.searchsorted(ended_at[order], created_at, side="right"), place) - 1
    other = order[before]
    waits = (before >= 0) & (execution[other] == execution)
    ready = np.where(waits, end[other], begin)

    is_critical = np.zeros(n, bool)
    sorted_executions = execution[order]
    current = order[np.flatnonzero(np.append(sorted_executions[1:] != sorted_executions[:-1], True)[:n])]
    while len(current):
        is_critical[current] = True
        current = other[current][waits[current]]
    return Chains(ready, is_critical)
