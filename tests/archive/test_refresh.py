"""Refreshes from the local service, whose jobs go on between them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal

from cijob_analysis import Client, LocalService, Workload, fetch_snapshot
from cijob_analysis.archive import Archive, records
from cijob_analysis.archive.tables import Tables
from cijob_analysis.fetch import changes
from cijob_analysis.local.faults import Faults
from cijob_analysis.schema import KEYS, LEVELS
from cijob_analysis.snapshot import Snapshot, read_snapshot
from tests.fetch.test_interruptions import interrupted
from tests.test_snapshot_files import assert_snapshots_equal


@pytest.fixture(scope="module")
def workload() -> Workload:
    """A few batch jobs of both types, some of which are under way."""
    return Workload.generate(batch_jobs=12, seed=3, days=1)


def states(snapshot: Snapshot) -> dict[str, dict[str, str]]:
    """Return the state of each row of each level by its id."""
    frames = {level: getattr(snapshot, level) for level in LEVELS}
    return {level: frame.set_index(KEYS[level])["state"].astype(str).to_dict() for level, frame in frames.items()}


def test_the_first_refresh_reads_everything(client: Client, tmp_path: Path) -> None:
    snapshot = Archive(tmp_path).refresh(client)
    assert snapshot.is_complete
    assert len(snapshot.batch_jobs) == 12
    fetched = fetch_snapshot(client)
    for (kind, frame), (_, like) in zip(snapshot.frames(), fetched.frames(), strict=True):
        assert_frame_equal(frame, like, obj=kind)


def test_a_refresh_reads_only_what_can_have_changed(
    client: Client, service: LocalService, workload: Workload, tmp_path: Path
) -> None:
    archive = Archive(tmp_path)
    archive.refresh(client)
    whole = archive.history()["requests"].iloc[0]
    for hours in (1, 30):
        service.workload = workload.at(workload.now + timedelta(hours=hours))
        snapshot = archive.refresh(client)
        assert states(snapshot) == states(fetch_snapshot(client))
    archive.refresh(client)
    history = archive.history()
    assert len(history) == 4
    assert history["is_complete"].all()
    assert history["is_refresh"].all()
    assert history["requests"].iloc[0] < whole / 2
    assert history[[f"{level}_{what}" for level in LEVELS for what in ("new", "changed")]].iloc[0].sum() == 0


def test_what_could_not_be_read_is_read_by_the_next_refresh(
    client: Client, service: LocalService, tmp_path: Path
) -> None:
    archive = Archive(tmp_path)
    service.faults = Faults(denied_actions=frozenset({"ci:DescribeMediaWorkflowExecutions"}))
    for _ in range(2):
        snapshot = archive.refresh(client)
        assert not snapshot.is_complete
        assert "access denied" in snapshot.summary()
    n = len(archive.snapshot().completeness.entries)
    archive.refresh(client)
    assert len(archive.snapshot().completeness.entries) == n  # what is refused for long does not pile up
    service.faults = Faults()
    snapshot = archive.refresh(client)
    assert snapshot.is_complete
    assert states(snapshot) == states(fetch_snapshot(client))
    assert archive.history()["is_complete"].tolist() == [True, False, False, False]


def test_a_refresh_that_was_stopped_keeps_what_was_read_and_the_next_goes_on(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "BUNDLE", 5)
    archive = Archive(tmp_path)
    parts = changes.fetch_changes(client, archive.known())
    for _ in range(2):  # nothing that was known, then the five oldest
        archive.merge(next(parts))
    assert len(archive.snapshot().batch_jobs) == 5
    assert states(archive.refresh(client)) == states(fetch_snapshot(client))
    assert archive.history()["batch_jobs_new"].tolist()[:2] == [7, 5]


def test_an_interrupted_refresh_keeps_what_was_read_says_so_and_the_next_completes_it(
    client: Client, service: LocalService, tmp_path: Path
) -> None:
    archive = Archive(tmp_path)
    interrupted(service, archive.refresh, "/workflowexecution", after=1)
    snapshot = archive.snapshot()
    assert len(snapshot.batch_jobs) == 12
    assert "cut off: interrupted" in snapshot.summary()
    assert archive.history()["is_complete"].tolist() == [False]
    service.faults = Faults()
    snapshot = archive.refresh(client)
    assert snapshot.is_complete
    assert states(snapshot) == states(fetch_snapshot(client))
    assert archive.history()["is_complete"].tolist() == [True, False]


def test_a_refresh_that_did_not_come_to_its_end_is_not_taken_to_be_complete(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive(tmp_path)
    monkeypatch.setattr(records, "append_end", full_disk)
    with pytest.raises(OSError, match="disk"):
        archive.refresh(client)
    monkeypatch.undo()
    snapshot = archive.snapshot()
    assert states(snapshot) == states(fetch_snapshot(client))
    assert "cut off: the last refresh has not come to its end" in snapshot.summary()
    assert archive.refresh(client).is_complete


def full_disk(*_: object) -> None:
    raise OSError("the disk is full")


def test_what_is_incomplete_stays_known_when_another_refresh_ends_that_began_before(
    client: Client, service: LocalService, tmp_path: Path
) -> None:
    archive = Archive(tmp_path)
    began_before = records.begin(is_refresh=True)
    service.faults = Faults(denied_actions=frozenset({"ci:DescribeMediaWorkflowExecutions"}))
    archive.refresh(client)
    records.append_end(Tables(str(tmp_path)), began_before)
    assert not archive.snapshot().is_complete
    service.faults = Faults()
    assert archive.refresh(client).is_complete
    assert states(archive.snapshot()) == states(fetch_snapshot(client))


def test_times_of_executions_follow_from_all_their_tasks(service: LocalService, client: Client, tmp_path: Path) -> None:
    """Also from those that were read by an earlier refresh."""
    world = Workload.of_batch(executions=300, state="Running")
    service.workload = world
    archive = Archive(tmp_path)
    archive.refresh(client)
    for minutes in (20, 40):
        service.workload = world.at(world.now + timedelta(minutes=minutes))
        archive.refresh(client)
    columns = ["run_id", "batch_job_id", "state", "created_at", "started_at", "ended_at"]
    assert_frame_equal(archive.snapshot().executions[columns], fetch_snapshot(client).executions[columns])
    assert archive.history()["executions_changed"].sum() > 0


def test_when_nothing_changed_little_is_asked_and_nothing_written(
    service: LocalService, client: Client, tmp_path: Path
) -> None:
    service.workload = Workload.of_batch(executions=250)
    archive = Archive(tmp_path)
    first = archive.refresh(client)
    before = data_files(tmp_path)
    service.requests.clear()
    second = archive.refresh(client)
    asked = Counter(request.path.split("/")[1] for request in service.requests)
    assert max(asked.values()) <= 2
    assert data_files(tmp_path) == before
    for (kind, frame), (_, like) in zip(second.frames(), first.frames(), strict=True):
        assert_frame_equal(frame, like, obj=kind)


def data_files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*.parquet") if not {"refreshes", "_delta_log"} & set(path.parts)}


def test_when_one_percent_changed_a_twentieth_is_asked(service: LocalService, client: Client, tmp_path: Path) -> None:
    world = Workload.generate(batch_jobs=150, seed=3)
    service.workload = world
    archive = Archive(tmp_path)
    n = len(archive.refresh(client).tasks)
    full = len(service.requests)
    service.workload = world.at(world.now + timedelta(minutes=3))
    service.requests.clear()
    archive.refresh(client)
    assert 0.003 < archive.history().iloc[0][["tasks_new", "tasks_changed"]].sum() / n < 0.03
    assert len(service.requests) <= 0.05 * full


def test_a_fetched_snapshot_is_kept_in_every_cell(client: Client, tmp_path: Path) -> None:
    snapshot = fetch_snapshot(client)
    assert all(len(frame) for _, frame in snapshot.frames())
    archive = Archive(tmp_path / "archive")
    archive.merge(snapshot)
    assert_snapshots_equal(archive.snapshot(), snapshot)
    assert_snapshots_equal(read_snapshot(snapshot.write(tmp_path / "folder")), snapshot)
