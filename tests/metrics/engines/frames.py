"""The same rows as a frame of each engine, and what an engine answers as plain rows again."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any

import duckdb
import pandas as pd
import polars as pl

from cijob_analysis import schema
from cijob_analysis.metrics import portable
from cijob_analysis.metrics.concurrent import concurrency, concurrency_summary
from cijob_analysis.metrics.durations import add_durations
from cijob_analysis.metrics.failures.counts import failure_counts
from cijob_analysis.metrics.rates import throughput
from cijob_analysis.metrics.spans import makespan
from cijob_analysis.metrics.states import state_counts
from cijob_analysis.metrics.summary import duration_summary
from cijob_analysis.metrics.workflows import workflow_distribution

Row = dict[str, Any]

TIMES = ("created_at", "started_at", "ended_at")
COLUMNS = ("g", "state", *TIMES)
"""Columns that every frame has; all are text but the times."""


@dataclass(frozen=True)
class Engine:
    """One way to get the answer to a question about rows.

    `frame` makes a frame of rows and their columns; `functions` has the metrics by name; `rows` reads a result.
    """

    name: str
    frame: Callable[[list[Row], list[str]], Any]
    functions: Any
    rows: Callable[[Any], list[Row]]

    def ask(self, metric: str, rows: list[Row], more: Sequence[str] = (), **options: Any) -> list[Row]:
        """Return what `metric` answers for a frame of `rows`, as plain rows; `more` are columns beside the usual."""
        frame = self.frame(rows, [*COLUMNS, *more])
        with warnings.catch_warnings():  # what narwhals does to pandas 2.2, which warns of pandas 3
            warnings.filterwarnings("ignore", "Downcasting behavior", FutureWarning)
            return [plain(row) for row in self.rows(getattr(self.functions, metric)(frame, **options))]

    def __repr__(self) -> str:
        return self.name


def plain(row: Row) -> Row:
    """Return a row with None for what is missing, Python's own numbers, and times in UTC."""
    return {str(name): _plain(cell) for name, cell in row.items()}


def _plain(cell: Any) -> Any:
    if cell is None or pd.isna(cell):
        return None
    if isinstance(cell, pd.Timestamp):
        cell = cell.to_pydatetime()
    if isinstance(cell, datetime):
        return cell.astimezone(UTC)
    return cell.item() if hasattr(cell, "item") else cell


def pandas_frame(rows: list[Row], columns: list[str]) -> pd.DataFrame:
    """Return a pandas frame with the dtypes of the schema, the states a categorical in their order."""
    data: dict[str, Any] = {}
    for name in columns:
        cells = [row.get(name) for row in rows]
        if name in TIMES:
            data[name] = pd.Series(pd.to_datetime(pd.Series(cells, dtype=object), utc=True)).astype(schema.UTC)
        elif name == "state":
            states = schema.in_order(sorted({cell for cell in cells if cell is not None}))
            data[name] = pd.Series(cells, dtype=pd.CategoricalDtype(states))
        else:
            data[name] = pd.Series(cells, dtype=schema.TEXT)
    return pd.DataFrame(data)


def polars_frame(rows: list[Row], columns: list[str]) -> pl.DataFrame:
    """Return a Polars frame."""
    dtypes = {name: pl.Datetime("us", "UTC") if name in TIMES else pl.String() for name in columns}
    return pl.DataFrame({name: [row.get(name) for row in rows] for name in columns}, schema=dtypes)


def lazy_frame(rows: list[Row], columns: list[str]) -> pl.LazyFrame:
    """Return a lazy Polars frame."""
    return polars_frame(rows, columns).lazy()


@cache
def connection() -> duckdb.DuckDBPyConnection:
    """Return a connection that is not the default one, in a session that is not in UTC."""
    made = duckdb.connect(config={"threads": 1})
    made.execute("SET TimeZone = 'Asia/Kolkata'")
    return made


def duckdb_relation(rows: list[Row], columns: list[str]) -> duckdb.DuckDBPyRelation:
    """Return a DuckDB relation."""
    return connection().from_arrow(polars_frame(rows, columns).to_arrow())


def records(frame: pd.DataFrame) -> list[Row]:
    """Return the rows of a pandas frame."""
    return [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]


KERNELS = SimpleNamespace(
    add_durations=add_durations,
    concurrency=concurrency,
    concurrency_summary=concurrency_summary,
    duration_summary=duration_summary,
    failure_counts=failure_counts,
    makespan=makespan,
    state_counts=state_counts,
    throughput=throughput,
    workflow_distribution=workflow_distribution,
)
"""The public functions, which send what is no pandas frame on."""

ENGINES = (
    Engine("pandas", pandas_frame, KERNELS, records),
    Engine("narwhals on pandas", pandas_frame, portable, records),
    Engine("Polars", polars_frame, KERNELS, lambda frame: frame.rows(named=True)),
    Engine("Polars, lazy", lazy_frame, KERNELS, lambda frame: frame.collect().rows(named=True)),
    Engine("DuckDB", duckdb_relation, KERNELS, lambda relation: relation.pl().rows(named=True)),
)
