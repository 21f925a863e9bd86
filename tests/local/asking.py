"""Signed requests to a local service, by httpx alone."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

import httpx
import xmltodict

from cijob_analysis.local import BatchJob, LocalService
from cijob_analysis.local.workload import NOW
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


def content(answer: httpx.Response, root: str = "Response") -> dict[str, Any]:
    """Return what is below the root, with a list of JobsDetail."""
    tree = xmltodict.parse(answer.content, force_list=("JobsDetail",))[root]
    return tree or {}


def ids(answer: httpx.Response) -> list[str]:
    return [row["JobId"] for row in content(answer).get("JobsDetail", [])]


def walk(service: LocalService, http: httpx.Client, params: dict[str, str]) -> list[str]:
    """Follow the tokens to the end, and return the ids in the order they came."""
    found: list[str] = []
    token = ""
    while True:
        answer = ask(service, http, params={**params, "nextToken": token})
        assert answer.status_code == 200, answer.text
        found += ids(answer)
        token = content(answer).get("NextToken") or ""
        if not token:
            return found


def code(answer: httpx.Response) -> tuple[int, str]:
    """Return status and Code of an error."""
    return answer.status_code, content(answer, "Error")["Code"]
