"""Where commands that fetch nothing take a snapshot from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cijob_analysis.exceptions import ConfigurationError

if TYPE_CHECKING:
    from cijob_analysis.snapshot import Snapshot


def snapshot_of(path: Path) -> Snapshot:
    """Read the snapshot that a folder is, or the whole of an archive.

    Raises
    ------
    FileNotFoundError
        There is nothing.
    ConfigurationError
        It is neither.
    ResponseFormatError
        A file is damaged.
    """
    from cijob_analysis import Archive, read_snapshot

    if not path.exists():
        raise FileNotFoundError(f"{path} is not there: `cijob fetch … --snapshot {path}` writes a snapshot")
    if (path / "snapshot.json").exists():
        return read_snapshot(path)
    snapshot = Archive(path).snapshot()
    if snapshot.as_of is None:
        raise ConfigurationError(f"{path} is neither a snapshot's folder nor an archive that holds anything")
    return snapshot
