"""`kill -9` in the middle of a merge: what was good stays, and the next merge completes it."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

from pandas.testing import assert_frame_equal

from cijob_analysis.archive import Archive
from cijob_analysis.snapshot import Snapshot
from tests.archive.writer import ask, start, step

KILLS = 50


def same(one: Snapshot, other: Snapshot) -> bool:
    try:
        for (kind, frame), (_, like) in zip(one.frames(), other.frames(), strict=True):
            assert_frame_equal(frame, like, obj=kind)
    except AssertionError:
        return False
    return True


def test_a_merge_that_is_killed_at_any_moment_changes_nothing_or_everything(tmp_path: Path) -> None:
    randomly = random.Random(3)
    archive = Archive(tmp_path / "archive")
    saw_half = False
    with start(tmp_path / "archive", "kill") as process:
        ask(process, 0, 60)  # nobody kills this one, which makes the tables
        length_s = float(ask(process, 1, 60))  # nor this one: how long a merge takes
        assert same(archive.snapshot(), step(1))
        for number in range(2, 2 + KILLS):
            ask(process, number, randomly.uniform(0, 1.1 * length_s))
            found = archive.snapshot()
            survived = same(found, step(number))
            assert survived or same(found, step(number - 1)), f"kill {number}"  # which the merge before it completed
            archive.merge(step(number))
            saw_half = saw_half or (not survived and archive.history()["batch_jobs_changed"].iloc[0] == 0)
        assert process.stdin is not None
        process.stdin.close()
    assert saw_half  # a killed one had written its batch jobs, and nobody saw them
    archive.vacuum(timedelta(0))
    assert same(archive.snapshot(), step(1 + KILLS))
