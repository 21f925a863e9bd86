"""Answers as bytes: pure functions from values to XML (or a JSON error), escaped."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import quoteattr

from cijob_analysis.local.markup import Node, shuffled, written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cijob_analysis.local.variants import Variants

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


def element(name: str, content: list[Node], variants: Variants, *, key: str) -> str:
    """Return one row of an answer; `key` decides about the order of what is in it, if that is mixed."""
    nodes: str | list[Node] = content
    if variants.shuffled:
        nodes = shuffled(content, Random(key))  # noqa: S311 - an order, no secret
    return written([(name, nodes)], indent=1 if variants.pretty else None)


def response(
    elements: Iterable[str],
    variants: Variants,
    *,
    request_id: str,
    counts: Iterable[Node] = (),
    next_token: str | None = None,
    unknown_ids: Iterable[str] = (),
    unknown_name: str = "NonExistJobIds",
) -> bytes:
    """Return a ``Response``.

    Parameters
    ----------
    elements : iterable of str
        What `element` made.
    variants : Variants
        How it is spelled.
    request_id : str
        The service's id of the request.
    counts : iterable of Node
        What stands before the rows.
    next_token : str, optional
        Token of the next page; ``""`` on the last page of a list, None if the answer is no list.
    unknown_ids : iterable of str
        Ids asked for that do not exist.
    unknown_name : str
        Element that holds them; those of queues and workflows are always repeated.
    """
    indent = 1 if variants.pretty else None
    before: list[Node] = [*([("RequestId", request_id)] if variants.with_request_id else []), *counts]
    after: list[Node] = []
    unknown = list(unknown_ids)
    if unknown_name == "NonExistJobIds" and variants.unknown_ids == "joined":
        unknown = [",".join(unknown)] if unknown else []
    elif unknown_name == "NonExistJobIds" and variants.unknown_ids == "NonExistJobId":
        unknown_name = "NonExistJobId"
    after += [(unknown_name, item) for item in unknown]
    if next_token or (next_token is not None and variants.last_page == "empty"):
        after.append(("NextToken", next_token))
    if variants.shuffled:
        before, after = after, before
    namespace = f" xmlns={quoteattr(variants.namespace)}" if variants.namespace else ""
    declaration, line = ('<?xml version="1.0" encoding="UTF-8"?>\n', "\n") if variants.pretty else ("", "")
    body = written(before, indent) + "".join(elements) + written(after, indent)
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
    return f"<?xml version='1.0' encoding='utf-8' ?>\n{written([('Error', children)])}".encode()
