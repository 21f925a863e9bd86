"""Quantiles of the durations by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.metrics.dispatch import on_any_engine
from cijob_analysis.metrics.durations import Observations, durations_named, observations
from cijob_analysis.metrics.groups import By, Groups, groups_of, repeated
from cijob_analysis.metrics.instants import NAT
from cijob_analysis.metrics.quantiles import kaplan_meier_quantiles, linear_quantiles, rank_groups, sort_groups

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

QUANTILES = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99}
LINEAR = "linear"
LINEAR_FINISHED = "linear, unfinished left out"
KAPLAN_MEIER = "Kaplan–Meier"


@on_any_engine
def duration_summary(
    frame: pd.DataFrame,
    *,
    by: By = None,
    duration: str | Sequence[str] | None = None,
    as_of: datetime | str | None = None,
) -> pd.DataFrame:
    """Summarise how long things waited, ran and took in all.

    Each duration has its own unfinished rows: the wait of a running job is known; the wait of what was
    cancelled or failed before it started is at least what it waited; what has not started has no run time.

    Parameters
    ----------
    frame : DataFrame
        Batch jobs, executions or tasks; `state`, `created_at`, `started_at`, `ended_at` are used.
    by : str or list of str, optional
        Columns whose equal values make a group. Rows that lack a value are a group of their own.
    duration : str or list of str, optional
        ``queue_wait_s``, ``run_time_s``, ``turnaround_s``; all three if not given.
    as_of : datetime, Timestamp or ISO text with a zone, optional
        When the frame was true; what its ledger says if not given.

    Returns
    -------
    DataFrame
        A row for each group and duration: the columns `by`; `duration` (queue_wait_s, run_time_s or
        turnaround_s); `n`, how many are known, and `censored`, how many are under way (int64); `p50`, `p90`,
        `p95`, `p99` and `max` of the known ones (float64 [s], NaN where there is none); `method`:

        - ``linear``: nothing is censored, the quantiles interpolate linearly;
        - ``Kaplan–Meier``: the smallest time t with S(t) ≤ 1 − q, by the Kaplan–Meier estimate S of what
          outlives t; NaN where too many are unfinished to tell;
        - ``linear, unfinished left out``: nobody knows when the frame was true, so the quantiles are those of
          the known ones, and too low.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        There is no such duration, or `as_of` is no time or has no zone.
    """
    groups = groups_of(frame, by)
    found = observations(frame, durations_named(duration), as_of=as_of)
    summaries = [_summary(_codes(groups, seen), seen, len(groups)) for seen in found.values()]
    columns = {name: np.stack([one[name] for one in summaries], axis=1).ravel() for name in summaries[0]}
    names = pd.Series([*found] * len(groups), dtype=schema.TEXT)
    methods = pd.Series(columns.pop("method"), dtype=schema.TEXT)
    keys = repeated(groups.keys, np.repeat(np.arange(len(groups)), len(found)))
    return keys.assign(duration=names, **columns, method=methods)


def _summary(codes: NDArray[np.intp], seen: Observations, n_groups: int) -> dict[str, NDArray[np.generic]]:
    values = seen.values.view(np.int64)
    has_value = values != NAT
    is_known = has_value & ~seen.is_censored
    rows = slice(None) if is_known.all() else is_known
    known = rank_groups(codes[rows], values[rows], n_groups)
    probabilities = np.array(list(QUANTILES.values()))
    quantiles = linear_quantiles(known, probabilities)
    n = np.diff(known.offsets)
    censored = np.bincount(codes[seen.is_censored], minlength=n_groups)
    is_open = np.bincount(codes[~has_value], minlength=n_groups) > 0
    by_estimate = (censored > 0) & ~is_open
    if by_estimate.any():
        rows = by_estimate[codes]
        ordered = sort_groups(codes[rows], values[rows], seen.is_censored[rows], n_groups)
        for group in np.flatnonzero(by_estimate):
            part = slice(ordered.offsets[group], ordered.offsets[group + 1])
            quantiles[group] = kaplan_meier_quantiles(ordered.values[part], ordered.is_censored[part], probabilities)
    longest = np.full(n_groups, np.nan)
    longest[n > 0] = known.at(known.offsets[1:][n > 0] - 1)
    return {
        "n": n.astype(np.int64),
        "censored": censored.astype(np.int64),
        **{name: quantiles[:, column] / 1e6 for column, name in enumerate(QUANTILES)},
        "max": longest / 1e6,
        "method": np.where(by_estimate, KAPLAN_MEIER, np.where(is_open, LINEAR_FINISHED, LINEAR)),
    }


def _codes(groups: Groups, seen: Observations) -> NDArray[np.intp]:
    """Return the groups of the rows that `seen` is of."""
    return groups.codes if len(seen.rows) == len(groups.codes) else groups.codes[seen.rows]
