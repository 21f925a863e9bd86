"""The tasks of executions as arrays: whose they are, where they ran, and from when to when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.ledger import counted, ledger_of
from cijob_analysis.metrics.groups import is_terminal
from cijob_analysis.metrics.inputs import tasks_of
from cijob_analysis.metrics.instants import NEVER, instant, instants
from cijob_analysis.metrics.paths.topology import ENDPOINTS
from cijob_analysis.snapshot import Snapshot

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

_LAST = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class ExecutionTasks:
    """The tasks whose execution is known, and at least one of their times; all times in µs since 1970, UTC.

    Attributes
    ----------
    tasks : DataFrame
        Their rows.
    executions : DataFrame
        `run_id`, `workflow_id`, `state`, `created_at`, `topology` of all executions; of one that only tasks name,
        the first two.
    execution, node : array of int
        For each task the numbers of its execution and of its node, −1 if it has no node.
    node_names : list of str
        What the numbers of nodes stand for.
    created, end : array of int64
        When each task was created, or else was first heard of; when it ended, or else was last heard of.
    begin : array of int64
        When each execution was created, or else its first task; 0 if nobody knows.
    is_censored : array of bool
        Whether the end of a task is not known, and `end` is earlier.
    as_of : datetime, Timestamp, str or None
        Until when what is unfinished lasts so far.
    remarks : tuple of str
        What was left out, and what is odd.
    """

    tasks: pd.DataFrame
    executions: pd.DataFrame
    execution: NDArray[np.intp]
    node: NDArray[np.intp]
    node_names: list[str]
    created: NDArray[np.int64]
    end: NDArray[np.int64]
    begin: NDArray[np.int64]
    is_censored: NDArray[np.bool_]
    as_of: datetime | str | None
    remarks: tuple[str, ...]


def execution_tasks(data: pd.DataFrame | Snapshot, as_of: datetime | str | None) -> ExecutionTasks:
    """Return the tasks of executions; what is unfinished ends at `as_of`, or else when the snapshot was true.

    Raises
    ------
    SchemaError
        A column is missing.
    ConfigurationError
        `data` is neither a DataFrame nor a Snapshot; `as_of` is no time, or has no zone.
    """
    tasks = tasks_of(data)
    schema.require(tasks, "task_id", "run_id", "workflow_id", "node")
    if as_of is None:
        as_of = data.as_of if isinstance(data, Snapshot) else ledger_of(data).as_of
    created, started, ended = (instants(tasks, name) for name in ("created_at", "started_at", "ended_at"))
    finished = is_terminal(tasks)
    now = NEVER if as_of is None else instant(as_of)
    heard_of = np.fmax(created, started)
    is_censored = ~finished | np.isnat(ended)
    end = np.where(finished, np.where(is_censored, heard_of, ended), np.fmax(heard_of, now))
    created = np.where(np.isnat(created), np.fmin(started, end), created)

    alone = tasks["run_id"].isna().to_numpy(bool)
    at_ends = ~alone & tasks["node"].isin(ENDPOINTS).to_numpy(bool)
    timeless = ~alone & ~at_ends & np.isnat(created)
    kept = ~(alone | at_ends | timeless)
    too_early = kept & (end < created)
    remarks = [
        (alone, "without an execution left out: they wait for no other task"),
        (at_ends, "at Start or End left out"),
        (timeless, "without a time left out"),
        (too_early, "with an end before the creation, which counts as the end"),
    ]
    begun, done = _numbers(created[kept]), _numbers(np.fmax(created, end)[kept])
    own = tasks.loc[kept]
    executions, execution = _executions(data, own)
    node, names = pd.factorize(own["node"])
    return ExecutionTasks(
        own,
        executions,
        execution,
        node.astype(np.intp),
        [str(name) for name in names],
        begun,
        done,
        _begins(executions, execution, begun),
        is_censored[kept],
        as_of,
        tuple(f"{counted(int(which.sum()), 'task')} {what}" for which, what in remarks if which.any()),
    )


def _executions(data: pd.DataFrame | Snapshot, tasks: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.intp]]:
    """Return the executions of a snapshot, each once, and those that only tasks name; and the number of each task's."""
    columns = ["run_id", "workflow_id", "state", "created_at", "topology"]
    said = data.executions if isinstance(data, Snapshot) else schema.empty(schema.EXECUTIONS)
    known = said.reindex(columns=columns).dropna(subset=["run_id"]).drop_duplicates("run_id")
    run_ids = pd.concat([known["run_id"].astype(tasks["run_id"].dtype), tasks["run_id"]])
    number = pd.factorize(run_ids)[0][len(known) :]  # they are numbered as they come, the known ones first
    unknown = np.flatnonzero(number >= len(known))
    if not len(unknown):
        return known.reset_index(drop=True), number
    others = tasks[columns[:2]].iloc[unknown].drop_duplicates("run_id")
    others = others.reindex(columns=columns).astype(known.dtypes)
    return pd.concat([known, others], ignore_index=True), number


def _begins(executions: pd.DataFrame, execution: NDArray[np.intp], created: NDArray[np.int64]) -> NDArray[np.int64]:
    first = np.full(len(executions), _LAST)
    np.minimum.at(first, execution, created)
    first[first == _LAST] = 0
    said = instants(executions, "created_at")
    return np.where(np.isnat(said), first, _numbers(said))


def _numbers(times: NDArray[np.datetime64]) -> NDArray[np.int64]:
    return times.astype("datetime64[us]").astype(np.int64)
