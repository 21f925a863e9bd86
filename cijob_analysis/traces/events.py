"""Tasks as the events of cases, in the words of process mining."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.files.cells import digits_of, time_texts
from cijob_analysis.metrics.groups import is_terminal
from cijob_analysis.metrics.inputs import tasks_of
from cijob_analysis.metrics.instants import NAT, instants

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cijob_analysis.snapshot import Snapshot

TRANSITIONS: Final = ("schedule", "start", "complete", "ate_abort", "pi_abort", "withdraw")
"""Of the standard lifecycle model of XES that a task can go through."""
_SCHEDULE, _START, _COMPLETE, _FAILED, _CANCELLED, _WITHDRAWN = range(len(TRANSITIONS))

CASE_COLUMNS: Final = ("workflow_id", "batch_job_id", "object_key")
EVENT_COLUMNS: Final = ("task_id", "task_type", "state", "code", "message")
_CASES_AT_ONCE: Final = 16_384


class Events(NamedTuple):
    """Some events, those of a case side by side and in the order of time; all are texts, None where there is none.

    Attributes
    ----------
    cases, activities, resources : list
        Ids of executions, names of nodes, ids of queues.
    transitions : list of str
        Of the lifecycle.
    times : list of str
        ISO, with the offset.
    of_case, of_event : list of list
        `CASE_COLUMNS` and `EVENT_COLUMNS`, a list each.
    """

    cases: list[str]
    activities: list[str]
    transitions: list[str]
    times: list[str]
    resources: list[str | None]
    of_case: list[list[str | None]]
    of_event: list[list[str | None]]


def events_of(data: pd.DataFrame | Snapshot) -> Iterator[Events]:
    """Yield the events of tasks, some cases at a time, in the order in which the cases begin.

    A task is scheduled when it is created and starts when it starts; at its end it is complete, or aborted: a failure
    is ``ate_abort`` (of the activity), a cancelled one ``pi_abort`` (of the whole), one cancelled before it started
    ``withdraw``. The case is the execution; a task without one, of a batch job of type Job, is a case of its own.
    """
    tasks = tasks_of(data)
    schema.require(tasks, "run_id", "node", "queue_id", *CASE_COLUMNS, *EVENT_COLUMNS)
    times = [instants(tasks, name).view(np.int64) for name in ("created_at", "started_at", "ended_at")]
    digits = (
        max(digits_of(tasks[name]) for name in ("created_at", "started_at", "ended_at")) or 3
    )  # some readers want them
    case, keys = pd.factorize(tasks["run_id"].where(tasks["run_id"].notna(), tasks["task_id"]), use_na_sentinel=True)
    transitions = np.stack(
        [np.full(len(tasks), _SCHEDULE), np.full(len(tasks), _START), _ends(tasks, has_started=times[1] != NAT)]
    )
    at = np.stack(times)
    there = (at != NAT) & (transitions >= 0) & (case >= 0)
    step, row = np.nonzero(there)
    moment = at[step, row]
    begin = np.full(len(keys), np.iinfo(np.int64).max)
    np.minimum.at(begin, case[row], moment)
    order = np.lexsort((step, moment, case[row], begin[case[row]]))
    step, row = step[order], row[order]
    own = case[row]
    firsts = np.flatnonzero(np.diff(own, prepend=-1) != 0)
    bounds = [*firsts[::_CASES_AT_ONCE].tolist(), len(row)]
    for first, last in pairwise(bounds):
        yield _some(tasks, keys[own[first:last]], row[first:last], transitions, step[first:last], at, digits)


def _ends(tasks: pd.DataFrame, *, has_started: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return with which transition each task ends; −1 for one that has not ended."""
    states = tasks["state"].astype(object)
    cancelled = np.where(has_started, _CANCELLED, _WITHDRAWN)
    ends = np.select([states == "Success", states == "Failed", states == "Cancel"], [_COMPLETE, _FAILED, cancelled], -1)
    return np.where(is_terminal(tasks), ends, -1)


def _some(
    tasks: pd.DataFrame,
    cases: pd.Index[str],
    rows: NDArray[np.intp],
    transitions: NDArray[np.intp],
    step: NDArray[np.intp],
    at: NDArray[np.int64],
    digits: int,
) -> Events:
    part = tasks.iloc[rows]
    moments = pd.Series(at[step, rows].view("M8[us]")).dt.tz_localize("UTC")
    activities = zip(_texts(part["node"]), _texts(part["task_type"]), strict=True)
    return Events(
        [str(case) for case in cases],
        [node or kind or "task" for node, kind in activities],
        [TRANSITIONS[number] for number in transitions[step, rows].tolist()],
        time_texts(moments, UTC, digits).astype("U").tolist(),
        _texts(part["queue_id"]),
        [_texts(part[name]) for name in CASE_COLUMNS],
        [_texts(part[name]) for name in EVENT_COLUMNS],
    )


def _texts(column: pd.Series[str]) -> list[str | None]:
    return [str(cell) if known else None for cell, known in zip(column.tolist(), column.notna().tolist(), strict=True)]
