"""Queues and workflows over real HTTP: pages that have numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from cijob_analysis import APIError, ConfigurationError, JobNotFound, RetryPolicy, Workload, schema
from cijob_analysis.fetch import fetch_queues, fetch_workflows
from cijob_analysis.ledger import ledger_of
from cijob_analysis.local import Faults, Queue
from cijob_analysis.service.requests import QUEUE_KINDS
from tests.fetch.expected import entries
from tests.fetch.serving import serving
from tests.lists import client_of
from tests.local.worlds import LINEAR, QUEUES, SMALL, WORKFLOW


@pytest.fixture(scope="module")
def many() -> Workload:
    """25 workflows, and as many media queues."""
    workflows = tuple(replace(LINEAR, workflow_id=f"w{number:032x}", name=f"flow {number}") for number in range(25))
    queues = tuple(Queue(queue_id=f"p{number:032x}", name=f"q{number}", max_concurrent=number) for number in range(25))
    return Workload(workflows=workflows, queues=queues)


def test_all_queues_of_all_kinds() -> None:
    with serving(SMALL) as service, service.client() as client:
        frame = fetch_queues(client)
        assert len(service.requests) == len(QUEUE_KINDS)
    assert list(frame.dtypes) == list(schema.empty(schema.QUEUES).dtypes)
    found = frame.set_index("queue_id")
    assert set(found.index) == {queue.queue_id for queue in QUEUES}
    for queue in QUEUES:
        row = found.loc[queue.queue_id]
        cells = (row["name"], row["state"], row["category"], row["max_concurrent"], row["max_size"])
        assert cells == (queue.name, queue.state, queue.category, queue.max_concurrent, queue.max_size)
        assert (None if pd.isna(row["created_at"]) else row["created_at"]) == queue.created_at
    assert ledger_of(frame).is_complete


def test_one_kind_of_queues() -> None:
    with serving(SMALL) as service, service.client() as client:
        assert set(fetch_queues(client, "picture")["category"]) == {"PicProcessing"}
        assert set(fetch_queues(client, "media")["category"]) == {"Transcoding", "SpeedTranscoding"}
        with pytest.raises(ConfigurationError, match="kind 'audio' is none of media, picture"):
            fetch_queues(client, "audio")


def test_a_kind_that_may_not_be_read_loses_that_kind() -> None:
    faults = Faults(denied_actions=frozenset({"ci:DescribeAIQueues"}))
    with serving(SMALL, faults=faults) as service, service.client() as client:
        frame = fetch_queues(client)
        with pytest.raises(APIError, match="ci:DescribeAIQueues") as caught:
            fetch_queues(client, on_error="raise")
    assert set(frame["queue_id"]) == {queue.queue_id for queue in QUEUES} - {"p-ai"}
    assert ledger_of(frame).remarks() == [
        "incomplete: access denied to ai queues: page 1 (the key's policy lacks ci:DescribeAIQueues)"
    ]
    assert caught.value.partial is not None
    assert len(caught.value.partial) == len(frame)


def test_workflows_with_their_topology() -> None:
    with serving(SMALL) as service, service.client() as client:
        frame = fetch_workflows(client).set_index("workflow_id")
    row = frame.loc[WORKFLOW.workflow_id]
    assert (row["name"], row["state"], row["bucket"]) == (WORKFLOW.name, "Active", SMALL.bucket)
    assert row["created_at"] == WORKFLOW.created_at
    topology = json.loads(str(row["topology"]))
    assert {name: node["Type"] for name, node in topology["Nodes"].items() if name != "Start"} == {
        node.name: node.type for node in WORKFLOW.nodes
    }
    assert topology["Dependencies"]["Segment_1"] == "Transcode_2,PicProcess_3"


def test_long_lists_are_read_to_their_end(many: Workload) -> None:
    with serving(many) as service, service.client() as client:
        workflows = fetch_workflows(client)
        queues = fetch_queues(client, "media")
        named = fetch_workflows(client, name="flow 1")
    assert workflows["workflow_id"].tolist() == [workflow.workflow_id for workflow in many.workflows]
    assert queues["max_concurrent"].tolist() == list(range(25))
    assert [entry.requests for entry in (*entries(workflows), *entries(queues))] == [3, 3]
    assert len(named) == 11
    assert entries(named)[0].filters == (("name", "flow 1"),)


def test_workflows_by_ids_ten_at_a_time(many: Workload) -> None:
    wanted = [workflow.workflow_id for workflow in many.workflows[3:]]
    with serving(many) as service, service.client() as client:
        frame = fetch_workflows(client, [*wanted, "w99", "no id", wanted[0]])
        assert service.requests.count(path="/workflow") == 3
        one = fetch_workflows(client, wanted[5])
        nothing = fetch_workflows(client, [])
        with pytest.raises(JobNotFound, match="w99"):
            fetch_workflows(client, ["w99", *wanted], on_error="raise")
    assert frame["workflow_id"].tolist() == wanted
    (entry,) = entries(frame)
    assert (entry.missing_ids, entry.invalid_ids) == (("w99",), ("no id",))
    assert ledger_of(frame).is_complete
    assert one["workflow_id"].tolist() == [wanted[5]]
    assert_frame_equal(nothing, schema.empty(schema.WORKFLOWS))


def test_ids_and_a_name_do_not_go_together() -> None:
    with serving(SMALL) as service, service.client() as client:
        with pytest.raises(ConfigurationError, match="name and ids do not go together"):
            fetch_workflows(client, ["w1"], name="flow")
        assert len(service.requests) == 0


def test_a_page_that_fails_loses_what_follows(many: Workload) -> None:
    faults = Faults(failing_pages=frozenset({2}))
    with serving(many, faults=faults) as service, service.client(retry=RetryPolicy(attempts=1)) as client:
        frame = fetch_workflows(client)
    assert len(frame) == 10
    assert entries(frame)[0].failures[0].what == "page 2"
    assert not ledger_of(frame).is_complete


@pytest.mark.parametrize(
    ("total", "ignores_numbers", "requests"), [(25, False, 3), (None, False, 3), (None, True, 2), (99, True, 2)]
)
def test_lists_that_do_not_say_their_length_or_have_no_pages(
    total: int | None, ignores_numbers: bool, requests: int
) -> None:
    asked: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        page = 1 if ignores_numbers else int(request.url.params["pageNumber"])
        asked.append(page)
        rows = [f"<QueueList><QueueId>p{n}</QueueId></QueueList>" for n in range(25)[(page - 1) * 10 : page * 10]]
        count = "" if total is None else f"<TotalCount>{total}</TotalCount>"
        return httpx.Response(200, text=f"<Response>{count}{''.join(rows)}</Response>")

    with client_of(httpx.MockTransport(answer)) as client:
        frame = fetch_queues(client, "media")
    assert len(asked) == requests
    assert ledger_of(frame).is_complete is (total != 99)
    assert frame["queue_id"].tolist() == [f"p{n}" for n in range(10 if ignores_numbers else 25)]
