"""Cells as texts: times by tables of days and seconds, since formatting them one by one takes most of the time."""

from __future__ import annotations

from datetime import UTC, tzinfo
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from cijob_analysis.exceptions import ConfigurationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PER_SECOND: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_DAY_S: Final = 86_400
_MOST_DAYS: Final = 200_000
"""A table of more days than this is not made."""


def digits_of(series: pd.Series[Any]) -> int:
    """Return how many decimals the seconds of a column of times need: 0, 3, 6 or 9."""
    ticks, unit = _ticks(series)
    known = ticks[~series.isna().to_numpy(bool)]
    return next(digits for digits in (0, 3, 6, 9) if not (known % max(_PER_SECOND[unit] // 10**digits, 1)).any())


def time_texts(series: pd.Series[Any], zone: tzinfo, digits: int, *, is_plain: bool = False) -> NDArray[np.bytes_]:
    """Return times as ISO texts with the offset that `zone` has then: ``2026-03-01T18:00:00+08:00``.

    Parameters
    ----------
    series : pandas.Series
        Times, of a zone or of none; texts of those of none have no offset.
    zone : datetime.tzinfo
        On whose clock.
    digits : int
        Decimals of the seconds.
    is_plain : bool
        With a blank instead of ``T`` and without the offset, as spreadsheets understand it.

    Returns
    -------
    numpy.ndarray of bytes
        Shape ``(len(series),)``; empty where there is no time.
    """
    offsets: NDArray[np.int64] | None = None
    ticks, unit = _ticks(series)
    per_second = _PER_SECOND[unit]
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        local, _ = _ticks(series.dt.tz_convert(zone).dt.tz_localize(None)) if zone is not UTC else (ticks, unit)
        offsets, ticks = (local - ticks) // per_second, local
    is_missing = series.isna().to_numpy(bool)
    ticks = np.where(is_missing, 0, ticks)
    seconds, parts = np.divmod(ticks, per_second)
    days, clock = np.divmod(seconds, _DAY_S)
    pieces = [_day_texts(days), _clock_texts(" " if is_plain else "T")[clock]]
    if digits:
        pieces.append(_fraction_texts(parts * (10**9 // per_second), digits))
    if offsets is not None and not is_plain:
        pieces.append(_offset_texts(np.where(is_missing, 0, offsets)))
    texts = _joined(pieces)
    texts[is_missing] = b""
    return texts


def check_text(series: pd.Series[Any], joined: str, texts: list[str]) -> None:
    """Raise if the text of a column, also given as one text, is such as no CSV file can hold.

    Raises
    ------
    ConfigurationError
        It holds a NUL, or half of a character; the column and the row are named.
    """
    if "\0" in joined:
        row = next(row for row, text in enumerate(texts) if "\0" in text)
        raise ConfigurationError(f"column {series.name} holds a NUL character in row {row}, which CSV cannot keep")
    try:
        joined.encode()
    except UnicodeEncodeError:
        row = next(row for row, text in enumerate(texts) if not _is_whole(text))
        raise ConfigurationError(
            f"column {series.name} holds half of a surrogate pair in row {row}, which UTF-8 cannot keep"
        ) from None


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _ticks(series: pd.Series[Any]) -> tuple[NDArray[np.int64], str]:
    """Return times as integers, and their unit; those of a zone as UTC."""
    is_zoned = isinstance(series.dtype, pd.DatetimeTZDtype)
    values = (series.dt.tz_convert(None) if is_zoned else series).to_numpy()
    return values.view(np.int64), np.datetime_data(values.dtype)[0]


@cache
def _clock_texts(mark: str) -> NDArray[np.bytes_]:
    """Return the text of each second of a day, `mark` before it."""
    times = np.datetime_as_string(np.arange(_DAY_S).astype("M8[s]"), unit="s")
    return np.array([mark + time[11:] for time in times.tolist()], "S9")


def _day_texts(days: NDArray[np.int64]) -> NDArray[np.bytes_]:
    if not len(days):
        return np.array([], "S10")
    first, last = int(days.min()), int(days.max())
    if last - first < _MOST_DAYS:
        table = np.datetime_as_string(np.arange(first, last + 1).astype("M8[D]")).astype("S")
        return np.asarray(table[days - first])
    known, places = np.unique(days, return_inverse=True)
    return np.asarray(np.datetime_as_string(known.astype("M8[D]")).astype("S")[places])


def _offset_texts(offsets: NDArray[np.int64]) -> NDArray[np.bytes_]:
    known, places = np.unique(offsets, return_inverse=True)
    texts = []
    for offset in known.tolist():
        minutes, rest = divmod(abs(offset), 60)
        tail = f":{rest:02}" if rest else ""  # clocks before time zones did not keep to minutes
        texts.append(f"{'-' if offset < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}{tail}")
    return np.asarray(np.array(texts, "S")[places] if len(texts) else np.array([], "S6"))


def _fraction_texts(nanoseconds: NDArray[np.int64], digits: int) -> NDArray[np.bytes_]:
    """Return the decimals of seconds, three at a time."""
    table = np.array([f"{number:03}" for number in range(1000)], "S3")
    parts = [table[nanoseconds // 10 ** (6 - 3 * number) % 1000] for number in range(digits // 3)]
    return _joined([np.full(len(nanoseconds), b"."), *parts])


def _joined(pieces: list[NDArray[np.bytes_]]) -> NDArray[np.bytes_]:
    """Return texts whose parts are `pieces`."""
    if not len(pieces[0]):
        return np.array([], "S1")
    if all(_is_full(piece) for piece in pieces):  # no text is shorter than another: bytes side by side
        width = sum(piece.dtype.itemsize for piece in pieces)
        table = np.empty((len(pieces[0]), width), np.uint8)
        begin = 0
        for piece in pieces:
            end = begin + piece.dtype.itemsize
            table[:, begin:end] = np.ascontiguousarray(piece).view(np.uint8).reshape(len(piece), -1)
            begin = end
        return table.view(f"S{width}").ravel()
    texts = pieces[0]
    for piece in pieces[1:]:
        texts = np.char.add(texts, piece)
    return texts


def _is_full(piece: NDArray[np.bytes_]) -> bool:
    width = piece.dtype.itemsize
    return bool((piece.view(np.uint8).reshape(-1, width)[:, -1] != 0).all())
