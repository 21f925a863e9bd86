"""The client: which bucket, where, with which keys, and how fast."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import pandas as pd

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.schema import LEVELS
from cijob_analysis.service.credentials import CredentialProvider, Credentials, current, find_credentials
from cijob_analysis.service.http import Connector
from cijob_analysis.service.plan import Plan, plan
from cijob_analysis.service.retry import Pace, RetryPolicy
from cijob_analysis.service.signer import Signer
from cijob_analysis.service.transport import Transport

if TYPE_CHECKING:
    import httpx

_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?-\d{6,}")
_REGION = re.compile(r"[a-z]{2}-[a-z]+(-[0-9a-z]+)?")


class Client:
    """Reads the batch jobs of one bucket. It only reads: nothing can be created or cancelled with it.

    Parameters
    ----------
    bucket : str
        Bucket with its APPID, such as ``media-1250000000``; it must be bound to Cloud Infinite.
    region : str
        Region of the bucket, such as ``ap-beijing``.
    credentials : Credentials or an object with secret_id, secret_key and token, optional
        Asked again before each request, so that temporary keys may roll. If not given they are looked up in the
        environment, then in the files of the Tencent Cloud tools.
    endpoint : str, optional
        Another address than ``https://<bucket>.ci.<region>.myqcloud.com``. Plain http is for this machine only.
    concurrency : int
        Requests in flight, 1 to 256.
    requests_per_second : float, optional
        Rate that is not exceeded, all together.
    timeout_s : float
        For connecting, and for each silence of the service [s].
    retry : RetryPolicy
        How often, and when, to ask again.
    transport : httpx.BaseTransport, optional
        Used instead of own connections, for instance ``httpx.MockTransport``; closed with the client.
    clock : callable, optional
        Returns the time [Unix s].

    Raises
    ------
    ConfigurationError
        One of them is missing or malformed; nothing is sent.

    Examples
    --------
    >>> from cijob_analysis import Client, fetch_batch_jobs
    >>> with Client("media-1250000000", "ap-beijing") as client:  # doctest: +SKIP
    ...     jobs = fetch_batch_jobs(client, created_after="2026-01-01T00:00+08:00")
    """

    def __init__(
        self,
        bucket: str,
        region: str,
        *,
        credentials: Credentials | CredentialProvider | None = None,
        endpoint: str | None = None,
        concurrency: int = 32,
        requests_per_second: float | None = None,
        timeout_s: float = 30.0,
        retry: RetryPolicy | None = None,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.bucket = _checked_bucket(bucket)
        self.region = _checked_region(region)
        if not (isinstance(concurrency, int) and 1 <= concurrency <= 256):
            raise ConfigurationError(f"concurrency={concurrency!r} is no whole number from 1 to 256")
        if requests_per_second is not None and not requests_per_second > 0:
            raise ConfigurationError(f"requests_per_second={requests_per_second!r} is not above 0")
        if not timeout_s > 0:
            raise ConfigurationError(f"timeout_s={timeout_s!r} is not above 0")
        provider = find_credentials() if credentials is None else _checked_provider(credentials)
        self.requests_per_second = requests_per_second
        self._named_key = current(provider).masked
        host = f"{self.bucket}.ci.{self.region}.myqcloud.com"
        self.endpoint, host = _checked_endpoint(endpoint, host)
        self.transport = Transport(
            Connector(self.endpoint, timeout_s, transport),
            signer=Signer(provider, host, clock),
            concurrency=concurrency,
            pace=Pace(concurrency, requests_per_second, time.monotonic),
            retry=retry or RetryPolicy(),
        )

    def plan(
        self,
        batch_jobs: str | Iterable[str] | pd.DataFrame | None = None,
        *,
        executions: pd.DataFrame | int | None = None,
        workflows: pd.DataFrame | None = None,
        depth: str = "tasks",
    ) -> Plan:
        """Return what `fetch_snapshot` would ask for, and how often, as far as it is known. Nothing is sent.

        The service does not say beforehand how many executions a batch job has; what an earlier snapshot found, or a
        guess, tells.

        Parameters
        ----------
        batch_jobs : str, iterable of str or pandas.DataFrame, optional
            Ids of the batch jobs, or a frame with the column ``batch_job_id``; all of the bucket if not given.
        executions : pandas.DataFrame or int, optional
            Their executions, or how many there are.
        workflows : pandas.DataFrame, optional
            Their workflows, with the column ``topology``, which tells how many tasks an execution has.
        depth : {"batch_jobs", "executions", "tasks"}
            The lowest level that is wanted.

        Returns
        -------
        Plan
            ``str(plan)`` is one line, such as "412 requests, about 41 s at 10 a second"; ``plan.requests`` counts
            them, without repetitions of those that fail; ``plan.to_frame()`` has a row for each step.

        Raises
        ------
        ConfigurationError
            `depth` is none of the three.
        """
        if depth not in LEVELS:
            raise ConfigurationError(f"depth={depth!r} is none of {', '.join(LEVELS)}")
        n = None
        if batch_jobs is not None:
            ids = batch_jobs["batch_job_id"] if isinstance(batch_jobs, pd.DataFrame) else batch_jobs
            n = 1 if isinstance(ids, str) else len(set(ids))
        return plan(
            n, executions=executions, workflows=workflows, depth=depth, requests_per_second=self.requests_per_second
        )

    def __repr__(self) -> str:
        return f"<Client of {self.bucket} in {self.region}, key {self._named_key}>"

    def _repr_html_(self) -> str:
        rows = {
            "bucket": self.bucket,
            "region": self.region,
            "endpoint": self.endpoint,
            "key": self._named_key,
        }
        cells = "".join(
            f"<tr><th style='text-align:left'>{name}</th><td style='text-align:left'>{html.escape(value)}</td></tr>"
            for name, value in rows.items()
        )
        return f"<table><caption>CI client, reads only</caption>{cells}</table>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; the client cannot be used afterwards."""
        self.transport.close()


def _checked_bucket(bucket: str) -> str:
    if not isinstance(bucket, str) or not _BUCKET.fullmatch(bucket):
        lacks = "has no APPID" if isinstance(bucket, str) and not re.search(r"-\d{6,}$", bucket) else "is malformed"
        raise ConfigurationError(
            f"bucket {bucket!r} {lacks}: write <name>-<APPID>, small letters, digits and hyphens, such as "
            "media-1250000000; the console's list of buckets shows it in full"
        )
    return bucket


def _checked_region(region: str) -> str:
    if not isinstance(region, str) or not _REGION.fullmatch(region):
        raise ConfigurationError(
            f"region {region!r} does not look like one: write it as ap-beijing, eu-frankfurt, na-ashburn …; "
            "the console shows it beside the bucket"
        )
    return region


def _checked_provider(credentials: object) -> Credentials | CredentialProvider:
    if isinstance(credentials, Credentials | CredentialProvider):
        return credentials
    raise ConfigurationError(
        f"credentials of type {type(credentials).__name__} lack secret_id, secret_key or token: "
        "give Credentials(secret_id, secret_key), or leave them out to have them looked up"
    )


def _checked_endpoint(endpoint: str | None, host: str) -> tuple[str, str]:
    """Return the origin to send to, and what ``Host`` says there."""
    if endpoint is None:
        return f"https://{host}", host
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError as error:
        raise ConfigurationError(f"endpoint {endpoint!r} is no address: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ConfigurationError(f"endpoint {endpoint!r} is no address: write https://host or http://127.0.0.1:8080")
    if parts.username or parts.password:
        raise ConfigurationError("the endpoint holds a user name or password; credentials=… is the place for keys")
    origin = f"{parts.scheme}://{parts.netloc}"
    if _is_loopback(parts.hostname):
        return origin, host  # a local service, or a tunnel: it stands for the real one
    if parts.scheme == "http":
        raise ConfigurationError(f"endpoint {endpoint!r} is plain http, which is for this machine only: write https")
    return origin, parts.hostname if port in (None, 443) else f"{parts.hostname}:{port}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
