"""Rows in columns: as much of them as lists need in order to filter and to sort, the rest on demand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from cijob_analysis.local.entities import BatchJob, Execution, Task
from cijob_analysis.schema import STATES

Row = TypeVar("Row", BatchJob, Execution, Task)

STATE_CODES: Final = {state: code for code, state in enumerate(STATES)}


@dataclass(frozen=True, eq=False)
class Table(Generic[Row]):
    """Rows of one level.

    Attributes
    ----------
    created : numpy.ndarray of int64
        When each was created [Unix s].
    state : numpy.ndarray of int8
        Position of its state in `STATES`; one more than the last for a state that is not there.
    part : numpy.ndarray of int32
        Position in `parts` of what it shares with others.
    parts : sequence
        Whatever has the attributes by which a list may be filtered.
    row : callable
        Returns the row at a position.
    object_keys : callable
        Returns the keys of the rows' objects.
    """

    created: NDArray[np.int64]
    state: NDArray[np.int8]
    part: NDArray[np.int32]
    parts: Sequence[Any]
    row: Callable[[int], Row]
    object_keys: Callable[[], list[str]]

    def __len__(self) -> int:
        return len(self.created)


def table_of(rows: Sequence[Row]) -> Table[Row]:
    """Return the table of `rows` that somebody wrote by hand."""
    return Table(
        np.array([int(row.created_at.timestamp()) for row in rows], np.int64),
        np.array([STATE_CODES.get(row.state, len(STATES)) for row in rows], np.int8),
        np.arange(len(rows), dtype=np.int32),
        rows,
        rows.__getitem__,
        lambda: [getattr(row, "object_key", "") for row in rows],
    )


def merged(tables: Sequence[Table[Row]]) -> Table[Row]:
    """Return one table with the rows of all."""
    if len(tables) == 1:
        return tables[0]
    lengths = np.array([len(table) for table in tables], np.int64)
    ends = np.cumsum(lengths)
    parts_before = np.cumsum([0, *(len(table.parts) for table in tables)])

    def row(index: int) -> Row:
        number = int(np.searchsorted(ends, index, "right"))
        return tables[number].row(index - int(ends[number] - lengths[number]))

    def joined(columns: list[NDArray[Any]], dtype: type) -> NDArray[Any]:
        return np.concatenate([np.empty(0, dtype), *columns])

    shifted = [table.part + before for table, before in zip(tables, parts_before[:-1], strict=True)]
    return Table(
        joined([table.created for table in tables], np.int64),
        joined([table.state for table in tables], np.int8),
        joined(shifted, np.int32).astype(np.int32),
        [part for table in tables for part in table.parts],
        row,
        lambda: [key for table in tables for key in table.object_keys()],
    )
