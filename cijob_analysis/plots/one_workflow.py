"""One workflow of a snapshot: its topology, and what its nodes and edges come to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.durations import add_durations
from cijob_analysis.metrics.paths.critical import critical_path
from cijob_analysis.metrics.paths.topology import Topology, topologies_of

if TYPE_CHECKING:
    from cijob_analysis.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class OneWorkflow:
    """A workflow.

    Attributes
    ----------
    workflow_id : str
        Its id.
    topology : Topology or None
        That which most of its executions follow; None if none is known.
    data : Snapshot
        The executions that follow it, and their tasks.
    n_others : int
        How many executions follow another one.
    """

    workflow_id: str
    topology: Topology | None
    data: Snapshot
    n_others: int


def one_workflow(data: Snapshot, workflow_id: str | None) -> OneWorkflow | None:
    """Return the workflow `workflow_id` of `data`, or the one with most executions; None if there is none.

    Raises
    ------
    ConfigurationError
        There is no such workflow.
    """
    frames = data.executions, data.workflows, data.tasks
    counts = [
        frame["workflow_id"].value_counts().sort_index().sort_values(ascending=False, kind="stable") for frame in frames
    ]
    ids = list(dict.fromkeys(str(key) for count in counts for key in count.index))
    if workflow_id is None and not ids:
        return None
    chosen = ids[0] if workflow_id is None else workflow_id
    if chosen not in ids:
        there = f"there are {', '.join(ids[:5])}{' …' if len(ids) > 5 else ''}" if ids else "it has none"
        raise ConfigurationError(f"workflow_id={workflow_id!r} is no workflow of the snapshot; {there}")
    executions, workflows, tasks = (
        frame[frame["workflow_id"].eq(chosen).fillna(False).to_numpy(bool)] for frame in frames
    )
    topologies, numbers = topologies_of(data, executions if len(executions) else workflows)
    many = np.bincount(numbers, minlength=len(topologies))[:-1]
    if not many.any():
        return OneWorkflow(chosen, None, replace(data, executions=executions, tasks=tasks), 0)
    most = int(np.argmax(many))
    others = executions[numbers[: len(executions)] != most]
    if len(others):
        executions = executions[numbers == most]
        tasks = tasks[~tasks["run_id"].isin(others["run_id"]).to_numpy(bool)]
    return OneWorkflow(chosen, topologies[most], replace(data, executions=executions, tasks=tasks), len(others))


class NodeFigures(NamedTuple):
    """What one node comes to: how many tasks it has, and how many of them failed."""

    name: str
    type: str | None
    n: int
    failed: int
    median_s: float
    """Median run time of the finished [s]; NaN if there is none."""
    share: float
    """Of the critical time of the workflow; 0 if nobody knows."""


def figures_of(workflow: OneWorkflow, topology: Topology) -> tuple[list[NodeFigures], dict[tuple[str, str], float]]:
    """Return what each node of a workflow comes to, and which share of executions had an edge on the critical path."""
    tasks = add_durations(workflow.data.tasks)
    by_node = tasks.assign(failed=tasks["state"].eq("Failed").to_numpy(bool)).groupby("node", observed=True)
    counts = by_node.agg(n=("failed", "size"), failed=("failed", "sum"), median_s=("run_time_s", "median"))
    path = critical_path(workflow.data)
    share = dict(zip(path.nodes["node"], path.nodes["share_of_critical_time"], strict=True))
    found = {str(name): tuple(row) for name, *row in counts.itertuples(name=None)}
    nodes = []
    for name, kind in topology.nodes:
        n, failed, median_s = found.get(name, (0, 0, np.nan))
        nodes.append(
            NodeFigures(name, kind, int(n), int(failed), float(median_s), float(np.nan_to_num(share.get(name, 0.0))))
        )

    critical = path.tasks[path.tasks["is_critical"]]
    runs, run_ids = pd.factorize(critical["run_id"])
    place = {name: number for number, name in enumerate(topology.order)}
    at = pd.Index(topology.order).get_indexer(pd.Index(critical["node"]))
    in_one = (runs[1:] == runs[:-1]) & (at[1:] >= 0) & (at[:-1] >= 0)
    pairs = np.bincount(at[:-1][in_one] * len(place) + at[1:][in_one], minlength=len(place) ** 2)
    return nodes, {
        (begin, end): int(pairs[place[begin] * len(place) + place[end]]) / max(len(run_ids), 1)
        for begin, end in topology.edges
    }
