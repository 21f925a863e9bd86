"""Tasks as the events of cases, in the words of process mining."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.files.cells import digits_of, time_texts
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
_TASKS_AT_ONCE: Final = 16_384
_NEVER: Final = np.iinfo(np.int64).max
_Text = TypeVar("_Text", str, str | None)


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
    names = ("created_at", "started_at", "ended_at")
    times = [instants(tasks, name).view(np.int64) for name in names]
    ends = _ends(tasks, has_started=times[1] != NAT)
    times[2] = np.where(ends < 0, NAT, times[2])
    digits = max(digits_of(tasks[name]) for name in names) or 3  # some readers want them
    case, keys = pd.factorize(tasks["run_id"].where(tasks["run_id"].notna(), tasks["task_id"]), use_na_sentinel=True)
    first = np.full(len(tasks), _NEVER)
    for at in times:
        np.minimum(first, at, out=first, where=at != NAT)
    begin = np.full(len(keys), _NEVER)
    rows = np.flatnonzero((case >= 0) & (first < _NEVER))
    np.minimum.at(begin, case[rows], first[rows])
    rows = rows[np.lexsort((case[rows], begin[case[rows]]))]
    firsts = np.flatnonzero(np.diff(case[rows], prepend=-1))  # a case is in one part
    bounds = np.unique(firsts[np.searchsorted(firsts, np.arange(0, len(rows), _TASKS_AT_ONCE), side="right") - 1])
    for own in np.split(rows, bounds[1:]):
        if len(own):
            yield _some(tasks.iloc[own], keys[case[own]], [at[own] for at in times], ends[own], digits)


def _ends(tasks: pd.DataFrame, *, has_started: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Return with which transition each task ends; −1 for one that has not ended."""
    states = tasks["state"]
    ends = np.full(len(tasks), -1, np.int8)
    ends[states == "Success"] = _COMPLETE
    ends[states == "Failed"] = _FAILED
    cancelled = (states == "Cancel").to_numpy(bool)
    ends[cancelled] = np.where(has_started[cancelled], _CANCELLED, _WITHDRAWN)
    return ends


def _some(
    tasks: pd.DataFrame, cases: pd.Index[str], times: list[NDArray[np.int64]], ends: NDArray[np.int8], digits: int
) -> Events:
    """Return the events of `tasks`, which are side by side where they are of one case."""
    at = np.stack(times)
    step, row = np.nonzero(at != NAT)
    number = np.cumsum(np.diff(pd.factorize(cases)[0], prepend=0) != 0)
    order = np.lexsort((step, at[step, row], number[row]))
    step, row = step[order], row[order]
    transitions = np.stack([np.full(len(tasks), _SCHEDULE), np.full(len(tasks), _START), ends])
    activities = [
        node or kind or "task" for node, kind in zip(_texts(tasks["node"]), _texts(tasks["task_type"]), strict=True)
    ]
    places = row.tolist()

    def each(texts: list[_Text]) -> list[_Text]:
        return [texts[place] for place in places]

    return Events(
        each([str(case) for case in cases]),
        each(activities),
        [TRANSITIONS[number] for number in transitions[step, row].tolist()],
        time_texts(pd.Series(at[step, row].view("M8[us]")).dt.tz_localize("UTC"), UTC, digits).astype("U").tolist(),
        each(_texts(tasks["queue_id"])),
        [each(_texts(tasks[name])) for name in CASE_COLUMNS],
        [each(_texts(tasks[name])) for name in EVENT_COLUMNS],
    )


def _texts(column: pd.Series[str]) -> list[str | None]:
    return [str(cell) if known else None for cell, known in zip(column.tolist(), column.notna().tolist(), strict=True)]
