"""An answer as it came over HTTP, before anyone has read it."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
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
        The body, as it travelled.

    Raises
    ------
    ResponseFormatError
        It is too large, or compressed in a way that we did not ask for and do not know.
    """
    request_id = headers.get("x-ci-request-id")
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        chunks = _decompressed(chunks, encoding, request_id)
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


def _decompressed(chunks: Iterable[bytes], encoding: str, request_id: str | None) -> Iterator[bytes]:
    """Yield the body of a proxy or service that compresses although it was not asked to."""
    if encoding not in ("gzip", "x-gzip", "deflate"):
        message = f"the answer is compressed by {encoding!r}, which was not asked for"
        raise ResponseFormatError(message, request_id=request_id)
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)  # tells gzip and zlib apart itself
    try:
        for chunk in chunks:
            yield unpack.decompress(chunk, MAX_BYTES + 1)
    except zlib.error as error:
        message = f"the compressed answer cannot be read: {error}"
        raise ResponseFormatError(message, request_id=request_id) from None
    if not unpack.eof:
        raise ResponseFormatError("the compressed answer is cut off", cut_off=True, request_id=request_id)


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
