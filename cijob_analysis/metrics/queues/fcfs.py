"""Queues with a cap, first come, first served, where the end of one task lets others be created."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cijob_analysis.metrics.queues.releases import Releases

_EARLIEST: Final = -(1 << 63)
_LATEST: Final = 1 << 200
"""Later than any instant together with any task."""


def first_come_first_served(
    created: NDArray[np.int64],
    delay: NDArray[np.int64],
    lasts: NDArray[np.int64],
    releases: Releases,
    queue: NDArray[np.intp],
    caps: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return when each task is created and starts, if it starts when it is the first in its queue and a place is free.

    Taking the tasks in the order of their creation is all that this needs: what follows from one is created no
    earlier than it.

    Parameters
    ----------
    created : array of int64
        When each task is created that waits for no other, ascending: the tasks are in the order in which those of
        one instant are served.
    delay : array of int64
        How long after the last end of those that it waits for any other is created, zero or more.
    lasts : array of int64
        How long each runs.
    releases : Releases
        Which task waits for the end of which.
    queue : array of int
        The number of each task's queue.
    caps : array of float
        For each queue, how many tasks run at once; may be infinite.

    Returns
    -------
    created, started : array of int64
        When each task is created, and when it starts.
    """
    n = len(created)
    order = np.argsort(releases.before, kind="stable")
    begin = np.searchsorted(releases.before[order], np.arange(n + 1)).tolist()
    followers = releases.after[order].tolist()
    left = np.bincount(releases.after, minlength=n)
    roots = np.flatnonzero(left == 0).tolist()
    many = np.bincount(queue, minlength=len(caps))
    free: list[list[int] | None] = [
        None if cap >= size else [_EARLIEST] * int(cap) for cap, size in zip(caps, many, strict=True)
    ]  # with no more tasks than places nobody waits

    at_created, at_started, waits_for = created.tolist(), [0] * n, left.tolist()
    delays, lasting, queues = delay.tolist(), lasts.tolist(), queue.tolist()
    latest_end = [_EARLIEST] * n
    first = [at_created[task] * n + task for task in roots]  # instant and task in one whole number, however large
    first.append(_LATEST)
    later = [_LATEST]
    position = 0
    while True:
        if first[position] <= later[0]:
            key = first[position]
            if key == _LATEST:
                break
            position += 1
        else:
            key = heapq.heappop(later)
        start, task = divmod(key, n)
        own = free[queues[task]]
        if own is None:
            end = start + lasting[task]
        else:
            start = max(start, own[0])
            end = start + lasting[task]
            heapq.heapreplace(own, end)
        at_started[task] = start
        for other in followers[begin[task] : begin[task + 1]]:
            latest_end[other] = max(latest_end[other], end)
            waits_for[other] -= 1
            if not waits_for[other]:
                at_created[other] = ready = latest_end[other] + delays[other]
                heapq.heappush(later, ready * n + other)
    return np.array(at_created, np.int64), np.array(at_started, np.int64)
