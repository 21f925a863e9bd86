"""The plan: a pure function from what is known to the fewest requests."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis import Client, ConfigurationError, Credentials
from cijob_analysis.service.plan import Group, Plan, Step, Way, by_ids, groups_of, lists, plan, tags_of, ways


def group(executions: int, batch: str = "b1", workflow: str = "w1", **tags: int) -> Group:
    return Group(batch_job_id=batch, workflow_id=workflow, executions=executions, tags=tags or None)


def topology(*types: str) -> str:
    nodes = {"Start": {"Type": "Start"}, **{f"{kind}_{n}": {"Type": kind} for n, kind in enumerate(types)}}
    return json.dumps({"Dependencies": {"Start": "…"}, "Nodes": nodes})


def workflow(*types: str, workflow_id: str = "w1") -> pd.DataFrame:
    return pd.DataFrame({"workflow_id": [workflow_id], "topology": [topology(*types)]})


def executions(*rows: tuple[str | None, str | None, int]) -> pd.DataFrame:
    """Return so many executions of a batch job and a workflow."""
    cells = [(batch, workflow) for batch, workflow, n in rows for _ in range(n)]
    return pd.DataFrame(cells, columns=["batch_job_id", "workflow_id"], dtype="string")


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


@pytest.mark.parametrize(
    ("ids", "requests"),
    [
        ([], 0),
        (["j1"], 1),
        ([f"j{n}" for n in range(10)], 1),
        ([f"j{n}" for n in range(11)], 2),
        ([f"{kind}{n}" for kind in "jcdsf" for n in range(11)], 10),
        (["x1", "j2"], 1),
    ],
)
def test_ids_go_ten_at_a_time_each_kind_at_its_own_path(ids: list[str], requests: int) -> None:
    assert by_ids(ids).requests == requests


# --- the plan of a snapshot -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "requests"),
    [
        ({}, (1, None, None, None)),
        ({"executions": 20_000}, (1, 200, 1, None)),
        ({"executions": 20_000, "workflows": workflow("Transcode", "Snapshot")}, (1, 200, 1, 200, 200)),
        ({"executions": 5, "workflows": workflow("StreamPack")}, (1, 1, 1, 5)),
        ({"executions": 0, "workflows": workflow("Transcode")}, (1, 1, 1, 1)),
        ({"executions": executions(("b1", "w1", 250))}, (1, 3, 1, None)),
        ({"executions": executions(("b1", "w1", 250)), "workflows": workflow("Tts", "Tts")}, (1, 3, 1, 5)),
        ({"depth": "batch_jobs"}, (1,)),
        ({"depth": "executions", "executions": 101}, (1, 2)),
    ],
)
def test_the_steps_of_a_snapshot_of_one_batch_job(known: dict[str, Any], requests: tuple[int | None, ...]) -> None:
    found = plan(1, **known)
    assert tuple(step.requests for step in found.steps) == requests
    assert found.requests == sum(n or 0 for n in requests)
    assert found.is_whole is (None not in requests)


def test_several_batch_jobs_and_all() -> None:
    frame = executions(("b1", "w1", 150), ("b2", "w2", 1))
    both = pd.concat([workflow("Transcode"), workflow("Snapshot", workflow_id="w2")])
    assert [step.requests for step in plan(2, executions=frame, workflows=both).steps] == [2, 2, 1, 1, 2, 1]
    assert [step.requests for step in plan(2, executions=300).steps] == [2, None, 1, None]
    assert plan(None).steps[0].request == "GET /inventorytriggerjob"
    assert plan(None).steps[0].requests is None


def test_it_shows_in_one_line_as_a_frame_and_in_a_notebook() -> None:
    found = plan(1, executions=20_000, workflows=workflow("Transcode"), requests_per_second=10)
    assert str(found) == "402 requests, about 40 s at 10 a second"
    assert repr(found) == f"<Plan: {found}>"
    frame = found.to_frame()
    assert frame["requests"].tolist() == [1, 200, 1, 200]
    assert str(frame["requests"].dtype) == str(frame["rows"].dtype) == "Int64"
    assert "402 requests" in found._repr_html_()
    assert "&lt;id&gt;" in found._repr_html_()
    unknown = plan(3)
    assert str(unknown).startswith("3 requests, and GET /workflowexecution?jobId=<id>, GET /workflow?ids=<ids>, GET /j")
    assert "?" in unknown._repr_html_()


@pytest.mark.parametrize(("requests", "text"), [(50, "5 s"), (1_800, "3 min"), (108_000, "3 h")])
def test_how_long_it_will_take(requests: int, text: str) -> None:
    step = Step(level="tasks", request="GET /jobs", requests=requests)
    assert f"about {text} at 10 a second" in str(Plan((step,), 10))


def test_a_client_plans_without_a_request() -> None:
    credentials = Credentials("i", "k")
    with Client("media-1250000000", "ap-beijing", credentials=credentials, requests_per_second=4) as client:
        assert client.plan("b1", executions=400, workflows=workflow("Tts")).requests == 1 + 4 + 1 + 4
        assert client.plan(["b1", "b1", "b2"], depth="batch_jobs").requests == 2
        assert client.plan(pd.DataFrame({"batch_job_id": ["b1", "b2"]}), depth="batch_jobs").requests == 2
        assert "at 4 a second" in str(client.plan("b1"))
        with pytest.raises(ConfigurationError, match="depth='all'"):
            client.plan(depth="all")
