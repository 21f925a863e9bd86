"""When each row was queued, ran, or was unfinished: half-open intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.durations import as_of_for
from cijob_analysis.metrics.groups import is_terminal
from cijob_analysis.metrics.instants import NAT, instants

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd
    from numpy.typing import NDArray

KINDS = ("running", "queued", "unfinished")


@dataclass(frozen=True, slots=True)
class Intervals:
    """The intervals of a frame's rows, those that last no time left out.

    Attributes
    ----------
    rows : array of int
        Which row of the frame each is of.
    begin, end : array of int64
        Microseconds since 1970-01-01 UTC, begin < end.
    is_open : array of bool
        Whether it has no end, as nobody knows until when; `end` is then the largest int64.
    """

    rows: NDArray[np.intp]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    is_open: NDArray[np.bool_]


FOREVER = np.iinfo(np.int64).max


def intervals(frame: pd.DataFrame, of: str, as_of: datetime | str | None = None) -> Intervals:
    """Return when each row of `frame` was in what `of` names.

    Parameters
    ----------
    frame : DataFrame
        Batch jobs, executions or tasks.
    of : {"running", "queued", "unfinished"}
        From start to end; from creation to start, or to the end of what ended without a start; from creation to
        end. An end counts in a final state only, and what has ended nobody knows when has no interval. What is
        under way ends at `as_of`.
    as_of : datetime, Timestamp or ISO text with a zone, optional
        When the frame was true; what its ledger says if not given. If nobody knows, what is under way has no end.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        There is no such `of`, or `as_of` is no time or has no zone.
    """
    if of not in KINDS:
        raise ConfigurationError(f"of={of!r} is none of {', '.join(KINDS)}")
    created, started, ended = (
        instants(frame, name).view(np.int64) for name in ("created_at", "started_at", "ended_at")
    )
    now = as_of_for(frame, as_of)
    under_way = np.int64(FOREVER if np.isnat(now) else now.astype(np.int64))
    finished = is_terminal(frame)
    end = ended if finished.all() else np.where(finished, ended, under_way)
    if of == "queued":
        end = np.where(started != NAT, started, end)
    begin = started if of == "running" else created
    there = (begin < end) & (begin != NAT)  # an unknown end is the smallest integer, so it is before any begin
    rows = np.flatnonzero(there)
    if len(rows) < len(frame):
        begin, end = begin[rows], end[rows]
    return Intervals(rows, begin, end, end == FOREVER)
