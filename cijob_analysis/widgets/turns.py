"""Changes that come on many threads, made one after the other; what is outdated by then is never shown."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import RLock, get_ident
from typing import Any


class Turns:
    """Makes changes and shows their outcome, one thread at a time.

    In today's front ends callbacks run on other threads, beside a busy cell and beside each other. Each change waits
    in a queue until one thread makes all that have come, and then shows the outcome piece by piece, looking for new
    changes between the pieces. So no change is lost, and no picture is torn or drawn for nothing.

    Parameters
    ----------
    show : callable
        Brings one piece of what is shown up to date; returns whether there was any. If it raises, the piece must
        count as shown.
    failed : callable
        Called with what a change or `show` raises.

    Attributes
    ----------
    lock : threading.RLock
        Held while something is changed or shown.
    """

    def __init__(self, show: Callable[[], bool], failed: Callable[[Exception], None]) -> None:
        self.lock = RLock()
        self._show, self._failed = show, failed
        self._waiting: deque[Callable[[], object]] = deque()
        self._mirroring: int | None = None

    def do(self, act: Callable[..., object], *arguments: Any) -> None:
        """Make a change when it is its turn, and show the outcome; nothing while this thread is mirroring."""
        if self._mirroring != get_ident():
            self._waiting.append(partial(act, *arguments))
            self.show()

    def show(self) -> None:
        """Make the changes that wait, and show the outcome unless it is shown; nothing while mirroring."""
        with self.lock:
            if self._mirroring is not None:
                return
            try:
                while self._make_changes() or self._show():
                    pass
            except Exception as error:  # noqa: BLE001 - whatever it is, people must see it
                self._failed(error)

    @contextmanager
    def mirroring(self) -> Iterator[None]:
        """In this block controls are set to what holds: that they are changed is no change."""
        with self.lock:
            self._mirroring = get_ident()
            try:
                yield
            finally:
                self._mirroring = None

    def _make_changes(self) -> bool:
        there_are = bool(self._waiting)
        while self._waiting:
            try:
                self._waiting.popleft()()
            except Exception as error:  # noqa: BLE001 - the others are made all the same
                self._failed(error)
        return there_are
