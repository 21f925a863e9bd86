"""Which bars of a timeline can lie side by side in one lane."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def pack_lanes(start: NDArray[Any], end: NDArray[Any]) -> NDArray[np.intp]:
    """Return a lane for each interval: none overlaps another in its lane, and the lanes are as few as can be.

    Intervals are half-open: one may begin where another ends. Each goes into the lowest lane that is free
    when it begins, so that the outline of the packed lanes is how many there are at each time.

    Parameters
    ----------
    start, end : array
        Begin and end of each interval, numbers or times, none missing. An end before its start counts as the
        start.

    Returns
    -------
    array of int
        Numbers from 0.
    """
    end = np.maximum(start, end)
    order = np.lexsort((end, start))
    starts, ends = _numbers(start.astype(end.dtype)[order]), _numbers(end[order])
    leaving = np.argsort(ends, kind="stable")  # stable: of the instantaneous, who came first leaves first
    # Which lane is the lowest depends on what went before; all that does not is counted beforehand.
    begun = np.maximum(np.searchsorted(starts, ends[leaving], side="left"), leaving + 1)
    gone = np.cumsum(np.bincount(begun, minlength=len(order) + 1))[:-1]
    leaver = iter(leaving.data)  # as lists, these would be most of the memory that this takes
    lanes = [0] * len(order)
    free: list[int] = []
    n_lanes = n_freed = 0
    for number, n_gone in enumerate(gone.data):
        while n_freed < n_gone:
            heappush(free, lanes[next(leaver)])
            n_freed += 1
        if free:
            lanes[number] = heappop(free)
        else:
            lanes[number] = n_lanes
            n_lanes += 1
    packed = np.empty(len(order), np.intp)
    packed[order] = lanes
    return packed


def _numbers(values: NDArray[Any]) -> NDArray[Any]:
    return values.astype(np.int64) if values.dtype.kind in "mM" else values
