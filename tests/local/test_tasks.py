from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from cijob_analysis.local import LocalService, Task, Workload
from cijob_analysis.local.zone import NOW
from tests.local.asking import ask, batch_job, code, content, ids, rows, walk
from tests.local.worlds import (
    ARCHIVE,
    CUT,
    DIRECT,
    DOCUMENT,
    ENCODED,
    FAILED,
    MEDIA,
    PICTURE,
    RUNNING,
    SMALL,
    SPEECH_TASK,
    TASKS,
    TRANSLATION,
    WAITING,
    WITH_TASKS,
    WITH_WORKFLOW,
    WORKFLOW,
    task,
)  # fmt: skip

BATCH_JOBS = tuple(batch_job(number) for number in range(3))
MANY = tuple(
    task(
        number,
        ("Transcode", "Snapshot")[number % 2],
        state=("Success", "Failed", "Submitted")[number % 3],
        batch_job_id=BATCH_JOBS[number % 3].batch_job_id,
        queue_id=("p1", "p2")[number % 5 == 0],
        workflow_id=("w1", "w2")[number % 7 == 0],
        object_key=f"a/{number % 4}.mp4",
        created_at=NOW + timedelta(minutes=number // 3),
    )
    for number in range(60)
)


@pytest.fixture(scope="module")
def service() -> Iterator[LocalService]:
    with LocalService(SMALL) as service:
        yield service


@pytest.fixture(scope="module")
def many() -> Iterator[LocalService]:
    with LocalService(Workload(batch_jobs=BATCH_JOBS, tasks=MANY)) as service:
        yield service


def newest_first(tag: str, keep: object = None) -> list[str]:
    ordered = sorted(MANY, key=lambda row: (row.created_at, row.task_id), reverse=True)
    return [row.task_id for row in ordered if row.tag == tag and (keep is None or keep(row))]  # type: ignore[operator]


def test_a_task_of_an_execution(service: LocalService, http: httpx.Client) -> None:
    (row,) = rows(ask(service, http, f"/jobs/{CUT.task_id}"))
    media = row["Operation"].pop("MediaInfo")
    place = {"Region": "ap-guangzhou", "Bucket": "examplebucket-1250000000"}
    assert row == {
        "Code": "Success",
        "Message": None,
        "JobId": CUT.task_id,
        "State": "Success",
        "Progress": "100",
        "CreationTime": "2026-06-30T10:11:00+0800",
        "StartTime": "2026-06-30T10:11:10+0800",
        "EndTime": "2026-06-30T10:11:30+0800",
        "QueueId": MEDIA,
        "Tag": "Segment",
        "Input": {"BucketId": "examplebucket-1250000000", "Object": "videos/1.mp4", "Region": "ap-guangzhou"},
        "Operation": {
            "Output": {**place, "Object": "cut/1"},
            "JobLevel": "0",
            "MediaResult": {"OutputFile": {**place, "ObjectName": "cut/1"}},
        },
        "Workflow": {
            "RunId": CUT.run_id,
            "WorkflowId": WORKFLOW.workflow_id,
            "WorkflowName": "课件 & more",
            "Name": "Segment_1",
        },
    }
    assert media["Format"]["Duration"] == "60.50"
    assert media["Stream"]["Video"]["Duration"] == "60.50"


def test_a_task_that_failed_and_one_that_waits(service: LocalService, http: httpx.Client) -> None:
    failed, waiting, direct = rows(ask(service, http, f"/jobs/{FAILED.task_id},{WAITING.task_id},{DIRECT.task_id}"))
    assert (failed["Code"], failed["Message"]) == ("ResourceNotSupported", "damaged <a b&c>")
    assert "Progress" not in failed
    assert not {"MediaInfo", "MediaResult"} & set(failed["Operation"])
    assert (waiting["State"], waiting["Progress"], waiting["StartTime"], waiting["EndTime"]) == (
        "Submitted", "0", "-", "-",
    )  # fmt: skip
    assert "Workflow" not in direct
    assert direct["Operation"] == {"TemplateId": "t1", "UserData": "u", "JobLevel": "2"}


def test_a_path_knows_the_tasks_of_its_kind(service: LocalService, http: httpx.Client) -> None:
    everything = [CUT, PICTURE, SPEECH_TASK, DOCUMENT, ARCHIVE, TRANSLATION]
    wanted = ",".join(row.task_id for row in everything)
    known = {
        "jobs": [CUT, TRANSLATION],
        "pic_jobs": [PICTURE],
        "asr_jobs": [SPEECH_TASK],
        "doc_jobs": [DOCUMENT],
        "file_jobs": [ARCHIVE],
        "ai_jobs": [TRANSLATION],
    }
    for path, own in known.items():
        answer = ask(service, http, f"/{path}/{wanted}")
        assert ids(answer) == [row.task_id for row in own]
        assert content(answer)["NonExistJobIds"] == ",".join(row.task_id for row in everything if row not in own)


def test_unknown_ids_and_too_many(service: LocalService, http: httpx.Client) -> None:
    answer = ask(service, http, f"/jobs/j404,{ENCODED.task_id},j405")
    assert ids(answer) == [ENCODED.task_id]
    assert content(answer)["NonExistJobIds"] == "j404,j405"
    assert set(content(ask(service, http, "/jobs/j404"))) == {"RequestId", "NonExistJobIds"}
    assert code(ask(service, http, "/jobs/" + ",".join("j" * 11))) == (400, "InvalidArgument")


@pytest.mark.parametrize(
    ("path", "tag", "expected"),
    [
        ("/jobs", "Transcode", [WAITING, DIRECT, ENCODED]),
        ("/jobs", "Segment", [RUNNING, FAILED, CUT]),
        ("/jobs", "Translation", [TRANSLATION]),
        ("/jobs", "Nothing", []),
        ("/jobs", "PicProcess", []),
        ("/pic_jobs", "PicProcess", [PICTURE]),
        ("/pic_jobs", "Transcode", []),
        ("/asr_jobs", "SpeechRecognition", [SPEECH_TASK]),
        ("/doc_jobs", "DocProcess", [DOCUMENT]),
    ],
)
def test_a_list_has_one_tag_of_its_kind(
    service: LocalService, http: httpx.Client, path: str, tag: str, expected: list[Task]
) -> None:
    assert ids(ask(service, http, path, {"tag": tag})) == [row.task_id for row in expected]


@pytest.mark.parametrize("params", [{}, {"tag": ""}])
def test_a_list_needs_a_tag(service: LocalService, http: httpx.Client, params: dict[str, str]) -> None:
    answer = ask(service, http, "/jobs", params)
    assert code(answer) == (400, "InvalidArgument")
    assert content(answer, "Error")["Message"].startswith("tag: ")


@pytest.mark.parametrize("path", ["/file_jobs", "/ai_jobs"])
def test_some_paths_have_no_list(service: LocalService, http: httpx.Client, path: str) -> None:
    assert code(ask(service, http, path, {"tag": "FileCompress"})) == (404, "InvalidUrl")


@pytest.mark.parametrize(
    ("params", "keep"),
    [
        ({}, None),
        (
            {"inventoryTriggerJobId": BATCH_JOBS[1].batch_job_id},
            lambda row: row.batch_job_id == BATCH_JOBS[1].batch_job_id,
        ),
        ({"inventoryTriggerJobId": "b404"}, lambda row: False),
        ({"queueId": "p2"}, lambda row: row.queue_id == "p2"),
        ({"workflowId": "w2"}, lambda row: row.workflow_id == "w2"),
        ({"inputObject": "a/2.mp4"}, lambda row: row.object_key == "a/2.mp4"),
        ({"states": "Submitted,Failed"}, lambda row: row.state != "Success"),
        ({"endCreationTime": "2026-06-30T10:07:00+0800"}, lambda row: row.created_at <= NOW + timedelta(minutes=7)),
        (
            {"workflowId": "w1", "queueId": "p1", "states": "Failed"},
            lambda row: (row.workflow_id, row.queue_id, row.state) == ("w1", "p1", "Failed"),
        ),
    ],
)
def test_filters(many: LocalService, http: httpx.Client, params: dict[str, str], keep: object) -> None:
    for tag in ("Transcode", "Snapshot"):
        assert walk(many, http, {"tag": tag, "size": "7", **params}, "/jobs") == newest_first(tag, keep)


def test_the_tasks_of_batch_jobs_of_both_types(service: LocalService, http: httpx.Client) -> None:
    params = {"tag": "Transcode", "inventoryTriggerJobId": WITH_TASKS.batch_job_id}
    assert ids(ask(service, http, "/jobs", params)) == [DIRECT.task_id]
    params["inventoryTriggerJobId"] = WITH_WORKFLOW.batch_job_id
    assert ids(ask(service, http, "/jobs", params)) == [ENCODED.task_id]


def test_a_state_that_nobody_knows_is_served(http: httpx.Client) -> None:
    with LocalService(Workload(tasks=(task(1, state="Exploded"),))) as service:
        assert [row["State"] for row in rows(ask(service, http, "/jobs", {"tag": "Transcode"}))] == ["Exploded"]
        assert ids(ask(service, http, "/jobs", {"tag": "Transcode", "states": "Success"})) == []


def test_the_world_has_what_was_written() -> None:
    assert set(SMALL.tasks_of()) == set(TASKS)
    assert SMALL.tasks_of(WITH_TASKS.batch_job_id) == (DIRECT,)
