"""The official Python SDK, unmodified, works against the local service as it does against the real one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from qcloud_cos import CosConfig, CosS3Client, CosServiceError

from cijob_analysis.local import Faults, LocalService, Variants, Workload
from cijob_analysis.local.authentication import Key
from cijob_analysis.service.credentials import Credentials
from tests.local.asking import PATH

WORKLOAD = Workload.generate(batch_jobs=230)
BY_TYPE = {kind: {job.batch_job_id for job in WORKLOAD.batch_jobs if job.type == kind} for kind in ("Workflow", "Job")}
TEMPORARY = Credentials("temporary-id", "temporary-key", "tok/en+1=")

Connect = Callable[..., CosS3Client]


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "qcloud_cos")  # one line per request, and the body of each error


@pytest.fixture(scope="module")
def service() -> Iterator[LocalService]:
    keys = (Credentials("local-secret-id", "local-secret-key"), Key(TEMPORARY))
    with LocalService(WORKLOAD, credentials=keys) as service:
        yield service


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:  # the SDK's own one is never closed
        session.trust_env = False
        yield session


def by_address(service: LocalService, session: requests.Session, **options: Any) -> CosS3Client:
    """Connect to 127.0.0.1, with the host name of the bucket in the header Host."""
    config = CosConfig(
        Region=service.region, Scheme="http", IP="127.0.0.1", Port=service.port, Domain=service.workload.host,
        **{"SecretId": "local-secret-id", "SecretKey": "local-secret-key", **options},
    )  # fmt: skip
    return CosS3Client(config, retry=0, session=session)


def by_proxy(service: LocalService, session: requests.Session, **options: Any) -> CosS3Client:
    """Take the service for an HTTP proxy, which gets absolute request lines."""
    config = CosConfig(
        Region=service.region, Scheme="http", Proxies={"http": service.url},
        **{"SecretId": "local-secret-id", "SecretKey": "local-secret-key", **options},
    )  # fmt: skip
    return CosS3Client(config, retry=0, session=session)


@pytest.mark.parametrize("connect", [by_address, by_proxy])
def test_it_gets_one(service: LocalService, session: requests.Session, connect: Connect) -> None:
    sdk = connect(service, session)
    job = WORKLOAD.batch_jobs[0]
    answer = sdk.ci_get_inventory_trigger_jobs(Bucket=service.bucket, JobID=job.batch_job_id)
    (row,) = answer["JobsDetail"]
    assert (row["JobId"], row["Name"], row["State"]) == (job.batch_job_id, job.name, job.state)


@pytest.mark.parametrize("connect", [by_address, by_proxy])
@pytest.mark.parametrize(
    ("type", "expected"),
    [("Workflow", BY_TYPE["Workflow"]), ("Job", BY_TYPE["Job"]), ("", BY_TYPE["Workflow"] | BY_TYPE["Job"])],
)
def test_it_lists_all_pages(
    service: LocalService, session: requests.Session, connect: Connect, type: str, expected: set[str]
) -> None:
    sdk = connect(service, session)
    found: list[str] = []
    token = ""
    while token is not None:
        page = sdk.ci_list_inventory_trigger_jobs(Bucket=service.bucket, Type=type, Size=100, NextToken=token)
        found += [row["JobId"] for row in page["JobsDetail"]]
        token = page.get("NextToken")
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_all_its_filters_are_understood(service: LocalService, session: requests.Session) -> None:
    job = next(job for job in WORKLOAD.batch_jobs if not job.name.isascii())
    time = f"{job.created_at:%Y-%m-%dT%H:%M:%S%z}"
    page = by_address(service, session).ci_list_inventory_trigger_jobs(
        Bucket=service.bucket, Type=job.type, Name=job.name, States=f"{job.state},Pause", OrderByTime="Asc",
        StartCreationTime=time, EndCreationTime=time, JobId=job.batch_job_id, WorkflowId="".join(job.workflow_ids[:1]),
    )  # fmt: skip
    assert [row["JobId"] for row in page["JobsDetail"]] == [job.batch_job_id]


def test_odd_ids_are_signed_and_read_alike(service: LocalService, session: requests.Session) -> None:
    for odd in ("b 1?#", "b转", "b+%2B", "b1.", "b~*'()"):
        answer = by_address(service, session).ci_get_inventory_trigger_jobs(Bucket=service.bucket, JobID=odd)
        assert answer["NonExistJobIds"] == odd


@pytest.mark.parametrize("connect", [by_address, by_proxy])
def test_it_lists_and_gets_executions(service: LocalService, session: requests.Session, connect: Connect) -> None:
    sdk = connect(service, session)
    job = next(job for job in WORKLOAD.batch_jobs if len(WORKLOAD.executions_of(job.batch_job_id)) > 20)
    (workflow_id, *_) = job.workflow_ids
    expected = {row.run_id: row for row in WORKLOAD.executions_of(job.batch_job_id) if row.workflow_id == workflow_id}
    found: list[str] = []
    token = ""
    while token is not None:
        page = sdk.ci_list_workflowexecution(
            service.bucket, workflow_id, BatchJobId=job.batch_job_id, Size=15, NextToken=token
        )
        found += [row["RunId"] for row in page["WorkflowExecutionList"]]
        token = page.get("NextToken")
    assert len(found) == len(set(found))
    assert set(found) == set(expected)
    (one,) = sdk.ci_get_workflowexecution(service.bucket, found[0])["WorkflowExecution"]
    own = expected[found[0]]
    assert (one["RunId"], one["State"], one["Object"]) == (own.run_id, own.state, own.object_key)
    assert set(one["Topology"]) == {"Dependencies", "Nodes"}


def test_it_lists_and_gets_tasks(service: LocalService, session: requests.Session) -> None:
    sdk = by_address(service, session)
    tasks = [row for row in WORKLOAD.tasks_of() if row.tag == "Transcode"]
    queue_id = str(tasks[0].queue_id)
    page = sdk.ci_list_media_jobs(service.bucket, "Transcode", QueueId=queue_id, Size=100, States="Success,Failed")
    assert len(page["JobsDetail"]) == 100
    assert {(row["Tag"], row["QueueId"]) for row in page["JobsDetail"]} == {("Transcode", queue_id)}
    ids = [row["JobId"] for row in page["JobsDetail"][:10]]
    answer = sdk.ci_get_media_jobs(service.bucket, ",".join(ids))
    assert [row["JobId"] for row in answer["JobsDetail"]] == ids
    by_id = {row.task_id: row for row in tasks}
    assert [row["State"] for row in answer["JobsDetail"]] == [by_id[name].state for name in ids]


def test_it_reads_tasks_of_other_kinds(service: LocalService, session: requests.Session) -> None:
    sdk = by_address(service, session)
    (picture,) = sdk.ci_list_media_pic_jobs(service.bucket, "PicProcess", Size=1)["JobsDetail"]
    assert sdk.ci_get_media_pic_jobs(service.bucket, picture["JobId"])["JobsDetail"][0] == picture
    (speech,) = sdk.ci_list_asr_jobs(service.bucket, Size=1)["JobsDetail"]
    assert sdk.ci_get_asr_job(service.bucket, speech["JobId"])["JobsDetail"] == [speech]
    assert "JobsDetail" not in sdk.ci_list_doc_jobs(service.bucket)
    assert sdk.ci_get_file_process_jobs(service.bucket, "f404")["NonExistJobIds"] == "f404"


def test_it_reads_queues_and_workflows(service: LocalService, session: requests.Session) -> None:
    sdk = by_address(service, session)
    by_id = {queue.queue_id: queue for queue in WORKLOAD.queues}
    lists = (
        sdk.ci_get_media_queue(service.bucket),
        sdk.ci_get_media_pic_queue(service.bucket),
        sdk.ci_get_asr_queue(service.bucket),
        sdk.ci_get_doc_queue(service.bucket),
        sdk.ci_get_ai_queue(service.bucket),
    )
    rows = [row for found in lists for row in found["QueueList"]]
    assert all(int(row["MaxConcurrent"]) == by_id[row["QueueId"]].max_concurrent for row in rows)
    assert len(rows) == len({row["QueueId"] for row in rows}) == len(by_id) - 1  # but for accelerated transcoding
    workflows = sdk.ci_get_workflow(service.bucket)
    assert int(workflows["TotalCount"]) == len(WORKLOAD.workflows)
    assert {row["Name"] for row in workflows["MediaWorkflowList"]} == {item.name for item in WORKLOAD.workflows}


def test_a_token_of_temporary_keys_is_accepted(service: LocalService, session: requests.Session) -> None:
    keys = {"SecretId": TEMPORARY.secret_id, "SecretKey": TEMPORARY.secret_key}
    page = by_address(service, session, Token=TEMPORARY.token, **keys).ci_list_inventory_trigger_jobs(service.bucket)
    assert len(page["JobsDetail"]) == 10
    with pytest.raises(CosServiceError) as caught:
        by_address(service, session, Token="another", **keys).ci_list_inventory_trigger_jobs(service.bucket)
    assert caught.value.get_status_code() == 403


def test_one_digit_of_the_signature_decides(service: LocalService, session: requests.Session) -> None:
    sdk = by_address(service, session)
    given = sdk.get_auth("GET", service.bucket, PATH, Headers={"Host": service.workload.host})
    headers = {"Host": service.workload.host, "Authorization": given}
    assert session.get(service.url + PATH, headers=headers).status_code == 200
    headers["Authorization"] = given[:-1] + ("0" if given[-1] != "0" else "1")
    refused = session.get(service.url + PATH, headers=headers)
    assert refused.status_code == 403
    assert "<Code>AccessDenied</Code>" in refused.text


@pytest.mark.parametrize(
    ("keys", "expected"),
    [({"SecretId": "nobody"}, (401, "SecretidNotExist")), ({"SecretKey": "wrong"}, (403, "AccessDenied"))],
)
def test_it_reads_an_error_that_names_the_resource(
    session: requests.Session, keys: dict[str, str], expected: tuple[int, str]
) -> None:
    """The errors of the documentation have no Resource, and the SDK cannot read them."""
    with LocalService(WORKLOAD, variants=Variants(error_body="resource")) as service:
        with pytest.raises(CosServiceError) as caught:
            by_address(service, session, **keys).ci_list_inventory_trigger_jobs(service.bucket)
        assert (caught.value.get_status_code(), caught.value.get_error_code()) == expected


def test_it_does_not_read_the_documented_error(service: LocalService, session: requests.Session) -> None:
    with pytest.raises(CosServiceError) as caught:
        by_address(service, session, SecretId="nobody").ci_list_inventory_trigger_jobs(service.bucket)
    assert (caught.value.get_status_code(), caught.value.get_error_code()) == (401, "Unknown")


def test_its_cancel_is_refused(service: LocalService, session: requests.Session) -> None:
    with pytest.raises(CosServiceError) as caught:
        by_address(service, session).ci_delete_inventory_trigger_jobs(
            service.bucket, WORKLOAD.batch_jobs[0].batch_job_id
        )
    assert caught.value.get_status_code() == 405
    assert service.faults == Faults()
