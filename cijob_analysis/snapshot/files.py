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
from cijob_analysis.snapshot.value import Snapshot

FORMAT = 1
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
    frames = {kind: _read_frame(folder / f"{kind}.parquet") for kind, _ in Snapshot().frames()}
    try:
        for kind, frame in frames.items():
            _complete(frame, said[kind])
        return Snapshot(as_of=None if as_of is None else datetime.fromisoformat(as_of), **frames)
    except (KeyError, TypeError, ValueError, ResponseFormatError) as error:
        raise ResponseFormatError(f"{path} is damaged, or not of these files: {error}") from error


def _check_that_it_may_go(folder: Path, overwrite: bool) -> None:
    if not overwrite:
        raise FileExistsError(f"{folder} exists; overwrite=True replaces it")
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / _INDEX).exists()):
        raise ConfigurationError(f"{folder} is there and is no snapshot; it is not replaced")


def _write_frame(frame: pd.DataFrame, path: Path) -> dict[str, Any]:
    """Write a frame and return what Parquet does not keep: its ledger, and categories that no row has."""
    import pyarrow as pa
    from pyarrow import parquet

    plain = frame.copy(deep=False)
    plain.attrs = {}  # pyarrow would try to write them, too
    parquet.write_table(pa.Table.from_pandas(plain), path, compression="zstd")
    categories = {
        name: frame[name].cat.categories.tolist()
        for name in frame.columns
        if isinstance(frame[name].dtype, pd.CategoricalDtype) and all(map(_is_text, frame[name].cat.categories))
    }
    return {"rows": len(frame), "categories": categories, "ledger": ledger_to_json(ledger_of(frame))}


def _read_frame(path: Path) -> pd.DataFrame:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return pd.DataFrame(parquet.read_table(pa.OSFile(str(path))).to_pandas())
    except FileNotFoundError as error:
        raise ResponseFormatError(f"{path} is missing") from error
    except (pa.ArrowException, OSError) as error:
        raise ResponseFormatError(f"{path} is damaged: {error}") from error


def _complete(frame: pd.DataFrame, said: Mapping[str, Any]) -> None:
    """Give a frame what Parquet did not keep."""
    if len(frame) != said["rows"]:
        raise ValueError(f"{len(frame)} rows where {said['rows']} were written")
    for name, categories in said["categories"].items():
        frame[name] = frame[name].astype(pd.CategoricalDtype(categories, frame[name].cat.ordered))
    frame.attrs["ledger"] = ledger_from_json(said["ledger"])


def _is_text(value: object) -> bool:
    return isinstance(value, str)
