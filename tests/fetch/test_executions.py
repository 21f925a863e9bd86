"""Executions over real HTTP: lists with every filter, details by their ids."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from cijob_analysis import Client, ConfigurationError, JobNotFound, LocalService, SchemaError, Workload, schema
from cijob_analysis.fetch import fetch_batch_jobs, fetch_executions
from cijob_analysis.ledger import ledger_of
from cijob_analysis.local import Variants
from tests.conftest import FAST
from tests.fetch.expected import check_executions, entries, executions_of
from tests.fetch.serving import serving
from tests.local.worlds import ALONE, EXECUTIONS, SMALL, WHOLE, WITH_TASKS, WITH_WORKFLOW


@pytest.fixture(scope="module")
def world() -> Workload:
    return Workload.generate(batch_jobs=60, seed=11)


@pytest.fixture(scope="module")
def everything(world: Workload) -> pd.DataFrame:
    """Return all executions as the world has them, newest first."""
    frame = executions_of(world)
    return frame.sort_values(["created_at", "run_id"], ascending=[False, True], ignore_index=True)


@pytest.fixture
def client(world: Workload) -> Iterator[Client]:
    with serving(world) as service, service.client(concurrency=8, retry=FAST) as client:
        yield client


def ids(frame: pd.DataFrame) -> list[str]:
    return frame["run_id"].tolist()


def test_all_of_the_bucket_newest_first(client: Client, everything: pd.DataFrame) -> None:
    frame = fetch_executions(client)
    names = ["run_id", "workflow_id", "state", "object_key", "created_at"]
    assert_frame_equal(frame[names], everything[names])
    assert frame["batch_job_id"].isna().all()  # no answer says it
    (entry,) = entries(frame)
    assert entry.requests == -(-len(everything) // 100)
    assert ledger_of(frame).is_complete


def test_of_batch_jobs(client: Client, everything: pd.DataFrame) -> None:
    batch_jobs = fetch_batch_jobs(client, limit=15)
    of_workflow = batch_jobs.loc[batch_jobs["type"] == "Workflow", "batch_job_id"]
    expected = everything.loc[everything["batch_job_id"].isin(of_workflow)]
    for given in (batch_jobs, of_workflow.tolist(), iter(of_workflow)):
        frame = fetch_executions(client, given)
        assert ids(frame) == ids(expected)
        assert frame["batch_job_id"].tolist() == expected["batch_job_id"].tolist()
        (entry,) = entries(frame)
        assert entry.filters == (("jobId", f"{len(of_workflow)} ids"),)
    one = expected["batch_job_id"].iloc[0]
    frame = fetch_executions(client, one)
    assert ids(frame) == ids(expected.loc[expected["batch_job_id"] == one])
    assert entries(frame)[0].filters == (("jobId", one),)


def test_each_filter_of_the_service(client: Client, everything: pd.DataFrame) -> None:
    middle = everything["created_at"].iloc[len(everything) // 2]
    workflow, key, parent = (everything[name].iloc[3] for name in ("workflow_id", "object_key", "batch_job_id"))
    for filters, expected in (
        ({"workflow_id": workflow}, everything["workflow_id"] == workflow),
        ({"states": ["Failed", "Cancel"]}, everything["state"].isin(["Failed", "Cancel"])),
        ({"created_after": middle}, everything["created_at"] >= middle),
        ({"created_before": middle.isoformat()}, everything["created_at"] <= middle),
        ({"object_key": key}, everything["object_key"] == key),
        ({"batch_jobs": parent, "states": "Success", "workflow_id": workflow}, everything["run_id"].isin(
            everything.query("batch_job_id == @parent and state == 'Success' and workflow_id == @workflow")["run_id"])),
    ):  # fmt: skip
        frame = fetch_executions(client, **filters)
        assert ids(frame) == ids(everything.loc[expected]), filters
        assert len(frame)


def test_a_limit_cuts_and_says_so(client: Client, everything: pd.DataFrame) -> None:
    frame = fetch_executions(client, limit=130)
    assert ids(frame) == ids(everything.head(130))
    assert ledger_of(frame).remarks() == ["incomplete: cut off by limit=130"]
    assert len(fetch_executions(client, limit=len(everything))) == len(everything)


@pytest.mark.parametrize("windows", [1, 8])
def test_windows_change_nothing(windows: int, client: Client) -> None:
    assert_frame_equal(fetch_executions(client, windows=windows), fetch_executions(client))


def test_details_come_in_the_order_of_the_ids_with_start_end_and_topology(world: Workload, client: Client) -> None:
    wanted = [run.run_id for run in world.executions_of()[::40]]
    frame = fetch_executions(client, run_ids=[*wanted, "i0", "no id", wanted[0]])
    assert ids(frame) == wanted
    expected = frame.assign(batch_job_id=frame["run_id"].map(executions_of(world).set_index("run_id")["batch_job_id"]))
    check_executions(expected.astype({"batch_job_id": schema.TEXT}), world, wanted)
    assert frame["topology"].str.startswith('{"Dependencies"').all()
    assert set(frame["workflow_name"]) <= {workflow.name for workflow in world.workflows}
    (entry,) = entries(frame)
    assert (entry.missing_ids, entry.invalid_ids, entry.duplicates) == (("i0",), ("no id",), 1)
    assert entry.requests == len(wanted) + 1


@pytest.mark.parametrize("unknown_execution", ["empty", "404"])
def test_unknown_ids(unknown_execution: Any) -> None:
    variants = Variants(unknown_execution=unknown_execution)
    with LocalService(SMALL, variants=variants) as service, service.client() as client:
        frame = fetch_executions(client, run_ids=[WHOLE.run_id, "i99", "i98"])
        with pytest.raises(JobNotFound, match="i99, i98") as caught:
            fetch_executions(client, run_ids=[WHOLE.run_id, "i99", "i98"], on_error="raise")
    assert ids(frame) == [WHOLE.run_id]
    assert entries(frame)[0].missing_ids == ("i99", "i98")
    assert caught.value.partial is not None
    assert ids(caught.value.partial) == [WHOLE.run_id]


def test_old_layouts() -> None:
    """The node Start is no task that begins anything; an object may be a URL."""
    variants = Variants(start_node=True, object_url=True, workflow_name=True)
    with LocalService(SMALL, variants=variants) as service, service.client() as client:
        details = fetch_executions(client, run_ids=[run.run_id for run in EXECUTIONS])
        listed = fetch_executions(client, WITH_WORKFLOW.batch_job_id)
    check = executions_of(SMALL).set_index("run_id").loc[details["run_id"]]
    assert details["started_at"].tolist() == check["started_at"].tolist()
    assert details["workflow_name"].notna().all()
    assert listed["object_key"].str.startswith("https://").all()
    assert ALONE.run_id not in set(listed["run_id"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"batch_jobs": "not an id!"}, "is no id"),
        ({"batch_jobs": ["b1", None]}, "is no id"),
        ({"batch_jobs": 7}, "neither an id"),
        ({"batch_jobs": ["b1", "b2"], "limit": 5}, "limit=5 is for one list"),
        ({"states": "Submitted"}, "unknown state 'Submitted'"),
        ({"created_after": "2026-01-01"}, "has no time zone"),
        ({"run_ids": ["i1"], "states": "Failed"}, "states and run_ids do not go together"),
        ({"run_ids": ["i1"], "batch_jobs": "b1"}, "batch_jobs and run_ids do not go together"),
        ({"limit": 0}, "limit=0"),
        ({"windows": 0}, "windows=0"),
        ({"on_error": "ignore"}, "on_error='ignore'"),
        ({"object_key": ""}, "name '' is no text"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_sent(given: dict[str, Any], message: str) -> None:
    with serving(SMALL) as service, service.client() as client:
        with pytest.raises(ConfigurationError, match=message):
            fetch_executions(client, **given)
        assert len(service.requests) == 0


def test_nothing() -> None:
    with serving(SMALL) as service, service.client() as client:
        nothing: list[str] = []
        for given in (nothing, fetch_batch_jobs(client, WITH_TASKS.batch_job_id)):
            frame = fetch_executions(client, given)
            assert_frame_equal(frame, schema.empty(schema.EXECUTIONS))
            assert ledger_of(frame).is_complete
        with pytest.raises(SchemaError, match="lacks batch_job_id"):
            fetch_executions(client, pd.DataFrame({"name": []}))
