"""Answers as bytes: pure functions from values to XML (or a JSON error), escaped."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import quoteattr

from cijob_analysis.local.workload import ZONE, BatchJob, Element

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cijob_analysis.local.variants import Variants

Node = tuple[str, "str | list[Node]"]
"""An element: its name, and its text or its children."""

STATUS: Final = {
    "TemporaryRedirect": 307,
    "InvalidArgument": 400,
    "InvalidHost": 400,
    "ExpiredToken": 400,
    "MissingAuthorization": 401,
    "InvalidAuthorization": 401,
    "SecretidNotExist": 401,
    "SignatureExpired": 401,
    "AccessDenied": 403,
    "RequestTimeTooSkewed": 403,
    "InvalidUrl": 404,
    "NoSuchBucket": 404,
    "MethodNotAllowed": 405,
    "SlowDown": 429,
    "InternalError": 500,
    "ServiceUnavailable": 503,
}
"""HTTP status of each error code (pages 1045/43611, 436/7730)."""

_NUMBER: Final = {
    "InternalError": 1007,
    "InvalidUrl": 1010,
    "MissingAuthorization": 1012,
    "InvalidAuthorization": 1013,
    "SignatureExpired": 1014,
    "InvalidArgument": 1015,
    "InvalidHost": 1017,
    "AccessDenied": 1018,
    "SecretidNotExist": 1019,
    "SlowDown": 1020,
}
"""Numbers of the codes (page 1045/33700), for errors in JSON; the status stands for a code without one."""

_PROGRESS: Final = {"Submitted": "0", "Pause": "0", "Running": "50", "Success": "100"}
_TO_ESCAPE = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]")
_ENTITY: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}


class Refusal(Exception):
    """A request that is answered with an error.

    Parameters
    ----------
    code : str
        A key of `STATUS`.
    message : str
        What is wrong, naming the value.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code, self.message = code, message
        self.status = STATUS[code]


def batch_job_element(job: BatchJob, variants: Variants) -> str:
    """Return the ``JobsDetail`` of `job` (page 1045/47030)."""
    children: str | list[Node] = _batch_job(job, variants)
    if variants.shuffled:
        children = _shuffled(children, Random(job.batch_job_id))  # noqa: S311 - an order, no secret
    return _written([("JobsDetail", children)], indent=1 if variants.pretty else None)


def response(
    elements: Iterable[str],
    variants: Variants,
    *,
    request_id: str,
    next_token: str | None = None,
    unknown_ids: Iterable[str] = (),
) -> bytes:
    """Return a ``Response``.

    Parameters
    ----------
    elements : iterable of str
        What `batch_job_element` made.
    variants : Variants
        How it is spelled.
    request_id : str
        The service's id of the request.
    next_token : str, optional
        Token of the next page; ``""`` on the last page of a list, None if the answer is no list.
    unknown_ids : iterable of str
        Ids asked for that do not exist.
    """
    indent = 1 if variants.pretty else None
    before: list[Node] = [("RequestId", request_id)] if variants.with_request_id else []
    after: list[Node] = []
    unknown = list(unknown_ids)
    if unknown and variants.unknown_ids == "joined":
        after.append(("NonExistJobIds", ",".join(unknown)))
    else:
        name = "NonExistJobId" if variants.unknown_ids == "NonExistJobId" else "NonExistJobIds"
        after += [(name, item) for item in unknown]
    if next_token or (next_token is not None and variants.last_page == "empty"):
        after.append(("NextToken", next_token))
    if variants.shuffled:
        before, after = after, before
    namespace = f" xmlns={quoteattr(variants.namespace)}" if variants.namespace else ""
    declaration, line = ('<?xml version="1.0" encoding="UTF-8"?>\n', "\n") if variants.pretty else ("", "")
    body = _written(before, indent) + "".join(elements) + _written(after, indent)
    return f"{declaration}<Response{namespace}>{line}{body}</Response>{line}".encode()


def error(refusal: Refusal, variants: Variants, *, request_id: str, trace_id: str, resource: str) -> bytes:
    """Return an error's body (page 1045/43611).

    Parameters
    ----------
    refusal : Refusal
        What is wrong.
    variants : Variants
        How it is spelled.
    request_id, trace_id : str
        The service's ids of the request.
    resource : str
        What was asked for, named by COS but not by CI.
    """
    if variants.error_body == "json":
        number = _NUMBER.get(refusal.code, refusal.status)
        content = {"code": number, "message": f"{refusal.code}: {refusal.message}", "request_id": request_id}
        return json.dumps(content, ensure_ascii=False).encode()
    children: list[Node] = [("Code", refusal.code), ("Message", refusal.message)]
    if variants.error_body == "resource":
        children.append(("Resource", resource))
    children += [("RequestId", request_id), ("TraceId", trace_id)]
    return f"<?xml version='1.0' encoding='utf-8' ?>\n{_written([('Error', children)])}".encode()


def _batch_job(job: BatchJob, variants: Variants) -> list[Node]:
    started, ended = job.started_at, job.ended_at
    if job.state == "Running" and variants.running_with_end_time:
        ended = ended or (started or job.created_at) + timedelta(minutes=2)
    if job.state == "Running" and variants.running_without_start_time:
        started = None
    interval = _interval(job, variants)
    return [
        ("Code", job.code),
        ("Type", job.type),
        *_message(job, variants),
        ("Name", job.name),
        ("JobId", job.batch_job_id),
        ("State", job.state),
        *_times("CreateTime" if variants.create_time else "CreationTime", job.created_at, variants),
        *_times("StartTime", started, variants),
        *_times("EndTime", ended, variants),
        *(_at_top(job, variants) if variants.tag_at_top else []),
        ("Input", [(job.input_kind, job.input_value)]),
        *(interval if variants.time_interval_at_top else []),
        ("Operation", [*([] if variants.time_interval_at_top else interval), *_operation(job, variants)]),
    ]


def _interval(job: BatchJob, variants: Variants) -> list[Node]:
    times = (("Start", job.objects_from), ("End", job.objects_to))
    given: list[Node] = [(name, _time(time, variants)) for name, time in times if time is not None]
    return [("TimeInterval", given)] if given else []


def _message(job: BatchJob, variants: Variants) -> list[Node]:
    if job.message or variants.message == "empty":
        return [("Message", job.message)]
    return [] if variants.message == "absent" else [("Message", variants.message)]


def _at_top(job: BatchJob, variants: Variants) -> list[Node]:
    progress = _PROGRESS.get(job.state)
    return [*_tag_and_queue(job, variants), *([("Progress", progress)] if progress else [])]


def _tag_and_queue(job: BatchJob, variants: Variants) -> list[Node]:
    if job.type != "Job":
        return []
    tag = job.tag if variants.with_tag else None
    return [(name, value) for name, value in (("QueueId", job.queue_id), ("Tag", tag)) if value is not None]


def _operation(job: BatchJob, variants: Variants) -> Iterator[Node]:
    if job.type == "Workflow":
        joined = [",".join(job.workflow_ids)] if variants.workflow_ids == "joined" else job.workflow_ids
        yield from (("WorkflowIds", item) for item in joined if item)
        return
    if not variants.tag_at_top:
        yield from _tag_and_queue(job, variants)
    for name, value in (("UserData", job.user_data), ("CallBack", job.callback)):
        if value is not None:
            yield name, value
    template = {} if job.template_id is None else {"TemplateId": job.template_id}
    if template or job.job_param:
        yield "JobParam", list(_children({**template, **job.job_param}))
    output = (("Region", job.output_region), ("Bucket", job.output_bucket), ("Object", job.output_object))
    if any(value is not None for _, value in output):
        yield "Output", [(name, value) for name, value in output if value is not None]
    if job.job_level is not None:
        yield "JobLevel", str(job.job_level)


def _children(content: Mapping[str, Element]) -> Iterator[Node]:
    for name, value in content.items():
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, str):
                yield name, item
            elif isinstance(item, tuple):
                yield from _children({name: item})
            else:
                yield name, list(_children(item))


def _times(name: str, time: datetime | None, variants: Variants) -> list[Node]:
    if time is not None:
        return [(name, _time(time, variants))]
    return [] if variants.missing_time == "absent" else [(name, "-" if variants.missing_time == "-" else "")]


def _time(time: datetime, variants: Variants) -> str:
    if variants.time_format == "Z":
        return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    separator = " " if variants.time_format == "blank" else "T"
    offset = "+08:00" if variants.time_format == "+08:00" else "+0800"
    local = time.astimezone(ZONE).replace(microsecond=0, tzinfo=None)
    return local.isoformat(separator) + offset


def _shuffled(children: str | list[Node], random: Random) -> str | list[Node]:
    if isinstance(children, str):
        return children
    names = list(dict.fromkeys(name for name, _ in children))
    random.shuffle(names)
    mixed: list[Node] = [(name, _shuffled(content, random)) for name, content in children]
    return sorted(mixed, key=lambda node: names.index(node[0]))  # those of one name keep their order


def _written(nodes: Iterable[Node], indent: int | None = None) -> str:
    """Return `nodes` as XML; `indent` is their depth if they shall stand on lines of their own."""
    before, line = ("", "") if indent is None else ("    " * indent, "\n")
    parts = []
    for name, content in nodes:
        if not content:
            parts.append(f"{before}<{name}/>{line}")
        elif isinstance(content, str):
            parts.append(f"{before}<{name}>{_escaped(content)}</{name}>{line}")
        else:
            inner = _written(content, None if indent is None else indent + 1)
            parts.append(f"{before}<{name}>{line}{inner}{before}</{name}>{line}")
    return "".join(parts)


def _escaped(text: str) -> str:
    """Return `text` for XML; what XML 1.0 cannot hold becomes U+FFFD."""
    return _TO_ESCAPE.sub(lambda found: _ENTITY.get(found[0], "\ufffd"), text)
