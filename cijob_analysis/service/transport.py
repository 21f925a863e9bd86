"""The way to the service and back: the one file that uses httpx.

Each worker thread has an ``httpx.HTTPTransport`` with one connection of its own. An ``httpx.AsyncClient``, or a
``Client`` shared by threads, goes through all its connections for each request and so loses most of the
possible rate at 64 requests in flight.
"""

from __future__ import annotations

import logging
import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar

import httpx

from cijob_analysis import __version__
from cijob_analysis.exceptions import (
    AccessDenied,
    APIError,
    CIJobError,
    ConfigurationError,
    ResponseFormatError,
    ServiceBusy,
    TransportError,
)
from cijob_analysis.service.documents import MAX_BYTES, parse
from cijob_analysis.service.errors import BUSY_STATUS, SLOW_CODES, api_error
from cijob_analysis.service.proxies import proxy_for
from cijob_analysis.service.requests import Request
from cijob_analysis.service.retry import Pace, RetryPolicy
from cijob_analysis.service.signer import SignedHeaders, Signer

logger = logging.getLogger(__name__)

T = TypeVar("T")
Send = Callable[[Request, Callable[[bytes], T]], T]

_COMMON: Final = [
    ("accept", "application/xml"),
    ("accept-encoding", "identity"),
    ("user-agent", f"cijob-analysis/{__version__}"),
]
_NOTHING: Final = httpx.ByteStream(b"")
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_PATIENCE_S: Final = 1.5
"""How long interrupted workers are waited for [s]."""


class Stopped(Exception):
    """Raised in a worker when the work was called off."""


@dataclass
class Run:
    """One piece of work that workers share: its counts, and whether it is called off."""

    stop: threading.Event = field(default_factory=threading.Event)
    requests: int = 0
    retries: int = 0
    notes: list[str] = field(default_factory=list)
    error: BaseException | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, *, again: bool) -> None:
        """Count a request that is being sent."""
        with self.lock:
            self.requests += 1
            self.retries += again

    def note(self, text: str) -> None:
        """Remember what the reader of the ledger should know, once."""
        with self.lock:
            if text not in self.notes:
                self.notes.append(text)


class Transport:
    """Sends requests, many side by side, and asks again where that may help.

    Parameters
    ----------
    origin : str
        Scheme, host and port that everything is sent to.
    signer : Signer
        Signs for that host.
    concurrency : int
        Requests in flight.
    pace : Pace
        How fast all workers together may ask.
    retry : RetryPolicy
        How often to ask again.
    timeout_s : float
        For connecting, and for each silence of the service [s].
    transport : httpx.BaseTransport, optional
        Used instead of own connections, by all workers; closed with this one.
    """

    def __init__(
        self,
        origin: str,
        *,
        signer: Signer,
        concurrency: int,
        pace: Pace,
        retry: RetryPolicy,
        timeout_s: float,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.signer = signer
        self.concurrency = concurrency
        self.has_answered = False
        self._origin = origin
        self._pace = pace
        self._retry = retry
        self._timeout = httpx.Timeout(timeout_s).as_dict()
        self._timeout_s = timeout_s
        self._given = transport
        self._idle: list[_Channel] = []
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None
        self._is_closed = False

    def side_by_side(
        self, work: Callable[[Send[Any]], None], workers: int, *, tick: Callable[[], None] = lambda: None
    ) -> Run:
        """Let `workers` threads do `work`, and wait for them.

        An interruption (or an error of `tick`) stops them at once, and is raised again when they have gone.

        Parameters
        ----------
        work : callable
            Gets a function that sends a request and reads its answer. It is called once in each thread, and takes
            what there is to do from a place that it shares with the others.
        workers : int
            How many threads; no more than `concurrency`.
        tick : callable
            Called ten times a second in the calling thread.
        """
        if self._is_closed:
            raise ConfigurationError("the client is closed; make a new one, or stay inside its with block")
        run = Run()
        channels = [self._channel() for _ in range(min(workers, self.concurrency))]
        threads = [
            threading.Thread(target=self._labour, args=(work, run, channel), name="cijob-worker", daemon=True)
            for channel in channels
        ]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                while thread.is_alive():
                    thread.join(0.1)
                    tick()
        except BaseException:
            run.stop.set()
            for channel in channels:
                channel.abort()
            until = time.monotonic() + _PATIENCE_S
            for thread in threads:
                if thread.ident is not None:
                    thread.join(max(0.0, until - time.monotonic()))
            raise
        finally:
            with self._lock:
                self._idle += [channel for channel in channels if not channel.is_aborted]
        if run.error is not None:
            raise run.error
        return run

    def close(self) -> None:
        """Close all connections."""
        self._is_closed = True
        with self._lock:
            while self._idle:
                self._idle.pop().transport.close()
        if self._given is not None:
            self._given.close()

    def _labour(self, work: Callable[[Send[Any]], None], run: Run, channel: _Channel) -> None:
        try:
            work(lambda request, read: self._send(request, read, run, channel))
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            run.error = run.error or error
            run.stop.set()

    def _send(self, request: Request, read: Callable[[bytes], T], run: Run, channel: _Channel) -> T:
        """Send `request` until its answer can be read, or the policy says that it is enough."""
        began_at = time.monotonic()
        attempt = 0
        anew = False
        while True:
            attempt += 1
            sent_at = self._pace.enter(run.stop)
            answer: _Answer | None = None
            good = False
            try:
                if run.stop.is_set():
                    raise Stopped
                run.count(again=attempt > 1)
                signed = self.signer.sign(request)
                answer = self._exchange(request, signed, channel)
                if answer.status_code != 200:
                    raise answer.error(request)
                found = answer.read_with(read)
                self.has_answered = good = True
                return found
            except CIJobError as error:
                if run.stop.is_set():
                    raise Stopped from None
                if isinstance(error, AccessDenied):
                    reason = None if anew else self.signer.corrected(signed, answer.service_time if answer else None)
                    if reason is None:
                        raise
                    anew = True
                    logger.warning("%s", reason)
                    run.note(reason)
                    continue
                delay_s = self._retry.delay_s(attempt, jitter=random.random())  # noqa: S311 - no secret
                if answer is not None:
                    delay_s = max(delay_s, answer.retry_after_s)
                late = time.monotonic() + delay_s - began_at > self._retry.deadline_s
                if not error.retryable or attempt >= self._retry.attempts or late:
                    raise
                logger.info("attempt %d of %s: %s", attempt, request.path, error)
                if isinstance(error, ServiceBusy) and (error.code in SLOW_CODES or error.status_code == 429):
                    self._pace.slow_down(sent_at, delay_s)
                    delay_s = 0.0
            finally:
                self._pace.leave(good=good)
            run.stop.wait(delay_s)

    def _exchange(self, request: Request, signed: SignedHeaders, channel: _Channel) -> _Answer:
        """Send `request` once; follow redirects on the same host."""
        for _ in range(4):
            sent = httpx.Request(
                "GET",
                self._origin + request.target,
                headers=[*signed.headers, *_COMMON],
                stream=_NOTHING,
                extensions=channel.extensions(self._timeout),
            )
            try:
                answer = channel.exchange(sent)
            except httpx.TimeoutException as error:
                raise TransportError(
                    f"no answer from {sent.url.host} within {self._timeout_s:g} s ({type(error).__name__}); "
                    "timeout_s=… of the Client allows more"
                ) from None
            except (httpx.ReadError, httpx.RemoteProtocolError) as error:
                raise TransportError(f"the connection broke before the answer was complete: {error}") from None
            except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                raise TransportError(_unreachable(sent.url, error)) from None
            if answer.status_code not in _REDIRECTS or not answer.location:
                return answer
            request = self._redirected(request, sent.url, answer)
            signed = self.signer.sign(request)
        raise APIError("TooManyRedirects", "redirected more than three times", status_code=answer.status_code)

    def _redirected(self, request: Request, url: httpx.URL, answer: _Answer) -> Request:
        """Return `request` as the redirect wants it; the signature is for the configured host only."""
        there = url.join(answer.location)
        if (there.scheme, there.host, there.port) != (url.scheme, url.host, url.port):
            raise APIError(
                "PermanentRedirect" if answer.status_code == 301 else "TemporaryRedirect",
                f"{url.host} sends to {there.host}",
                status_code=answer.status_code,
                request_id=answer.request_id,
                hint="Redirects to other hosts are not followed; is the bucket in another region?",
            )
        return Request(there.path, dict(there.params.multi_items()), request.action)

    def _channel(self) -> _Channel:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        if self._given is not None:
            return _Channel(self._given, is_shared=True)
        return _Channel(self._own_transport())

    def _own_transport(self) -> httpx.HTTPTransport:
        is_plain = self._origin.startswith("http://")  # to loopback: no TLS, and no proxy in between
        proxy = None if is_plain else proxy_for(self._origin)
        with self._lock:
            if self._tls is None:  # loading the certificates takes as long as a hundred requests: once for all
                self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if is_plain else httpx.create_ssl_context()
        try:
            return httpx.HTTPTransport(
                verify=self._tls,
                proxy=proxy,
                limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=60.0),
            )
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            raise ConfigurationError(f"the proxy of the environment cannot be used: {error}") from None


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came: status, the few headers that matter, and the body."""

    status_code: int
    body: bytes
    request_id: str | None
    trace_id: str | None
    location: str
    retry_after_s: float
    service_time: float | None

    def read_with(self, read: Callable[[bytes], T]) -> T:
        """Read the body; errors that it turns out to be name the request."""
        try:
            return read(self.body)
        except APIError as error:
            raise self._named(error, None) from None
        except ResponseFormatError as error:
            error.request_id = self.request_id
            raise

    def error(self, request: Request) -> CIJobError:
        """Return the error that an answer other than 200 stands for."""
        try:
            parse(self.body)
        except APIError as error:
            return self._named(error, request)
        except ResponseFormatError as error:
            if self.status_code not in (*BUSY_STATUS, 401, 403):
                return ResponseFormatError(f"HTTP {self.status_code}: {error}", request_id=self.request_id)
        return self._named(APIError(f"HTTP{self.status_code}"), request)

    def _named(self, error: APIError, request: Request | None) -> APIError:
        return api_error(
            error.code,
            error.message,
            request_id=error.request_id or self.request_id,
            trace_id=error.trace_id or self.trace_id,
            status_code=self.status_code,
            request=request,
        )


class _Channel:
    """A worker's connection, which another thread can break off."""

    def __init__(self, transport: httpx.BaseTransport, *, is_shared: bool = False) -> None:
        self.transport = transport
        self.is_aborted = False
        self._is_shared = is_shared
        self._stream: Any = None

    def extensions(self, timeout: dict[str, float | None]) -> dict[str, Any]:
        """Return a request's extensions: its time-outs and, until the connection is known, the look-out for it."""
        return {"timeout": timeout} if self._stream is not None else {"timeout": timeout, "trace": self._watch}

    def exchange(self, request: httpx.Request) -> _Answer:
        """Send `request` once and read its answer, up to the largest size."""
        try:
            response = self.transport.handle_request(request)
            self._stream = response.extensions.get("network_stream", self._stream)
            try:
                return _read(response)
            finally:
                response.close()
        except BaseException:
            self._stream = None
            raise

    def abort(self) -> None:
        """Break the connection off: what waits for it fails at once."""
        if self._is_shared:
            return
        self.is_aborted = True
        sock = self._stream.get_extra_info("socket") if self._stream is not None else None
        if isinstance(sock, socket.socket):
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # not SSLSocket's, which would wait for the peer

    def _watch(self, event: str, info: dict[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._stream = info["return_value"]


def _read(response: httpx.Response) -> _Answer:
    headers = response.headers
    chunks: Iterable[bytes] = response.stream if isinstance(response.stream, httpx.SyncByteStream) else ()
    if "content-encoding" in headers:
        chunks = response.iter_bytes()
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size > MAX_BYTES:
            raise ResponseFormatError(
                f"the answer has more than the {MAX_BYTES:,} bytes that are read",
                request_id=headers.get("x-ci-request-id"),
            )
    is_good = response.status_code == 200
    return _Answer(
        response.status_code,
        b"".join(parts),
        headers.get("x-ci-request-id"),
        None if is_good else headers.get("x-ci-trace-id"),
        "" if is_good else headers.get("location", ""),
        0.0 if is_good else _seconds(headers.get("retry-after", "")),
        None if is_good else _unix_time(headers.get("date", "")),
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


def _unreachable(url: httpx.URL, error: Exception) -> str:
    reason = str(error) or type(error).__name__
    if isinstance(error, httpx.ProxyError):
        return f"the proxy of the environment does not let {url.host} through: {reason}"
    if "CERTIFICATE" in reason:
        return f"the certificate of {url.host} is not trusted: {reason}. SSL_CERT_FILE names other authorities"
    if isinstance(error, socket.gaierror) or "Name or service" in reason or "getaddrinfo" in reason:
        return f"{url.host} is unknown to the network: {reason}. Are bucket and region right, is there a network?"
    return f"{url.host} cannot be reached: {reason}"
