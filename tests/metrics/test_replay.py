import dataclasses
import itertools
import json
import math
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cijob_analysis import Client, LocalService, Workload, fetch_queues, fetch_snapshot, schema
from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.metrics.queues.replaying import replay, what_if
from cijob_analysis.metrics.queues.value import Replay
from cijob_analysis.snapshot import Snapshot
from tests.metrics.queue_tasks import MIDNIGHT, clock, task, tasks

THREE_AT_ONCE = (task(0, 0, 10), task(0, 10, 20), task(0, 20, 30))
PARALLEL = {
    "Dependencies": {"Start": ["a", "b"], "a": ["c"], "b": ["c"], "c": ["End"]},
    "Nodes": {name: {"Type": "Transcode"} for name in "abc"},
}


def waits(found: Replay) -> list[float]:
    return found.tasks["wait_s"].tolist()


def starts(found: Replay) -> list[float]:
    return [(at - MIDNIGHT).total_seconds() for at in found.tasks["started_at"]]


def test_more_places_shorten_waits_and_the_makespan() -> None:
    found = replay(tasks(*THREE_AT_ONCE), cap=2)
    assert waits(found) == [0, 0, 10]
    assert found.tasks["was_wait_s"].tolist() == [0, 10, 20]
    assert (found.makespan_s, found.was_makespan_s) == (20, 30)
    assert found.busy_share == 0.75
    assert found.tasks["task_id"].tolist() == ["t0", "t1", "t2"]
    assert not found.is_censored


def test_fewer_places_lengthen_them() -> None:
    found = replay(tasks(task(0, 0, 10), task(0, 0, 10), task(5, 5, 10)), cap=1)
    assert waits(found) == [0, 10, 15]
    assert found.makespan_s == 25


def test_without_a_cap_nothing_waits() -> None:
    found = replay(tasks(*THREE_AT_ONCE), cap=math.inf)
    assert waits(found) == [0, 0, 0]
    assert found.makespan_s == 10
    assert math.isnan(found.busy_share)


def test_each_queue_has_its_own_places() -> None:
    frame = tasks(*THREE_AT_ONCE, task(0, 5, 10, queue=None), task(0, 5, 10, queue=None))
    assert waits(replay(frame, cap={"p1": 3, None: 1})) == [0, 0, 0, 0, 5]
    assert waits(replay(frame, cap=5, by=None)) == [0, 0, 0, 0, 0]


def test_those_of_one_instant_keep_the_order_in_which_they_started() -> None:
    frame = tasks(task(0, 9, 19), task(0, 3, 8), task(0, 8, 9))
    assert starts(replay(frame, cap=1)) == [6, 0, 5]


def test_a_task_is_created_after_the_end_of_the_one_that_released_it() -> None:
    frame = tasks(
        task(0, 20, 30, run_id="i1", node="first"), task(33, 40, 50, run_id="i1", node="second"), task(1, 1, 2)
    )
    found = replay(frame, cap=2)
    assert starts(found) == [0, 13, 1]
    created = (found.tasks["created_at"] - MIDNIGHT).dt.total_seconds()
    assert created.tolist() == [0, 13, 1]
    assert found.makespan_s == 23


def snapshot_of(*rows: dict[str, Any]) -> Snapshot:
    frame = tasks(*(row | {"run_id": "i1", "workflow_id": "w1"} for row in rows))
    workflows = pd.DataFrame({"workflow_id": ["w1"], "topology": [json.dumps(PARALLEL)]}, dtype=schema.TEXT)
    return Snapshot(tasks=frame, workflows=workflows)


def test_where_branches_join_the_topology_says_what_is_waited_for() -> None:
    # Really b had to wait and was the last one; with a place for each it is a that c waits for.
    rows = task(0, 0, 10, node="a"), task(0, 10, 15, node="b"), task(16, 16, 20, node="c")
    assert starts(replay(snapshot_of(*rows), cap=2)) == [0, 0, 11]
    assert starts(replay(tasks(*(row | {"run_id": "i1"} for row in rows)), cap=2)) == [0, 0, 6]


def test_a_node_that_the_topology_does_not_have_leaves_the_times_to_tell() -> None:
    rows = task(0, 0, 10, node="a"), task(0, 10, 15, node="b"), task(16, 16, 20, node="new")
    assert starts(replay(snapshot_of(*rows), cap=2)) == [0, 0, 6]


def test_what_had_not_ended_was_not_waited_for() -> None:
    rows = task(0, 0, 10, node="a"), task(0, 0, 20, node="b"), task(12, 12, 15, node="c")
    assert starts(replay(snapshot_of(*rows), cap=3)) == [0, 0, 12]


def test_what_cannot_be_replayed_is_left_out_and_counted() -> None:
    rows = [
        *THREE_AT_ONCE,
        task(0, state="Submitted"),
        task(0, None, 5, state="Cancel"),
        task(None, 0, 5),
        task(0, 0, None),
        task(0, 5, 3),
        task(5, 3, 8),
    ]
    found = replay(tasks(*rows, as_of=40), cap=3)
    assert len(found.tasks) == 3
    assert found.left_out == {
        "ended without a start": 1,
        "still waiting": 1,
        "without a creation or an end": 2,
        "with times in the wrong order": 2,
    }
    assert found.is_censored
    assert "1 still waiting left out" in str(found)


def test_what_still_runs_is_taken_to_end_when_the_frame_was_true() -> None:
    rows = task(0, 0, state="Running"), task(0, 10, 20)
    found = replay(tasks(*rows, as_of=30), cap=1)
    assert starts(found) == [0, 30]
    assert found.tasks["is_censored"].tolist() == [True, False]
    assert found.is_censored
    assert str(found).startswith("2 tasks: makespan at least 40 s (observed at least 30 s), median wait 15 s (5 s)")
    assert starts(replay(tasks(*rows), cap=1, as_of=clock(25))) == [0, 25]
    unknown = replay(tasks(*rows), cap=1)
    assert unknown.left_out == {"running nobody knows until when": 1}
    assert unknown.is_censored
    assert starts(replay(Snapshot(tasks=tasks(*rows), as_of=clock(30)), cap=1)) == [0, 30]


def test_the_summary_sets_what_was_beside_what_would_have_been() -> None:
    found = replay(tasks(*THREE_AT_ONCE), cap=2).summary
    assert found["scenario"].tolist() == ["observed", "replayed"]
    assert found["mean_wait_s"].tolist() == pytest.approx([10, 10 / 3])
    assert found["p50_wait_s"].tolist() == [10, 0]
    assert found["p95_wait_s"].tolist() == pytest.approx([19, 9])
    assert found["max_wait_s"].tolist() == [20, 10]
    assert repr(replay(tasks(*THREE_AT_ONCE), cap=2)).replace("\u202f", " ") == (
        "<Replay: 3 tasks: makespan 20 s (observed 30 s), median wait 0 s (10 s), 95 % within 9 s (19 s)>"
    )


def test_what_if_compares_several_caps() -> None:
    found = what_if(tasks(*THREE_AT_ONCE), [1, 2, math.inf])
    assert found["scenario"].tolist() == ["observed", "cap 1", "cap 2", "cap inf"]
    assert found["makespan_s"].tolist() == [30, 30, 20, 10]
    assert found["busy_share"].fillna(0).tolist() == [0, 1, 0.75, 0]
    named = what_if(tasks(*THREE_AT_ONCE), {"as it is": {"p1": 1}, "twice": {"p1": 2}})
    assert named["scenario"].tolist() == ["observed", "as it is", "twice"]
    assert named["n"].tolist() == [3, 3, 3]


def test_no_rows() -> None:
    found = replay(tasks(), cap=1)
    assert len(found.tasks) == 0
    assert math.isnan(found.makespan_s)
    assert str(found) == "no task to replay"
    assert found.summary["n"].tolist() == [0, 0]
    full = replay(tasks(*THREE_AT_ONCE), cap=1)
    pd.testing.assert_series_equal(found.tasks.dtypes, full.tasks.dtypes)
    assert what_if(tasks(), [1])["max_wait_s"].isna().all()


def test_a_mapping_names_every_queue() -> None:
    with pytest.raises(ConfigurationError, match="no number for the queue 'p1'; it has 'p2'"):
        replay(tasks(*THREE_AT_ONCE), cap={"p2": 1})
    with pytest.raises(ConfigurationError, match="for the tasks that do not say their queue_id; add None: …"):
        replay(tasks(task(0, 0, 1, queue=None)), cap={"p2": 1})
    with pytest.raises(ConfigurationError, match="without by all tasks are one queue"):
        replay(tasks(*THREE_AT_ONCE), cap={"p1": 1}, by=None)


@pytest.mark.parametrize(("caps", "message"), [(5, "a list of caps"), ("5", "a list"), ({"p1": 5}, "for one scenario")])
def test_what_if_says_what_it_takes(caps: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        what_if(tasks(*THREE_AT_ONCE), caps)


@pytest.mark.parametrize("cap", [0, 2.5, True, "2", math.nan])
def test_a_cap_that_is_none_is_refused(cap: Any) -> None:
    with pytest.raises(ConfigurationError, match="give how many tasks run at once"):
        replay(tasks(*THREE_AT_ONCE), cap=cap)


def test_missing_columns_are_named() -> None:
    with pytest.raises(SchemaError, match="run_id"):
        replay(tasks(*THREE_AT_ONCE).drop(columns="run_id"), cap=1)


def test_the_frame_stays_as_it_is() -> None:
    frame = tasks(*THREE_AT_ONCE, as_of=40)
    before = frame.copy(deep=True)
    replay(frame, cap=2)
    pd.testing.assert_frame_equal(frame, before)


def with_queues(snapshot: Snapshot, workload: Workload) -> Snapshot:
    """Return `snapshot` with the queue of each task, which the detail of an execution does not say."""
    queue_of = {each.task_id: each.queue_id for each in workload.tasks_of(snapshot.batch_jobs["batch_job_id"][0])}
    queues = snapshot.tasks["task_id"].map(queue_of).astype(schema.TEXT)
    return dataclasses.replace(snapshot, tasks=snapshot.tasks.assign(queue_id=queues))


def test_with_its_own_cap_a_batch_goes_as_the_local_service_had_it() -> None:
    workload = Workload.of_batch(executions=300, tags=("Transcode", "Snapshot", "SpeechRecognition"), seed=3)
    with LocalService(workload) as service, service.client(concurrency=8) as client:
        snapshot, found = fetch_snapshot(client), fetch_queues(client)
    own = found.set_index("queue_id")["max_concurrent"].to_dict()
    assert len(own) == 2
    snapshot = with_queues(snapshot, workload)
    for data in (snapshot, snapshot.tasks):
        again = replay(data, cap=own)
        assert again.makespan_s == again.was_makespan_s > 0
        assert len(again.tasks) == 900
        assert again.tasks["was_wait_s"].max() > 0
        really = snapshot.tasks.set_index("task_id")["started_at"]
        pd.testing.assert_series_equal(again.tasks.set_index("task_id")["started_at"], really, check_freq=False)


def test_with_their_own_places_workflows_that_fork_and_join_go_as_they_went(workload: Workload, client: Client) -> None:
    story = workload.story
    assert story is not None
    finished = [job for job in workload.batch_jobs if job.state == "Success" and job.type == "Workflow"]
    joins = 0
    for job in finished[:6]:
        history = story.history(job.batch_job_id)
        assert history is not None
        joins += sum(len(before) > 1 for flow in history.assignment.flows for before in flow.predecessors)
        snapshot = with_queues(fetch_snapshot(client, job.batch_job_id), workload)
        again = replay(snapshot, cap=history.assignment.places)
        assert again.makespan_s == again.was_makespan_s
        assert again.tasks["wait_s"].tolist() == again.tasks["was_wait_s"].tolist()
    assert joins > 0


class Visit(NamedTuple):
    """A task of a chain: how long after the one before it was created, how long it waited and ran, and where."""

    delay: int
    wait: int
    run: int
    queue: str


VISITS = st.builds(Visit, st.integers(0, 4), st.integers(0, 4), st.integers(0, 4), st.sampled_from(["p1", "p2"]))
CAPS = st.fixed_dictionaries({queue: st.sampled_from([1, 2, math.inf]) for queue in ("p1", "p2")})


def second_by_second(chains: list[list[Visit]], caps: dict[str, float]) -> list[tuple[int, int]]:
    """Return when each visit is created and starts: the clock goes on, whoever came first takes a free place."""
    observed: dict[tuple[int, int], tuple[int, int, int, int]] = {}
    for chain, visits in enumerate(chains):
        now = 0
        for place, visit in enumerate(visits):
            created = now + visit.delay
            now = created + visit.wait + visit.run
            observed[chain, place] = (created, created + visit.wait, now, len(observed))
    coming = {(chain, 0): visits[0].delay for chain, visits in enumerate(chains)}
    running: list[tuple[str, int]] = []
    created_at, started_at = {}, {}
    for now in itertools.takewhile(lambda _: coming, itertools.count()):
        while True:
            running = [(queue, end) for queue, end in running if end > now]
            busy = [queue for queue, _ in running]
            free = [
                (ready, observed[key], key)
                for key, ready in coming.items()
                if ready <= now and busy.count(chains[key[0]][key[1]].queue) < caps[chains[key[0]][key[1]].queue]
            ]
            if not free:
                break
            ready, _, (chain, place) = min(free)
            visit = chains[chain][place]
            del coming[chain, place]
            created_at[chain, place], started_at[chain, place] = ready, now
            running.append((visit.queue, now + visit.run))
            if place + 1 < len(chains[chain]):
                coming[chain, place + 1] = now + visit.run + chains[chain][place + 1].delay
    return [(created_at[key], started_at[key]) for key in observed]


@settings(max_examples=40)
@given(st.lists(st.lists(VISITS, min_size=1, max_size=3), min_size=1, max_size=6), CAPS)
def test_the_replay_is_that_of_a_clock_that_goes_on_second_by_second(
    chains: list[list[Visit]], caps: dict[str, float]
) -> None:
    rows = []
    for chain, visits in enumerate(chains):
        now = 0
        for visit in visits:
            created = now + visit.delay
            now = created + visit.wait + visit.run
            rows.append(task(created, created + visit.wait, now, queue=visit.queue, run_id=f"i{chain}"))
    cap = {queue: n for queue, n in caps.items() if queue in {row["queue_id"] for row in rows}}
    found = replay(tasks(*rows), cap=cap).tasks
    expected = second_by_second(chains, caps)
    times = [(found[name] - MIDNIGHT).dt.total_seconds().tolist() for name in ("created_at", "started_at")]
    assert list(zip(*times, strict=True)) == expected
    np.testing.assert_array_equal(found["wait_s"], [start - created for created, start in expected])
