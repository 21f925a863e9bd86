"""When in the week things happen: by weekday and hour, as the clocks of a zone show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.calendar import MOST_PERIODS, periods, zone_of
from cijob_analysis.metrics.groups import is_terminal, state_codes
from cijob_analysis.metrics.inputs import frame_of
from cijob_analysis.metrics.instants import instants, utc_column

if TYPE_CHECKING:
    from datetime import tzinfo

    from numpy.typing import NDArray

    from cijob_analysis.snapshot import Snapshot

EVENTS = ("created", "started", "ended")

_HOUR = 3_600_000_000


def hour_by_weekday(
    data: pd.DataFrame | Snapshot, *, of: str = "ended", tz: tzinfo | str | None = None
) -> pd.DataFrame:
    """Count what was created, started or ended in each hour of the week.

    The hours are those from the first event to the last one, in whole hours. Not all hours of the week need have
    come equally often among them: nine days have two Mondays and one Thursday, and where the clocks change an hour
    is left out, or comes twice. So `hours` says how often each came, and `n / hours` can be compared.

    Parameters
    ----------
    data : DataFrame or Snapshot
        Batch jobs, executions or tasks; `state` and the column of the time are used.
    of : {"ended", "started", "created"}
        What is counted. An end counts in a final state only.
    tz : tzinfo or str, optional
        Whose weekdays and hours, such as ``Asia/Shanghai``; UTC if not given.

    Returns
    -------
    DataFrame
        A row for each of the 168 hours of the week: `weekday` (int64, 0 is Monday) and `hour` (int64, 0 to 23);
        `n` (int64), how many, and `failed` (int64), how many of these have failed; `hours` (float64 [h]), how long
        that hour was there in all.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        There is no such `of` or zone, or from the first time to the last one there are more than a million hours.
    """
    if of not in EVENTS:
        raise ConfigurationError(f"of={of!r} is none of {', '.join(EVENTS)}")
    zone, frame = zone_of(tz), frame_of(data)
    times = instants(frame, f"{of}_at")
    states, names = state_codes(frame)
    there = ~np.isnat(times) & (is_terminal(frame) if of == "ended" else True)
    micros = times[there].astype(np.int64)
    has_failed = states[there] == names.index("Failed")
    starts, cell = _hours(micros, zone)
    cells = cell[np.searchsorted(starts, micros, side="right") - 1] if len(micros) else np.zeros(0, np.intp)
    return pd.DataFrame(
        {
            "weekday": np.repeat(np.arange(7), 24),
            "hour": np.tile(np.arange(24), 7),
            "n": np.bincount(cells, minlength=168).astype(np.int64),
            "failed": np.bincount(cells[has_failed], minlength=168).astype(np.int64),
            "hours": np.bincount(cell[:-1], np.diff(starts) / _HOUR, minlength=168).astype(np.float64),
        }
    )


def _hours(micros: NDArray[np.int64], zone: tzinfo) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Return when the hours from the first to the last of `micros` begin, and the next one; and which of the week."""
    if not len(micros):
        return np.zeros(0, np.int64), np.zeros(0, np.intp)
    first, last = int(micros.min()), int(micros.max())
    if (last - first) // _HOUR >= MOST_PERIODS - 2:
        span = " to ".join(f"{time:%Y-%m-%d}" for time in utc_column(np.array([first, last])))
        raise ConfigurationError(
            f"the times reach from {span}, more than {MOST_PERIODS} hours: leave out the rows that are not of this time"
        )
    starts = periods(first, last + 2 * _HOUR, "hour", zone)
    starts = starts[: np.searchsorted(starts, last, side="right") + 1]
    shown = utc_column(starts).tz_convert(zone)
    return starts, (24 * shown.day_of_week + shown.hour).to_numpy().astype(np.intp)
