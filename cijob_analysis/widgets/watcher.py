"""A thread that reads batch jobs again and again, until they are finished or it is told to stop."""

from __future__ import annotations

import logging
import time
from threading import Condition, Event, Thread, current_thread
from typing import TYPE_CHECKING, Final, Literal

from cijob_analysis.exceptions import CIJobError
from cijob_analysis.following import CalledOff

if TYPE_CHECKING:
    from collections.abc import Callable

    from cijob_analysis.following import Following
    from cijob_analysis.snapshot import Snapshot

State = Literal["reading", "waiting", "paused", "finished", "stopped"]

_log = logging.getLogger(__name__)
_SLOWEST: Final = 16
"""A pause grows to so many times its usual length at the most."""
_MANY_RETRIES: Final = 0.1
"""If more than this share of the requests were repetitions, the service has more to do than it can."""


class Watcher:
    """Reads on a thread of its own; all of its methods may be called on any thread.

    Readings begin `every_s` seconds after one another. After one that failed, or of which many requests had to be
    repeated, the pause doubles, up to 16 times its length, and it halves again after each good one.

    Parameters
    ----------
    following : Following
        What is read.
    every_s : float
        From the begin of one reading to that of the next [s].
    changed : callable
        Called without arguments, on changing threads, when an attribute has changed.

    Attributes
    ----------
    state : {"reading", "waiting", "paused", "finished", "stopped"}
        What it does. The last two are final.
    error : Exception or None
        Why the last reading failed, if it did.
    pause_s : float
        From the begin of the last reading to that of the next [s], as it is now.
    next_in_s : float
        How long it is until the next reading [s]; 0 unless it waits.
    snapshots_read : int
        How many readings succeeded.
    """

    def __init__(self, following: Following, every_s: float, changed: Callable[[], None]) -> None:
        self._following, self._every_s, self._changed = following, every_s, changed
        self._turn, self._stop = Condition(), Event()
        self._is_paused, self._is_asked = False, True
        self._next_at = time.monotonic()
        self.state: State = "reading"
        self.error: Exception | None = None
        self.pause_s = every_s
        self.snapshots_read = 0
        self._thread = Thread(target=self._run, name="cijob-monitor", daemon=True)

    @property
    def snapshot(self) -> Snapshot | None:
        """What the last reading that succeeded found."""
        return self._following.known

    @property
    def is_over(self) -> bool:
        """Whether nothing will be read any more."""
        return self.state in ("finished", "stopped")

    @property
    def is_slowed(self) -> bool:
        """Whether it reads less often than it should."""
        return self.pause_s > self._every_s

    @property
    def next_in_s(self) -> float:
        """How long it is until the next reading [s]; 0 unless it waits."""
        return max(0.0, self._next_at - time.monotonic()) if self.state == "waiting" else 0.0

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def pause(self) -> None:
        """Read no more until it is told to; a reading that is under way is finished."""
        self._tell(is_paused=True)

    def resume(self) -> None:
        """Go on after a pause, and read at once."""
        self._tell(is_paused=False, is_asked=True)

    def refresh(self) -> None:
        """Read now, also in a pause, which goes on after that."""
        self._tell(is_asked=True)

    def stop(self) -> None:
        """Read no more at all; a reading that is under way is broken off."""
        self._stop.set()
        self._tell()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until nothing will be read any more; return whether that is so."""
        if current_thread() is not self._thread:
            self._thread.join(timeout_s)
        return self.is_over

    def _tell(self, *, is_paused: bool | None = None, is_asked: bool | None = None) -> None:
        with self._turn:
            self._is_paused = self._is_paused if is_paused is None else is_paused
            self._is_asked = self._is_asked if is_asked is None else is_asked
            self._turn.notify_all()

    def _run(self) -> None:
        while not self._following.is_over and self._is_my_turn():
            self._next_at = time.monotonic()
            self._now("reading")
            is_good = self._read()
            if self._stop.is_set():
                break
            factor = 0.5 if is_good else 2.0
            self.pause_s = min(max(self._every_s, self.pause_s * factor), _SLOWEST * self._every_s)
            self._next_at += self.pause_s
        self._now("finished" if self._following.is_over else "stopped")

    def _is_my_turn(self) -> bool:
        """Wait until it is time to read; return False if that will not come."""
        while True:
            with self._turn:
                left_s = self._next_at - time.monotonic()
                if self._stop.is_set():
                    return False
                if self._is_asked or (not self._is_paused and left_s <= 0):
                    self._is_asked = False
                    return True
                state: State = "paused" if self._is_paused else "waiting"
                if state == self.state:
                    self._turn.wait(None if self._is_paused else left_s)
                    continue
            self._now(state)  # not under the lock: who is told may take long, or ask for something

    def _read(self) -> bool:
        """Read once; return whether it succeeded without much ado."""
        try:
            self._following.read(self._stop)
        except CalledOff:
            return True
        except CIJobError as error:
            self.error = error
            return False
        except Exception as error:  # noqa: BLE001 - it is shown; nobody else sees what a thread raises
            _log.exception("a reading failed")
            self.error = error
            return False
        self.error = None
        self.snapshots_read += 1
        return self._following.retries <= _MANY_RETRIES * self._following.requests

    def _now(self, state: State) -> None:
        self.state = state
        self._changed()
