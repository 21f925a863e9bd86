"""What came to the service: a record for tests and for the curious."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_KEPT: Final = 100_000
"""How many requests are kept, the last ones; so the service may run for weeks."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request and how it was answered.

    Attributes
    ----------
    method, path : str
        HTTP method and decoded path.
    params : mapping of str to str
        Query, decoded.
    status : int
        HTTP status of the answer.
    fault : str or None
        Name of the fault that hit it.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(hash=False)
    status: int
    fault: str | None = None


class RequestLog:
    """The requests that came, in their order. Safe to read while the service runs."""

    def __init__(self) -> None:
        self._kept: deque[Recorded] = deque(maxlen=MAX_KEPT)
        self._lock = Lock()

    def add(self, recorded: Recorded) -> None:
        """Add a request."""
        with self._lock:
            self._kept.append(recorded)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._kept.clear()

    def count(
        self,
        *,
        method: str | None = None,
        path: str | None = None,
        status: int | None = None,
        fault: str | None = None,
    ) -> int:
        """Return how many requests had what is given; a path that ends with ``/`` stands for all below it."""
        return sum(
            (method is None or recorded.method == method)
            and (path is None or recorded.path == path or (path.endswith("/") and recorded.path.startswith(path)))
            and (status is None or recorded.status == status)
            and (fault is None or recorded.fault == fault)
            for recorded in self
        )

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Recorded]:
        with self._lock:
            kept = list(self._kept)
        return iter(kept)

    def __repr__(self) -> str:
        return f"<RequestLog of {len(self)} requests>"
