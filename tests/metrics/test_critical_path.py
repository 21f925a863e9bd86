from itertools import chain
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.metrics.paths.critical import critical_path
from tests.workflow_builders import W1, W2, many_executions, snapshot, task, topology_text

DIAMOND_RUN = (
    task("Cut", 1, 3, 10),
    task("High", 10, 30, 70),
    task("Low", 10, 12, 40),
    task("Pack", 71, 75, 80),
)


def by_node(tasks: pd.DataFrame, column: str) -> dict[str, Any]:
    return dict(zip(tasks["node"], tasks[column], strict=True))


def test_the_path_of_a_diamond_and_its_parts() -> None:
    found = critical_path(snapshot(*DIAMOND_RUN))
    tasks = found.tasks
    assert by_node(tasks, "is_critical") == {"Cut": True, "High": True, "Low": False, "Pack": True}
    assert by_node(tasks, "earliest_s") == {"Cut": 10, "High": 70, "Low": 40, "Pack": 80}
    assert by_node(tasks, "slack_s") == {"Cut": 0, "High": 0, "Low": 30, "Pack": 0}
    assert by_node(tasks, "gap_s") == {"Cut": 1, "High": 0, "Low": 0, "Pack": 1}
    assert by_node(tasks, "queue_wait_s") == {"Cut": 2, "High": 20, "Low": 2, "Pack": 4}
    assert by_node(tasks, "run_time_s") == {"Cut": 7, "High": 40, "Low": 28, "Pack": 5}
    assert by_node(tasks, "step_s") == {"Cut": 10, "High": 60, "Low": 30, "Pack": 10}
    (execution,) = found.executions.itertuples(index=False)
    assert execution == ("i1", W1, 80.0, "Cut → High → Pack", 4, True, False)
    assert found.remarks == ()


def test_the_share_of_each_node_over_a_batch() -> None:
    other = [task("Cut", 0, 0, 10, run=2), task("High", 10, 10, 20, run=2), task("Low", 10, 15, 40, run=2)]
    found = critical_path(snapshot(*DIAMOND_RUN, *other))
    assert found.nodes["node"].tolist() == ["High", "Low", "Cut", "Pack"]
    assert found.nodes["n"].tolist() == [2, 2, 2, 1]
    assert found.nodes["n_critical"].tolist() == [1, 1, 2, 1]
    assert found.nodes["share_of_critical_time"].tolist() == pytest.approx([60 / 120, 30 / 120, 20 / 120, 10 / 120])
    assert found.nodes["mean_queue_wait_s"].tolist() == [20, 5, 1, 4]
    assert found.nodes["mean_run_time_s"].tolist() == [40, 25, 8.5, 5]
    assert found.nodes["mean_gap_s"].tolist() == [0, 0, 0.5, 1]
    assert found.nodes["median_slack_s"].tolist() == [10, 15, 0, 0]
    (sentence,) = found.sentences
    assert sentence == (
        "flow w1: 2 executions, half of them within 1 min; High takes 50% of the critical time "
        "(critical in 1 of 2; 20 s queue wait, 40 s run time on average); Low has most to spare, 15 s in half of them."
    )


def test_a_node_where_nothing_ran_is_passed_over() -> None:
    found = critical_path(snapshot(task("Cut", 0, 0, 10), task("Pack", 15, 15, 20)))
    assert found.executions["critical_nodes"].tolist() == ["Cut → Pack"]
    assert by_node(found.tasks, "gap_s") == {"Cut": 0, "Pack": 5}


def test_of_several_tasks_at_a_node_the_last_to_end_counts() -> None:
    runs = [task("Cut", 0, 0, 10, task_id="first"), task("Cut", 0, 0, 30, task_id="last"), task("High", 30, 31, 40)]
    found = critical_path(snapshot(*runs))
    assert found.tasks["task_id"].tolist() == ["last", "j2"]
    assert found.tasks["n_tasks"].tolist() == [2, 1]
    assert found.remarks == ("1 node with several tasks in one execution: the task that ended last counts",)


def test_a_task_created_before_the_last_one_ended_has_a_gap_below_zero_and_the_sum_is_right() -> None:
    found = critical_path(snapshot(task("Cut", 0, 0, 10), task("High", 4, 12, 20)))
    assert by_node(found.tasks, "gap_s") == {"Cut": 0, "High": -6}
    assert by_node(found.tasks, "step_s") == {"Cut": 10, "High": 10}
    assert found.executions["length_s"].tolist() == [20]


def test_unfinished_ones_last_until_as_of_and_say_so() -> None:
    data = snapshot(
        task("Cut", 0, 0, 10),
        task("High", 10, 20, 30, state="Running"),
        task("Low", 10, state="Submitted"),
        executions=[{"run_id": "i1", "workflow_id": W1, "state": "Running", "created_at": 0}],
    )
    found = critical_path(data, as_of="2026-03-01T10:01Z")
    assert by_node(found.tasks, "earliest_s") == {"Cut": 10, "High": 60, "Low": 60}
    assert by_node(found.tasks, "is_censored") == {"Cut": False, "High": True, "Low": True}
    assert found.executions[["length_s", "critical_nodes", "is_censored"]].values.tolist() == [[60, "Cut → High", True]]
    assert found.remarks == ("2 tasks unfinished or without an end: their executions take longer than is said",)
    assert critical_path(data).executions["length_s"].tolist() == [7200]


def test_an_execution_between_two_nodes_is_not_finished_though_its_tasks_are() -> None:
    runs = [{"run_id": "i1", "workflow_id": W1, "state": "Running", "created_at": 0}]
    assert critical_path(snapshot(task("Cut", 0, 0, 10), executions=runs)).executions["is_censored"].tolist() == [True]


@pytest.mark.parametrize("workflows", [{}, {W1: topology_text({"Start": "Other", "Other": "End"})}])
def test_without_a_topology_that_fits_the_times_tell_the_order(workflows: dict[str, str]) -> None:
    found = critical_path(snapshot(*DIAMOND_RUN, workflows=workflows))
    assert found.executions["critical_nodes"].tolist() == ["Cut → High → Pack"]
    assert found.executions["has_topology"].tolist() == [False]
    assert found.tasks["node"].tolist() == ["Cut", "Low", "High", "Pack"]
    np.testing.assert_array_equal(found.tasks["slack_s"], [0, np.nan, 0, 0])
    assert found.remarks == ("1 execution without a topology that names all nodes: the order is that of the times",)


def test_tasks_alone_and_tasks_without_a_node() -> None:
    tasks = snapshot(*DIAMOND_RUN[:2], task(None, 72, 72, 90)).tasks
    found = critical_path(tasks)
    assert found.executions["critical_nodes"].tolist() == ["Cut → High → no node"]
    assert found.executions["length_s"].tolist() == [89]
    assert found.nodes["node"].isna().tolist() == [False, True, False]


def test_what_has_no_execution_no_time_or_no_task_is_counted() -> None:
    odd = [task("Cut", run_id=None), task("Start", 0), task("Cut", run=2), task("High", 50, 51, 40, run=3)]
    runs = [{"run_id": f"i{run}", "workflow_id": W1, "state": "Success", "created_at": 0} for run in (1, 2, 3, 4)]
    found = critical_path(snapshot(*DIAMOND_RUN, *odd, executions=runs))
    assert found.remarks == (
        "1 task without an execution left out: they wait for no other task",
        "1 task at Start or End left out",
        "1 task without a time left out",
        "1 task with an end before the creation, which counts as the end",
    )
    np.testing.assert_array_equal(found.executions["length_s"], [80, np.nan, 50, np.nan])
    assert found.executions["critical_nodes"].isna().tolist() == [False, True, False, True]
    assert found.executions["n_nodes"].tolist() == [4, 0, 1, 0]


def test_executions_that_only_tasks_name_and_odd_states() -> None:
    tasks = [task("Cut", 5, 5, 10, state="Archived"), task("Cut", 7, 8, 9, run=2, workflow_id=W2), task("Low", run=3)]
    found = critical_path(snapshot(*tasks, executions=[]), as_of="2026-03-01T10:00:30Z")
    assert found.executions["run_id"].tolist() == ["i1", "i2"]
    assert found.executions["length_s"].tolist() == [25, 2]
    assert found.executions["is_censored"].tolist() == [True, False]
    assert found.executions["has_topology"].tolist() == [True, False]


def test_no_task_has_the_same_columns() -> None:
    empty, full = critical_path(snapshot()), critical_path(snapshot(*DIAMOND_RUN))
    for name in ("tasks", "executions", "nodes"):
        assert len(getattr(empty, name)) == 0
        pd.testing.assert_series_equal(getattr(empty, name).dtypes, getattr(full, name).dtypes)
    assert empty.sentences == empty.remarks == ()


def test_what_is_wrong_with_the_arguments() -> None:
    with pytest.raises(SchemaError, match="node"):
        critical_path(snapshot().tasks.drop(columns="node"))
    with pytest.raises(ConfigurationError, match="which zone"):
        critical_path(snapshot(), as_of="2026-03-01 12:00")


def test_the_snapshot_is_left_as_it_was_whatever_its_index() -> None:
    data = snapshot(*DIAMOND_RUN)
    data.tasks.index = pd.Index([7, 7, 7, 7])
    before = data.tasks.copy()
    assert critical_path(data).executions["length_s"].tolist() == [80]
    pd.testing.assert_frame_equal(data.tasks, before)


NAMES = "ABCDEFGH"
Ran = dict[str, tuple[int, int, int]]


@st.composite
def batches(draw: st.DrawFn) -> tuple[nx.DiGraph, list[Ran]]:
    """Draw a DAG and executions of it: for each node that ran its gap, queue wait and run time."""
    names = NAMES[: draw(st.integers(1, 8))]
    pairs = [(begin, end) for number, begin in enumerate(names) for end in names[number + 1 :]]
    graph = nx.DiGraph()
    graph.add_nodes_from(names)
    graph.add_edges_from(draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else [])
    part = st.integers(0, 4)
    ran = st.dictionaries(st.sampled_from(names), st.tuples(part, part, part), min_size=1)
    return graph, draw(st.lists(ran, min_size=1, max_size=6))


def without_the_missing(graph: nx.DiGraph, ran: Ran) -> nx.DiGraph:
    """Return the graph of the nodes that ran: what comes before one that did not, comes before those after it."""
    left = graph.copy()
    for name in set(graph) - set(ran):
        left.add_edges_from((before, after) for before in left.predecessors(name) for after in left.successors(name))
        left.remove_node(name)
    return left


def tasks_of(graph: nx.DiGraph, ran: Ran, run: int) -> list[dict[str, Any]]:
    """Return the tasks of an execution in which each node is created when all before it have ended, and its gap."""
    ended: dict[str, int] = {}
    rows = []
    for name in nx.lexicographical_topological_sort(graph):
        gap, wait, spent = ran[name]
        created = max((ended[before] for before in graph.predecessors(name)), default=0) + gap
        ended[name] = created + wait + spent
        rows.append(task(name, created, created + wait, ended[name], run=run))
    return rows


@settings(max_examples=40)
@given(batches())
def test_length_path_and_slack_are_those_of_networkx(batch: tuple[nx.DiGraph, list[Ran]]) -> None:
    graph, executions = batch
    following = {name: ",".join(graph.successors(name)) or "End" for name in graph}
    graphs = [without_the_missing(graph, ran) for ran in executions]
    rows = [tasks_of(left, ran, run) for run, (left, ran) in enumerate(zip(graphs, executions, strict=True))]
    found = critical_path(snapshot(*chain.from_iterable(rows), workflows={W1: topology_text(following)}))
    lengths = found.executions.set_index("run_id")
    for run, (left, ran) in enumerate(zip(graphs, executions, strict=True)):
        weighted = nx.DiGraph([("Start", name) for name in left] + list(left.edges))
        for _, end, edge in weighted.edges(data=True):
            edge["weight"] = sum(ran[end])
        length = nx.dag_longest_path_length(weighted)
        assert lengths["length_s"][f"i{run}"] == length

        own = found.tasks[found.tasks["run_id"] == f"i{run}"]
        critical = own["node"][own["is_critical"]].tolist()
        assert lengths["critical_nodes"][f"i{run}"] == " → ".join(critical)
        assert nx.is_path(left, critical)
        assert sum(sum(ran[name]) for name in critical) == length
        paths = [path for end in left for path in nx.all_simple_paths(weighted, "Start", end)]
        longest = [path for path in paths if sum(sum(ran[name]) for name in path[1:]) == length]
        if len(longest) == 1 and length > 0:
            assert ["Start", *critical] == nx.dag_longest_path(weighted)

        for name, slack_s in by_node(own, "slack_s").items():
            through = [sum(sum(ran[each]) for each in path[1:]) for path in paths if name in path]
            assert slack_s == length - max(through)


@settings(max_examples=15)
@given(batches())
def test_parts_add_up_to_the_length(batch: tuple[nx.DiGraph, list[Ran]]) -> None:
    graph, executions = batch
    rows = [tasks_of(without_the_missing(graph, ran), ran, run) for run, ran in enumerate(executions)]
    for data in (snapshot(*chain.from_iterable(rows), workflows={}), snapshot(*chain.from_iterable(rows))):
        found = critical_path(data)
        critical = found.tasks[found.tasks["is_critical"]]
        parts = critical[["gap_s", "queue_wait_s", "run_time_s"]].sum(axis=1)
        assert parts.tolist() == pytest.approx(critical["step_s"].tolist())
        sums = critical.groupby("run_id")["step_s"].sum()
        lengths = found.executions.set_index("run_id")["length_s"]
        assert sums.to_dict() == pytest.approx(lengths.to_dict())


def test_many_executions_are_as_each_one_is_alone() -> None:
    data = many_executions(200)
    found = critical_path(data)
    one = data.tasks["run_id"] == f"i{7:032x}"
    alone = critical_path(
        type(data)(
            executions=data.executions.iloc[[7]], tasks=data.tasks[one], workflows=data.workflows, as_of=data.as_of
        )
    )
    together = found.tasks[found.tasks["run_id"] == f"i{7:032x}"].reset_index(drop=True)
    pd.testing.assert_frame_equal(together, alone.tasks)
    assert found.nodes["n"].tolist() == [200] * 4
    assert found.nodes["share_of_critical_time"].sum() == pytest.approx(1)
