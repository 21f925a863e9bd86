"""The service's own client, and what faults look like through it."""

from __future__ import annotations

from cijob_analysis.fetch import fetch_batch_jobs
from cijob_analysis.local import LocalService, Workload
from cijob_analysis.service.credentials import Credentials

WORKLOAD = Workload.generate(batch_jobs=150)


def test_client_reads_the_service() -> None:
    with LocalService(WORKLOAD) as service, service.client(concurrency=4) as client:
        assert (client.bucket, client.region, client.endpoint) == (service.bucket, service.region, service.url)
        listed = fetch_batch_jobs(client)
        by_id = fetch_batch_jobs(client, ["b404", *listed["batch_job_id"][:20]])
    assert set(listed["batch_job_id"]) == {job.batch_job_id for job in WORKLOAD.batch_jobs}
    assert list(by_id["batch_job_id"]) == list(listed["batch_job_id"][:20])


def test_options_are_the_clients() -> None:
    keys = Credentials("another-secret-id", "another-secret-key")
    with LocalService(WORKLOAD, credentials=keys) as service, service.client(credentials=keys) as client:
        assert len(fetch_batch_jobs(client, limit=3)) == 3
