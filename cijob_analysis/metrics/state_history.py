"""How many rows were in which state, from when on."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cijob_analysis.metrics.durations import as_of_for
from cijob_analysis.metrics.groups import is_terminal, state_codes
from cijob_analysis.metrics.inputs import frame_of
from cijob_analysis.metrics.instants import instants, utc_column
from cijob_analysis.metrics.intervals import FOREVER
from cijob_analysis.metrics.step_functions import count_steps
from cijob_analysis.snapshot import Snapshot

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

NO_STATE = "no state"
"""The column of rows that have none."""

_NEVER = np.iinfo(np.int64).min
"""What NaT is as an integer."""


def states_over_time(data: pd.DataFrame | Snapshot, *, as_of: datetime | str | None = None) -> pd.DataFrame:
    """Count how many rows were in each state over time: the exact step function, not samples of it.

    The service says in which state a row is now; which ones it has been in follows from its times. It was Submitted
    from its creation on, Running from its start on, and in its present state from its end on; what is unfinished is
    in its present state since its start, or else since its creation: when it was paused nobody says. An end counts
    in a final state only. What ended without a start was Submitted until then.

    So each row is in exactly one state from the first of its times on, and the last counts are those of
    `state_counts`, but for what is left out: rows of which nobody knows since when they are in their state.

    Parameters
    ----------
    data : DataFrame or Snapshot
        Batch jobs, executions or tasks; `state`, `created_at`, `started_at`, `ended_at` are used.
    as_of : datetime, Timestamp or ISO text with a zone, optional
        When the frame was true; what its ledger says if not given.

    Returns
    -------
    DataFrame
        `at` (datetime64[us, UTC]), rising; and an int64 column for each state, the known ones in their order, then
        the unknown ones that occur, then ``no state`` if a row has none: how many are in it from `at` on, until the
        next row. A row for each instant at which a count changes; if something is unfinished, and `as_of` is later
        than all of them, one more that says how it was then. ``attrs["left_out"]`` is how many rows were left out.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        `as_of` is no time, or has no zone.
    """
    frame = frame_of(data)
    states, names = state_codes(frame)
    created, started, ended = (
        instants(frame, name).astype(np.int64) for name in ("created_at", "started_at", "ended_at")
    )
    finished = is_terminal(frame)
    since = np.where(finished, ended, np.where(started != _NEVER, started, created))
    known = since != _NEVER
    ran = finished & (started != _NEVER) & (started < since)  # what is not known is before everything
    until = np.where(ran, started, since)
    waited = (created != _NEVER) & (created < until)

    n_waited, n_ran, n_known = int(waited.sum()), int(ran.sum()), int(known.sum())
    before = np.repeat([names.index("Submitted"), names.index("Running")], [n_waited, n_ran])
    begin = np.concatenate([created[waited], started[ran], since[known]])
    end = np.concatenate([until[waited], since[ran], np.full(n_known, FOREVER)])
    steps = count_steps(np.concatenate([before, states[known]]), begin, end, end == FOREVER, len(names))

    at = np.sort(steps.at, kind="stable")  # which finds that they are sorted runs
    at = at[np.append(at[1:] != at[:-1], True)] if len(at) else at
    if as_of is None and isinstance(data, Snapshot):
        as_of = data.as_of
    now = as_of_for(frame, as_of).astype(np.int64)
    if len(at) and now > at[-1] and not finished[known].all():
        at = np.append(at, now)
    bounds = np.searchsorted(steps.group, np.arange(len(names) + 1))
    counts = [_counts_at(at, steps.at[a:b], steps.n[a:b]) for a, b in pairwise(bounds.tolist())]
    columns = [NO_STATE if name is None else name for name in names]
    result = pd.DataFrame({"at": utc_column(at), **dict(zip(columns, counts, strict=True))})
    result.attrs["left_out"] = len(frame) - n_known
    return result


def _counts_at(at: NDArray[np.int64], changes_at: NDArray[np.int64], n: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return at each instant `at` the count that changes to `n` at `changes_at`."""
    gain = np.zeros(len(at), np.int64)
    gain[np.searchsorted(at, changes_at)] = np.diff(n, prepend=0)
    return np.cumsum(gain)
