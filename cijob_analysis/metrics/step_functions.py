"""Exact step functions: how many intervals hold at each instant, group by group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cijob_analysis.metrics.instants import SECOND, whole_seconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DENSE = 8
"""A cell of a difference array costs so much less than sorting an event."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Step functions, one group after the other: from `at` on there are `n`, until the group's next row.

    Attributes
    ----------
    group : array of int
        Which group each step is of.
    at : array of int64
        When [µs], rising within a group.
    n : array of int64
        How many from then on; never the same as before.
    """

    group: NDArray[np.intp]
    at: NDArray[np.int64]
    n: NDArray[np.int64]


def count_steps(
    group: NDArray[np.intp], begin: NDArray[np.int64], end: NDArray[np.int64], is_open: NDArray[np.bool_], n_groups: int
) -> Steps:
    """Return how many of the half-open intervals of each group hold from when on.

    An event is +1 where an interval begins and −1 where one ends; those of one instant are added up before they
    are counted, so what ends when another begins does not overlap with it.

    Times in whole seconds, as the service gives them, that lie close together are counted in an array with a cell
    for each second; all others are sorted.
    """
    if not len(begin):
        return Steps(np.zeros(0, np.intp), np.zeros(0, np.int64), np.zeros(0, np.int64))
    closed = ~is_open
    begins = _Events(group, begin)
    ends = _Events(group[closed], end[closed]) if is_open.any() else _Events(group, end)
    origin = int(begin.min())
    span = max(int(begin.max()), int(ends.at.max(initial=origin))) - origin + 1
    seconds = span // SECOND + 1
    if seconds * n_groups <= _DENSE * len(begin):
        counted = _counted(begins, ends, origin, seconds, n_groups)
        if counted is not None:
            return counted
    if span * n_groups < 2**62:  # group, time and sign fit into one integer
        return _sorted(begins, ends, origin, span)
    return _ordered(begins, ends)


@dataclass(frozen=True, slots=True)
class _Events:
    """Begins, or ends."""

    group: NDArray[np.intp]
    at: NDArray[np.int64]


def _counted(begins: _Events, ends: _Events, origin: int, seconds: int, n_groups: int) -> Steps | None:
    """Return the steps by a cell for each second and group; None if an event lies between two seconds."""
    size = seconds * n_groups
    counts = []
    for events in (begins, ends):
        cell = whole_seconds(events.at, origin)
        if cell is None:
            return None
        if n_groups > 1:
            cell += events.group * seconds
        counts.append(np.bincount(cell, minlength=size))
    change = counts[0]
    change -= counts[1]
    place = np.flatnonzero(change != 0)
    group = place // seconds if n_groups > 1 else np.zeros(len(place), np.intp)
    second = place - group * seconds if n_groups > 1 else place
    return _steps(group, second * SECOND + origin, change[place])


def _sorted(begins: _Events, ends: _Events, origin: int, span: int) -> Steps:
    """Return the steps by one sort of integers that hold group, time and sign."""
    keys = [(events.at - origin + events.group * span) * 2 + sign for events, sign in ((begins, 1), (ends, 0))]
    events = np.concatenate(keys)
    events.sort()
    key = events >> 1
    group = key // span
    return _added(group, key - group * span + origin, ((events & 1) << 1) - 1)


def _ordered(begins: _Events, ends: _Events) -> Steps:
    """Return the steps by a sort of groups and times side by side."""
    group = np.concatenate([begins.group, ends.group])
    at = np.concatenate([begins.at, ends.at])
    order = np.lexsort((at, group))
    sign = np.where(order < len(begins.at), 1, -1)
    return _added(group[order], at[order], sign)


def _added(group: NDArray[np.intp], at: NDArray[np.int64], sign: NDArray[np.int64]) -> Steps:
    """Add up the sorted events of each instant; leave out where they cancel each other."""
    is_last = np.append((at[1:] != at[:-1]) | (group[1:] != group[:-1]), True)
    total = np.cumsum(sign)[is_last]
    change = np.diff(total, prepend=0)
    there = change != 0
    return _steps(group[is_last][there], at[is_last][there], change[there])


def _steps(group: NDArray[np.intp], at: NDArray[np.int64], change: NDArray[np.int64]) -> Steps:
    """Run up the changes of each group."""
    total = np.cumsum(change)
    if not len(group) or group[0] == group[-1]:
        return Steps(group, at, total)
    is_first = np.diff(group, prepend=-1) != 0
    before = (total - change)[is_first]
    return Steps(group, at, total - before[np.cumsum(is_first) - 1])
