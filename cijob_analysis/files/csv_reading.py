"""CSV files as frames, with the dtypes that the schema beside them says, or else those that are declared."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import ResponseFormatError
from cijob_analysis.files.fields import dtype_of
from cijob_analysis.files.restored import restored
from cijob_analysis.files.sidecar import read_sidecar, sidecar_of
from cijob_analysis.frames import typed
from cijob_analysis.schema import DURATIONS, Column

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_csv(path: str | PathLike[str]) -> pd.DataFrame:
    """Read a file that `write_csv` wrote.

    Parameters
    ----------
    path : str or path
        Where it is.

    Returns
    -------
    pandas.DataFrame
        With its schema beside it (``tasks.schema.json`` for ``tasks.csv``) what was written: dtypes, zones, categories
        and their order, empty and missing texts, and the ledger in ``attrs``. Without it, declared columns have their
        declared dtypes, durations are float64 [s], and other columns are numbers where all their texts are, and text
        otherwise; an empty field is a missing value then. The index counts the rows.

    Raises
    ------
    ResponseFormatError
        A cell is not what its column is: the column, the row and the text are named. Or file and schema do not belong
        together.
    """
    path = Path(path)
    described = read_sidecar(sidecar_of(path))
    raw = _cells(path)
    if described is None:
        declared = schema.declared([str(name) for name in raw.columns])
        return pd.DataFrame(
            {name: _typed(str(name), declared.get(str(name)), raw[name].to_list()) for name in raw.columns},
            index=raw.index,
        )
    frame = _as_described(path, raw, described)
    if described["ledger"] is not None:
        frame.attrs["ledger"] = described["ledger"]
    return frame


def _cells(path: Path) -> pd.DataFrame:
    """Return the texts of a file as they stand in it."""
    try:
        # Quoted fields may hold anything; NA, null and None are texts like others. Excel likes a mark at the beginning.
        return pd.read_csv(
            path, dtype=object, encoding="utf-8-sig", keep_default_na=False, na_filter=False, skip_blank_lines=False
        )
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise ResponseFormatError(f"{path} is no CSV file in UTF-8: {error}") from error


def _as_described(path: Path, raw: pd.DataFrame, described: Mapping[str, Any]) -> pd.DataFrame:
    fields, rows = described["fields"], described["rows"]
    names = [field["name"] for field in fields]
    if not names:
        return pd.DataFrame(index=pd.RangeIndex(rows))
    apart = f"{path} and {sidecar_of(path).name} do not belong together"
    if list(raw.columns) != names:
        raise ResponseFormatError(f"{apart}: the one has the columns {', '.join(raw.columns)}, not {', '.join(names)}")
    if len(raw) != rows:
        raise ResponseFormatError(f"{apart}: the one has {len(raw)} rows, not {rows}")
    data = {}
    for field in fields:
        name = field["name"]
        try:
            dtype = dtype_of(field)
        except (KeyError, TypeError, ValueError) as error:
            raise ResponseFormatError(f"{sidecar_of(path)}, column {name}: {error}") from error
        cells = raw.pop(name).to_numpy(object)
        is_missing = cells == ""
        for begin, n in described["empty"].get(name, ()):
            if not is_missing[begin : begin + n].all():
                raise ResponseFormatError(f"{apart}: column {name}, row {begin + 1} and on are not empty")
            is_missing[begin : begin + n] = False
        data[name] = restored(name, cells, is_missing, dtype)
    return pd.DataFrame(data, copy=False)  # given `columns`, pandas 2 looks at each time, and dies of far-away years


def _typed(name: str, column: Column | None, texts: list[str]) -> Any:
    """Return the cells of a column with its declared dtype, or one that all its texts fit."""
    if column is not None:
        values, odd = typed(column, [text or None for text in texts])
        if odd:
            raise ResponseFormatError(f"column {column.name}, row {odd[0] + 1}: {texts[odd[0]]!r} is no {column.dtype}")
        return values
    if texts and {text.lower() for text in texts} <= {"true", "false"}:
        return np.array([text.lower() == "true" for text in texts])
    try:
        numbers = [float(text) if text else np.nan for text in texts]
    except ValueError:
        if name in DURATIONS:
            raise ResponseFormatError(f"column {name} holds a text that is no number of seconds") from None
        return pd.array([text or None for text in texts], dtype=schema.TEXT)
    is_number = name in DURATIONS or any(texts)  # a column without any text might have been anything
    return np.array(numbers) if is_number else pd.array([None] * len(texts), dtype=schema.TEXT)
