from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from deltalake import DeltaTable, write_deltalake
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from cijob_analysis import schema
from cijob_analysis.archive import Archive
from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.ledger import Failure, Ledger, LedgerEntry, ledger_of
from cijob_analysis.schema import LEVELS
from cijob_analysis.snapshot import Snapshot
from tests.archive.builders import a_snapshot, frame_of, in_archive_order
from tests.builders import AS_OF
from tests.test_snapshot_files import ROWS, assert_snapshots_equal

LATER = AS_OF + timedelta(hours=1)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def of_tasks(*rows: dict[str, Any], as_of: Any = AS_OF) -> Snapshot:
    return Snapshot(tasks=in_archive_order(frame_of("tasks", *rows, as_of=as_of)), as_of=as_of)


def last_refresh(archive: Archive, *columns: str) -> list[Any]:
    return [archive.history()[column].iloc[0] for column in columns]


def assert_same_rows(one: Snapshot, other: Snapshot) -> None:
    for (kind, frame), (_, like) in zip(one.frames(), other.frames(), strict=True):
        assert_frame_equal(frame, like, obj=kind)


@pytest.mark.parametrize("snapshot", [a_snapshot(3), a_snapshot(40, state="Archived"), Snapshot(as_of=AS_OF)])
def test_what_was_merged_is_read_back(snapshot: Snapshot, archive: Archive) -> None:
    archive.merge(snapshot)
    assert_snapshots_equal(archive.snapshot(), snapshot)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(rows=st.lists(ROWS, max_size=4))
def test_any_cells_are_read_back(rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> None:
    snapshot = of_tasks(*({**row, "task_id": f"j{number}"} for number, row in enumerate(rows)))
    archive = Archive(tmp_path_factory.mktemp("archive"))
    archive.merge(snapshot)
    assert_snapshots_equal(archive.snapshot(), snapshot)


def test_before_the_first_refresh_there_is_nothing(archive: Archive, tmp_path: Path) -> None:
    assert_snapshots_equal(archive.snapshot(), Snapshot())
    assert archive.history().empty
    assert archive.vacuum() == []
    assert "no refresh yet" in archive._repr_html_()
    assert list(tmp_path.iterdir()) == []


def test_a_later_reading_replaces_rows_and_adds_new_ones(archive: Archive) -> None:
    archive.merge(a_snapshot(3, state="Running"))
    archive.merge(a_snapshot(2, first=2, state="Failed", as_of=LATER))
    batch_jobs = archive.snapshot().batch_jobs
    assert batch_jobs["batch_job_id"].tolist() == ["b0003", "b0002", "b0001", "b0000"]
    assert batch_jobs["state"].tolist() == ["Failed", "Failed", "Running", "Running"]
    assert archive.snapshot().as_of == LATER
    assert last_refresh(archive, "batch_jobs_rows", "batch_jobs_new", "batch_jobs_changed", "tasks_new") == [2, 1, 1, 4]


def test_an_earlier_reading_replaces_nothing(archive: Archive) -> None:
    archive.merge(a_snapshot(2, state="Success", as_of=LATER))
    archive.merge(a_snapshot(3, state="Running", as_of=AS_OF))
    assert archive.snapshot().batch_jobs["state"].tolist() == ["Running", "Success", "Success"]
    assert archive.snapshot().as_of == LATER


def test_what_did_not_change_is_not_written(archive: Archive, tmp_path: Path) -> None:
    archive.merge(a_snapshot(3))
    before = {path.name for path in tmp_path.rglob("*.parquet") if "refreshes" not in path.parts}
    archive.merge(replace(a_snapshot(3, as_of=LATER)))
    assert {path.name for path in tmp_path.rglob("*.parquet") if "refreshes" not in path.parts} == before
    assert DeltaTable(tmp_path / "archive" / "tasks").version() == 1
    assert last_refresh(archive, "tasks_rows", "tasks_new", "tasks_changed") == [12, 0, 0]


def test_what_lasts_stays_when_a_later_answer_does_not_say_it(archive: Archive) -> None:
    full = {
        "task_id": "j1",
        "run_id": "i1",
        "batch_job_id": "b1",
        "object_key": "a.mov",
        "queue_id": "p1",
        "state": "Running",
        "progress": 40,
        "created_at": "2026-03-01 10:00",
    }
    archive.merge(of_tasks(full))
    archive.merge(of_tasks({"task_id": "j1", "state": "Failed"}, as_of=LATER))
    expected = of_tasks({**full, "state": "Failed", "progress": None}, as_of=LATER)
    assert_same_rows(archive.snapshot(), expected)
    archive.merge(of_tasks({"task_id": "j1", "state": "Failed"}, as_of=LATER))
    assert archive.history()["tasks_changed"].tolist() == [0, 1, 0]


def test_a_row_whose_month_changes_is_there_once(archive: Archive) -> None:
    for created_at in (None, "2026-02-28 23:59:59", "2026-03-01 00:00", "2025-12-01"):
        archive.merge(of_tasks({"task_id": "j1", "created_at": created_at}, {"task_id": "j2"}))
        assert sorted(archive.snapshot().tasks["task_id"]) == ["j1", "j2"]
    assert archive.snapshot("b1").tasks.empty
    assert archive.snapshot().tasks["created_at"].dt.year.tolist()[0] == 2025


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({"batch_job_ids": "b0001"}, [1]),
        ({"batch_job_ids": ["b0003", "b0000", "b0003"]}, [3, 0]),
        ({"batch_job_ids": a_snapshot(2).batch_jobs}, [1, 0]),
        ({"batch_job_ids": []}, []),
        ({"states": "Failed"}, [3, 2]),
        ({"states": ["Running", "Failed"]}, [3, 2]),
        ({"created_after": "2026-02-02T10:00:01Z"}, [3, 2, 1]),
        ({"created_before": pd.Timestamp("2026-02-02T18:00:01+08:00")}, [1, 0]),
        ({"created_after": "2026-01-31T00:00Z", "created_before": "2026-03-01T00:00Z"}, [1, 0]),
        ({"states": "Success", "created_after": "2026-03-01T00:00Z"}, []),
    ],
)
def test_batch_jobs_come_with_all_that_belongs_to_them(
    filters: dict[str, Any], numbers: list[int], archive: Archive
) -> None:
    archive.merge(a_snapshot(2, month="2026-02"))
    archive.merge(a_snapshot(2, first=2, state="Failed", month="2026-03"))
    archive.merge(Snapshot(workflows=frame_of("workflows", {"workflow_id": "w2"}), as_of=AS_OF))
    found = archive.snapshot(**filters)
    everything = archive.snapshot()
    everything.batch_jobs.attrs = found.batch_jobs.attrs  # names ids that are not there
    ids = [f"b{number:04}" for number in numbers]
    assert found.batch_jobs["batch_job_id"].tolist() == ids
    for level in LEVELS:
        rows = getattr(everything, level)
        assert_frame_equal(getattr(found, level), rows[rows["batch_job_id"].isin(ids)].reset_index(drop=True))
    assert found.workflows["workflow_id"].tolist() == (["w1"] if numbers else [])


def test_filters_are_pushed_down_to_the_files(archive: Archive, tmp_path: Path) -> None:
    archive.merge(a_snapshot(2, month="2026-02"))
    archive.merge(a_snapshot(2, first=2, month="2026-05"))
    for path in tmp_path.rglob("created_month=2026-02/*.parquet"):
        path.unlink()  # whoever opens one now fails
    found = archive.snapshot(created_after="2026-05-01T00:00Z")
    assert [len(getattr(found, level)) for level in LEVELS] == [2, 4, 8]


def test_rows_without_a_creation_time_are_found_too(archive: Archive) -> None:
    archive.merge(a_snapshot(1))
    archive.merge(of_tasks({"task_id": "j1", "batch_job_id": "b0000"}))
    assert len(archive.snapshot("b0000").tasks) == 5


def test_workflows_come_in_the_order_in_which_executions_name_them(archive: Archive) -> None:
    snapshot = Snapshot(
        executions=frame_of("executions", {"run_id": "i1", "workflow_id": "w2"}, {"run_id": "i2", "workflow_id": "w1"}),
        workflows=frame_of("workflows", *({"workflow_id": key} for key in ("w2", "w1", "w0"))),
        as_of=AS_OF,
    )
    archive.merge(snapshot)
    assert_same_rows(archive.snapshot(), snapshot)


def test_ids_that_are_not_there_are_named(archive: Archive) -> None:
    archive.merge(a_snapshot(1))
    found = archive.snapshot(["b0000", "b9"])
    assert len(found.batch_jobs) == 1
    assert not found.is_complete
    assert "b9 could not be read" in found.summary()


@pytest.mark.parametrize("filters", [{"batch_job_ids": [1]}, {"states": 5}, {"created_after": "2026-03-01T00:00"}])
def test_malformed_filters_are_refused(filters: dict[str, Any], archive: Archive) -> None:
    with pytest.raises(ConfigurationError):
        archive.snapshot(**filters)


def test_known_rows_are_slim(archive: Archive) -> None:
    archive.merge(a_snapshot(2, state="Archived"))
    known, whole = archive.known(), archive.snapshot()
    for level in LEVELS:
        slim = getattr(known, level)
        assert {schema.KEYS[level], "state", "created_at"} <= set(slim.columns) < set(getattr(whole, level).columns)
        assert_frame_equal(slim, getattr(whole, level)[slim.columns])


def with_ledger(snapshot: Snapshot, *, is_complete: bool) -> Snapshot:
    failures = () if is_complete else (Failure(what="page 2", error="HTTP 500"),)
    entry = LedgerEntry(request="GET /jobs", level="tasks", requests=7, failures=failures)
    snapshot.tasks.attrs["ledger"] = Ledger((entry,), snapshot.as_of)
    return snapshot


def test_what_is_incomplete_stays_known_until_it_is_read_again(archive: Archive) -> None:
    archive.merge(with_ledger(a_snapshot(1), is_complete=False))
    archive.merge(with_ledger(a_snapshot(2, as_of=LATER), is_complete=True))
    ledger = ledger_of(archive.snapshot().tasks)
    assert [entry.is_complete for entry in ledger.entries] == [False, True]
    assert ledger.as_of == LATER
    history = archive.history()
    assert history["is_complete"].tolist() == [True, False]
    assert history["requests"].tolist() == [7, 7]
    assert history["as_of"].tolist() == [pd.Timestamp(LATER), pd.Timestamp(AS_OF)]


@pytest.mark.parametrize(
    ("tasks", "words"),
    [
        (frame_of("tasks", {"state": "Success"}), "tasks: a row without task_id"),
        (frame_of("tasks", {"task_id": "j1"}, {"task_id": "j1"}), "tasks: j1 is there twice"),
        (frame_of("tasks", {"task_id": "j1"}).assign(run_time_s=1.0), "tasks has run_time_s, too"),
        (frame_of("tasks", {"task_id": "j1"}, as_of=None), "nothing says when tasks were read"),
        (frame_of("tasks").drop(columns="state"), "lacks state"),
    ],
)
def test_what_cannot_be_kept_is_refused_before_anything_is_written(
    tasks: pd.DataFrame, words: str, archive: Archive, tmp_path: Path
) -> None:
    with pytest.raises((ConfigurationError, SchemaError), match=words):
        archive.merge(replace(a_snapshot(1), tasks=tasks, as_of=None))
    assert list(tmp_path.iterdir()) == []


def test_a_column_that_is_newer_than_the_table_is_added(archive: Archive, tmp_path: Path) -> None:
    archive.merge(of_tasks({"task_id": "j1", "state": "Running"}))
    table = DeltaTable(tmp_path / "archive" / "tasks")
    older = table.to_pyarrow_table().drop_columns(["template_id", "progress"])
    write_deltalake(table, older, mode="overwrite", schema_mode="overwrite")  # as an older version has it
    archive.merge(of_tasks({"task_id": "j2"}))
    both: list[dict[str, Any]] = [{"task_id": "j1", "state": "Running"}, {"task_id": "j2"}]
    assert_same_rows(archive.snapshot(), of_tasks(*both))
    both[0] |= {"template_id": "t1", "progress": 5}
    archive.merge(of_tasks(*both, as_of=LATER))
    assert_same_rows(archive.snapshot(), of_tasks(*both))


def test_whatever_reads_delta_lake_reads_it(archive: Archive, tmp_path: Path) -> None:
    archive.merge(a_snapshot(2))
    table = DeltaTable(tmp_path / "archive" / "batch_jobs")
    assert table.metadata().partition_columns == ["created_month"]
    rows = table.to_pyarrow_table(columns=["name", "created_month"]).sort_by("name").to_pylist()
    assert rows == [{"name": f"批 {number}", "created_month": "2026-02"} for number in range(2)]


def test_it_says_what_it_holds(archive: Archive) -> None:
    archive.merge(with_ledger(a_snapshot(2), is_complete=False))
    text = archive._repr_html_()
    assert "8 tasks of 4 executions of 2 batch jobs as of 2026-03-01 12:00 UTC" in text
    assert "page 2 could not be read" in text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://bucket/a", "s3://bucket/a"),
        ("s3://AKID:hidden@bucket/a", "s3://***@bucket/a"),
        ("az://box/a?sig=hidden", "az://box/a?***"),
        ("jobs@home", "jobs@home"),
    ],
)
def test_credentials_are_not_shown(url: str, shown: str) -> None:
    archive = Archive(url, storage_options={"AWS_SECRET_ACCESS_KEY": "hidden"})
    assert repr(archive) == f"Archive('{shown}')"
    assert "hidden" not in str(vars(archive))


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "deltalake", None)
    with pytest.raises(ConfigurationError, match=r"needs deltalake.*cijob-analysis\[archive\]"):
        Archive(tmp_path)
