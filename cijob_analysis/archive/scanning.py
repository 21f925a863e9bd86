"""The tables as they lie: their files for other engines, and a relation of the embedded one."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from cijob_analysis import schema
from cijob_analysis.archive.arrow import stored_schema
from cijob_analysis.archive.reading import open_table

if TYPE_CHECKING:
    from cijob_analysis.archive.records import Visible
    from cijob_analysis.archive.tables import Tables

_SQL: Final = {
    schema.TEXT: "VARCHAR",
    schema.STATE: "VARCHAR",
    schema.UTC: "TIMESTAMPTZ",
    schema.INTEGER: "BIGINT",
    schema.NUMBER: "DOUBLE",
}


@cache
def own_connection() -> Any:
    """Return the connection of all relations that are given no other: in memory, and in UTC.

    It is kept, as a relation does not keep its connection open in all versions of DuckDB.
    """
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def files(tables: Tables, seen: Visible, kind: str) -> list[str]:
    """Return the Parquet files that hold the rows of `kind` that readers see: paths in a folder, or URLs."""
    table = open_table(tables, seen, kind)
    uris = [] if table is None else table.file_uris()
    return [unquote(urlsplit(uri).path) if uri.startswith("file://") else uri for uri in uris]


def scan(tables: Tables, seen: Visible, kind: str, connection: Any = None) -> Any:
    """Return the rows of `kind` that readers see as a relation; nothing is read before it is asked something.

    Parameters
    ----------
    tables : Tables
        Where.
    seen : Visible
        The versions to read.
    kind : str
        Which table.
    connection : duckdb.DuckDBPyConnection, optional
        Whose relation it is; `own_connection` if not given.
    """
    connection = connection or own_connection()
    table, paths = open_table(tables, seen, kind), files(tables, seen, kind)
    if table is None or not paths:
        relation = connection.from_arrow(stored_schema(kind).empty_table())
    elif tables.folder is not None or all(path.startswith("/") for path in paths):
        relation = connection.read_parquet(paths, union_by_name=True, hive_partitioning=False)
    else:  # the object store is reached by deltalake, with its options
        relation = connection.from_arrow(table.to_pyarrow_dataset(as_large_types=True))
    there = set(relation.columns)
    columns = [
        f'"{column.name}"' if column.name in there else f'CAST(NULL AS {_SQL[column.dtype]}) AS "{column.name}"'
        for column in schema.TABLES[kind]
    ]
    return relation.project(", ".join(columns))
