"""Critical paths by execution, and by workflow and node; and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.ledger import counted, grouped
from cijob_analysis.metrics.groups import is_terminal
from cijob_analysis.metrics.quantiles import linear_quantiles, sort_groups
from cijob_analysis.words import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cijob_analysis.metrics.paths.execution_tasks import ExecutionTasks

NO_NODE = "no node"
_MOST_SENTENCES = 10


def executions_table(
    seen: ExecutionTasks,
    tasks: pd.DataFrame,
    execution: NDArray[np.intp],
    node: NDArray[np.intp],
    has_topology: NDArray[np.bool_],
) -> pd.DataFrame:
    """Return `CriticalPath.executions`; `execution` and `node` are the numbers of the rows of `tasks`."""
    n = len(seen.executions)
    critical = np.flatnonzero(tasks["is_critical"])
    length_s = np.full(n, np.nan)
    length_s[execution[critical]] = tasks["earliest_s"].to_numpy()[critical]  # of a path the last one is written
    is_censored = ~is_terminal(seen.executions) & seen.executions["state"].notna().to_numpy(bool)
    is_censored[seen.execution[seen.is_censored]] = True
    return pd.DataFrame(
        {
            "run_id": seen.executions["run_id"].array,
            "workflow_id": seen.executions["workflow_id"].array,
            "length_s": length_s,
            "critical_nodes": pd.Series(
                _paths(execution[critical], node[critical], seen.node_names, n), dtype=schema.TEXT
            ),
            "n_nodes": np.bincount(execution, minlength=n).astype(np.int64),
            "has_topology": has_topology,
            "is_censored": is_censored,
        }
    )


def _paths(execution: NDArray[np.intp], node: NDArray[np.intp], names: list[str], n: int) -> NDArray[np.object_]:
    """Return for each of `n` executions its nodes as one text; `execution` is sorted, its nodes in order."""
    many = np.bincount(execution, minlength=n)
    first = np.cumsum(many) - many
    texts, path = [""], np.zeros(n, np.int64)
    for step in range(many.max(initial=0)):
        longer = np.flatnonzero(many > step)
        pairs = path[longer] * (len(names) + 1) + node[first[longer] + step] + 1
        distinct, place = np.unique(pairs, return_inverse=True)
        path[longer] = len(texts) + place.reshape(-1)
        for before, last in (divmod(pair, len(names) + 1) for pair in distinct.tolist()):
            name = names[last - 1] if last else NO_NODE
            texts.append(f"{texts[before]} → {name}" if before else name)
    return np.array([None, *texts[1:]], object)[path]


def nodes_table(
    seen: ExecutionTasks, tasks: pd.DataFrame, execution: NDArray[np.intp], node: NDArray[np.intp]
) -> pd.DataFrame:
    """Return `CriticalPath.nodes`; `execution` and `node` are the numbers of the rows of `tasks`."""
    names = np.array([None, *seen.node_names], object)
    workflow, workflow_ids = pd.factorize(seen.executions["workflow_id"])
    cells, place = np.unique((workflow[execution] + 1) * len(names) + node + 1, return_inverse=True)
    cell, n_cells = place.reshape(-1), len(cells)
    of_workflow, of_node = np.divmod(cells, len(names))
    critical = np.flatnonzero(tasks["is_critical"])

    def of_critical(column: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the sum and the mean of what is known in `column`."""
        values = tasks[column].to_numpy()[critical]
        known = ~np.isnan(values)
        n_known = np.bincount(cell[critical[known]], minlength=n_cells)
        total = np.bincount(cell[critical[known]], values[known], n_cells).astype(np.float64)
        return total, total / np.where(n_known > 0, n_known, np.nan)

    slack_s = tasks["slack_s"].to_numpy()
    known = np.flatnonzero(~np.isnan(slack_s))
    slack = sort_groups(
        cell[known], np.rint(slack_s[known] * 1e6).astype(np.int64), np.zeros(len(known), bool), n_cells
    )
    spent_s, _ = of_critical("step_s")
    in_all = np.bincount(of_workflow, spent_s)[of_workflow]
    n = np.bincount(cell, minlength=n_cells).astype(np.int64)
    frame = pd.DataFrame(
        {
            "workflow_id": pd.Series(np.array([None, *workflow_ids], object)[of_workflow], dtype=schema.TEXT),
            "node": pd.Series(names[of_node], dtype=schema.TEXT),
            "n": n,
            "n_critical": np.bincount(cell[critical], minlength=n_cells).astype(np.int64),
            "share_of_critical_time": np.divide(spent_s, in_all, out=np.full(n_cells, np.nan), where=in_all != 0),
            **{f"mean_{part}": of_critical(part)[1] for part in ("gap_s", "queue_wait_s", "run_time_s")},
            "median_slack_s": linear_quantiles(slack, np.array([0.5]))[:, 0] / 1e6,
        }
    )
    largest = np.bincount(of_workflow, n)[of_workflow]
    return frame.iloc[np.lexsort((-spent_s, of_workflow, -largest))].reset_index(drop=True)


def sentences_of(nodes: pd.DataFrame, executions: pd.DataFrame, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return a sentence for each workflow: where its time goes, and where there is time to spare."""
    lengths = executions.dropna(subset=["length_s"]).groupby("workflow_id", dropna=False)["length_s"]
    found = pd.DataFrame({"n": lengths.size(), "median_s": lengths.median()}).sort_values("n", ascending=False)
    rest = len(found) - _MOST_SENTENCES
    said = []
    for workflow_id, n, median_s in found.head(_MOST_SENTENCES).itertuples(name=None):
        is_unknown = pd.isna(workflow_id)
        own = nodes[nodes["workflow_id"].isna() if is_unknown else nodes["workflow_id"] == workflow_id]
        name = "no workflow" if is_unknown else names.get(workflow_id, workflow_id)
        said.append(f"{name}: {counted(n, 'execution')}, half of them within {seconds(median_s)}{_of_nodes(own)}.")
    return (*said, *([f"{counted(rest, 'workflow')} more."] if rest > 0 else []))


def _of_nodes(nodes: pd.DataFrame) -> str:
    """Return which of the `nodes` of a workflow, the largest share first, takes most, and which waits most."""
    first: Any = next(nodes.itertuples())
    text = ""
    if first.share_of_critical_time > 0:
        parts = [
            f"{seconds(value)} {what}"
            for what, value in zip(
                ("gap", "queue wait", "run time"),
                (first.mean_gap_s, first.mean_queue_wait_s, first.mean_run_time_s),
                strict=True,
            )
            if abs(value) > 0
        ]
        text = (
            f"; {NO_NODE if pd.isna(first.node) else first.node} takes {first.share_of_critical_time:.0%} of the "
            f"critical time (critical in {grouped(first.n_critical)} of {grouped(first.n)}; "
            f"{', '.join(parts)} on average)"
        )
    spare = float(nodes["median_slack_s"].max())
    if spare > 0:
        idle = nodes["node"].iloc[int(nodes["median_slack_s"].argmax())]
        text += f"; {NO_NODE if pd.isna(idle) else idle} has most to spare, {seconds(spare)} in half of them"
    return text
