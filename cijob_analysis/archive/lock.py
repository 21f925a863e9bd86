"""One writer at a time in a folder."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

NAME = ".lock"


@contextlib.contextmanager
def locked(folder: Path | None) -> Iterator[None]:
    """Hold the lock of `folder`, which is made if it is not there; wait for it as long as another process holds it.

    It keeps writers from redoing each other's work. That none loses rows does not depend on it: Delta Lake finds
    conflicts by itself, which is all there is at a URL (None), on Windows, and on file systems without locks.
    The system frees the lock of a process that dies.
    """
    if folder is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / NAME).open("ab") as file:
        _wait_for(file)
        yield  # closing the file frees it


def _wait_for(file: IO[bytes]) -> None:
    if sys.platform != "win32":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
