"""Batch jobs: details of many, or a list to its end, into one frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

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
from cijob_analysis.gather import Gathered, by_id
from cijob_analysis.service import requests
from cijob_analysis.service.wire import read_batch_jobs
from cijob_analysis.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cijob_analysis.service.client import Client


def fetch_batch_jobs(
    client: Client,
    batch_job_ids: Ids | None = None,
    *,
    states: str | Iterable[str] | None = None,
    type: str | None = None,
    created_after: object = None,
    created_before: object = None,
    workflow_id: str | None = None,
    name: str | None = None,
    limit: int | None = None,
    windows: int | None = None,
    on_error: OnError = "keep",
    progress: bool = False,
) -> pd.DataFrame:
    """Fetch batch jobs: some by their ids, or all that the filters let through.

    Ids are asked for side by side, one request each (page 1045/47030). Without ids the service's list is
    walked, 100 rows a request, to its end (page 1045/47031); a long one in windows of creation time side by side.

    Parameters
    ----------
    client : Client
        Whose bucket.
    batch_job_ids : str, iterable of str or pandas.DataFrame, optional
        One id, several, or a frame with the column ``batch_job_id``. Filters are for lists and not for ids.
    states : str or iterable of str, optional
        Only these states, such as ``["Failed", "Cancel"]``.
    type : {"Workflow", "Job"}, optional
        Only this type; both if not given.
    created_after, created_before : datetime.datetime, pandas.Timestamp or str, optional
        Only those created in between, both ends included; with a zone.
    workflow_id : str, optional
        Only those of this workflow.
    name : str, optional
        Only those of this name; whether the service takes a beginning of it for the whole is not documented.
    limit : int, optional
        At most so many rows, the newest; the ledger says that it cut.
    windows : int, optional
        Into how many windows the period is split: more are faster, and cost up to a request each. If not given, a
        long list gets as many as cost 4 % more requests; one with a rate limit, which they would not make faster.
    on_error : {"keep", "raise"}
        What to do about an id or a page that cannot be read for good, or an id that does not exist: keep the others
        and enter it into the ledger, or raise with what there is in ``error.partial``.
    progress : bool
        Show a progress bar.

    Returns
    -------
    pandas.DataFrame
        One row per batch job, in the order of the ids or newest first; the columns are declared in
        ``cijob_analysis.schema.BATCH_JOBS``: text, UTC times, nullable integers and the categorical ``state``.
        ``frame.attrs["ledger"]`` says how complete it is.

    Raises
    ------
    ConfigurationError
        An argument is malformed; nothing was sent.
    JobNotFound
        Ids do not exist, and ``on_error="raise"``; it names all of them.
    CIJobError
        Nothing at all could be read, or something and ``on_error="raise"``.
    KeyboardInterrupt
        It was interrupted. What had been read is in its attribute `partial`; in a notebook,
        ``sys.last_value.partial``.
    """
    check_on_error(on_error)
    check_windows(windows)
    if batch_job_ids is None:
        request = requests.batch_job_list(
            states=states,
            type=type,
            created_after=created_after,
            created_before=created_before,
            workflow_id=workflow_id,
            name=name,
            size=page_size(limit),
        )
        gathered = Gathered("batch_jobs", f"GET {request.path}", filters_of(request))
        listing = listing_of(client, request, read_batch_jobs, gathered, limit=limit)
        walk(client, [listing], windows=windows, progress=progress)
        frame = gathered.frame(newest_first=True)
        frame = frame if limit is None else frame.head(limit)
    else:
        check_alone(
            "ids",
            states=states,
            type=type,
            created_after=created_after,
            created_before=created_before,
            workflow_id=workflow_id,
            name=name,
            limit=limit,
            windows=windows,
        )
        gathered = Gathered("batch_jobs", "GET /inventorytriggerjob/<id>")
        by_id(
            client,
            gathered,
            ids_of(batch_job_ids, "batch_job_id"),
            lambda ids: requests.batch_job(ids[0]),
            read_batch_jobs,
            stop_at_error=on_error == "raise",
            progress=progress,
        )
        frame = gathered.frame(newest_first=False)
    return finished(client, gathered, frame, on_error=on_error, noun="batch jobs")
