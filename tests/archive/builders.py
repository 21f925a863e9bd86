"""Snapshots for tests, written as their few interesting cells."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd

from cijob_analysis import schema
from cijob_analysis.ledger import Ledger, LedgerEntry
from cijob_analysis.snapshot import Snapshot
from tests.builders import AS_OF


def frame_of(kind: str, *rows: dict[str, Any], as_of: datetime | None = AS_OF) -> pd.DataFrame:
    """Return a frame of the columns of `kind`; what a row does not name is missing.

    Times are ISO text in UTC without an offset (``"2026-03-01 10:00"``).
    """
    data: dict[str, Any] = {}
    for column in schema.TABLES[kind]:
        cells = [row.get(column.name) for row in rows]
        if column.dtype == schema.UTC:
            data[column.name] = pd.to_datetime(pd.Series(cells, dtype=object), utc=True, format="ISO8601")
            data[column.name] = data[column.name].astype(schema.UTC)
        elif column.dtype == schema.STATE:
            data[column.name] = pd.Categorical(cells, schema.in_order(cell for cell in cells if cell is not None))
        else:
            data[column.name] = pd.Series(cells, dtype=column.dtype)
    frame = pd.DataFrame(data)
    frame.attrs["ledger"] = Ledger((LedgerEntry(request=f"GET /{kind}", level=kind, rows=len(rows)),), as_of)
    return frame


def a_snapshot(
    n: int, *, state: str = "Success", first: int = 0, month: str = "2026-02", as_of: datetime = AS_OF
) -> Snapshot:
    """Return `n` batch jobs, numbered from `first`, with two executions each of two tasks each, newest first.

    Everything is in `state`, and was created in `month`.
    """
    numbers = range(first + n - 1, first - 1, -1)
    jobs, executions, tasks = [], [], []
    for number in numbers:
        created = f"{month}-{1 + number % 28:02} 10:00:{number % 60:02}"
        parents = {"batch_job_id": f"b{number:04}", "state": state, "created_at": created}
        jobs.append({**parents, "name": f"批 {number}", "job_level": number % 3})
        for run in (f"i{number:04}-0", f"i{number:04}-1"):
            of_run = {**parents, "run_id": run, "workflow_id": "w1"}
            executions.append({**of_run, "object_key": f"raw/{run}.mov"})
            tasks += [{**of_run, "task_id": f"j{run}-{node}", "node": node, "media_duration_s": 1.5} for node in "ab"]
    return Snapshot(
        batch_jobs=in_archive_order(frame_of("batch_jobs", *jobs, as_of=as_of)),
        executions=in_archive_order(frame_of("executions", *executions, as_of=as_of)),
        tasks=in_archive_order(frame_of("tasks", *tasks, as_of=as_of)),
        workflows=frame_of("workflows", {"workflow_id": "w1", "name": "转码", "topology": "{}"}, as_of=as_of),
        as_of=as_of,
    )


def in_archive_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` as an archive sorts it: newest first, then by id; unknown states as they come."""
    frame = frame.sort_values(
        ["created_at", schema.key_of(frame)], ascending=[False, True], na_position="last", ignore_index=True
    )
    if isinstance(frame["state"].dtype, pd.CategoricalDtype):
        states = [state for state in frame["state"] if isinstance(state, str)]
        frame["state"] = frame["state"].cat.set_categories(schema.in_order(states))
    return frame
