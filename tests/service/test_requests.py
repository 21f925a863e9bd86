from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from cijob_analysis import ConfigurationError
from cijob_analysis.service.requests import Request, batch_job, batch_job_list


def test_a_list_asks_for_full_pages_of_both_types() -> None:
    request = batch_job_list()
    assert request.target == "/inventorytriggerjob?size=100&orderByTime=Desc"
    assert request.action == "ci:DescribeInventoryTriggerJobs"


def test_every_filter_travels_under_the_services_name() -> None:
    request = batch_job_list(
        states=["Failed", "Cancel"],
        type="Job",
        created_after="2026-01-31T14:00+08:00",
        created_before=pd.Timestamp("2026-02-01", tz="UTC"),
        workflow_id="w1",
        name="夜 a/b",
        size=20,
    )
    assert request.params == {
        "size": "20",
        "orderByTime": "Desc",
        "states": "Failed,Cancel",
        "type": "Job",
        "startCreationTime": "2026-01-31T06:00:00+0000",
        "endCreationTime": "2026-02-01T00:00:00+0000",
        "workflowId": "w1",
        "name": "夜 a/b",
    }
    assert "startCreationTime=2026-01-31T06%3A00%3A00%2B0000" in request.target
    assert request.target.endswith("name=%E5%A4%9C%20a%2Fb")


@pytest.mark.parametrize(
    "time",
    [
        "2026-01-31T14:00+08:00",
        "2026-01-31T06:00Z",
        datetime(2026, 1, 31, 6, tzinfo=UTC),
        datetime(2026, 1, 31, 14, tzinfo=ZoneInfo("Asia/Shanghai")),
        pd.Timestamp("2026-01-31 14:00", tz="Asia/Shanghai"),
    ],
)
def test_a_time_may_be_given_in_any_form_that_has_a_zone(time: object) -> None:
    assert batch_job_list(created_after=time).params["startCreationTime"] == "2026-01-31T06:00:00+0000"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"states": "Done"}, "unknown state 'Done'; the service knows Submitted, Running"),
        ({"states": []}, "states is empty"),
        ({"type": "workflow"}, "type 'workflow' is none of Workflow, Job"),
        ({"created_after": "2026-01-31T14:00"}, r"no time zone: write 2026-01-31T14:00\+08:00"),
        ({"created_after": datetime(2026, 1, 31)}, "no time zone"),  # noqa: DTZ001 - what is refused
        ({"created_after": date(2026, 1, 31)}, "no time zone: write 2026-01-31T00:00"),
        ({"created_after": "yesterday"}, "created_after='yesterday' is no time"),
        ({"created_after": pd.NaT}, "is no time"),
        ({"created_after": 1700000000}, "is no time"),
        ({"created_after": "2026-02-01T00:00Z", "created_before": "2026-01-01T00:00Z"}, "is later than"),
        ({"workflow_id": ""}, "workflow_id '' is no id"),
        ({"name": ""}, "name '' is no text"),
        ({"size": 0}, "size=0 is not from 1 to 100"),
        ({"size": 101}, "size=101 is not from 1 to 100"),
    ],
)
def test_what_the_service_would_not_know_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        batch_job_list(**arguments)


def test_the_next_page_keeps_all_filters() -> None:
    first = batch_job_list(states="Failed")
    assert first.following("25").params == {**first.params, "nextToken": "25"}
    assert "nextToken" not in first.params


def test_a_path_travels_escaped() -> None:
    assert batch_job("b1").target == "/inventorytriggerjob/b1"
    assert Request("/jobs/j1,j2 中").target == "/jobs/j1,j2%20%E4%B8%AD"
