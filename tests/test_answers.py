from __future__ import annotations

from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal

from cijob_analysis import APIError, ResponseFormatError, read_answer, schema
from cijob_analysis.ledger import ledger_of

DATA = Path(__file__).parent / "data"
LIST = DATA / "two_types_and_more.xml"


def test_bytes_text_and_paths_are_the_same_answer() -> None:
    answer = read_answer(LIST)
    for source in (
        str(LIST),
        LIST.read_bytes(),
        LIST.read_text("utf-8").removeprefix("<?xml"),
        bytearray(LIST.read_bytes()),
    ):
        if isinstance(source, str) and not source.startswith(("<", "/")):
            source = source[source.index("<") :]
        other = read_answer(source)  # type: ignore[arg-type]
        assert_frame_equal(other.frame, answer.frame)


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


def test_an_answer_about_unknown_ids() -> None:
    answer = read_answer("<Response><NonExistJobIds>b1,b2</NonExistJobIds></Response>")
    assert answer.missing_ids == ("b1", "b2")
    assert answer.frame.dtypes.equals(schema.empty(schema.BATCH_JOBS).dtypes)


def test_an_error_body() -> None:
    with pytest.raises(APIError) as caught:
        read_answer(b"<Error><Code>InvalidArgument</Code><Message>m</Message><RequestId>r</RequestId></Error>")
    error = caught.value
    assert (error.code, error.message, error.request_id, error.trace_id, error.status_code) == (
        "InvalidArgument", "m", "r", None, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        (
            "<Response><JobsDetail><JobId>j1</JobId><Tag>Transcode</Tag><Input><BucketId>b</BucketId><Object>o</Object></Input>"
            "</JobsDetail></Response>"
        ),
        "<Response><WorkflowExecution><RunId>i1</RunId></WorkflowExecution></Response>",
        "<Response><QueueList/></Response>",
        "",
    ],
)
def test_what_is_no_answer_about_batch_jobs(body: str) -> None:
    with pytest.raises(ResponseFormatError):
        read_answer(body.encode())


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_answer(tmp_path / "nowhere.xml")


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "large.xml"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(ResponseFormatError, match=r"large\.xml has 200,000,000 bytes"):
        read_answer(path)
