"""When to ask again, and how fast to ask at all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cijob_analysis.exceptions import ConfigurationError

UNREACHED: Final = 4
"""Attempts at a service that has never answered."""


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How often, and how long after a failure, a read is asked for again.

    Parameters
    ----------
    attempts : int
        How often a request is sent at the most. A service that cannot be reached, and has never been, is given up
        after `UNREACHED` of them: there is no network, or bucket and region are wrong.
    first_s, longest_s : float
        The wait after the first failure is drawn from 0 to `first_s` [s]; the range doubles with each further
        one, up to `longest_s`.
    deadline_s : float
        No attempt begins later than this after the first [s].
    """

    attempts: int = 10
    first_s: float = 0.5
    longest_s: float = 20.0
    deadline_s: float = 180.0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ConfigurationError(f"attempts={self.attempts} is less than 1, the first one included")
        for name in ("first_s", "longest_s", "deadline_s"):
            if not getattr(self, name) >= 0:
                raise ConfigurationError(f"{name}={getattr(self, name)} is no number of seconds")

    def delay_s(self, attempt: int, *, jitter: float) -> float:
        """Return how long to wait after the failed `attempt` (1, 2, …) [s]; `jitter` is in [0, 1)."""
        return jitter * min(self.longest_s, self.first_s * 2.0 ** min(attempt - 1, 60))


class Pace:
    """How fast all workers together may ask: a rate, and a slow-down when the service asks for one.

    A slow-down halves how many requests may be under way, once for all those that were sent before it; every full
    round of good answers allows one more again.

    Parameters
    ----------
    concurrency : int
        How many requests may be under way.
    requests_per_second : float, optional
        Rate that is not exceeded.
    clock : callable
        Returns monotonic time [s].
    """

    def __init__(self, concurrency: int, requests_per_second: float | None, clock: Callable[[], float]) -> None:
        self._most = concurrency
        self._allowed = concurrency
        self._interval_s = 1 / requests_per_second if requests_per_second else 0.0
        self._clock = clock
        self._changed = threading.Condition()
        self._under_way = 0
        self._good = 0
        self._next_at = 0.0
        self._slowed_at = -1.0

    def enter(self, stop: threading.Event) -> float:
        """Wait until a request may be sent; return when that was. Returns at once if `stop` is set."""
        with self._changed:
            while not stop.is_set():
                now = self._clock()
                wait_s = self._next_at - now
                if wait_s <= 0 and self._under_way < self._allowed:
                    self._next_at = max(self._next_at, now - self._interval_s) + self._interval_s
                    break
                self._changed.wait(wait_s if 0 < wait_s < 0.1 else 0.1)
            self._under_way += 1
            return self._clock()

    def leave(self, *, good: bool) -> None:
        """Say that the answer came, or that none will."""
        with self._changed:
            self._under_way -= 1
            if self._allowed == self._most:
                return
            self._good += good
            if self._good >= self._allowed:
                self._allowed, self._good = self._allowed + 1, 0
            self._changed.notify_all()

    def slow_down(self, sent_at: float, delay_s: float) -> None:
        """Hold everyone back for `delay_s`, as the request sent at `sent_at` was answered by SlowDown."""
        with self._changed:
            now = self._clock()
            self._next_at = max(self._next_at, now + delay_s)
            if sent_at >= self._slowed_at:
                self._allowed, self._good, self._slowed_at = max(1, self._allowed // 2), 0, now

    @property
    def allowed(self) -> int:
        """How many requests may be under way now."""
        return self._allowed
