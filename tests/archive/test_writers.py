"""Two processes that write into one archive at the same time."""

from __future__ import annotations

from pathlib import Path

import pytest

from cijob_analysis.archive import Archive
from cijob_analysis.schema import LEVELS
from tests.archive.writer import start

MERGES = 5


@pytest.mark.parametrize("scheme", ["", "file://"])  # a folder is locked, at a URL there is Delta Lake's check only
def test_no_row_is_lost_or_doubled(scheme: str, tmp_path: Path) -> None:
    path = f"{scheme}{tmp_path / 'archive'}"
    with start(path, "race") as one, start(path, "race") as other:
        for process, first in ((one, 0), (other, 4)):  # they meet in the middle
            assert process.stdin is not None
            print(first, MERGES, file=process.stdin, flush=True)
        for process in (one, other):
            assert process.stdout is not None
            assert process.stdout.readline() == "done\n"
            assert process.stdin is not None
            process.stdin.close()
    snapshot = Archive(path).snapshot()
    numbers = range(4 + 2 * (MERGES - 1) + 3)
    assert sorted(snapshot.batch_jobs["batch_job_id"]) == [f"b{number:04}" for number in numbers]
    assert [len(getattr(snapshot, level)) for level in LEVELS] == [len(numbers), 2 * len(numbers), 4 * len(numbers)]
    assert snapshot.tasks["task_id"].is_unique
    assert len(Archive(path).history()) == 2 * MERGES
