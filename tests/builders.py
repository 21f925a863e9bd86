"""Frames for tests, written as their few interesting cells."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

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
