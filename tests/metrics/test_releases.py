import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from cijob_analysis.metrics.queues.releases import NOTHING, latest_before, releases
from cijob_analysis.snapshot import Snapshot
from tests.metrics.queue_tasks import task, tasks

TASKS = st.tuples(st.integers(-1, 2), st.integers(0, 9), st.integers(0, 4))


@settings(max_examples=200)
@given(st.lists(TASKS, max_size=12))
def test_a_task_is_released_by_the_one_of_its_execution_that_ended_last_before(
    rows: list[tuple[int, int, int]],
) -> None:
    run, created, lasted = (
        np.array(column, np.int64) for column in (zip(*rows, strict=True) if rows else ([], [], []))
    )
    ended = created + lasted
    found = latest_before(run.astype(np.intp), created, ended)
    order = [(ended[at], created[at], at) for at in range(len(rows))]
    for at, other in enumerate(found):
        before = [
            order[each]
            for each in range(len(rows))
            if run[each] == run[at] >= 0 and ended[each] <= created[at] and order[each] < order[at]
        ]
        assert (other == NOTHING) == (not before)
        if before:
            assert order[other] in before
            assert ended[other] == max(before)[0]


def test_of_several_tasks_at_a_node_the_last_one_is_waited_for() -> None:
    rows = [
        task(0, 0, 10, run_id="i1", workflow_id="w1", node="a"),
        task(0, 0, 12, run_id="i1", workflow_id="w1", node="a"),
        task(12, 12, 15, run_id="i1", workflow_id="w1", node="b"),
        task(12, 12, 15, run_id="i2", workflow_id="w1", node="b"),
        task(0, 0, 9, workflow_id="w1", node="a"),
    ]
    topology = (
        '{"Dependencies": {"Start": "a", "a": "b", "b": "End"}, "Nodes": {"a": {"Type": "A"}, "b": {"Type": "B"}}}'
    )
    frame = tasks(*rows)
    workflows = pd.DataFrame({"workflow_id": ["w1"], "topology": [topology]}, dtype="string")
    created, ended = np.array([0, 0, 12, 12, 0]), np.array([10, 12, 15, 15, 9])
    found = releases(Snapshot(tasks=frame, workflows=workflows), frame, created, ended)
    assert [list(part) for part in found] == [[1], [2]]
    assert [list(part) for part in releases(frame, frame, created, ended)] == [[1], [2]]


def test_no_tasks_release_nothing() -> None:
    nothing = np.zeros(0, np.int64)
    for data in (tasks(), Snapshot()):
        assert [len(part) for part in releases(data, tasks(), nothing, nothing)] == [0, 0]
