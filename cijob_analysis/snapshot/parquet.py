"""Frames as Parquet, with what it does not keep itself: the ledger, categories that no row has, what columns mean."""

from __future__ import annotations

import json
from collections.abc import Mapping
from os import PathLike, fspath
from typing import IO, TYPE_CHECKING, Any, Final

import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError, ResponseFormatError
from cijob_analysis.ledger import Ledger
from cijob_analysis.snapshot.extra import need
from cijob_analysis.snapshot.ledgers import ledger_from_json, ledger_to_json

if TYPE_CHECKING:
    import pyarrow as pa

_OURS: Final = b"cijob_analysis"
"""Below this name stands, as JSON, what is ours in the metadata of a file."""
_FORMAT: Final = 1


def write_table(frame: pd.DataFrame, file: str | PathLike[str] | IO[bytes]) -> None:
    """Write `frame` as Parquet into `file`.

    Raises
    ------
    ConfigurationError
        The extra ``archive`` is not installed, or a column has cells that Parquet cannot keep.
    """
    need("pyarrow")
    from pyarrow import parquet

    table = _table(frame)
    # Ids of the rows are all different: looking for those that come again takes a third of the time, and more space.
    own_key = schema.key_of(frame) if any(key in frame.columns for key in schema.KEYS.values()) else None
    repeating = [name for name in table.column_names if name != own_key]
    place = file if hasattr(file, "write") else fspath(file)
    parquet.write_table(table, place, compression="zstd", use_dictionary=repeating)


def read_table(path: str | PathLike[str]) -> pd.DataFrame:
    """Read what `write_table` wrote; of anybody else's Parquet file, what pandas makes of it.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ResponseFormatError
        It is damaged, no Parquet, or a later version of the package wrote it.
    ConfigurationError
        The extra ``archive`` is not installed.
    """
    need("pyarrow")
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.read_table(pa.OSFile(fspath(path)))
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise ResponseFormatError(f"{path} is damaged, or no Parquet file: {error}") from error
    frame = pd.DataFrame(table.to_pandas())
    frame.attrs = {}
    if (said := (table.schema.metadata or {}).get(_OURS)) is not None:
        _complete(frame, path, json.loads(said))
    return frame


def _table(frame: pd.DataFrame) -> pa.Table:
    import pyarrow as pa

    plain = frame.copy(deep=False)
    plain.attrs = {}  # pyarrow would try to write them, too
    try:
        table = pa.Table.from_pandas(plain, preserve_index=None if len(frame.columns) else True)  # else no row is kept
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise ConfigurationError(f"Parquet cannot keep this frame: {'; '.join(map(str, error.args))}") from error
    said = json.dumps(_said(frame), ensure_ascii=False).encode()
    return table.replace_schema_metadata({**(table.schema.metadata or {}), _OURS: said})


def _said(frame: pd.DataFrame) -> dict[str, Any]:
    dtypes = {name: dtype for name, dtype in frame.dtypes.items() if isinstance(name, str)}
    declared = schema.declared(dtypes)
    ledger = frame.attrs.get("ledger")
    return {
        "format": _FORMAT,
        "columns": {
            name: {"description": declared[name].doc, "unit": declared[name].unit}
            for name in dtypes
            if name in declared
        },
        "categories": {
            name: dtype.categories.tolist()
            for name, dtype in dtypes.items()
            if isinstance(dtype, pd.CategoricalDtype) and all(map(_is_text, dtype.categories))
        },
        # Of texts that are objects pandas 3 makes its own ones; whole seconds become milliseconds in Parquet.
        "objects": [name for name, dtype in dtypes.items() if str(dtype) == "object"],
        "times": {name: str(dtype) for name, dtype in dtypes.items() if dtype.kind in "mM"},
        "ledger": ledger_to_json(ledger) if isinstance(ledger, Ledger) else None,
    }


def _complete(frame: pd.DataFrame, path: str | PathLike[str], said: Mapping[str, Any]) -> None:
    """Give a frame what Parquet did not keep."""
    if said.get("format") != _FORMAT:
        raise ResponseFormatError(
            f"{path} has format {said.get('format')!r}; this version of the package reads format {_FORMAT}"
        )
    for name, categories in said["categories"].items():
        if name in frame.columns and isinstance(frame[name].dtype, pd.CategoricalDtype):
            frame[name] = frame[name].astype(pd.CategoricalDtype(categories, frame[name].cat.ordered))
    for name in said["objects"]:
        if isinstance(frame[name].dtype, pd.StringDtype):
            texts = frame[name].astype(object)
            frame[name] = texts.where(texts.notna(), None)
    for name, dtype in said["times"].items():
        frame[name] = frame[name].astype(dtype)
    if said["ledger"] is not None:
        frame.attrs["ledger"] = ledger_from_json(said["ledger"])


def _is_text(value: object) -> bool:
    return isinstance(value, str)
