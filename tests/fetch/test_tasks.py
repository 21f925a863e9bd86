"""Tasks over real HTTP: of executions, of batch jobs, by their ids, by kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from cijob_analysis import AccessDenied, Client, ConfigurationError, JobNotFound, LocalService, Workload, schema
from cijob_analysis.fetch import fetch_batch_jobs, fetch_executions, fetch_tasks
from cijob_analysis.ledger import ledger_of
from cijob_analysis.local import Faults, Variants
from tests.builders import batch_jobs
from tests.conftest import FAST
from tests.fetch.expected import asked_one_by_one, check_tasks, entries, tasks_of
from tests.fetch.serving import serving
from tests.lists import client_of
from tests.local.worlds import SMALL, TASKS, WITH_TASKS, task


@pytest.fixture(scope="module")
def world() -> Workload:
    return Workload.generate(batch_jobs=60, seed=11)


@pytest.fixture(scope="module")
def everything(world: Workload) -> pd.DataFrame:
    """Return all tasks as the world has them, newest first."""
    frame = tasks_of(world)
    return frame.sort_values(["created_at", "task_id"], ascending=[False, True], ignore_index=True)


@pytest.fixture
def service(world: Workload) -> Iterator[LocalService]:
    with serving(world) as service:
        yield service


@pytest.fixture
def client(service: LocalService) -> Iterator[Client]:
    with service.client(concurrency=8, retry=FAST) as client:
        yield client


def ids(frame: pd.DataFrame) -> list[str]:
    return frame["task_id"].tolist()


def test_of_executions(client: Client, service: LocalService, everything: pd.DataFrame) -> None:
    executions = fetch_executions(client, fetch_batch_jobs(client, limit=12))
    frame = fetch_tasks(client, executions)
    wanted = everything.loc[everything["run_id"].isin(executions["run_id"])]
    check_tasks(frame, service.workload, set(wanted["task_id"]), in_detail=asked_one_by_one(service))
    assert ids(frame) == ids(wanted)
    assert ledger_of(frame).is_complete
    assert {entry.level for entry in entries(frame)} == {"workflows", "tasks", "executions"}


def test_of_batch_jobs_of_type_job(client: Client, world: Workload, everything: pd.DataFrame) -> None:
    frame = fetch_tasks(client, fetch_batch_jobs(client))
    wanted = everything.loc[everything["run_id"].isna()]
    check_tasks(frame, world, set(wanted["task_id"]))
    assert ids(frame) == ids(wanted)
    assert ledger_of(frame).is_complete


def test_a_batch_job_that_does_not_say_its_kind_of_tasks() -> None:
    """The published list has no Tag; the parameters tell it, and where there are none the ledger says so."""
    silent = replace(WITH_TASKS, batch_job_id="b9")
    world = replace(SMALL, batch_jobs=(*SMALL.batch_jobs, silent))
    with LocalService(world, variants=Variants(with_tag=False)) as service, service.client() as client:
        parents = fetch_batch_jobs(client)
        says = '{"Operation": {"JobParam": {"Transcode": {}}}}'
        parents["extra"] = [None if name == "b9" else says for name in parents["batch_job_id"]]
        frame = fetch_tasks(client, parents)
        with pytest.raises(ConfigurationError, match="b9 does not say of which kind its tasks are"):
            fetch_tasks(client, parents, on_error="raise")
    assert frame["batch_job_id"].tolist() == [WITH_TASKS.batch_job_id]
    assert ledger_of(frame).remarks() == ["incomplete: tasks of b9 could not be read"]


@pytest.mark.parametrize("heeds", [True, False])
def test_a_list_that_may_ignore_the_batch_job_is_tried_before_it_is_believed(heeds: bool) -> None:
    """The pages of documents do not name that filter: rows for a batch job that does not exist are anybody's."""
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        is_found = not heeds or request.url.params["inventoryTriggerJobId"] == "b1"
        row = "<JobsDetail><JobId>d1</JobId><Tag>DocProcess</Tag><State>Running</State></JobsDetail>"
        return httpx.Response(200, text=f"<Response>{row if is_found else ''}</Response>")

    parents = batch_jobs({"batch_job_id": "b1", "type": "Job", "tag": "DocProcess"})
    with client_of(httpx.MockTransport(answer)) as client:
        if heeds:
            assert fetch_tasks(client, parents)["batch_job_id"].tolist() == ["b1"]
        else:
            with pytest.raises(ConfigurationError, match="/doc_jobs cannot be narrowed down to a batch job"):
                fetch_tasks(client, parents)
    assert len(asked) == 1 + heeds


def test_by_ids_ten_at_a_time_each_kind_at_its_path(
    client: Client, service: LocalService, world: Workload, everything: pd.DataFrame
) -> None:
    some = everything.groupby("task_type").head(13).sample(frac=1, random_state=3)
    prefixes = some["task_id"].str[0]
    assert set(prefixes) >= {"j", "c", "s"}
    frame = fetch_tasks(client, task_ids=some)
    assert ids(frame) == ids(some)
    parents = everything.set_index("task_id").loc[frame["task_id"], "batch_job_id"].to_numpy()
    check_tasks(frame.assign(batch_job_id=pd.array(parents, dtype=schema.TEXT)), world, set(some["task_id"]))
    assert frame["batch_job_id"].isna().all()  # no answer says it
    requests = [recorded.path.split("/")[1] for recorded in service.requests]
    paths = prefixes.map({"j": "jobs", "c": "pic_jobs", "s": "asr_jobs", "d": "doc_jobs"}).value_counts()
    assert {path: requests.count(path) for path in paths.index} == {path: -(-n // 10) for path, n in paths.items()}


def test_ids_of_all_kinds_in_their_order() -> None:
    with serving(SMALL) as service, service.client() as client:
        frame = fetch_tasks(client, task_ids=[task.task_id for task in TASKS])
        one = fetch_tasks(client, task_ids=TASKS[0].task_id)
    assert ids(frame) == [task.task_id for task in TASKS]
    assert frame["task_type"].tolist() == [task.tag for task in TASKS]
    assert ids(one) == [TASKS[0].task_id]


@pytest.mark.parametrize("unknown_ids", ["joined", "repeated", "NonExistJobId"])
def test_unknown_double_and_wrong_ids(unknown_ids: Any) -> None:
    known = [task.task_id for task in TASKS[:3]]
    given: list[Any] = ["j99", *known, "no id", known[0], None, "c98"]
    with LocalService(SMALL, variants=Variants(unknown_ids=unknown_ids)) as service, service.client() as client:
        frame = fetch_tasks(client, task_ids=given)
        with pytest.raises(JobNotFound, match="j99, c98"):
            fetch_tasks(client, task_ids=given, on_error="raise")
    assert ids(frame) == known
    (entry,) = entries(frame)
    assert (entry.missing_ids, entry.invalid_ids, entry.duplicates) == (("j99", "c98"), ("no id", "None"), 1)
    assert ledger_of(frame).is_complete


def test_an_id_that_may_not_be_read_loses_none_of_the_nine_beside_it() -> None:
    world = Workload(tasks=tuple(task(number) for number in range(30)))
    wanted = [task.task_id for task in world.tasks]
    with serving(world, faults=Faults(denied_ids=frozenset({wanted[13]}))) as service, service.client() as client:
        frame = fetch_tasks(client, task_ids=wanted)
        assert service.requests.count() == 3 + 10
    assert ids(frame) == [name for name in wanted if name != wanted[13]]
    assert [failure.what for failure in entries(frame)[0].failures] == [wanted[13]]


def test_ids_that_may_not_be_read_at_all_cost_few_requests() -> None:
    wanted = [*(f"j{number:032x}" for number in range(500)), TASKS[2].task_id]
    faults = Faults(denied_actions=frozenset({"ci:DescribeMediaJob"}))
    with serving(SMALL, faults=faults) as service, service.client(concurrency=4) as client:
        frame = fetch_tasks(client, task_ids=wanted)
        assert service.requests.count() < 80
        with pytest.raises(AccessDenied, match="ci:DescribeMediaJob"):
            fetch_tasks(client, task_ids=wanted[:20])
    assert ids(frame) == [TASKS[2].task_id]  # pictures may be
    (entry,) = entries(frame)
    assert len(entry.failures) == 500
    assert not entry.ended


def test_each_filter_of_a_list_by_kind(client: Client, everything: pd.DataFrame) -> None:
    transcoded = everything.loc[everything["task_type"] == "Transcode"]
    middle = transcoded["created_at"].iloc[len(transcoded) // 2]
    row = transcoded.iloc[5]
    for filters, expected in (
        ({}, transcoded["task_id"].notna()),
        ({"states": ["Failed", "Running"]}, transcoded["state"].isin(["Failed", "Running"])),
        ({"queue_id": row["queue_id"]}, transcoded["queue_id"] == row["queue_id"]),
        ({"workflow_id": transcoded["workflow_id"].dropna().iloc[0]},
         transcoded["workflow_id"] == transcoded["workflow_id"].dropna().iloc[0]),
        ({"object_key": row["object_key"]}, transcoded["object_key"] == row["object_key"]),
        ({"created_after": middle}, transcoded["created_at"] >= middle),
        ({"created_before": middle, "windows": 4}, transcoded["created_at"] <= middle),
    ):  # fmt: skip
        frame = fetch_tasks(client, tag="Transcode", **filters)
        assert ids(frame) == ids(transcoded.loc[expected.fillna(False).astype(bool)]), filters
        assert len(frame)
        assert ledger_of(frame).is_complete


def test_several_kinds_and_a_limit(client: Client, everything: pd.DataFrame) -> None:
    kinds = ["Snapshot", "PicProcess", "SpeechRecognition"]
    frame = fetch_tasks(client, tag=kinds)
    assert ids(frame) == ids(everything.loc[everything["task_type"].isin(kinds)])
    some = fetch_tasks(client, tag="Snapshot", limit=7)
    assert ids(some) == ids(everything.loc[everything["task_type"] == "Snapshot"].head(7))
    assert "cut off by limit=7" in ledger_of(some).remarks()[0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "nothing was given: say which tasks by one of parents, task_ids, tag"),
        ({"tag": "Transcode", "task_ids": ["j1"]}, "task_ids and tag were given"),
        ({"task_ids": ["j1"], "states": "Failed"}, "states and task_ids do not go together"),
        ({"parents": schema.empty(schema.EXECUTIONS), "limit": 4}, "limit and parents do not go together"),
        ({"parents": ["i1"]}, "parents is list, no frame"),
        ({"tag": "FileCompress"}, "no list of file tasks"),
        ({"tag": "no tag"}, "is no kind of task"),
        ({"tag": ["Transcode", "Snapshot"], "limit": 4}, "limit=4 is for one list"),
        ({"tag": "Transcode", "states": "Paused"}, "unknown state 'Paused'"),
        ({"tag": "Transcode", "queue_id": "no id"}, "queue_id 'no id' is no id"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_sent(given: dict[str, Any], message: str) -> None:
    with serving(SMALL) as service, service.client() as client:
        with pytest.raises(ConfigurationError, match=message):
            fetch_tasks(client, **given)
        assert len(service.requests) == 0


@pytest.mark.parametrize("parents", [schema.empty(schema.EXECUTIONS), schema.empty(schema.BATCH_JOBS)])
def test_of_nothing(parents: pd.DataFrame) -> None:
    with serving(SMALL) as service, service.client() as client:
        frame = fetch_tasks(client, parents)
        assert len(service.requests) == 0
    assert_frame_equal(frame, schema.empty(schema.TASKS))
    assert ledger_of(frame).is_complete


def test_what_is_odd_is_counted_wherever_it_came_from() -> None:
    variants = Variants(running_with_end_time=True)
    with LocalService(SMALL, variants=variants) as service, service.client() as client:
        frame = fetch_tasks(client, fetch_executions(client, SMALL.batch_jobs[0].batch_job_id))
    kinds = [anomaly.kind for entry in entries(frame) for anomaly in entry.anomalies]
    assert kinds == ["running with an end time"]
