"""The ways to read tasks: a pure choice of the one with the fewest requests."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis.service.ways import Group, Way, groups_of, lists, tags_of, ways
from tests.service.known import executions, topology, workflow


def group(executions: int, batch: str = "b1", workflow: str = "w1", **tags: int) -> Group:
    return Group(batch_job_id=batch, workflow_id=workflow, executions=executions, tags=tags or None)


def by(found: list[Way]) -> list[tuple[str, int]]:
    return [(way.by, way.requests) for way in found]


@pytest.mark.parametrize(("rows", "requests"), [(0, 1), (1, 1), (100, 1), (101, 2), (20_000, 200), (None, None)])
def test_a_list_takes_a_request_for_100_rows_and_one_if_it_is_empty(rows: int | None, requests: int | None) -> None:
    assert lists("tasks", "/jobs", {"tag": "Transcode"}, rows=rows).requests == requests


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([], []),
        ([group(1, Transcode=1)], [("batch job", 1)]),  # as cheap as the detail, and it says more
        ([group(2, Transcode=1)], [("batch job", 1)]),
        ([group(2, Transcode=1, Snapshot=1, Animation=1)], [("detail", 2)]),
        ([group(3, Transcode=1, Snapshot=1, Animation=1)], [("batch job", 3)]),
        ([group(100, Transcode=2, Snapshot=1)], [("batch job", 3)]),
        ([group(20_000, Transcode=1, Snapshot=1, Animation=1)], [("batch job", 600)]),
        ([group(20_000)], [("detail", 20_000)]),  # its topology is not known
        ([group(20_000, batch="")], [("detail", 20_000)]),
        ([group(500, batch="", Transcode=1)], [("workflow", 5)]),
        ([group(500, batch="", workflow="", Transcode=1)], [("detail", 500)]),
        ([group(10, f"b{n}", Transcode=1) for n in range(2)], [("batch job", 1)] * 2),
        ([group(10, f"b{n}", Transcode=1) for n in range(9)], [("workflow", 1)]),  # many small ones
        ([group(200, f"b{n}", Transcode=1) for n in range(9)], [("batch job", 2)] * 9),  # others' rows may double it
        ([group(200, f"b{n}", f"w{n}", Transcode=1) for n in range(9)], [("batch job", 2)] * 9),
    ],
)
def test_the_way_with_the_fewest_requests(groups: list[Group], expected: list[tuple[str, int]]) -> None:
    assert by(ways(groups)) == expected


TAGS = st.dictionaries(st.sampled_from(["Transcode", "Snapshot", "PicProcess"]), st.integers(1, 3), max_size=3)
GROUPS = st.lists(
    st.tuples(st.sampled_from(["b1", "b2", "b3", ""]), st.sampled_from(["w1", "w2", ""]), st.integers(1, 400)),
    max_size=6,
    unique_by=lambda row: row[:2],
)


@given(GROUPS, TAGS)
def test_no_other_choice_of_ways_takes_fewer_requests(rows: list[tuple[str, str, int]], tags: dict[str, int]) -> None:
    groups = [Group(batch_job_id=b, workflow_id=w, executions=n, tags=tags or None) for b, w, n in rows]
    found = ways(groups)
    assert sorted(map(str, groups)) == sorted(str(own) for way in found for own in way.groups)  # each group, once

    def own_costs(one: Group) -> list[int]:
        """Return the cost of each way to read one group."""
        listed = sum(-(-one.executions * nodes // 100) for nodes in tags.values())
        return [one.executions, *([listed] if tags and one.batch_job_id else [])]

    best = 0
    for name in dict.fromkeys(one.workflow_id for one in groups):
        of_workflow = [one for one in groups if one.workflow_id == name]
        apart = min(map(sum, product(*map(own_costs, of_workflow))))
        n = sum(one.executions for one in of_workflow)
        together = sum(-(-n * nodes // 100) for nodes in tags.values())
        is_known = bool(tags) and bool(name) and (len(of_workflow) > 1 or not of_workflow[0].batch_job_id)
        best += together if is_known and 2 * together < apart else apart
    assert sum(way.requests for way in found) == best


@pytest.mark.parametrize(
    ("given_topology", "tags"),
    [
        (topology("Transcode", "Snapshot", "Transcode"), {"Transcode": 2, "Snapshot": 1}),
        (topology("Transcode", "StreamPack"), None),  # a node that no list has
        (topology("FileCompress"), None),
        (topology(), None),
        (json.dumps({"Nodes": {"Start": {"Type": "Start"}, "End": {"Type": "End"}, "a": {"Type": "Tts"}}}), {"Tts": 1}),
        *[(text, None) for text in ("", "null", "[]", "{}", '{"Nodes": null}', '{"Nodes": {"a": "b"}}', "<xml>")],
        *[(missing, None) for missing in (None, pd.NA, float("nan"))],
    ],
)
def test_the_kinds_of_task_in_a_topology(given_topology: Any, tags: dict[str, int] | None) -> None:
    assert tags_of(given_topology) == tags


def test_executions_are_counted_by_batch_job_and_workflow() -> None:
    frame = executions(("b1", "w1", 3), ("b2", "w1", 1), ("b1", "w2", 2), (None, "w1", 1), ("b1", None, 1))
    found = {(one.batch_job_id, one.workflow_id): one for one in groups_of(frame, workflow("Transcode"))}
    assert {key: one.executions for key, one in found.items()} == {
        ("b1", "w1"): 3, ("b2", "w1"): 1, ("b1", "w2"): 2, ("", "w1"): 1, ("b1", ""): 1,
    }  # fmt: skip
    assert {key for key, one in found.items() if one.tags} == {("b1", "w1"), ("b2", "w1"), ("", "w1")}
