"""HTTP: how a client's connections are made, and those that httpx itself makes. The one file that uses httpx."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import httpx

from cijob_analysis import __version__
from cijob_analysis.exceptions import ConfigurationError, TransportError
from cijob_analysis.service.direct import Line, silent, unreachable
from cijob_analysis.service.proxies import proxy_for
from cijob_analysis.service.received import Received, received

_COMMON: Final = [
    ("accept", "application/xml"),
    ("accept-encoding", "identity"),
    ("user-agent", f"cijob-analysis/{__version__}"),
]
_NOTHING: Final = httpx.ByteStream(b"")


class _Way(Protocol):
    """What carries one worker's requests."""

    def get(self, target: str, headers: Iterable[tuple[str, str]]) -> Received: ...
    def abort(self) -> None: ...
    def close(self) -> None: ...


class Connection:
    """One worker's connection, which another thread can break off.

    Attributes
    ----------
    turn : context manager
        To be held by the worker while it computes, `get` included, which gives it up while it waits.
    """

    def __init__(self, way: _Way, turn: AbstractContextManager[Any]) -> None:
        self.turn = turn
        self.is_aborted = False
        self._way = way

    def get(self, target: str, headers: Iterable[tuple[str, str]]) -> Received:
        """Send a GET and read its answer, up to the largest size.

        Parameters
        ----------
        target : str
            Path and query, escaped.
        headers : iterable of (str, str)
            With ``host``.

        Raises
        ------
        TransportError
            No answer came, or not all of it.
        ResponseFormatError
            It is too large.
        """
        return self._way.get(target, [*headers, *_COMMON])

    def abort(self) -> None:
        """Break the connection off: what waits for it fails at once."""
        self.is_aborted = True
        self._way.abort()

    def close(self) -> None:
        """Close the connection."""
        self._way.close()


class Connector:
    """Makes connections to one origin: direct ones, or by httpx where there is a proxy or a transport is given.

    Parameters
    ----------
    origin : str
        Scheme, host and port.
    timeout_s : float
        For connecting, and for each silence of the service [s].
    transport : httpx.BaseTransport, optional
        Used by all connections; closed with this.
    """

    def __init__(self, origin: str, timeout_s: float, transport: httpx.BaseTransport | None = None) -> None:
        self.origin = origin
        self._timeout_s = timeout_s
        self._given = transport
        self._idle: list[Connection] = []
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._tls: ssl.SSLContext | None = None

    def take(self) -> Connection:
        """Return a connection: one that was given back, or a new one, which connects when it is used."""
        with self._lock:
            return self._idle.pop() if self._idle else self._new()

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

    def _new(self) -> Connection:
        if self._given is not None:
            return Connection(_ByHttpx(self.origin, self._given, self._timeout_s, is_shared=True), nullcontext())
        parts = urlsplit(self.origin)
        is_plain = parts.scheme == "http"  # to loopback: no TLS, and no proxy in between
        if self._tls is None:  # loading the certificates takes as long as a hundred requests: once for all
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if is_plain else httpx.create_ssl_context()
        proxy = None if is_plain else proxy_for(self.origin)
        if proxy is None:
            port = parts.port or (80 if is_plain else 443)
            line = Line(
                parts.scheme, parts.hostname or "", port, tls=self._tls, timeout_s=self._timeout_s, turn=self._turn
            )
            return Connection(line, self._turn)
        try:
            transport = httpx.HTTPTransport(verify=self._tls, proxy=proxy, limits=httpx.Limits(max_connections=1))
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            raise ConfigurationError(f"the proxy of the environment cannot be used: {error}") from None
        return Connection(_ByHttpx(self.origin, transport, self._timeout_s, is_shared=False), nullcontext())


class _ByHttpx:
    """Carries requests by an httpx transport."""

    def __init__(self, origin: str, transport: httpx.BaseTransport, timeout_s: float, *, is_shared: bool) -> None:
        self._origin = origin
        self._transport = transport
        self._timeout_s = timeout_s
        self._is_shared = is_shared

    def get(self, target: str, headers: Iterable[tuple[str, str]]) -> Received:
        request = httpx.Request(
            "GET",
            self._origin + target,
            headers=list(headers),
            stream=_NOTHING,
            extensions={"timeout": httpx.Timeout(self._timeout_s).as_dict()},
        )
        host = request.url.host
        try:
            response = self._transport.handle_request(request)
            try:
                return received(response.status_code, response.headers, _chunks(response))
            finally:
                response.close()
        except httpx.TimeoutException:
            raise TransportError(silent(host, self._timeout_s)) from None
        except (httpx.ReadError, httpx.RemoteProtocolError) as error:
            raise TransportError(f"the connection broke before the answer was complete: {error}") from None
        except httpx.ProxyError as error:
            raise TransportError(f"the proxy of the environment does not let {host} through: {error}") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise TransportError(unreachable(host, error)) from None

    def abort(self) -> None:
        """Close the transport, unless it is shared; what waits ends with its time-out."""
        self.close()

    def close(self) -> None:
        if not self._is_shared:
            self._transport.close()


def _chunks(response: httpx.Response) -> Iterable[bytes]:
    return response.stream if isinstance(response.stream, httpx.SyncByteStream) else ()
