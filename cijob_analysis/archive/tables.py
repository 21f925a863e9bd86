"""Delta Lake tables below one path: found, made, and written in turn with other writers."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from cijob_analysis.exceptions import CIJobError

T = TypeVar("T")

ATTEMPTS = 12
"""How often a write is tried while other writers are faster."""

_CONFIGURATION: Final = {
    "delta.checkpointInterval": "10",  # opening a table reads what came after the last checkpoint, file by file
    "delta.enableExpiredLogCleanup": "false",  # readers may see an old version for long; `vacuum` cleans up
}


class Tables:
    """Where the tables are.

    Parameters
    ----------
    root : str
        A folder, or a URL that object stores have.
    storage_options : mapping of str to str, optional
        What `deltalake` needs to reach the URL, credentials included.
    """

    def __init__(self, root: str, storage_options: Mapping[str, str] | None = None) -> None:
        self.root = root
        self._options = None if storage_options is None else dict(storage_options)

    @property
    def folder(self) -> Path | None:
        """The folder; None for a URL."""
        return None if "://" in self.root else Path(self.root)

    @property
    def shown(self) -> str:
        """The path or URL, without the credentials that a URL may hold."""
        return re.sub(r"(?<=://)[^/?#]*@", "***@", re.sub(r"(?<=[?#]).*", "***", self.root, flags=re.DOTALL))

    def open(self, name: str, version: int | None = None) -> DeltaTable | None:
        """Return a table as of `version`, the newest if not given; None if there is none."""
        if self.folder is not None and not (self.folder / name / "_delta_log").is_dir():
            return None  # looking for a table in a folder that is not there, deltalake may make the folder
        try:
            return DeltaTable(self._uri(name), version=version, storage_options=self._options)
        except TableNotFoundError:
            return None

    def version(self, name: str) -> int | None:
        """Return the newest version of a table; None if there is none."""
        table = self.open(name)
        return None if table is None else table.version()

    def open_or_create(self, name: str, schema: Any, *, time: str, partition_by: Sequence[str] = ()) -> DeltaTable:
        """Return the newest version of a table; make it, without rows, if there is none.

        Parameters
        ----------
        name : str
            Which.
        schema : pyarrow.Schema
            Its columns.
        time : str
            The column whose extremes tell readers which files they need not open; those of ids would tell nothing.
        partition_by : sequence of str
            Columns of which each value has a folder of its own.
        """

        def attempt() -> DeltaTable:
            return self.open(name) or DeltaTable.create(
                self._uri(name),
                schema,
                mode="error",
                partition_by=list(partition_by),
                configuration={**_CONFIGURATION, "delta.dataSkippingStatsColumns": time},
                storage_options=self._options,
            )

        return in_turn(attempt, f"make the table {name}")

    def _uri(self, name: str) -> str:
        return f"{self.root.rstrip('/')}/{name}"


def in_turn(attempt: Callable[[], T], what: str) -> T:
    """Return what `attempt` returns; try it again, later each time, when another writer was faster.

    Parameters
    ----------
    attempt : callable
        Opens a table, looks at it and writes: begins anew each time.
    what : str
        What it does, for the error.

    Raises
    ------
    CIJobError
        Others were faster each time; asking again may help.
    """
    for number in range(ATTEMPTS):
        try:
            return attempt()
        except (CommitFailedError, DeltaError) as error:
            if not _is_conflict(error):
                raise
            last = error
        time.sleep(random.random() * min(5.0, 0.02 * 2.0**number))  # noqa: S311 - no secret
    busy = CIJobError(f"could not {what} in {ATTEMPTS} attempts: other writers were faster each time; try again later")
    busy.retryable = True
    raise busy from last


def _is_conflict(error: Exception) -> bool:
    return isinstance(error, CommitFailedError) or "already exists" in str(error)
