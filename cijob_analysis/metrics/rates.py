"""How many are finished per minute, hour or day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cijob_analysis.metrics.calendar import check_period, periods, zone_of
from cijob_analysis.metrics.dispatch import on_any_engine
from cijob_analysis.metrics.groups import By, groups_of, is_terminal, repeated
from cijob_analysis.metrics.instants import instants, utc_column

if TYPE_CHECKING:
    from datetime import tzinfo

    import pandas as pd
    from numpy.typing import NDArray

_MINUTE = 60_000_000


@on_any_engine
def throughput(
    frame: pd.DataFrame, *, per: str = "hour", by: By = None, tz: tzinfo | str | None = None
) -> pd.DataFrame:
    """Count what came to an end in each minute, hour or day.

    Parameters
    ----------
    frame : DataFrame, Snapshot, or a frame of another engine
        Batch jobs, executions or tasks; `state` and `ended_at` are used. An end counts in a final state only.
    per : {"minute", "hour", "day"}
        How long each count is.
    by : str or list of str, optional
        Columns whose equal values make a group, such as ``"state"``. Rows that lack a value are a group of their own.
    tz : tzinfo or str, optional
        Whose hours and days, such as ``Asia/Shanghai``; UTC if not given. When the clocks are put back the hour
        that comes twice is two hours, and a day has 23 to 25.

    Returns
    -------
    DataFrame
        The columns `by`; `at` (datetime64[us] in `tz`), when the minute, hour or day begins; `n` (int64). All of
        them from the first end to the last one of the whole frame, also those in which nothing ended. Groups in
        which nothing ended at all are there, too, if anything has ended.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        There is no such `per` or zone, or more than a million periods.
    """
    check_period(per)
    zone = zone_of(tz)
    groups = groups_of(frame, by)
    ended = instants(frame, "ended_at")
    rows = np.flatnonzero(is_terminal(frame) & ~np.isnat(ended))
    micros = ended.view(np.int64)[rows] if len(rows) < len(ended) else ended.view(np.int64)
    starts = np.zeros(0, np.int64)
    counts = np.zeros((len(groups), 0), np.int64)
    if len(rows):
        starts = periods(int(micros.min()), int(micros.max()), per, zone)
        codes = groups.codes[rows] if len(rows) < len(ended) else groups.codes
        counts = _counted(micros, starts, codes, len(groups))
    keys = repeated(groups.keys, np.repeat(np.arange(len(groups)), len(starts)))
    at = utc_column(np.tile(starts, len(groups))).tz_convert(zone)
    return keys.assign(at=at, n=counts.ravel())


def _counted(
    micros: NDArray[np.int64], starts: NDArray[np.int64], codes: NDArray[np.intp], n_groups: int
) -> NDArray[np.int64]:
    """Count the instants of each group by the periods that begin at `starts`: groups × periods.

    Periods begin at whole minutes, so all instants are counted by minute first: that is a division for each, and
    the search for its period is left to the minutes.
    """
    minute = micros // _MINUTE - starts[0] // _MINUTE
    n_minutes = int(minute.max()) + 1
    if n_minutes * n_groups > 4 * len(micros):
        cells = np.searchsorted(starts, micros, side="right") - 1
        return np.bincount(codes * len(starts) + cells, minlength=n_groups * len(starts)).reshape(n_groups, -1)
    cells = minute if n_groups == 1 else codes * n_minutes + minute
    by_minute = np.bincount(cells, minlength=n_groups * n_minutes).reshape(n_groups, -1)
    first = (starts - starts[0]) // _MINUTE
    return np.add.reduceat(by_minute, first, axis=1)
