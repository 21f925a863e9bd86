"""Executions: lists of them, or details by their ids, into one frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from cijob_analysis.columns import Columns
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.fetch.common import (
    Ids,
    OnError,
    check_alone,
    check_on_error,
    check_windows,
    filters_of,
    finished,
    ids_of,
    listing_of,
    page_size,
)
from cijob_analysis.frames import with_ends
from cijob_analysis.gather import Gathered, by_id
from cijob_analysis.schema import EXECUTIONS, TASKS
from cijob_analysis.service import requests
from cijob_analysis.service.arguments import is_id
from cijob_analysis.service.rows import Row
from cijob_analysis.service.wire import read_executions
from cijob_analysis.walk import walk

if TYPE_CHECKING:
    from cijob_analysis.service.client import Client
    from cijob_analysis.windows import Listing

_BATCH_JOB = [column.name for column in EXECUTIONS].index("batch_job_id")


def fetch_executions(
    client: Client,
    batch_jobs: Ids | None = None,
    *,
    run_ids: Ids | None = None,
    workflow_id: str | None = None,
    states: str | Iterable[str] | None = None,
    created_after: object = None,
    created_before: object = None,
    object_key: str | None = None,
    limit: int | None = None,
    windows: int | None = None,
    on_error: OnError = "keep",
    progress: bool = False,
) -> pd.DataFrame:
    """Fetch executions: those of batch jobs, those that the filters let through, or some by their ids.

    A list has a request for 100 of them (page 1045/51276); it says neither when they ended nor which tasks they
    have. The answer about one (page 1045/51275) does, at a request each.

    Parameters
    ----------
    client : Client
        Whose bucket.
    batch_jobs : str, iterable of str or pandas.DataFrame, optional
        Only executions of these batch jobs: one id, several, or a frame with the column ``batch_job_id`` (of a frame
        that has a ``type``, those of type Workflow). All of the bucket if not given.
    run_ids : str, iterable of str or pandas.DataFrame, optional
        Ids of executions, or a frame with the column ``run_id``: their details, with topology, start and end. Filters
        are for lists and not for ids.
    workflow_id : str, optional
        Only those of this workflow.
    states : str or iterable of str, optional
        Only these states: Running, Success, Failed, Cancel.
    created_after, created_before : datetime.datetime, pandas.Timestamp or str, optional
        Only those created in between, both ends included; with a zone.
    object_key : str, optional
        Only those that ran on this object.
    limit : int, optional
        At most so many rows, the newest; the ledger says that it cut. For one batch job at the most.
    windows : int, optional
        Into how many windows the period of each list is split; see `fetch_batch_jobs`.
    on_error : {"keep", "raise"}
        What to do about what cannot be read for good, or an id that does not exist: keep the rest and enter it into
        the ledger, or raise with what there is in ``error.partial``.
    progress : bool
        Show a progress bar.

    Returns
    -------
    pandas.DataFrame
        One row per execution, newest first, or in the order of `run_ids`; the columns are declared in
        ``cijob_analysis.schema.EXECUTIONS``. ``frame.attrs["ledger"]`` says how complete it is.

    Raises
    ------
    ConfigurationError
        An argument is malformed; nothing was sent.
    JobNotFound
        Ids do not exist, and ``on_error="raise"``; it names all of them.
    CIJobError
        Nothing at all could be read, or something and ``on_error="raise"``.
    KeyboardInterrupt
        It was interrupted. What had been read is in its attribute `partial`.
    """
    check_on_error(on_error)
    check_windows(windows)
    filters: dict[str, Any] = {
        "workflow_id": workflow_id,
        "states": states,
        "created_after": created_after,
        "created_before": created_before,
        "name": object_key,
    }
    if run_ids is not None:
        check_alone("run_ids", batch_jobs=batch_jobs, limit=limit, windows=windows, **filters)
        gathered = details(client, ids_of(run_ids, "run_id"), stop_at_error=on_error == "raise", progress=progress)
        frame = gathered.frame(newest_first=False)
        frame = with_ends(frame, gathered.tasks.frame(newest_first=False)[0])
        return finished(client, gathered, frame, on_error=on_error, noun="executions")
    size = page_size(limit)
    parents = [None] if batch_jobs is None else _workflow_jobs(batch_jobs)
    if limit is not None and len(parents) > 1:
        raise ConfigurationError(f"limit={limit} is for one list, and {len(parents)} batch jobs have one each")
    gathered = Gathered("executions", "GET /workflowexecution")
    listings = [
        execution_listing(client, gathered, batch_job_id=parent, limit=limit, size=size, **filters)
        for parent in parents
    ]
    walk(client, listings, windows=windows, progress=progress)
    if listings:
        gathered.filters = (
            filters_of(listings[0].request) if len(listings) == 1 else (("jobId", f"{len(parents)} ids"),)
        )
    frame = gathered.frame(newest_first=True)
    frame = frame if limit is None else frame.head(limit)
    return finished(client, gathered, frame, on_error=on_error, noun="executions")


def execution_listing(
    client: Client, into: Gathered, *, batch_job_id: str | None = None, limit: int | None = None, **filters: Any
) -> Listing:
    """Return the list of a batch job's executions, or of all; the rows get the key of the batch job."""
    request = requests.execution_list(batch_job_id=batch_job_id, **filters)
    name = "" if batch_job_id is None else f"executions of {batch_job_id}"
    return listing_of(client, request, read_executions, into, name=name, fill=_filling(batch_job_id), limit=limit)


def details(
    client: Client,
    run_ids: Sequence[object],
    *,
    tasks: Columns | None = None,
    stop_at_error: bool = False,
    progress: bool = False,
) -> Gathered:
    """Ask for executions one by one; their tasks come with them, and go into `tasks`."""
    gathered = Gathered("executions", "GET /workflowexecution/<id>", tasks=Columns(TASKS) if tasks is None else tasks)
    by_id(
        client,
        gathered,
        run_ids,
        lambda ids: requests.execution(ids[0]),
        read_executions,
        stop_at_error=stop_at_error,
        progress=progress,
    )
    return gathered


def _workflow_jobs(batch_jobs: Ids) -> list[str | None]:
    """Return the ids of batch jobs that have executions.

    Raises
    ------
    ConfigurationError
        One is no id.
    """
    if isinstance(batch_jobs, pd.DataFrame) and "type" in batch_jobs.columns:
        batch_jobs = batch_jobs.loc[batch_jobs["type"].fillna("Workflow") == "Workflow"]
    ids = ids_of(batch_jobs, "batch_job_id")
    for value in ids:
        if not is_id(value):
            raise ConfigurationError(f"batch job {value!r} is no id; one looks like b0123…, 33 characters")
    return [str(value) for value in dict.fromkeys(ids)]


def _filling(batch_job_id: str | None) -> Callable[[list[Row]], list[Row]]:
    """Return a function that enters the batch job into rows: no answer repeats it."""
    if batch_job_id is None:
        return lambda rows: rows
    return lambda rows: [(*row[:_BATCH_JOB], batch_job_id, *row[_BATCH_JOB + 1 :]) for row in rows]
