"""A network of queues, first come, first served: when everything in it has ended, in many replicates at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """What is left to do: visits to queues, and which visit follows which.

    Attributes
    ----------
    queue : array of int
        Queue of each visit.
    group : array of int
        What it is part of; of each group the end is wanted.
    pending : array of int
        How many visits it waits for.
    followers : array of int, a row for each visit
        Those that wait for it, −1 where there are fewer.
    is_running : array of bool
        Whether it has begun.
    order : array
        Visits that wait already begin in this order.
    servers : array of int
        How many visits run in each queue at once.
    """

    queue: NDArray[np.intp]
    group: NDArray[np.intp]
    pending: NDArray[np.int8]
    followers: NDArray[np.intp]
    is_running: NDArray[np.bool_]
    order: NDArray[np.generic]
    servers: NDArray[np.intp]


def group_ends(network: Network, seconds: NDArray[np.float64], failed: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return when the last visit of each group ends.

    All replicates take their own next event at the same time: who ends makes place for the first one that waits,
    and lets those follow that waited for it only, unless it has failed.

    Parameters
    ----------
    network : Network
        What is left to do.
    seconds, failed : array, a row for each replicate, a column for each visit
        How long each lasts, of the running ones how much longer; and whether it fails.

    Returns
    -------
    array of float, a row for each replicate, a column for each group
        Seconds from now; 0 where nothing is left.
    """
    state = _State(network, seconds)
    ends = np.zeros((len(seconds), int(network.group.max(initial=-1)) + 1))
    while True:
        row, visit = state.finish()
        if not len(row):
            return ends
        ends[row, network.group[visit]] = state.now[row]
        goes_on = ~failed[row, visit]
        row, visit = row[goes_on], visit[goes_on]
        for following in network.followers[visit].T:
            state.arrive(row[following >= 0], following[following >= 0])
        state.begin()


class _State:
    """Who is served until when, and who waits, in each replicate."""

    def __init__(self, network: Network, seconds: NDArray[np.float64]) -> None:
        self._network, self._seconds = network, seconds
        n, n_visits = seconds.shape
        n_queues = len(network.servers)
        self.now = np.zeros(n)
        self._rows = np.arange(n)
        self._pending = np.tile(network.pending, (n, 1))
        self._first = np.concatenate([[0], np.cumsum(network.servers)])
        self._idle = np.tile(network.servers, (n, 1))
        self._busy_until = np.full((n, int(self._first[-1])), np.inf)
        self._visit = np.zeros(self._busy_until.shape, np.intp)
        self._line = np.zeros((n, n_visits), np.intp)
        places = np.concatenate([[0], np.cumsum(np.bincount(network.queue, minlength=n_queues))])
        self._head, self._tail = (np.tile(places[:-1], (n, 1)) for _ in range(2))
        for queue in range(n_queues):
            own = np.flatnonzero(network.queue == queue)
            running = own[network.is_running[own]]
            servers = slice(self._first[queue], self._first[queue] + len(running))
            self._busy_until[:, servers], self._visit[:, servers] = seconds[:, running], running
            self._idle[:, queue] -= len(running)
            waiting = own[~network.is_running[own] & (network.pending[own] == 0)]
            waiting = waiting[np.argsort(network.order[waiting], kind="stable")]
            self._line[:, places[queue] : places[queue] + len(waiting)] = waiting
            self._tail[:, queue] += len(waiting)
        self.begin()

    def finish(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """End the visit of each replicate that ends next; return the replicates in which one does, and these visits."""
        server = self._busy_until.argmin(axis=1)
        until = self._busy_until[self._rows, server]
        row = np.flatnonzero(until < np.inf)
        server = server[row]
        visit = self._visit[row, server]
        self.now[row] = until[row]
        self._busy_until[row, server] = np.inf
        self._idle[row, self._network.queue[visit]] += 1
        return row, visit

    def arrive(self, row: NDArray[np.intp], visit: NDArray[np.intp]) -> None:
        """Let `visit` of replicate `row` wait for one visit less; if that was the last one, it comes to its queue."""
        self._pending[row, visit] -= 1
        is_ready = self._pending[row, visit] == 0
        row, visit = row[is_ready], visit[is_ready]
        queue = self._network.queue[visit]
        self._line[row, self._tail[row, queue]] = visit
        self._tail[row, queue] += 1

    def begin(self) -> None:
        """Begin the first visits that wait in each queue, as long as it has a place."""
        for queue in range(len(self._network.servers)):
            servers = slice(self._first[queue], self._first[queue + 1])
            while True:
                row = np.flatnonzero((self._head[:, queue] < self._tail[:, queue]) & (self._idle[:, queue] > 0))
                if not len(row):
                    break
                server = self._first[queue] + self._busy_until[row, servers].argmax(axis=1)  # infinity: idle
                visit = self._line[row, self._head[row, queue]]
                self._head[row, queue] += 1
                self._idle[row, queue] -= 1
                self._busy_until[row, server] = self.now[row] + self._seconds[row, visit]
                self._visit[row, server] = visit
