"""Answers in JSON: the same rows as their twins in XML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import xmltodict
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis import APIError, ResponseFormatError
from cijob_analysis.service.documents import parse
from cijob_analysis.service.json_answers import is_json, parse_json
from cijob_analysis.service.wire import page_of

DATA = Path(__file__).parent.parent / "data"


def as_xml(text: str) -> str:
    """Return the elements that `text` is read as."""
    return ElementTree.tostring(parse_json(text.encode()), encoding="unicode").removeprefix("<Response>")


@pytest.mark.parametrize(("name", "kind"), [("task_callback", "tasks"), ("execution_callback", "executions")])
def test_a_callback_in_json_has_the_rows_of_its_twin_in_xml(name: str, kind: str) -> None:
    in_json, in_xml = (DATA / f"{name}.json").read_bytes(), (DATA / f"{name}.xml").read_bytes()
    assert page_of(parse_json(in_json), kind, in_json) == page_of(parse(in_xml), kind, in_xml)


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ('{"JobsDetail": {"JobId": "j1"}}', "<JobsDetail><JobId>j1</JobId></JobsDetail></Response>"),
        ('{"Response": {"JobsDetail": [{}, {}]}}', "<JobsDetail /><JobsDetail /></Response>"),
        ('{"EventName": "TaskFinish", "JobsDetail": []}', "<EventName>TaskFinish</EventName></Response>"),
        ('{"JobsDetail": {"A": 60.040, "B": 1, "C": true, "D": null, "E": "", "F": 12345678901234567890}}',
         "<JobsDetail><A>60.040</A><B>1</B><C>true</C><D /><E /><F>12345678901234567890</F></JobsDetail></Response>"),
        ('{"JobsDetail": {"A": [["x", "y"]]}}',
         "<JobsDetail><A><Item>x</Item><Item>y</Item></A></JobsDetail></Response>"),
        ('\ufeff {"NonExistJobIds": ["j1", "j2"]}',
         "<NonExistJobIds>j1</NonExistJobIds><NonExistJobIds>j2</NonExistJobIds></Response>"),
    ],
)  # fmt: skip
def test_what_json_stands_for(text: str, elements: str) -> None:
    assert is_json(text.encode())
    assert as_xml(text.lstrip()) == elements


@pytest.mark.parametrize(
    ("text", "message", "is_cut_off"),
    [
        ('{"EventName": "TaskFinish", "JobsDetail": [{"Jo', "no JSON .*TaskFinish", True),
        ('{"JobsDetail": {"JobLevel": 0,}}', "no JSON", False),
        ('{"JobsDetail": {}}}', "no JSON", False),
        ('{"Response": "well"}', "Response holds no elements", False),
        ('{"Response": [{"JobsDetail": {}}]}', "Response holds no elements", False),
        ('{"id": 7, "name": "a"}', "JSON, but no answer of the service: .*name", False),
        ("{}", "JSON, but no answer", False),
        ('{"JobsDetail": ' + '{"a": ' * 70 + "1" + "}" * 71, "deeper than 64 levels", False),
        ('{"JobsDetail": ' + "[" * 100_000 + "]" * 100_000 + "}", "deep", False),
        ('{"JobsDetail": "\udcff"}', "no JSON", False),
    ],
)
def test_what_is_no_answer(text: str, message: str, is_cut_off: bool) -> None:
    with pytest.raises(ResponseFormatError, match=f"(?s){message}") as caught:
        parse_json(text.encode("utf-8", "surrogateescape"))
    assert caught.value.retryable is is_cut_off


def test_json_that_is_too_large_is_not_read() -> None:
    with pytest.raises(ResponseFormatError, match="67,108,865 bytes"):
        parse_json(b"{" + b" " * 64 * 2**20)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ('{"code": 1020, "message": "m", "request_id": "r"}', ("SlowDown", "m", "r", None)),
        ('{"Code": "AccessDenied", "Message": "m", "RequestId": "r", "TraceId": "t"}', ("AccessDenied", "m", "r", "t")),
        ('{"Error": {"Code": "NoSuchBucket", "Message": "m", "RequestId": "r"}}', ("NoSuchBucket", "m", "r", None)),
        ('{"Response": {"Error": {"Code": "C", "Message": "m"}, "RequestId": "r"}}', ("C", "m", "r", None)),
    ],
)
def test_errors_of_the_service(text: str, fields: tuple[str | None, ...]) -> None:
    with pytest.raises(APIError) as caught:
        parse_json(text.encode())
    error = caught.value
    assert (error.code, error.message, error.request_id, error.trace_id) == fields


NAMES = st.sampled_from(
    ["JobId", "Input", "Object", "Operation", "MediaInfo", "Format", "Duration", "Workflow", "Else"]
)
LEAVES = st.none() | st.text("ab1中<&\"'", max_size=3)


def trees() -> st.SearchStrategy[dict[str, Any]]:
    inner = st.dictionaries(NAMES, LEAVES, max_size=3)
    return st.dictionaries(NAMES, LEAVES | inner | st.lists(inner, min_size=1, max_size=3), min_size=1, max_size=4)


@given(details=st.lists(trees(), min_size=1, max_size=3))
def test_any_answer_reads_as_its_twin_in_xml(details: list[dict[str, Any]]) -> None:
    in_json = json.dumps({"EventName": "TaskFinish", "JobsDetail": details}).encode()
    in_xml = xmltodict.unparse({"Response": {"EventName": "TaskFinish", "JobsDetail": details}}).encode()
    assert page_of(parse_json(in_json), "tasks", in_json) == page_of(parse(in_xml), "tasks", in_xml)
