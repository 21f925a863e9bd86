"""What the frames of a workload must hold, cell by cell: made of the workload itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pandas as pd
from pandas.testing import assert_frame_equal

from cijob_analysis import schema
from cijob_analysis.ledger import Ledger, LedgerEntry, ledger_of
from cijob_analysis.local import LocalService, Task, Workload
from cijob_analysis.schema import Column
from cijob_analysis.snapshot import Snapshot

LISTS_ONLY = ("queue_id", "progress", "media_duration_s", "template_id")
"""Cells of tasks that the answer about an execution has not."""

PROGRESS = {"Submitted": 0, "Pause": 0, "Running": 50, "Success": 100}


def executions_of(workload: Workload) -> pd.DataFrame:
    """Return all executions, with start and end as their tasks have them."""
    tasks: dict[str | None, list[Task]] = {}
    for task in workload.tasks_of():
        tasks.setdefault(task.run_id, []).append(task)
    rows = []
    for run in workload.executions_of():
        own = tasks.get(run.run_id, [])
        starts = [task.started_at for task in own if task.started_at]
        ends = [task.ended_at for task in own if task.ended_at and run.state != "Running"]
        times = {"started_at": min(starts, default=None), "ended_at": max(ends, default=None)}
        rows.append({**_cells(run, schema.EXECUTIONS), **times})
    return _typed(rows, schema.EXECUTIONS)


def tasks_of(workload: Workload) -> pd.DataFrame:
    """Return all tasks, as a list would show them."""
    rows = []
    for task in workload.tasks_of():
        progress = PROGRESS.get(task.state) if task.progress is None else task.progress
        duration = task.media_duration_s if task.state == "Success" else None
        own = {
            "task_type": task.tag,
            "progress": progress,
            "media_duration_s": duration,
            "message": task.message or None,
        }
        rows.append({**_cells(task, schema.TASKS), **own})
    return _typed(rows, schema.TASKS)


def check_executions(frame: pd.DataFrame, workload: Workload, only: Collection[str] | None = None) -> None:
    """Check that each execution is there once, with every cell; `only` are the ids of those that were wanted."""
    names = ["run_id", "batch_job_id", "workflow_id", "state", "object_key", "created_at", "started_at", "ended_at"]
    expected = executions_of(workload)
    if only is not None:
        expected = expected.loc[expected["run_id"].isin(only)]
    _check(frame, expected, names)


def check_tasks(
    frame: pd.DataFrame,
    workload: Workload,
    only: Collection[str] | None = None,
    *,
    in_detail: Collection[str] = (),
) -> None:
    """Check that each task is there once, with every cell.

    `only` are the ids of those that were wanted; `in_detail` those of executions that were asked for one by one, whose
    answers say less of their tasks.
    """
    expected = tasks_of(workload)
    if only is not None:
        expected = expected.loc[expected["task_id"].isin(only)]
    says_less = expected["run_id"].isin(in_detail)
    there = frame.set_index("task_id").reindex(expected["task_id"])
    for name in LISTS_ONLY:
        is_unsaid = there[name].isna().to_numpy() & says_less
        expected[name] = expected[name].mask(is_unsaid)
    _check(frame, expected, [column.name for column in schema.TASKS if column.name != "extra"])


def check_snapshot(snapshot: Snapshot, service: LocalService) -> None:
    """Check that everything that the service has is in `snapshot`, once, joined."""
    workload = service.workload
    assert set(snapshot.batch_jobs["batch_job_id"]) == {job.batch_job_id for job in workload.batch_jobs}
    own = executions_of(workload)
    check_executions(snapshot.executions, workload, set(own.loc[own["batch_job_id"].notna(), "run_id"]))
    tasks = tasks_of(workload)
    wanted = set(tasks.loc[tasks["batch_job_id"].notna(), "task_id"])
    check_tasks(snapshot.tasks, workload, wanted, in_detail=asked_one_by_one(service))
    runs = snapshot.tasks["run_id"].dropna()
    assert runs.isin(snapshot.executions["run_id"]).all()
    for frame in (snapshot.executions, snapshot.tasks):
        assert frame["batch_job_id"].isin(snapshot.batch_jobs["batch_job_id"]).all()


def asked_one_by_one(service: LocalService) -> set[str]:
    """Return the ids of the executions that the service was asked for one by one."""
    return {
        recorded.path.rpartition("/")[2]
        for recorded in service.requests
        if recorded.path.startswith("/workflowexecution/")
    }


def entries(what: pd.DataFrame | Snapshot, level: str | None = None) -> list[LedgerEntry]:
    """Return the entries of the ledger of a frame or a snapshot, all or those of one level."""
    ledger: Ledger = what.completeness if isinstance(what, Snapshot) else ledger_of(what)
    return [entry for entry in ledger.entries if level in (None, entry.level)]


def planned(found: Iterable[LedgerEntry]) -> int:
    """Return how many requests the plans of entries had together."""
    return sum(entry.planned or 0 for entry in found)


def _cells(row: Any, columns: tuple[Column, ...]) -> dict[str, Any]:
    return {column.name: getattr(row, column.name, None) for column in columns}


def _typed(rows: list[dict[str, Any]], columns: tuple[Column, ...]) -> pd.DataFrame:
    frame = schema.empty(columns)
    data = {}
    for column in columns:
        values: Any = pd.Series([row[column.name] for row in rows], dtype=object)
        if column.dtype == schema.UTC:
            values = pd.to_datetime(values, utc=True)
        data[column.name] = values.astype(frame[column.name].dtype)
    return pd.DataFrame(data)


def _check(frame: pd.DataFrame, expected: pd.DataFrame, names: list[str]) -> None:
    key = names[0]
    assert frame[key].is_unique
    assert set(frame[key]) == set(expected[key])
    for side in (frame, expected):
        assert list(side.columns) == list(expected.columns)
    found = frame.sort_values(key, ignore_index=True)[names]
    assert_frame_equal(found, expected.sort_values(key, ignore_index=True)[names])
