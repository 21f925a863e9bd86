"""Signed requests to a local service, by httpx alone."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

import httpx
import xmltodict

from cijob_analysis.local import BatchJob, LocalService
from cijob_analysis.local.zone import NOW
from cijob_analysis.service.credentials import Credentials
from cijob_analysis.service.signing import authorization

PATH = "/inventorytriggerjob"


def batch_job(number: int, **cells: Any) -> BatchJob:
    """Return a batch job with the id b000…<number>; what is not given is unremarkable."""
    plain = {"name": f"job {number}", "type": "Workflow", "state": "Success", "created_at": NOW}
    return BatchJob(**{"batch_job_id": f"b{number:032x}", **plain, **cells})


def signature(
    path: str,
    params: dict[str, str],
    *,
    credentials: Credentials,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    key_time: tuple[int, int] | None = None,
) -> str:
    now = int(time.time())
    return authorization(
        method,
        path,
        params=params,
        headers=headers or {},
        credentials=credentials,
        key_time=key_time or (now - 60, now + 3600),
    )


def ask(
    service: LocalService,
    http: httpx.Client,
    path: str = PATH,
    params: dict[str, str] | None = None,
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """Send a signed request: the query as the real service wants it, every escape made."""
    params = params or {}
    signed = signature(path, params, credentials=service.credentials, method=method)
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in params.items())
    target = quote(path, safe="/,") + (f"?{query}" if query else "")
    return http.request(method, service.url + target, headers={"Authorization": signed, **(headers or {})})


ROWS = {
    "JobsDetail": "JobId",
    "WorkflowExecutionList": "RunId",
    "QueueList": "QueueId",
    "MediaWorkflowList": "WorkflowId",
}
"""Repeated elements, and what names each of them."""


def content(answer: httpx.Response, root: str = "Response") -> dict[str, Any]:
    """Return what is below the root, with a list of each repeated element."""
    tree = xmltodict.parse(answer.content, force_list=(*ROWS, "Tasks", "NonExistPIDs", "NonExistIDs"))[root]
    return tree or {}


def rows(answer: httpx.Response) -> list[dict[str, Any]]:
    found = content(answer)
    return [row for name in ROWS for row in found.get(name, [])]


def ids(answer: httpx.Response) -> list[str]:
    found = content(answer)
    return [row[key] for name, key in ROWS.items() for row in found.get(name, [])]


def walk(service: LocalService, http: httpx.Client, params: dict[str, str], path: str = PATH) -> list[str]:
    """Follow the tokens to the end, and return the ids in the order they came."""
    found: list[str] = []
    token = ""
    while True:
        answer = ask(service, http, path, {**params, "nextToken": token})
        assert answer.status_code == 200, answer.text
        found += ids(answer)
        token = content(answer).get("NextToken") or ""
        if not token:
            return found


def code(answer: httpx.Response) -> tuple[int, str]:
    """Return status and Code of an error."""
    return answer.status_code, content(answer, "Error")["Code"]
