"""`kill -9` in the middle of a refresh: what was good stays, and the next refresh completes it."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from cijob_analysis import Client, LocalService, Workload, fetch_snapshot
from cijob_analysis.archive import Archive
from cijob_analysis.archive.records import visible
from cijob_analysis.archive.tables import Tables
from cijob_analysis.fetch import changes
from cijob_analysis.schema import KEYS, LEVELS
from cijob_analysis.snapshot import Snapshot
from tests.archive.writer import BUNDLE, hear, tell, two_writers

KILLS = 50
IN_A_ROW = 6
"""So often one archive's refresh is killed before one may come to its end."""

NEVER_S = 600.0

_TIMES = ("created_at", "started_at", "ended_at")
SAID = {
    "batch_jobs": ["batch_job_id", "type", "state", *_TIMES],
    "executions": ["run_id", "batch_job_id", "workflow_id", "state", "object_key", *_TIMES],
    "tasks": ["task_id", "run_id", "batch_job_id", "workflow_id", "node", "state", *_TIMES],
}


@pytest.fixture
def workload() -> Workload:
    """17 batch jobs an hour from now; in the hour after that some of them go on, and three more come."""
    return Workload.generate(batch_jobs=16, seed=10, days=1)


@dataclass(frozen=True)
class Before:
    """An archive before a refresh, and what that will bring.

    Attributes
    ----------
    path : Path
        Where it is; to be copied.
    url : str
        Where its service is.
    steps : list of Snapshot
        What it holds before the refresh and after each of its parts; after a kill, one of these and nothing else.
    """

    path: Path
    url: str
    steps: list[Snapshot]


@pytest.fixture
def before(
    client: Client, service: LocalService, workload: Workload, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Before:
    monkeypatch.setattr(changes, "BUNDLE", BUNDLE)
    path = tmp_path / "before"
    service.workload = workload.at(workload.now + timedelta(hours=1))
    Archive(path).refresh(client)
    service.workload = workload.at(workload.now + timedelta(hours=2))
    shutil.copytree(path, tmp_path / "stepwise")
    archive = Archive(tmp_path / "stepwise")
    steps = [archive.snapshot()]
    for part in changes.fetch_changes(client, archive.known()):
        archive.merge(part)
        steps.append(archive.snapshot())
    return Before(path, service.url, steps)


def is_same(frames: Sequence[pd.DataFrame], others: Sequence[pd.DataFrame]) -> bool:
    try:
        for frame, other in zip(frames, others, strict=True):
            assert_frame_equal(frame, other)
    except AssertionError:
        return False
    return True


def every_cell(snapshot: Snapshot) -> list[pd.DataFrame]:
    return [frame for _, frame in snapshot.frames()]


def what_every_answer_says(snapshot: Snapshot) -> list[pd.DataFrame]:
    """Return the columns that are the same however a row was read; a detail says more than a list."""
    return [getattr(snapshot, level)[SAID[level]] for level in LEVELS]


def assert_one_step(found: Snapshot, steps: list[Snapshot], *, was_half_written: bool) -> None:
    """Raise unless `found` is one of `steps`; below its batch jobs it may be further if a part was half-written."""
    pairs = [zip(what_every_answer_says(found), what_every_answer_says(step), strict=True) for step in steps]
    equal = [[is_same([one], [other]) for one, other in pair] for pair in pairs]
    batch_jobs, executions, tasks = ({step for step, levels in enumerate(equal) if levels[n]} for n in range(3))
    if was_half_written:
        assert min(batch_jobs) <= min(max(executions), max(tasks)), "batch jobs without all that belongs to them"
    else:
        assert batch_jobs & executions & tasks, "neither the last good version, nor what the next part makes of it"


def is_half_written(path: Path) -> bool:
    """Whether a table has rows that readers do not see."""
    tables = Tables(str(path))
    return any(tables.version(kind) != version for kind, version in visible(tables).versions.items())


def refresh(process: subprocess.Popen[str], path: Path, url: str, kill_after_s: float = NEVER_S) -> tuple[str, float]:
    """Refresh in a process that may be killed; return what became of it, and how long it lived [s]."""
    tell(process, "kill", path, url, kill_after_s)
    outcome, lived_s = hear(process)
    return outcome, float(lived_s)


def kill_again_and_again(process: subprocess.Popen[str], folder: Path, seed: int, *, before: Before, kills: int) -> int:
    """Kill refreshes, `kills` times, and let one end now and then; return how many left something half-written."""
    randomly = random.Random(seed)
    folder.mkdir()
    path = folder / "0"
    shutil.copytree(before.path, path)
    outcome, length_s = refresh(process, path, before.url)
    assert outcome == "ended"
    halves = 0
    while kills:
        path = folder / str(len(list(folder.iterdir())))
        shutil.copytree(before.path, path)
        last, is_half = before.steps[0], False
        for _ in range(min(IN_A_ROW, kills)):
            outcome, _ = refresh(process, path, before.url, randomly.uniform(0, length_s))
            found = Archive(path).snapshot()
            if not is_same(every_cell(found), every_cell(last)):
                assert_one_step(found, before.steps, was_half_written=is_half)
            if outcome == "ended":
                break
            last, is_half = found, is_half_written(path)
            kills -= 1
            halves += is_half
        if outcome == "killed":
            assert refresh(process, path, before.url)[0] == "ended"
        found = Archive(path).snapshot()
        assert found.is_complete
        assert is_same(what_every_answer_says(found), what_every_answer_says(before.steps[-1]))
        assert not is_half_written(path)
    Archive(path).vacuum(timedelta(0))
    assert is_same(every_cell(Archive(path).snapshot()), every_cell(found))
    return halves


def test_a_refresh_that_is_killed_at_any_moment_keeps_what_was_good_and_the_next_completes_it(
    before: Before, client: Client, tmp_path: Path
) -> None:
    steps = [what_every_answer_says(step) for step in before.steps]
    assert len(steps) == 3
    assert not any(is_same(one, following) for one, following in pairwise(steps))
    assert is_same(steps[-1], what_every_answer_says(fetch_snapshot(client)))
    assert all(frame[KEYS[kind]].is_unique for step in before.steps for kind, frame in step.frames())
    folders = [tmp_path / "one", tmp_path / "other"]
    with two_writers() as processes, ThreadPoolExecutor(2) as pool:  # half as long as one after the other
        kill = partial(kill_again_and_again, before=before, kills=KILLS // 2)
        halves = sum(pool.map(kill, processes, folders, range(2)))
    assert halves >= KILLS / 10
