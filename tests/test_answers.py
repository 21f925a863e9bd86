from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from cijob_analysis import APIError, ResponseFormatError, read_answer, schema
from cijob_analysis.ledger import ledger_of

DATA = Path(__file__).parent / "data"
LIST = DATA / "two_types_and_more.xml"


def said(frame: pd.DataFrame, row: int = 0) -> dict[str, Any]:
    """Return what a row says: times as ISO text, nothing of what is missing, and `extra` as what it holds."""
    cells = frame.iloc[row].dropna().items()
    found = {str(name): cell.isoformat() if isinstance(cell, pd.Timestamp) else cell for name, cell in cells}
    if "extra" in found:
        found["extra"] = json.loads(found["extra"])
    return found


def test_bytes_text_and_paths_are_the_same_answer() -> None:
    answer = read_answer(LIST)
    text = LIST.read_text("utf-8")
    for source in (str(LIST), LIST.read_bytes(), text, f"\ufeff\n{text}", bytearray(LIST.read_bytes())):
        other = read_answer(source)  # type: ignore[arg-type]
        assert_frame_equal(other.frame, answer.frame)
        assert other.raw == answer.raw


@pytest.mark.parametrize("encoding", ["utf-16", "gb2312", "utf-8"])
def test_text_is_read_whatever_encoding_it_had(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>\n<Response><RequestId>中</RequestId></Response>'
    assert read_answer(text).request_id == "中"


def test_an_answer_says_what_it_is() -> None:
    answer = read_answer(LIST)
    assert (answer.kind, answer.next_token, answer.missing_ids) == ("batch_jobs", "115716", ())
    assert answer.request_id == "NjYwMDAwMDBfMGEwMTAyMDNfMWEyYl84"
    assert answer.frame["batch_job_id"].str[-1].tolist() == ["2", "3"]
    assert list(answer.frame.columns) == [column.name for column in schema.BATCH_JOBS]
    assert repr(answer) == "<Answer batch_jobs: 2 rows, more follow>"
    assert not ledger_of(answer.frame).is_complete
    assert "&lt;2&gt;" in answer._repr_html_()


def test_the_whole_answer_is_there_as_xmltodict_has_it() -> None:
    raw = read_answer(LIST).raw
    assert raw["Response"]["JobsDetail"][1]["Operation"]["CallBack"] == "https://callback.example.com"


def test_the_whole_answer_in_json_is_there_as_it_came() -> None:
    raw = read_answer(DATA / "task_callback.json").raw
    assert raw["JobsDetail"][0]["Progress"] == 100


# --- every kind -------------------------------------------------------------------------------------------------------


def test_one_execution_with_its_tasks() -> None:
    answer = read_answer(DATA / "execution_with_tasks.xml")
    assert (answer.kind, answer.request_id) == ("executions", "NjYwMDAwMDBfMGEwMTAyMDNfMWEyYl85")
    execution = said(answer.frame)
    assert json.loads(execution.pop("topology"))["Dependencies"] == {
        "Start": "Transcode_1700000000001,SmartCover_1700000000002",
        "Transcode_1700000000001": "End",
        "SmartCover_1700000000002": "End",
    }
    parent = {
        "run_id": "i00000000000011f0a000525400000001",
        "workflow_id": "w00000000bbbb4ccc8ddd000000000001",
        "object_key": "videos/a b.mp4",
    }
    assert execution == {
        **parent,
        "workflow_name": "thumbs",
        "state": "Failed",
        "created_at": "2026-05-01T04:00:05+00:00",
        "started_at": "2026-05-01T04:00:08+00:00",
        "ended_at": "2026-05-01T04:00:30+00:00",
    }
    assert said(answer.tasks) == {
        **parent,
        "task_id": "j00000000000011f0a000525400000001",
        "node": "Transcode_1700000000001",
        "task_type": "Transcode",
        "state": "Failed",
        "code": "ResourceNotSupported",
        "message": "no video stream in videos/a b.mp4",
        "created_at": "2026-05-01T04:00:06+00:00",
        "started_at": "2026-05-01T04:00:09+00:00",
        "ended_at": "2026-05-01T04:00:30+00:00",
    }
    cover = said(answer.tasks, 1)
    assert (cover["code"], cover.get("message")) == ("Success", None)
    assert cover["extra"]["ResultInfo"]["ObjectInfo"]["Message"] == "kept"


@pytest.mark.parametrize("name", ["execution_callback.xml", "execution_callback.json"])
def test_the_callback_of_an_execution(name: str) -> None:
    answer = read_answer(DATA / name)
    assert (answer.kind, answer.request_id, len(answer.frame), len(answer.tasks)) == ("executions", None, 1, 1)
    execution, task = said(answer.frame), said(answer.tasks)
    assert (execution["workflow_name"], execution["created_at"]) == ("thumbs", "2026-05-01T04:00:05+00:00")
    assert "started_at" not in execution  # the callback does not say it
    assert execution["ended_at"] == task["ended_at"] == "2026-05-01T04:00:31+00:00"
    assert execution["extra"]["CosHeaders"][1] == {"Key": "x-cos-meta-order", "Value": "17"}
    assert (task["template_id"], task["object_key"]) == ("t100000000bbbb4ccc8ddd000000000002", "videos/c.mp4")


@pytest.mark.parametrize("name", ["task_callback.xml", "task_callback.json"])
def test_the_callback_of_a_task_that_a_workflow_started(name: str) -> None:
    answer = read_answer(DATA / name)
    assert answer.kind == "tasks"
    task = said(answer.frame)
    extra = task.pop("extra")
    assert task == {
        "task_id": "j00000000000011f0a000525400000007",
        "run_id": "i00000000000011f0a000525400000001",
        "workflow_id": "w00000000bbbb4ccc8ddd000000000001",
        "node": "Transcode_1700000000001",
        "task_type": "Transcode",
        "state": "Success",
        "code": "Success",
        "object_key": "videos/视频 1.mp4",
        "queue_id": "p00000000bbbb4ccc8ddd000000000001",
        "progress": 100,
        "created_at": "2026-05-01T04:00:06+00:00",
        "started_at": "2026-05-01T04:00:07+00:00",
        "ended_at": "2026-05-01T04:00:30+00:00",
        "media_duration_s": 60.04,
        "template_id": "t100000000bbbb4ccc8ddd000000000001",
    }
    assert extra["Operation"]["DigitalWatermark"]["State"] == "Running"
    assert extra["Operation"]["MediaInfo"]["Stream"]["Audio"]["StartTime"] == "0.050000"
    assert extra["Workflow"] == {"WorkflowName": "thumbs"}


def test_a_page_of_queues() -> None:
    answer = read_answer(DATA / "queues.xml")
    assert (answer.kind, answer.frame["state"].tolist()) == ("queues", ["Active", "Paused"])
    assert answer.frame["max_concurrent"].tolist() == [10, 5]
    assert answer.frame["category"].tolist() == ["Transcoding", "PicProcessing"]
    assert said(answer.frame)["created_at"] == "2026-01-01T00:00:00+00:00"
    assert said(answer.frame)["extra"]["NotifyConfig"]["State"] == "Off"
    assert not ledger_of(answer.frame).is_complete  # 2 of 12


def test_a_page_of_workflows() -> None:
    answer = read_answer(DATA / "workflows.xml")
    assert (answer.kind, [name[-1] for name in answer.missing_ids]) == ("workflows", ["8", "9"])
    assert ledger_of(answer.frame).entries[0].ended
    workflow = said(answer.frame)
    nodes = json.loads(workflow.pop("topology"))["Nodes"]
    assert nodes["Snapshot_1700000000003"] == {"Type": "Snapshot"}
    assert workflow == {
        "workflow_id": "w00000000bbbb4ccc8ddd000000000001",
        "name": "thumbs",
        "state": "Active",
        "bucket": "media-1250000000",
        "created_at": "2026-01-01T00:00:00+00:00",
        "updated_at": "2026-05-02T04:00:00+00:00",
    }


TASKS_BY_TAG = {
    "SmartCover": "<Operation><SmartCover><Format>jpg</Format></SmartCover><MediaInfo/></Operation>",
    "Concat": "<Operation><ConcatTemplate><ConcatFragment><Url>u</Url></ConcatFragment></ConcatTemplate></Operation>",
    "VideoTag": (
        "<Operation><VideoTagResult><StreamData><SubErrCode>0</SubErrCode><Data><Tags><Tag>snow</Tag></Tags>"
        "<Tags><Tag>sky</Tag></Tags></Data></StreamData></VideoTagResult></Operation><VideoTag/>"
    ),
    "PicProcess": (
        "<Operation><PicProcessResult><ObjectName>o.jpg</ObjectName><OriginalInfo><ImageInfo><Format>JPEG</Format>"
        "</ImageInfo></OriginalInfo></PicProcessResult></Operation>"
    ),
    "PosterProduction": "<Operation><PosterProduction><TemplateId>6324</TemplateId></PosterProduction></Operation>",
    "DocProcess": (
        "<Operation><DocProcessResult><PageInfo><X-SheetPics>2</X-SheetPics></PageInfo><PageInfo/></DocProcessResult>"
        "</Operation>"
    ),
    "SpeechRecognition": (
        "<Operation><SpeechRecognitionResult><Result>[0:0.0] hi</Result></SpeechRecognitionResult></Operation>"
    ),
    "Tts": "<Operation><TtsConfig><Input>hello</Input><InputType>Text</InputType></TtsConfig></Operation>",
    "Translation": "<Operation><Translation><Lang>en</Lang><Type>txt</Type></Translation></Operation>",
    "FileUncompress": "<Operation><FileUncompressConfig><Prefix>out/</Prefix></FileUncompressConfig></Operation>",
    "Segment": "<Operation><Segment><StartTime>1</StartTime></Segment></Operation>",
    "MediaInfo": "<Operation><MediaInfo><Stream><Video><Duration>9</Duration></Video></Stream></MediaInfo></Operation>",
}


@pytest.mark.parametrize(
    "task_input",
    ["<Input><BucketId>b</BucketId><Object>a</Object></Input>", "<Input><Object>a</Object></Input>", ""],
)
@pytest.mark.parametrize("tag", TASKS_BY_TAG)
def test_tasks_of_every_tag_and_age(tag: str, task_input: str) -> None:
    detail = (
        "<JobsDetail><Code>Success</Code><Message/><JobId>37145b2919714156bd97f91dc03fa2b4</JobId>"
        "<State>Submitted</State><CreationTime>2026-05-01T12:00:06+0800</CreationTime><EndTime>-</EndTime>"
        f"<Tag>{tag}</Tag>{task_input}{TASKS_BY_TAG[tag]}</JobsDetail>"
    )
    answer = read_answer(f"<Response>{detail}{detail}<NextToken></NextToken></Response>")
    assert (answer.kind, answer.next_token, len(answer.frame)) == ("tasks", None, 2)
    task = said(answer.frame)
    task.pop("extra")
    assert task == {
        "task_id": "37145b2919714156bd97f91dc03fa2b4",
        "task_type": tag,
        "state": "Submitted",
        "code": "Success",
        "created_at": "2026-05-01T04:00:06+00:00",
        **({"object_key": "a"} if task_input else {}),
    }


# --- which kind it is -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inside", "kind"),
    [
        ("<JobsDetail><JobId>b1</JobId></JobsDetail>", "batch_jobs"),
        ("<JobsDetail><JobId>b1</JobId><Input><Object>a</Object></Input></JobsDetail>", "batch_jobs"),
        ("<JobsDetail><JobId>7f</JobId><Type>Job</Type></JobsDetail>", "batch_jobs"),
        ("<JobsDetail><JobId/><Type/><Name/></JobsDetail>", "batch_jobs"),
        ("<JobsDetail><Operation><JobParam/><Tag>Tts</Tag></Operation></JobsDetail>", "batch_jobs"),
        ("<JobsDetail><Input><UrlFile>u</UrlFile></Input></JobsDetail>", "batch_jobs"),
        ("<JobsDetail><JobId>b7f</JobId><Tag>Tts</Tag></JobsDetail>", "tasks"),
        ("<JobsDetail><JobId>b7f</JobId><Input><BucketId>b</BucketId></Input></JobsDetail>", "tasks"),
        ("<JobsDetail><JobId>a1</JobId><Input><Object>a</Object><Type>pdf</Type></Input></JobsDetail>", "tasks"),
        ("<JobsDetail><JobId>j1</JobId><Operation><Tag>Concat</Tag></Operation></JobsDetail>", "tasks"),
        ("<NonExistJobIds>b1,b2</NonExistJobIds>", "batch_jobs"),
        ("<NonExistJobIds>\n c1 </NonExistJobIds>", "tasks"),
        ("<JobsDetail></JobsDetail><NonExistJobIds></NonExistJobIds>", "tasks"),
        ("<RequestId/><JobsDetail></JobsDetail><NextToken/>", "batch_jobs"),
        ("<WorkflowExecution><RunId>i1</RunId></WorkflowExecution>", "executions"),
        ("<EventName>WorkflowStart</EventName><WorkflowExecution/>", "executions"),
        ("<WorkflowExecutionList/>", "executions"),
        ("<NonExistPIDs><QueueID>p1</QueueID></NonExistPIDs>", "queues"),
        ("<TotalCount>0</TotalCount>", "queues"),
        ("<RequestId/><Queue><QueueId>p1</QueueId></Queue>", "queues"),
        ("<NonExistIDs>w1</NonExistIDs>", "workflows"),
        ("<RequestId/><MediaWorkflow><WorkflowId>w1</WorkflowId></MediaWorkflow>", "workflows"),
    ],
)
def test_the_elements_tell_the_kind(inside: str, kind: str) -> None:
    answer = read_answer(f"<Response>{inside}</Response>")
    assert answer.kind == kind
    assert list(answer.frame.columns) == [column.name for column in schema.TABLES[kind]]
    assert answer.tasks.dtypes.equals(schema.empty(schema.TASKS).dtypes)


def test_an_answer_about_unknown_ids() -> None:
    answer = read_answer("<Response><NonExistJobIds>b1,b2</NonExistJobIds></Response>")
    assert answer.missing_ids == ("b1", "b2")
    assert answer.frame.dtypes.equals(schema.empty(schema.BATCH_JOBS).dtypes)


def test_an_execution_that_says_nothing() -> None:
    answer = read_answer(
        "<Response><WorkflowExecution><RunId></RunId><CreateTime></CreateTime><State></State>"
        "<Tasks><JobId></JobId><EndTime></EndTime></Tasks></WorkflowExecution></Response>"
    )
    assert answer.frame.isna().all(axis=None)
    assert answer.tasks.isna().all(axis=None)
    assert answer.frame.dtypes.equals(schema.empty(schema.EXECUTIONS).dtypes)


# --- what is no answer ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "empty"),
        (
            "<Response><TotalCount>1</TotalCount><TemplateList><TemplateId>t1</TemplateId></TemplateList></Response>",
            "no answer about batch jobs, executions, tasks, queues or workflows, but <Response> with <TemplateList>",
        ),
        ("<Response><MediaBucketList/></Response>", "<Response> with <MediaBucketList>"),
        ("<RecognitionResult><JobId>j1</JobId></RecognitionResult>", "but <RecognitionResult> with <JobId>"),
        ("<JobsDetail><JobId>b1</JobId></JobsDetail>", "but <JobsDetail> with <JobId>"),
        ("<Request/>", "but <Request>:"),
        ("<Response><RequestId><RequestId><JobsDetail>...</JobsDetail></Response>", "not well-formed"),
        ("<Response><JobsDetail><JobId>j1</JobId></Message></JobsDetail></Response>", "not well-formed"),
        ("<Response><JobsDetail><CreationTime>t</CreateTime></JobsDetail></Response>", "not well-formed"),
        ("<Response><JobsDetail><JobId>j1</JobId></JobsDetail>", "cut off"),
        ("<Response><RequestId/><JobsDetail>...</JobsDetail></Response>", "<JobsDetail> holds the text"),
        (
            "<Response><JobsDetail><Type>Job</Type></JobsDetail><JobsDetail><Tag>Tts</Tag></JobsDetail></Response>",
            "batch jobs and tasks",
        ),
        ("<html><body>Sign in</body></html>", "HTML"),
        ('{"EventName": "TaskFinish", "JobsDetail": [{"JobLevel": 0,}]}', "no JSON"),
        ('{"id": 1}', "no answer of the service"),
    ],
)
def test_what_is_no_answer_is_said_to_be_what_it_is(body: str, message: str) -> None:
    with pytest.raises(ResponseFormatError, match=message):
        read_answer(body)


@pytest.mark.parametrize(
    "body",
    [
        b"<Error><Code>InvalidArgument</Code><Message>m</Message><RequestId>r</RequestId><TraceId>t</TraceId></Error>",
        (
            b"\xef\xbb\xbf\n<Error><Code>InvalidArgument</Code><Message>m</Message><Resource>/jobs</Resource>"
            b"<RequestId>r</RequestId><TraceId>t</TraceId></Error>\n"
        ),
        b'{"code": 1015, "message": "m", "request_id": "r", "trace_id": "t"}',
    ],
)
def test_an_error_body(body: bytes) -> None:
    with pytest.raises(APIError) as caught:
        read_answer(body)
    error = caught.value
    assert (error.code, error.message, error.request_id, error.trace_id, error.status_code) == (
        "InvalidArgument", "m", "r", "t", None,
    )  # fmt: skip


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_answer(tmp_path / "nowhere.xml")


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "large.xml"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(ResponseFormatError, match=r"large\.xml has 200,000,000 bytes"):
        read_answer(path)
