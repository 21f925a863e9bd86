"""HTTP: a request out, an answer in. The one file that uses httpx.

Each worker has an ``httpx.HTTPTransport`` with one connection of its own. An ``httpx.AsyncClient``, or a ``Client``
shared by threads, goes through all its connections for each request, and so loses most of the possible rate at 64
requests in flight.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx

from cijob_analysis import __version__
from cijob_analysis.exceptions import ConfigurationError, ResponseFormatError, TransportError
from cijob_analysis.service.documents import MAX_BYTES
from cijob_analysis.service.proxies import proxy_for

_COMMON: Final = [
    ("accept", "application/xml"),
    ("accept-encoding", "identity"),
    ("user-agent", f"cijob-analysis/{__version__}"),
]
_NOTHING: Final = httpx.ByteStream(b"")


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


class Connector:
    """Makes connections to one origin.

    Parameters
    ----------
    origin : str
        Scheme, host and port.
    timeout_s : float
        For connecting, and for each silence of the service [s].
    transport : httpx.BaseTransport, optional
        Used by all connections instead of own ones; closed with this.
    """

    def __init__(self, origin: str, timeout_s: float, transport: httpx.BaseTransport | None = None) -> None:
        self.origin = origin
        self.timeout_s = timeout_s
        self._given = transport
        self._idle: list[Connection] = []
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None

    def take(self) -> Connection:
        """Return a connection: one that was given back, or a new one, which connects when it is used."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return Connection(self, self._given or self._own_transport(), is_shared=self._given is not None)

    def give_back(self, connections: Iterable[Connection]) -> None:
        """Keep `connections` for later, but for those that were broken off."""
        with self._lock:
            self._idle += [connection for connection in connections if not connection.is_aborted]

    def close(self) -> None:
        """Close all connections that were given back."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()
        if self._given is not None:
            self._given.close()

    def _own_transport(self) -> httpx.HTTPTransport:
        is_plain = self.origin.startswith("http://")  # to loopback: no TLS, and no proxy in between
        with self._lock:
            if self._tls is None:  # loading the certificates takes as long as a hundred requests: once for all
                self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if is_plain else httpx.create_ssl_context()
        try:
            return httpx.HTTPTransport(
                verify=self._tls,
                proxy=None if is_plain else proxy_for(self.origin),
                limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=60.0),
            )
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            raise ConfigurationError(f"the proxy of the environment cannot be used: {error}") from None


class Connection:
    """One worker's connection, which another thread can break off."""

    def __init__(self, connector: Connector, transport: httpx.BaseTransport, *, is_shared: bool) -> None:
        self.is_aborted = False
        self._origin = connector.origin
        self._timeout_s = connector.timeout_s
        self._timeout = httpx.Timeout(connector.timeout_s).as_dict()
        self._transport = transport
        self._is_shared = is_shared
        self._stream: Any = None

    def get(self, target: str, headers: list[tuple[str, str]]) -> Received:
        """Send a GET and read its answer, up to the largest size.

        Parameters
        ----------
        target : str
            Path and query, escaped.
        headers : list of (str, str)
            With ``host``.

        Raises
        ------
        TransportError
            No answer came, or not all of it.
        ResponseFormatError
            It is too large.
        """
        extensions: dict[str, Any] = {"timeout": self._timeout}
        if self._stream is None:
            extensions["trace"] = self._watch  # until the connection is known that `abort` would break off
        request = httpx.Request(
            "GET", self._origin + target, headers=[*headers, *_COMMON], stream=_NOTHING, extensions=extensions
        )
        try:
            response = self._transport.handle_request(request)
            self._stream = response.extensions.get("network_stream", self._stream)
            try:
                return _received(response)
            finally:
                response.close()
        except httpx.TimeoutException as error:
            raise TransportError(
                f"no answer from {request.url.host} within {self._timeout_s:g} s ({type(error).__name__}); "
                "timeout_s=… of the Client allows more"
            ) from None
        except (httpx.ReadError, httpx.RemoteProtocolError) as error:
            raise TransportError(f"the connection broke before the answer was complete: {error}") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise TransportError(_unreachable(request.url.host, error)) from None

    def abort(self) -> None:
        """Break the connection off: what waits for it fails at once."""
        if self._is_shared:
            return
        self.is_aborted = True
        sock = self._stream.get_extra_info("socket") if self._stream is not None else None
        if isinstance(sock, socket.socket):
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # not SSLSocket's, which would wait for the peer

    def close(self) -> None:
        """Close the connection, unless it is shared."""
        if not self._is_shared:
            self._transport.close()

    def _watch(self, event: str, info: dict[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._stream = info["return_value"]


def _received(response: httpx.Response) -> Received:
    headers = response.headers
    chunks: Iterable[bytes] = response.stream if isinstance(response.stream, httpx.SyncByteStream) else ()
    if "content-encoding" in headers:
        chunks = response.iter_bytes()
    request_id = headers.get("x-ci-request-id")
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size > MAX_BYTES:
            message = f"the answer has more than the {MAX_BYTES:,} bytes that are read"
            raise ResponseFormatError(message, request_id=request_id)
    if response.status_code == 200:
        return Received(200, b"".join(parts), request_id)
    return Received(
        response.status_code,
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


def _unreachable(host: str, error: Exception) -> str:
    reason = str(error) or type(error).__name__
    if isinstance(error, httpx.ProxyError):
        return f"the proxy of the environment does not let {host} through: {reason}"
    if "CERTIFICATE" in reason:
        return f"the certificate of {host} is not trusted: {reason}. SSL_CERT_FILE names other authorities"
    if "Name or service" in reason or "getaddrinfo" in reason or "nodename" in reason:
        return f"{host} is unknown to the network: {reason}. Are bucket and region right, is there a network?"
    return f"{host} cannot be reached: {reason}"
