"""Two processes that write into one archive at the same time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from cijob_analysis import Client, LocalService, Workload, fetch_snapshot
from cijob_analysis.archive import Archive
from cijob_analysis.schema import LEVELS
from tests.archive.test_killed import is_same, what_every_answer_says
from tests.archive.writer import hear, tell, two_writers

MERGES = 4

# A folder is locked; at a URL there is Delta Lake's check only.
each_way = pytest.mark.parametrize("scheme", ["", "file://"])


@pytest.fixture
def workload() -> Workload:
    """6 batch jobs; in the next hour one more comes."""
    return Workload.generate(batch_jobs=6, seed=3, days=1)


@each_way
def test_no_row_is_lost_or_doubled(scheme: str, tmp_path: Path) -> None:
    path = f"{scheme}{tmp_path / 'archive'}"
    with two_writers() as (one, other):
        tell(one, "merge", path, 0, MERGES)
        tell(other, "merge", path, 4, MERGES)  # they meet in the middle
        assert hear(one) == hear(other) == ["done"]
    snapshot = Archive(path).snapshot()
    numbers = range(4 + 2 * (MERGES - 1) + 3)
    assert sorted(snapshot.batch_jobs["batch_job_id"]) == [f"b{number:04}" for number in numbers]
    assert [len(getattr(snapshot, level)) for level in LEVELS] == [len(numbers), 2 * len(numbers), 4 * len(numbers)]
    assert snapshot.tasks["task_id"].is_unique
    assert len(Archive(path).history()) == 2 * MERGES


@each_way
def test_two_refreshes_make_what_one_makes(
    scheme: str, service: LocalService, client: Client, workload: Workload, tmp_path: Path
) -> None:
    path = f"{scheme}{tmp_path / 'archive'}"
    with two_writers() as writers:
        for hours in (0, 1):
            service.workload = workload.at(workload.now + timedelta(hours=hours))
            for writer in writers:
                tell(writer, "refresh", path, service.url)
            assert [hear(writer) for writer in writers] == [["done"], ["done"]]
            found = Archive(path).snapshot()
            assert found.is_complete
            assert is_same(what_every_answer_says(found), what_every_answer_says(fetch_snapshot(client)))
    assert len(Archive(path).history()) == 4
