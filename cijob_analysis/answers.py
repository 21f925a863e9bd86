"""Saved answers: what was fetched by other means, read into the same frames."""

from __future__ import annotations

import json
import re
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
from cijob_analysis.schema import TABLES, TASKS, TYPES
from cijob_analysis.service.documents import MAX_BYTES, excerpt, parse
from cijob_analysis.service.json_answers import is_json, parse_json
from cijob_analysis.service.wire import BESIDE, KINDS, page_of


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
        if is_json(self._data):
            as_it_came: dict[str, Any] = json.loads(self._data)
            return as_it_came
        import xmltodict

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
    data = _bytes_of(source).lstrip()
    root = parse_json(data) if is_json(data) else parse(data)
    kind = _kind_of(root, data)
    page = page_of(root, kind, data)
    frame, anomalies = to_frame(page.rows, TABLES[kind])
    tasks, odd_tasks = to_frame(page.tasks, TASKS)
    if kind == "executions":
        frame = with_ends(frame, tasks.dropna(subset=["run_id"]))
    is_part = page.next_token is not None or (page.total or 0) > len(page.rows)
    entry = LedgerEntry(
        request="a saved answer",
        level=kind,
        pages=1,
        rows=len(frame),
        ended=not is_part,
        missing_ids=page.missing_ids,
        anomalies=(*anomalies, *odd_tasks),
        notes=("cut off: one page of several",) if is_part else (),
    )
    frame.attrs["ledger"] = tasks.attrs["ledger"] = Ledger((entry,))
    return Answer(kind, frame, tasks, page.next_token, page.missing_ids, page.request_id, data)


_ONLY_BATCH_JOBS_HAVE: Final = (
    "TimeInterval",
    "Operation/TimeInterval",
    "Operation/WorkflowIds",
    "Operation/JobParam",
    "Input/Manifest",
    "Input/UrlFile",
    "Input/Prefix",
)
_ONLY_TASKS_HAVE: Final = ("Tag", "Workflow", "Input/BucketId", "Input/Bucket", "Input/Region", "Input/Url")
"""Paths below ``JobsDetail``; batch jobs and tasks both come so (pages 1045/47030, 1045/73113)."""


def _kind_of(root: Element, data: bytes) -> str:
    """Tell what an answer is about by its elements; `data` is for messages.

    Raises
    ------
    ResponseFormatError
        It holds other elements, or both batch jobs and tasks.
    """
    tags = {child.tag for child in root}
    kinds = [kind for kind in KINDS if not tags.isdisjoint((*kind.row_tags, *kind.missing_tags))]
    unknown = sorted(tags.difference(BESIDE))
    if root.tag != "Response" or (unknown and not kinds):
        what = f"<{root.tag}>" + (f" with <{'>, <'.join(unknown[:5])}>" if unknown else "")
        raise ResponseFormatError(f"no answer about {_ALL_KINDS}, but {what}: {excerpt(data)}")
    if kinds and kinds[0].name != "batch_jobs":
        return kinds[0].name
    found = {_is_batch_job(detail) for detail in root.findall("JobsDetail") if len(detail)}
    if len(found) > 1:
        raise ResponseFormatError(f"the answer holds batch jobs and tasks: {excerpt(data)}")
    if found:
        return "batch_jobs" if found.pop() else "tasks"
    missing = next(("".join(child.itertext()).strip() for child in root if child.tag in KINDS[0].missing_tags), "")
    if missing:
        return "batch_jobs" if missing[0] == "b" else "tasks"
    if kinds:  # nothing but empty elements; answers about tasks have no request id
        return "batch_jobs" if "RequestId" in tags else "tasks"
    return "queues" if "TotalCount" in tags else "batch_jobs"


_ALL_KINDS: Final = "batch jobs, executions, tasks, queues or workflows"


def _is_batch_job(detail: Element) -> bool:
    """Tell a batch job from a task: both come as ``JobsDetail``."""
    stated = detail.find("Type")
    if stated is not None and (stated.text or "").strip() in (*TYPES, ""):
        return True
    if any(detail.find(path) is not None for path in _ONLY_BATCH_JOBS_HAVE):
        return True
    is_task = any(detail.find(path) is not None for path in _ONLY_TASKS_HAVE)
    return not is_task and (detail.findtext("JobId") or "").strip()[:1] == "b"


def _bytes_of(source: bytes | str | PathLike[str]) -> bytes:
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source)
    if isinstance(source, str) and source.lstrip("\ufeff \t\r\n")[:1] in ("<", "{", ""):
        text = re.sub(r"^\s*<\?xml\s[^>]*>", "", source.lstrip("\ufeff"))  # it names the encoding that the bytes had
        return text.encode("utf-8", "surrogatepass")
    path = Path(source)
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ResponseFormatError(f"{path.name} has {size:,} bytes, more than the {MAX_BYTES:,} that are read")
    return path.read_bytes()
