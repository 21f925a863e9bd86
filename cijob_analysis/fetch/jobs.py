"""Tasks of batch jobs of type Job, which have no executions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.fetch.common import listing_of
from cijob_analysis.gather import Gathered
from cijob_analysis.schema import TASKS
from cijob_analysis.service import requests
from cijob_analysis.service.plan import LISTED_TAGS
from cijob_analysis.service.rows import Row
from cijob_analysis.service.wire import read_tasks
from cijob_analysis.walk import SNAPSHOT_THRIFT, walk

if TYPE_CHECKING:
    from cijob_analysis.service.client import Client

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
    listings = []
    for row in jobs.itertuples():
        batch_job_id = str(row.batch_job_id)
        tag = _tag_of(row)
        try:
            request = requests.task_list(tag, batch_job_id=batch_job_id)
        except ConfigurationError as error:
            account.ended = False
            account.errors.append((f"tasks of {batch_job_id}", error))
            continue
        name = f"tasks of {batch_job_id}"
        listings.append(listing_of(client, request, read_tasks, account, name=name, fill=filling_in(batch_job_id)))
    walk(client, listings, windows=windows, thrift=SNAPSHOT_THRIFT, progress=progress)
    return account.frame(newest_first=True), [account]


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
