"""Rows into a table by their key: only those that are new or say something else than before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cijob_analysis import schema
from cijob_analysis.archive.arrow import MONTH, READ_AT, months, stored_schema, texts, to_arrow
from cijob_analysis.archive.cleaning import compact_if_scattered
from cijob_analysis.archive.tables import Tables, in_turn
from cijob_analysis.exceptions import ConfigurationError

if TYPE_CHECKING:
    from datetime import datetime

    from deltalake import DeltaTable

_PARENTS: Final = ("batch_job_id", "run_id", "workflow_id")
LASTING: Final = {
    "batch_jobs": ("created_at",),
    "executions": (*_PARENTS, "workflow_name", "object_key", "created_at", "started_at", "ended_at", "topology"),
    "tasks": (
        *_PARENTS,
        "node",
        "task_type",
        "object_key",
        "queue_id",
        "created_at",
        "media_duration_s",
        "template_id",
    ),
    "workflows": ("created_at",),
}
"""Columns that are fixed once they are known, and that some answers do not say (lists of executions say neither
name nor topology, tasks asked for by id say no batch job): what is known stays when a later answer is silent."""


@dataclass(frozen=True)
class Upserted:
    """What became of a frame: how many rows it had, how many of them were new, and how many changed."""

    rows: int
    new: int
    changed: int


def check(kind: str, frame: pd.DataFrame, read_at: datetime | None) -> None:
    """Raise unless `frame` can be kept in the table of `kind`.

    Raises
    ------
    SchemaError
        It lacks a column.
    ConfigurationError
        It has a column that is not declared, a row without a key, a key twice, or does not say when it was read.
    """
    declared = [column.name for column in schema.TABLES[kind]]
    schema.require(frame, *declared)
    others = [str(name) for name in frame.columns if name not in declared]
    if others:
        raise ConfigurationError(f"an archive keeps what the service said; {kind} has {', '.join(others)}, too")
    keys = frame[schema.KEYS[kind]]
    if keys.isna().any() or keys.duplicated().any():
        odd = keys[keys.isna() | keys.duplicated()].iloc[0]
        raise ConfigurationError(
            f"{kind}: a row without {keys.name}" if pd.isna(odd) else f"{kind}: {odd} is there twice"
        )
    if len(frame) and read_at is None:
        raise ConfigurationError(
            f"nothing says when {kind} were read: neither as_of of the snapshot nor that of the frame's ledger"
        )


def upsert(tables: Tables, kind: str, frame: pd.DataFrame, read_at: datetime | None) -> Upserted:
    """Bring the table of `kind` up to date with `frame`, in one commit, or none if nothing changed.

    A row that the table has from a later reading stays as it is.

    Parameters
    ----------
    tables : Tables
        Where.
    kind : str
        Which table.
    frame : pandas.DataFrame
        One that `check` lets through.
    read_at : datetime.datetime or None
        When it was read; None only without rows.
    """
    rows = to_arrow(kind, frame)

    def attempt() -> Upserted:
        table = tables.open_or_create(kind, stored_schema(kind), time="created_at", partition_by=[MONTH])
        new, changed, stored_months = _changes(table, rows, kind, read_at) if len(rows) else (rows, rows, set())
        if len(new) + len(changed):
            source = pa.concat_tables([new, changed])
            source = source.append_column(MONTH, months(source["created_at"]))
            source = source.append_column(
                stored_schema(kind).field(READ_AT), pa.array([read_at] * len(source), pa.timestamp("us", "UTC"))
            )
            _merge(table, source, schema.KEYS[kind], stored_months)
            compact_if_scattered(table)
        return Upserted(len(rows), len(new), len(changed))

    return in_turn(attempt, f"write {kind}")


def _changes(table: DeltaTable, rows: Any, kind: str, read_at: datetime | None) -> tuple[Any, Any, set[str]]:
    """Return the rows that `table` has not, those that it has otherwise, and the months in which it has the latter."""
    key = schema.KEYS[kind]
    positions = pd.Index(rows[key].to_numpy())
    stored = table.to_pyarrow_dataset(as_large_types=True)
    is_new = np.ones(len(rows), bool)
    where: set[str] = set()
    for batch in stored.to_batches(columns=[key, MONTH]):
        position = positions.get_indexer(batch[key].to_numpy(zero_copy_only=False))
        is_new[position[position >= 0]] = False
        where.update(batch.filter(pa.array(position >= 0))[MONTH].unique().to_pylist())
    changed = [rows.slice(0, 0)]
    for batch in stored.to_batches(filter=pc.field(MONTH).isin(texts(where))):
        position = positions.get_indexer(batch[key].to_numpy(zero_copy_only=False))
        is_wanted = pc.and_(pa.array(position >= 0), pc.less_equal(batch[READ_AT], pa.scalar(read_at)))
        known = pa.table(batch).filter(is_wanted)
        changed.append(_updated(rows.take(pa.array(position).filter(is_wanted)), known, LASTING[kind]))
    return rows.filter(pa.array(is_new)), pa.concat_tables(changed), where


def _updated(rows: Any, known: Any, lasting: tuple[str, ...]) -> Any:
    """Return those of `rows` that differ from `known`, row by row, with what is lasting filled in."""
    differs = pa.chunked_array([pa.array([False] * len(rows), pa.bool_())])
    for number, field in enumerate(rows.schema):
        if field.name not in known.column_names:
            differs = pc.or_(differs, pc.is_valid(rows[field.name]))  # a column that is newer than the table
            continue
        before = known[field.name]
        if field.name in lasting:
            rows = rows.set_column(number, field, pc.coalesce(rows[field.name], before))
        now = rows[field.name]
        is_same = pc.or_(pc.fill_null(pc.equal(now, before), False), pc.and_(pc.is_null(now), pc.is_null(before)))
        differs = pc.or_(differs, pc.invert(is_same))
    return rows.filter(differs)


def _merge(table: DeltaTable, source: Any, key: str, stored_months: set[str]) -> None:
    """Write `source` into `table`; only the files of the months concerned are looked at."""
    concerned = ", ".join(f"'{month}'" for month in sorted({*source[MONTH].unique().to_pylist(), *stored_months}))
    (
        table.merge(
            source,
            f"target.{key} = source.{key} AND target.{MONTH} IN ({concerned})",
            source_alias="source",
            target_alias="target",
            merge_schema=True,
        )
        .when_matched_update_all(predicate=f"source.{READ_AT} >= target.{READ_AT}")
        .when_not_matched_insert_all()
        .execute()
    )
