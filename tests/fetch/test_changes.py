"""Reading again: what was known, with what changed, is what a fresh reading finds; at a fraction of its requests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from cijob_analysis import Client, ConfigurationError, LocalService, Snapshot, Workload, fetch_snapshot
from cijob_analysis.fetch.changes import fetch_changes
from cijob_analysis.fetch.joining import merged
from cijob_analysis.local import Faults, Variants
from cijob_analysis.schema import KEYS, LEVELS
from tests.conftest import FAST
from tests.fetch.interrupting import interrupted_when

SAID = {
    "batch_jobs": ["name", "type", "state", "code", "message", "created_at", "started_at", "ended_at", "workflow_ids"],
    "executions": ["batch_job_id", "workflow_id", "state", "object_key", "created_at", "started_at", "ended_at"],
    "tasks": [
        *("run_id", "batch_job_id", "workflow_id", "node", "task_type", "state", "code", "message"),
        *("object_key", "created_at", "started_at", "ended_at"),
    ],
}
"""What both a list and a detail say."""


@pytest.fixture
def world() -> Workload:
    """40 batch jobs, some of them active."""
    return Workload.generate(batch_jobs=40, seed=11)


@pytest.fixture
def service(world: Workload) -> Iterator[LocalService]:
    with LocalService(world) as service:
        yield service


@pytest.fixture
def client(service: LocalService) -> Iterator[Client]:
    with service.client(concurrency=8, retry=FAST) as client:
        yield client


def joined(known: Snapshot, parts: list[Snapshot]) -> dict[str, pd.DataFrame]:
    """Return `known` with what was read since, as an archive keeps it."""
    frames = {}
    for level in LEVELS:
        frame = getattr(known, level)
        for part in parts:
            frame = merged(KEYS[level], frame, getattr(part, level))
        frames[level] = frame
    return frames


def assert_same(found: dict[str, pd.DataFrame], expected: Snapshot) -> None:
    for level in LEVELS:
        ours, theirs = (
            frame.set_index(KEYS[level])[SAID[level]].sort_index().astype({"state": "string"})
            for frame in (found[level], getattr(expected, level))
        )
        assert_frame_equal(ours, theirs, check_dtype=False)


@pytest.mark.parametrize("minutes", [0, 2, 60, 24 * 60])
def test_known_and_changed_make_what_a_fresh_reading_finds(
    client: Client, service: LocalService, world: Workload, minutes: int
) -> None:
    known = fetch_snapshot(client)
    service.workload = world.at(world.now + timedelta(minutes=minutes))
    service.requests.clear()
    parts = list(fetch_changes(client, known))
    again = len(service.requests)
    service.requests.clear()
    fresh = fetch_snapshot(client)
    assert_same(joined(known, parts), fresh)
    assert all(part.is_complete for part in parts)
    assert again < 0.7 * len(service.requests)


def test_nothing_known_is_a_full_reading(client: Client) -> None:
    assert_same(joined(Snapshot(), list(fetch_changes(client, Snapshot()))), fetch_snapshot(client))


@pytest.mark.parametrize("depth", ["batch_jobs", "executions"])
def test_no_deeper_than_wanted(client: Client, service: LocalService, world: Workload, depth: str) -> None:
    known = fetch_snapshot(client, depth=depth)
    service.workload = world.at(world.now + timedelta(hours=1))
    parts = list(fetch_changes(client, known, depth=depth))
    found = joined(known, parts)
    fresh = fetch_snapshot(client, depth=depth)
    for level in LEVELS[: LEVELS.index(depth) + 1]:
        states = [frame.set_index(KEYS[level])["state"].astype(str) for frame in (found[level], getattr(fresh, level))]
        pd.testing.assert_series_equal(states[0].sort_index(), states[1].sort_index())
    assert not len(found["tasks"])


def test_a_finished_world_takes_one_request() -> None:
    world = Workload.of_batch(executions=250)
    with LocalService(world) as service, service.client() as client:
        known = fetch_snapshot(client)
        service.requests.clear()
        (part,) = fetch_changes(client, known)
        assert len(service.requests) == 1
        assert (len(part.batch_jobs), len(part.executions), len(part.tasks)) == (1, 0, 0)


def test_one_percent_that_changed_takes_few_requests() -> None:
    world = Workload.generate(batch_jobs=150, seed=3)
    with LocalService(world) as service, service.client() as client:
        known = fetch_snapshot(client)
        full = len(service.requests)
        service.workload = world.at(world.now + timedelta(minutes=3))
        service.requests.clear()
        parts = list(fetch_changes(client, known))
        took = len(service.requests)
        changed = sum(len(part.tasks) for part in parts) / len(known.tasks)
        assert 0.003 < changed < 0.03
        assert took <= 0.05 * full


def test_a_batch_job_that_was_created_since_is_read_with_all_below_it(
    client: Client, service: LocalService, world: Workload
) -> None:
    known = fetch_snapshot(client)
    service.workload = world.at(world.now + timedelta(days=1))
    first, *bundles = fetch_changes(client, known)
    new = pd.concat([part.batch_jobs["batch_job_id"] for part in bundles])
    assert len(new)
    assert not new.isin(known.batch_jobs["batch_job_id"]).any()
    assert set(first.batch_jobs["batch_job_id"]) <= set(known.batch_jobs["batch_job_id"])


def test_since_leaves_out_what_is_older(client: Client, world: Workload) -> None:
    since = world.now - timedelta(days=3)
    parts = list(fetch_changes(client, Snapshot(), since=since))
    created = pd.concat([part.batch_jobs["created_at"] for part in parts])
    assert len(created)
    assert (created >= since).all()


def test_what_was_not_read_completely_is_read_again(client: Client, service: LocalService) -> None:
    service.faults = Faults(denied_actions=frozenset({"ci:DescribeMediaWorkflowExecutions"}))
    (_, *parts) = fetch_changes(client, Snapshot())
    assert not any(len(part.executions) for part in parts)
    ledger = pd.concat([part.ledger for part in parts])
    assert ledger["unfinished_ids"].map(len).sum() > 0
    known = parts[0]
    service.faults = Faults()
    again = list(fetch_changes(client, known))
    assert_same(joined(known, again), fetch_snapshot(client))


def test_lists_that_find_tasks_of_type_job_only() -> None:
    world = Workload.of_batch(executions=400, state="Running")
    with LocalService(world, variants=Variants(batch_job_finds="directly")) as service, service.client() as client:
        known = fetch_snapshot(client)
        service.workload = world.at(world.now + timedelta(minutes=5))
        parts = list(fetch_changes(client, known))
        assert_same(joined(known, parts), fetch_snapshot(client))


def test_an_interruption_gives_what_was_read_and_then_itself(client: Client, service: LocalService) -> None:
    service.faults = Faults(latency_s=0.05)
    parts: list[Snapshot] = []
    with (
        pytest.raises(KeyboardInterrupt),
        interrupted_when(lambda: service.requests.count(path="/workflowexecution") > 1),
    ):
        parts.extend(fetch_changes(client, Snapshot()))
    assert len(parts) == 2
    assert len(parts[1].batch_jobs)
    assert not parts[1].is_complete
    unfinished = [key for ids in parts[1].ledger["unfinished_ids"] for key in ids]
    assert unfinished
    assert set(unfinished) <= set(parts[1].batch_jobs["batch_job_id"])


@pytest.mark.parametrize("arguments", [{"depth": "all"}, {"since": "2026-01-01"}])
def test_arguments_that_are_none(client: Client, service: LocalService, arguments: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        list(fetch_changes(client, Snapshot(), **arguments))  # type: ignore[arg-type]
    assert len(service.requests) == 0
