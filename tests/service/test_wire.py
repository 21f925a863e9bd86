"""Answers as rows: every layout that the service is known for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import xmltodict
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis import APIError, ResponseFormatError, schema
from cijob_analysis.service.wire import (
    Page,
    Reader,
    read_batch_jobs,
    read_executions,
    read_queues,
    read_tasks,
    read_workflows,
)

DATA = Path(__file__).parent.parent / "data"


def rows(page: Page, kind: str = "batch_jobs") -> list[dict[str, str]]:
    """Return the rows as what they say, without what is missing."""
    names = [column.name for column in schema.TABLES[kind]]
    return [{name: text for name, text in zip(names, row, strict=True) if text is not None} for row in page.rows]


def row(inside: str) -> dict[str, str]:
    """Return the row of a batch job that holds `inside`."""
    (found,) = rows(
        read_batch_jobs(f"<Response><JobsDetail><JobId>b1</JobId>{inside}</JobsDetail></Response>".encode())
    )
    assert found.pop("batch_job_id") == "b1"
    return found


def test_one_workflow_job_as_the_manual_prints_it() -> None:
    page = read_batch_jobs((DATA / "one_workflow_job.xml").read_bytes())
    assert rows(page) == [
        {
            "batch_job_id": "b00000000000011f0a000525400000001",
            "name": "thumbs-may",
            "type": "Workflow",
            "state": "Running",
            "code": "Success",
            "created_at": "2026-05-01T12:00:00+0800",
            "started_at": "-",
            "ended_at": "-",
            "workflow_ids": "w00000000bbbb4ccc8ddd000000000001",
            "input_kind": "Prefix",
            "input_value": "videos/",
            "objects_from": "2026-01-01T00:00:00+0800",
            "objects_to": "2026-05-01T00:00:00+0800",
        }
    ]
    assert page.request_id == "NjYwMDAwMDBfMGEwMTAyMDNfMWEyYl83"
    assert page.next_token is None


def test_a_list_of_both_types_and_the_token_of_the_next_page() -> None:
    page = read_batch_jobs((DATA / "two_types_and_more.xml").read_bytes())
    workflow, job = rows(page)
    assert page.next_token == "115716"
    assert workflow["name"] == '缩略图 & "co", <2>'
    assert "message" not in workflow
    assert workflow["input_kind"] == "UrlFile"
    assert job["message"] == "the input resource is missing"
    assert (job["tag"], job["queue_id"]) == ("Transcode", "p00000000bbbb4ccc8ddd000000000001")
    assert job["template_id"] == "t100000000bbbb4ccc8ddd000000000001"
    assert job["output_object"] == "out/${InventoryTriggerJobId}/a.mp4"
    assert job["user_data"] == "run 17 "
    assert json.loads(job["extra"]) == {
        "Operation": {
            "CallBack": "https://callback.example.com",
            "JobParam": {"WatermarkTemplateId": ["t1a", "t1b"]},
        }
    }


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<CreateTime>t</CreateTime>", {"created_at": "t"}),
        ("<TimeInterval><Start>a</Start><End>b</End></TimeInterval>", {"objects_from": "a", "objects_to": "b"}),
        ("<Tag>Snapshot</Tag><QueueId>p1</QueueId>", {"tag": "Snapshot", "queue_id": "p1"}),
        (
            "<QueueId>p1</QueueId><Operation><QueueId>p1</QueueId></Operation>",
            {"queue_id": "p1"},
        ),
        (
            "<QueueId>p1</QueueId><Operation><QueueId>p2</QueueId></Operation>",
            {"queue_id": "p1", "extra": '{"Operation": {"QueueId": "p2"}}'},
        ),
        ("<Operation><WorkflowIds>w1,w2</WorkflowIds></Operation>", {"workflow_ids": "w1,w2"}),
        ("<Operation><WorkflowIds>w1, w2</WorkflowIds></Operation>", {"workflow_ids": "w1,w2"}),
        (
            "<Operation><WorkflowIds>w1</WorkflowIds><WorkflowIds> w2 </WorkflowIds></Operation>",
            {"workflow_ids": "w1,w2"},
        ),
        ("<Operation><WorkflowIds/></Operation>", {}),
        ("<State>\n Running\n</State>", {"state": "Running"}),
        ("<Name> blanks are meant </Name>", {"name": " blanks are meant "}),
        ("<Message>\n</Message><Input><Prefix>\n</Prefix></Input>", {"input_kind": "Prefix"}),
        ("<Input><Object>a/b.mp4</Object></Input>", {"input_kind": "Object", "input_value": "a/b.mp4"}),
        ("<Input><Prefix/></Input>", {"input_kind": "Prefix"}),
        ("<Input><Prefix/><Object>a</Object></Input>", {"input_kind": "Object", "input_value": "a"}),
        ("<Input><Object>a</Object><Prefix/></Input>", {"input_kind": "Object", "input_value": "a"}),
        (
            "<Input><Object>a</Object><Prefix>b</Prefix></Input>",
            {"input_kind": "Object", "input_value": "a", "extra": '{"Input": {"Prefix": "b"}}'},
        ),
        (
            "<Input><Object>a</Object><Prefix>a</Prefix></Input>",
            {"input_kind": "Object", "input_value": "a", "extra": '{"Input": {"Prefix": "a"}}'},
        ),
        ("<Progress>40</Progress>", {"extra": '{"Progress": "40"}'}),
        ("<Name>a<b>c</b></Name>", {"extra": '{"Name": {"b": "c", "#text": "a"}}'}),
        ("<Operation>loose</Operation>", {"extra": '{"Operation": {"#text": "loose"}}'}),
        ("<Operation/><Input></Input><Message/>", {}),
        ("<!-- a remark --><Name><![CDATA[<!DOCTYPE]]></Name>", {"name": "<!DOCTYPE"}),
    ],
)
def test_layouts(inside: str, expected: dict[str, str]) -> None:
    assert row(inside) == expected


@pytest.mark.parametrize(
    ("inside", "missing"),
    [
        ("<NonExistJobIds>b1</NonExistJobIds>", ("b1",)),
        ("<NonExistJobIds>b1, b2</NonExistJobIds>", ("b1", "b2")),
        ("<NonExistJobIds>b1</NonExistJobIds><NonExistJobIds>b2</NonExistJobIds>", ("b1", "b2")),
        ("<NonExistJobId>b1</NonExistJobId>", ("b1",)),
        ("<NonExistJobIds/>", ()),
    ],
)
def test_ids_that_do_not_exist(inside: str, missing: tuple[str, ...]) -> None:
    assert read_batch_jobs(f"<Response>{inside}</Response>".encode()) == Page([], None, missing, None)


@pytest.mark.parametrize(
    ("read", "inside", "missing"),
    [
        (read_tasks, "<NonExistJobIds>j1,j2</NonExistJobIds>", ("j1", "j2")),
        (read_queues, "<NonExistPIDs>p1</NonExistPIDs><NonExistPIDs>p2</NonExistPIDs>", ("p1", "p2")),
        (read_queues, "<NonExistPIDs>\n<QueueID>p1</QueueID>\n<QueueID>p2</QueueID>\n</NonExistPIDs>", ("p1", "p2")),
        (read_queues, "<NonExistPIDs/>", ()),
        (read_workflows, "<NonExistIDs>w1</NonExistIDs>", ("w1",)),
    ],
)
def test_ids_of_other_kinds_that_do_not_exist(read: Reader, inside: str, missing: tuple[str, ...]) -> None:
    assert read(f"<Response>{inside}</Response>".encode()).missing_ids == missing


def test_an_executions_tasks_have_the_keys_of_their_parent() -> None:
    page = read_executions(
        b"<Response><WorkflowExecution>"
        b"<Tasks><JobId>j1</JobId><Name>Snapshot_1</Name></Tasks><Tasks/><Tasks><JobId>j2</JobId></Tasks>"
        b"<RunId>i1</RunId><WorkflowId>w1</WorkflowId><Object> a.mp4</Object>"
        b"</WorkflowExecution></Response>"
    )
    parent = {"run_id": "i1", "workflow_id": "w1", "object_key": " a.mp4"}
    assert rows(page, "executions") == [parent]
    assert rows(Page(list(page.tasks)), "tasks") == [
        {"task_id": "j1", "node": "Snapshot_1", **parent},
        {"task_id": "j2", **parent},
    ]


@pytest.mark.parametrize(
    ("read", "kind", "tag", "inside", "expected"),
    [
        (read_executions, "executions", "WorkflowExecutionList", "<CreationTime>t</CreationTime>", {"created_at": "t"}),
        (read_executions, "executions", "WorkflowExecution", "<Name>n</Name>", {"workflow_name": "n"}),
        (read_executions, "executions", "WorkflowExecution", "<Tasks>lost?</Tasks>", {"extra": '{"Tasks": "lost?"}'}),
        (read_tasks, "tasks", "JobsDetail", "<Operation><Tag>Concat</Tag></Operation>", {"task_type": "Concat"}),
        (
            read_tasks,
            "tasks",
            "JobsDetail",
            "<Tag>Tts</Tag><Operation><Input><Object>a</Object></Input></Operation>",
            {"task_type": "Tts", "extra": '{"Operation": {"Input": {"Object": "a"}}}'},
        ),
        (read_queues, "queues", "Queue", "<MaxSize>9</MaxSize>", {"max_size": "9"}),
        (read_workflows, "workflows", "MediaWorkflow", "<Topology>\n</Topology>", {}),
    ],
)
def test_layouts_of_other_kinds(read: Reader, kind: str, tag: str, inside: str, expected: dict[str, str]) -> None:
    page = read(f"<Response><{tag}>{inside}</{tag}></Response>".encode())
    assert rows(page, kind) == [expected]


@pytest.mark.parametrize(
    ("said", "total"), [("12", 12), (" 12\n", 12), ("", None), ("many", None), ("-1", None), ("\u0661", None)]
)
def test_how_many_there_are_on_all_pages(said: str, total: int | None) -> None:
    assert read_queues(f"<Response><TotalCount>{said}</TotalCount></Response>".encode()).total == total


def test_an_empty_list_is_a_page_without_rows() -> None:
    assert read_batch_jobs(b"<Response><RequestId>r</RequestId><NextToken></NextToken></Response>") == Page(
        [], None, (), "r"
    )
    assert read_batch_jobs(b"<Response/>") == Page([])
    assert read_batch_jobs(b"<Response><JobsDetail/></Response>") == Page([])


def test_a_namespace_changes_nothing() -> None:
    body = (DATA / "one_workflow_job.xml").read_bytes()
    spaced = body.replace(b"<Response>", b'<Response xmlns="http://example.com/doc/2006-03-01/">')
    assert read_batch_jobs(spaced) == read_batch_jobs(body)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_any_encoding_that_the_answer_declares(encoding: str) -> None:
    name = encoding.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{name}"?><Response><RequestId>中</RequestId></Response>'
    if encoding == "gb18030":  # several bytes a character, which the parser does not know: said, not guessed
        with pytest.raises(ResponseFormatError, match="encoding cannot be read"):
            read_batch_jobs(text.encode(encoding))
    else:
        assert read_batch_jobs(text.encode(encoding)).request_id == "中"


# --- what is no answer ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "message", "is_cut_off"),
    [
        (b"", "the answer is empty", True),
        (b" \n", "the answer is empty", True),
        (b"<Response><JobsDetail><JobId>b1</Jo", "cut off after 35 bytes", True),
        (b"<Response><JobsDetail>", "cut off", True),
        ("<Response><Name>中".encode()[:-1], "cut off", True),
        (b"<html><head><title>Sign in</title></head></html>", "HTML page titled 'Sign in'.*proxy", False),
        (b"<!DOCTYPE html>\n<html><body>503</body></html>", "HTML page instead", False),
        (b"<html><br></html>", "HTML page", False),
        (b'<!DOCTYPE r [<!ENTITY e "x">]><Response>&e;</Response>', "DOCTYPE, which is refused", False),
        ('<!DOCTYPE r [<!ENTITY e "x">]><Response/>'.encode("utf-16"), "DOCTYPE", False),
        (b"<Response><RequestId><RequestId></Response>", "not well-formed", False),
        (b"<Response>&e;</Response>", "not well-formed.*undefined entity", False),
        (b"not at all", "not XML: 'not at all'", False),
        (b'{"a": 1}', "not XML", False),
        (b"<Other/>", "<Other>", False),
        (b"<Response><QueueList/></Response>", "no answer about batch jobs.*<QueueList>", False),
        (b"<Response><JobsDetail>...</JobsDetail></Response>", "<JobsDetail> holds the text '...'", False),
        (b"\x00\x01\x02", "not XML", False),
    ],
)
def test_what_is_no_answer_is_said_to_be_what_it_is(body: bytes, message: str, is_cut_off: bool) -> None:
    with pytest.raises(ResponseFormatError, match=f"(?s){message}") as caught:
        read_batch_jobs(body)
    assert caught.value.retryable is is_cut_off


def test_an_answer_that_is_too_large_is_not_read() -> None:
    with pytest.raises(ResponseFormatError, match="67,108,865 bytes, more than the 67,108,864"):
        read_batch_jobs(b" " * (64 * 2**20 + 1))


def test_elements_nested_too_deeply_are_refused() -> None:
    deep = "<a>" * 100_000 + "</a>" * 100_000
    with pytest.raises(ResponseFormatError, match="deeper than 64 levels"):
        row(f"<Operation><JobParam>{deep}</JobParam></Operation>")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (
            (
                b"<?xml version='1.0'?><Error><Code>SignatureExpired</Code><Message>m</Message><RequestId>r</RequestId>"
                b"<TraceId>t</TraceId></Error>"
            ),
            ("SignatureExpired", "m", "r", "t"),
        ),
        (
            b"<Error><Code>NoSuchBucket</Code><Resource/><RequestId>r</RequestId></Error>",
            ("NoSuchBucket", "", "r", None),
        ),
        (b"<Error><Code>SlowDown</Code></Error>", ("SlowDown", "", None, None)),
        (b"<Error/>", ("UnknownError", "", None, None)),
        (b"<Response><Error><Code>InternalError</Code></Error></Response>", ("InternalError", "", None, None)),
        (
            b"<Response><RequestId>r</RequestId><Error><Code>C</Code><TraceId>t</TraceId></Error></Response>",
            ("C", "", "r", "t"),
        ),
        (b'{"code": 1018, "message": "m", "request_id": "r"}', ("AccessDenied", "m", "r", None)),
    ],
)
def test_errors_of_the_service(body: bytes, fields: tuple[str | None, ...]) -> None:
    with pytest.raises(APIError) as caught:
        read_batch_jobs(body)
    error = caught.value
    assert (error.code, error.message, error.request_id, error.trace_id) == fields


# --- against an independent reader ------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), min_size=1, max_size=8).filter(
    lambda text: text == text.strip() and text
)
TAGS = st.sampled_from(["CallBack", "Extra", "WatermarkTemplateId", "Transcode", "A", "中文"])
TREES: Any = st.recursive(
    st.one_of(st.none(), TEXTS),
    lambda children: st.dictionaries(TAGS, st.one_of(children, st.lists(children, min_size=2, max_size=3)), min_size=1),
    max_leaves=12,
)


@given(unknown=st.dictionaries(TAGS, TREES, max_size=3), below=st.dictionaries(TAGS, TREES, max_size=3))
def test_unknown_elements_are_kept_as_xmltodict_reads_them(unknown: dict[str, Any], below: dict[str, Any]) -> None:
    detail = {"JobId": "b1", **unknown, "Operation": {"Tag": "Transcode", **below}}
    body = xmltodict.unparse({"Response": {"JobsDetail": detail}}).encode()
    (found,) = rows(read_batch_jobs(body))
    expected = xmltodict.parse(body)["Response"]["JobsDetail"]
    del expected["JobId"], expected["Operation"]["Tag"]
    if not expected["Operation"]:
        del expected["Operation"]
    assert json.loads(found.get("extra", "{}")) == expected
