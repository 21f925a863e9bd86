"""What `cijob doctor` looks at, one thing after the other, and what to do about what is not well."""

from __future__ import annotations

import platform
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from cijob_analysis.exceptions import (
    AccessDenied,
    APIError,
    CIJobError,
    ConfigurationError,
    JobNotFound,
    TransportError,
)

if TYPE_CHECKING:
    from cijob_analysis.service.client import Client
    from cijob_analysis.service.requests import Request
    from cijob_analysis.service.transport import Run

OK, WARNING, FAILED, SKIPPED = "ok", "warning", "failed", "skipped"
_TIMEOUT_S: Final = 5.0
_SERIOUS_S: Final = 60.0
"""A clock that is wrong by more than this is worth a word; the service takes signatures of some minutes' difference."""

_EXTRAS: Final = {
    "archive": ("deltalake", "duckdb", "pyarrow"),
    "report": ("jinja2",),
    "local": ("starlette", "uvicorn"),
    "spark": ("pyspark",),
}
_PACKAGES: Final = ("cijob-analysis", "pandas", "numpy", "httpx", "matplotlib", "ipywidgets", "narwhals")
_UNLIKELY: Final = "0" * 32
"""No id is like this: the answer says whether one may ask, and nothing else."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes
    ----------
    name : str
        What.
    result : {"ok", "warning", "failed", "skipped"}
        How it is.
    found : str
        What was seen.
    advice : str
        What to do, if anything.
    """

    name: str
    result: str
    found: str
    advice: str = ""


def checks(make_client: Callable[[], Client]) -> Iterator[Check]:
    """Yield what is found: versions, extras, keys, names, network, clock, then each permission.

    Parameters
    ----------
    make_client : callable
        Returns the client; what is wrong with keys, bucket, region or endpoint it raises as ConfigurationError.
    """
    yield from _versions()
    try:
        client = make_client()
    except ConfigurationError as error:
        yield Check("configuration", FAILED, str(error), "correct it, then run this again")
        return
    with client:
        shown = repr(client).removeprefix("<Client of ").removesuffix(">")
        yield Check("configuration", OK, f"{shown}, at {client.endpoint}")
        network = list(_network(client.endpoint))
        yield from network
        if any(check.result == FAILED for check in network):
            return
        yield from _permissions(client)


def _versions() -> Iterator[Check]:
    found = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in _PACKAGES)]
    yield Check("versions", OK, ", ".join(found))
    for extra, libraries in _EXTRAS.items():
        missing = [name for name in libraries if not _is_installed(name)]
        if missing:
            command = f'pip install "cijob-analysis[{extra}]"'
            yield Check(f"extra {extra}", WARNING, f"without {', '.join(missing)}", f"if it is needed: {command}")
        else:
            yield Check(f"extra {extra}", OK, ", ".join(f"{name} {version(name)}" for name in libraries))


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _network(endpoint: str) -> Iterator[Check]:
    """Yield whether the service's name is known, and whether it answers there with a certificate that is trusted."""
    parts = urlsplit(endpoint)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    if parts.scheme in getproxies() and not proxy_bypass(host):
        yield Check("network", SKIPPED, f"a proxy of the environment stands between this machine and {host}")
        return
    try:
        addresses = list(
            dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        )
    except OSError as error:
        advice = "check bucket and region, then the network: a name server has to know the address"
        yield Check("DNS", FAILED, f"{host}: {error.strerror or error}", advice)
        return
    yield Check("DNS", OK, f"{host} is {', '.join(addresses)}")
    try:
        with socket.create_connection((host, port), _TIMEOUT_S) as connection:
            if parts.scheme != "https":
                yield Check("connection", OK, f"port {port} of {host} is open")
                return
            with ssl.create_default_context().wrap_socket(connection, server_hostname=host) as secure:
                yield Check("TLS", OK, f"{secure.version()} with {host}")
    except ssl.SSLError as error:
        advice = "a proxy with a certificate of its own? SSL_CERT_FILE may name the certificates to trust"
        yield Check("TLS", FAILED, f"{host}: {error.reason or error}", advice)
    except OSError as error:
        advice = "a firewall, or the proxy that this network wants: HTTPS_PROXY names it"
        yield Check("connection", FAILED, f"port {port} of {host}: {error.strerror or error}", advice)


def _permissions(client: Client) -> Iterator[Check]:
    """Yield what the clock is like, as the first answer says, and which reads the key may do."""
    from cijob_analysis.service.transport import Run

    run = Run()
    wanted = _reads()
    stopped = ""
    for number, request in enumerate(wanted):
        if stopped:
            yield Check(request.action, SKIPPED, stopped)
            continue
        check, is_hopeless = _asked(client, request, run)
        if number == 0:
            yield _clock(client)
        yield check
        if is_hopeless:
            stopped = "not tried, since none would be answered"


def _reads() -> list[Request]:
    """Return a request for each permission that this package needs, as few rows each as can be."""
    from cijob_analysis.service import requests

    return [
        requests.batch_job_list(size=1),
        requests.batch_job(f"b{_UNLIKELY}"),
        requests.execution_list(size=1),
        requests.execution(f"i{_UNLIKELY}"),
        *(requests.task_list(tag, size=1) for tag in ("Transcode", "PicProcess", "DocProcess", "SpeechRecognition")),
        *(requests.tasks([f"{letter}{_UNLIKELY}"]) for letter in requests.TASK_PATHS),
        requests.workflow_list(),
        *(requests.queue_list(kind) for kind in requests.QUEUE_KINDS),
    ]


def _asked(client: Client, request: Request, run: Run) -> tuple[Check, bool]:
    """Send a request; return what its answer says of the permission, and whether others need not be tried."""
    errors: list[CIJobError] = []

    def work(send: Callable[[Request, Callable[[bytes], bytes]], bytes]) -> None:
        try:
            send(request, _whole)
        except CIJobError as error:
            errors.append(error)

    client.transport.side_by_side(work, 1, run=run)
    name = request.action
    if not errors or isinstance(errors[0], JobNotFound):
        return Check(name, OK, f"GET {request.path.split(_UNLIKELY[0] * 8)[0]} may be read"), False
    error = errors[0]
    if isinstance(error, AccessDenied):
        if error.code == "AccessDenied":
            return Check(name, FAILED, _short(error), f"add {name} to the policy of the key"), False
        return Check(
            name, FAILED, _short(error), "the key is not taken: look at it in the console, and copy it anew"
        ), True
    if isinstance(error, TransportError):
        return Check(name, FAILED, str(error), "see the network above; then try again"), True
    if isinstance(error, APIError) and error.code in ("NoSuchBucket", "InvalidBucket", "BucketNotBound"):
        return Check(name, FAILED, _short(error), "check bucket and region; the bucket must be bound to CI"), True
    if isinstance(error, APIError) and error.status_code is not None and error.status_code < 500:
        return Check(name, OK, f"it may be asked for ({error.code})"), False
    return Check(name, WARNING, str(error), "the service may be busy; try again later"), False


def _whole(body: bytes) -> bytes:
    return body


def _short(error: APIError) -> str:
    return f"{error.code}: {error.message}" if error.message else error.code


def _clock(client: Client) -> Check:
    behind_s = client.transport.signer.offset_s
    if abs(behind_s) < _SERIOUS_S:
        return Check("clock", OK, "as the service's, or so near that it does not matter")
    words = f"{abs(behind_s):.0f} s {'behind' if behind_s > 0 else 'ahead of'} the service's"
    return Check("clock", WARNING, words, "set this machine's clock (NTP); signatures are corrected meanwhile")
