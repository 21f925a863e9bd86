"""What a trace is made of, as numbers: slices of time in lanes of processes, and which slice follows which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.metrics.durations import add_durations
from cijob_analysis.metrics.groups import is_terminal
from cijob_analysis.metrics.instants import NAT, instants
from cijob_analysis.metrics.lanes import pack_lanes
from cijob_analysis.metrics.paths.topology import topologies_of
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
    """

    slices: list[Slices]
    begin: NDArray[np.int64]
    process: NDArray[np.intp]
    lane: NDArray[np.intp]
    n_lanes: NDArray[np.intp]


_NONE: Final = np.int64(-1)


def layout_of(tasks: pd.DataFrame, process: NDArray[np.intp], n: int, as_of: datetime | None) -> Layout:
    """Lay out the slices of `tasks`, each in one of `n` processes; what is under way lasts until `as_of`.

    Slices are those durations of `add_durations` that are known and not below zero, so they add up to the same.
    """
    timed = add_durations(tasks, as_of=as_of)
    created, started, ended = (
        instants(tasks, name).view(np.int64) for name in ("created_at", "started_at", "ended_at")
    )
    waits, runs = (_lengths(timed[name]) for name in ("queue_wait_s", "run_time_s"))
    gave_up = is_terminal(tasks) & (started == NAT) & (ended != NAT) & (created != NAT)
    slices = [
        Slices(WAIT, created, waits),
        Slices(RUN, started, runs),
        Slices(GAVE_UP, created, np.where(gave_up, ended - created, _NONE)),
    ]
    begin, end = np.full(len(tasks), np.iinfo(np.int64).max), np.full(len(tasks), np.iinfo(np.int64).min)
    for _, first, length in slices:
        there = length >= 0
        begin[there] = np.minimum(begin, first)[there]
        end[there] = np.maximum(end, first + length)[there]
    process = np.where(begin <= end, process, -1)
    lane, n_lanes = np.full(len(tasks), -1, np.intp), np.zeros(n, np.intp)
    order = np.argsort(process, kind="stable")
    for number, rows in enumerate(np.split(order, np.searchsorted(process[order], np.arange(n)))[1:]):
        if len(rows):
            lane[rows] = pack_lanes(begin[rows], end[rows])
            n_lanes[number] = lane[rows].max() + 1
    return Layout(slices, begin, process, lane, n_lanes)


def flows_of(data: pd.DataFrame | Snapshot, tasks: pd.DataFrame, layout: Layout) -> Flows:
    """Return the arrows between tasks of an execution whose nodes follow each other in its topology.

    An arrow leaves the last instant in which the one task ran, or, if the other one was created earlier, that.
    """
    none = Flows(np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0, np.int64))
    if not isinstance(data, Snapshot) or not len(data.executions) or not len(tasks):
        return none
    executions = data.executions.dropna(subset=["run_id"]).drop_duplicates("run_id")
    topologies, numbers = topologies_of(data, executions)
    rows = pd.DataFrame({"run_id": tasks["run_id"].array, "node": tasks["node"].array, "row": np.arange(len(tasks))})
    rows = (
        rows[layout.lane >= 0]
        .dropna()
        .merge(pd.DataFrame({"run_id": executions["run_id"].array, "topology": numbers}), on="run_id")
    )
    edges = pd.DataFrame(
        [
            (number, before, after)
            for number, topology in enumerate(topologies)
            if topology is not None
            for before, after in topology.edges
        ],
        columns=["topology", "node", "after"],
    ).astype({"topology": numbers.dtype, "node": schema.TEXT, "after": schema.TEXT})
    leaving = rows.merge(edges, on=["topology", "node"])
    pairs = leaving.merge(
        rows[["run_id", "node", "row"]],
        left_on=["run_id", "after"],
        right_on=["run_id", "node"],
        suffixes=("", "_after"),
    )
    before, after = pairs["row"].to_numpy(np.intp), pairs["row_after"].to_numpy(np.intp)
    _, begin, length = layout.slices[1]
    last = begin[before] + np.maximum(length[before] - 1, 0)
    leaves = np.minimum(last, layout.begin[after])
    there = (length[before] >= 0) & (leaves >= begin[before])
    return Flows(before[there], after[there], leaves[there])


def _lengths(seconds: pd.Series[float]) -> NDArray[np.int64]:
    """Return durations in whole µs; −1 where there is none, or it is below zero."""
    values = np.rint(seconds.to_numpy(np.float64) * 1e6)
    return np.where(values >= 0, values, -1).astype(np.int64)
