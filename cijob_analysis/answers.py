"""Saved answers: what was fetched by other means, read into the same frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from cijob_analysis.exceptions import ResponseFormatError
from cijob_analysis.frames import to_frame
from cijob_analysis.ledger import Ledger, LedgerEntry
from cijob_analysis.schema import BATCH_JOBS, INPUT_KINDS, TYPES
from cijob_analysis.service.documents import MAX_BYTES, excerpt, parse
from cijob_analysis.service.wire import read_batch_jobs


@dataclass(frozen=True, eq=False)
class Answer:
    """One answer of the service.

    Attributes
    ----------
    kind : str
        ``"batch_jobs"``.
    frame : pandas.DataFrame
        Its rows, in the columns that are declared for its kind.
    next_token : str or None
        Stands for the next page; None on the last.
    missing_ids : tuple of str
        Ids asked for that the service did not know.
    request_id : str or None
        The service's id of the request.
    """

    kind: str
    frame: pd.DataFrame
    next_token: str | None = None
    missing_ids: tuple[str, ...] = ()
    request_id: str | None = None
    _data: bytes = field(default=b"", repr=False)

    @cached_property
    def raw(self) -> dict[str, Any]:
        """The whole answer as xmltodict has it: nested dicts, repeated elements as lists, every value text."""
        import xmltodict

        return xmltodict.parse(self._data)

    def __repr__(self) -> str:
        return f"<Answer {self.kind}: {len(self.frame)} rows{', more follow' if self.next_token else ''}>"

    def _repr_html_(self) -> str:
        import html

        said = [f"{len(self.frame)} {self.kind.replace('_', ' ')}"]
        if self.next_token:
            said.append("more follow on the next page")
        if self.missing_ids:
            said.append(f"unknown to the service: {', '.join(self.missing_ids)}")
        if self.request_id:
            said.append(f"request id {self.request_id}")
        table = self.frame.dropna(axis="columns", how="all").to_html(max_rows=20, notebook=True)
        return f"<p>{html.escape('; '.join(said))}</p>{table}"


def read_answer(source: bytes | str | PathLike[str]) -> Answer:
    """Read a saved answer about batch jobs.

    Parameters
    ----------
    source : bytes, str or path
        The answer itself, as bytes or text, or the path of a file that holds it. A text that begins with ``<`` or
        ``{`` is an answer.

    Returns
    -------
    Answer
        With its rows as a frame.

    Raises
    ------
    APIError
        It is an error of the service.
    ResponseFormatError
        It is not the XML we know.
    OSError
        The file cannot be read.
    """
    data = _bytes_of(source)
    root = parse(data)
    for detail in root.findall("JobsDetail"):
        if len(detail) and not _is_batch_job(detail):
            raise ResponseFormatError(f"an answer about tasks, not batch jobs: {excerpt(data)}")
    page = read_batch_jobs(data)
    frame, anomalies = to_frame(page.rows, BATCH_JOBS)
    entry = LedgerEntry(
        request="a saved answer",
        pages=1,
        rows=len(frame),
        ended=page.next_token is None,
        missing_ids=page.missing_ids,
        anomalies=tuple(anomalies),
        notes=("cut off: one page of several",) if page.next_token else (),
    )
    frame.attrs["ledger"] = Ledger((entry,))
    return Answer("batch_jobs", frame, page.next_token, page.missing_ids, page.request_id, data)


def _is_batch_job(detail: Any) -> bool:
    """Tell a batch job from a task: both come as ``JobsDetail``."""
    if (detail.findtext("Type") or "").strip() in TYPES or detail.find("Operation/WorkflowIds") is not None:
        return True
    if detail.find("Operation/JobParam") is not None:
        return True
    has_task_input = any(detail.find(f"Input/{name}") is not None for name in ("BucketId", "Bucket", "Region", "Url"))
    has_own_input = any(detail.find(f"Input/{name}") is not None for name in INPUT_KINDS)
    is_b = (detail.findtext("JobId") or "").strip().startswith("b")
    return not has_task_input and (is_b or (has_own_input and detail.find("Tag") is None))


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
