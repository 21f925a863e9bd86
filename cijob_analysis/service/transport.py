"""The way to the service and back: many requests side by side, each asked again where that may help."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

from cijob_analysis.exceptions import (
    AccessDenied,
    APIError,
    CIJobError,
    ConfigurationError,
    ResponseFormatError,
    ServiceBusy,
    TransportError,
)
from cijob_analysis.service.documents import parse
from cijob_analysis.service.errors import BUSY_STATUS, SLOW_CODES, api_error
from cijob_analysis.service.http import Connection, Connector
from cijob_analysis.service.received import Received
from cijob_analysis.service.requests import Request
from cijob_analysis.service.retry import UNREACHED, Pace, RetryPolicy
from cijob_analysis.service.signer import SignedHeaders, Signer

logger = logging.getLogger(__name__)

T = TypeVar("T")
Send = Callable[[Request, Callable[[bytes], T]], T]

_REDIRECTS: Final = (301, 302, 303, 307, 308)
_PATIENCE_S: Final = 1.5
"""How long interrupted workers are waited for [s]."""


class Stopped(Exception):
    """Raised in a worker when the work was called off; no error."""


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
    connector : Connector
        Makes the workers' connections.
    signer : Signer
        Signs for their host.
    concurrency : int
        Requests in flight.
    pace : Pace
        How fast all workers together may ask.
    retry : RetryPolicy
        How often to ask again.

    Attributes
    ----------
    has_answered : bool
        Whether an answer could be read since it was made.
    """

    def __init__(
        self, connector: Connector, *, signer: Signer, concurrency: int, pace: Pace, retry: RetryPolicy
    ) -> None:
        self.signer = signer
        self.concurrency = concurrency
        self.has_answered = False
        self._connector = connector
        self._pace = pace
        self._retry = retry
        self._is_closed = False

    def side_by_side(
        self, work: Callable[[Send[Any]], None], workers: int, *, run: Run, tick: Callable[[], None] = lambda: None
    ) -> None:
        """Let `workers` threads do `work`, and wait for them.

        An interruption (or an error of `tick`) stops them at once, and is raised again when they have gone.

        Parameters
        ----------
        work : callable
            Gets a function that sends a request and reads its answer. It is called once in each thread, and takes
            what there is to do from a place that it shares with the others.
        workers : int
            How many threads; no more than `concurrency`.
        run : Run
            Counts; also right when it was interrupted.
        tick : callable
            Called ten times a second in the calling thread.
        """
        if self._is_closed:
            raise ConfigurationError("the client is closed; make a new one, or stay inside its with block")
        connections = [self._connector.take() for _ in range(min(workers, self.concurrency))]
        threads = [
            threading.Thread(target=self._labour, args=(work, run, connection), name="cijob-worker", daemon=True)
            for connection in connections
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
            for connection in connections:
                connection.abort()
            until = time.monotonic() + _PATIENCE_S
            for thread, connection in zip(threads, connections, strict=False):
                if thread.ident is not None:
                    thread.join(max(0.0, until - time.monotonic()))
                if not thread.is_alive():
                    connection.close()  # one that is still used is closed by whoever uses it, as it is broken
            raise
        finally:
            self._connector.give_back(connections)
        if run.error is not None:
            raise run.error

    def close(self) -> None:
        """Close all connections."""
        self._is_closed = True
        self._connector.close()

    def _labour(self, work: Callable[[Send[Any]], None], run: Run, connection: Connection) -> None:
        try:
            work(lambda request, read: self._send(request, read, run, connection))
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            run.error = run.error or error
            run.stop.set()

    def _send(self, request: Request, read: Callable[[bytes], T], run: Run, connection: Connection) -> T:
        """Send `request` until its answer can be read, or the policy says that it is enough."""
        began_at = time.monotonic()
        attempt = 0
        was_corrected = False
        while True:
            attempt += 1
            sent_at = self._pace.enter(run.stop)
            received: Received | None = None
            good = False
            try:
                if run.stop.is_set():
                    raise Stopped
                run.count(again=attempt > 1)
                with connection.turn:
                    signed = self.signer.sign(request)
                    received = self._exchange(request, signed, connection)
                    found = _read(received, read, request)
                self.has_answered = good = True
                return found
            except CIJobError as error:
                if run.stop.is_set():
                    raise Stopped from None
                if isinstance(error, AccessDenied):
                    service_time = received.service_time if received else None
                    reason = None if was_corrected else self.signer.corrected(signed, service_time)
                    if reason is None:
                        raise
                    was_corrected = True
                    logger.warning("%s", reason)
                    run.note(reason)
                    continue
                delay_s = self._retry.delay_s(attempt, jitter=random.random())  # noqa: S311 - no secret
                if received is not None:
                    delay_s = max(delay_s, received.retry_after_s)
                is_late = time.monotonic() + delay_s - began_at > self._retry.deadline_s
                most = self._retry.attempts
                if isinstance(error, TransportError) and not self.has_answered:
                    most = min(most, UNREACHED)
                if not error.retryable or attempt >= most or is_late:
                    raise
                logger.info("attempt %d of %s: %s", attempt, request.path, error)
                if isinstance(error, ServiceBusy) and (error.code in SLOW_CODES or error.status_code == 429):
                    self._pace.slow_down(sent_at, delay_s)
                    delay_s = 0.0
            finally:
                self._pace.leave(good=good)
            run.stop.wait(delay_s)

    def _exchange(self, request: Request, signed: SignedHeaders, connection: Connection) -> Received:
        """Send `request` once; follow redirects on the same host."""
        for _ in range(4):
            received = connection.get(request.target, signed.headers)
            if received.status_code not in _REDIRECTS or not received.location:
                return received
            request = _redirected(request, self._connector.origin, received)
            signed = self.signer.sign(request)
        raise APIError("TooManyRedirects", "redirected more than three times", status_code=received.status_code)


def _redirected(request: Request, origin: str, received: Received) -> Request:
    """Return `request` as the redirect wants it; the signature is for the configured host only."""
    here = urlsplit(origin)
    there = urlsplit(urljoin(origin + request.target, received.location))
    if (there.scheme, there.netloc) != (here.scheme, here.netloc):
        raise APIError(
            "PermanentRedirect" if received.status_code == 301 else "TemporaryRedirect",
            f"{here.hostname} sends to {there.scheme}://{there.hostname}",
            status_code=received.status_code,
            request_id=received.request_id,
            hint="Redirects to other hosts are not followed; is the bucket in another region?",
        )
    return Request(unquote(there.path), dict(parse_qsl(there.query, keep_blank_values=True)), request.action)


def _read(received: Received, read: Callable[[bytes], T], request: Request) -> T:
    """Read an answer; what it turns out to be instead is raised, with the ids of the request."""
    try:
        if received.status_code == 200:
            return read(received.body)
        parse(received.body)
        error = APIError(f"HTTP{received.status_code}")  # an error whose body does not say so
    except APIError as said:
        error = said
    except ResponseFormatError as unknown:
        if received.status_code == 200:
            unknown.request_id = received.request_id
            raise
        if received.status_code not in (*BUSY_STATUS, 401, 403):
            message = f"HTTP {received.status_code}: {unknown}"
            raise ResponseFormatError(message, request_id=received.request_id) from None
        error = APIError(f"HTTP{received.status_code}")
    raise api_error(
        error.code,
        error.message,
        request_id=error.request_id or received.request_id,
        trace_id=error.trace_id or received.trace_id,
        status_code=received.status_code,
        request=request,
    )
