"""The plan of a snapshot: what will be asked, counted before anything is."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from cijob_analysis import Client, ConfigurationError, Credentials
from cijob_analysis.service.plan import Plan, plan
from cijob_analysis.service.ways import Step
from tests.service.known import executions, workflow


@pytest.mark.parametrize(
    ("known", "requests"),
    [
        ({}, (1, None, None, None)),
        ({"executions": 20_000}, (1, 200, 1, None)),
        ({"executions": 20_000, "workflows": workflow("Transcode", "Snapshot")}, (1, 200, 1, 200, 200)),
        ({"executions": 5, "workflows": workflow("StreamPack")}, (1, 1, 1, 5)),
        ({"executions": 0, "workflows": workflow("Transcode")}, (1, 1)),
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
    assert [step.requests for step in plan(4, executions=frame, workflows=both).steps] == [4, 2, 1, 2, 1, 2, 1]
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
