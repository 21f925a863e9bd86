"""What is left to do: for each object, the nodes that wait, run, or are yet to come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.metrics.groups import is_terminal, state_codes
from cijob_analysis.metrics.inputs import tasks_of
from cijob_analysis.metrics.instants import NEVER, instants, utc_column
from cijob_analysis.metrics.paths.observed import column_of, nodes_of, numbers_of, observed_topology
from cijob_analysis.metrics.paths.topology import Node, Topology, topologies_of
from cijob_analysis.snapshot import Snapshot

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOTHING, WAITING, TO_COME, RUNNING = range(4)
"""What is left of a node of an object."""

_ABSENT, _ENDED, _STOPPED, _WAITS, _RUNS = range(5)
"""What is known of a node of an object; of several tasks of one node, the highest counts."""

_DISPATCH: Final = np.timedelta64(300, "s")
"""A node that has not been created so long after those before it have ended is not to come."""


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """What is left of objects that go through the same nodes.

    Attributes
    ----------
    topology : Topology
        The nodes.
    rows : array of int, a row for each object, a column for each node
        The task in the frame; −1 where there is none.
    left : array of int, same shape
        `NOTHING`, `WAITING`, `TO_COME` or `RUNNING`.
    batch_job : array of int
        For each object, the number of its batch job.
    """

    topology: Topology
    rows: NDArray[np.intp]
    left: NDArray[np.int8]
    batch_job: NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class RemainingWork:
    """What is left to do.

    Attributes
    ----------
    flows : tuple of Flow
        Executions by their topology; then tasks that belong to none, by batch job and type, as flows of one node.
    batch_job_ids : list of (str or None)
        What the numbers of batch jobs stand for.
    batch_job : array of int
        For each task of the frame, the number of its batch job.
    arrived_at : list of arrays of datetime64[us]
        For each batch job, when its executions, or its tasks where it has no executions, were created, rising.
    """

    flows: tuple[Flow, ...]
    batch_job_ids: list[str | None]
    batch_job: NDArray[np.intp]
    arrived_at: list[NDArray[np.datetime64]]

    def remaining(self) -> NDArray[np.int64]:
        """Return how many tasks of each batch job are left."""
        n = np.zeros(len(self.batch_job_ids), np.int64)
        for flow in self.flows:
            np.add.at(n, flow.batch_job, (flow.left != NOTHING).sum(axis=1))
        return n


def remaining_work(data: pd.DataFrame | Snapshot, as_of: np.datetime64) -> RemainingWork:
    """Return what is left to do.

    An execution goes through the nodes of its topology; where that is not known, through the nodes of its
    workflow's other executions, each after those that always ended before it began. A node is to come if nothing
    that it waits for failed or was cancelled, unless the execution is in a final state. Where the executions
    themselves are not known, a node that is still not there five minutes after those before it ended is not to come.

    Parameters
    ----------
    data : Snapshot, or a frame of tasks
        All that is known so far.
    as_of : datetime64
        When it was true.
    """
    tasks = tasks_of(data)
    schema.require(tasks, "state", "task_type", "created_at")
    executions = _executions(data, tasks)
    known_ids = [column_of(data.batch_jobs, "batch_job_id")] if isinstance(data, Snapshot) else []
    ids = [column_of(executions, "batch_job_id"), column_of(tasks, "batch_job_id"), *known_ids]
    batch_job, batch_job_ids = numbers_of(*ids)
    own = pd.Index(executions["run_id"]).get_indexer(pd.Index(column_of(tasks, "run_id")))
    created = instants(tasks, "created_at")
    known = _known(tasks)
    of_execution, of_task, _ = np.split(batch_job, [len(executions), len(executions) + len(tasks)])
    topologies, number = _topologies(data, executions, tasks, own)
    is_over = is_terminal(executions) if isinstance(data, Snapshot) and len(data.executions) else None
    flows = []
    alone = own < 0
    for at, topology in enumerate(topologies):
        objects = np.flatnonzero(number == at)
        flow, outside = _flow(tasks, known, topology, objects, own, of_execution, is_over, as_of)
        flows.append(flow)
        alone[outside] = True
    flows += _alone(tasks, known, np.flatnonzero(alone), of_task)
    arrived = np.concatenate([instants(executions, "created_at"), created[own < 0]])
    of_batch_job = np.concatenate([of_execution, of_task[own < 0]])
    is_there = ~np.isnat(arrived)
    arrived, of_batch_job = arrived[is_there], of_batch_job[is_there]
    order = np.lexsort((arrived, of_batch_job))
    ends = np.cumsum(np.bincount(of_batch_job, minlength=len(batch_job_ids)))
    return RemainingWork(tuple(flows), batch_job_ids, of_task, np.split(arrived[order], ends[:-1]))


def _executions(data: pd.DataFrame | Snapshot, tasks: pd.DataFrame) -> pd.DataFrame:
    """Return the executions of a snapshot, and those that only tasks know of."""
    said = data.executions if isinstance(data, Snapshot) else schema.empty(schema.EXECUTIONS)
    said = said.dropna(subset=["run_id"]).drop_duplicates("run_id")
    runs = tasks.loc[~column_of(tasks, "run_id").isin(said["run_id"]) & column_of(tasks, "run_id").notna()]
    runs = runs.iloc[np.argsort(instants(runs, "created_at"), kind="stable")]  # a missing time is the last one
    runs = runs.loc[~column_of(runs, "run_id").duplicated()]
    parts = (said, runs.drop(columns="state"))
    names = ("run_id", "batch_job_id", "workflow_id", "state", "topology")
    cells = {name: np.concatenate([column_of(part, name).to_numpy(object) for part in parts]) for name in names}
    return pd.DataFrame(cells).assign(
        created_at=utc_column(np.concatenate([instants(part, "created_at") for part in parts]))
    )


def _known(tasks: pd.DataFrame) -> NDArray[np.int8]:
    """Return what is known of each task."""
    codes, names = state_codes(tasks)
    started = ~np.isnat(instants(tasks, "started_at"))
    state = np.array(
        [{"Success": _ENDED, "Failed": _STOPPED, "Cancel": _STOPPED}.get(name or "", -1) for name in names]
    )
    runs = np.array([name == "Running" for name in names])
    waits = np.array([name in ("Submitted", "Pause") for name in names])
    unfinished = np.where(runs[codes] | (started & ~waits[codes]), _RUNS, _WAITS)
    return np.where(state[codes] < 0, unfinished, state[codes]).astype(np.int8)


def _topologies(
    data: pd.DataFrame | Snapshot, executions: pd.DataFrame, tasks: pd.DataFrame, own: NDArray[np.intp]
) -> tuple[list[Topology], NDArray[np.intp]]:
    """Return all topologies, and the number of each execution's: what is said, or what its workflow's tasks show."""
    found, numbers = topologies_of(data, executions)
    number = np.array(numbers, np.intp)
    said: list[Topology] = [topology for topology in found if topology is not None]
    unsaid = number >= len(said)
    workflow, names = numbers_of(column_of(executions, "workflow_id"))
    for one in np.unique(workflow[unsaid]) if len(names) else []:
        objects = np.flatnonzero(unsaid & (workflow == one))
        number[objects] = len(said)
        is_of_them = np.zeros(len(executions) + 1, bool)
        is_of_them[objects] = True
        rows = np.flatnonzero(is_of_them[own])
        said.append(observed_topology(tasks.iloc[rows], own[rows]))
    return said, number


def _flow(
    tasks: pd.DataFrame,
    known: NDArray[np.int8],
    topology: Topology,
    objects: NDArray[np.intp],
    own: NDArray[np.intp],
    batch_job: NDArray[np.intp],
    is_over: NDArray[np.bool_] | None,
    as_of: np.datetime64,
) -> tuple[Flow, NDArray[np.intp]]:
    """Return what is left of executions of one topology, and their unfinished tasks that have no place in it."""
    place = np.full(len(batch_job) + 1, -1, np.intp)
    place[objects] = np.arange(len(objects))
    rows = np.flatnonzero(place[own] >= 0)
    columns: Any = pd.Index(list(topology.order))
    node = columns.get_indexer(pd.Index(nodes_of(tasks.iloc[rows])))
    order = rows[np.argsort(known[rows], kind="stable")]
    row_of = np.full((len(objects), len(topology.order)), -1, np.intp)
    node_of = np.full(len(tasks), -1, np.intp)
    node_of[rows] = node
    placed = order[node_of[order] >= 0]
    row_of[place[own[placed]], node_of[placed]] = placed  # the highest state is written last
    has_place = np.zeros(len(tasks), bool)
    has_place[row_of[row_of >= 0]] = True
    outside = rows[(known[rows] >= _WAITS) & ~has_place[rows]]
    state = np.where(row_of >= 0, known[row_of], _ABSENT)
    to_come = _to_come(topology, state)
    if is_over is not None:
        to_come &= ~is_over[objects, None]
    else:
        to_come &= ~_are_late(tasks, topology, row_of, state, as_of)
    left = np.select([state == _WAITS, state == _RUNS, to_come], [WAITING, RUNNING, TO_COME], NOTHING).astype(np.int8)
    return Flow(topology, row_of, left, batch_job[objects]), outside


def _to_come(topology: Topology, state: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Return which nodes have not been created and can be: nothing before them stopped, nothing after them is there."""
    place = {name: number for number, name in enumerate(topology.order)}
    is_followed, is_blocked = np.zeros(state.shape, bool), np.zeros(state.shape, bool)
    for name in reversed(topology.order):
        for follower in topology.successors[name]:
            at = place[follower]
            is_followed[:, place[name]] |= (state[:, at] != _ABSENT) | is_followed[:, at]
    for name in topology.order:
        for before in topology.predecessors[name]:
            at = place[before]
            is_missing = (state[:, at] == _ABSENT) & (is_blocked[:, at] | is_followed[:, at])
            is_blocked[:, place[name]] |= (state[:, at] == _STOPPED) | is_missing
    found: NDArray[np.bool_] = (state == _ABSENT) & ~is_blocked & ~is_followed
    return found


def _are_late(
    tasks: pd.DataFrame, topology: Topology, row_of: NDArray[np.intp], state: NDArray[np.int8], as_of: np.datetime64
) -> NDArray[np.bool_]:
    """Return which nodes are not there though those before them ended long ago."""
    place = {name: number for number, name in enumerate(topology.order)}
    ended = np.where(row_of >= 0, instants(tasks, "ended_at")[row_of], NEVER)
    late = np.zeros(state.shape, bool)
    for name in topology.order:
        before = [place[one] for one in topology.predecessors[name]]
        if before:
            is_absent = state[:, place[name]] == _ABSENT
            all_ended = (state[:, before] == _ENDED).all(axis=1) & (ended[:, before].max(axis=1) < as_of - _DISPATCH)
            late[:, place[name]] = is_absent & (all_ended | late[:, before].any(axis=1))
    return late


def _alone(
    tasks: pd.DataFrame, known: NDArray[np.int8], rows: NDArray[np.intp], batch_job: NDArray[np.intp]
) -> list[Flow]:
    """Return the tasks of `rows`, each by itself, as a flow for each batch job and type."""
    kind, names = numbers_of(column_of(tasks.iloc[rows], "task_type"))
    groups, group = np.unique(batch_job[rows] * max(len(names), 1) + kind, return_inverse=True)
    flows = []
    for number, one in enumerate(groups.tolist()):
        own = rows[group == number]
        name = names[one % len(names)]
        left = np.select([known[own] == _WAITS, known[own] == _RUNS], [WAITING, RUNNING], NOTHING).astype(np.int8)
        flows.append(Flow(Topology((Node(name or "", name),), ()), own[:, None], left[:, None], batch_job[own]))
    return flows
