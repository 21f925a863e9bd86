"""What queues with a cap make of tasks: first come, first served, in each queue of its own."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

from cijob_analysis.local.assignments import NEVER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def first_come_first_served(
    arrivals: NDArray[np.int64],
    durations: NDArray[np.int64],
    fails: NDArray[np.bool_],
    predecessors: Sequence[Sequence[int]],
    queues: Sequence[int],
    places: Sequence[int],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return when each task is created, starts and ends; `NEVER` where it is not.

    A task is created when all its predecessors have succeeded, and starts when it is the first in its queue and a
    place is free. Taking the tasks in the order of their creation is all that this needs: what follows from one
    is created after it.

    Parameters
    ----------
    arrivals : numpy.ndarray
        When each of the n objects is found [ticks].
    durations : numpy.ndarray of shape (nodes, n)
        How long each task runs, at least one [ticks].
    fails : numpy.ndarray of shape (nodes, n)
        Whether it fails; then nothing follows.
    predecessors : sequence of sequence of int
        For each node, those that it waits for.
    queues : sequence of int
        For each node, the queue where it runs.
    places : sequence of int
        For each queue, how many tasks run at once.
    """
    nodes, n = durations.shape
    size = nodes * n
    lasting, failing = durations.ravel().tolist(), fails.ravel().tolist()
    created, started, ended = (np.full(size, NEVER, np.int64) for _ in range(3))
    at_created, at_started, at_ended = (times.data for times in (created, started, ended))  # faster, one by one
    followers = [[other for other in range(nodes) if node in predecessors[other]] for node in range(nodes)]
    free = [[0] * count for count in places]
    left: dict[int, list[int]] = {}
    """For tasks that wait for several others: how many of them are left, and the latest end so far."""

    roots = [node for node in range(nodes) if not predecessors[node]]
    keys = [arrivals * size + (node * n + np.arange(n)) for node in roots]  # instant and task in one whole number
    first = np.sort(np.concatenate(keys)).tolist()
    first.append(NEVER)
    later = [NEVER]
    position = 0
    while True:
        if first[position] <= later[0]:
            key = first[position]
            if key == NEVER:
                break
            position += 1
        else:
            key = heapq.heappop(later)
        time, task = divmod(key, size)
        node = task // n
        own = free[queues[node]]
        start = max(time, own[0])
        end = start + lasting[task]
        heapq.heapreplace(own, end)
        at_created[task], at_started[task], at_ended[task] = time, start, end
        if failing[task]:
            continue
        for other in followers[node]:
            following, ready = task + (other - node) * n, end
            if len(predecessors[other]) > 1:
                waiting = left.setdefault(following, [len(predecessors[other]), 0])
                waiting[0] -= 1
                waiting[1] = ready = max(waiting[1], end)
                if waiting[0]:
                    continue
                del left[following]
            heapq.heappush(later, ready * size + following)
    return created, started, ended
