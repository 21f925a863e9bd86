from pathlib import Path

import duckdb
import pandas as pd
import pytest

import cijob_analysis as ci
from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics import state_counts
from tests.archive.builders import a_snapshot


@pytest.mark.parametrize("level", ["batch_jobs", "executions", "tasks", "workflows"])
def test_a_relation_has_the_rows_that_readers_see(tmp_path: Path, level: str) -> None:
    archive = ci.Archive(tmp_path / "kept")
    archive.merge(a_snapshot(4, state="Running"))
    archive.merge(a_snapshot(6))
    relation = archive.scan(level)
    expected = getattr(archive.snapshot(), level)
    assert relation.columns == [column.name for column in schema.TABLES[level]]
    key = schema.KEYS[level]
    found = relation.order(key).to_arrow_table().to_pandas()
    assert found[key].tolist() == sorted(expected[key])
    assert (
        found["state"].fillna("none").tolist()
        == expected.sort_values(key)["state"].astype(object).fillna("none").tolist()
    )


def test_times_are_instants(tmp_path: Path) -> None:
    archive = ci.Archive(tmp_path)
    archive.merge(a_snapshot(2))
    (created,) = archive.scan().aggregate("min(created_at) AS created_at").to_arrow_table()["created_at"].to_pylist()
    assert pd.Timestamp(created) == archive.snapshot().tasks["created_at"].min()


def test_an_archive_without_a_refresh_has_no_rows(tmp_path: Path) -> None:
    relation = ci.Archive(tmp_path / "none").scan("tasks")
    assert relation.columns == [column.name for column in schema.TASKS]
    assert relation.fetchall() == []
    assert ci.Archive(tmp_path / "none").files() == []


def test_a_column_that_came_later_is_missing_in_old_tables(tmp_path: Path) -> None:
    archive = ci.Archive(tmp_path)
    archive.merge(a_snapshot(1))
    files = archive.files("tasks")
    for file in files:
        old = pd.read_parquet(file).drop(columns=["media_duration_s"])
        old.to_parquet(file, index=False)
    assert archive.scan("tasks").project("media_duration_s").fetchall() == [(None,)] * 4


def test_the_relation_belongs_to_the_connection_that_is_given(tmp_path: Path) -> None:
    archive = ci.Archive(tmp_path)
    archive.merge(a_snapshot(3))
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '200MB'")
        tasks = archive.scan("tasks", connection=connection)
        assert connection.sql("SELECT count(*) FROM tasks").fetchall() == [(12,)]
        counts = dict(state_counts(tasks).project("state, n").fetchall())
        assert counts == {**dict.fromkeys(schema.STATES, 0), "Success": 12}


def test_by_the_url_of_a_folder(tmp_path: Path) -> None:
    archive = ci.Archive(tmp_path.as_uri())
    archive.merge(a_snapshot(2))
    assert all(Path(file).exists() for file in archive.files("executions"))
    assert archive.scan("executions").aggregate("count(*)").fetchall() == [(4,)]


def test_a_later_refresh_does_not_change_it(tmp_path: Path) -> None:
    archive = ci.Archive(tmp_path)
    archive.merge(a_snapshot(2, state="Running"))
    before = archive.scan("batch_jobs")
    archive.merge(a_snapshot(3))
    assert before.aggregate("count(*), min(state)").fetchall() == [(2, "Running")]


def test_only_tables_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="level='jobs' is none of tasks, executions, batch_jobs, workflows"):
        ci.Archive(tmp_path).scan("jobs")
