from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.local import LocalService, Node, Queue, Workflow, Workload
from tests.local.asking import ask, code, content, ids, rows
from tests.local.worlds import LINEAR, MEDIA, PICTURES, SMALL, SPEECH, WORKFLOW


@pytest.fixture(scope="module")
def service() -> Iterator[LocalService]:
    with LocalService(SMALL) as service:
        yield service


def test_a_queue(service: LocalService, http: httpx.Client) -> None:
    answer = ask(service, http, "/queue", {"state": "Active"})
    assert rows(answer) == [
        {
            "QueueId": MEDIA,
            "Name": "queue-1",
            "State": "Active",
            "NotifyConfig": {"State": "Off"},
            "MaxSize": "10000",
            "MaxConcurrent": "10",
            "CreateTime": "2026-06-30T10:00:00+0800",
            "UpdateTime": "2026-06-30T10:00:00+0800",
            "Category": "Transcoding",
        }
    ]
    counts = {name: content(answer)[name] for name in ("TotalCount", "PageNumber", "PageSize")}
    assert counts == {"TotalCount": "1", "PageNumber": "1", "PageSize": "10"}


@pytest.mark.parametrize(
    ("path", "params", "expected"),
    [
        ("/queue", {}, [MEDIA, "p-paused"]),
        ("/queue", {"category": "SpeedTranscoding"}, ["p-fast"]),
        ("/queue", {"category": "CateAll"}, [MEDIA, "p-fast", "p-paused"]),
        ("/queue", {"state": "Paused"}, ["p-paused"]),
        ("/queue", {"state": "All", "queueIds": "", "pageNumber": "", "pageSize": ""}, [MEDIA, "p-paused"]),
        ("/queue", {"pageNumber": "2", "pageSize": "1"}, ["p-paused"]),
        ("/queue", {"pageNumber": "9"}, []),
        ("/picqueue", {}, [PICTURES]),
        ("/asrqueue", {}, [SPEECH]),
        ("/docqueue", {}, ["p-doc"]),
        ("/ai_queue", {}, ["p-ai"]),
        ("/file_queue", {}, ["p-file"]),
        ("/workflow", {}, [WORKFLOW.workflow_id, LINEAR.workflow_id]),
        ("/workflow", {"name": "lin"}, [LINEAR.workflow_id]),
        ("/workflow", {"ids": LINEAR.workflow_id}, [LINEAR.workflow_id]),
        ("/workflow", {"pageSize": "1", "pageNumber": "2"}, [LINEAR.workflow_id]),
    ],
)
def test_lists(
    service: LocalService, http: httpx.Client, path: str, params: dict[str, str], expected: list[str]
) -> None:
    assert ids(ask(service, http, path, params)) == expected


def test_a_lookup_names_unknown_ids_and_counts_nothing(service: LocalService, http: httpx.Client) -> None:
    queues = content(ask(service, http, "/queue", {"queueIds": f"p8,{MEDIA},p9"}))
    assert queues["NonExistPIDs"] == ["p8", "p9"]
    assert [row["QueueId"] for row in queues["QueueList"]] == [MEDIA]
    assert "TotalCount" not in queues
    workflows = content(ask(service, http, "/workflow", {"ids": "w9", "pageSize": "5"}))
    assert workflows["NonExistIDs"] == ["w9"]
    assert workflows["TotalCount"] == "0"


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("/queue", "state", "active"), ("/queue", "category", "PicProcessing"), ("/queue", "pageNumber", "0"),
        ("/queue", "pageSize", "x"), ("/workflow", "pageSize", "-1"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_by_name(
    service: LocalService, http: httpx.Client, path: str, name: str, value: str
) -> None:
    answer = ask(service, http, path, {name: value})
    assert code(answer) == (400, "InvalidArgument")
    assert content(answer, "Error")["Message"].startswith(f"{name}: ")


def test_a_workflow_with_its_topology(service: LocalService, http: httpx.Client) -> None:
    first, second = rows(ask(service, http, "/workflow"))
    assert first["Name"] == "课件 & more"
    assert first["BucketId"] == "examplebucket-1250000000"
    assert first["CreateTime"] == "2026-06-30T10:00:00+0800"
    assert first["Topology"]["Dependencies"]["Segment_1"] == "Transcode_2,PicProcess_3"
    assert second["Topology"]["Dependencies"] == {"Start": "Snapshot_5", "Snapshot_5": "End"}
    assert list(second["Topology"]["Nodes"]) == ["Start", "Snapshot_5"]


def test_without_edges_one_node_follows_the_other() -> None:
    nodes = (Node(name="A_1", type="A"), Node(name="B_2", type="B"))
    workflow = Workflow(workflow_id="w1", name="w", nodes=nodes)
    assert workflow.followers == {"Start": ("A_1",), "A_1": ("B_2",), "B_2": ("End",)}
    assert workflow.predecessors == ((), (0,))


@pytest.mark.parametrize("edge", [("Start", "C_3"), ("B_2", "A_1"), ("A_1", "A_1"), ("End", "A_1")])
def test_an_edge_that_does_not_lead_forward_is_named(edge: tuple[str, str]) -> None:
    nodes = (Node(name="A_1", type="A"), Node(name="B_2", type="B"))
    with pytest.raises(ConfigurationError, match=f"{edge[0]} → {edge[1]} of 'w'"):
        Workflow(workflow_id="w1", name="w", nodes=nodes, edges=(edge,))


def test_a_category_that_does_not_exist_is_named() -> None:
    with pytest.raises(ConfigurationError, match="category='Transcode' of the queue 'q'"):
        Queue(queue_id="p1", name="q", max_concurrent=1, category="Transcode")


def test_an_id_twice_is_refused_at_every_level() -> None:
    queue = Queue(queue_id="p1", name="q", max_concurrent=1)
    for rows_given in ({"queues": (queue, queue)}, {"workflows": (LINEAR, LINEAR)}, {"tasks": SMALL.tasks * 2}):
        with pytest.raises(ConfigurationError, match="twice"):
            Workload(**rows_given)
