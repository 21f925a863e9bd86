"""Points in time: as arguments, and as columns of a frame."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.schema import require

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEVER = np.datetime64("NaT", "us")
NAT = np.iinfo(np.int64).min
"""What NaT is as an integer."""
SECOND = 1_000_000
"""In microseconds."""
_BLOCK = 32_768


def instant(value: datetime | str, name: str = "as_of") -> np.datetime64:
    """Return `value` as a point in time, in UTC.

    Parameters
    ----------
    value : datetime, Timestamp or str
        With a zone; as text in ISO 8601, such as ``2026-03-01T12:00+08:00``.
    name : str
        What the argument is called, for the message.

    Raises
    ------
    ConfigurationError
        It is no time, or says not in which zone.
    """
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError as error:
        example = "'2026-03-01T12:00+08:00'"
        raise ConfigurationError(f"{name}={value!r} is no time; write it like {example}") from error
    if not isinstance(time, datetime) or pd.isna(time):
        raise ConfigurationError(f"{name}={value!r} is no time; give a datetime, a Timestamp or ISO text")
    if time.tzinfo is None:
        raise ConfigurationError(
            f"{name}={value!r} does not say in which zone it is; write it like '{time.isoformat()}+08:00', "
            f"or pd.Timestamp({str(time)!r}, tz='Asia/Shanghai')"
        )
    return np.datetime64(pd.Timestamp(time).tz_convert("UTC").tz_localize(None), "us")


def instants(frame: pd.DataFrame, name: str) -> NDArray[np.datetime64]:
    """Return the column `name` of `frame` as ``datetime64[us]`` in UTC, NaT where it is missing.

    Raises
    ------
    SchemaError
        There is no such column, or it holds no times with a zone.
    """
    require(frame, name)
    column: Any = frame[name]
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        times = column.to_numpy(dtype="datetime64[us]").view()
        times.flags.writeable = False  # they may be the frame's own
        return times  # type: ignore[no-any-return]
    if column.isna().all():
        return np.full(len(frame), NEVER)
    raise SchemaError(
        f"the column {name} is of dtype {column.dtype}, and times with a zone are needed: "
        f"pd.to_datetime(frame[{name!r}], utc=True)"
    )


def utc_column(micros: NDArray[np.int64] | NDArray[np.datetime64]) -> pd.DatetimeIndex:
    """Return microseconds since 1970-01-01 UTC as a column of times."""
    return pd.DatetimeIndex(micros.view("datetime64[us]"), tz="UTC")


def whole_seconds(micros: NDArray[np.int64], origin: int) -> NDArray[np.intp] | None:
    """Return how many seconds each of `micros` is after `origin`; None if one is not a whole number of seconds.

    The service gives whole seconds, and these are few enough to be counted instead of sorted. What is in between is
    found out block by block: most of the time of a pass over a large array goes into fresh memory.
    """
    seconds = np.empty(len(micros), np.intp)
    for first in range(0, len(micros), _BLOCK):
        since = micros[first : first + _BLOCK] - origin
        part = np.floor_divide(since, SECOND, out=seconds[first : first + _BLOCK])
        since -= part * SECOND
        if since.any():
            return None
    return seconds
