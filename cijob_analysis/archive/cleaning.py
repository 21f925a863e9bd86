"""Tables kept tidy: small files joined, files that no reader needs removed."""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from deltalake.exceptions import CommitFailedError

if TYPE_CHECKING:
    from deltalake import DeltaTable

SMALL_FILES = 20
"""So many files, and a table is compacted: each merge adds some."""


def compact_if_scattered(table: DeltaTable) -> None:
    """Join the small files of each month, if there are many."""
    files = table.file_uris()
    folders = {file.rpartition("/")[0] for file in files}
    if len(files) - len(folders) >= SMALL_FILES:
        with suppress(CommitFailedError):  # another writer is at it; next time
            table.optimize.compact()


def vacuum(table: DeltaTable, visible: int, keep: timedelta, dry_run: bool) -> list[str]:
    """Remove files that neither the version `visible` nor any other one of the time `keep` needs; return their paths.

    Parameters
    ----------
    table : deltalake.DeltaTable
        At its newest version.
    visible : int
        The version that readers see: an older one than the newest, if a merge was killed.
    keep : datetime.timedelta
        How long files stay that a later version has replaced, or that no version has (yet).
    dry_run : bool
        Only return the paths.
    """
    if visible < table.version():
        following = next(commit for commit in table.history() if commit["version"] == visible + 1)
        since = datetime.fromtimestamp(following["timestamp"] / 1000, UTC)
        keep = max(keep, datetime.now(UTC) - since + timedelta(hours=1))
    elif not dry_run:
        table.create_checkpoint()  # of what readers see, so that it needs no older log
        table.cleanup_metadata()
    hours = math.ceil(keep / timedelta(hours=1))
    return list(table.vacuum(hours, dry_run=dry_run, enforce_retention_duration=False, full=True))
