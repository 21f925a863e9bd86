"""From the first creation to the last end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cijob_analysis.metrics.dispatch import on_any_engine
from cijob_analysis.metrics.durations import as_of_for
from cijob_analysis.metrics.groups import By, groups_of, is_terminal
from cijob_analysis.metrics.instants import NAT, instants, utc_column

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

_MOST = np.iinfo(np.int64).max


@on_any_engine
def makespan(frame: pd.DataFrame, *, by: By = None, as_of: datetime | str | None = None) -> pd.DataFrame:
    """Measure the time from the first creation to the last end.

    Parameters
    ----------
    frame : DataFrame, Snapshot, or a frame of another engine
        Batch jobs, executions or tasks; `state`, `created_at`, `ended_at` are used. An end counts in a final state
        only.
    by : str or list of str, optional
        Columns whose equal values make a group. Rows that lack a value are a group of their own.
    as_of : datetime, Timestamp or ISO text with a zone, optional
        When the frame was true; what its ledger says if not given. What is unfinished has not ended by then.

    Returns
    -------
    DataFrame
        A row for each group, without `by` one in all: the columns `by`; `n`, the rows, and `unfinished`, how many
        of them are in no final state (int64); `first_created_at` and `last_ended_at` (datetime64[us, UTC]), the
        latter not before `as_of` where something is unfinished; `makespan_s` (float64 [s]), the time between them;
        `is_censored` (bool), whether something is unfinished, so that this is a lower bound. What nobody knows is
        NaT and NaN.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        `as_of` is no time, or has no zone.
    """
    groups = groups_of(frame, by)
    created, ended = (instants(frame, name).view(np.int64) for name in ("created_at", "ended_at"))
    finished = is_terminal(frame)
    n = np.bincount(groups.codes, minlength=len(groups))
    if finished.all():
        unfinished = np.zeros(len(groups), np.int64)
    else:
        unfinished = np.bincount(groups.codes[~finished], minlength=len(groups))
        ended = np.where(finished, ended, NAT)
    if (created == NAT).any():
        created = np.where(created == NAT, _MOST, created)
    first, last = np.full(len(groups), _MOST), np.full(len(groups), NAT)
    np.minimum.at(first, groups.codes, created)
    np.maximum.at(last, groups.codes, ended)
    now = as_of_for(frame, as_of)
    if not np.isnat(now):
        last = np.where(unfinished > 0, np.maximum(last, now.astype(np.int64)), last)
    first = np.where(first == _MOST, NAT, first)
    known = (first != NAT) & (last != NAT)
    return groups.keys.assign(
        n=n.astype(np.int64),
        unfinished=unfinished.astype(np.int64),
        first_created_at=utc_column(first),
        last_ended_at=utc_column(last),
        makespan_s=np.where(known, last - np.where(known, first, last), np.nan) / 1e6,
        is_censored=unfinished > 0,
    )
