"""Texts as the cells that they were written from."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from cijob_analysis.exceptions import ResponseFormatError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_ZONED: Final = re.compile(r"(.*\d)(Z|[+-]\d\d:?\d\d(?::?\d\d)?)", re.ASCII)
_TRUTH: Final = {"true": True, "false": False}
_READ: Final[dict[str, Callable[[str], Any]]] = {"b": lambda text: _TRUTH[text.lower()], "f": float, "i": int, "u": int}


def restored(name: str, cells: NDArray[np.object_], is_missing: NDArray[np.bool_], dtype: Any) -> Any:
    """Return the texts of a column as an array of `dtype`.

    Parameters
    ----------
    name : str
        Of the column, for errors.
    cells : numpy.ndarray of str
        Its texts.
    is_missing : numpy.ndarray of bool
        Which of them stand for a missing value.
    dtype : dtype
        What they were.

    Raises
    ------
    ResponseFormatError
        A text does not stand for such a value; the column, the row and the text are named.
    """
    kind = getattr(dtype, "kind", "O")
    if kind == "O" or isinstance(dtype, str):
        texts = cells.copy()
        texts[is_missing] = None
        if isinstance(dtype, pd.CategoricalDtype):
            codes = dtype.categories.get_indexer(pd.Index(texts, dtype=object))
            _check(name, cells, (codes < 0) & ~is_missing, "none of its categories")
            return pd.Categorical.from_codes(codes, dtype=dtype)
        # An array of objects would become one of str.
        return pd.Series(texts, dtype=object) if isinstance(dtype, np.dtype) else pd.array(texts, dtype=dtype)
    if kind in "mM":
        return _times(name, cells, is_missing, dtype)
    values = [
        None if gone else _read(name, row, text, _READ[kind], dtype) for row, (text, gone) in _rows(cells, is_missing)
    ]
    if isinstance(dtype, np.dtype):
        if kind != "f":
            _check(name, cells, is_missing, f"no {dtype}")
        return np.array(values, np.float64 if kind == "f" else None).astype(dtype) if values else np.array([], dtype)
    return pd.array(values, dtype=dtype)


def _rows(cells: NDArray[np.object_], is_missing: NDArray[np.bool_]) -> Any:
    return enumerate(zip(cells.tolist(), is_missing.tolist(), strict=True))


def _read(name: str, row: int, text: str, read: Callable[[str], Any], dtype: Any) -> Any:
    try:
        return read(text)
    except (KeyError, ValueError):
        raise ResponseFormatError(f"column {name}, row {row + 1}: {text!r} is no {dtype}") from None


def _times(name: str, cells: NDArray[np.object_], is_missing: NDArray[np.bool_], dtype: Any) -> Any:
    """Return times of a zone or of none, or durations, which are written as numbers of their unit."""
    unit = dtype.unit if isinstance(dtype, pd.DatetimeTZDtype) else np.datetime_data(dtype)[0]
    if dtype.kind == "m":
        ticks = [0 if gone else _read(name, row, text, int, dtype) for row, (text, gone) in _rows(cells, is_missing)]
        values = np.array(ticks, np.int64).view(f"m8[{unit}]")
        values[is_missing] = np.timedelta64("NaT")
        return values
    is_zoned = isinstance(dtype, pd.DatetimeTZDtype)
    times = np.full(len(cells), "NaT", f"M8[{unit}]")
    there = np.flatnonzero(~is_missing)
    texts: list[str] = cells[there].tolist()
    offsets = np.zeros(len(there), np.int64)
    if is_zoned:
        found = [_ZONED.fullmatch(text) for text in texts]
        _check(name, cells[there], np.array([match is None for match in found], bool), f"no {dtype}", there)
        texts = [match[1] for match in found if match]
        offsets = np.array([_offset_s(match[2]) for match in found if match], np.int64)
    try:
        local = np.array(texts, f"M8[{unit}]")
    except ValueError:
        odd = np.array([not _is_time(text, unit) for text in texts], bool)
        _check(name, cells[there], odd, f"no {dtype}", there)
        raise
    times[there] = local - offsets.astype("m8[s]")
    return pd.DatetimeIndex(times).tz_localize("UTC").tz_convert(dtype.tz) if is_zoned else times


@cache
def _offset_s(text: str) -> int:
    if text == "Z":
        return 0
    numbers = [int(part) for part in re.findall(r"\d\d", text)]
    offset = timedelta(**dict(zip(("hours", "minutes", "seconds"), numbers, strict=False)))
    return round(offset.total_seconds()) * (-1 if text[0] == "-" else 1)


def _is_time(text: str, unit: str) -> bool:
    try:
        np.array([text], f"M8[{unit}]")
    except ValueError:
        return False
    return True


def _check(
    name: str, cells: NDArray[np.object_], is_odd: NDArray[np.bool_], what: str, rows: NDArray[np.intp] | None = None
) -> None:
    if is_odd.any():
        place = int(np.argmax(is_odd))
        row = place if rows is None else int(rows[place])
        raise ResponseFormatError(f"column {name}, row {row + 1}: {cells[place]!r} is {what}")
