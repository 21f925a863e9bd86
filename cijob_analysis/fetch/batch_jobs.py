"""Fetching: batches of job details into one frame."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import pandas as pd

from cijob_analysis.exceptions import ConfigurationError, JobNotFound
from cijob_analysis.frames import to_frame
from cijob_analysis.gather import by_id, walk
from cijob_analysis.ledger import Ledger
from cijob_analysis.schema import BATCH_JOBS, require
from cijob_analysis.service import requests
from cijob_analysis.service.wire import read_batch_jobs

if TYPE_CHECKING:
    from cijob_analysis.service.client import Client

OnError = Literal["keep", "raise"]


def fetch_batch_jobs(
    client: Client,
    batch_job_ids: str | Iterable[str] | pd.DataFrame | None = None,
    *,
    states: str | Iterable[str] | None = None,
    type: str | None = None,
    created_after: object = None,
    created_before: object = None,
    workflow_id: str | None = None,
    name: str | None = None,
    limit: int | None = None,
    on_error: OnError = "keep",
    progress: bool = False,
) -> pd.DataFrame:
    """Fetch batch jobs: some by their ids, or all that the filters let through.

    Ids are asked for side by side, one request each (page 1045/47030). Without ids the service's list is
    walked, 100 rows a request, to its end (page 1045/47031).

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
    if on_error not in ("keep", "raise"):
        raise ConfigurationError(f"on_error={on_error!r} is neither 'keep' nor 'raise'")
    if batch_job_ids is None:
        request = requests.batch_job_list(
            states=states,
            type=type,
            created_after=created_after,
            created_before=created_before,
            workflow_id=workflow_id,
            name=name,
            size=_page_size(limit),
        )
        gathered = walk(client, request, read_batch_jobs, limit=limit, progress=progress)
    else:
        given = {
            "states": states,
            "type": type,
            "created_after": created_after,
            "created_before": created_before,
            "workflow_id": workflow_id,
            "name": name,
            "limit": limit,
        }
        filters = [filter_ for filter_, value in given.items() if value is not None]
        if filters:
            raise ConfigurationError(f"{', '.join(filters)} and ids do not go together: filter the frame instead")
        gathered = by_id(
            client,
            _ids_of(batch_job_ids, "batch_job_id"),
            requests.batch_job,
            read_batch_jobs,
            path="/inventorytriggerjob/<id>",
            stop_at_error=on_error == "raise",
            progress=progress,
        )
    frame, anomalies = to_frame(gathered.rows, BATCH_JOBS)
    as_of = datetime.fromtimestamp(client.transport.signer.now(), UTC)
    frame.attrs["ledger"] = Ledger((gathered.entry(anomalies),), as_of)
    if gathered.interruption is not None:
        gathered.interruption.partial = frame  # type: ignore[attr-defined]
        gathered.interruption.add_note(f"{len(frame)} batch jobs had been read: the exception's attribute partial")
        raise gathered.interruption
    if gathered.errors and (on_error == "raise" or gathered.is_nothing):
        error = gathered.errors[0][1]
        error.partial = frame
        raise error
    if gathered.missing_ids and on_error == "raise":
        unknown = JobNotFound(tuple(gathered.missing_ids))
        unknown.partial = frame
        raise unknown
    return frame


def _ids_of(ids: str | Iterable[str] | pd.DataFrame, column: str) -> list[object]:
    if isinstance(ids, str):
        return [ids]
    if isinstance(ids, pd.DataFrame):
        require(ids, column)
        return list(ids[column].dropna())
    try:
        return list(ids)
    except TypeError:
        raise ConfigurationError(f"{ids!r} is neither an id, nor a list of ids, nor a frame with {column}") from None


def _page_size(limit: int | None) -> int:
    if limit is None:
        return requests.PAGE_SIZE
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise ConfigurationError(f"limit={limit!r} is no whole number above 0; leave it out for all")
    return min(limit, requests.PAGE_SIZE)
