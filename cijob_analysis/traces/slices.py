"""What a trace is made of, as numbers: slices of time in lanes of processes, and which slice follows which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from cijob_analysis.metrics.durations import add_durations
from cijob_analysis.metrics.groups import is_terminal
from cijob_analysis.metrics.instants import NAT, instants
from cijob_analysis.metrics.lanes import pack_lanes
from cijob_analysis.metrics.paths.topology import Topology, topologies_of
from cijob_analysis.snapshot import Snapshot

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

WAIT, RUN, GAVE_UP = "wait", "run", "never started"


class Slices(NamedTuple):
    """Slices of one kind; times in µs since 1970, UTC.

    Attributes
    ----------
    kind : str
        Waiting, running, or from the creation to the end of what never started.
    begin, length : array of int64
        For each task; the length is negative where it has no such slice.
    """

    kind: str
    begin: NDArray[np.int64]
    length: NDArray[np.int64]


class Flows(NamedTuple):
    """Which task follows which along the topology: row numbers, and when the arrow leaves the one [µs]."""

    before: NDArray[np.intp]
    after: NDArray[np.intp]
    leaves: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the slices of each task are.

    Attributes
    ----------
    slices : list of Slices
        Of each kind.
    begin : array of int64
        When the first slice of each task begins [µs].
    process, lane : array of int
        Which process and which of its lanes each task is in, from 0; −1 for a task without a slice.
    n_lanes : array of int
        Of each process.
    order : array of int
        The rows that have a slice, as they begin.
    n_partial : int
        Of how many tasks a wait or a run is not shown, as its ends are not known or contradict each other.
    """

    slices: list[Slices]
    begin: NDArray[np.int64]
    process: NDArray[np.int32]
    lane: NDArray[np.int32]
    n_lanes: NDArray[np.intp]
    order: NDArray[np.intp]
    n_partial: int

    @property
    def first_pid(self) -> int:
        """The number of the first process: above those of all lanes, as equal ones would mark a main thread."""
        return int(self.n_lanes.max(initial=0)) + 1


_NONE: Final = np.int64(-1)
_ROWS_AT_ONCE: Final = 32_768


def layout_of(tasks: pd.DataFrame, process: NDArray[np.intp], n: int, as_of: datetime | None) -> Layout:
    """Lay out the slices of `tasks`, each in one of `n` processes; what is under way lasts until `as_of`.

    Slices are those durations of `add_durations` that are known and not below zero, so they add up to the same. No two
    of a lane begin at one instant: Perfetto would put the shorter one into the other. So what has run has no slice for
    a wait of no time, and what lasts no time has a microsecond of its lane for itself.
    """
    timed = add_durations(tasks[["state", "created_at", "started_at", "ended_at"]], as_of=as_of)
    created, started, ended = (
        instants(tasks, name).view(np.int64) for name in ("created_at", "started_at", "ended_at")
    )
    waits, runs = (_lengths(timed[name]) for name in ("queue_wait_s", "run_time_s"))
    gave_up = is_terminal(tasks) & (started == NAT) & (ended != NAT) & (created != NAT)
    has_started = started != NAT
    n_partial = int((has_started & ((waits < 0) != (runs < 0))).sum())
    waits[(waits == 0) & (runs >= 0)] = _NONE
    slices = [
        Slices(WAIT, created, waits),
        Slices(RUN, started, runs),
        Slices(GAVE_UP, created, np.where(gave_up, ended - created, _NONE)),
    ]
    begin, end = np.full(len(tasks), np.iinfo(np.int64).max), np.full(len(tasks), np.iinfo(np.int64).min)
    for _, first, length in slices:
        np.minimum(begin, first, out=begin, where=length >= 0)
        np.maximum(end, first + np.maximum(length, 1), out=end, where=length >= 0)
    shown_in = np.where(begin < end, process, -1).astype(np.int32)
    lane, n_lanes = np.full(len(tasks), -1, np.int32), np.zeros(n, np.intp)
    grouped = np.argsort(shown_in, kind="stable")
    for number, rows in enumerate(np.split(grouped, np.searchsorted(shown_in[grouped], np.arange(n)))[1:]):
        if len(rows):
            lane[rows] = pack_lanes(begin[rows], end[rows])
            n_lanes[number] = lane[rows].max() + 1
    order = np.argsort(begin, kind="stable")[: np.count_nonzero(lane >= 0)]
    return Layout(slices, begin, shown_in, lane, n_lanes, order, n_partial)


def flows_of(data: pd.DataFrame | Snapshot, tasks: pd.DataFrame, layout: Layout) -> Iterator[Flows]:
    """Yield the arrows between tasks of an execution whose nodes follow each other in its topology, in parts.

    An arrow leaves the last instant in which the one task ran, or, if the other one was created earlier, that.
    """
    if not isinstance(data, Snapshot):
        return
    executions = data.executions.dropna(subset=["run_id"]).drop_duplicates("run_id")
    topologies, numbers = topologies_of(data, executions)
    nodes, names = pd.factorize(tasks["node"])
    edges = _edges(topologies, {str(name): number for number, name in enumerate(names)})
    known = pd.Index(executions["run_id"])
    some = (tasks["run_id"].iloc[first : first + _ROWS_AT_ONCE] for first in range(0, len(tasks), _ROWS_AT_ONCE))
    execution = np.concatenate([np.zeros(0, np.intp), *(known.get_indexer(pd.Index(ids)) for ids in some)])
    rows = np.flatnonzero((execution >= 0) & (nodes >= 0) & (layout.lane >= 0))
    rows = rows[np.argsort(execution[rows], kind="stable")]
    firsts = np.flatnonzero(np.diff(execution[rows], prepend=-1))  # an execution is in one part
    bounds = np.unique(firsts[np.searchsorted(firsts, np.arange(0, len(rows), _ROWS_AT_ONCE), side="right") - 1])
    for part in np.split(rows, bounds[1:]):
        own = pd.DataFrame({"run": execution[part], "node": nodes[part], "row": part})
        leaving = own.assign(topology=numbers[own["run"]]).merge(edges, on=["topology", "node"])
        arriving = own.rename(columns={"node": "after", "row": "row_after"})
        pairs = leaving.merge(arriving, on=["run", "after"])
        yield _arrows(pairs["row"].to_numpy(np.intp), pairs["row_after"].to_numpy(np.intp), layout)


def _edges(topologies: list[Topology | None], numbers: dict[str, int]) -> pd.DataFrame:
    """Return the edges between nodes where something ran, all as numbers."""
    edges = [
        (number, numbers[before], numbers[after])
        for number, topology in enumerate(topologies)
        if topology is not None
        for before, after in topology.edges
        if before in numbers and after in numbers
    ]
    return pd.DataFrame(edges, columns=["topology", "node", "after"], dtype=np.int64)


def _arrows(before: NDArray[np.intp], after: NDArray[np.intp], layout: Layout) -> Flows:
    _, begin, length = layout.slices[1]
    last = begin[before] + np.maximum(length[before] - 1, 0)
    leaves = np.minimum(last, layout.begin[after])
    there = (length[before] >= 0) & (leaves >= begin[before])
    return Flows(before[there], after[there], leaves[there])


def _lengths(seconds: pd.Series[float]) -> NDArray[np.int64]:
    """Return durations in whole µs; −1 where there is none, or it is below zero."""
    values = np.rint(seconds.to_numpy(np.float64) * 1e6)
    return np.where(values >= 0, values, -1).astype(np.int64)
