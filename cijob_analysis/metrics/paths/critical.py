"""What an execution waited for: its critical path, and how much time the other nodes had to spare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from cijob_analysis.ledger import counted
from cijob_analysis.metrics.durations import add_durations
from cijob_analysis.metrics.inputs import workflow_names
from cijob_analysis.metrics.paths.execution_tasks import execution_tasks
from cijob_analysis.metrics.paths.steps import steps_of
from cijob_analysis.metrics.paths.tables import executions_table, nodes_table, sentences_of

if TYPE_CHECKING:
    from datetime import datetime

    from cijob_analysis.snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class CriticalPath:
    """The critical paths of executions.

    Attributes
    ----------
    tasks : DataFrame
        A row for each node that ran in an execution, by execution, then in topological order; where the topology is
        not known, for each task, in the order of their ends. `run_id`, `workflow_id`, `node`, `task_id` (text; of
        several tasks at one node the one that ended last); `is_critical` (bool), on the critical path;
        `earliest_s`, the earliest finish after the execution's creation, which is when it did end; `slack_s`, how
        much later it might have ended and its execution none the later; `gap_s`, from the end of the last one that
        it waited for to its creation, below zero if it was created before; `queue_wait_s`, `run_time_s`, as
        `add_durations` has them; `step_s`, from the end of the last one that it waited for to its own, which is
        the sum of these three (all float64 [s]); `order` (int64), its place in the topology, or else in time;
        `n_tasks` (int64) at the node; `is_censored` (bool), if its end is not known.
    executions : DataFrame
        A row for each execution: `run_id`, `workflow_id`; `length_s` (float64 [s]), from its creation to the end of
        its last task, the sum of `step_s` on the critical path, NaN without a task; `critical_nodes` (text), such
        as ``A → B``; `n_nodes` (int64), how many nodes ran; `has_topology` (bool), otherwise the path follows from
        the times alone; `is_censored` (bool), if it is not finished, so that it takes longer.
    nodes : DataFrame
        A row for each workflow and node, the largest share first: `workflow_id`, `node`; `n`, `n_critical` (int64),
        in how many executions it ran, and was critical; `share_of_critical_time` (float64) of its workflow's;
        `mean_gap_s`, `mean_queue_wait_s`, `mean_run_time_s`, where it was critical; `median_slack_s`, of all
        (float64 [s]).
    sentences : tuple of str
        What it comes to, one sentence for each workflow, the largest first.
    remarks : tuple of str
        What was left out, and what is odd.
    """

    tasks: pd.DataFrame
    executions: pd.DataFrame
    nodes: pd.DataFrame
    sentences: tuple[str, ...]
    remarks: tuple[str, ...]


def critical_path(data: pd.DataFrame | Snapshot, *, as_of: datetime | str | None = None) -> CriticalPath:
    """Find what made each execution take as long as it did: its critical path along its topology.

    The path leads from the task that ended last back through those that, of the nodes before, ended last. A node
    where nothing ran is passed over. Each step of the path weighs what lies between two such ends: the gap until
    the task was created, its queue wait, its run time. Together they are what the execution took. With the same
    weights the critical path method gives each node its slack, 0 on the path.

    Where the topology is not known, or names not all nodes, a task waits for all that had ended when it was
    created, and slack is known on the path only. What a batch job of type Job runs has no execution, and no path.

    Parameters
    ----------
    data : Snapshot or DataFrame
        A snapshot with executions, tasks and workflows; or tasks, whose topology is not known.
    as_of : datetime, Timestamp or ISO text with a zone, optional
        Until when what is unfinished lasts so far; when the snapshot was true if not given.

    Returns
    -------
    CriticalPath
        Frames by task, execution and node, and sentences.

    Raises
    ------
    SchemaError
        A column is missing.
    ConfigurationError
        `data` is neither a DataFrame nor a Snapshot; `as_of` is no time, or has no zone.
    """
    seen = execution_tasks(data, as_of)
    steps, has_topology = steps_of(data, seen)
    task = steps["task"].to_numpy()
    execution = seen.execution[task]
    ready, is_critical = steps["ready"].to_numpy(), steps["is_critical"].to_numpy()
    rows = add_durations(seen.tasks.iloc[task], as_of=seen.as_of)
    tasks = pd.DataFrame(
        {
            "run_id": rows["run_id"].array,
            "workflow_id": seen.executions["workflow_id"].array.take(execution),
            "node": rows["node"].array,
            "task_id": rows["task_id"].array,
            "is_critical": is_critical,
            "earliest_s": (seen.end[task] - seen.begin[execution]) / 1e6,
            "slack_s": steps["slack_s"].to_numpy(),
            "gap_s": (seen.created[task] - ready) / 1e6,
            "queue_wait_s": rows["queue_wait_s"].to_numpy(),
            "run_time_s": rows["run_time_s"].to_numpy(),
            "step_s": (seen.end[task] - ready) / 1e6,
            "order": steps["order"].to_numpy(),
            "n_tasks": steps["n_tasks"].to_numpy(),
            "is_censored": seen.is_censored[task],
        }
    )
    executions = executions_table(seen, tasks, execution, seen.node[task], has_topology)
    nodes = nodes_table(seen, tasks, execution, seen.node[task])
    several = int((tasks["n_tasks"] > 1).sum())
    by_time = int((~has_topology & (executions["n_nodes"] > 0)).sum())
    censored = int(seen.is_censored.sum())
    remarks = [
        (censored, "task", "unfinished or without an end: their executions take longer than is said"),
        (several, "node", "with several tasks in one execution: the task that ended last counts"),
        (by_time, "execution", "without a topology that names all nodes: the order is that of the times"),
    ]
    return CriticalPath(
        tasks,
        executions,
        nodes,
        sentences_of(nodes, executions, workflow_names(data)),
        (*seen.remarks, *(f"{counted(n, noun)} {what}" for n, noun, what in remarks if n)),
    )
