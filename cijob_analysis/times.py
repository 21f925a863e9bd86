"""Times: the service's layouts in, UTC out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

Instants = npt.NDArray[np.datetime64]


def parse_times(texts: Sequence[str | None]) -> tuple[Instants, list[int]]:
    """Read times in any of the service's layouts, each by its own offset.

    Parameters
    ----------
    texts : sequence of (str or None)
        ``2024-05-01T12:00:00+0800``, ``…+08:00``, a blank instead of ``T``, ``Z`` for the offset; fractions of a
        second may stand there. None, an empty text and ``-`` stand for no time.

    Returns
    -------
    times : numpy.ndarray
        ``datetime64[us]``, UTC, shape ``(len(texts),)``; NaT where there is no time.
    odd : list of int
        Positions of the texts that are no time with an offset, ascending.
    """
    times = np.full(len(texts), "NaT", "M8[us]")
    found = [text for text in texts if text and text != "-"]
    if len(found) == len(texts):
        there = np.arange(len(texts))
    else:
        there = np.flatnonzero([bool(text) and text != "-" for text in texts])
    odd: list[int] = []
    for length in (lengths := set(map(len, found))):
        if len(lengths) == 1:  # as in all answers of one kind
            same, numbers = found, there
        else:
            members = [position for position, text in enumerate(found) if len(text) == length]
            same, numbers = [found[member] for member in members], there[members]
        times[numbers], unread = _of_one_length(same, length)
        for position in unread:
            time, number = _one_by_one(same[position]), int(numbers[position])
            if time is None:
                odd.append(number)
            else:
                times[number] = time
    return times, sorted(odd)


_DIGITS = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)
_OFFSET_AT = {24: (20, 21, 22, 23), 25: (20, 21, 23, 24)}
"""Where the digits of the offset are, by the length of the text; 20 is for ``Z``."""


def _of_one_length(texts: list[str], length: int) -> tuple[Instants, list[int]]:
    """Read texts of the usual layouts, all at once as a matrix of bytes; return the positions of the others, too."""
    n = len(texts)
    nothing = np.full(n, "NaT", "M8[us]")
    if length != 20 and length not in _OFFSET_AT:
        return nothing, list(range(n))
    try:
        block = "".join(texts).encode("ascii")
    except UnicodeEncodeError:
        return nothing, list(range(n))
    text = np.ascontiguousarray(np.frombuffer(block, np.uint8).reshape(n, length).T)
    digit = text - np.uint8(ord("0"))  # what is below "0" wraps around to above 9
    usual = np.ones(n, bool)
    for place, signs in ((4, b"-"), (7, b"-"), (10, b"T "), (13, b":"), (16, b":")):
        usual &= np.isin(text[place], list(signs)) if len(signs) > 1 else text[place] == signs[0]
    offset_at = _OFFSET_AT.get(length, ())
    for place in (*_DIGITS, *offset_at):
        usual &= digit[place] <= 9
    if length == 20:
        usual &= (text[19] == ord("Z")) | (text[19] == ord("z"))
        offset = np.zeros(n, np.int64)
    else:
        tens_h, ones_h, tens_m, ones_m = (digit[place].astype(np.int64) for place in offset_at)
        minutes = (tens_h * 10 + ones_h) * 60 + tens_m * 10 + ones_m
        usual &= (text[19] == ord("+")) | (text[19] == ord("-"))
        usual &= (minutes < 24 * 60) & (tens_m < 6)
        if length == 25:
            usual &= text[22] == ord(":")
        offset = np.where(text[19] == ord("-"), -60, 60) * minutes
    century, years, month, day, hour, minute, second = (
        digit[place].astype(np.int64) * 10 + digit[place + 1] for place in (0, 2, 5, 8, 11, 14, 17)
    )
    year = century * 100 + years
    usual &= (year > 0) & (year < 9999) & (month >= 1) & (month <= 12) & (hour < 24) & (minute < 60) & (second < 60)
    first = ((year - 1970) * 12 + month - 1).astype("M8[M]")
    start = first.astype("M8[D]").astype(np.int64)
    usual &= (day >= 1) & (start + day <= (first + 1).astype("M8[D]").astype(np.int64))
    seconds = (start + day - 1) * 86_400 + hour * 3600 + minute * 60 + second - offset
    return np.where(usual, (seconds * 1_000_000).astype("M8[us]"), nothing), np.flatnonzero(~usual).tolist()


def _one_by_one(text: str) -> np.datetime64 | None:
    """Read one time of an unusual layout; None if it is none, or has no offset."""
    try:
        time = datetime.fromisoformat(text.strip())
        return np.datetime64(time.astimezone(UTC).replace(tzinfo=None), "us") if time.tzinfo else None
    except (ValueError, OverflowError):
        return None
