"""Tasks of batch jobs of type Job, which have no executions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.fetch.common import listing_of
from cijob_analysis.gather import Gathered
from cijob_analysis.schema import TASKS
from cijob_analysis.service import requests
from cijob_analysis.service.rows import Row
from cijob_analysis.service.ways import LISTED_TAGS
from cijob_analysis.service.wire import read_tasks
from cijob_analysis.walk import SNAPSHOT_THRIFT, walk

if TYPE_CHECKING:
    from cijob_analysis.service.client import Client
    from cijob_analysis.windows import Listing

_NOBODY: Final = "b" + "0" * 32
"""The id of no batch job."""

_BATCH_JOB = [column.name for column in TASKS].index("batch_job_id")


def of_jobs(
    client: Client, batch_jobs: pd.DataFrame, *, windows: int | None, progress: bool
) -> tuple[pd.DataFrame, list[Gathered]]:
    """Read the tasks of batch jobs of type Job, which have no executions.

    Returns
    -------
    tasks : pandas.DataFrame
        With the keys of their batch jobs, newest first.
    accounts : list of Gathered
        For the ledger.
    """
    jobs = batch_jobs.loc[batch_jobs["type"] == "Job"]
    if not len(jobs):
        return schema.empty(TASKS), []
    account = Gathered("tasks", "GET /jobs", (("inventoryTriggerJobId", f"{len(jobs)} ids"),))
    account.batch_job_ids = tuple(jobs["batch_job_id"])
    walk(client, task_listings(client, jobs, account), windows=windows, thrift=SNAPSHOT_THRIFT, progress=progress)
    return account.frame(newest_first=True), [account]


def task_listings(
    client: Client, batch_jobs: pd.DataFrame, account: Gathered, created_after: Mapping[str, pd.Timestamp] | None = None
) -> list[Listing]:
    """Return a list of tasks for each batch job of type Job.

    Parameters
    ----------
    client : Client
        Whose bucket.
    batch_jobs : pandas.DataFrame
        Columns ``batch_job_id``, ``tag``, ``extra``.
    account : Gathered
        Where the rows go; batch jobs whose kind of task is not known are entered there.
    created_after : mapping of str to pandas.Timestamp, optional
        By id, the instant before which tasks are left out.
    """
    listings = []
    tags = {tag: None for tag in map(_tag_of, batch_jobs.itertuples()) if tag}
    not_narrowed = {tag for tag in tags if not _is_narrowed(client, tag, account)}
    if account.interruption is not None:
        return []
    for row in batch_jobs.itertuples():
        batch_job_id, tag = str(row.batch_job_id), _tag_of(row)
        name = f"tasks of {batch_job_id}"
        try:
            request = _request(batch_job_id, tag, (created_after or {}).get(batch_job_id), tag not in not_narrowed)
        except ConfigurationError as error:
            account.ended = False
            account.errors.append((name, error))
            continue
        listings.append(listing_of(client, request, read_tasks, account, name=name, fill=filling_in(batch_job_id)))
    return listings


def _request(batch_job_id: str, tag: str, created_after: pd.Timestamp | None, is_narrowed: bool) -> requests.Request:
    """Return the first request of a list; raise ConfigurationError if there is none for these tasks."""
    if not tag:
        raise ConfigurationError(f"{batch_job_id} does not say of which kind its tasks are")
    if not is_narrowed:
        raise ConfigurationError(f"{requests.path_of_tag(tag)} cannot be narrowed down to a batch job")
    return requests.task_list(tag, batch_job_id=batch_job_id, created_after=created_after)


def _is_narrowed(client: Client, tag: str, account: Gathered) -> bool:
    """Whether the list of a kind of task heeds the batch job that it is asked for.

    The pages of documents and speech do not name that filter. A list that ignores it has rows for any id.
    """
    if requests.path_of_tag(tag) not in ("/doc_jobs", "/asr_jobs"):
        return True
    request = requests.task_list(tag, batch_job_id=_NOBODY, size=1)
    probe = Gathered("tasks", f"GET {request.path}")
    walk(client, [listing_of(client, request, read_tasks, probe, limit=1)])
    account.requests += probe.requests
    account.retries += probe.retries
    if probe.interruption is not None:
        account.interrupted(probe.interruption)
    return probe.rows == 0


def filling_in(batch_job_id: str) -> Callable[[list[Row]], list[Row]]:
    """Return a function that enters the batch job into rows: no answer repeats it."""
    return lambda rows: [(*row[:_BATCH_JOB], batch_job_id, *row[_BATCH_JOB + 1 :]) for row in rows]


def _tag_of(batch_job: Any) -> str:
    """Return the kind of a batch job's tasks; where it does not say, the one that has parameters."""
    if isinstance(batch_job.tag, str):
        return batch_job.tag
    try:
        given = json.loads(getattr(batch_job, "extra", ""))["Operation"]["JobParam"]
    except (TypeError, ValueError, KeyError):
        given = ()
    return next((name for name in given if name in LISTED_TAGS), "")
