"""Following: snapshots until all is finished, each as a fresh one would be."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pandas as pd
import pytest

from cijob_analysis import ConfigurationError, LocalService, ServiceBusy, Snapshot, Workload, fetch_snapshot, follow
from cijob_analysis.fetch.joining import merged
from cijob_analysis.following import CalledOff, Following
from cijob_analysis.local import Faults
from tests.conftest import FAST
from tests.fetch.interrupting import interrupted_when
from tests.widgets.worlds import rows


def wait_until(has_happened: Callable[[], bool]) -> None:
    while not has_happened():
        time.sleep(0.002)


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


def test_a_batch_job_that_could_not_be_read_at_first_is_read_the_next_time() -> None:
    world = Workload.generate(batch_jobs=3, seed=5)
    ids = [job.batch_job_id for job in world.batch_jobs]
    with LocalService(world.at(world.now + timedelta(days=30))) as service, service.client() as client:
        service.faults = Faults(denied_ids=frozenset(ids[1:2]))
        found = []
        for snapshot in follow(client, [*ids, "b" + "0" * 32, "no id"], every_s=0.01):
            found.append((set(snapshot.batch_jobs["batch_job_id"]), snapshot.is_complete))
            service.faults = Faults()
        assert found == [({ids[0], ids[2]}, False), (set(ids), True)]
        assert "1 id unknown to the service; 1 text not sent, being no id" in snapshot.summary()


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


def test_a_reading_can_be_called_off_and_a_failed_one_leaves_what_was_known() -> None:
    world = Workload.of_batch(executions=30, state="Running")
    with LocalService(world) as service, service.client(retry=FAST) as client:
        following = Following(client, [job.batch_job_id for job in world.batch_jobs])
        known = following.read()
        assert (following.requests, following.retries) == (len(service.requests), 0)
        service.faults = Faults(latency_s=60)
        stop = threading.Event()
        service.requests.clear()

        def call_off() -> None:
            wait_until(lambda: len(service.requests) > 0)
            stop.set()

        caller = threading.Thread(target=call_off)
        caller.start()
        with pytest.raises(CalledOff):
            following.read(stop)
        caller.join()
        with pytest.raises(CalledOff):
            following.read(stop)
        assert following.requests == 0
        service.faults = Faults(unavailable=1)
        with pytest.raises(ServiceBusy):
            following.read()
        assert (following.requests, following.retries) == (FAST.attempts, FAST.attempts - 1)
        assert following.known is known
        assert not following.is_over


@pytest.mark.parametrize("every_s", [0, -1, float("nan")])
def test_a_pace_that_is_none(every_s: float) -> None:
    with LocalService(Workload()) as service, service.client() as client, pytest.raises(ConfigurationError):
        next(follow(client, "b1", every_s=every_s))


def test_the_progress_of_a_task_is_kept_as_long_as_its_state() -> None:
    old = rows(
        "tasks",
        {"task_id": "j1", "state": "Running", "progress": 40, "queue_id": "p1"},
        {"task_id": "j2", "state": "Running", "progress": 50, "queue_id": "p1"},
    )
    new = rows("tasks", {"task_id": "j1", "state": "Running"}, {"task_id": "j2", "state": "Success"})
    found = merged("task_id", old, new).set_index("task_id")
    assert found["progress"].astype(object).where(found["progress"].notna(), None).to_dict() == {"j1": 40, "j2": None}
    assert found["queue_id"].tolist() == ["p1", "p1"]


def test_a_batch_job_that_was_read_in_part_is_read_as_a_whole_with_its_workflows() -> None:
    world = Workload.of_batch(executions=30, state="Running")
    with LocalService(world) as service, service.client(retry=FAST) as client:
        following = Following(client, [job.batch_job_id for job in world.batch_jobs])
        following.read()
        service.faults = Faults(denied_actions=frozenset({"ci:DescribeMediaWorkflowExecutions"}))
        service.workload = world.at(world.now + timedelta(minutes=2))
        assert not following.read().is_complete
        service.faults = Faults()
        assert following.read().is_complete
        assert states(following.read()) == states(fetch_snapshot(client))


def test_it_can_end_with_a_reading_of_the_whole() -> None:
    world = Workload.of_batch(executions=30, state="Running")
    with LocalService(world) as service, service.client(retry=FAST) as client:
        following = Following(client, [job.batch_job_id for job in world.batch_jobs], ends_whole=True)
        following.read()
        service.workload = world.at(world.now + timedelta(days=1))
        assert following.read().is_finished
        assert not following.is_over
        service.faults = Faults(denied_actions=frozenset({"ci:DescribeMediaJobs"}))
        known = following.read()
        assert known.is_complete
        assert not following.is_over
        service.faults = Faults()
        last, fresh = following.read(), fetch_snapshot(client)
        assert following.is_over
        for kind, frame in fresh.frames():
            pd.testing.assert_frame_equal(getattr(last, kind), frame)
