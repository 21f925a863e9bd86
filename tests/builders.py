"""Frames for tests, written as their few interesting cells."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.ledger import Ledger, LedgerEntry

AS_OF = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def batch_jobs(*rows: dict[str, Any], as_of: datetime | None = AS_OF) -> pd.DataFrame:
    """Return a batch-job frame of the declared columns; what a row does not name is missing.

    Times are ISO text in UTC without an offset (``"2026-03-01 10:00"``); ids are numbered if not given.
    """
    frame = schema.empty(schema.BATCH_JOBS).reindex(range(len(rows)))
    cells = {column.name: [row.get(column.name) for row in rows] for column in schema.BATCH_JOBS}
    cells["batch_job_id"] = [row.get("batch_job_id", f"b{number:032x}") for number, row in enumerate(rows)]
    states = schema.in_order(state for state in cells["state"] if state is not None)
    for column in schema.BATCH_JOBS:
        dtype: Any = pd.CategoricalDtype(states) if column.dtype == schema.STATE else column.dtype
        values: Any = cells[column.name]
        if column.dtype == schema.UTC:
            values = pd.to_datetime(pd.Series(values, dtype=object), utc=True, format="ISO8601")
        frame[column.name] = pd.Series(values, dtype=None if column.dtype == schema.UTC else dtype).astype(dtype)
    entry = LedgerEntry(request="GET /inventorytriggerjob", requests=1, pages=1, rows=len(rows))
    frame.attrs["ledger"] = Ledger((entry,), as_of)
    return frame


def many_batch_jobs(
    n: int, *, seed: int = 0, states: tuple[str, ...] = ("Success", "Failed", "Cancel")
) -> pd.DataFrame:
    """Return `n` finished batch jobs of the declared columns, made of random numbers in no time.

    They are created in the three days before `AS_OF`, wait and run for minutes, and belong to five workflows.
    """
    random = np.random.default_rng(seed)
    created = np.datetime64("2026-02-26T12:00", "us") + (random.random(n) * 2.9 * 86_400e6).astype("m8[us]")
    started = created + (random.lognormal(4, 1, n) * 1e6).astype("m8[us]")
    times = {"created_at": created, "started_at": started}
    times["ended_at"] = np.minimum(
        started + (random.lognormal(5, 1, n) * 1e6).astype("m8[us]"), np.datetime64("2026-03-01T12", "us")
    )
    frame = schema.empty(schema.BATCH_JOBS).reindex(range(n))
    frame["batch_job_id"] = pd.Series([f"b{number:032x}" for number in range(n)], dtype=schema.TEXT)
    frame["type"] = pd.Series("Workflow", frame.index, dtype=schema.TEXT)
    frame["workflow_ids"] = pd.Series([f"w{number:032x}" for number in random.integers(0, 5, n)], dtype=schema.TEXT)
    frame["state"] = pd.Categorical(random.choice(states, n), categories=schema.in_order(states))
    for name, values in times.items():
        frame[name] = pd.Series(values).dt.tz_localize("UTC")
    frame.attrs["ledger"] = Ledger((LedgerEntry(request="GET /inventorytriggerjob", rows=n),), AS_OF)
    return frame
