"""Refreshes from the local service, whose jobs go on between them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal

from cijob_analysis import Client, LocalService, Workload, fetch_snapshot
from cijob_analysis.archive import Archive
from cijob_analysis.fetch import changes
from cijob_analysis.local.faults import Faults
from cijob_analysis.schema import KEYS, LEVELS
from cijob_analysis.snapshot import Snapshot


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
        assert not archive.refresh(client).is_complete
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
