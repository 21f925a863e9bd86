"""What was written is read back, whatever it was, with pyarrow and without it."""

from __future__ import annotations

import csv
import json
import sys
from datetime import datetime
from pathlib import Path

import frictionless
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from cijob_analysis import ConfigurationError, ResponseFormatError, read_csv, schema, write_csv
from cijob_analysis.ledger import Ledger, ledger_of
from cijob_analysis.metrics import add_durations
from tests.builders import batch_jobs
from tests.files.frames import frames
from tests.test_snapshot_files import LEDGER

ZONES = st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York", "Asia/Kathmandu"])
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture(params=["with pyarrow", "without pyarrow"])
def writer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Files are written with pyarrow, and without it."""
    if request.param == "without pyarrow":
        monkeypatch.setitem(sys.modules, "pyarrow.csv", None)
    name: str = request.param
    return name


@SHARED
@given(frame=frames(), zone=ZONES)
def test_any_frame_is_read_back(frame: pd.DataFrame, zone: str, writer: str, tmp_path: Path) -> None:
    path = write_csv(frame, tmp_path / "x.csv", tz=zone, overwrite=True)
    assert_frame_equal(read_csv(path), frame, check_freq=False)


@SHARED
@given(
    frame=frames(kinds=st.lists(st.sampled_from(["string", "states", "UTC", "New York", "Int64", "bool", "durations"])))
)
def test_both_ways_of_writing_write_the_same(frame: pd.DataFrame, tmp_path: Path) -> None:
    written = write_csv(frame, tmp_path / "x.csv", tz="America/New_York", overwrite=True).read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "pyarrow.csv", None)
        assert write_csv(frame, tmp_path / "y.csv", tz="America/New_York", overwrite=True).read_bytes() == written


@settings(SHARED, max_examples=30)  # it takes its time
@given(frame=frames())
def test_a_reader_of_table_schemas_accepts_both_files(frame: pd.DataFrame, writer: str, tmp_path: Path) -> None:
    write_csv(frame, tmp_path / "x.csv", overwrite=True)
    said = frictionless.Schema.from_descriptor(json.loads((tmp_path / "x.schema.json").read_text("utf-8")))
    assert said.field_names == list(frame.columns)
    if not len(frame.columns):
        return  # a file without a header is none for it
    dialect = frictionless.Dialect.from_descriptor({"csv": {"lineTerminator": "\r\n"}})
    resource = frictionless.Resource(
        path="x.csv", schema=said, basepath=str(tmp_path), dialect=dialect, encoding="utf-8"
    )
    report = resource.validate(frictionless.Checklist(skip_errors=["blank-row"]))
    assert report.flatten(["type", "note"]) == []


def test_the_ledger_is_kept(tmp_path: Path) -> None:
    frame = batch_jobs({"name": "a"})
    frame.attrs["ledger"] = LEDGER
    assert ledger_of(read_csv(write_csv(frame, tmp_path / "x.csv"))) == LEDGER
    plain = pd.DataFrame({"n": [1]})
    assert ledger_of(read_csv(write_csv(plain, tmp_path / "y.csv"))) == Ledger()


def test_the_schema_says_what_columns_mean(tmp_path: Path) -> None:
    write_csv(add_durations(batch_jobs({"batch_job_id": "b1"})), tmp_path / "jobs.csv")
    said = json.loads((tmp_path / "jobs.schema.json").read_text("utf-8"))
    fields = {field["name"]: field for field in said["fields"]}
    for column in schema.BATCH_JOBS:
        assert fields[column.name]["description"] == column.doc
    assert fields["run_time_s"] == {
        "name": "run_time_s", "type": "number", "dtype": "float64", "description": "how long it ran", "unit": "s",
    }  # fmt: skip
    assert fields["state"]["categories"][:2] == ["Submitted", "Running"]


def test_times_have_the_offset_of_their_zone_also_in_the_hour_that_comes_twice(writer: str, tmp_path: Path) -> None:
    instants = ["2026-11-01T05:30", "2026-11-01T06:30", "NaT", "2026-03-08T07:00:00.25"]
    created = pd.Series(np.array(instants, "M8[us]")).dt.tz_localize("UTC")
    frame = pd.DataFrame({"created_at": created, "n": range(4)})
    path = write_csv(frame, tmp_path / "x.csv", tz="America/New_York")
    with path.open(encoding="utf-8", newline="") as file:
        texts = [row["created_at"] for row in csv.DictReader(file)]
    assert texts == [
        "2026-11-01T01:30:00.000-04:00",
        "2026-11-01T01:30:00.000-05:00",
        "",
        "2026-03-08T03:00:00.250-04:00",
    ]
    assert [datetime.fromisoformat(text).timestamp() for text in texts if text] == [
        time.timestamp() for time in created.dropna()
    ]
    assert_frame_equal(read_csv(path), frame)


def test_lines_end_as_the_rfc_wants_it(writer: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": pd.array(['x "y"', None, ""], "string"), "n": [1, 2, 3]})
    written = write_csv(frame, tmp_path / "x.csv").read_bytes()
    assert written == b'"a","n"\r\n"x ""y""",1\r\n,2\r\n"",3\r\n'


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "＝1"])
def test_for_excel_no_text_is_a_formula(text: str, writer: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"=name": pd.array([text, "a=b", None], "string"), "n": [-1, 2, 3]})
    frame["state"] = pd.Categorical([text, "ok", None])
    written = write_csv(frame, tmp_path / "x.csv", excel=True).read_bytes()
    assert written.startswith(b"\xef\xbb\xbf")
    with (tmp_path / "x.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["'=name", "n", "state"], [f"'{text}", "-1", f"'{text}"], ["a=b", "2", "ok"], ["", "3", ""]]
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]


def test_for_excel_times_are_such_as_it_knows_below_their_zone(writer: str, tmp_path: Path) -> None:
    frame = batch_jobs({"created_at": "2026-03-01 10:00"})[["batch_job_id", "created_at"]]
    write_csv(frame, tmp_path / "x.csv")
    path = write_csv(frame, tmp_path / "x.csv", excel=True, tz="Asia/Shanghai", overwrite=True)
    lines = path.read_text("utf-8-sig").splitlines()
    assert lines[0] == '"batch_job_id","created_at (Asia/Shanghai)"'
    assert lines[1].endswith('"2026-03-01 18:00:00"')
    assert not (tmp_path / "x.schema.json").exists(), "that of the file before does not belong to this one"
    assert read_csv(path)["created_at (Asia/Shanghai)"].tolist() == ["2026-03-01 18:00:00"]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pd.Series(["a", "b\0c"], dtype="string"), "column x holds a NUL character in row 1"),
        (pd.Series(["a", "b\0c"], dtype="category"), "column x holds a NUL"),
        (pd.Series(["\ud800", "b"], dtype=object), "column x holds half of a surrogate pair in row 0"),
        (pd.Series([[1], [2]]), "column x of dtype object with cells that are no text"),
        (pd.Series([1, 2], dtype="category"), "whose categories are not all text"),
        (pd.Series([1j, 2]), "complex128"),
        (pd.Series(pd.period_range("2026", periods=2, freq="D")), r"period\[D\]"),
    ],
)
def test_what_text_cannot_keep_is_refused_by_name_and_nothing_is_lost(
    column: pd.Series, message: str, writer: str, tmp_path: Path
) -> None:
    kept = write_csv(batch_jobs({"name": "kept"}), tmp_path / "x.csv").read_bytes()
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ConfigurationError, match=message):
        write_csv(pd.DataFrame({"n": [1, 2], "x": column}), tmp_path / "x.csv", overwrite=True)
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "x.csv").read_bytes() == kept


def test_columns_need_names_of_their_own(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="column 0 has no text for a name"):
        write_csv(pd.DataFrame({0: [1]}), tmp_path / "x.csv")
    with pytest.raises(ConfigurationError, match="two columns are called a"):
        write_csv(pd.DataFrame([[1, 2]], columns=["a", "a"]), tmp_path / "x.csv")
    with pytest.raises(ConfigurationError, match="tz='Mars'"):
        write_csv(pd.DataFrame(), tmp_path / "x.csv", tz="Mars")
    assert list(tmp_path.iterdir()) == []


def test_a_file_and_a_schema_of_different_frames_are_told_apart(tmp_path: Path) -> None:
    path = write_csv(pd.DataFrame({"a": [1, 2], "b": pd.array(["", "x"], "string")}), tmp_path / "x.csv")
    said = tmp_path / "x.schema.json"
    whole, lines = said.read_text(), path.read_text().splitlines()
    for content, message in (
        ([*lines, '3,"y"'], "3 rows, not 2"),
        (['"a","c"', *lines[1:]], "the columns a, c, not a, b"),
        ([lines[0], '1,"full"', lines[2]], "column b, row 1 and on are not empty"),
        ([lines[0], 'one,""', lines[2]], "column a, row 1: 'one' is no int64"),
        ([lines[0], ',""', lines[2]], "column a, row 1: '' is no int64"),
    ):
        path.write_text("\r\n".join(content) + "\r\n")
        with pytest.raises(ResponseFormatError, match=message):
            read_csv(path)
    path.write_text("\r\n".join(lines) + "\r\n")
    for text, message in (
        ("{", "is no schema"),
        ("{}", "no schema that write_csv wrote"),
        (whole.replace('"format": 1', '"format": 2'), "reads format 1"),
        (whole.replace('"dtype": "int64"', '"dtype": "int65"'), "column a"),
    ):
        said.write_text(text)
        with pytest.raises(ResponseFormatError, match=message):
            read_csv(path)


@pytest.mark.parametrize("name", ["x.csv", "x.schema.json"])
def test_neither_file_is_replaced_unless_that_is_asked_for(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(FileExistsError, match=f"{name} exists; overwrite=True"):
        write_csv(batch_jobs(), tmp_path / "x.csv")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_long_frames_are_written_in_parts(writer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cijob_analysis.files.csv_writing._ROWS_AT_ONCE", 3)
    frame = pd.DataFrame({"n": np.arange(10), "text": pd.array([None, "", *"abcdefgh"], "string")})
    assert_frame_equal(read_csv(write_csv(frame, tmp_path / "x.csv")), frame)


def test_a_frame_of_several_parts_is_written_whole(tmp_path: Path) -> None:
    part = batch_jobs({"name": "a"}, {"name": None, "message": ""})
    frame = pd.concat([part, part.iloc[1:], part], ignore_index=True)
    assert_frame_equal(read_csv(write_csv(frame, tmp_path / "x.csv")), frame)
