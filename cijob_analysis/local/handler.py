"""A request in, an answer out: the service without its sockets."""

from __future__ import annotations

import ipaddress
from base64 import b64encode
from dataclasses import dataclass, field
from email.utils import formatdate
from itertools import count
from typing import TYPE_CHECKING, Final

from cijob_analysis.local import answers
from cijob_analysis.local.answers import Refusal
from cijob_analysis.local.authentication import Key, check
from cijob_analysis.local.faults import Faults
from cijob_analysis.local.reader import Reader, exists
from cijob_analysis.local.requestlog import Recorded, RequestLog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cijob_analysis.local.variants import Variants
    from cijob_analysis.local.workload import Workload

_REFUSALS: Final = {
    "slow_down": ("SlowDown", "Requests come too frequently, please slow down"),
    "unavailable": ("ServiceUnavailable", "The service is unavailable, please try again later"),
    "internal_error": ("InternalError", "Internal error, please try again"),
    "error_in_200": ("InternalError", "Internal error, please try again"),
}
_BODIES: Final = {
    "html": ("text/html", b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Proxy</body></html>\n"),
    "empty_body": ("application/xml", b""),
    "doctype": (
        "application/xml",
        b'<!DOCTYPE Response [<!ENTITY id "0">]>\n<Response><RequestId>&id;</RequestId></Response>',
    ),
}
_BROKEN: Final = ("reset", "short_body")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came.

    Attributes
    ----------
    method, path : str
        HTTP method and decoded path.
    params, headers : mapping of str to str
        Query and headers, decoded; the names of headers in lower case.
    """

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it shall go out.

    Attributes
    ----------
    status : int
        HTTP status.
    body : bytes
        Body.
    headers : dict of str to str
        Headers, but for the body's length.
    length : int
        The body is filled up with blanks to so many bytes.
    broken : str or None
        ``"reset"`` or ``"short_body"`` if it shall break in the middle.
    delay_s : float
        How long it shall be held back [s].
    """

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    length: int = 0
    broken: str | None = None
    delay_s: float = 0.0


class Handler:
    """Answers requests about a workload.

    Parameters
    ----------
    workload : Workload
        What there is.
    variants : Variants
        How it is spelled.
    keys : tuple of Key
        Whose signatures are accepted.
    clock : callable
        Returns the time [Unix s]; `Faults.clock_offset_s` is added.
    """

    def __init__(
        self, workload: Workload, variants: Variants, keys: tuple[Key, ...], clock: Callable[[], float]
    ) -> None:
        self.variants, self.keys, self.clock = variants, keys, clock
        self.requests = RequestLog()
        self.faults = Faults()
        self.workload = workload
        self._numbers = count(1)

    @property
    def workload(self) -> Workload:
        """What there is; set it, and the next answer is about the other one."""
        return self._reader.workload

    @workload.setter
    def workload(self, workload: Workload) -> None:
        self._reader = Reader(workload, self.variants)  # one assignment, as requests come on another thread

    @property
    def faults(self) -> Faults:
        """What goes wrong; set it, and the draw begins anew."""
        return self._faults[0]

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._faults = (faults, faults.drawing())  # one assignment, as requests come on another thread

    def answer(self, request: Request) -> Answer:
        """Answer `request`, and record it."""
        faults, draw = self._faults
        fault = draw()
        now = self.clock() + faults.clock_offset_s
        ids = self._ids(now)
        status, body, headers = self._content(request, faults, fault, now, ids)
        if fault == "cut_off":
            body = body[: len(body) // 2]
        self.requests.add(Recorded(request.method, request.path, request.params, status, fault))
        return Answer(
            status,
            body,
            {
                "Server": "tencent-ci",
                "Date": formatdate(now, usegmt=True),
                "x-ci-request-id": ids[0],
                **headers,
            },
            length=faults.huge_body_bytes,
            broken=fault if fault in _BROKEN else None,
            delay_s=faults.latency_s,
        )

    def _content(
        self, request: Request, faults: Faults, fault: str | None, now: float, ids: tuple[str, str]
    ) -> tuple[int, bytes, dict[str, str]]:
        """Return status, body and the headers that depend on them."""
        if fault in _BODIES:
            kind, body = _BODIES[fault]
            return 200, body, {"Content-Type": kind}
        try:
            _refuse_by_fault(faults, fault)
            self._check_host(request)
            check(request.method, request.path, request.params, request.headers, keys=self.keys, now=now)
            _refuse_by_method(request)
            body = self._reader.read(request.path, request.params, faults, request_id=ids[0])
            return 200, body, {"Content-Type": "application/xml"}
        except Refusal as refusal:
            request_id, trace_id = ids
            body = answers.error(
                refusal, self.variants, request_id=request_id, trace_id=trace_id, resource=request.path
            )
            kind = "application/json" if self.variants.error_body == "json" else "application/xml"
            headers = {"Content-Type": kind, "x-ci-trace-id": trace_id, **_headers(refusal, faults)}
            return (200 if fault == "error_in_200" else refusal.status), body, headers

    def _check_host(self, request: Request) -> None:
        host = request.headers.get("host", "").lower()
        name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        own = self.workload.host.lower()
        if not name or name == own or _is_loopback(name):
            return
        if name.endswith(own[own.index(".") :]):
            raise Refusal("NoSuchBucket", f"the bucket {name.partition('.')[0]} does not exist")
        raise Refusal("InvalidHost", f"the host {name[:200]} is not {own}")

    def _ids(self, now: float) -> tuple[str, str]:
        """Return the ids of a request and of its trace, formed like the real ones."""
        number = next(self._numbers)
        text = f"{int(now) & 0xFFFFFFFF:08x}_0a010203_1a2b_{number:x}"
        return b64encode(text.encode()).decode(), b64encode(f"{text}_trace".encode()).decode()


def _refuse_by_fault(faults: Faults, fault: str | None) -> None:
    if fault in _REFUSALS:
        raise Refusal(*_REFUSALS[fault])
    if faults.redirect_to is not None:
        raise Refusal("TemporaryRedirect", "Use the URL in the header Location")


def _refuse_by_method(request: Request) -> None:
    if request.method != "GET" and exists(request.path):
        raise Refusal("MethodNotAllowed", f"{request.method[:20]} is not allowed here; this service only reads")


def _headers(refusal: Refusal, faults: Faults) -> dict[str, str]:
    """Return the headers that go with one kind of error only."""
    if refusal.code == "TemporaryRedirect":
        return {"Location": str(faults.redirect_to)}
    if refusal.code == "MethodNotAllowed":
        return {"Allow": "GET"}
    if refusal.code in ("SlowDown", "ServiceUnavailable") and faults.retry_after_s is not None:
        return {"Retry-After": str(faults.retry_after_s)}
    return {}


def _is_loopback(name: str) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
