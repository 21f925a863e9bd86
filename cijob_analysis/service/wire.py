"""Answers: a document in, its rows and what stands beside them out, for every kind of answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Final, NamedTuple
from xml.etree.ElementTree import Element

from cijob_analysis.exceptions import ResponseFormatError
from cijob_analysis.schema import INPUT_KINDS, TABLES, TASKS
from cijob_analysis.service.documents import excerpt, no_collection, parse
from cijob_analysis.service.rows import Plan, Row, plan_of, read_row

_MANY_BYTES: Final = 16_384
"""From here on a document has enough elements to wake the garbage collector."""


class Page(NamedTuple):
    """One answer.

    Attributes
    ----------
    rows : list of tuple of (str or None)
        A text per declared column, None where the answer has none.
    next_token : str or None
        Stands for the next page; None on the last.
    missing_ids : tuple of str
        Ids asked for that the service does not know.
    request_id : str or None
        The service's id of the request.
    tasks : list of tuple of (str or None)
        Rows of the tasks that stand in executions.
    total : int or None
        How many rows all pages have together, where the answer says so.
    """

    rows: list[Row]
    next_token: str | None = None
    missing_ids: tuple[str, ...] = ()
    request_id: str | None = None
    tasks: Sequence[Row] = ()
    total: int | None = None


Reader = Callable[[bytes], Page]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of answer: which elements are its rows, and which name ids that do not exist.

    Attributes
    ----------
    name : str
        As in `cijob_analysis.schema.TABLES`.
    row_tags, missing_tags : tuple of str
        Names of elements below the root; the present ones first.
    """

    name: str
    row_tags: tuple[str, ...]
    missing_tags: tuple[str, ...] = ()


KINDS: Final = (
    Kind("batch_jobs", ("JobsDetail",), ("NonExistJobIds", "NonExistJobId")),
    Kind("executions", ("WorkflowExecutionList", "WorkflowExecution"), ("NonExistRunIds",)),
    Kind("tasks", ("JobsDetail",), ("NonExistJobIds", "NonExistJobId")),
    Kind("queues", ("QueueList", "Queue"), ("NonExistPIDs",)),
    Kind("workflows", ("MediaWorkflowList", "MediaWorkflow"), ("NonExistIDs",)),
)
BESIDE: Final = ("RequestId", "NextToken", "TotalCount", "PageNumber", "PageSize", "EventName")
"""Elements that may stand beside the rows of any kind, and tell nothing about it."""


def read(data: bytes, kind: str) -> Page:
    """Read an answer of one kind.

    Parameters
    ----------
    data : bytes
        XML.
    kind : str
        ``"batch_jobs"``, ``"executions"``, ``"tasks"``, ``"queues"`` or ``"workflows"``.

    Raises
    ------
    APIError
        The answer is an error.
    ResponseFormatError
        It is not the XML we know.
    """
    if len(data) < _MANY_BYTES:
        return page_of(parse(data), kind, data)
    with no_collection():
        return page_of(parse(data), kind, data)


read_batch_jobs: Reader = partial(read, kind="batch_jobs")
read_executions: Reader = partial(read, kind="executions")
read_tasks: Reader = partial(read, kind="tasks")
read_queues: Reader = partial(read, kind="queues")
read_workflows: Reader = partial(read, kind="workflows")


def page_of(response: Element, kind: str, data: bytes) -> Page:
    """Return the rows of a parsed answer, and what stands beside them; `data` is for messages.

    Raises
    ------
    ResponseFormatError
        It has none of the elements that the kind's answers have.
    """
    row_tags, missing_tags, plan, width = _reading(kind)
    rows: list[Row] = []
    tasks: list[Row] = []
    missing: list[str] = []
    token = request_id = total = unknown = None
    for child in response:
        tag = child.tag
        if tag in row_tags:
            if len(child):
                rows.append(read_row(child, plan, width))
                if kind == "executions":
                    tasks += _tasks_in(child, rows[-1])
            elif _text(child):
                raise ResponseFormatError(f"<{tag}> holds the text {_text(child)!r} and no element: {excerpt(data)}")
        elif tag == "RequestId":
            request_id = _text(child)
        elif tag == "NextToken":
            token = _text(child)
        elif tag in missing_tags:
            missing += [item.strip() for text in child.itertext() for item in text.split(",") if item.strip()]
        elif tag == "TotalCount":
            text = _text(child) or ""
            total = int(text) if text.isascii() and text.isdigit() else None
        elif tag not in BESIDE:
            unknown = tag
    if response.tag != "Response" or (unknown and not rows and not missing):
        what = f"<{response.tag}>" + (f" with <{unknown}>" if unknown else "")
        raise ResponseFormatError(f"no answer about {kind.replace('_', ' ')}, but {what}: {excerpt(data)}")
    return Page(rows, token, tuple(missing), request_id, tasks or (), total)


def _text(element: Element) -> str | None:
    return (element.text or "").strip() or None


@cache
def _reading(name: str) -> tuple[tuple[str, ...], tuple[str, ...], Plan, int]:
    """Return the elements that are rows, those that name missing ids, the plan of a row, and its width."""
    kind = next(kind for kind in KINDS if kind.name == name)
    columns = TABLES[name]
    plan = plan_of(columns)
    if name == "batch_jobs":
        names = [column.name for column in columns]
        choice = (names.index("input_kind"), names.index("input_value"))
        plan.below["Input"] = Plan(choices=dict.fromkeys(INPUT_KINDS, choice))
    elif name == "executions":
        plan.whole["Tasks"] = None
    return kind.row_tags, kind.missing_tags, plan, len(columns)


_NAMES: Final = {kind: [column.name for column in columns] for kind, columns in TABLES.items()}
_INHERITED: Final = tuple(
    (_NAMES["tasks"].index(name), _NAMES["executions"].index(name)) for name in ("run_id", "workflow_id", "object_key")
)


def _tasks_in(execution: Element, parent: Row) -> list[Row]:
    """Return the rows of an execution's tasks, which say neither whose they are nor on what they work."""
    plan = _reading("tasks")[2]
    rows = []
    for element in execution.findall("Tasks"):
        if len(element):
            row = list(read_row(element, plan, len(TASKS)))
            for number, above in _INHERITED:
                if row[number] is None:
                    row[number] = parent[above]
            rows.append(tuple(row))
    return rows
