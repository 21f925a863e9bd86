"""Tasks: of executions, of batch jobs, by their ids, or by kind, into one frame."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from cijob_analysis import schema
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
from cijob_analysis.fetch.jobs import of_jobs
from cijob_analysis.fetch.joining import of_executions
from cijob_analysis.fetch.resources import workflows_by_ids
from cijob_analysis.gather import Gathered, by_id
from cijob_analysis.schema import require
from cijob_analysis.service import requests
from cijob_analysis.service.requests import MAX_TASK_IDS, path_of_task
from cijob_analysis.service.wire import read_tasks
from cijob_analysis.walk import walk

if TYPE_CHECKING:
    from cijob_analysis.service.client import Client


def fetch_tasks(
    client: Client,
    parents: pd.DataFrame | None = None,
    *,
    task_ids: Ids | None = None,
    tag: str | Iterable[str] | None = None,
    queue_id: str | None = None,
    workflow_id: str | None = None,
    object_key: str | None = None,
    states: str | Iterable[str] | None = None,
    created_after: object = None,
    created_before: object = None,
    limit: int | None = None,
    windows: int | None = None,
    on_error: OnError = "keep",
    progress: bool = False,
) -> pd.DataFrame:
    """Fetch tasks: those of executions or batch jobs, some by their ids, or all of a kind.

    Parameters
    ----------
    client : Client
        Whose bucket.
    parents : pandas.DataFrame, optional
        A frame of executions: all their tasks, with the fewest requests (see `Client.plan`). Or a frame of batch jobs:
        the tasks of those of type Job, which have no executions; the others are left out.
    task_ids : str, iterable of str or pandas.DataFrame, optional
        Ids of tasks, or a frame with the column ``task_id``; ten of them go into one request (page 1045/73113).
    tag : str or iterable of str, optional
        All tasks of this kind, such as ``"Transcode"``; a list for each (page 1045/73114). The other filters narrow
        it down.
    queue_id, workflow_id, object_key : str, optional
        Only those of this queue, this workflow, this object.
    states : str or iterable of str, optional
        Only these states.
    created_after, created_before : datetime.datetime, pandas.Timestamp or str, optional
        Only those created in between, both ends included; with a zone.
    limit : int, optional
        At most so many rows, the newest; the ledger says that it cut. For one kind of task.
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
        One row per task, newest first, or in the order of `task_ids`; the columns are declared in
        ``cijob_analysis.schema.TASKS``. ``frame.attrs["ledger"]`` says how complete it is.

    Raises
    ------
    ConfigurationError
        An argument is malformed, or none says which tasks; nothing was sent.
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
        "queue_id": queue_id,
        "workflow_id": workflow_id,
        "object_key": object_key,
        "states": states,
        "created_after": created_after,
        "created_before": created_before,
    }
    ways = {"parents": parents, "task_ids": task_ids, "tag": tag}
    named = [name for name, value in ways.items() if value is not None]
    if len(named) != 1:
        given = f"{' and '.join(named)} were given" if named else "nothing was given"
        raise ConfigurationError(f"{given}: say which tasks by one of {', '.join(ways)}")
    if tag is not None:
        return _of_kinds(client, tag, limit, windows, on_error, progress=progress, **filters)
    check_alone(named[0], limit=limit, **filters)
    if task_ids is not None:
        gathered = Gathered("tasks", "GET /jobs/<ids>")
        by_id(
            client,
            gathered,
            ids_of(task_ids, "task_id"),
            requests.tasks,
            read_tasks,
            at_once=MAX_TASK_IDS,
            group_of=path_of_task,
            stop_at_error=on_error == "raise",
            progress=progress,
        )
        return finished(client, gathered, gathered.frame(newest_first=False), on_error=on_error, noun="tasks")
    assert parents is not None  # noqa: S101 - the only way left
    if not isinstance(parents, pd.DataFrame):
        raise ConfigurationError(f"parents is {type(parents).__name__}, no frame of executions or batch jobs")
    if "run_id" in parents.columns:
        tasks, accounts = _of_parents(client, parents, windows=windows, progress=progress)
    else:
        require(parents, "batch_job_id", "type", "tag")
        tasks, accounts = of_jobs(client, parents, windows=windows, progress=progress)
    return finished(client, accounts, tasks, on_error=on_error, noun="tasks")


def _of_parents(
    client: Client, executions: pd.DataFrame, *, windows: int | None, progress: bool
) -> tuple[pd.DataFrame, list[Gathered]]:
    """Return the tasks of executions; where a workflow cannot be read, its executions are asked for one by one."""
    account = workflows_by_ids(client, executions["workflow_id"].dropna().unique().tolist())
    workflows = account.frame(newest_first=False)
    if account.interruption is not None:
        return schema.empty(schema.TASKS), [account]
    for what, error in account.errors:
        account.note(f"{what}: could not be read ({error}); the executions were asked for one by one")
    account.errors, account.ended = [], True
    tasks, _, accounts = of_executions(client, executions, workflows, windows=windows, progress=progress)
    return tasks, [account, *accounts]


def _of_kinds(
    client: Client,
    tag: str | Iterable[str],
    limit: int | None,
    windows: int | None,
    on_error: OnError,
    *,
    progress: bool,
    **filters: Any,
) -> pd.DataFrame:
    """Return the tasks that the lists of some kinds hold."""
    tags = [tag] if isinstance(tag, str) else list(tag)
    if limit is not None and len(tags) > 1:
        raise ConfigurationError(f"limit={limit} is for one list, and {len(tags)} kinds of task have one each")
    gathered = Gathered("tasks", "GET /jobs")
    listings = []
    for kind in tags:
        request = requests.task_list(kind, size=page_size(limit), **filters)
        listings.append(listing_of(client, request, read_tasks, gathered, name=f"{kind} tasks", limit=limit))
        gathered.filters += filters_of(request)
    walk(client, listings, windows=windows, progress=progress)
    frame = gathered.frame(newest_first=True)
    frame = frame if limit is None else frame.head(limit)
    return finished(client, gathered, frame, on_error=on_error, noun="tasks")
