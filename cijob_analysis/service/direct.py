"""A direct connection: the engine of httpx, without the pool around it, and with one turn at a time.

An ``httpx.HTTPTransport`` looks through its pool, polls the socket and sets its time-outs at each request, though
it has but one connection here. And threads that compute at the same time do nothing but hand the interpreter's lock
to each other, at each call that lets go of it. So a worker computes only while it has the turn, which it gives up
while it waits for the network. Both together save half of the processor time of a request with 64 in flight.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import httpcore

from cijob_analysis.exceptions import TransportError
from cijob_analysis.service.received import Received, received

_IDLE_S: Final = 1.0
"""A connection that was used less long ago is taken to be open still [s]; if it is not, the request is repeated."""


class Line:
    """One connection to one origin; its user must hold `turn`.

    Parameters
    ----------
    scheme, host, port : str, str, int
        The origin.
    tls : ssl.SSLContext
        For https.
    timeout_s : float
        For connecting, and for each silence of the service [s].
    turn : threading.Lock
        Held by whoever computes; given up while this waits.
    """

    def __init__(
        self, scheme: str, host: str, port: int, *, tls: ssl.SSLContext, timeout_s: float, turn: threading.Lock
    ) -> None:
        self._origin = httpcore.Origin(scheme.encode(), host.encode("idna"), port)
        self._tls = tls
        self._network = _Network(timeout_s, turn)
        self._connection: httpcore.HTTPConnection | None = None
        self._used_at = 0.0

    def get(self, target: str, headers: Iterable[tuple[str, str]]) -> Received:
        """Send a GET and read its answer.

        Raises
        ------
        TransportError
            No answer came, or not all of it.
        ResponseFormatError
            It is too large.
        """
        connection = self._ready()
        url = httpcore.URL(
            scheme=self._origin.scheme, host=self._origin.host, port=self._origin.port, target=target.encode("ascii")
        )
        raw = [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers]
        try:
            response = connection.handle_request(httpcore.Request("GET", url, headers=raw))
            try:
                named = {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in response.headers}
                return received(response.status, named, response.iter_stream())
            finally:
                response.close()
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise TransportError(f"the connection broke before the answer was complete: {error}") from None
        finally:
            self._used_at = time.monotonic()

    def abort(self) -> None:
        """Break the connection off: what waits for it fails at once."""
        self._network.abort()

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._network.close()

    def _ready(self) -> httpcore.HTTPConnection:
        connection = self._connection
        is_idle = time.monotonic() - self._used_at > _IDLE_S
        if connection is None or connection.is_closed() or (is_idle and connection.has_expired()):
            self.close()
            connection = self._connection = httpcore.HTTPConnection(
                self._origin, ssl_context=self._tls, keepalive_expiry=60.0, network_backend=self._network
            )
        return connection


class _Network(httpcore.NetworkBackend):
    """Connects, without the turn; time-outs are set once a connection and not once a call."""

    def __init__(self, timeout_s: float, turn: threading.Lock) -> None:
        self.timeout_s = timeout_s
        self.turn = turn
        self.socket: socket.socket | None = None

    def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore.NetworkStream:
        with self.waiting(host):
            self.socket = socket.create_connection((host, port), self.timeout_s)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _Stream(self, self.socket, host)

    def abort(self) -> None:
        connected = self.socket
        if connected is not None:
            with suppress(OSError):
                socket.socket.shutdown(connected, socket.SHUT_RDWR)  # not SSLSocket's, which waits for the peer

    def close(self) -> None:
        """Close what an interruption left open: between connecting and a stream that is somebody's."""
        connected, self.socket = self.socket, None
        if connected is not None:
            connected.close()

    @contextmanager
    def waiting(self, host: str) -> Iterator[None]:
        """Give up the turn; say what went wrong as one error."""
        self.turn.release()
        try:
            yield
        except TimeoutError:
            raise TransportError(silent(host, self.timeout_s)) from None
        except OSError as error:
            raise TransportError(unreachable(host, error)) from None
        finally:
            self.turn.acquire()


class _Stream(httpcore.NetworkStream):
    """A socket that gives up the turn while it waits for data."""

    def __init__(self, network: _Network, sock: socket.socket, host: str) -> None:
        self._network = network
        self._socket = sock
        self._host = host
        self._turn = network.turn

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - set at connecting
        self._turn.release()
        try:
            return self._socket.recv(max_bytes)
        except TimeoutError:
            raise TransportError(silent(self._host, self._network.timeout_s)) from None
        except OSError as error:
            raise TransportError(f"the connection broke before the answer was complete: {error}") from None
        finally:
            self._turn.acquire()

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - set at connecting
        try:
            self._socket.sendall(buffer)
        except OSError as error:
            raise TransportError(f"the connection broke before the request was sent: {error}") from None

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        with self._network.waiting(self._host):
            secured = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        self._network.socket = secured
        return _Stream(self._network, secured, self._host)

    def close(self) -> None:
        self._socket.close()

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self._socket if isinstance(self._socket, ssl.SSLSocket) else None
        if info == "is_readable":  # while nothing is expected: closed by the other side
            with selectors.DefaultSelector() as selector:
                selector.register(self._socket, selectors.EVENT_READ)
                return bool(selector.select(0))
        return self._socket if info == "socket" else None


def silent(host: str, timeout_s: float) -> str:
    """Return what to tell about a host that does not answer in time."""
    return f"no answer from {host} within {timeout_s:g} s; timeout_s=… of the Client allows more"


def unreachable(host: str, error: Exception) -> str:
    """Return what to tell about a host to which no connection could be made."""
    reason = str(error) or type(error).__name__
    if "CERTIFICATE" in reason:
        return f"the certificate of {host} is not trusted: {reason}. SSL_CERT_FILE names other authorities"
    if isinstance(error, socket.gaierror) or "Name or service" in reason:
        return f"{host} is unknown to the network: {reason}. Are bucket and region right, is there a network?"
    return f"{host} cannot be reached: {reason}"
