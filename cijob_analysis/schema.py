"""Columns, states and their order: declared once, read by the reader, the frames, the metrics and the documentation.

The names on the wire are paths below the element of one row (``Operation/TimeInterval/Start``); where the
service has used several names for the same thing, all of them stand there, the present one first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pandas as pd

from cijob_analysis.exceptions import SchemaError


class State(StrEnum):
    """State of a batch job, an execution or a task, in the order in which they are shown."""

    SUBMITTED = "Submitted"
    RUNNING = "Running"
    PAUSE = "Pause"
    SUCCESS = "Success"
    FAILED = "Failed"
    CANCEL = "Cancel"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing changes any more."""
        return self in (State.SUCCESS, State.FAILED, State.CANCEL)


STATES: Final = tuple(state.value for state in State)
TERMINAL: Final = tuple(state.value for state in State if state.is_terminal)
TYPES: Final = ("Workflow", "Job")
"""Types of a batch job: one runs workflows on its objects, the other one kind of task."""

TEXT: Final = "string"
UTC: Final = "datetime64[us, UTC]"
STATE: Final = "state"
"""Stands for a categorical of `STATES`, followed by whatever unknown state was met."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a frame.

    Attributes
    ----------
    name : str
        Our name.
    wire : tuple of str
        Paths of the elements that it is read from, the present layout first; empty if it is not read
        from an element.
    dtype : str
        pandas dtype; ``"state"`` stands for the categorical of states.
    unit : str
        Unit, or ``""``.
    doc : str
        What it means.
    many : bool
        Several elements may come; the cell holds their texts joined by commas.
    verbatim : bool
        Blanks around the text are part of it: people and buckets may mean them.
    """

    name: str
    dtype: str = TEXT
    wire: tuple[str, ...] = ()
    unit: str = ""
    doc: str
    many: bool = False
    verbatim: bool = False


EXTRA: Final = Column(name="extra", doc="whatever else the answer held, as JSON text; missing if nothing")

BATCH_JOBS: Final = (
    Column(name="batch_job_id", wire=("JobId",), doc="id of the batch job, b…"),
    Column(name="name", wire=("Name",), verbatim=True, doc="name given when it was created"),
    Column(name="type", wire=("Type",), doc="Workflow (runs workflows on its objects) or Job (one kind of task)"),
    Column(name="state", wire=("State",), dtype=STATE, doc="state; Success, Failed and Cancel are final"),
    Column(name="code", wire=("Code",), doc="error code; meaningful in state Failed, Success otherwise"),
    Column(name="message", wire=("Message",), verbatim=True, doc="error message; meaningful in state Failed"),
    Column(
        name="created_at",
        wire=("CreationTime", "CreateTime"),
        dtype=UTC,
        unit="UTC",
        doc="when it was created",
    ),
    Column(
        name="started_at",
        wire=("StartTime",),
        dtype=UTC,
        unit="UTC",
        doc="when it started; NaT while it waits",
    ),
    Column(
        name="ended_at",
        wire=("EndTime",),
        dtype=UTC,
        unit="UTC",
        doc="when it ended; to be trusted in a final state only, the service sends one for running jobs, too",
    ),
    Column(
        name="workflow_ids",
        wire=("Operation/WorkflowIds",),
        many=True,
        doc="ids of the workflows that it runs (w…), joined by commas; type Workflow only",
    ),
    Column(name="tag", wire=("Operation/Tag", "Tag"), doc="kind of its tasks, such as Transcode; type Job only"),
    Column(name="queue_id", wire=("Operation/QueueId", "QueueId"), doc="queue of its tasks (p…); type Job only"),
    Column(name="template_id", wire=("Operation/JobParam/TemplateId",), doc="template of its tasks (t…)"),
    Column(name="input_kind", doc="how its objects are named: Manifest, UrlFile, Prefix or Object"),
    Column(name="input_value", doc="the manifest, the file of URLs, the key prefix or the object key"),
    Column(
        name="objects_from",
        wire=("Operation/TimeInterval/Start", "TimeInterval/Start"),
        dtype=UTC,
        unit="UTC",
        doc="only objects uploaded since then",
    ),
    Column(
        name="objects_to",
        wire=("Operation/TimeInterval/End", "TimeInterval/End"),
        dtype=UTC,
        unit="UTC",
        doc="only objects uploaded until then",
    ),
    Column(name="output_region", wire=("Operation/Output/Region",), doc="region of the results' bucket"),
    Column(name="output_bucket", wire=("Operation/Output/Bucket",), doc="bucket of the results"),
    Column(
        name="output_object",
        wire=("Operation/Output/Object",),
        verbatim=True,
        doc="key of the results, with its placeholders",
    ),
    Column(
        name="job_level",
        wire=("Operation/JobLevel",),
        dtype="Int64",
        doc="priority; the highest of 0, 1, 2 first",
    ),
    Column(
        name="user_data",
        wire=("Operation/UserData",),
        verbatim=True,
        doc="free text given when it was created",
    ),
    EXTRA,
)

INPUT_KINDS: Final = ("Manifest", "UrlFile", "Prefix", "Object")
"""Children of ``Input`` of a batch job; the first that has text fills `input_kind` and `input_value`."""

DURATIONS: Final = ("queue_wait_s", "run_time_s", "turnaround_s")

KEYS: Final = {"batch_jobs": "batch_job_id", "executions": "run_id", "tasks": "task_id"}


def dtype_of(column: Column) -> object:
    """Return the pandas dtype of `column`."""
    return pd.CategoricalDtype(list(STATES)) if column.dtype == STATE else column.dtype


def empty(columns: tuple[Column, ...]) -> pd.DataFrame:
    """Return a frame without rows, of the declared columns and dtypes."""
    return pd.DataFrame({column.name: pd.Series([], dtype=dtype_of(column)) for column in columns})  # type: ignore[call-overload]


def require(frame: pd.DataFrame, *names: str) -> None:
    """Raise unless `frame` has the columns `names`.

    Raises
    ------
    SchemaError
        Naming what is missing and what is there.
    """
    missing = [name for name in names if name not in frame.columns]
    if missing:
        there = ", ".join(map(str, frame.columns)) or "no column"
        raise SchemaError(f"the frame lacks {', '.join(missing)}; it has {there}")


def in_order(states: Iterable[str]) -> list[str]:
    """Return all known states in their order, then the unknown ones of `states` in theirs."""
    return [*STATES, *dict.fromkeys(state for state in states if state not in STATES)]


def key_of(frame: pd.DataFrame) -> str:
    """Return the name of the column that tells the rows of `frame` apart: its level's own id.

    Raises
    ------
    SchemaError
        The frame has none of the three ids.
    """
    for name in ("task_id", "run_id", "batch_job_id"):
        if name in frame.columns:
            return name
    raise SchemaError("the frame has none of batch_job_id, run_id, task_id, so its rows have no name")


def noun_of(frame: pd.DataFrame) -> str:
    """Return what one row of `frame` is called: task, execution or batch job."""
    return {"task_id": "task", "run_id": "execution", "batch_job_id": "batch job"}[key_of(frame)]
