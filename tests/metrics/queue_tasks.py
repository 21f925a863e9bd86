"""Tasks for tests about queues, written as seconds since midnight."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd

from cijob_analysis import schema
from cijob_analysis.ledger import Ledger

MIDNIGHT = pd.Timestamp("2026-03-01", tz="UTC")


def task(
    created: float | None,
    started: float | None = None,
    ended: float | None = None,
    *,
    queue: str | None = "p1",
    state: str = "Success",
    **cells: Any,
) -> dict[str, Any]:
    """Return a task that was created, started and ended so many seconds after midnight; None if it was not."""
    times = {"created_at": created, "started_at": started, "ended_at": ended}
    instants = {
        name: pd.NaT if seconds is None else MIDNIGHT + pd.Timedelta(seconds=seconds) for name, seconds in times.items()
    }
    return {"state": state, "queue_id": queue, **instants, **cells}


def tasks(*rows: dict[str, Any], as_of: float | None = None) -> pd.DataFrame:
    """Return a task frame of the declared columns, its ids t0, t1 …; true so many seconds after midnight."""
    frame = schema.empty(schema.TASKS).reindex(range(len(rows)))
    cells = pd.DataFrame([{"task_id": f"t{number}", **row} for number, row in enumerate(rows)])
    for name, column in cells.items():
        if name == "state":
            frame[name] = pd.Categorical(column, categories=schema.in_order(column))
        elif name in ("created_at", "started_at", "ended_at"):
            frame[name] = pd.to_datetime(column, utc=True).astype(schema.UTC)
        else:
            frame[name] = column.astype(schema.TEXT)
    frame.attrs["ledger"] = Ledger((), None if as_of is None else clock(as_of))
    return frame


def clock(seconds: float) -> datetime:
    """Return the instant so many seconds after midnight."""
    return datetime.fromtimestamp(MIDNIGHT.timestamp() + seconds, UTC)


def queues(**caps: int | None) -> pd.DataFrame:
    """Return a queue frame with these caps."""
    rows = {"queue_id": pd.Series(list(caps), dtype=schema.TEXT)}
    return pd.DataFrame({**rows, "max_concurrent": pd.array(list(caps.values()), dtype=schema.INTEGER)})
