"""Following: snapshots until all is finished, each as a fresh one would be."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from cijob_analysis import ConfigurationError, LocalService, Snapshot, Workload, fetch_snapshot, follow
from cijob_analysis.local import Faults
from tests.fetch.interrupting import interrupted_when


def states(snapshot: Snapshot) -> dict[str, str]:
    return dict(zip(snapshot.tasks["task_id"], snapshot.tasks["state"].astype(str), strict=True))


def test_it_ends_when_all_is_finished_and_each_is_as_a_fresh_one() -> None:
    world = Workload.of_batch(executions=120, state="Running", with_failures=True)
    with LocalService(world) as service, service.client() as client:
        ids = [job.batch_job_id for job in world.batch_jobs]
        seen = []
        for number, snapshot in enumerate(follow(client, ids, every_s=0.01), 1):
            assert states(snapshot) == states(fetch_snapshot(client, ids))
            assert snapshot.is_complete
            seen.append(snapshot)
            service.workload = world.at(world.now + timedelta(minutes=number))
        assert len(seen) > 2
        assert [snapshot.is_finished for snapshot in seen] == [False] * (len(seen) - 1) + [True]
        assert len(seen[-1].executions) == 120


def test_a_finished_batch_job_is_looked_at_once() -> None:
    world = Workload.of_batch(executions=3)
    with LocalService(world) as service, service.client() as client:
        (snapshot,) = follow(client, world.batch_jobs[0].batch_job_id)
        assert snapshot.is_finished
        assert len(snapshot.tasks) == 9


def test_unknown_ids_are_named_each_time() -> None:
    world = Workload.of_batch(executions=5, state="Running")
    with LocalService(world) as service, service.client() as client:
        ids = [world.batch_jobs[0].batch_job_id, "b" + "0" * 32]
        for number, snapshot in enumerate(follow(client, ids, every_s=0.01), 1):
            assert "1 id unknown to the service" in snapshot.summary()
            service.workload = world.at(world.now + timedelta(hours=number))


def test_what_could_not_be_read_is_read_the_next_time() -> None:
    world = Workload.of_batch(executions=30)
    with LocalService(world) as service, service.client() as client:
        service.faults = Faults(denied_actions=frozenset({"ci:DescribeMediaWorkflowExecutions"}))
        snapshots = []
        for snapshot in follow(client, world.batch_jobs[0].batch_job_id, every_s=0.01):
            snapshots.append(snapshot)
            service.faults = Faults()
        assert [len(snapshot.executions) for snapshot in snapshots] == [0, 30]
        assert [snapshot.is_complete for snapshot in snapshots] == [False, True]


def test_an_interruption_stops_the_waiting() -> None:
    world = Workload.of_batch(executions=30, state="Running")
    with LocalService(world) as service, service.client() as client:
        snapshots = follow(client, world.batch_jobs[0].batch_job_id, every_s=60)
        assert len(next(snapshots).tasks)
        soon = time.monotonic() + 0.3
        with pytest.raises(KeyboardInterrupt), interrupted_when(lambda: time.monotonic() > soon):
            next(snapshots)


@pytest.mark.parametrize("every_s", [0, -1, float("nan")])
def test_a_pace_that_is_none(every_s: float) -> None:
    with LocalService(Workload()) as service, service.client() as client, pytest.raises(ConfigurationError):
        next(follow(client, "b1", every_s=every_s))
