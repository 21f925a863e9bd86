"""A service of one list, without sockets: what the walk of lists is tested on."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime

import httpx

from cijob_analysis import Client, Credentials, RetryPolicy

ZERO = datetime(2026, 3, 1, 4, 0, tzinfo=UTC).timestamp()
"""Creation of a row of age 0 [Unix s]."""


class ListService(httpx.BaseTransport):
    """Answers lists of batch jobs: filters by creation, both ends included, either order, tokens.

    Parameters
    ----------
    created : sequence of float
        When each batch job was created [s after `ZERO`]; they are called b0, b1 … in this order.
    size : int
        Rows of a page at the most, whatever is asked for.
    is_exclusive : bool
        Both ends of the period are left out.
    refused : callable, optional
        Tells of ids whether a page that has one of them cannot be read.
    answer : callable, optional
        Called with each request before it is answered.
    """

    def __init__(
        self,
        created: Sequence[float],
        size: int = 100,
        *,
        is_exclusive: bool = False,
        refused: Callable[[Collection[str]], bool] = lambda _ids: False,
        answer: Callable[[httpx.Request], None] = lambda _request: None,
    ) -> None:
        rows = [(ZERO + seconds, f"b{number}") for number, seconds in enumerate(created)]
        self.rows = sorted(rows, key=lambda row: (-row[0], row[1]))
        self._size, self._is_exclusive, self._refused, self._answer = size, is_exclusive, refused, answer
        self._lock = threading.Lock()
        self.requests: list[dict[str, str]] = []
        self.sent: Counter[str] = Counter()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._answer(request)
        params = dict(request.url.params)
        rows = [row for row in self.rows if self._is_within(row[0], params)]
        if params["orderByTime"] == "Asc":
            rows.reverse()
        begin = int(params.get("nextToken") or 0)
        end = begin + min(self._size, int(params["size"]))
        page = rows[begin:end]
        with self._lock:
            self.requests.append(params)
            self.sent.update(name for _, name in page)
        if self._refused([name for _, name in page]):
            return httpx.Response(200, text="<html>What is in this page cannot be shown.</html>")
        token = f"<NextToken>{end}</NextToken>" if end < len(rows) else ""
        return httpx.Response(200, text=f"<Response>{''.join(map(_element, page))}{token}</Response>")

    def _is_within(self, created: float, params: dict[str, str]) -> bool:
        bounds = [params.get(name) for name in ("startCreationTime", "endCreationTime")]
        oldest, newest = (None if text is None else datetime.fromisoformat(text).timestamp() for text in bounds)
        if self._is_exclusive:
            return (oldest is None or created > oldest) and (newest is None or created < newest)
        return (oldest is None or created >= oldest) and (newest is None or created <= newest)


def client_of(service: httpx.BaseTransport, **options: object) -> Client:
    """Return a client of `service` whose clock stands an hour after `ZERO`."""
    return Client(
        "media-1250000000",
        "ap-beijing",
        **{  # type: ignore[arg-type]
            "credentials": Credentials("i", "k"),
            "transport": service,
            "concurrency": 8,
            "clock": lambda: ZERO + 3600,
            "retry": RetryPolicy(attempts=2, first_s=0, longest_s=0),
            **options,
        },
    )


def _element(row: tuple[float, str]) -> str:
    created, name = row
    time = datetime.fromtimestamp(created, UTC).strftime("%Y-%m-%dT%H:%M:%S%z")
    return f"<JobsDetail><JobId>{name}</JobId><State>Running</State><CreationTime>{time}</CreationTime></JobsDetail>"
