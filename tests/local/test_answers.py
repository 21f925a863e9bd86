from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import xmltodict

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.local import BatchJob, LocalService, Variants
from cijob_analysis.local.answers import Refusal, error, response
from cijob_analysis.local.rendering import Rendering, batch_job_element
from cijob_analysis.local.zone import NOW
from tests.local.asking import ask, batch_job, code, ids
from tests.local.worlds import BROKEN, DIRECT, OPEN, SMALL, WITH_TASKS, WITH_WORKFLOW
from tests.local.worlds import RUNNING as RUNNING_TASK

RUNNING = batch_job(
    1, state="Running", started_at=NOW + timedelta(seconds=5), workflow_ids=("w1", "w2"), name="<转 & 'x'>",
    objects_from=NOW - timedelta(days=9), objects_to=NOW,
)  # fmt: skip
FAILED = batch_job(
    2, type="Job", state="Failed", code="InternalError", message="lost <worker> & \"more\"",
    started_at=NOW, ended_at=NOW + timedelta(hours=1), tag="Snapshot", queue_id="p1", template_id="t1",
    input_kind="Object", input_value="a b&c.mp4", objects_from=NOW, user_data='{"a": "<1>"}', job_level=2,
    callback="https://callback.example.com/?a=1&b=2", output_region="r", output_bucket="b", output_object="o/${Ext}",
    job_param={"Snapshot": {"Mode": "Interval", "Count": "3"}, "WatermarkTemplateId": ("t2", "t3")},
)  # fmt: skip
WAITING = batch_job(3, type="Job", state="Submitted", tag="MediaInfo")
JOBS = (RUNNING, FAILED, WAITING)

PLAIN = {
    "RequestId": "r1",
    "JobsDetail": [
        {
            "Code": "Success", "Type": "Workflow", "Message": None, "Name": "<转 & 'x'>",
            "JobId": RUNNING.batch_job_id, "State": "Running",
            "CreationTime": "2026-06-30T10:00:00+0800", "StartTime": "2026-06-30T10:00:05+0800", "EndTime": "-",
            "Input": {"Prefix": "/"},
            "Operation": {
                "TimeInterval": {"Start": "2026-06-21T10:00:00+0800", "End": "2026-06-30T10:00:00+0800"},
                "WorkflowIds": "w1,w2",
            },
        },
        {
            "Code": "InternalError", "Type": "Job", "Message": 'lost <worker> & "more"', "Name": "job 2",
            "JobId": FAILED.batch_job_id, "State": "Failed",
            "CreationTime": "2026-06-30T10:00:00+0800", "StartTime": "2026-06-30T10:00:00+0800",
            "EndTime": "2026-06-30T11:00:00+0800",
            "Input": {"Object": "a b&c.mp4"},
            "Operation": {
                "TimeInterval": {"Start": "2026-06-30T10:00:00+0800"},
                "QueueId": "p1", "Tag": "Snapshot", "UserData": '{"a": "<1>"}',
                "CallBack": "https://callback.example.com/?a=1&b=2",
                "JobParam": {
                    "TemplateId": "t1",
                    "Snapshot": {"Mode": "Interval", "Count": "3"},
                    "WatermarkTemplateId": ["t2", "t3"],
                },
                "Output": {"Region": "r", "Bucket": "b", "Object": "o/${Ext}"}, "JobLevel": "2",
            },
        },
        {
            "Code": "Success", "Type": "Job", "Message": None, "Name": "job 3",
            "JobId": WAITING.batch_job_id, "State": "Submitted",
            "CreationTime": "2026-06-30T10:00:00+0800", "StartTime": "-", "EndTime": "-",
            "Input": {"Prefix": "/"},
            "Operation": {"Tag": "MediaInfo"},
        },
    ],
    "NonExistJobIds": "b8,b9",
    "NextToken": "25",
}  # fmt: skip


def written(variants: Variants, jobs: tuple[BatchJob, ...] = JOBS, next_token: str = "25") -> bytes:
    elements = [batch_job_element(job, variants) for job in jobs]
    return response(elements, variants, request_id="r1", next_token=next_token, unknown_ids=["b8", "b9"])


def read(variants: Variants, **options: Any) -> dict[str, Any]:
    tree: dict[str, Any] = xmltodict.parse(written(variants, **options))["Response"]
    return tree


def rows(variants: Variants) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read(variants)["JobsDetail"]
    return found


def test_the_present_spelling() -> None:
    assert read(Variants()) == PLAIN
    assert written(Variants()).startswith(b"<Response><RequestId>r1</RequestId><JobsDetail><Code>Success</Code>")


@pytest.mark.parametrize("variants", [Variants(pretty=True), Variants(shuffled=True)])
def test_layout_changes_no_data(variants: Variants) -> None:
    assert read(variants) == PLAIN
    assert written(variants) != written(Variants())
    assert written(variants) == written(variants)


def test_pretty_has_a_declaration_and_lines() -> None:
    lines = written(Variants(pretty=True)).decode().splitlines()
    assert lines[0] == '<?xml version="1.0" encoding="UTF-8"?>'
    assert "    <JobsDetail>" in lines
    assert "        <Message/>" in lines


def test_a_namespace_is_on_the_root_only() -> None:
    tree = read(Variants(namespace='urn:"a"&b'))
    assert tree.pop("@xmlns") == 'urn:"a"&b'
    assert tree == PLAIN


@pytest.mark.parametrize(("spelling", "expected"), [("-", "-"), ("empty", None), ("absent", "gone")])
def test_missing_times(spelling: Any, expected: str | None) -> None:
    row = rows(Variants(missing_time=spelling))[2]
    assert row.get("StartTime", "gone") == row.get("EndTime", "gone") == expected
    assert row["CreationTime"] == PLAIN["JobsDetail"][2]["CreationTime"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("+0800", "2026-06-30T10:00:05+0800"),
        ("+08:00", "2026-06-30T10:00:05+08:00"),
        ("blank", "2026-06-30 10:00:05+0800"),
        ("Z", "2026-06-30T02:00:05Z"),
    ],
)
def test_time_formats(spelling: Any, expected: str) -> None:
    assert rows(Variants(time_format=spelling))[0]["StartTime"] == expected


@pytest.mark.parametrize(
    ("spelling", "expected"), [("empty", None), ("absent", "gone"), ("Success", "Success"), ("success", "success")]
)
def test_messages(spelling: Any, expected: str | None) -> None:
    running, failed, _ = rows(Variants(message=spelling))
    assert running.get("Message", "gone") == expected
    assert failed["Message"] == FAILED.message


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("joined", {"NonExistJobIds": "b8,b9"}),
        ("repeated", {"NonExistJobIds": ["b8", "b9"]}),
        ("NonExistJobId", {"NonExistJobId": ["b8", "b9"]}),
    ],
)
def test_unknown_ids(spelling: Any, expected: dict[str, Any]) -> None:
    tree = read(Variants(unknown_ids=spelling))
    assert {name: value for name, value in tree.items() if name.startswith("NonExist")} == expected


def test_the_last_page() -> None:
    assert "NextToken" not in read(Variants(), next_token="")
    assert read(Variants(last_page="empty"), next_token="")["NextToken"] is None
    assert read(Variants(last_page="empty"))["NextToken"] == "25"


def test_several_workflows() -> None:
    assert rows(Variants(workflow_ids="repeated"))[0]["Operation"]["WorkflowIds"] == ["w1", "w2"]


def test_no_request_id() -> None:
    tree = read(Variants(with_request_id=False))
    assert tree == {name: value for name, value in PLAIN.items() if name != "RequestId"}


def test_tags() -> None:
    assert "Tag" not in rows(Variants(with_tag=False))[1]["Operation"]
    top = rows(Variants(tag_at_top=True))[1]
    assert (top["Tag"], top["QueueId"]) == ("Snapshot", "p1")
    assert not {"Tag", "QueueId"} & set(top["Operation"])
    assert [row.get("Progress") for row in rows(Variants(tag_at_top=True))] == ["50", None, "0"]


def test_the_time_interval_at_the_top() -> None:
    row = rows(Variants(time_interval_at_top=True))[0]
    assert row["TimeInterval"]["Start"] == "2026-06-21T10:00:00+0800"
    assert "TimeInterval" not in row["Operation"]


def test_create_time() -> None:
    row = rows(Variants(create_time=True))[0]
    assert row["CreateTime"] == "2026-06-30T10:00:00+0800"
    assert "CreationTime" not in row


def test_running_with_an_end_or_without_a_start() -> None:
    running, failed, waiting = rows(Variants(running_with_end_time=True))
    assert running["EndTime"] == "2026-06-30T10:02:05+0800"
    assert (failed["EndTime"], waiting["EndTime"]) == ("2026-06-30T11:00:00+0800", "-")
    assert [row["StartTime"][-5:] for row in rows(Variants(running_without_start_time=True))] == ["-", "+0800", "-"]


def told(variants: Variants, rendered: Callable[[Rendering], str]) -> dict[str, Any]:
    """Return what `variants` make of one row of the small world."""
    tree = xmltodict.parse(rendered(Rendering(SMALL, variants)), force_list=("Tasks",))
    (row,) = tree.values()
    return row  # type: ignore[no-any-return]


def listed_task(rendering: Rendering) -> str:
    return rendering.task(RUNNING_TASK, is_listed=True)


def one_execution(rendering: Rendering) -> str:
    return rendering.execution(OPEN, [RUNNING_TASK])


def listed_execution(rendering: Rendering) -> str:
    return rendering.listed_execution(BROKEN)


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("+08:00", "2026-06-30T10:15:00+08:00"),
        ("+0800", "2026-06-30T10:15:00+0800"),
        ("blank", "2026-06-30 10:15:00+0800"),
        ("Z", "2026-06-30T02:15:00Z"),
    ],
)
def test_time_formats_in_executions(spelling: Any, expected: str) -> None:
    variants = Variants(execution_time_format=spelling)
    assert told(variants, one_execution)["Tasks"][0]["CreateTime"] == expected
    assert told(variants, one_execution)["CreateTime"][-9:] == expected.replace("15:00", "03:00")[-9:]
    assert told(variants, listed_task)["CreationTime"] == "2026-06-30T10:15:00+0800"


def test_creation_times() -> None:
    assert told(Variants(create_time=True), listed_task)["CreateTime"] == "2026-06-30T10:15:00+0800"
    variants = Variants(creation_time_in_executions=True)
    for row in (told(variants, one_execution), told(variants, listed_execution)):
        assert "CreationTime" in row
        assert "CreateTime" not in row
    assert told(variants, one_execution)["Tasks"][0]["CreationTime"] == "2026-06-30T10:15:00+08:00"


def test_running_tasks() -> None:
    assert told(Variants(running_with_end_time=True), listed_task)["EndTime"] == "2026-06-30T10:17:10+0800"
    assert told(Variants(running_without_start_time=True), listed_task)["StartTime"] == "-"
    without = Variants(tasks_with_start_time=False)
    assert "StartTime" not in told(without, listed_task)
    assert "StartTime" not in told(without, one_execution)["Tasks"][0]


def test_where_a_task_names_its_tag_its_bucket_and_its_workflow() -> None:
    row = told(Variants(tag_in_operation=True), listed_task)
    assert row["Operation"]["Tag"] == "Segment"
    assert "Tag" not in row
    assert told(Variants(input_bucket="Bucket"), listed_task)["Input"]["Bucket"] == "examplebucket-1250000000"
    variants = Variants(tasks_with_workflow=False)
    assert "Workflow" not in told(variants, listed_task)
    assert "Workflow" in told(variants, lambda rendering: rendering.task(RUNNING_TASK, is_listed=False))


def test_how_an_execution_is_spelled() -> None:
    row = told(Variants(workflow_name=True), one_execution)
    assert row["WorkflowName"] == "课件 & more"
    assert "Name" not in row
    url = told(Variants(object_url=True), listed_execution)["Object"]
    assert url == "https://examplebucket-1250000000.cos.ap-guangzhou.myqcloud.com/raw/a%20b%26%3Cc%3E.mov"
    first, second = told(Variants(start_node=True), one_execution)["Tasks"]
    assert (first["Type"], first["Name"], first["JobId"]) == ("Start", "Start", None)
    assert second["Type"] == "Segment"


def test_an_unknown_execution(http: httpx.Client) -> None:
    with LocalService(SMALL, variants=Variants(unknown_execution="404")) as service:
        assert code(ask(service, http, "/workflowexecution/i404")) == (404, "InvalidUrl")


def test_what_a_batch_job_finds(http: httpx.Client) -> None:
    with LocalService(SMALL, variants=Variants(batch_job_finds="directly")) as service:
        params = {"tag": "Transcode", "inventoryTriggerJobId": WITH_WORKFLOW.batch_job_id}
        assert ids(ask(service, http, "/jobs", params)) == []
        params["inventoryTriggerJobId"] = WITH_TASKS.batch_job_id
        assert ids(ask(service, http, "/jobs", params)) == [DIRECT.task_id]


def test_layout_changes_no_data_of_a_task() -> None:
    plain = told(Variants(), listed_task)
    assert told(Variants(pretty=True), listed_task) == plain
    mixed = told(Variants(shuffled=True), listed_task)
    assert mixed == plain
    assert list(mixed) != list(plain)


def test_each_switch_is_tested_here() -> None:
    text = Path(__file__).read_text("utf-8")
    assert [item.name for item in fields(Variants) if f"Variants({item.name}=" not in text] == []


@pytest.mark.parametrize(("spelling", "has_resource"), [("xml", False), ("resource", True)])
def test_errors_in_xml(spelling: Any, has_resource: bool) -> None:
    refusal = Refusal("InvalidArgument", "size: '<0>' & more")
    variants = Variants(error_body=spelling)
    body = error(refusal, variants, request_id="r1", trace_id="t1", resource="/x")
    tree = xmltodict.parse(body)["Error"]
    assert tree.pop("Resource", None) == ("/x" if has_resource else None)
    assert tree == {
        "Code": "InvalidArgument", "Message": "size: '<0>' & more", "RequestId": "r1", "TraceId": "t1",
    }  # fmt: skip


@pytest.mark.parametrize(("code", "number"), [("SlowDown", 1020), ("ServiceUnavailable", 503)])
def test_errors_in_json(code: str, number: int) -> None:
    variants = Variants(error_body="json")
    body = error(Refusal(code, "转"), variants, request_id="r1", trace_id="t1", resource="/x")
    assert json.loads(body) == {"code": number, "message": f"{code}: 转", "request_id": "r1"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((text, text) for text in ("<]]>", "a\r\n\tb", "&amp;", "😀", "a\u0085\u2028b")),
        *((f"a{text}b", "a\ufffdb") for text in ("\x00", "\x0b", "\x1f", "\ud800", "\uffff")),
    ],
)
def test_any_text_gives_well_formed_xml(text: str, expected: str) -> None:
    row = read(Variants(), jobs=(batch_job(1, type="Job", user_data=text),))["JobsDetail"]
    assert row["Operation"]["UserData"] == expected


@pytest.mark.parametrize(
    ("arguments", "named"),
    [({"missing_time": "null"}, "missing_time='null'"), ({"error_body": "html"}, "error_body='html'")],
)
def test_a_spelling_that_does_not_exist_is_named(arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        Variants(**arguments)
