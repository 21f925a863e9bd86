"""Files: frames to CSV and back, with their dtypes."""

from __future__ import annotations

import csv
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError, ResponseFormatError
from cijob_analysis.files.replacing import replacing
from cijob_analysis.frames import typed
from cijob_analysis.schema import DURATIONS, KEYS, TABLES, Column

_ROWS_AT_ONCE: Final = 50_000
"""As text a row takes several times the memory that it takes in the frame."""


def write_csv(frame: pd.DataFrame, path: str | PathLike[str], *, overwrite: bool = False) -> Path:
    """Write a frame as CSV (RFC 4180, UTF-8), without its index; `read_csv` gives it back.

    Times are ISO text with their offset, in UTC; missing values are empty fields. The file appears when it is
    complete, not before.

    Parameters
    ----------
    frame : pandas.DataFrame
        What a fetch returned, or any part of it, with or without durations.
    path : str or path
        Where to.
    overwrite : bool
        Replace a file that is there.

    Returns
    -------
    pathlib.Path
        Where it is.

    Raises
    ------
    FileExistsError
        There is a file and it is not to be replaced.
    ConfigurationError
        A text holds a NUL character, which no CSV reader keeps; nothing is written.
    """
    units = {name: _unit(frame[name]) for name in frame.columns}
    with replacing(path, overwrite=overwrite) as temporary, temporary.open("x", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(frame.columns)
        for start in range(0, len(frame), _ROWS_AT_ONCE):
            part = frame.iloc[start : start + _ROWS_AT_ONCE]
            writer.writerows(zip(*(_texts(part[name], unit) for name, unit in units.items()), strict=True))
    return Path(path)


def read_csv(path: str | PathLike[str]) -> pd.DataFrame:
    """Read a file that `write_csv` wrote.

    Parameters
    ----------
    path : str or path
        Where it is.

    Returns
    -------
    pandas.DataFrame
        Declared columns have their declared dtypes, durations are float64 [s]; other columns are numbers where
        all their texts are, and text otherwise. An empty field is a missing value.

    Raises
    ------
    ResponseFormatError
        A cell is not what its column declares: the column, the row and the text are named.
    """
    # Quoted fields may hold anything; NA, null and None are texts like others.
    raw = pd.read_csv(path, dtype=object, encoding="utf-8", keep_default_na=False, na_filter=False)
    declared = _declared(raw)
    frame = pd.DataFrame(
        {name: _typed(str(name), declared.get(str(name)), raw[name].to_list()) for name in raw.columns}
    )
    return frame if len(raw.columns) else raw


def _unit(series: pd.Series[Any]) -> Literal["s", "us"]:
    """Return the unit in which all times of a column are written, so that they look alike."""
    if not isinstance(series.dtype, pd.DatetimeTZDtype):
        return "s"
    times = series.dt.tz_convert(None).to_numpy("M8[us]")
    has_fractions = np.any((times.astype("M8[s]") != times) & ~np.isnat(times))
    return "us" if has_fractions else "s"


def _texts(series: pd.Series[Any], unit: Literal["s", "us"]) -> list[str]:
    """Return the cells as they stand in the file, times in `unit`."""
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        times = np.datetime_as_string(series.dt.tz_convert(None).to_numpy("M8[us]"), unit=unit)
        return [f"{time}+00:00" if time != "NaT" else "" for time in times.tolist()]
    missing = series.isna()
    texts = ["" if gone else str(cell) for cell, gone in zip(series.tolist(), missing.tolist(), strict=True)]
    if any("\0" in text for text in texts):
        raise ConfigurationError(f"column {series.name} holds a NUL character, which CSV cannot keep")
    return texts


def _declared(frame: pd.DataFrame) -> dict[str, Column]:
    """Return the columns of the kind of frame that this is, by its key: rows carry the keys of their parents, too."""
    for kind in ("tasks", "executions", "batch_jobs", "queues", "workflows"):
        if KEYS[kind] in frame.columns:
            return {column.name: column for column in TABLES[kind]}
    return {column.name: column for column in TABLES["batch_jobs"]}


def _typed(name: str, column: Column | None, texts: list[str]) -> Any:
    """Return the cells of a column with its dtype."""
    if column is not None:
        values, odd = typed(column, [text or None for text in texts])
        if odd:
            raise _not_understood(column, odd[0], texts[odd[0]])
        return values
    if texts and set(texts) <= {"True", "False"}:
        return np.array(texts) == "True"
    try:
        numbers = [float(text) if text else np.nan for text in texts]
    except ValueError:
        if name in DURATIONS:
            raise ResponseFormatError(f"column {name} holds a text that is no number of seconds") from None
        return pd.array([text or None for text in texts], dtype=schema.TEXT)
    is_number = name in DURATIONS or any(texts)  # a column without any text might have been anything
    return np.array(numbers) if is_number else pd.array([None] * len(texts), dtype=schema.TEXT)


def _not_understood(column: Column, row: int, text: str) -> ResponseFormatError:
    return ResponseFormatError(f"column {column.name}, row {row + 1}: {text!r} is no {column.dtype}")
