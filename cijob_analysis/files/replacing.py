"""Files that are whole or not there: written beside their place, and moved there when they are complete."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path


@contextmanager
def replacing(path: str | PathLike[str], *, overwrite: bool) -> Iterator[Path]:
    """Give a place beside `path` to write to; what stands there at the end becomes `path`, all at once.

    If nothing stands there, a file that was to be replaced is removed. After an exception, Ctrl-C included, there is no
    new file, and one that was there is as it was.

    Raises
    ------
    FileExistsError
        There is a file and `overwrite` is false; asked before anything is written, and again at the end.
    FileNotFoundError
        There is no such folder.
    IsADirectoryError
        `path` is a folder.
    """
    path = Path(path)
    _check(path, overwrite)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield temporary
        _check(path, overwrite)
        if temporary.exists():
            temporary.replace(path)
        else:
            path.unlink(missing_ok=True)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _check(path: Path, overwrite: bool) -> None:
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name the file")
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists; overwrite=True replaces it")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path.parent} is no folder")
