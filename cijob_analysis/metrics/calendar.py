"""Minutes, hours and days as a zone has them: with half-hour offsets, and days of 23 to 25 hours."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from cijob_analysis.exceptions import ConfigurationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

PERIODS: Final = ("minute", "hour", "day")
MOST_PERIODS: Final = 1_000_000
"""So many rows nobody reads; a longer unit of time is meant."""

_MINUTE: Final = 60_000_000
_QUARTER: Final = 15 * _MINUTE
"""Offsets of zones are whole quarters of an hour [µs]."""


def zone_of(tz: tzinfo | str | None) -> tzinfo:
    """Return the zone that `tz` names; UTC if it is None.

    Raises
    ------
    ConfigurationError
        There is no such zone.
    """
    if tz is None or isinstance(tz, tzinfo):
        return tz or UTC
    try:
        return ZoneInfo(tz)
    except (KeyError, ValueError, OSError, TypeError) as error:
        raise ConfigurationError(
            f"tz={tz!r} is no time zone; give an IANA name such as 'Asia/Shanghai', or a tzinfo"
        ) from error


def check_period(per: str) -> None:
    """Raise ConfigurationError unless `per` is a minute, an hour or a day."""
    if per not in PERIODS:
        raise ConfigurationError(f"per={per!r} is none of {', '.join(PERIODS)}")


def periods(first: int, last: int, per: str, zone: tzinfo) -> NDArray[np.int64]:
    """Return when the minutes, hours or days begin that reach from `first` to `last`, in order.

    An hour that the clocks repeat is two hours, one that they leave out is none, and one in which they change is
    two parts. A day begins at midnight, or when the clocks first show its date.

    Parameters
    ----------
    first, last : int
        Instants [µs since 1970-01-01 UTC].
    per : {"minute", "hour", "day"}
        What to return.
    zone : tzinfo
        Whose hours and days.

    Returns
    -------
    array of int64
        Instants [µs]; the first is not after `first`, the last not after `last`.

    Raises
    ------
    ConfigurationError
        There are more than a million.
    """
    length = {"minute": _MINUTE, "hour": 60 * _MINUTE, "day": 1_440 * _MINUTE}[per]
    if (last - first) // length >= MOST_PERIODS:
        instead = {"minute": "per='hour'", "hour": "per='day'", "day": "a part of the frame"}[per]
        span = f"from {_text(first)} to {_text(last)}"
        raise ConfigurationError(f"per={per!r}: {span} there are more than {MOST_PERIODS} {per}s; take {instead}")
    if per == "minute":
        return np.arange(first // _MINUTE, last // _MINUTE + 1) * _MINUTE
    day = 1_440 * _MINUTE
    quarters = np.arange((first - 2 * day) // _QUARTER, last // _QUARTER + 1) * _QUARTER
    here = _local(quarters, zone)
    size = 60 * _MINUTE if per == "hour" else day
    period = here // size
    offset = here - quarters
    begins = np.diff(period, prepend=period[0] - 1) != 0
    if per == "hour":
        begins |= np.diff(offset, prepend=offset[0]) != 0
    else:
        begins &= period > np.maximum.accumulate(np.concatenate([[period[0] - 1], period[:-1]]))
    starts: NDArray[np.int64] = quarters[begins]
    return starts[max(int(np.searchsorted(starts, first, side="right")) - 1, 0) :]


def _local(instants: NDArray[np.int64], zone: tzinfo) -> NDArray[np.int64]:
    """Return what the clocks of `zone` show at `instants`, both in microseconds."""
    index = pd.DatetimeIndex(instants.astype("datetime64[us]"), tz="UTC")
    shown = index.tz_convert(zone).tz_localize(None)
    micros: NDArray[np.int64] = shown.to_numpy().astype("datetime64[us]").astype(np.int64)
    return micros


def _text(micros: int) -> str:
    return f"{pd.Timestamp(micros, unit='us', tz='UTC'):%Y-%m-%d}"
