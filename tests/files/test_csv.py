from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from cijob_analysis import (
    Client,
    ConfigurationError,
    LocalService,
    ResponseFormatError,
    Workload,
    fetch_batch_jobs,
    fetch_queues,
    fetch_snapshot,
    read_csv,
    schema,
    write_csv,
)
from cijob_analysis.metrics import add_durations
from tests.builders import batch_jobs

TEXTS = st.text(
    st.one_of(st.sampled_from('",;\n\r\t=+-@NA0 中😀'), st.characters(codec="utf-8", exclude_characters="\0")),
    min_size=1,
)
ROWS = st.fixed_dictionaries(
    {},
    optional={
        "name": TEXTS,
        "user_data": TEXTS,
        "state": st.sampled_from(["Success", "Failed", "Running", "Archived"]),
        "created_at": st.sampled_from(["2026-03-01 10:00:00", "1970-01-01", "2261-12-31 23:59:59.999999"]),
        "job_level": st.integers(-(10**17), 10**17),
    },
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROWS, max_size=4))
def test_what_was_written_is_read_back(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    frame = batch_jobs(*rows)
    assert_frame_equal(read_csv(write_csv(frame, tmp_path / "x.csv", overwrite=True)), frame)


def test_a_fetched_frame_with_durations_is_read_back(client: Client, tmp_path: Path) -> None:
    frame = add_durations(fetch_batch_jobs(client))
    assert_frame_equal(read_csv(write_csv(frame, tmp_path / "x.csv")), frame)


@pytest.fixture(scope="module")
def fetched() -> dict[str, pd.DataFrame]:
    """Frames of every kind as they were fetched."""
    with LocalService(Workload.generate(batch_jobs=8, seed=7)) as service, service.client() as client:
        return {**dict(fetch_snapshot(client).frames()), "queues": fetch_queues(client)}


@pytest.mark.parametrize("kind", schema.TABLES)
def test_every_kind_of_frame_is_read_back(
    kind: str, fetched: dict[str, pd.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = fetched[kind]
    monkeypatch.setattr("cijob_analysis.files.csv_writing._ROWS_AT_ONCE", 5)
    assert_frame_equal(read_csv(write_csv(frame, tmp_path / "x.csv")), frame)


@pytest.mark.parametrize("kind", schema.TABLES)
def test_a_frame_without_rows_is_read_back(kind: str, tmp_path: Path) -> None:
    frame = schema.empty(schema.TABLES[kind])
    assert_frame_equal(read_csv(write_csv(frame, tmp_path / "x.csv")), frame)


def test_columns_of_ones_own_are_read_back(fetched: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    tasks = add_durations(fetched["tasks"])
    frame = tasks.assign(folder=tasks["object_key"].str.rpartition("/")[0])
    assert_frame_equal(read_csv(write_csv(frame, tmp_path / "x.csv")), frame)


def test_all_times_of_a_column_look_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cijob_analysis.files.csv_writing._ROWS_AT_ONCE", 1)
    frame = batch_jobs({"created_at": "2026-03-01 10:00"}, {"created_at": "2026-03-01 10:00:00.5"})
    with write_csv(frame, tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        times = [row["created_at"] for row in csv.DictReader(file)]
    assert times == ["2026-03-01T10:00:00.000+00:00", "2026-03-01T10:00:00.500+00:00"]


def test_any_csv_reader_understands_it(tmp_path: Path) -> None:
    frame = batch_jobs({"name": 'a "b", c\nd', "created_at": "2026-03-01 10:00", "state": "Failed"}, {})
    with write_csv(frame, tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert first["name"] == 'a "b", c\nd'
    assert first["created_at"] == "2026-03-01T10:00:00+00:00"
    assert (second["name"], second["state"], second["created_at"]) == ("", "", "")


def test_without_a_schema_other_columns_are_numbers_truth_or_text(tmp_path: Path) -> None:
    frame = pd.DataFrame({"n": [1.5, 2.0], "ok": [True, False], "text": pd.array(["1", None], dtype="string")})
    write_csv(frame, tmp_path / "x.csv")
    (tmp_path / "x.schema.json").unlink()
    read = read_csv(tmp_path / "x.csv")
    assert read["n"].tolist() == [1.5, 2.0]
    assert read["ok"].tolist() == [True, False]
    assert read["text"].tolist()[0] == 1  # a column that nobody declared and that holds numbers


def test_an_existing_file_is_kept(tmp_path: Path) -> None:
    path = write_csv(batch_jobs({"name": "first"}), tmp_path / "x.csv")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        write_csv(batch_jobs({"name": "second"}), path)
    assert read_csv(path)["name"].tolist() == ["first"]
    write_csv(batch_jobs({"name": "second"}), path, overwrite=True)
    assert read_csv(path)["name"].tolist() == ["second"]


def test_what_csv_cannot_keep_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="column name holds a NUL character in row 0"):
        write_csv(batch_jobs({"name": "a\0b"}), tmp_path / "x.csv")
    with pytest.raises(FileNotFoundError):
        write_csv(batch_jobs(), tmp_path / "nowhere" / "x.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", schema.TABLES)
def test_without_its_schema_a_frame_is_read_back_by_what_is_declared(
    kind: str, fetched: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    path = write_csv(fetched[kind], tmp_path / "x.csv")
    (tmp_path / "x.schema.json").unlink()
    assert_frame_equal(read_csv(path), fetched[kind])


@pytest.mark.parametrize(
    ("column", "text"), [("created_at", "yesterday"), ("job_level", "high"), ("run_time_s", "long")]
)
def test_a_cell_that_is_not_what_its_column_declares_is_named(column: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"batch_job_id,{column}\nb1,\nb2,{text}\n", encoding="utf-8")
    with pytest.raises(ResponseFormatError, match=column):
        read_csv(path)
