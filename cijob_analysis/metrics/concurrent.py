"""How many run, or wait, at once: exact steps, and what they add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cijob_analysis.metrics.dispatch import on_any_engine
from cijob_analysis.metrics.groups import By, Groups, groups_of, repeated
from cijob_analysis.metrics.instants import NAT, utc_column
from cijob_analysis.metrics.intervals import intervals
from cijob_analysis.metrics.step_functions import Steps, count_steps

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray


@on_any_engine
def concurrency(
    frame: pd.DataFrame, *, of: str = "running", by: By = None, as_of: datetime | str | None = None
) -> pd.DataFrame:
    """Count how many rows run, or wait, at once: the exact step function, not samples of it.

    Intervals are half-open, so what ends when another starts does not overlap with it, and what lasts no time is
    never there. An end counts in a final state only; what has ended nobody knows when is left out.

    Parameters
    ----------
    frame : DataFrame, Snapshot, or a frame of another engine
        Batch jobs, executions or tasks; `state`, `created_at`, `started_at`, `ended_at` are used.
    of : {"running", "queued", "unfinished"}
        Counted from start to end; from creation to start, or to the end of what ended without a start; from
        creation to end.
    by : str or list of str, optional
        Columns whose equal values make a group. Rows that lack a value are a group of their own.
    as_of : datetime, Timestamp or ISO text with a zone, optional
        When the frame was true; what its ledger says if not given. What is under way is counted until then, and if
        nobody knows, for ever.

    Returns
    -------
    DataFrame
        The columns `by`; `at` (datetime64[us, UTC]), when the number changes, rising within a group; `n` (int64),
        how many there are from then on, until the next row. Before the first row there is none.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        There is no such `of`, or `as_of` is no time or has no zone.
    """
    groups, steps, _ = _steps_of(frame, of, by, as_of)
    at = utc_column(steps.at)
    if not by:
        return pd.DataFrame({"at": at, "n": steps.n}, copy=False)
    return repeated(groups.keys, steps.group).assign(at=at, n=steps.n)


@on_any_engine
def concurrency_summary(
    frame: pd.DataFrame, *, of: str = "running", by: By = None, as_of: datetime | str | None = None
) -> pd.DataFrame:
    """Summarise how many rows run, or wait, at once.

    Parameters
    ----------
    frame : DataFrame, Snapshot, or a frame of another engine
        Batch jobs, executions or tasks; `state`, `created_at`, `started_at`, `ended_at` are used.
    of : {"running", "queued", "unfinished"}
        As for `concurrency`.
    by : str or list of str, optional
        Columns whose equal values make a group. Rows that lack a value are a group of their own.
    as_of : datetime, Timestamp or ISO text with a zone, optional
        When the frame was true; what its ledger says if not given.

    Returns
    -------
    DataFrame
        A row for each group, without `by` one in all: the columns `by`; `max` (int64), the most at once; `mean`
        (float64) = area / (last − first), NaN if that is no time; `area_s` (float64 [s]), the time of all of them
        together between the first and the last change; `first_at`, `last_at` (datetime64[us, UTC]), these changes;
        `open` (int64), how many are under way nobody knows until when, and count until `last_at`.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        There is no such `of`, or `as_of` is no time or has no zone.
    """
    groups, steps, is_open = _steps_of(frame, of, by, as_of)
    n = len(groups)
    many = np.bincount(steps.group, minlength=n)
    after = np.cumsum(many)
    first, last = np.full(n, NAT), np.full(n, NAT)
    there = many > 0
    first[there], last[there] = steps.at[(after - many)[there]], steps.at[after[there] - 1]
    most, area = np.zeros(n, np.int64), np.zeros(n, np.int64)
    if len(steps.at):
        lasts = np.diff(steps.at, append=steps.at[-1])
        lasts[after[there] - 1] = 0
        starts = (after - many)[there]
        most[there] = np.maximum.reduceat(steps.n, starts)
        area[there] = np.add.reduceat(steps.n * lasts, starts)
    span = np.where(last > first, last - first, 0) / 1e6
    return groups.keys.assign(
        max=most,
        mean=np.divide(area / 1e6, span, out=np.full(n, np.nan), where=span > 0),
        area_s=area / 1e6,
        first_at=utc_column(first),
        last_at=utc_column(last),
        open=np.bincount(is_open, minlength=n).astype(np.int64),
    )


def _steps_of(
    frame: pd.DataFrame, of: str, by: By, as_of: datetime | str | None
) -> tuple[Groups, Steps, NDArray[np.intp]]:
    """Return the groups, their step functions, and the groups of the intervals without an end."""
    groups = groups_of(frame, by)
    found = intervals(frame, of, as_of)
    codes = groups.codes[found.rows]
    steps = count_steps(codes, found.begin, found.end, found.is_open, len(groups))
    return groups, steps, codes[found.is_open]
