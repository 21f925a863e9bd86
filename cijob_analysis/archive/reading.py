"""Rows out of the tables: filters go down to the partitions and into the Parquet reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from cijob_analysis import schema
from cijob_analysis.archive.arrow import MONTH, is_one_of, texts, to_frame
from cijob_analysis.archive.records import Visible
from cijob_analysis.archive.tables import Tables
from cijob_analysis.exceptions import ResponseFormatError
from cijob_analysis.ledger import Failure, Ledger, LedgerEntry, ledger_of
from cijob_analysis.snapshot import Snapshot

if TYPE_CHECKING:
    import pandas as pd
    from deltalake import DeltaTable

_SLACK: Final = timedelta(days=1)
"""Nothing is created before the batch job that it belongs to; the service's clocks need not agree to the second."""

_LAST: Final = "~"
"""After every month, and after ``none``, which is after every month, too."""


@dataclass(frozen=True)
class _Rows:
    """Which rows of a table: an Arrow expression, None for all, and the first and the last month they may be in."""

    expression: Any = None
    first: str = ""
    last: str = _LAST


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which batch jobs; None for all.

    Attributes
    ----------
    batch_job_ids, states : list of str or None
        Only these.
    created_after, created_before : datetime.datetime or None
        Only those created in between, both ends included.
    """

    batch_job_ids: list[str] | None = None
    states: list[str] | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None

    def rows(self) -> _Rows:
        """Return the batch jobs that they let through."""
        conditions = []
        if self.batch_job_ids is not None:
            conditions.append(is_one_of("batch_job_id", self.batch_job_ids))
        if self.states is not None:
            conditions.append(is_one_of("state", self.states))
        if self.created_after is not None:
            conditions.append(pc.field("created_at") >= _instant(self.created_after))
        if self.created_before is not None:
            conditions.append(pc.field("created_at") <= _instant(self.created_before))
        return _Rows(
            reduce(and_, conditions) if conditions else None,
            "" if self.created_after is None else _month(self.created_after),
            _LAST if self.created_before is None else _month(self.created_before),
        )


def read(
    tables: Tables, seen: Visible, filters: Filters, columns: Mapping[str, tuple[str, ...]] | None = None
) -> Snapshot:
    """Return what readers see, or those batch jobs that `filters` let through with all that belongs to them.

    Parameters
    ----------
    tables : Tables
        Where.
    seen : Visible
        The versions to read, and the ledgers that frames get.
    filters : Filters
        Which batch jobs.
    columns : mapping of str to tuple of str, optional
        Only these columns of a kind; all declared ones of those that are not there.

    Returns
    -------
    Snapshot
        Each frame newest first and then by id, workflows in the order in which the executions name them, as fetched.
        Ids that are not there are failures in the ledger.
    """

    def frame(kind: str, which: _Rows) -> pd.DataFrame:
        names = (columns or {}).get(kind)
        declared = tuple(column for column in schema.TABLES[kind] if names is None or column.name in names)
        table = open_table(tables, seen, kind)
        return schema.empty(declared) if table is None else to_frame(_select(table, which, declared), declared)

    which = filters.rows()
    batch_jobs = frame("batch_jobs", which)
    below = which if which.expression is None else _below(batch_jobs)
    executions = frame("executions", below)
    ran = executions["workflow_id"].dropna().unique()
    workflows = frame("workflows", which if which.expression is None else _Rows(is_one_of("workflow_id", ran)))
    place = {key: number for number, key in enumerate(ran)}
    order = sorted(range(len(workflows)), key=lambda row: place.get(workflows["workflow_id"].iloc[row], len(place)))
    frames = {
        "batch_jobs": batch_jobs,
        "executions": executions,
        "tasks": frame("tasks", below),
        "workflows": workflows.iloc[order].reset_index(drop=True),
    }
    for kind, read in frames.items():
        read.attrs["ledger"] = seen.ledgers.get(kind, Ledger())
    if filters.batch_job_ids is not None:
        found = set(batch_jobs["batch_job_id"])
        batch_jobs.attrs["ledger"] = ledger_of(batch_jobs) + _not_there(
            [key for key in filters.batch_job_ids if key not in found]
        )
    return Snapshot(as_of=seen.as_of, **frames)


def count(tables: Tables, seen: Visible, kind: str) -> int:
    """Return how many rows of `kind` readers see."""
    table = open_table(tables, seen, kind)
    return 0 if table is None else int(table.to_pyarrow_dataset().count_rows())


def open_table(tables: Tables, seen: Visible, kind: str) -> DeltaTable | None:
    """Return the table of `kind` as readers see it; None before the first refresh."""
    if kind not in seen.versions:
        return None
    table = tables.open(kind, seen.versions[kind])
    if table is None:
        raise ResponseFormatError(f"{tables.shown} lacks the table {kind}, which its refreshes speak of")
    return table


def _select(table: DeltaTable, which: _Rows, declared: tuple[schema.Column, ...]) -> Any:
    """Return those of the declared columns that `table` has, of the rows asked for."""
    stored = table.to_pyarrow_dataset(as_large_types=True)
    there = [column.name for column in declared if column.name in stored.schema.names]
    months = [partition[MONTH] for partition in table.partitions()]
    in_months = pc.field(MONTH).isin(texts(month for month in months if which.first <= month <= which.last))
    where = in_months if which.expression is None else in_months & which.expression
    return stored.to_table(columns=there, filter=where)


def _below(batch_jobs: pd.DataFrame) -> _Rows:
    """Return the rows of the executions or tasks of `batch_jobs`."""
    of_these = is_one_of("batch_job_id", batch_jobs["batch_job_id"])
    created = batch_jobs["created_at"]
    if created.isna().any() or not len(created):
        return _Rows(of_these)
    return _Rows(of_these, _month(created.min().to_pydatetime() - _SLACK))


def _month(time: datetime) -> str:
    return time.astimezone(UTC).isoformat()[:7]


def _instant(time: datetime) -> Any:
    return pa.scalar(time, pa.timestamp("us", "UTC"))


def _not_there(ids: list[str]) -> Ledger:
    """Return what the ledger says of ids that were asked for and that the archive has not."""
    failures = tuple(Failure(what=key, error="not in the archive") for key in ids)
    return Ledger((LedgerEntry(request="archive", level="batch_jobs", failures=failures),)) if ids else Ledger()
