"""Snapshots as folders: a Parquet file for each frame, and what else there is to know as JSON."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Mapping
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from cijob_analysis.exceptions import ConfigurationError, ResponseFormatError
from cijob_analysis.ledger import ledger_of
from cijob_analysis.snapshot.extra import need
from cijob_analysis.snapshot.ledgers import ledger_from_json, ledger_to_json
from cijob_analysis.snapshot.parquet import read_table, write_table
from cijob_analysis.snapshot.value import Snapshot

FORMAT = 2
"""Layout of the folder; a later version of the package that changes it counts up."""

_INDEX = "snapshot.json"


def write_snapshot(snapshot: Snapshot, folder: str | PathLike[str], *, overwrite: bool = False) -> Path:
    """Write `snapshot` as a folder; see `Snapshot.write`."""
    need("pyarrow")
    folder = Path(folder)
    if folder.exists():
        _check_that_it_may_go(folder, overwrite)
    temporary = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
    replaced = temporary.with_suffix(".old")
    temporary.mkdir()
    try:
        frames = {kind: _write_frame(frame, temporary / f"{kind}.parquet") for kind, frame in snapshot.frames()}
        as_of = None if snapshot.as_of is None else snapshot.as_of.isoformat()
        index = {"format": FORMAT, "as_of": as_of, "frames": frames}
        (temporary / _INDEX).write_text(json.dumps(index, ensure_ascii=False, indent=1), "utf-8")
        if folder.exists():
            folder.rename(replaced)
        temporary.rename(folder)
    except BaseException:
        if replaced.exists() and not folder.exists():
            replaced.rename(folder)
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    shutil.rmtree(replaced, ignore_errors=True)
    return folder


def read_snapshot(folder: str | PathLike[str]) -> Snapshot:
    """Read a folder that `Snapshot.write` wrote.

    Parameters
    ----------
    folder : str or path
        Where it is.

    Returns
    -------
    Snapshot
        Equal to the one that was written: rows, columns, dtypes, index, categories and ledgers.

    Raises
    ------
    FileNotFoundError
        There is no such folder.
    ResponseFormatError
        It is no snapshot, a file is missing or damaged (it is named), or a newer version of this package wrote it.
    ConfigurationError
        The extra ``archive`` is not installed.
    """
    need("pyarrow")
    folder = Path(folder)
    path = folder / _INDEX
    try:
        index = json.loads(path.read_text("utf-8"))
        written, as_of, said = index["format"], index["as_of"], index["frames"]
    except (FileNotFoundError, NotADirectoryError):
        if not folder.exists():
            raise
        raise ResponseFormatError(f"{folder} is no snapshot: it has no {_INDEX}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise ResponseFormatError(f"{path} is damaged: {error}") from error
    if written != FORMAT:
        raise ResponseFormatError(f"{path} has format {written!r}; this version of the package reads format {FORMAT}")
    try:
        frames = {kind: _read_frame(folder / f"{kind}.parquet", said[kind]) for kind, _ in Snapshot().frames()}
        return Snapshot(as_of=None if as_of is None else datetime.fromisoformat(as_of), **frames)
    except (KeyError, TypeError, ValueError) as error:
        raise ResponseFormatError(f"{path} is damaged, or not of these files: {error}") from error


def _check_that_it_may_go(folder: Path, overwrite: bool) -> None:
    if not overwrite:
        raise FileExistsError(f"{folder} exists; overwrite=True replaces it")
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / _INDEX).exists()):
        raise ConfigurationError(f"{folder} is there and is no snapshot; it is not replaced")


def _write_frame(frame: pd.DataFrame, path: Path) -> dict[str, Any]:
    """Write a frame, and return what the index says of it."""
    write_table(frame, path)
    return {"rows": len(frame), "ledger": ledger_to_json(ledger_of(frame))}


def _read_frame(path: Path, said: Mapping[str, Any]) -> pd.DataFrame:
    try:
        frame = read_table(path)
    except FileNotFoundError as error:
        raise ResponseFormatError(f"{path} is missing") from error
    if len(frame) != said["rows"]:
        raise ValueError(f"{path.name} has {len(frame)} rows where {said['rows']} were written")
    frame.attrs["ledger"] = ledger_from_json(said["ledger"])
    return frame
