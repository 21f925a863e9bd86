"""A world that goes on by itself, as fast as one likes."""

from __future__ import annotations

from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Final

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.local.handler import Answer, Handler, Request
from cijob_analysis.local.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from cijob_analysis.local.authentication import Key
    from cijob_analysis.local.variants import Variants
    from cijob_analysis.local.workload import Workload

_STEPS_A_SECOND: Final = 20
"""How often the world is looked at anew at the most; each look costs some milliseconds."""


class PassingTime:
    """A clock that begins at some instant and runs faster, or slower, than another one.

    Parameters
    ----------
    begins_at : float
        What it shows first [Unix s].
    speed : float
        How many of its seconds pass in one second of the other clock.
    clock : callable
        The other clock: returns its time [s].
    """

    def __init__(self, begins_at: float, speed: float, clock: Callable[[], float]) -> None:
        self._begins_at, self._speed, self._clock = begins_at, speed, clock
        self._began_at = clock()

    def __call__(self) -> float:
        """Return the time [Unix s]."""
        return self._begins_at + self._speed * (self._clock() - self._began_at)


class PassingHandler(Handler):
    """Answers requests about a workload that is a little older at each of them.

    Parameters
    ----------
    workload, variants, keys
        As for `Handler`.
    clock : callable
        Returns the time of this machine [Unix s].
    speed : float
        How many seconds of the workload pass in one of them.

    Raises
    ------
    ConfigurationError
        The speed is not above 0, or the workload was written by hand.
    """

    def __init__(
        self,
        workload: Workload,
        variants: Variants,
        keys: tuple[Key, ...],
        clock: Callable[[], float],
        speed: float,
    ) -> None:
        if not speed > 0:
            raise ConfigurationError(f"speed={speed!r} is not above 0; leave it out for a world that stands still")
        self._speed, self._machine_clock, self._turn = speed, clock, Lock()
        super().__init__(workload, variants, keys, clock)

    @property
    def workload(self) -> Workload:
        """What there is now; set it, and time goes on from when the other one was observed."""
        with self._turn:
            passed_s = self.clock() - self._first.now.timestamp()
            now = self._first.now + timedelta(seconds=passed_s // self._step_s * self._step_s)
            if now > self._reader.workload.now:
                self._reader = Reader(self._first.at(now), self.variants)
            return self._reader.workload

    @workload.setter
    def workload(self, workload: Workload) -> None:
        first = workload.at(workload.now)
        with self._turn:
            self._first, self._reader = first, Reader(first, self.variants)
            self.clock = PassingTime(first.now.timestamp(), self._speed, self._machine_clock)

    @property
    def _step_s(self) -> float:
        return max(1.0, self._speed / _STEPS_A_SECOND)

    def answer(self, request: Request) -> Answer:
        """Let time go on, answer `request`, and record it."""
        _ = self.workload
        return super().answer(request)
