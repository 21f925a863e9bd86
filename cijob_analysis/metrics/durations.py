"""How long things waited, ran and took in all; the unfinished ones so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.ledger import ledger_of
from cijob_analysis.metrics.dispatch import on_any_engine
from cijob_analysis.metrics.groups import is_terminal, state_codes
from cijob_analysis.metrics.instants import NAT, NEVER, instant, instants

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    import pandas as pd
    from numpy.typing import NDArray

_SECOND = np.timedelta64(1, "s")


@on_any_engine
def add_durations(frame: pd.DataFrame, *, as_of: datetime | str | None = None) -> pd.DataFrame:
    """Add how long each row waited, ran and took in all.

    An end counts in a final state only: the service sends one for running jobs, too. Durations below zero are
    left as they are.

    Parameters
    ----------
    frame : DataFrame
        Batch jobs, executions or tasks; `state`, `created_at`, `started_at`, `ended_at` are used.
    as_of : datetime, Timestamp or ISO text with a zone, optional
        When the frame was true. If given, what is unfinished gets its duration until then, a lower bound:
        what has not started has waited until then, and has no run time.

    Returns
    -------
    DataFrame
        A copy of `frame`, its attrs included, with `queue_wait_s` = started − created, `run_time_s` =
        ended − started, `turnaround_s` = ended − created (float64 [s], NaN where an end is missing; what
        ended without a start has neither wait nor run), and `is_censored` (bool: the state is not final).

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        `as_of` is no time, or has no zone.
    """
    created, started, ended = (instants(frame, name) for name in ("created_at", "started_at", "ended_at"))
    finished = is_terminal(frame)
    now = NEVER if as_of is None else instant(as_of)
    until = np.where(finished, ended, now)
    waited_until = np.where(np.isnat(started) & ~finished, now, started)
    return frame.assign(
        queue_wait_s=(waited_until - created) / _SECOND,
        run_time_s=(until - started) / _SECOND,
        turnaround_s=(until - created) / _SECOND,
        is_censored=~finished,
    )


def durations_named(duration: str | Sequence[str] | None) -> list[str]:
    """Return the durations that `duration` names, in the order of the schema; all of them if it is None.

    Raises
    ------
    ConfigurationError
        It names none, or one that there is not.
    """
    names = list(schema.DURATIONS) if duration is None else [duration] if isinstance(duration, str) else list(duration)
    if not names or any(name not in schema.DURATIONS for name in names):
        there = ", ".join(schema.DURATIONS)
        raise ConfigurationError(f"duration={duration!r} is none of {there}, nor a list of them")
    return [name for name in schema.DURATIONS if name in names]


@dataclass(frozen=True, slots=True)
class Observations:
    """What is known of one duration.

    Attributes
    ----------
    rows : array of int
        Which rows of the frame it is of: those where it is known, or known to be under way.
    values : array of timedelta64[us]
        How long; NaT where it is under way and nobody knows until when.
    is_censored : array of bool
        Whether it is a lower bound.
    """

    rows: NDArray[np.intp]
    values: NDArray[np.timedelta64]
    is_censored: NDArray[np.bool_]


def as_of_for(frame: pd.DataFrame, as_of: datetime | str | None) -> np.datetime64:
    """Return when `frame` was true: `as_of` if given, else what its ledger says, else NaT."""
    known = as_of if as_of is not None else ledger_of(frame).as_of
    return NEVER if known is None else instant(known)


def observations(
    frame: pd.DataFrame, durations: Iterable[str], *, as_of: datetime | str | None = None
) -> dict[str, Observations]:
    """Return what is known of `durations`, censored where it is under way.

    The wait of what has started is known, also while it runs. What ended without a start (cancelled or failed
    while it waited) would have waited longer: its wait is censored at its end. A Success without a start
    has waited nobody knows how long, and is left out. What has not started has no run time to be censored.
    """
    columns = ("created_at", "started_at", "ended_at")
    created, started, ended = (instants(frame, name).view(np.int64) for name in columns)
    states, names = state_codes(frame)
    finished, succeeded = is_terminal(frame), states == names.index("Success")
    now = as_of_for(frame, as_of).astype(np.int64)
    until = ended if finished.all() else np.where(finished, ended, now)
    has_started, has_ended = started != NAT, finished & (ended != NAT)
    gave_up = has_ended & ~succeeded
    waited_until = started if has_started.all() else np.where(has_started, started, until)
    cases = {
        "queue_wait_s": (created, waited_until, has_started, gave_up | ~finished),
        "run_time_s": (started, until, has_ended, ~finished),
        "turnaround_s": (created, until, has_ended, ~finished),
    }
    found = {}
    for duration in durations:
        begin, end, is_known, is_under_way = cases[duration]
        rows = np.flatnonzero((begin != NAT) & (is_known | is_under_way))
        if len(rows) < len(frame):
            begin, end, is_known = begin[rows], end[rows], is_known[rows]
        values = end - begin
        if (is_open := end == NAT).any():
            values[is_open] = NAT
        found[duration] = Observations(rows, values.view("timedelta64[us]"), ~is_known)
    return found
