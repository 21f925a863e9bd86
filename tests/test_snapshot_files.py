from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from cijob_analysis.exceptions import ConfigurationError, ResponseFormatError
from cijob_analysis.ledger import Anomaly, Failure, Ledger, LedgerEntry, ledger_of
from cijob_analysis.snapshot import Snapshot, read_snapshot
from cijob_analysis.snapshot.ledgers import ledger_from_json, ledger_to_json
from tests.archive.builders import a_snapshot, frame_of

LEDGER = Ledger(
    (
        LedgerEntry(
            request="GET /jobs",
            level="tasks",
            filters=(("tag", "Transcode"),),
            requests=3,
            ended=False,
            missing_ids=("j1",),
            failures=(Failure(what="j2", error='no: "中"', is_denied=True, action="ci:DescribeMediaJobs"),),
            anomalies=(Anomaly(kind="time not understood", column="ended_at", n=1, examples=(("j3", "?"),)),),
            notes=("cut off: interrupted",),
        ),
        LedgerEntry(request="GET /x"),
    ),
    datetime(2026, 3, 1, 20, tzinfo=timezone(timedelta(hours=8))),
)

TEXTS = st.none() | st.text(st.one_of(st.sampled_from('\n\r\t\0" 中😀'), st.characters(codec="utf-8")), max_size=5)
STATES = st.sampled_from([None, "Running", "Failed", "Archived", "Zombie"])
TIMES = st.sampled_from([None, "2026-03-01 10:00:00.000001", "1970-01-01", "2261-12-31 23:59:59.999999"])
ROWS = st.fixed_dictionaries(
    {
        "state": STATES,
        "object_key": TEXTS,
        "extra": TEXTS,
        "created_at": TIMES,
        "progress": st.none() | st.integers(-(2**63), 2**63 - 1),
        "media_duration_s": st.none() | st.floats(allow_nan=False),
    }
)


def assert_snapshots_equal(one: Snapshot, other: Snapshot) -> None:
    for (kind, frame), (_, like) in zip(one.frames(), other.frames(), strict=True):
        assert_frame_equal(frame, like, obj=kind)
        assert ledger_of(frame) == ledger_of(like)
    assert one.as_of == other.as_of


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROWS, max_size=4), kept=st.slices(4))
def test_what_was_written_is_read_back(rows: list[dict[str, object]], kept: slice, tmp_path: Path) -> None:
    tasks = frame_of("tasks", *rows).iloc[kept]
    snapshot = Snapshot(tasks=tasks, as_of=LEDGER.as_of)
    assert_snapshots_equal(read_snapshot(snapshot.write(tmp_path / "x", overwrite=True)), snapshot)


@pytest.mark.parametrize("snapshot", [Snapshot(), a_snapshot(3), a_snapshot(2, state="Archived")])
def test_all_frames_and_ledgers_are_kept(snapshot: Snapshot, tmp_path: Path) -> None:
    snapshot.tasks.attrs["ledger"] = LEDGER
    assert_snapshots_equal(read_snapshot(snapshot.write(tmp_path / "x")), snapshot)


def test_columns_beyond_the_declared_ones_are_kept(tmp_path: Path) -> None:
    more = a_snapshot(1).tasks.assign(
        run_time_s=np.array([1.5, np.nan, 0, 3]),
        is_censored=[True, False, True, False],
        queue_wait=pd.to_timedelta([1, None, 2, 3], unit="s"),
        size=pd.Categorical(["S", None, "L", "S"], ["S", "M", "L"], ordered=True),
    )
    for tasks in (more, more.iloc[:0], more.iloc[[3, 1]]):
        snapshot = Snapshot(tasks=tasks)
        assert_snapshots_equal(read_snapshot(snapshot.write(tmp_path / "x", overwrite=True)), snapshot)


def test_any_parquet_reader_reads_the_frames(tmp_path: Path) -> None:
    a_snapshot(2).write(tmp_path / "x")
    read = pd.read_parquet(tmp_path / "x" / "batch_jobs.parquet")
    assert read["name"].tolist() == ["批 1", "批 0"]
    assert read["state"].tolist() == ["Success", "Success"]


def test_a_ledger_is_plain_json() -> None:
    assert ledger_from_json(json.loads(json.dumps(ledger_to_json(LEDGER)))) == LEDGER
    assert ledger_from_json(ledger_to_json(Ledger())) == Ledger()


def test_a_ledger_of_a_newer_version_is_refused() -> None:
    value = ledger_to_json(LEDGER)
    value["entries"][0]["colour"] = "blue"
    with pytest.raises(ResponseFormatError, match="colour"):
        ledger_from_json(value)


def test_a_folder_that_is_there_is_kept(tmp_path: Path) -> None:
    folder = a_snapshot(1).write(tmp_path / "x")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        a_snapshot(2).write(folder)
    assert len(read_snapshot(folder).batch_jobs) == 1
    a_snapshot(2).write(folder, overwrite=True)
    assert len(read_snapshot(folder).batch_jobs) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_folder_that_is_no_snapshot_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", "utf-8")
    with pytest.raises(ConfigurationError, match="is no snapshot"):
        a_snapshot(1).write(tmp_path, overwrite=True)
    with pytest.raises(ConfigurationError, match="is no snapshot"):
        a_snapshot(1).write(tmp_path / "thesis.txt", overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_what_cannot_be_written_leaves_nothing_and_keeps_what_was_there(tmp_path: Path) -> None:
    folder = a_snapshot(1).write(tmp_path / "x")
    odd = Snapshot(tasks=pd.DataFrame({"task_id": [object()]}))
    with pytest.raises(Exception, match="object"):
        odd.write(folder, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert len(read_snapshot(folder).batch_jobs) == 1


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def from_the_future(path: Path) -> None:
    path.write_text(path.read_text("utf-8").replace('"format": 2', '"format": 3'), "utf-8")


@pytest.mark.parametrize(
    ("damage", "file", "words"),
    [
        (Path.unlink, "snapshot.json", "is no snapshot: it has no snapshot.json"),
        (cut, "snapshot.json", "snapshot.json is damaged"),
        (lambda path: path.write_text("[]", "utf-8"), "snapshot.json", "snapshot.json is damaged"),
        (from_the_future, "snapshot.json", "snapshot.json has format 3"),
        (Path.unlink, "tasks.parquet", "tasks.parquet is missing"),
        (cut, "executions.parquet", "executions.parquet is damaged"),
        (lambda path: path.write_bytes(b""), "workflows.parquet", "workflows.parquet is damaged"),
        (lambda path: path.replace(path.with_name("tasks.parquet")), "batch_jobs.parquet", "batch_jobs.parquet is mis"),
    ],
)
def test_what_is_damaged_is_named(damage: Callable[[Path], object], file: str, words: str, tmp_path: Path) -> None:
    folder = a_snapshot(1).write(tmp_path / "x")
    damage(folder / file)
    with pytest.raises(ResponseFormatError, match=words):
        read_snapshot(folder)


def test_files_of_another_snapshot_are_noticed(tmp_path: Path) -> None:
    one, other = a_snapshot(1).write(tmp_path / "1"), a_snapshot(2).write(tmp_path / "2")
    (other / "tasks.parquet").replace(one / "tasks.parquet")
    with pytest.raises(ResponseFormatError, match="8 rows where 4 were written"):
        read_snapshot(one)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_snapshot(tmp_path / "nowhere")


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigurationError, match=r"needs pyarrow.*cijob-analysis\[archive\]"):
        Snapshot().write(tmp_path / "x")
    with pytest.raises(ConfigurationError, match=r"needs pyarrow.*cijob-analysis\[archive\]"):
        read_snapshot(tmp_path / "x")
