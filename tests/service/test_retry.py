from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis import ConfigurationError, RetryPolicy
from cijob_analysis.service.retry import Pace

NEVER = threading.Event()


@given(attempt=st.integers(1, 1000), jitter=st.floats(0, 1, exclude_max=True))
def test_a_delay_is_fully_jittered_below_a_doubling_range(attempt: int, jitter: float) -> None:
    policy = RetryPolicy(first_s=0.5, longest_s=20)
    assert policy.delay_s(attempt, jitter=jitter) == pytest.approx(jitter * min(20, 0.5 * 2.0 ** min(attempt - 1, 60)))


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"first_s": -1.0}, {"deadline_s": float("nan")}])
def test_a_senseless_policy_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        RetryPolicy(**wrong)  # type: ignore[arg-type]


class Clock:
    """A clock that a test turns."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_rate_spaces_requests_evenly() -> None:
    clock = Clock()
    pace = Pace(4, 10, clock)
    times = []
    for _ in range(3):
        # Each entry books the next 0.1 s; the clock stands still, so it is moved to where the next may go.
        times.append(pace.enter(NEVER))
        clock.now += 0.1
    assert times == pytest.approx([100.0, 100.1, 100.2])


def test_slow_down_halves_once_for_all_that_were_under_way_and_recovers_step_by_step() -> None:
    clock = Clock()
    pace = Pace(8, None, clock)
    sent = [pace.enter(NEVER) for _ in range(8)]
    clock.now += 1
    for at in sent:
        pace.slow_down(at, 0.0)
        pace.leave(good=False)
    assert pace.allowed == 4
    allowed = []
    for _ in range(4 + 5 + 6 + 7):
        pace.enter(NEVER)
        pace.leave(good=True)
        allowed.append(pace.allowed)
    assert [allowed.index(step) + 1 for step in (5, 6, 7, 8)] == [4, 9, 15, 22]


def test_slow_down_again_halves_again_and_never_to_nothing() -> None:
    clock = Clock()
    pace = Pace(4, None, clock)
    for expected in (2, 1, 1):
        sent = pace.enter(NEVER)
        clock.now += 1
        pace.slow_down(sent, 0.0)
        pace.leave(good=False)
        assert pace.allowed == expected


def test_waiting_ends_when_the_work_is_called_off() -> None:
    pace = Pace(1, None, Clock())
    pace.enter(NEVER)
    stop = threading.Event()
    waiting = threading.Thread(target=pace.enter, args=(stop,))
    waiting.start()
    stop.set()
    waiting.join(2)
    assert not waiting.is_alive()
