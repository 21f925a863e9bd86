"""Frames to Arrow tables as they are stored, and back with their dtypes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cijob_analysis import schema
from cijob_analysis.schema import Column

MONTH: Final = "created_month"
"""The partition: month of creation in UTC as text, ``2026-05``; ``none`` without a creation time. Not in frames."""

READ_AT: Final = "read_at"
"""When the row was read from the service. Not in frames."""

NO_MONTH: Final = "none"

_ARROW: Final = {
    schema.TEXT: pa.large_string(),
    schema.STATE: pa.large_string(),
    schema.UTC: pa.timestamp("us", "UTC"),
    schema.INTEGER: pa.int64(),
    schema.NUMBER: pa.float64(),
}

_PANDAS: Final = {pa.large_string(): pd.StringDtype(), pa.int64(): pd.Int64Dtype()}


def stored_schema(kind: str) -> Any:
    """Return the Arrow schema of the table of `kind`: the declared columns, month and time of reading."""
    declared = [(column.name, _ARROW[column.dtype]) for column in schema.TABLES[kind]]
    return pa.schema([*declared, (MONTH, pa.large_string()), (READ_AT, pa.timestamp("us", "UTC"))])


def to_arrow(kind: str, frame: pd.DataFrame) -> Any:
    """Return the declared columns of `frame` as an Arrow table."""
    columns = schema.TABLES[kind]
    arrays = [pa.Array.from_pandas(_plain(frame[column.name], column), type=_ARROW[column.dtype]) for column in columns]
    return pa.table(arrays, names=[column.name for column in columns])


def texts(values: Iterable[str]) -> Any:
    """Return texts as an Arrow array of the type that stored texts have when they are read; there may be none."""
    return pa.array(list(values), pa.large_string())


def is_one_of(name: str, values: Iterable[str]) -> Any:
    """Return the expression for rows whose text in column `name` is one of `values`.

    Without the cast pyarrow would compare `values` with the statistics of each file, which fails where `deltalake`
    wrote the texts as string views: pyarrow cannot compare these.
    """
    return pc.field(name).cast(pa.string()).isin(pa.array(list(values), pa.string()))


def months(created_at: Any) -> Any:
    """Return the month of each creation time, as it stands in `MONTH`."""
    names = np.datetime_as_string(created_at.to_numpy().astype("M8[M]"))
    return pa.array(np.where(names == "NaT", NO_MONTH, names)).cast(pa.large_string())


def to_frame(table: Any, columns: tuple[Column, ...]) -> pd.DataFrame:
    """Return `table` as a frame of `columns`, with their dtypes, newest first and then by id.

    Parameters
    ----------
    table : pyarrow.Table
        Stored rows; a column that it lacks is missing in all rows.
    columns : tuple of Column
        Which, the id first.
    """
    newest_first = [("created_at", "descending"), (columns[0].name, "ascending")]
    table = table.sort_by([order for order in newest_first if order[0] in table.column_names])
    frame = pd.DataFrame(table.to_pandas(types_mapper=_PANDAS.get))
    for column in columns:
        if column.dtype == schema.STATE:
            frame[column.name] = _states(table[column.name])
        elif column.name not in frame:
            frame[column.name] = pd.Series(index=frame.index, dtype=column.dtype)
        else:
            frame[column.name] = frame[column.name].astype(column.dtype)  # type: ignore[call-overload]
    return frame[[column.name for column in columns]]


def _plain(series: pd.Series[Any], column: Column) -> pd.Series[Any]:
    return series.astype(schema.TEXT) if column.dtype == schema.STATE else series


def _states(column: Any) -> pd.Categorical[str]:
    """Return states as the categorical that a fetch makes of them: unknown ones in the order in which they come."""
    names = schema.in_order(state for state in pc.unique(column).to_pylist() if state is not None)
    codes = pc.fill_null(pc.index_in(column, texts(names)), -1).to_numpy()
    return pd.Categorical.from_codes(codes, categories=pd.Index(names))
