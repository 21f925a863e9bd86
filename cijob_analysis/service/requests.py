"""Requests as values, made and checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.schema import STATES, TYPES
from cijob_analysis.service.arguments import checked_id, checked_states, checked_text, time_of, wire_time

PAGE_SIZE = 100
"""Rows asked for at once: the most that the service gives (page 1045/47031)."""

NUMBERED_PAGE_SIZE = 10
"""Rows asked for at once where pages have numbers: the default, as no maximum is stated."""

_EXECUTION_STATES = ("Success", "Failed", "Running", "Cancel")
"""States that executions can be filtered by (page 1045/51276)."""

_TAG = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")


@dataclass(frozen=True, slots=True)
class Request:
    """One read of the service.

    Attributes
    ----------
    path : str
        Decoded path, with its leading ``/``.
    params : mapping of str to str
        Query, decoded.
    action : str
        The permission that it needs, such as ``ci:DescribeInventoryTriggerJob``.
    """

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    action: str = ""

    @property
    def target(self) -> str:
        """Path and query as they travel: everything but unreserved characters and ``/`` escaped."""
        path = quote(self.path, safe="/-_.~,")
        if not self.params:
            return path
        return f"{path}?" + "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in self.params.items())

    def following(self, token: str) -> Request:
        """Return the request for the page that `token` stands for, of the same walk."""
        return replace(self, params={**self.params, "nextToken": token})


MAX_TASK_IDS = 10
"""Ids of tasks in one request (page 1045/73113)."""

TASK_PATHS = {"j": "/jobs", "c": "/pic_jobs", "d": "/doc_jobs", "s": "/asr_jobs", "f": "/file_jobs"}
"""Where a task is asked for, by the first letter of its id; `/jobs` for any other."""

_PATH_OF_TAG = {
    "PicProcess": "/pic_jobs",
    "PosterProduction": "/pic_jobs",
    "ImageInspect": "/pic_jobs",
    "ImageOCR": "/pic_jobs",
    "DocProcess": "/doc_jobs",
    "DocWatermark": "/doc_jobs",
    "DocAIGCMetadata": "/doc_jobs",
    "SpeechRecognition": "/asr_jobs",
    "FileHashCode": "/file_jobs",
    "FileUncompress": "/file_jobs",
    "FileCompress": "/file_jobs",
}
_TASK_ACTIONS = {
    "/jobs": "ci:DescribeMediaJob",
    "/pic_jobs": "ci:DescribePicProcessJob",
    "/doc_jobs": "ci:DescribeDocProcessJob",
    "/asr_jobs": "ci:DescribeAsrJob",
    "/file_jobs": "ci:DescribeFileProcessJob",
}
_QUEUES = {
    "media": ("/queue", "ci:DescribeMediaQueues"),
    "picture": ("/picqueue", "ci:DescribePicProcessQueues"),
    "document": ("/docqueue", "ci:DescribeDocProcessQueues"),
    "speech": ("/asrqueue", "ci:DescribeAsrQueues"),
    "ai": ("/ai_queue", "ci:DescribeAIQueues"),
    "file": ("/file_queue", "ci:DescribeFileProcessQueues"),
}
QUEUE_KINDS = tuple(_QUEUES)


def batch_job(batch_job_id: str) -> Request:
    """Return ``GET /inventorytriggerjob/<id>`` (page 1045/47030)."""
    return Request(f"/inventorytriggerjob/{batch_job_id}", action="ci:DescribeInventoryTriggerJob")


def batch_job_list(*, type: str | None = None, **filters: Any) -> Request:
    """Return the first ``GET /inventorytriggerjob`` of a walk (page 1045/47031).

    A type is sent only when asked for: without one the service lists both. The filters are those of `listing`.

    Raises
    ------
    ConfigurationError
        A state, type, time, id, name or size that the service would not know.
    """
    if type is not None and type not in TYPES:
        raise ConfigurationError(f"type {type!r} is none of {', '.join(TYPES)} (leave it out for both)")
    return listing("/inventorytriggerjob", "ci:DescribeInventoryTriggerJobs", {"type": type}, **filters)


def execution(run_id: str) -> Request:
    """Return ``GET /workflowexecution/<id>`` (page 1045/51275)."""
    return Request(f"/workflowexecution/{run_id}", action="ci:DescribeMediaWorkflowExecution")


def execution_list(*, batch_job_id: str | None = None, **filters: Any) -> Request:
    """Return the first ``GET /workflowexecution`` of a walk (page 1045/51276); the filters are those of `listing`.

    Raises
    ------
    ConfigurationError
        A filter that the service would not know.
    """
    ids = {"jobId": checked_id(batch_job_id, "batch_job_id")}
    return listing(
        "/workflowexecution", "ci:DescribeMediaWorkflowExecutions", ids, known_states=_EXECUTION_STATES, **filters
    )


def tasks(task_ids: Sequence[str]) -> Request:
    """Return ``GET /jobs/<ids>`` or its like, for up to `MAX_TASK_IDS` ids of one kind (page 1045/73113)."""
    path = path_of_task(task_ids[0])
    return Request(f"{path}/{','.join(task_ids)}", action=_TASK_ACTIONS[path])


def task_list(
    tag: str,
    *,
    batch_job_id: str | None = None,
    queue_id: str | None = None,
    object_key: str | None = None,
    **filters: Any,
) -> Request:
    """Return the first ``GET /jobs``, or its like for the kind of task, of a walk (page 1045/73114).

    Raises
    ------
    ConfigurationError
        A filter that the service would not know; a kind of task that it does not list.
    """
    path = path_of_tag(tag)
    if path == "/file_jobs":
        raise ConfigurationError(f"tag={tag!r}: the service has no list of file tasks; ask for them by their ids")
    ids = {
        "tag": tag,
        "inventoryTriggerJobId": checked_id(batch_job_id, "batch_job_id"),
        "queueId": checked_id(queue_id, "queue_id"),
        "inputObject": object_key,
    }
    return listing(path, _TASK_ACTIONS[path] + "s", ids, **filters)


def path_of_task(task_id: str) -> str:
    """Return the path below which a task is asked for."""
    return TASK_PATHS.get(task_id[:1], "/jobs")


def path_of_tag(tag: str) -> str:
    """Return the path under which tasks of a kind are listed."""
    if not isinstance(tag, str) or not _TAG.fullmatch(tag):
        raise ConfigurationError(f"tag {tag!r} is no kind of task; one looks like Transcode or PicProcess")
    return _PATH_OF_TAG.get(tag, "/jobs")


def queue_list(kind: str, *, ids: Sequence[str] = (), page: int = 1) -> Request:
    """Return ``GET /queue`` or its like; pages have numbers.

    Raises
    ------
    ConfigurationError
        A kind that is none of `QUEUE_KINDS`.
    """
    if kind not in _QUEUES:
        raise ConfigurationError(f"kind {kind!r} is none of {', '.join(_QUEUES)} (leave it out for all)")
    path, action = _QUEUES[kind]
    params = {"pageNumber": str(page), "pageSize": str(NUMBERED_PAGE_SIZE)}
    if kind == "media":
        params["category"] = "CateAll"
    if ids:
        params["queueIds"] = ",".join(ids)
    return Request(path, params, action=action)


def workflow_list(*, ids: Sequence[str] = (), name: str | None = None, page: int = 1) -> Request:
    """Return ``GET /workflow``; pages have numbers."""
    params = {"pageNumber": str(page), "pageSize": str(NUMBERED_PAGE_SIZE)}
    if ids:
        params["ids"] = ",".join(ids)
    if name is not None:
        params["name"] = checked_text(name, "name")
    return Request("/workflow", params, action="ci:DescribeMediaWorkflows")


def listing(
    path: str,
    action: str,
    own: Mapping[str, str | None],
    *,
    states: str | Iterable[str] | None = None,
    created_after: object = None,
    created_before: object = None,
    workflow_id: str | None = None,
    name: str | None = None,
    size: int = PAGE_SIZE,
    known_states: Sequence[str] = STATES,
) -> Request:
    """Return the first request of a walk, newest first, with the filters that all lists have.

    Parameters
    ----------
    path, action : str
        What is asked, and the permission that it needs.
    own : mapping of str to (str or None)
        Parameters of this list only, by their names on the wire; None is left out.
    states, created_after, created_before, workflow_id, name
        Filters; None is left out.
    size : int
        Rows a page.
    known_states : sequence of str
        States that this list can be filtered by.

    Raises
    ------
    ConfigurationError
        A filter that the service would not know.
    """
    if not 1 <= size <= PAGE_SIZE:
        raise ConfigurationError(f"size={size!r} is not from 1 to {PAGE_SIZE}")
    params = {"size": str(size), "orderByTime": "Desc"}
    params |= {name: value for name, value in own.items() if value is not None}
    if states is not None:
        params["states"] = ",".join(checked_states(states, known_states))
    after, before = time_of(created_after, "created_after"), time_of(created_before, "created_before")
    if after and before and after > before:
        raise ConfigurationError(f"created_after {after} is later than created_before {before}")
    if after:
        params["startCreationTime"] = wire_time(after)
    if before:
        params["endCreationTime"] = wire_time(before)
    if workflow_id is not None:
        params["workflowId"] = str(checked_id(workflow_id, "workflow_id"))
    if name is not None:
        params["name"] = checked_text(name, "name")
    return Request(path, params, action=action)
