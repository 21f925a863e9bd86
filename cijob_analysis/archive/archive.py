"""The archive: tables in a folder or at a URL that outlive the service's memory."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cijob_analysis.archive.lock import locked
from cijob_analysis.archive.reader import Reader
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.fetch.changes import fetch_changes
from cijob_analysis.ledger import ledger_of
from cijob_analysis.snapshot import Snapshot

if TYPE_CHECKING:
    from cijob_analysis.archive.records import Refresh
    from cijob_analysis.service.client import Client


class Archive(Reader):
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
