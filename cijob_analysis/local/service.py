"""A CI service on this machine, for as long as it is needed."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Any, Final, Self

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.local.authentication import Key
from cijob_analysis.local.faults import Faults
from cijob_analysis.local.handler import Handler
from cijob_analysis.local.passing import PassingHandler
from cijob_analysis.local.variants import Variants
from cijob_analysis.local.workload import Workload
from cijob_analysis.schema import in_order
from cijob_analysis.service.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from cijob_analysis.local.requestlog import RequestLog
    from cijob_analysis.local.server import BackgroundServer
    from cijob_analysis.service.client import Client

DUMMY: Final = Credentials("local-secret-id", "local-secret-key", source="the local service")
"""The key pair that a local service accepts unless it is given others: it opens nothing."""


class LocalService:
    """Answers like the real service, over HTTP on loopback, with faults on request.

    Use it in a ``with`` statement, or call `start` and `close`.

    Parameters
    ----------
    workload : Workload, optional
        What it has; one that was generated to be seen now if not given. Can be set while it runs.
    credentials : Credentials, Key, or an iterable of them, optional
        Key pairs that it accepts; an obviously fake one if not given.
    faults : Faults
        What goes wrong; can be set while it runs.
    variants : Variants
        How its answers are spelled.
    port : int
        TCP port on 127.0.0.1; 0 for any that is free.
    clock : callable
        Returns the time [Unix s].
    speed : float, optional
        Its world goes on by itself from the instant at which the workload was observed, which must have been
        generated, and so many times as fast as `clock`; it stands still if not given.

    Attributes
    ----------
    workload, variants
        As given; a workload that goes on, as it is now.
    credentials : Credentials
        The first key pair that it accepts.
    requests : RequestLog
        What came.

    Raises
    ------
    ConfigurationError
        An argument is not what it should be; when it starts: the port cannot be had, or the extra ``local``
        is not installed.

    Examples
    --------
    >>> from cijob_analysis import LocalService
    >>> with LocalService() as service:
    ...     service.requests.count()
    0
    """

    def __init__(
        self,
        workload: Workload | None = None,
        *,
        credentials: Credentials | Key | Iterable[Credentials | Key] | None = None,
        faults: Faults = Faults(),  # noqa: B008 - frozen
        variants: Variants = Variants(),  # noqa: B008 - frozen
        port: int = 0,
        clock: Callable[[], float] = time.time,
        speed: float | None = None,
    ) -> None:
        _check_kind("workload", workload, Workload, allow_none=True)
        _check_kind("variants", variants, Variants)
        if not isinstance(port, int) or not 0 <= port <= 65535:
            raise ConfigurationError(f"port={port!r} is not a whole number from 0 to 65535")
        self.variants = variants
        self._port = port
        self._is_passing = speed is not None
        world = _workload_at(clock()) if workload is None else workload
        self._handler = (
            Handler(world, variants, _keys(credentials), clock)
            if speed is None
            else PassingHandler(world, variants, _keys(credentials), clock, speed)
        )
        self.faults = faults
        self._server: BackgroundServer | None = None

    @property
    def workload(self) -> Workload:
        """What it has."""
        return self._handler.workload

    @workload.setter
    def workload(self, workload: Workload) -> None:
        _check_kind("workload", workload, Workload)
        self._handler.workload = workload

    @property
    def now(self) -> datetime:
        """The time by its clock."""
        return datetime.fromtimestamp(self._handler.clock(), UTC)

    @property
    def bucket(self) -> str:
        """Its only bucket."""
        return self.workload.bucket

    @property
    def region(self) -> str:
        """The region of the bucket."""
        return self.workload.region

    @property
    def credentials(self) -> Credentials:
        """The first key pair that it accepts."""
        return self._handler.keys[0].credentials

    @property
    def requests(self) -> RequestLog:
        """What came, and how it was answered."""
        return self._handler.requests

    @property
    def faults(self) -> Faults:
        """What goes wrong."""
        return self._handler.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        _check_kind("faults", faults, Faults)
        self._handler.faults = faults

    @property
    def port(self) -> int:
        """The port that it listens on.

        Raises
        ------
        ConfigurationError
            It is not running.
        """
        return self._running().port

    @property
    def url(self) -> str:
        """``http://127.0.0.1:<port>``; raises like `port`."""
        return f"http://127.0.0.1:{self.port}"

    def client(self, **options: Any) -> Client:
        """Return a client of this service; `options` are those of `Client`.

        Where the world goes on faster than this machine's clock, the client gets the service's clock.
        """
        from cijob_analysis.service.client import Client

        options = {"credentials": self.credentials, "endpoint": self.url, **options}
        if self._is_passing:
            options.setdefault("clock", lambda: self._handler.clock())
        return Client(self.bucket, self.region, **options)

    def start(self) -> Self:
        """Start it, unless it runs, and return it when it answers."""
        if self._server is None:
            try:
                from cijob_analysis.local.app import Application
                from cijob_analysis.local.server import BackgroundServer
            except ModuleNotFoundError as error:
                missing = str(error.name).partition(".")[0]
                raise ConfigurationError(
                    f'the local service needs {missing}: pip install "cijob-analysis[local]"'
                ) from error
            self._server = BackgroundServer(Application(self._handler), self._port)
        return self

    def close(self) -> None:
        """Stop it; nothing of it is left: no thread, no socket."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def wait(self) -> None:
        """Wait until it is closed by another thread, or until Ctrl+C; raises like `port`."""
        self._running().wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<LocalService {self.bucket} ({self.region}) {self._where()}>"

    def _repr_html_(self) -> str:
        states = Counter(job.state for job in self.workload.batch_jobs)
        rows = {
            "address": self._where(),
            "bucket": f"{self.bucket} ({self.region})",
            "batch jobs": f"{states.total()}: " + ", ".join(f"{states[name]} {name}" for name in in_order(states)),
            "observed": f"{self.workload.now:%Y-%m-%d %H:%M %z}",
            "accepts the key": self.credentials.secret_id,
            "requests so far": str(len(self.requests)),
            "faults": _changed(self.faults) or "none",
            "spelling": _changed(self.variants) or "as in the present documentation",
        }
        body = "".join(
            f'<tr style="text-align:left"><th>{name}</th><td>{escape(value)}</td></tr>' for name, value in rows.items()
        )
        return f"<table><caption>Local CI service</caption><tbody>{body}</tbody></table>"

    def _running(self) -> BackgroundServer:
        if self._server is None:
            raise ConfigurationError("the local service is not running: use it in a with statement, or start() it")
        return self._server

    def _where(self) -> str:
        return "not running" if self._server is None else self.url


def _workload_at(unix_s: float) -> Workload:
    return Workload.generate(now=datetime.fromtimestamp(int(unix_s), UTC))


def _keys(given: Credentials | Key | Iterable[Credentials | Key] | None) -> tuple[Key, ...]:
    if given is None:
        return (Key(DUMMY),)
    items = (given,) if isinstance(given, Credentials | Key) else tuple(given)
    if not items:
        raise ConfigurationError("credentials is empty: give at least one key pair, or leave it out")
    for item in items:
        if not isinstance(item, Credentials | Key):
            raise ConfigurationError(f"credentials holds a {type(item).__name__}: give Credentials or Key")
    return tuple(Key(item) if isinstance(item, Credentials) else item for item in items)


def _check_kind(name: str, value: object, kind: type, *, allow_none: bool = False) -> None:
    if not (isinstance(value, kind) or (allow_none and value is None)):
        raise ConfigurationError(f"{name}={value!r} is no {kind.__name__}")


def _changed(value: Faults | Variants) -> str:
    """Return the fields of `value` that are not at their defaults, as text."""
    plain = type(value)()
    return ", ".join(f"{name}={item!r}" for name, item in vars(value).items() if item != getattr(plain, name))
