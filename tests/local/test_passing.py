"""A world that goes on by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cijob_analysis import fetch_batch_jobs, fetch_snapshot
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.local import LocalService, Workload
from tests.local.asking import batch_job

WORLD = Workload.of_batch(executions=60, state="Running")


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_the_world_goes_on_by_itself_and_its_clients_go_with_it() -> None:
    clock = Clock()
    with LocalService(WORLD, clock=clock, speed=60) as service, service.client() as client:
        first = fetch_snapshot(client)
        assert first.as_of == service.now == service.workload.now == WORLD.now
        assert not first.is_finished
        clock.now += 0.5
        assert service.now == WORLD.now + timedelta(seconds=30)
        later = fetch_snapshot(client)
        assert later.as_of == service.now
        assert (later.tasks["state"] == "Success").sum() > (first.tasks["state"] == "Success").sum()
        assert len(later.tasks) == len(WORLD.at(service.now).tasks_of())
        clock.now += 60
        assert fetch_snapshot(client).is_finished
        assert service.workload.batch_jobs[0].state == "Success"


def test_it_is_looked_at_in_steps() -> None:
    clock = Clock()
    service = LocalService(WORLD, clock=clock, speed=600)
    clock.now += 0.0825  # 49.5 s
    assert service.now == WORLD.now + timedelta(seconds=49.5)
    assert service.workload.now == WORLD.now + timedelta(seconds=30)
    assert service.workload is service.workload


def test_another_world_begins_when_it_was_observed() -> None:
    clock = Clock()
    with LocalService(WORLD, clock=clock, speed=2) as service, service.client() as client:
        clock.now += 100
        begin = datetime(2026, 1, 1, tzinfo=UTC)
        service.workload = Workload.of_batch(executions=6, now=begin)
        clock.now += 5
        assert service.now == begin + timedelta(seconds=10)
        assert fetch_batch_jobs(client).attrs["ledger"].as_of == service.now


def test_a_world_without_speed_stands_still() -> None:
    clock = Clock()
    service = LocalService(WORLD, clock=clock)
    clock.now += 3600
    assert service.workload is WORLD
    assert service.now == datetime.fromtimestamp(clock.now, UTC)


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_a_speed_that_is_none(speed: float) -> None:
    with pytest.raises(ConfigurationError, match="is not above 0"):
        LocalService(WORLD, speed=speed)


def test_a_world_written_by_hand_cannot_go_on() -> None:
    with pytest.raises(ConfigurationError, match="written by hand"):
        LocalService(Workload(batch_jobs=(batch_job(1),)), speed=1)
