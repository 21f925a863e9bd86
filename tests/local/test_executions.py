from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from cijob_analysis.local import Execution, LocalService, Workload
from cijob_analysis.local.zone import NOW
from tests.local.asking import ask, code, content, rows, walk
from tests.local.worlds import ALONE, BROKEN, EXECUTIONS, LINEAR, OPEN, SMALL, WHOLE, WITH_WORKFLOW, WORKFLOW, execution

PATH = "/workflowexecution"
OTHER = "b" + "9" * 32
MANY = tuple(
    execution(
        number,
        batch_job_id=WITH_WORKFLOW.batch_job_id if number % 3 else OTHER,
        workflow_id=LINEAR.workflow_id if number % 5 == 0 else WORKFLOW.workflow_id,
        state=("Success", "Failed", "Running", "Cancel")[number % 4],
        object_key=f"videos/{number % 7}, 转.mp4",
        created_at=NOW + timedelta(minutes=number // 2),
    )
    for number in range(40)
)


@pytest.fixture(scope="module")
def service() -> Iterator[LocalService]:
    with LocalService(SMALL) as service:
        yield service


@pytest.fixture(scope="module")
def many() -> Iterator[LocalService]:
    with LocalService(Workload(batch_jobs=(WITH_WORKFLOW,), executions=MANY)) as service:
        yield service


def newest_first(keep: object = None) -> list[str]:
    ordered = sorted(MANY, key=lambda row: (row.created_at, row.run_id), reverse=True)
    return [row.run_id for row in ordered if keep is None or keep(row)]  # type: ignore[operator]


def test_a_row_of_the_list_has_five_elements(service: LocalService, http: httpx.Client) -> None:
    answer = ask(service, http, PATH, {"jobId": WITH_WORKFLOW.batch_job_id, "orderByTime": "Asc", "size": "2"})
    assert rows(answer) == [
        {
            "RunId": WHOLE.run_id,
            "WorkflowId": WORKFLOW.workflow_id,
            "Object": "videos/1.mp4",
            "CreateTime": "2026-06-30T10:01:00+08:00",
            "State": "Success",
        },
        {
            "RunId": BROKEN.run_id,
            "WorkflowId": WORKFLOW.workflow_id,
            "Object": "raw/a b&<c>.mov",
            "CreateTime": "2026-06-30T10:02:00+08:00",
            "State": "Failed",
        },
    ]
    assert content(answer)["NextToken"]


@pytest.mark.parametrize(
    ("params", "keep"),
    [
        ({}, None),
        ({"jobId": WITH_WORKFLOW.batch_job_id}, lambda row: row.batch_job_id == WITH_WORKFLOW.batch_job_id),
        ({"jobId": OTHER}, lambda row: row.batch_job_id == OTHER),
        ({"jobId": "b404"}, lambda row: False),
        ({"workflowId": LINEAR.workflow_id}, lambda row: row.workflow_id == LINEAR.workflow_id),
        ({"name": "videos/3, 转.mp4"}, lambda row: row.object_key == "videos/3, 转.mp4"),
        ({"name": "videos/"}, lambda row: False),
        ({"states": "Failed,Cancel"}, lambda row: row.state in ("Failed", "Cancel")),
        ({"states": "Running", "jobId": OTHER}, lambda row: row.state == "Running" and row.batch_job_id == OTHER),
        (
            {"startCreationTime": "2026-06-30T10:05:00+0800", "endCreationTime": "2026-06-30T10:09:00+0800"},
            lambda row: timedelta(minutes=5) <= row.created_at - NOW <= timedelta(minutes=9),
        ),
    ],
)
@pytest.mark.parametrize("order", ["Asc", "Desc"])
def test_filters(many: LocalService, http: httpx.Client, params: dict[str, str], keep: object, order: str) -> None:
    expected = newest_first(keep)
    found = walk(many, http, {"size": "4", "orderByTime": order, **params}, PATH)
    assert found == (expected[::-1] if order == "Asc" else expected)


@pytest.mark.parametrize("state", ["Submitted", "Pause", "Canceled"])
def test_states_that_executions_do_not_have_are_refused(many: LocalService, http: httpx.Client, state: str) -> None:
    answer = ask(many, http, PATH, {"states": state})
    assert code(answer) == (400, "InvalidArgument")
    assert state in content(answer, "Error")["Message"]


def test_a_token_belongs_to_its_batch_job(many: LocalService, http: httpx.Client) -> None:
    token = content(ask(many, http, PATH, {"jobId": OTHER, "size": "2"}))["NextToken"]
    assert code(ask(many, http, PATH, {"size": "2", "nextToken": token})) == (400, "InvalidArgument")


def test_one_execution(service: LocalService, http: httpx.Client) -> None:
    found = content(ask(service, http, f"{PATH}/{BROKEN.run_id}"))["WorkflowExecution"]
    topology = found.pop("Topology")
    assert found == {
        "WorkflowId": WORKFLOW.workflow_id,
        "Name": "课件 & more",
        "RunId": BROKEN.run_id,
        "CreateTime": "2026-06-30T10:02:00+08:00",
        "Object": "raw/a b&<c>.mov",
        "State": "Failed",
        "Tasks": [
            {
                "Type": "Segment",
                "CreateTime": "2026-06-30T10:14:00+08:00",
                "StartTime": "2026-06-30T10:14:10+08:00",
                "EndTime": "2026-06-30T10:14:30+08:00",
                "State": "Failed",
                "JobId": f"j{14:032x}",
                "Name": "Segment_1",
                "Code": "ResourceNotSupported",
                "Message": "damaged <a b&c>",
            }
        ],
    }
    assert topology["Dependencies"] == {
        "Start": "Segment_1",
        "Segment_1": "Transcode_2,PicProcess_3",
        "Transcode_2": "Concat_4",
        "PicProcess_3": "Concat_4",
        "Concat_4": "End",
    }
    assert topology["Nodes"]["Start"] == {
        "Type": "Start",
        "Input": {"QueueId": f"p{1:032x}", "PicProcessQueueId": f"p{2:032x}", "ObjectPrefix": "/"},
    }
    assert topology["Nodes"]["Segment_1"] == {
        "Type": "Segment",
        "Operation": {
            "TemplateId": "t11",
            "Output": {
                "Region": "ap-guangzhou",
                "Bucket": "examplebucket-1250000000",
                "Object": "cut/${RunId}",
            },
        },
    }


def test_the_tasks_of_an_execution(service: LocalService, http: httpx.Client) -> None:
    found = content(ask(service, http, f"{PATH}/{WHOLE.run_id}"))["WorkflowExecution"]
    assert [row["Name"] for row in found["Tasks"]] == ["Segment_1", "Transcode_2", "PicProcess_3"]
    running = content(ask(service, http, f"{PATH}/{OPEN.run_id}"))["WorkflowExecution"]
    assert [(row["State"], row["EndTime"]) for row in running["Tasks"]] == [("Running", "-")]
    without = content(ask(service, http, f"{PATH}/{ALONE.run_id}"))["WorkflowExecution"]
    assert "Tasks" not in without


def test_an_execution_of_a_workflow_that_is_gone(http: httpx.Client) -> None:
    with LocalService(Workload(executions=(WHOLE,))) as service:
        found = content(ask(service, http, f"{PATH}/{WHOLE.run_id}"))["WorkflowExecution"]
        assert not {"Name", "Topology"} & set(found)


def test_an_unknown_execution_is_an_empty_answer(service: LocalService, http: httpx.Client) -> None:
    answer = ask(service, http, f"{PATH}/i404")
    assert answer.status_code == 200
    assert set(content(answer)) == {"RequestId"}


def test_the_world_has_what_was_written() -> None:
    assert SMALL.executions_of() == EXECUTIONS
    assert SMALL.executions_of(WITH_WORKFLOW.batch_job_id) == (WHOLE, BROKEN, OPEN)
    assert all(isinstance(row, Execution) for row in SMALL.executions_of())
