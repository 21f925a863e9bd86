import json
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis.metrics.paths.topology import Topology, topologies_of
from tests.workflow_builders import DIAMOND, W1, W2, snapshot, task, topology_text


def read(dependencies: Any, **nodes: Any) -> Topology:
    found = Topology.from_json(json.dumps({"Dependencies": dependencies, "Nodes": nodes}))
    assert found is not None
    return found


def test_nodes_in_order_with_their_types_and_what_follows_what() -> None:
    types = {"Start": {"Type": "Start"}, "Pack": {"Type": "StreamPack"}, "Cut": {"Type": "Segment"}}
    topology = read(DIAMOND, **types, High={"Type": "Transcode", "Operation": {}}, Low={"Type": "Transcode"})
    assert topology.nodes == (("Cut", "Segment"), ("High", "Transcode"), ("Low", "Transcode"), ("Pack", "StreamPack"))
    assert topology.edges == (("Cut", "High"), ("Cut", "Low"), ("High", "Pack"), ("Low", "Pack"))
    assert topology.predecessors == {"Cut": (), "High": ("Cut",), "Low": ("Cut",), "Pack": ("High", "Low")}
    assert topology.successors["Cut"] == ("High", "Low")
    assert topology.remarks == ()


@pytest.mark.parametrize(
    "following",
    ["B,C", " B , C ,", ["B", "C"], ["B", "C,B"], {"#text": "B,C", "@kind": "x"}, ["B", None, {"#text": "C"}]],
)
def test_followers_however_they_are_written(following: Any) -> None:
    types = {name: {"Type": "Transcode"} for name in "ABC"}
    assert read({"Start": "A", "A": following, "B": None, "C": "End"}, **types).edges == (("A", "B"), ("A", "C"))


def test_a_node_that_only_one_part_names_is_a_node() -> None:
    topology = read({"Start": "A", "A": "B"}, A={"Type": "Segment"}, Alone={"Type": "Snapshot"})
    assert topology.nodes == (("A", "Segment"), ("Alone", "Snapshot"), ("B", None))
    assert topology.remarks == ("of 1 node the type is not known",)


def test_nodes_without_dependencies() -> None:
    topology = Topology.from_json(json.dumps({"Nodes": {"A": {"Type": "Segment"}, "B": None}}))
    assert topology is not None
    assert topology.order == ("A", "B")
    assert topology.edges == ()
    assert topology.remarks[-1] == "it does not say in which order the nodes run"


def test_start_and_end_are_no_nodes_whatever_they_are_called() -> None:
    topology = read({"Begin": "A", "A": "End"}, Begin={"Type": "Start"}, A=[{"Type": "Segment"}, {"Type": "Snapshot"}])
    assert topology.nodes == (("A", "Segment"),)
    assert topology.edges == ()


def test_of_a_cycle_the_edge_that_leads_back_is_left_out_and_no_other() -> None:
    types = {name: {"Type": "Transcode"} for name in "DABC"}
    topology = read({"Start": "A", "A": "B,D", "B": "C", "C": "A,D"}, **types)
    assert topology.order == ("A", "B", "C", "D")
    assert topology.edges == (("A", "B"), ("A", "D"), ("B", "C"), ("C", "D"))
    assert topology.remarks == ("1 edge back to an earlier node left out: the nodes form a cycle",)


@pytest.mark.parametrize(
    "text", [None, pd.NA, float("nan"), "", "no JSON", "[]", "null", "{}", '{"Nodes": {"Start": {}}}', "[" * 100_000]
)
def test_what_names_no_node_is_no_topology(text: object) -> None:
    assert Topology.from_json(text) is None


@given(st.lists(st.tuples(st.sampled_from("ABCDEF"), st.sampled_from("ABCDEF")), min_size=1, max_size=20))
def test_every_edge_leads_forward_and_none_is_lost_without_a_cycle(edges: list[tuple[str, str]]) -> None:
    following: dict[str, list[str]] = {}
    for begin, end in edges:
        following.setdefault(begin, []).append(end)
    topology = read(following)
    place = {name: number for number, name in enumerate(topology.order)}
    assert all(place[begin] < place[end] for begin, end in topology.edges)
    assert sorted(place) == sorted({name for edge in edges for name in edge})
    left_out = set(edges) - set(topology.edges)
    assert bool(left_out) == any("cycle" in remark for remark in topology.remarks)
    reached: dict[str, set[str]] = {name: {name} for name in place}
    for _ in place:
        for begin, end in set(edges):
            reached[begin] |= reached[end]
    assert all(begin in reached[end] for begin, end in left_out)


def test_an_execution_follows_its_own_topology_and_else_that_of_its_workflow() -> None:
    own = topology_text({"Start": "Only", "Only": "End"})
    runs = [
        {"run_id": "i1", "workflow_id": W1, "topology": own},
        {"run_id": "i2", "workflow_id": W1},
        {"run_id": "i3", "workflow_id": W2},
        {"run_id": "i4", "workflow_id": W1, "topology": "no JSON"},
        {"run_id": "i5"},
    ]
    data = snapshot(task("Cut", 0), executions=runs)
    topologies, numbers = topologies_of(data, data.executions)
    orders = [None if found is None else found.order for found in (topologies[number] for number in numbers)]
    diamond = ("Cut", "High", "Low", "Pack")
    assert orders == [("Only",), diamond, None, diamond, None]
    assert topologies[-1] is None
    assert topologies_of(data.tasks, data.executions)[1].tolist() == [0, 1, 1, 1, 1]
