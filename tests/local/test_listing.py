from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from cijob_analysis.local import LocalService, Workload
from cijob_analysis.local.zone import NOW
from tests.local.asking import ask, batch_job, code, content, ids, walk

WORKFLOWS = ("w" + "1" * 32, "w" + "2" * 32)
STATES = ("Success", "Failed", "Running")
JOBS = tuple(
    batch_job(
        number,
        name=f"{'转码, ' if number % 5 == 0 else ''}job {number}",
        type="Job" if number % 4 == 0 else "Workflow",
        state=STATES[number % 3],
        created_at=NOW - timedelta(hours=number // 2),  # two each hour: ties
        workflow_ids=() if number % 4 == 0 else WORKFLOWS[: 1 + number % 2],
    )
    for number in range(40)
)


def newest_first(keep: object = None) -> list[str]:
    ordered = sorted(JOBS, key=lambda job: (job.created_at, job.batch_job_id), reverse=True)
    return [job.batch_job_id for job in ordered if keep is None or keep(job)]  # type: ignore[operator]


@pytest.fixture(scope="module")
def service() -> Iterator[LocalService]:
    with LocalService(Workload(batch_jobs=JOBS)) as service:
        yield service


def test_ten_of_both_types_newest_first_unless_asked_otherwise(service: LocalService, http: httpx.Client) -> None:
    assert ids(ask(service, http)) == newest_first()[:10]


@pytest.mark.parametrize("size", ["1", "7", "13", "40", "100"])
@pytest.mark.parametrize("order", ["Asc", "Desc", ""])
def test_pages_have_each_job_once_in_order(service: LocalService, http: httpx.Client, size: str, order: str) -> None:
    found = walk(service, http, {"size": size, "orderByTime": order})
    assert found == (newest_first()[::-1] if order == "Asc" else newest_first())


def test_the_size_may_change_between_pages(service: LocalService, http: httpx.Client) -> None:
    token = content(ask(service, http, params={"size": "3"}))["NextToken"]
    assert ids(ask(service, http, params={"size": "5", "nextToken": token})) == newest_first()[3:8]


def test_the_last_page_has_no_token(service: LocalService, http: httpx.Client) -> None:
    assert "NextToken" in content(ask(service, http, params={"size": "39"}))
    assert "NextToken" not in content(ask(service, http, params={"size": "40"}))


@pytest.mark.parametrize(
    ("params", "keep"),
    [
        ({"states": "Failed"}, lambda job: job.state == "Failed"),
        ({"states": "Failed,Running"}, lambda job: job.state in ("Failed", "Running")),
        ({"states": "All"}, None),
        ({"states": "Pause"}, lambda job: False),
        ({"type": "Job"}, lambda job: job.type == "Job"),
        ({"type": "Workflow"}, lambda job: job.type == "Workflow"),
        ({"workflowId": WORKFLOWS[1]}, lambda job: WORKFLOWS[1] in job.workflow_ids),
        ({"jobId": JOBS[3].batch_job_id}, lambda job: job is JOBS[3]),
        ({"jobId": "b404"}, lambda job: False),
        ({"name": "转码, job 1"}, lambda job: job.name.startswith("转码, job 1")),
        ({"name": "ob 1"}, lambda job: False),
        ({"name": "job", "type": "Job", "states": "Success"}, lambda job: job in JOBS[12::12]),
        ({"type": "", "states": "", "workflowId": "", "jobId": "", "name": "", "size": "", "nextToken": ""}, None),
        ({"unknown": "parameter"}, None),
    ],
)
def test_filters(service: LocalService, http: httpx.Client, params: dict[str, str], keep: object) -> None:
    assert walk(service, http, {"size": "4", **params}) == newest_first(keep)


def times(time: datetime) -> list[str]:
    utc, local = time.astimezone(UTC), time.astimezone(NOW.tzinfo)
    return [
        f"{local:%Y-%m-%dT%H:%M:%S}+0800",
        f"{local:%Y-%m-%dT%H:%M:%S}+08:00",
        f"{utc:%Y-%m-%dT%H:%M:%S}Z",
        f"{utc:%Y-%m-%dt%H:%M:%S}z",
    ]


@pytest.mark.parametrize("text", times(NOW - timedelta(hours=5)))
def test_the_limits_of_the_creation_time_are_included(service: LocalService, http: httpx.Client, text: str) -> None:
    limit = NOW - timedelta(hours=5)
    assert walk(service, http, {"startCreationTime": text}) == newest_first(lambda job: job.created_at >= limit)
    assert walk(service, http, {"endCreationTime": text}) == newest_first(lambda job: job.created_at <= limit)
    both = walk(service, http, {"startCreationTime": text, "endCreationTime": text})
    assert both == newest_first(lambda job: job.created_at == limit)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", "0"), ("size", "101"), ("size", "-1"), ("size", "ten"), ("size", "1.5"), ("size", "１"),
        ("states", "Canceled"), ("states", "Success,failed"), ("states", "Success,"),
        ("type", "All"), ("type", "job"), ("orderByTime", "desc"),
        ("startCreationTime", "2026-06-30"), ("startCreationTime", "2026-06-30T10:00:00"),
        ("endCreationTime", "2026-13-30T10:00:00+0800"), ("endCreationTime", "yesterday"),
        ("startCreationTime", "2026-06-30T10:00:00 0800"),  # a + that was not escaped
        ("nextToken", "25"), ("nextToken", "0" * 32), ("nextToken", "x" * 500),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_by_name(service: LocalService, http: httpx.Client, name: str, value: str) -> None:
    answer = ask(service, http, params={name: value})
    assert code(answer) == (400, "InvalidArgument")
    assert content(answer, "Error")["Message"].startswith(f"{name}: ")


@pytest.mark.parametrize("other", [{"type": "Job"}, {"orderByTime": "Asc"}, {"states": "Failed"}])
def test_a_token_belongs_to_its_filters(service: LocalService, http: httpx.Client, other: dict[str, str]) -> None:
    token = content(ask(service, http, params={"size": "2"}))["NextToken"]
    assert code(ask(service, http, params={"nextToken": token, **other})) == (400, "InvalidArgument")


def test_an_empty_world_has_an_empty_list(http: httpx.Client) -> None:
    with LocalService(Workload()) as empty:
        assert set(content(ask(empty, http))) == {"RequestId"}
