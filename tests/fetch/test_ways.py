"""The plan carried out: as many requests as it had, and what the lists lack asked for one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cijob_analysis import LocalService, Workload
from cijob_analysis.fetch import fetch_executions, fetch_snapshot, fetch_tasks
from cijob_analysis.ledger import ledger_of
from cijob_analysis.local import Faults, Variants
from tests.conftest import FAST
from tests.fetch.expected import asked_one_by_one, check_snapshot, check_tasks, entries, planned
from tests.fetch.serving import serving
from tests.fetch.small import WORKFLOW_ID, small_world


@pytest.fixture(scope="module")
def large() -> Workload:
    """One batch job with 1 000 executions of three nodes each."""
    return Workload.of_batch(executions=1000, seed=4)


def test_the_plan_counts_what_the_service_counts(large: Workload) -> None:
    (job,) = large.batch_jobs
    with serving(large) as service, service.client(concurrency=8) as client:
        snapshot = fetch_snapshot(client, job.batch_job_id)
        sent = len(service.requests)
        plan = client.plan(job.batch_job_id, executions=1000, workflows=snapshot.workflows)
        same = client.plan(snapshot.batch_jobs, executions=snapshot.executions, workflows=snapshot.workflows)
        check_snapshot(snapshot, service)
    assert plan.is_whole
    assert plan.requests == same.requests == sent == 1 + 10 + 1 + 3 * 10
    assert plan.to_frame()["requests"].tolist() == [1, 10, 1, 10, 10, 10]
    found = entries(snapshot)
    assert sum(entry.requests for entry in found) == sent
    assert planned(entries(snapshot, "executions")) == sum(entry.requests for entry in entries(snapshot, "executions"))
    assert planned(entries(snapshot, "tasks")) == sum(entry.requests for entry in entries(snapshot, "tasks")) == 30
    assert len(snapshot.tasks) == 3000
    for entry in found:
        assert entry.requests <= max(1, 1.05 * entry.rows / 100)


@pytest.mark.parametrize("batch_jobs", [1, 3])
@pytest.mark.parametrize("executions", [0, 1, 2, 5, 101])
def test_small_ones_too(executions: int, batch_jobs: int) -> None:
    with serving(small_world(executions, batch_jobs=batch_jobs)) as service, service.client() as client:
        snapshot = fetch_snapshot(client, [job.batch_job_id for job in service.workload.batch_jobs])
        check_snapshot(snapshot, service)
        plan = client.plan(snapshot.batch_jobs, executions=snapshot.executions, workflows=snapshot.workflows)
        assert plan.requests == len(service.requests)
    assert snapshot.is_complete


def test_many_small_batch_jobs_share_the_list_of_their_workflow() -> None:
    world = small_world(4, batch_jobs=30)
    wanted = [job.batch_job_id for job in world.batch_jobs[:20]]
    with serving(world) as service, service.client() as client:
        snapshot = fetch_snapshot(client, wanted)
        assert not asked_one_by_one(service)
        assert service.requests.count(path="/jobs") == 2 * 2  # 120 tasks of each kind, of which 80 are wanted
    assert set(snapshot.tasks["batch_job_id"]) == set(wanted)
    assert len(snapshot.tasks) == 20 * 4 * 2
    assert snapshot.is_complete
    (entry,) = entries(snapshot, "tasks")
    assert entry.notes == ("80 rows of others left out",)
    assert entry.filters == (("workflowId", WORKFLOW_ID),)


def test_executions_of_no_known_batch_job_share_it_too() -> None:
    world = small_world(120)
    with serving(world) as service, service.client() as client:
        executions = fetch_executions(client, workflow_id=WORKFLOW_ID)
        assert executions["batch_job_id"].isna().all()
        tasks = fetch_tasks(client, executions)
        assert not asked_one_by_one(service)
    assert len(tasks) == 240
    assert set(tasks["run_id"]) == set(executions["run_id"])
    assert ledger_of(tasks).is_complete


# --- lists that have not what is needed -------------------------------------------------------------------------------


def test_tasks_that_do_not_say_their_execution_are_asked_for_one_by_one() -> None:
    variants = Variants(tasks_with_workflow=False)
    with LocalService(small_world(12), variants=variants) as service, service.client() as client:
        snapshot = fetch_snapshot(client)
        check_snapshot(snapshot, service)
        assert len(asked_one_by_one(service)) == 12
        assert service.requests.count(path="/jobs") == 2  # another list would not say it, either
    assert snapshot.is_complete
    assert snapshot.tasks["progress"].notna().all()  # what only the lists said is kept


def test_a_filter_that_finds_only_direct_tasks() -> None:
    variants = Variants(batch_job_finds="directly")
    with LocalService(small_world(40), variants=variants) as service, service.client() as client:
        snapshot = fetch_snapshot(client)
        check_snapshot(snapshot, service)
        assert not asked_one_by_one(service)
        assert service.requests.count(path="/jobs") == 4
    assert snapshot.is_complete


def test_nodes_that_no_list_has() -> None:
    with serving(small_world(12, ("Transcode", "StreamPack"))) as service, service.client() as client:
        snapshot = fetch_snapshot(client)
        check_snapshot(snapshot, service)
        assert len(asked_one_by_one(service)) == 12
    assert snapshot.is_complete


@pytest.mark.parametrize("state", ["Success", "Failed", "Cancel"])
@pytest.mark.parametrize(
    ("nodes", "ran", "asked"),
    [
        (("Transcode", "Snapshot"), ("Transcode",), 1),  # fewer nodes then: one is asked, and the lists had all of it
        (("Transcode",), ("Snapshot", "Transcode"), 9),  # more: their lists were not read, so all are asked
        (("Transcode",), ("Transcode", "StreamPack"), 9),
        (("Transcode",), ("PicProcess",), 9),
    ],
)
def test_a_workflow_that_was_changed_since(
    nodes: tuple[str, ...], ran: tuple[str, ...], asked: int, state: str
) -> None:
    world = small_world(30, nodes, ran=ran, old=9, state=state)
    with serving(world) as service, service.client() as client:
        snapshot = fetch_snapshot(client)
        check_snapshot(snapshot, service)
        assert len(asked_one_by_one(service)) == asked
    assert snapshot.is_complete


def test_executions_that_branch_cost_one_request_more() -> None:
    whole = small_world(30)
    shorter = tuple(task for task in whole.tasks if not (task.tag == "Snapshot" and task.created_at.second % 2))
    with serving(replace(whole, tasks=shorter)) as service, service.client() as client:
        snapshot = fetch_snapshot(client)
        check_snapshot(snapshot, service)
        assert len(asked_one_by_one(service)) == 1
    assert snapshot.is_complete


def test_a_workflow_that_may_not_be_read() -> None:
    faults = Faults(denied_actions=frozenset({"ci:DescribeMediaWorkflows"}))
    with serving(small_world(12), faults=faults) as service, service.client(retry=FAST) as client:
        snapshot = fetch_snapshot(client)
        check_snapshot(snapshot, service)
        tasks = fetch_tasks(client, snapshot.executions)
        check_tasks(tasks, service.workload, in_detail=asked_one_by_one(service))
    assert ledger_of(snapshot.tasks).is_complete
    assert "workflows incomplete: access denied" in snapshot.summary()
    assert "lacks ci:DescribeMediaWorkflows)" in snapshot.summary()
    assert ledger_of(tasks).is_complete
    assert "one by one" in entries(tasks, "workflows")[0].notes[0]


def test_a_workflow_that_was_deleted() -> None:
    with serving(replace(small_world(12), workflows=())) as service, service.client() as client:
        snapshot = fetch_snapshot(client)
        check_snapshot(snapshot, service)
    assert snapshot.is_complete
    assert entries(snapshot, "workflows")[0].missing_ids == (WORKFLOW_ID,)
