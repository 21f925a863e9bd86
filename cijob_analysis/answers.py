"""Saved answers: what was fetched by other means, read into the same frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import Element

import pandas as pd

from cijob_analysis.exceptions import ResponseFormatError
from cijob_analysis.frames import to_frame, with_ends
from cijob_analysis.ledger import Ledger, LedgerEntry
from cijob_analysis.schema import INPUT_KINDS, TABLES, TASKS, TYPES
from cijob_analysis.service.documents import MAX_BYTES, parse
from cijob_analysis.service.json_answers import is_json, parse_json
from cijob_analysis.service.wire import KINDS, page_of


@dataclass(frozen=True, eq=False)
class Answer:
    """One answer of the service.

    Attributes
    ----------
    kind : str
        ``"batch_jobs"``, ``"executions"``, ``"tasks"``, ``"queues"`` or ``"workflows"``.
    frame : pandas.DataFrame
        Its rows, in the columns that are declared for its kind (``cijob_analysis.schema.TABLES``).
    tasks : pandas.DataFrame
        The tasks that stand in an answer about one execution, in the columns of tasks; without rows otherwise.
    next_token : str or None
        Stands for the next page; None on the last.
    missing_ids : tuple of str
        Ids asked for that the service did not know.
    request_id : str or None
        The service's id of the request.
    """

    kind: str
    frame: pd.DataFrame
    tasks: pd.DataFrame
    next_token: str | None = None
    missing_ids: tuple[str, ...] = ()
    request_id: str | None = None
    _data: bytes = field(default=b"", repr=False)

    @cached_property
    def raw(self) -> dict[str, Any]:
        """The whole answer as xmltodict has it: nested dicts, repeated elements as lists, every value text.

        An answer in JSON is as it came.
        """
        import xmltodict

        if is_json(self._data):
            return parse_json(self._data)[1]
        return xmltodict.parse(self._data)

    def __repr__(self) -> str:
        return f"<Answer {self.kind}: {len(self.frame)} rows{', more follow' if self.next_token else ''}>"

    def _repr_html_(self) -> str:
        import html

        said = [f"{len(self.frame)} {self.kind.replace('_', ' ')}"]
        if len(self.tasks):
            said.append(f"{len(self.tasks)} tasks in them")
        if self.next_token:
            said.append("more follow on the next page")
        if self.missing_ids:
            said.append(f"unknown to the service: {', '.join(self.missing_ids)}")
        if self.request_id:
            said.append(f"request id {self.request_id}")
        table = self.frame.dropna(axis="columns", how="all").to_html(max_rows=20, notebook=True)
        return f"<p>{html.escape('; '.join(said))}</p>{table}"


def read_answer(source: bytes | str | PathLike[str]) -> Answer:
    """Read a saved answer, or the body of a callback, of any level.

    Parameters
    ----------
    source : bytes, str or path
        The answer itself, in XML or JSON, as bytes or text, or the path of a file that holds it. A text that begins
        with ``<`` or ``{`` is an answer.

    Returns
    -------
    Answer
        With its rows as a frame.

    Raises
    ------
    APIError
        It is an error of the service.
    ResponseFormatError
        It is not the XML or JSON that we know.
    OSError
        The file cannot be read.
    """
    data = _bytes_of(source).strip()
    root = parse_json(data)[0] if is_json(data) else parse(data)
    kind = _kind_of(root)
    page = page_of(root, kind, data)
    frame, anomalies = to_frame(page.rows, TABLES[kind])
    tasks, odd_tasks = to_frame(page.tasks, TASKS)
    if kind == "executions":
        frame = with_ends(frame, tasks)
    entry = LedgerEntry(
        request="a saved answer",
        level=kind,
        pages=1,
        rows=len(frame),
        ended=page.next_token is None,
        missing_ids=page.missing_ids,
        anomalies=(*anomalies, *odd_tasks),
        notes=("cut off: one page of several",) if page.next_token else (),
    )
    frame.attrs["ledger"] = tasks.attrs["ledger"] = Ledger((entry,))
    return Answer(kind, frame, tasks, page.next_token, page.missing_ids, page.request_id, data)


_TASK_PREFIXES: Final = tuple("jcdsf")


def _kind_of(root: Element) -> str:
    """Tell what an answer is about by its elements; batch jobs and tasks both come as ``JobsDetail``."""
    tags = {child.tag for child in root}
    for kind in KINDS:
        if kind.row_tags[0] != "JobsDetail" and not tags.isdisjoint((*kind.row_tags, *kind.missing_tags)):
            return kind.name
    details = [detail for detail in root.findall("JobsDetail") if len(detail)]
    if details:
        kinds = {_is_batch_job(detail) for detail in details}
        if len(kinds) > 1:
            raise ResponseFormatError("the answer holds batch jobs and tasks")
        return "batch_jobs" if kinds.pop() else "tasks"
    missing = next((child.text or "" for child in root if child.tag in ("NonExistJobIds", "NonExistJobId")), None)
    if missing is not None:
        return "batch_jobs" if missing.strip()[:1] in ("b", "") else "tasks"
    return "queues" if "TotalCount" in tags else "batch_jobs"


def _is_batch_job(detail: Element) -> bool:
    """Tell a batch job from a task: both come as ``JobsDetail``."""
    if (detail.findtext("Type") or "").strip() in TYPES or detail.find("Operation/WorkflowIds") is not None:
        return True
    if detail.find("Operation/JobParam") is not None:
        return True
    has_task_input = any(detail.find(f"Input/{name}") is not None for name in ("BucketId", "Bucket", "Region", "Url"))
    has_own_input = any(detail.find(f"Input/{name}") is not None for name in INPUT_KINDS)
    prefix = (detail.findtext("JobId") or "").strip()[:1]
    is_untagged = has_own_input and detail.find("Tag") is None and prefix not in _TASK_PREFIXES
    return not has_task_input and (prefix == "b" or is_untagged)


def _bytes_of(source: bytes | str | PathLike[str]) -> bytes:
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source)
    if isinstance(source, str) and source.lstrip("\ufeff \t\r\n")[:1] in ("<", "{", ""):
        return source.encode()
    path = Path(source)
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ResponseFormatError(f"{path.name} has {size:,} bytes, more than the {MAX_BYTES:,} that are read")
    return path.read_bytes()
