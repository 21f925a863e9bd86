"""An answer as it came over HTTP, before anyone has read it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from cijob_analysis.exceptions import ResponseFormatError
from cijob_analysis.service.documents import MAX_BYTES


@dataclass(frozen=True, slots=True)
class Received:
    """What came: the status, the body, and of the headers those that matter.

    Attributes
    ----------
    status_code : int
        HTTP status.
    body : bytes
        All of it.
    request_id, trace_id : str or None
        The service's ids of the request.
    location : str
        Where a redirect leads.
    retry_after_s : float
        How long the service wants us to wait [s].
    service_time : float or None
        The service's clock [Unix s]; read from answers that are not good.
    """

    status_code: int
    body: bytes
    request_id: str | None = None
    trace_id: str | None = None
    location: str = ""
    retry_after_s: float = 0.0
    service_time: float | None = None


def received(status_code: int, headers: Mapping[str, str], chunks: Iterable[bytes]) -> Received:
    """Read a body to its end, up to the largest size.

    Parameters
    ----------
    status_code : int
        HTTP status.
    headers : mapping of str to str
        By their names in lower case.
    chunks : iterable of bytes
        The body.

    Raises
    ------
    ResponseFormatError
        It is too large.
    """
    request_id = headers.get("x-ci-request-id")
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size > MAX_BYTES:
            message = f"the answer has more than the {MAX_BYTES:,} bytes that are read"
            raise ResponseFormatError(message, request_id=request_id)
    if status_code == 200:
        return Received(200, b"".join(parts), request_id)
    return Received(
        status_code,
        b"".join(parts),
        request_id,
        headers.get("x-ci-trace-id"),
        headers.get("location", ""),
        _seconds(headers.get("retry-after", "")),
        _unix_time(headers.get("date", "")),
    )


def _unix_time(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError):
        return None


def _seconds(text: str) -> float:
    """Return what ``Retry-After`` asks for [s]: a number, or a date."""
    try:
        return max(0.0, float(text))
    except ValueError:
        at = _unix_time(text)
        return 0.0 if at is None else max(0.0, at - time.time())
