"""Whatever goes wrong on the way: what was read is there, and the ledger says what is not."""

from __future__ import annotations

from typing import Any

import pytest

from cijob_analysis import AccessDenied, CIJobError, Credentials, LocalService, RetryPolicy, ServiceBusy, Workload
from cijob_analysis.fetch import fetch_batch_jobs, fetch_executions, fetch_snapshot, fetch_tasks
from cijob_analysis.ledger import ledger_of
from cijob_analysis.local import Faults
from cijob_analysis.local.authentication import Key
from cijob_analysis.snapshot import Snapshot
from tests.conftest import FAST
from tests.fetch.expected import asked_one_by_one, check_executions, check_snapshot, check_tasks, entries, planned
from tests.fetch.serving import serving
from tests.fetch.small import small_world
from tests.local.asking import batch_job

TWICE = RetryPolicy(attempts=2, first_s=0.0, longest_s=0.0)

PASSING = {
    "429 bursts": Faults(slow_down=0.3),
    "503": Faults(unavailable=0.3),
    "resets": Faults(reset=0.3),
    "cut-off XML": Faults(cut_off=0.3),
    "all together": Faults(slow_down=0.1, unavailable=0.1, reset=0.1, cut_off=0.1),
}
LISTED, DETAILED = small_world(210), small_world(30, ("Transcode", "StreamPack"))


@pytest.mark.parametrize("name", PASSING)
@pytest.mark.parametrize("world", [LISTED, DETAILED], ids=["lists", "details"])
def test_each_passing_fault_is_overcome_and_counted(world: Workload, name: str) -> None:
    with serving(world, faults=PASSING[name]) as service, service.client(concurrency=4, retry=FAST) as client:
        snapshot = fetch_snapshot(client)
        check_snapshot(snapshot, service)
        sent = len(service.requests)
    assert snapshot.is_complete
    found = entries(snapshot)
    assert sum(entry.requests for entry in found) == sent
    assert sum(entry.retries for entry in found) > 0
    for level in ("executions", "tasks", "workflows"):
        below = entries(snapshot, level)
        assert planned(below) == sum(entry.requests - entry.retries for entry in below)


def test_a_token_that_comes_twice() -> None:
    with serving(small_world(250), faults=Faults(repeated_token=True)) as service, service.client() as client:
        snapshot = fetch_snapshot(client)
        check_executions(snapshot.executions, service.workload, set(snapshot.executions["run_id"]))
    assert len(snapshot.executions) == 200
    (entry,) = entries(snapshot, "executions")
    assert not entry.ended
    assert "came twice" in entry.notes[0]
    assert "executions incomplete: cut off: page token" in snapshot.summary()
    assert not ledger_of(snapshot.tasks).is_complete
    assert set(snapshot.executions["run_id"]) <= set(snapshot.tasks["run_id"])
    assert snapshot.tasks["task_id"].is_unique


def test_what_follows_a_page_that_fails_for_good_is_read_from_the_other_end() -> None:
    faults = Faults(failing_pages=frozenset({2}))
    with serving(small_world(150), faults=faults) as service, service.client(retry=TWICE) as client:
        snapshot = fetch_snapshot(client)
        check_snapshot(snapshot, service)
    assert snapshot.is_complete
    (entry,) = entries(snapshot, "executions")
    assert entry.notes[0].startswith(f"executions of {service.workload.batch_jobs[0].batch_job_id}: page 2, before ")
    assert entry.notes[0].endswith("the rows came from the other end")
    notes = [note for entry in entries(snapshot, "tasks") for note in entry.notes]
    assert [note.split(" tasks of ")[0] for note in sorted(notes)] == ["Snapshot", "Transcode"]


def test_what_lies_between_two_pages_that_fail_is_lost_and_named() -> None:
    faults = Faults(failing_pages=frozenset({2}))
    with serving(small_world(250), faults=faults) as service, service.client(retry=TWICE) as client:
        snapshot = fetch_snapshot(client)
        with pytest.raises(ServiceBusy, match="page 2 cannot be read") as caught:
            fetch_snapshot(client, on_error="raise")
        runs = [run.run_id for run in service.workload.executions]
    assert set(snapshot.executions["run_id"]) == {*runs[:100], *runs[150:]}
    (entry,) = entries(snapshot, "executions")
    assert not entry.ended
    (failure,) = entry.failures
    assert (
        failure.what == f"executions of {snapshot.batch_jobs['batch_job_id'][0]}: page 2, before 2026-06-30 02:02:30Z"
    )
    assert "executions incomplete: executions of " in snapshot.summary()
    assert not ledger_of(snapshot.tasks).is_complete
    partial = caught.value.partial
    assert isinstance(partial, Snapshot)
    assert set(partial.executions["run_id"]) == set(snapshot.executions["run_id"])
    assert len(partial.tasks) == 0


def test_a_list_of_tasks_that_fails_is_made_good_by_details() -> None:
    """The lists of tasks lack what is in the middle; executions have it one by one."""
    faults = Faults(failing_pages=frozenset({2}))
    with serving(small_world(250)) as service, service.client(retry=TWICE) as client:
        executions = fetch_executions(client, service.workload.batch_jobs[0].batch_job_id)
        service.faults = faults
        tasks = fetch_tasks(client, executions)
        check_tasks(tasks, service.workload, in_detail=asked_one_by_one(service))
    assert not ledger_of(tasks).is_complete  # it says what could not be read, though it is there
    assert {failure.what.split()[0] for entry in entries(tasks) for failure in entry.failures} == {
        "Transcode",
        "Snapshot",
    }


def test_an_execution_that_vanishes_between_list_and_detail() -> None:
    gone = DETAILED.executions[7].run_id
    faults = Faults(vanished_ids=frozenset({gone}))
    with serving(DETAILED, faults=faults) as service, service.client(retry=FAST) as client:
        snapshot = fetch_snapshot(client)
        with pytest.raises(CIJobError, match=gone):
            fetch_snapshot(client, on_error="raise")
    assert set(snapshot.executions["run_id"]) == {run.run_id for run in DETAILED.executions}
    check_tasks(
        snapshot.tasks,
        DETAILED,
        {task.task_id for task in DETAILED.tasks if task.run_id != gone},
        in_detail={run.run_id for run in DETAILED.executions},
    )
    assert [entry.missing_ids for entry in entries(snapshot.tasks)] == [(gone,)]
    assert snapshot.is_complete  # what does not exist is not missing
    assert "1 id unknown to the service" in snapshot.summary()


# --- permissions ------------------------------------------------------------------------------------------------------


def denied(*actions: str) -> Faults:
    return Faults(denied_actions=frozenset(actions))


def test_executions_may_not_be_read() -> None:
    action = "ci:DescribeMediaWorkflowExecutions"
    world = Workload(batch_jobs=tuple(batch_job(number) for number in range(60)))
    with serving(world, faults=denied(action)) as service, service.client(concurrency=4) as client:
        snapshot = fetch_snapshot(client)
        assert service.requests.count(path="/workflowexecution") <= 4  # each worker asked at the most once
        with pytest.raises(AccessDenied, match=action) as caught:
            fetch_snapshot(client, on_error="raise")
    assert len(snapshot.batch_jobs) == 60
    assert ledger_of(snapshot.batch_jobs).is_complete
    assert len(snapshot.executions) == len(snapshot.tasks) == 0
    assert not snapshot.is_complete
    assert all(
        failure.is_denied and failure.action == action for failure in entries(snapshot, "executions")[0].failures
    )
    assert "executions incomplete: access denied to executions of b" in snapshot.summary()
    assert f"(the key's policy lacks {action})" in snapshot.summary()
    assert "tasks incomplete: cut off: not all executions are known" in snapshot.summary()
    assert isinstance(caught.value.partial, Snapshot)
    assert len(caught.value.partial.batch_jobs) == 60


def test_lists_of_tasks_may_not_be_read() -> None:
    action = "ci:DescribeMediaJobs"
    with serving(LISTED, faults=denied(action)) as service, service.client(concurrency=4) as client:
        snapshot = fetch_snapshot(client)
        assert service.requests.count(path="/jobs") <= 4
        assert not asked_one_by_one(service)
    assert len(snapshot.executions) == 210
    assert len(snapshot.tasks) == 0
    assert ledger_of(snapshot.executions).is_complete
    assert f"(the key's policy lacks {action})" in snapshot.summary()


def test_lists_of_one_kind_of_task_may_not_be_read() -> None:
    world = small_world(110, ("PicProcess", "Transcode"))
    with serving(world, faults=denied("ci:DescribePicProcessJobs")) as service, service.client() as client:
        snapshot = fetch_snapshot(client)
    check_tasks(snapshot.tasks, world, {task.task_id for task in world.tasks if task.tag == "Transcode"})
    assert "lacks ci:DescribePicProcessJobs)" in snapshot.summary()


def test_one_kind_of_task_is_denied_before_the_others_are_asked_for() -> None:
    world = small_world(110, ("PicProcess", "Transcode"))
    faults = denied("ci:DescribePicProcessJobs")
    with serving(world, faults=faults) as service, service.client(concurrency=1) as client:
        snapshot = fetch_snapshot(client)
    assert set(snapshot.tasks["task_type"]) == {"Transcode"}
    assert len(snapshot.tasks) == 110


def test_details_may_not_be_read() -> None:
    action = "ci:DescribeMediaWorkflowExecution"
    with serving(DETAILED, faults=denied(action)) as service, service.client(concurrency=4) as client:
        snapshot = fetch_snapshot(client)
        assert len(asked_one_by_one(service)) < 10
    assert len(snapshot.executions) == 30
    assert ledger_of(snapshot.executions).is_complete
    assert "access denied to i" in snapshot.summary()
    assert f"(the key's policy lacks {action})" in snapshot.summary()


def test_one_execution_may_not_be_read() -> None:
    bad = DETAILED.executions[3].run_id
    faults = Faults(denied_ids=frozenset({bad}))
    with serving(DETAILED, faults=faults) as service, service.client() as client:
        snapshot = fetch_snapshot(client)
    assert set(snapshot.tasks["run_id"]) == {run.run_id for run in DETAILED.executions} - {bad}
    (entry,) = entries(snapshot.tasks)
    assert [failure.what for failure in entry.failures] == [bad]
    assert not snapshot.is_complete


# --- clocks and keys --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset_s", [3600.0, -3600.0])
def test_a_clock_that_is_an_hour_off(offset_s: float) -> None:
    with serving(LISTED, faults=Faults(clock_offset_s=offset_s)) as service, service.client() as client:
        snapshot = fetch_snapshot(client, [job.batch_job_id for job in LISTED.batch_jobs])
        check_snapshot(snapshot, service)
    assert snapshot.is_complete
    (note,) = entries(snapshot, "batch_jobs")[0].notes
    assert ("behind" if offset_s > 0 else "ahead of") in note
    assert sum(entry.retries for entry in entries(snapshot)) == 1


class Rolling:
    """Temporary keys, the first until so many requests have come, then the second."""

    def __init__(self, first: Credentials, second: Credentials) -> None:
        self._keys = first, second
        self.has_rolled = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._keys[self.has_rolled], name)


@pytest.mark.parametrize("world", [LISTED, DETAILED], ids=["lists", "details"])
def test_keys_that_expire_in_the_middle_and_roll(world: Workload) -> None:
    first, second = (Credentials(f"id-{name}", f"key-{name}", f"token-{name}") for name in ("first", "second"))
    provider = Rolling(first, second)

    def clock() -> float:
        """Return the service's time, a second after the first key has ended from its seventh request on."""
        provider.has_rolled = len(service.requests) >= 6
        return began_at + (2.0 if provider.has_rolled else 0.0)

    began_at = 1_782_000_000.0
    service = LocalService(world, credentials=[Key(first, began_at + 1), Key(second)], clock=clock)
    with service, service.client(credentials=provider, clock=lambda: began_at, concurrency=4) as client:
        snapshot = fetch_snapshot(client)
        check_snapshot(snapshot, service)
        refused = sum(recorded.status != 200 for recorded in service.requests)
    assert snapshot.is_complete
    assert sum(entry.retries for entry in entries(snapshot)) == refused
    assert [note for entry in entries(snapshot) for note in entry.notes] in ([], ["the key has rolled"])


def test_nothing_at_all_is_an_error() -> None:
    faults = denied("ci:DescribeInventoryTriggerJobs")
    with serving(LISTED, faults=faults) as service, service.client() as client:
        for fetch in (fetch_batch_jobs, fetch_snapshot):
            with pytest.raises(AccessDenied, match="ci:DescribeInventoryTriggerJobs"):
                fetch(client)
