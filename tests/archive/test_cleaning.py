from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable

from cijob_analysis.archive import Archive, cleaning
from tests.archive.builders import a_snapshot
from tests.archive.test_archive import assert_same_rows
from tests.builders import AS_OF


def files(folder: Path) -> int:
    return sum(1 for _ in folder.rglob("part-*.parquet"))


def test_what_nobody_needs_is_removed(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    for number, state in enumerate(["Submitted", "Running", "Success"]):
        archive.merge(a_snapshot(3, state=state, as_of=AS_OF + timedelta(hours=number)))
    before = files(tmp_path / "tasks")
    assert archive.vacuum() == []  # all of it is younger than a week
    found = archive.vacuum(timedelta(0), dry_run=True)
    assert any(file.startswith("tasks/created_month=2026-02/part-") for file in found)
    assert files(tmp_path / "tasks") == before
    assert sorted(archive.vacuum(timedelta(0))) == sorted(found)
    assert files(tmp_path / "tasks") == 1
    assert_same_rows(archive.snapshot(), a_snapshot(3, state="Success"))


def test_what_readers_see_is_never_removed(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.merge(a_snapshot(3, state="Running"))
    DeltaTable(tmp_path / "tasks").delete("node = 'a'")  # a newer version that no record names, as after a kill
    archive.vacuum(timedelta(0))
    assert_same_rows(archive.snapshot(), a_snapshot(3, state="Running"))
    archive.merge(a_snapshot(3, state="Running"))
    assert_same_rows(archive.snapshot(), a_snapshot(3, state="Running"))


def test_old_logs_are_removed_and_what_readers_see_stays(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    for number, state in enumerate(["Submitted", "Running", "Success"]):
        archive.merge(a_snapshot(3, state=state, as_of=AS_OF + timedelta(hours=number)))
    logs = list((tmp_path / "tasks" / "_delta_log").glob("*.json"))
    for log in tmp_path.rglob("_delta_log/*"):
        os.utime(log, (0, 0))
    for _ in range(2):
        archive.vacuum(timedelta(0))
        assert_same_rows(archive.snapshot(), a_snapshot(3, state="Success"))
    assert not all(log.exists() for log in logs)
    archive.merge(a_snapshot(4, as_of=AS_OF + timedelta(hours=4)))
    assert_same_rows(archive.snapshot(), a_snapshot(4))


def test_small_files_are_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleaning, "SMALL_FILES", 6)
    archive = Archive(tmp_path)
    for number in range(9):
        archive.merge(a_snapshot(1, first=number))
    for name in ("batch_jobs", "refreshes"):
        assert len(DeltaTable(tmp_path / name).file_uris()) < 6
    assert len(archive.history()) == 9
    assert_same_rows(archive.snapshot(), a_snapshot(9))
