"""Snapshots over real HTTP: all three levels of whole worlds, each row once, with every cell, joined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from cijob_analysis import Client, ConfigurationError, JobNotFound, LocalService, Workload, schema
from cijob_analysis.fetch import fetch_batch_jobs, fetch_executions, fetch_snapshot, fetch_tasks, fetch_workflows
from cijob_analysis.ledger import ledger_of
from cijob_analysis.local import Variants
from cijob_analysis.schema import LEVELS, TABLES
from cijob_analysis.snapshot import Snapshot
from tests.conftest import FAST
from tests.fetch.expected import asked_one_by_one, check_snapshot, check_tasks, entries, executions_of, tasks_of
from tests.fetch.serving import serving
from tests.local.worlds import SMALL, WITH_TASKS, WITH_WORKFLOW


@pytest.fixture(scope="module")
def world() -> Workload:
    """60 batch jobs of both types, with some thousand tasks of many kinds in all states."""
    return Workload.generate(batch_jobs=60, seed=11)


@pytest.fixture(scope="module")
def both(world: Workload) -> Iterator[tuple[LocalService, Snapshot]]:
    """Return a service and all that it has."""
    with LocalService(world) as service, service.client(concurrency=8, retry=FAST) as client:
        yield service, fetch_snapshot(client)


def test_a_generated_world_is_there_with_every_cell(both: tuple[LocalService, Snapshot]) -> None:
    service, snapshot = both
    check_snapshot(snapshot, service)
    assert snapshot.is_complete
    assert not snapshot.is_finished
    assert len(snapshot.tasks) > 3000
    assert set(snapshot.tasks["state"]) == set(schema.STATES)
    assert set(snapshot.executions["state"]) == {"Running", "Success", "Failed", "Cancel"}
    assert asked_one_by_one(service)  # StreamPack is in one of its workflows, and cannot be listed
    in_both = snapshot.batch_jobs["workflow_ids"].str.contains(",", na=False)
    assert in_both.any()  # batch jobs with several workflows


def test_a_handwritten_world_is_there_with_every_cell() -> None:
    with serving(SMALL) as service, service.client(retry=FAST) as client:
        snapshot = fetch_snapshot(client)
        check_snapshot(snapshot, service)
    assert snapshot.is_complete
    direct = snapshot.tasks.loc[snapshot.tasks["run_id"].isna()]
    assert direct["batch_job_id"].tolist() == [WITH_TASKS.batch_job_id]


@pytest.mark.parametrize(("state", "bunched"), [("Success", True), ("Running", False)])
def test_one_large_batch_job(state: Any, bunched: bool) -> None:
    tags = ("Transcode", "PicProcess", "SpeechRecognition", "DocProcess")
    world = Workload.of_batch(executions=220, tags=tags, state=state, bunched=bunched, with_failures=True, seed=2)
    with serving(world) as service, service.client(concurrency=8, retry=FAST) as client:
        snapshot = fetch_snapshot(client, world.batch_jobs[0].batch_job_id)
        check_snapshot(snapshot, service)
    assert snapshot.is_complete
    assert snapshot.is_finished is (state == "Success")


def test_rows_are_newest_first_and_typed_as_declared(both: tuple[LocalService, Snapshot]) -> None:
    _, snapshot = both
    for kind, frame in snapshot.frames():
        empty = schema.empty(TABLES[kind])
        assert_frame_equal(frame.iloc[:0].reset_index(drop=True), empty)
        assert isinstance(frame.index, pd.RangeIndex)
        assert frame.equals(frame.iloc[:])
    for frame in (snapshot.executions, snapshot.tasks):
        key = schema.key_of(frame)
        in_order = frame.sort_values(["created_at", key], ascending=[False, True], ignore_index=True)
        assert frame[key].tolist() == in_order[key].tolist()


def test_it_is_made_of_parts_that_can_be_fetched_one_by_one(world: Workload) -> None:
    with serving(world) as service, service.client(concurrency=8, retry=FAST) as client:
        snapshot = fetch_snapshot(client, limit=12)
        batch_jobs = fetch_batch_jobs(client, limit=12)
        executions = fetch_executions(client, batch_jobs)
        tasks = fetch_tasks(client, executions)
        direct = fetch_tasks(client, batch_jobs)
        workflows = fetch_workflows(client, executions)
    assert_frame_equal(batch_jobs, snapshot.batch_jobs)
    assert_frame_equal(executions[["run_id", "state"]], snapshot.executions[["run_id", "state"]])
    ids = pd.concat([tasks["task_id"], direct["task_id"]])
    assert sorted(ids) == sorted(snapshot.tasks["task_id"])
    assert set(workflows["workflow_id"]) == set(snapshot.workflows["workflow_id"])


@pytest.mark.parametrize("depth", LEVELS)
def test_depth_says_where_to_stop(depth: Any, world: Workload) -> None:
    with serving(world) as service, service.client(concurrency=8, retry=FAST) as client:
        snapshot = fetch_snapshot(client, depth=depth, type="Workflow", limit=5)
        paths = {recorded.path.split("/")[1] for recorded in service.requests}
    n = LEVELS.index(depth) + 1
    assert [bool(len(getattr(snapshot, level))) for level in LEVELS] == [number < n for number in range(3)]
    allowed = [{"inventorytriggerjob"}, {"workflowexecution"}, {"workflow", "jobs", "pic_jobs", "asr_jobs", "doc_jobs"}]
    assert paths <= set().union(*allowed[:n])
    assert ("cut off by limit=5" in snapshot.summary()) is True


def test_depth_is_one_of_three(client: Client, service: LocalService) -> None:
    with pytest.raises(ConfigurationError, match="depth='everything'"):
        fetch_snapshot(client, depth="everything")
    assert len(service.requests) == 0


@pytest.mark.parametrize("filters", [{"states": "Success"}, {"type": "Job"}, {"limit": 7}, {"name": "job 1"}])
def test_filters_are_for_the_batch_jobs(filters: dict[str, Any]) -> None:
    with serving(SMALL) as service, service.client(retry=FAST) as client:
        wanted = fetch_batch_jobs(client, **filters)["batch_job_id"]
        snapshot = fetch_snapshot(client, **filters)
    assert snapshot.batch_jobs["batch_job_id"].tolist() == wanted.tolist()
    runs = executions_of(SMALL)
    assert set(snapshot.executions["run_id"]) == set(runs.loc[runs["batch_job_id"].isin(wanted), "run_id"])
    tasks = tasks_of(SMALL)
    assert set(snapshot.tasks["task_id"]) == set(tasks.loc[tasks["batch_job_id"].isin(wanted), "task_id"])


def test_ids_and_a_frame_of_them(world: Workload) -> None:
    wanted = [job.batch_job_id for job in world.batch_jobs if job.state == "Success"][:3]
    with serving(world) as service, service.client(concurrency=8, retry=FAST) as client:
        snapshot = fetch_snapshot(client, [*wanted, "b0"])
        again = fetch_snapshot(client, snapshot.batch_jobs)
        one_by_one = asked_one_by_one(service)
        with pytest.raises(JobNotFound) as caught:
            fetch_snapshot(client, [*wanted, "b0"], on_error="raise")
    assert snapshot.batch_jobs["batch_job_id"].tolist() == wanted
    assert snapshot.is_complete
    assert "1 id unknown to the service" in snapshot.summary()
    runs, tasks = executions_of(world), tasks_of(world)
    assert set(snapshot.executions["run_id"]) == set(runs.loc[runs["batch_job_id"].isin(wanted), "run_id"])
    ids = set(tasks.loc[tasks["batch_job_id"].isin(wanted), "task_id"])
    check_tasks(snapshot.tasks, world, ids, in_detail=one_by_one)
    for kind, frame in again.frames():
        assert_frame_equal(frame, getattr(snapshot, kind))
    assert isinstance(caught.value.partial, Snapshot)
    assert caught.value.partial.batch_jobs["batch_job_id"].tolist() == wanted


@pytest.mark.parametrize(
    "world",
    [
        Workload(),
        Workload(batch_jobs=(WITH_WORKFLOW,)),
        Workload(batch_jobs=(WITH_TASKS,)),
        Workload(batch_jobs=(replace(WITH_WORKFLOW, type="Job", tag=None, workflow_ids=()),)),
    ],
)
def test_worlds_with_nothing_in_them(world: Workload) -> None:
    with serving(world) as service, service.client(retry=FAST) as client:
        snapshot = fetch_snapshot(client)
    assert len(snapshot.batch_jobs) == len(world.batch_jobs)
    for kind in ("executions", "tasks", "workflows"):
        assert_frame_equal(getattr(snapshot, kind), schema.empty(TABLES[kind]))
    is_askable = all(job.type == "Workflow" or job.tag for job in world.batch_jobs)
    assert snapshot.is_complete is is_askable  # of which kind its tasks are is not known


SPELLINGS = {
    "times": Variants(missing_time="empty", time_format="blank", execution_time_format="Z", message="absent"),
    "names": Variants(create_time=True, creation_time_in_executions=True, workflow_name=True, input_bucket="Bucket"),
    "places": Variants(tag_in_operation=True, workflow_ids="repeated", with_request_id=False, last_page="empty"),
    "layout": Variants(shuffled=True, pretty=True, namespace="http://example.com/ns"),
    "old": Variants(start_node=True),
}


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("world", [SMALL, Workload.of_batch(executions=30, tags=("Transcode", "PicProcess"))])
def test_spelling_changes_nothing(name: str, world: Workload) -> None:
    with serving(world) as plain, plain.client(retry=FAST) as client:
        expected = fetch_snapshot(client)
    with LocalService(world, variants=SPELLINGS[name]) as service, service.client(retry=FAST) as client:
        snapshot = fetch_snapshot(client)
    for level in LEVELS:
        left, right = (getattr(one, level).drop(columns="extra") for one in (snapshot, expected))
        if name == "layout":  # the members of the JSON text follow the order on the wire
            left, right = (frame.drop(columns="topology", errors="ignore") for frame in (left, right))
        assert_frame_equal(left, right)


def test_each_frame_has_its_own_ledger(both: tuple[LocalService, Snapshot]) -> None:
    _, snapshot = both
    assert {entry.level for entry in ledger_of(snapshot.batch_jobs).entries} == {"batch_jobs"}
    assert {entry.level for entry in ledger_of(snapshot.executions).entries} == {"executions"}
    assert {entry.level for entry in ledger_of(snapshot.workflows).entries} == {"workflows"}
    assert snapshot.completeness.entries == (
        *ledger_of(snapshot.batch_jobs).entries,
        *ledger_of(snapshot.executions).entries,
        *ledger_of(snapshot.tasks).entries,
        *ledger_of(snapshot.workflows).entries,
    )
    assert all(entry.rows or not entry.pages for entry in entries(snapshot))


def test_progress_bars(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(SMALL) as service, service.client(retry=FAST) as client:
        fetch_snapshot(client, progress=True)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "executions" in shown.err
