"""Snapshots: all levels of some batch jobs, each row with the keys of its parents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import CIJobError, ConfigurationError
from cijob_analysis.fetch.batch_jobs import fetch_batch_jobs
from cijob_analysis.fetch.common import Ids, OnError, as_of, check_on_error, check_windows, finished, interrupted
from cijob_analysis.fetch.executions import execution_listing
from cijob_analysis.fetch.jobs import of_jobs
from cijob_analysis.fetch.joining import merged, of_executions
from cijob_analysis.fetch.resources import workflows_by_ids
from cijob_analysis.frames import with_ends
from cijob_analysis.gather import Gathered
from cijob_analysis.ledger import Ledger, ledger_of
from cijob_analysis.schema import LEVELS
from cijob_analysis.service.requests import PAGE_SIZE
from cijob_analysis.snapshot import Snapshot
from cijob_analysis.walk import SNAPSHOT_THRIFT, walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cijob_analysis.service.client import Client


def fetch_snapshot(
    client: Client,
    batch_job_ids: Ids | None = None,
    *,
    depth: str = "tasks",
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
) -> Snapshot:
    """Fetch batch jobs with all their executions and tasks, joined, with the fewest requests.

    Executions come from a list for each batch job of type Workflow, 100 in a request. Their tasks come from lists, too,
    one for each kind of task that the workflow has, or from one request for each execution where that is less; see
    `Client.plan`. What the lists turn out not to have is asked for one by one. Batch jobs of type Job have tasks
    directly.

    Parameters
    ----------
    client : Client
        Whose bucket.
    batch_job_ids : str, iterable of str or pandas.DataFrame, optional
        One id, several, or a frame with the column ``batch_job_id``; otherwise all batch jobs that the filters let
        through.
    depth : {"tasks", "executions", "batch_jobs"}
        The lowest level that is wanted.
    states, type, created_after, created_before, workflow_id, name, limit
        Which batch jobs; see `fetch_batch_jobs`.
    windows : int, optional
        Into how many windows the period of each list is split: more are faster, and cost up to a request each. If not
        given, lists are read side by side, and only those of more than 20 000 rows are split.
    on_error : {"keep", "raise"}
        What to do about what cannot be read for good, or an id that does not exist: keep the rest and enter it into
        the ledger, or raise with what there is in ``error.partial``.
    progress : bool
        Show progress bars.

    Returns
    -------
    Snapshot
        Frames ``batch_jobs``, ``executions``, ``tasks``, each row with the keys of its parents, and ``workflows``;
        ``snapshot.is_complete``, ``snapshot.summary()`` and ``snapshot.ledger`` say how complete it is.

    Raises
    ------
    ConfigurationError
        An argument is malformed; nothing was sent.
    CIJobError
        No batch job could be read, or something and ``on_error="raise"``: what there is is in ``error.partial``, a
        Snapshot.
    KeyboardInterrupt
        It was interrupted. The Snapshot of what had been read is in its attribute `partial`; in a notebook,
        ``sys.last_value.partial``.

    Examples
    --------
    >>> from cijob_analysis import LocalService, Workload, fetch_snapshot
    >>> with LocalService(Workload.generate(batch_jobs=3)) as service, service.client() as client:
    ...     snapshot = fetch_snapshot(client)
    >>> snapshot.is_complete
    True
    """
    if depth not in LEVELS:
        raise ConfigurationError(f"depth={depth!r} is none of {', '.join(LEVELS)}")
    check_on_error(on_error)
    check_windows(windows)
    reading = Reading(client, windows, on_error, progress)
    try:
        reading.frames["batch_jobs"] = fetch_batch_jobs(
            client,
            batch_job_ids,
            states=states,
            type=type,
            created_after=created_after,
            created_before=created_before,
            workflow_id=workflow_id,
            name=name,
            limit=limit,
            windows=None if batch_job_ids is not None else windows,
            on_error=on_error,
            progress=progress,
        )
        reading.go_below(depth)
    except (KeyboardInterrupt, CIJobError) as error:
        reading.leave_partial(error)
        raise
    return reading.snapshot()


class Reading:
    """A snapshot in the making.

    Attributes
    ----------
    frames : dict of str to pandas.DataFrame
        What was read so far, by kind.
    """

    def __init__(self, client: Client, windows: int | None, on_error: OnError, progress: bool) -> None:
        self.frames: dict[str, pd.DataFrame] = {}
        self._client, self._windows, self._on_error, self._progress = client, windows, on_error, progress
        self._depth = "batch_jobs"

    def snapshot(self) -> Snapshot:
        """Return what was read."""
        return Snapshot(**self.frames, as_of=as_of(self._client))

    def go_below(self, depth: str) -> None:
        """Read what is below the batch jobs, down to `depth`."""
        self._depth = depth
        if depth != "batch_jobs":
            self.read_executions()
        if depth == "tasks":
            self.read_tasks()

    def leave_partial(self, error: BaseException) -> None:
        """Put what was read into ``error.partial``."""
        partial = getattr(error, "partial", None)
        if isinstance(partial, pd.DataFrame):
            self.frames[_kind_of(partial)] = partial
        if "batch_jobs" not in self.frames:
            return
        if isinstance(error, KeyboardInterrupt):
            if partial is not self.frames["batch_jobs"]:
                lowest = self.frames.setdefault(self._depth, schema.empty(schema.TABLES[self._depth]))
                rest = Ledger((interrupted(self._depth, self.frames["batch_jobs"]["batch_job_id"]),))
                lowest.attrs["ledger"] = ledger_of(lowest) + rest
            error.__notes__ = ["what had been read is a Snapshot: the exception's attribute partial"]
        error.partial = self.snapshot()  # type: ignore[attr-defined]

    def read_executions(self) -> None:
        """Read the executions of batch jobs of type Workflow, a list each, side by side."""
        jobs = self.frames["batch_jobs"]
        jobs = jobs.loc[jobs["type"].fillna("Workflow") == "Workflow"]
        gathered = Gathered("executions", "GET /workflowexecution", batch_job_ids=tuple(jobs["batch_job_id"]))
        listings = []
        for batch_job_id, workflows in zip(jobs["batch_job_id"], jobs["workflow_ids"].fillna(""), strict=True):
            one = workflows if "," not in workflows else ""  # the filter takes one
            listings.append(
                execution_listing(self._client, gathered, batch_job_id=batch_job_id, workflow_id=one or None)
            )
        gathered.filters = (("jobId", str(jobs["batch_job_id"].iloc[0]) if len(jobs) == 1 else f"{len(jobs)} ids"),)
        walk(self._client, listings, windows=self._windows, thrift=SNAPSHOT_THRIFT, progress=self._progress)
        gathered.planned = sum(max(1, -(-listing.rows // PAGE_SIZE)) for listing in listings)
        self.frames["executions"] = self._kept(gathered, gathered.frame(newest_first=True))

    def read_tasks(self) -> None:
        """Read the workflows of the executions, then the tasks of executions and of batch jobs of type Job."""
        executions = self.frames["executions"]
        accounts: list[Gathered] = []
        tasks = schema.empty(schema.TASKS)
        if len(executions):
            ids = executions["workflow_id"].dropna().unique().tolist()
            gathered = workflows_by_ids(self._client, ids, progress=self._progress)
            gathered.planned = gathered.requests - gathered.retries
            self.frames["workflows"] = self._kept(gathered, gathered.frame(newest_first=False))
            tasks, details, accounts = of_executions(
                self._client, executions, self.frames["workflows"], windows=self._windows, progress=self._progress
            )
            attributes = executions.attrs
            executions = with_ends(merged("run_id", executions, details), tasks)
            executions.attrs = attributes
            self.frames["executions"] = executions
        if all(account.interruption is None for account in accounts):
            own, more = of_jobs(self._client, self.frames["batch_jobs"], windows=self._windows, progress=self._progress)
            tasks = merged("task_id", tasks, own)
            accounts += more
        if not ledger_of(executions).is_complete:
            unknown = "cut off: not all executions are known"
            accounts.append(Gathered("tasks", "GET /jobs", ended=False, notes=[unknown]))
        self.frames["tasks"] = self._kept(accounts, tasks)

    def _kept(self, gathered: Any, frame: pd.DataFrame) -> pd.DataFrame:
        """Return `frame` with its ledger, whatever could not be read, unless an exception was asked for."""
        try:
            return finished(self._client, gathered, frame, on_error=self._on_error, noun=schema.noun_of(frame) + "s")
        except CIJobError:
            if self._on_error == "raise":
                raise
            return frame  # nothing of this level could be read; its ledger says so


def _kind_of(frame: pd.DataFrame) -> str:
    key = schema.key_of(frame)
    return next(kind for kind, name in schema.KEYS.items() if name == key)
