"""Interrupt, in a script and in a notebook: it stops at once, and what was read is kept."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from cijob_analysis import Client, LocalService, Workload
from cijob_analysis.fetch import fetch_executions, fetch_queues, fetch_snapshot, fetch_tasks, fetch_workflows
from cijob_analysis.ledger import ledger_of
from cijob_analysis.local import Faults, Queue
from cijob_analysis.snapshot import Snapshot
from tests.fetch.expected import entries
from tests.fetch.small import small_world
from tests.local.worlds import WITH_TASKS, task

LISTED, DETAILED = small_world(1500), small_world(60, ("Transcode", "StreamPack"))
DIRECT = Workload(
    batch_jobs=(WITH_TASKS,), tasks=tuple(task(n, batch_job_id=WITH_TASKS.batch_job_id) for n in range(1500))
)
SLOW, ENDLESS = Faults(latency_s=0.03), Faults(latency_s=600.0)


def interrupted(service: LocalService, fetch: Callable[[Client], Any], path: str, after: int = 3) -> KeyboardInterrupt:
    """Interrupt `fetch` when so many requests below `path` have come and the next ones get no answer any more."""

    def interrupt() -> None:
        while service.requests.count(path=path) < after:
            if is_over.wait(0.002):
                return
        service.faults = ENDLESS
        is_over.wait(0.1)
        _thread.interrupt_main()

    is_over = threading.Event()
    watcher = threading.Thread(target=interrupt)
    service.faults = SLOW
    with service.client(concurrency=4) as client:
        watcher.start()
        try:
            with pytest.raises(KeyboardInterrupt) as caught:
                fetch(client)
        finally:
            is_over.set()
            watcher.join()
    assert not [thread for thread in threading.enumerate() if thread.name == "cijob-worker" and thread.is_alive()]
    return caught.value


@pytest.mark.parametrize(
    ("world", "path", "level"),
    [
        (DETAILED, "/inventorytriggerjob/", "batch_jobs"),
        (LISTED, "/workflowexecution", "executions"),
        (LISTED, "/jobs", "tasks"),
        (DETAILED, "/workflowexecution/", "tasks"),
        (DIRECT, "/jobs", "tasks"),
    ],
)
def test_a_snapshot_is_kept_as_far_as_it_was_read(world: Workload, path: str, level: str) -> None:
    ids = [job.batch_job_id for job in world.batch_jobs] + [f"b{number:031}x" for number in range(20)]
    with LocalService(world) as service:
        error = interrupted(service, lambda client: fetch_snapshot(client, ids), path)
    snapshot = error.partial  # type: ignore[attr-defined]
    assert isinstance(snapshot, Snapshot)
    assert not snapshot.is_complete
    assert "cut off: interrupted" in snapshot.summary()
    assert not ledger_of(getattr(snapshot, level)).is_complete
    levels = ("batch_jobs", "executions", "tasks")
    for above in levels[: levels.index(level)]:
        assert ledger_of(getattr(snapshot, above)).is_complete
    assert len(getattr(snapshot, level)) or level == "batch_jobs"
    for below in levels[levels.index(level) + 1 :]:
        assert len(getattr(snapshot, below)) == 0
    (note,) = error.__notes__
    assert "attribute partial" in note


@pytest.mark.parametrize(
    ("fetch", "path"),
    [
        (fetch_executions, "/workflowexecution"),
        (
            lambda client: fetch_executions(client, run_ids=[run.run_id for run in LISTED.executions]),
            "/workflowexecution/",
        ),
        (lambda client: fetch_tasks(client, tag="Transcode"), "/jobs"),
        (lambda client: fetch_tasks(client, task_ids=[task.task_id for task in LISTED.tasks]), "/jobs/"),
    ],
)
def test_a_frame_is_kept_as_far_as_it_was_read(fetch: Callable[[Client], pd.DataFrame], path: str) -> None:
    with LocalService(LISTED) as service:
        partial = interrupted(service, fetch, path).partial  # type: ignore[attr-defined]
    assert 0 < len(partial) < 1500
    assert ledger_of(partial).remarks() == ["incomplete: cut off: interrupted"]


@pytest.mark.parametrize(("fetch", "path", "rows"), [(fetch_queues, "/queue", 1), (fetch_workflows, "/workflow", 10)])
def test_queues_and_workflows(fetch: Callable[[Client], pd.DataFrame], path: str, rows: int) -> None:
    (workflow,) = DETAILED.workflows
    workflows = tuple(replace(workflow, workflow_id=f"w{number:032x}") for number in range(25))
    queues = (Queue(queue_id="p1", name="media", max_concurrent=1),)
    with LocalService(Workload(workflows=workflows, queues=queues)) as service:
        partial = interrupted(service, fetch, path, after=1).partial  # type: ignore[attr-defined]
    assert len(partial) == rows
    assert ledger_of(partial).remarks() == ["incomplete: cut off: interrupted"]


def test_between_two_walks() -> None:
    """While rows are joined nothing is under way; what was joined before is kept."""
    with LocalService(LISTED) as service:

        def clock() -> float:
            """Tell the time; whoever asks when the workflows have been read is interrupted."""
            if service.requests.count(path="/workflow") and threading.current_thread() is threading.main_thread():
                clocks.append("asked")
                if len(clocks) == 2:  # once for the ledger of the workflows, then for the first list of tasks
                    raise KeyboardInterrupt
            return now

        clocks: list[str] = []
        now = 1_782_000_000.0
        service.faults = Faults(clock_offset_s=0)
        with service.client(clock=clock) as client, pytest.raises(KeyboardInterrupt) as caught:
            fetch_snapshot(client)
    snapshot = caught.value.partial  # type: ignore[attr-defined]
    assert len(snapshot.executions) == 1500
    assert len(snapshot.workflows) == 1
    assert len(snapshot.tasks) == 0
    assert [entry.notes for entry in entries(snapshot, "tasks")] == [("cut off: interrupted",)]
    assert not snapshot.is_complete


def test_the_client_works_again() -> None:
    with LocalService(DETAILED) as service:
        interrupted(service, fetch_snapshot, "/workflowexecution/")
        service.faults = Faults()
        with service.client() as client:
            assert fetch_snapshot(client).is_complete
