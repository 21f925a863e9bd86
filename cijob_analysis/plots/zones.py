"""The zone in which times are shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import dates

from cijob_analysis.metrics.calendar import zone_of as zone_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from numpy.typing import NDArray


_FIRST, _LAST = (datetime(year, 1, 2, tzinfo=UTC) for year in (1, 9999))
"""Between them every zone has a clock for every time."""


def zone_label(zone: tzinfo, times: Iterable[datetime] = ()) -> str:
    """Return the name of `zone` and its offsets at `times`: ``Asia/Shanghai, UTC+8``."""
    name = getattr(zone, "key", None) or zone.tzname(None) or str(zone)
    known = (min(max(time, _FIRST), _LAST) for time in times)
    offsets = dict.fromkeys(_offset_text(time.astimezone(zone).utcoffset()) for time in known)
    return ", ".join([name, *([" and ".join(offsets)] if set(offsets) - {name} else [])])


def _offset_text(offset: timedelta | None) -> str:
    minutes = 0 if offset is None else round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "−" if minutes < 0 else "+"
    return "UTC" + (f"{sign}{hours}" + (f":{rest:02}" if rest else "") if minutes else "")


def on_axis(times: NDArray[np.datetime64] | np.datetime64) -> NDArray[np.float64]:
    """Return UTC times as positions on a time axis [days]."""
    return np.asarray(dates.date2num(times), dtype=np.float64)  # type: ignore[no-untyped-call]


def time_axis(ax: Axes, zone: tzinfo, begin: np.datetime64, end: np.datetime64) -> None:
    """Make the x axis of `ax` one of times in `zone`, and say so on it."""
    locator = dates.AutoDateLocator(tz=zone, minticks=4, maxticks=9)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=zone))  # type: ignore[no-untyped-call]
    limits = [time.astype("datetime64[us]").item().replace(tzinfo=UTC) for time in (begin, end)]
    ax.set_xlabel(f"time ({zone_label(zone, limits)})", loc="left")  # at the right matplotlib writes the date
