"""The reading side of an archive."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

import pandas as pd

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.fetch.common import Ids, ids_of
from cijob_analysis.ledger import Ledger, clock_text, counted
from cijob_analysis.schema import LEVELS
from cijob_analysis.service.arguments import time_of
from cijob_analysis.snapshot import Snapshot
from cijob_analysis.snapshot.extra import need

if TYPE_CHECKING:
    from cijob_analysis.archive.reading import Filters

_TIMES = ("created_at", "started_at", "ended_at")

_KNOWN = {
    "batch_jobs": ("batch_job_id", "type", "state", "created_at"),
    "executions": ("run_id", "batch_job_id", "workflow_id", "state", *_TIMES),
    "tasks": ("task_id", "run_id", "batch_job_id", "workflow_id", "task_type", "state", *_TIMES),
}
"""What a refresh needs to know: of each row its keys, its kind, its state and its times."""

_SHOWN = 5
"""How many refreshes the picture in a notebook shows."""


class Reader:
    """What an archive answers; see `Archive`."""

    def __init__(self, path_or_url: str | PathLike[str], *, storage_options: Mapping[str, str] | None = None) -> None:
        need("deltalake", "pyarrow")
        from cijob_analysis.archive.tables import Tables

        self._tables = Tables(fspath(path_or_url), storage_options)

    def snapshot(
        self,
        batch_job_ids: Ids | None = None,
        *,
        states: str | Iterable[str] | None = None,
        created_after: object = None,
        created_before: object = None,
    ) -> Snapshot:
        """Return what the archive holds, or those batch jobs that the filters let through with all below them.

        Parameters
        ----------
        batch_job_ids : str, iterable of str or pandas.DataFrame, optional
            One id, several, or a frame with the column ``batch_job_id``. The ledger names those that are not there.
        states : str or iterable of str, optional
            Only batch jobs in these states.
        created_after, created_before : datetime.datetime, pandas.Timestamp or str, optional
            Only batch jobs created in between, both ends included; with a zone.

        Returns
        -------
        Snapshot
            Columns and dtypes as fetched, newest first, then by id; without a refresh, empty. The ledgers are those
            of the last refresh, with what was incomplete since the last one that came to its end.

        Raises
        ------
        ConfigurationError
            An argument is malformed.
        """
        from cijob_analysis.archive.reading import Filters

        return self._read(
            Filters(
                batch_job_ids=None if batch_job_ids is None else _texts(ids_of(batch_job_ids, "batch_job_id"), "id"),
                states=None if states is None else _texts(ids_of(states, "state"), "state"),
                created_after=time_of(created_after, "created_after"),
                created_before=time_of(created_before, "created_before"),
            )
        )

    def known(self) -> Snapshot:
        """Return what a refresh needs: all workflows; of all other rows keys, kind, state and times; the ledgers."""
        from cijob_analysis.archive.reading import Filters

        return self._read(Filters(), _KNOWN)

    def scan(self, level: str = "tasks", *, connection: object = None) -> Any:
        """Return a table as a DuckDB relation: for more rows than memory holds.

        Metrics that take any engine's frames take it, and give relations. It shows what the archive holds now; a
        later refresh does not change it.

        Parameters
        ----------
        level : {"tasks", "executions", "batch_jobs", "workflows"}
            Which table.
        connection : duckdb.DuckDBPyConnection, optional
            Whose relation it is, for settings such as ``memory_limit``; if not given, one in memory and in UTC that all
            relations share, so that they can be joined.

        Returns
        -------
        duckdb.DuckDBPyRelation
            The declared columns of that level, states as text; in no order.

        Raises
        ------
        ConfigurationError
            There is no such level, or the extra ``archive`` is not installed.
        """
        need("duckdb")
        from cijob_analysis.archive import records, scanning

        return scanning.scan(self._tables, records.visible(self._tables), _table(level), connection)

    def files(self, level: str = "tasks") -> list[str]:
        """Return the Parquet files of a table, for engines that read such files: Spark, Polars, a warehouse.

        Parameters
        ----------
        level : {"tasks", "executions", "batch_jobs", "workflows"}
            Which table.

        Returns
        -------
        list of str
            Paths, or URLs if the archive is at one. Beside the declared columns they hold ``read_at``.

        Raises
        ------
        ConfigurationError
            There is no such level.
        """
        from cijob_analysis.archive import records, scanning

        return scanning.files(self._tables, records.visible(self._tables), _table(level))

    def history(self) -> pd.DataFrame:
        """Return what each refresh brought.

        Returns
        -------
        pandas.DataFrame
            One row per refresh, newest first: ``recorded_at`` and ``as_of`` (UTC), ``is_refresh`` (False for a plain
            `merge`), ``is_complete`` (it came to its end, and lacked nothing), ``requests``, and for each level how
            many rows were read, and how many of them were new and changed: ``tasks_rows``, ``tasks_new``,
            ``tasks_changed`` ….
        """
        from cijob_analysis.archive import records

        return records.history(self._tables)

    def __repr__(self) -> str:
        return f"Archive({self._tables.shown!r})"

    def _repr_html_(self) -> str:
        from cijob_analysis.archive import reading, records

        seen = records.visible(self._tables)
        if seen is records.NOTHING:
            return f"<p>{html.escape(repr(self))}: no refresh yet</p>"
        n = {kind: reading.count(self._tables, seen, kind) for kind in LEVELS}
        held = f"{counted(n['tasks'], 'task')} of {counted(n['executions'], 'execution')} of "
        held += counted(n["batch_jobs"], "batch job")
        time = f" as of {clock_text(seen.as_of)}" if seen.as_of else ""
        remarks = sum(seen.ledgers.values(), Ledger()).remarks()
        line = html.escape(f"{self!r}: {'; '.join([held + time, *remarks])}")
        return f"<p>{line}</p>{self.history().head(_SHOWN).to_html(notebook=True)}"

    def _read(self, filters: Filters, columns: Mapping[str, tuple[str, ...]] | None = None) -> Snapshot:
        from cijob_analysis.archive import reading, records

        return reading.read(self._tables, records.visible(self._tables), filters, columns)


def _table(level: str) -> str:
    """Return `level`; raise ConfigurationError if the archive has no such table."""
    kinds = (*reversed(LEVELS), "workflows")
    if level not in kinds:
        raise ConfigurationError(f"level={level!r} is none of {', '.join(kinds)}")
    return level


def _texts(values: Iterable[object], what: str) -> list[str]:
    """Return `values` once each; raise ConfigurationError if one is no text."""
    texts = list(dict.fromkeys(value for value in values if isinstance(value, str)))
    odd = [value for value in values if not isinstance(value, str)]
    if odd:
        raise ConfigurationError(f"{odd[0]!r} is no {what}")
    return texts
