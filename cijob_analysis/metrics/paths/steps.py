"""What each node of each execution waited for, and how much time it had: by topology, or else by time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cijob_analysis.metrics.paths.longest import chains, paths
from cijob_analysis.metrics.paths.topology import Topology, topologies_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cijob_analysis.metrics.paths.execution_tasks import ExecutionTasks
    from cijob_analysis.snapshot import Snapshot


def steps_of(data: pd.DataFrame | Snapshot, seen: ExecutionTasks) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Return the steps of executions, each after the topology that `data` knows of it.

    Returns
    -------
    steps : DataFrame
        A row for each node that ran in an execution, or for each task where the topology is not known: `task`, the
        number of the task, of several at one node the one that ended last; `n_tasks` (int64) at the node; `ready`
        (int64 [µs since 1970]), when the last one that it waits for had ended; `slack_s` (float64 [s], NaN where
        no topology tells it); `is_critical` (bool); `order` (int64), its place in the topology, or else in time,
        from 0. They stand by execution, then by `order`.
    has_topology : array of bool
        For each execution whether its steps follow a topology.
    """
    topologies, topology = topologies_of(data, seen.executions)
    has_topology = topology < len(topologies) - 1
    of_task = topology[seen.execution]
    tasks = np.argsort(of_task, kind="stable")
    bounds = np.searchsorted(of_task[tasks], np.arange(len(topologies)))
    parts = []
    for number, each in enumerate(topologies[:-1]):
        if each is not None:
            mine = tasks[bounds[number] : bounds[number + 1]]
            position = pd.Index(each.order).get_indexer(pd.Index([*seen.node_names, None], dtype=object))[
                seen.node[mine]
            ]
            has_topology[seen.execution[mine[position < 0]]] = False
            fits = has_topology[seen.execution[mine]]
            parts.append(_along(each, mine[fits], position[fits], seen))
    parts.append(_in_time(np.flatnonzero(~has_topology[seen.execution]), seen))
    steps = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    place = np.lexsort((steps["order"].to_numpy(), seen.execution[steps["task"].to_numpy()]))
    return steps.iloc[place].reset_index(drop=True), has_topology


def _along(
    topology: Topology, tasks: NDArray[np.intp], position: NDArray[np.intp], seen: ExecutionTasks
) -> pd.DataFrame:
    """Return the steps of `tasks`, whose nodes have the places `position` in `topology`."""
    place = {name: number for number, name in enumerate(topology.order)}
    predecessors = [[place[other] for other in topology.predecessors[name]] for name in topology.order]
    executions, column = np.unique(seen.execution[tasks], return_inverse=True)
    shape = len(predecessors), len(executions)
    cell = position * len(executions) + column.reshape(-1)
    by_end = np.argsort(seen.end[tasks], kind="stable")
    last = np.full(shape, -1, np.intp)
    last.ravel()[cell[by_end]] = tasks[by_end]  # of equal indices the last one is written
    is_there = last >= 0
    end = np.where(is_there, seen.end[last], 0) if len(tasks) else np.zeros(shape, np.int64)
    found = paths(predecessors, seen.begin[executions], end, is_there)
    return pd.DataFrame(
        {
            "task": last[is_there],
            "n_tasks": np.bincount(cell, minlength=last.size).reshape(shape)[is_there].astype(np.int64),
            "ready": found.ready[is_there],
            "slack_s": found.slack[is_there] / 1e6,
            "is_critical": found.is_critical[is_there],
            "order": np.nonzero(is_there)[0].astype(np.int64),
        }
    )


def _in_time(tasks: NDArray[np.intp], seen: ExecutionTasks) -> pd.DataFrame:
    """Return a step for each of `tasks`; each waits for those of its execution that had ended when it was created."""
    execution, end = seen.execution[tasks], seen.end[tasks]
    found = chains(execution, seen.begin[execution], seen.created[tasks], end)
    sequence = np.lexsort((end, execution))
    begins = np.flatnonzero(np.diff(execution[sequence], prepend=-1))
    order = np.empty(len(tasks), np.int64)
    order[sequence] = np.arange(len(tasks)) - np.repeat(begins, np.diff(begins, append=len(tasks)))
    return pd.DataFrame(
        {
            "task": tasks,
            "n_tasks": np.ones(len(tasks), np.int64),
            "ready": found.ready,
            "slack_s": np.where(found.is_critical, 0.0, np.nan),
            "is_critical": found.is_critical,
            "order": order,
        }
    )
