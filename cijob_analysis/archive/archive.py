"""The archive: tables in a folder or at a URL that outlive the service's memory."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from datetime import timedelta
from os import PathLike, fspath
from typing import TYPE_CHECKING

import pandas as pd

from cijob_analysis.archive.lock import locked
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.fetch.changes import fetch_changes
from cijob_analysis.fetch.common import Ids, ids_of
from cijob_analysis.ledger import Ledger, clock_text, counted, ledger_of
from cijob_analysis.schema import LEVELS
from cijob_analysis.service.arguments import time_of
from cijob_analysis.snapshot import Snapshot
from cijob_analysis.snapshot.extra import need

if TYPE_CHECKING:
    from cijob_analysis.archive.reading import Filters
    from cijob_analysis.archive.records import Refresh
    from cijob_analysis.service.client import Client

_TIMES = ("created_at", "started_at", "ended_at")

_KNOWN = {
    "batch_jobs": ("batch_job_id", "type", "state", "created_at"),
    "executions": ("run_id", "batch_job_id", "workflow_id", "state", *_TIMES),
    "tasks": ("task_id", "run_id", "batch_job_id", "workflow_id", "task_type", "state", *_TIMES),
}
"""What a refresh needs to know: of each row its keys, its kind, its state and its times."""

_SHOWN = 5
"""How many refreshes the picture in a notebook shows."""


class Archive:
    """What the service said, kept: it forgets jobs after about a month.

    The archive is a set of Delta Lake tables: ``batch_jobs``, ``executions``, ``tasks`` and ``workflows``, one row per
    key, partitioned by the month of creation (UTC), and ``refreshes``, one row per part of a refresh. Whatever reads
    Delta Lake reads them.

    What was read counts when its record is in ``refreshes``: readers see, of each table, the newest version that a
    record names. What was being written when its process was killed is not seen, and the next refresh completes it;
    until that has come to its end, the ledger says so.
    Several processes may write: in a folder they take turns; at a URL Delta Lake finds conflicts, and the later one
    tries again (the store must be able to create a file only if there is none, as all do that `deltalake` writes to
    safely). No row is lost or doubled, and a row that was read earlier never replaces one that was read later.

    Needs the extra ``archive``. Making an `Archive` touches nothing; the tables appear with the first refresh.

    Parameters
    ----------
    path_or_url : str or path
        A folder, or the URL of a place in an object store, such as ``s3://bucket/prefix``.
    storage_options : mapping of str to str, optional
        What `deltalake` needs to reach the URL: keys, endpoint, region. They are never shown.

    Raises
    ------
    ConfigurationError
        The extra ``archive`` is not installed.
    """

    def __init__(self, path_or_url: str | PathLike[str], *, storage_options: Mapping[str, str] | None = None) -> None:
        need("deltalake", "pyarrow")
        from cijob_analysis.archive.tables import Tables

        self._tables = Tables(fspath(path_or_url), storage_options)

    def refresh(
        self,
        client: Client,
        *,
        since: object = None,
        depth: str = "tasks",
        windows: int | None = None,
        progress: bool = False,
    ) -> Snapshot:
        """Read what is new or can have changed since the last refresh, and keep it, part by part.

        What was not finished is read again, and what could not be read last time; then come new batch jobs, oldest
        first; see `cijob_analysis.fetch.changes.fetch_changes`. The first refresh reads everything. Whatever stops
        it (Interrupt, an error, a kill): parts that were read are kept, and the next refresh goes on from there.

        Parameters
        ----------
        client : Client
            Whose bucket; an archive is of one.
        since : datetime.datetime, pandas.Timestamp or str, optional
            Batch jobs created earlier are left out, unless they are known; with a zone.
        depth : {"tasks", "executions", "batch_jobs"}
            The lowest level that is wanted, each time the same: of batch jobs that had ended when they were read less
            deep, nothing more is read.
        windows : int, optional
            Into how many windows the period of each list is split; see `fetch_snapshot`.
        progress : bool
            Show progress bars.

        Returns
        -------
        Snapshot
            All that the archive now holds, as `snapshot` gives it.

        Raises
        ------
        ConfigurationError
            An argument is malformed; nothing was sent.
        CIJobError
            No batch job could be read, or other writers were faster again and again.
        KeyboardInterrupt
            It was interrupted; what had been read is in the archive.
        """
        from cijob_analysis.archive import records

        refresh = records.begin(is_refresh=True)
        changes = fetch_changes(client, self.known(), since=since, depth=depth, windows=windows, progress=progress)
        for part in changes:
            self._merge(part, refresh)
        with locked(self._tables.folder):
            records.append_end(self._tables, refresh)
        return self.snapshot()

    def merge(self, snapshot: Snapshot) -> None:
        """Keep all rows of `snapshot`, and its ledger; replace rows that are there from an earlier reading.

        What is fixed for good (ids of parents, names, objects, queues, topologies …) and not said this time, stays.
        Rows that say the same as before are not written again.

        Parameters
        ----------
        snapshot : Snapshot
            As it was fetched, complete or not.

        Raises
        ------
        ConfigurationError
            Rows have no key, or the same one; there is a column that is not declared, or nothing says when the rows
            were read. Nothing was written.
        SchemaError
            A frame lacks a column.
        CIJobError
            Other writers were faster again and again (`retryable`).
        """
        from cijob_analysis.archive import records

        self._merge(snapshot, records.begin(is_refresh=False))

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

    def vacuum(self, keep: timedelta = timedelta(days=7), *, dry_run: bool = False) -> list[str]:
        """Remove files that readers no longer need: of replaced rows, and of refreshes that were killed.

        Parameters
        ----------
        keep : datetime.timedelta
            Versions of so long ago can still be read, by whoever reads the tables themselves; whole hours, rounded
            up. What readers of the archive see is never removed. Other processes may be writing at a URL: files
            younger than this are safe.
        dry_run : bool
            Remove nothing.

        Returns
        -------
        list of str
            The files, below the path of the archive.

        Raises
        ------
        ConfigurationError
            `keep` is negative.
        """
        if keep < timedelta(0):
            raise ConfigurationError(f"keep={keep} is negative")
        from cijob_analysis.archive import cleaning, records

        seen = records.visible(self._tables)
        removed: list[str] = []
        if seen is records.NOTHING:
            return removed
        with locked(self._tables.folder):
            for name, version in {**seen.versions, records.NAME: None}.items():
                table = self._tables.open(name)
                if table is not None:
                    files = cleaning.vacuum(table, table.version() if version is None else version, keep, dry_run)
                    removed += [f"{name}/{file}" for file in files]
        return removed

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

    def _merge(self, snapshot: Snapshot, refresh: Refresh) -> None:
        from cijob_analysis.archive import records, upsert

        read = [(kind, frame, ledger_of(frame).as_of or snapshot.as_of) for kind, frame in snapshot.frames()]
        for kind, frame, read_at in read:
            upsert.check(kind, frame, read_at)
        with locked(self._tables.folder):
            # Without a lock the versions below may hold rows of another writer that dies before its record. What is
            # below is written first, and looked up last, so no batch job is seen as read without what belongs to it.
            upserted = {kind: upsert.upsert(self._tables, kind, frame, at) for kind, frame, at in reversed(read)}
            versions = {kind: self._tables.version(kind) for kind, _, _ in read}
            records.append(self._tables, refresh, snapshot, upserted, versions)

    def _read(self, filters: Filters, columns: Mapping[str, tuple[str, ...]] | None = None) -> Snapshot:
        from cijob_analysis.archive import reading, records

        return reading.read(self._tables, records.visible(self._tables), filters, columns)


def _texts(values: Iterable[object], what: str) -> list[str]:
    """Return `values` once each; raise ConfigurationError if one is no text."""
    texts = list(dict.fromkeys(value for value in values if isinstance(value, str)))
    odd = [value for value in values if not isinstance(value, str)]
    if odd:
        raise ConfigurationError(f"{odd[0]!r} is no {what}")
    return texts
