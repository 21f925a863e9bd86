"""Columns, states and their order: declared once, read by the reader, the frames, the metrics and the documentation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pandas as pd

from cijob_analysis.exceptions import SchemaError
from cijob_analysis.schema.column import INTEGER as INTEGER
from cijob_analysis.schema.column import NUMBER as NUMBER
from cijob_analysis.schema.column import STATE as STATE
from cijob_analysis.schema.column import STATES as STATES
from cijob_analysis.schema.column import TERMINAL as TERMINAL
from cijob_analysis.schema.column import TEXT as TEXT
from cijob_analysis.schema.column import TYPES as TYPES
from cijob_analysis.schema.column import UTC as UTC
from cijob_analysis.schema.column import Column as Column
from cijob_analysis.schema.column import State as State
from cijob_analysis.schema.tables import BATCH_JOBS as BATCH_JOBS
from cijob_analysis.schema.tables import EXECUTIONS as EXECUTIONS
from cijob_analysis.schema.tables import EXTRA as EXTRA
from cijob_analysis.schema.tables import INPUT_KINDS as INPUT_KINDS
from cijob_analysis.schema.tables import QUEUES as QUEUES
from cijob_analysis.schema.tables import TABLES as TABLES
from cijob_analysis.schema.tables import TASKS as TASKS
from cijob_analysis.schema.tables import WORKFLOWS as WORKFLOWS

DURATIONS: Final = ("queue_wait_s", "run_time_s", "turnaround_s")

LEVELS: Final = ("batch_jobs", "executions", "tasks")
"""From above to below: a batch job has executions, an execution has tasks."""

KEYS: Final = {kind: columns[0].name for kind, columns in TABLES.items()}
"""The column that tells the rows of each kind of frame apart."""

_NOUNS: Final = {
    "task_id": "task",
    "run_id": "execution",
    "batch_job_id": "batch job",
    "queue_id": "queue",
    "workflow_id": "workflow",
}
"""What a row is called, by its key: the lowest level first, as rows carry the keys of their parents."""


def dtype_of(column: Column) -> object:
    """Return the pandas dtype of `column`."""
    return pd.CategoricalDtype(list(STATES)) if column.dtype == STATE else column.dtype


def empty(columns: tuple[Column, ...]) -> pd.DataFrame:
    """Return a frame without rows, of the declared columns and dtypes."""
    return pd.DataFrame({column.name: pd.Series([], dtype=dtype_of(column)) for column in columns})  # type: ignore[call-overload]


def declared(names: Iterable[str]) -> dict[str, Column]:
    """Return what is declared of the kind of frame that has columns of these `names`, by name.

    Rows carry the keys of their parents, too: the lowest level that has its own key counts.
    """
    there = set(names)
    kind = next((kind for kind in reversed(LEVELS) if KEYS[kind] in there), None)
    kind = kind or next((kind for kind in ("queues", "workflows") if KEYS[kind] in there), "batch_jobs")
    return {column.name: column for column in TABLES[kind]}


def require(frame: pd.DataFrame, *names: str) -> None:
    """Raise unless `frame` has the columns `names`.

    Raises
    ------
    SchemaError
        Naming what is missing and what is there.
    """
    missing = [name for name in names if name not in frame.columns]
    if missing:
        there = ", ".join(map(str, frame.columns)) or "no column"
        raise SchemaError(f"the frame lacks {', '.join(missing)}; it has {there}")


def in_order(states: Iterable[str]) -> list[str]:
    """Return all known states in their order, then the unknown ones of `states` in theirs."""
    return [*STATES, *dict.fromkeys(state for state in states if state not in STATES)]


def key_of(frame: pd.DataFrame) -> str:
    """Return the name of the column that tells the rows of `frame` apart: its level's own id.

    Raises
    ------
    SchemaError
        The frame has none of these ids.
    """
    for name in _NOUNS:
        if name in frame.columns:
            return name
    raise SchemaError(f"the frame has none of {', '.join(_NOUNS)}, so its rows have no name")


def noun_of(frame: pd.DataFrame) -> str:
    """Return what one row of `frame` is called: task, execution, batch job, queue or workflow."""
    return _NOUNS[key_of(frame)]
