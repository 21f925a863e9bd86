"""Small frames of all three levels that a person can keep in mind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cijob_analysis import Snapshot, schema
from tests.builders import AS_OF, batch_jobs

FAR, NEAR = "b" + "0" * 31 + "1", "b" + "0" * 31 + "2"
"""A batch job with two executions of three tasks, and one of type Job whose tasks are directly below it."""


def rows(table: str, *cells: Mapping[str, object]) -> pd.DataFrame:
    """Return a frame of the declared columns of a level; what a row does not name is missing."""
    columns = schema.TABLES[table]
    frame = schema.empty(columns).reindex(range(len(cells)))
    for column in columns:
        values: Any = [cell.get(column.name) for cell in cells]
        if column.dtype == schema.UTC:
            values = pd.to_datetime(pd.Series(values, dtype=object), utc=True).dt.as_unit("us")
        if column.dtype == schema.STATE:
            values = pd.Categorical(values, schema.in_order(str(value) for value in values if value))
        if any(cell.get(column.name) is not None for cell in cells):
            frame[column.name] = pd.Series(values, dtype=None if column.dtype == schema.STATE else column.dtype)
    return frame


def small_snapshot() -> Snapshot:
    """Return a snapshot of two batch jobs, two executions and four tasks, two of which failed."""
    jobs = batch_jobs(
        {"batch_job_id": FAR, "name": "nightly", "type": "Workflow", "state": "Failed", "workflow_ids": "w1",
         "created_at": "2026-03-01 01", "started_at": "2026-03-01 01:01", "ended_at": "2026-03-01 03"},
        {"batch_job_id": NEAR, "name": "转码", "type": "Job", "state": "Running", "tag": "Transcode",
         "created_at": "2026-03-01 02", "started_at": "2026-03-01 02:01"},
    )  # fmt: skip
    executions = rows(
        "executions",
        {"run_id": "i1", "batch_job_id": FAR, "workflow_id": "w1", "state": "Success", "object_key": "a.mp4",
         "created_at": "2026-03-01 01:05", "started_at": "2026-03-01 01:06", "ended_at": "2026-03-01 01:30"},
        {"run_id": "i2", "batch_job_id": FAR, "workflow_id": "w1", "state": "Failed", "object_key": "b.mov",
         "created_at": "2026-03-01 01:05", "started_at": "2026-03-01 01:07", "ended_at": "2026-03-01 01:20"},
    )  # fmt: skip
    common = {"batch_job_id": FAR, "workflow_id": "w1", "task_type": "Transcode", "queue_id": "p1"}
    tasks = rows(
        "tasks",
        {**common, "task_id": "j1", "run_id": "i1", "node": "Transcode_1", "state": "Success", "object_key": "a.mp4",
         "created_at": "2026-03-01 01:06", "started_at": "2026-03-01 01:07", "ended_at": "2026-03-01 01:29"},
        {**common, "task_id": "j2", "run_id": "i1", "node": "Snapshot_2", "state": "Failed", "object_key": "a.mp4",
         "task_type": "Snapshot", "code": "TimeTooLong", "message": "over 600 s",
         "created_at": "2026-03-01 01:06", "started_at": "2026-03-01 01:08", "ended_at": "2026-03-01 01:18"},
        {**common, "task_id": "j3", "run_id": "i2", "node": "Transcode_1", "state": "Failed", "object_key": "b.mov",
         "code": "BadInput", "message": "no <stream> in b.mov",
         "created_at": "2026-03-01 01:07", "started_at": "2026-03-01 01:08", "ended_at": "2026-03-01 01:19"},
        {"task_id": "j4", "batch_job_id": NEAR, "task_type": "Transcode", "state": "Running", "object_key": "c.mp4",
         "created_at": "2026-03-01 02:02", "started_at": "2026-03-01 02:03"},
    )  # fmt: skip
    return Snapshot(batch_jobs=jobs, executions=executions, tasks=tasks, as_of=AS_OF)
