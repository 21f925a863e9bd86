"""What the server answers: batch jobs by their ids, and lists of batch jobs and of tasks, in pages."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from urllib.parse import parse_qsl

from benchmarks import sampledata

NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
_DETAIL = re.compile(rb"GET (?:http://[^/ ]+)?/inventorytriggerjob/(b[0-9a-f]{32})[ ?]")
_LIST = re.compile(rb"GET (?:http://[^/ ]+)?/(inventorytriggerjob|jobs)\?([^ ]*) ")
_PLACEHOLDER = "b" + "0" * (sampledata.ID_LENGTH - 1)


class Answers(Protocol):
    """What a server answers."""

    def to(self, head: bytes | bytearray) -> bytes:
        """Return the answer to a request, head and body."""


class Details:
    """Ready-made answers about one batch job each: only the id is put in."""

    def __init__(self, variety: int = 500) -> None:
        answers = (_answer(body) for body in sampledata.documents([_PLACEHOLDER] * variety))
        self._halves = [answer.split(_PLACEHOLDER.encode()) for answer in answers]

    def to(self, head: bytes | bytearray) -> bytes:
        """Return the answer to a request, head and body."""
        asked = _DETAIL.match(head)
        if asked is None:
            return NOT_FOUND
        before, after = self._halves[int(asked[1][-4:], 16) % len(self._halves)]
        return b"".join((before, asked[1], after))


class List:
    """A list in pages, by creation time; of the filters only those of creation time count.

    Parameters
    ----------
    created : sequence of int
        When each row was created, ascending [Unix s].
    row : callable
        Returns the element of a row, by its number.
    """

    def __init__(self, created: Sequence[int], row: Callable[[int], bytes]) -> None:
        self._created = created
        self._row = row

    def to(self, head: bytes | bytearray) -> bytes:
        """Return the answer to a request, head and body."""
        asked = _LIST.match(head)
        return NOT_FOUND if asked is None else self._page(dict(parse_qsl(asked[2].decode())))

    def _page(self, params: Mapping[str, str]) -> bytes:
        """Return a page; its token says which rows are left."""
        if "nextToken" in params:
            first, end = map(int, params["nextToken"].split("-"))
        else:
            first, end = self._bounds(params)
        size = int(params.get("size", 10))
        if params.get("orderByTime") == "Asc":
            upto = min(first + size, end)
            numbers, left = range(first, upto), (upto, end)
        else:
            since = max(first, end - size)
            numbers, left = range(end - 1, since - 1, -1), (first, since)
        token = "<NextToken>{}-{}</NextToken>".format(*left) if left[0] < left[1] else ""
        rows = b"".join(map(self._row, numbers))
        return _answer(b"<Response><RequestId>NjBiZDU1</RequestId>%b%b</Response>" % (rows, token.encode()))

    def _bounds(self, params: Mapping[str, str]) -> tuple[int, int]:
        oldest, newest = params.get("startCreationTime"), params.get("endCreationTime")
        first = bisect_left(self._created, _unix(oldest)) if oldest else 0
        end = bisect_right(self._created, _unix(newest)) if newest else len(self._created)
        return first, max(first, end)


def _unix(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _answer(body: bytes) -> bytes:
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nServer: tencent-ci\r\n"
        f"x-ci-request-id: NjBiZDU1ZmZfOTBmYTUwNjQ=\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
