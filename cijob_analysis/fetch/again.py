"""Reading again: of batch jobs that are known, only what can have changed since."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.fetch.again_tasks import TaskReading, times_of
from cijob_analysis.fetch.common import as_of, filters_of, interrupted, listing_of
from cijob_analysis.fetch.executions import details, execution_listing
from cijob_analysis.fetch.jobs import task_listings
from cijob_analysis.fetch.joining import merged
from cijob_analysis.fetch.resources import workflows_by_ids
from cijob_analysis.frames import with_ends
from cijob_analysis.gather import Gathered
from cijob_analysis.ledger import Ledger
from cijob_analysis.schema import EXECUTIONS, TASKS, TERMINAL
from cijob_analysis.service import requests
from cijob_analysis.service.requests import PAGE_SIZE
from cijob_analysis.service.rows import Row
from cijob_analysis.service.ways import pages_of
from cijob_analysis.service.wire import read_executions
from cijob_analysis.snapshot import Snapshot
from cijob_analysis.walk import SNAPSHOT_THRIFT, walk

if TYPE_CHECKING:
    from cijob_analysis.service.client import Client
    from cijob_analysis.windows import Listing

ENDED: Final = tuple(state for state in TERMINAL)
OVERLAP: Final = timedelta(minutes=10)
"""How far before the newest known row a list is read again: nobody knows how soon a list shows what was created."""


_SURE: Final = 25
"""So many known rows in a row, newest first, and what is older is taken to be known, too."""


@dataclass
class Again:
    """What is read again, and its account.

    Attributes
    ----------
    known : Snapshot
        What is known; of the executions and tasks the keys, states and creation times will do.
    executions, tasks, workflows : pandas.DataFrame
        What was read.
    accounts : list of Gathered
        What was asked.
    """

    client: Client
    known: Snapshot
    windows: int | None = None
    progress: bool = False
    executions: pd.DataFrame = field(default_factory=lambda: schema.empty(EXECUTIONS))
    tasks: pd.DataFrame = field(default_factory=lambda: schema.empty(TASKS))
    workflows: pd.DataFrame = field(default_factory=lambda: schema.empty(schema.WORKFLOWS))
    accounts: list[Gathered] = field(default_factory=list)

    @property
    def interruption(self) -> KeyboardInterrupt | None:
        """What interrupted it."""
        return next((account.interruption for account in self.accounts if account.interruption is not None), None)

    def read(self, batch_jobs: pd.DataFrame, *, depth: str) -> None:
        """Read executions and tasks of `batch_jobs`, which were active when they were last read."""
        workflow_jobs = batch_jobs.loc[batch_jobs["type"].fillna("Workflow") == "Workflow"]
        if depth != "batch_jobs" and len(workflow_jobs):
            self._read_executions(workflow_jobs, with_tasks=depth == "tasks")
        if depth == "tasks" and self.interruption is None:
            self._read_jobs(batch_jobs.loc[batch_jobs["type"] == "Job"])

    def snapshot(self, batch_jobs: pd.DataFrame) -> Snapshot:
        """Return what was read, with its ledgers."""
        known = self.known.executions
        touched = known.loc[
            known["run_id"].isin(self.tasks["run_id"]) & ~known["run_id"].isin(self.executions["run_id"])
        ]
        if len(touched):  # their state is as it was, but a first task may have started
            empty = schema.empty(EXECUTIONS)
            names = ("run_id", "batch_job_id", "workflow_id", "state", "created_at")
            columns = {name: empty[name].reindex(touched.index) for name in empty.columns}
            touched = pd.DataFrame({**columns, **{name: touched[name] for name in names}})
            self.executions = merged("run_id", self.executions, touched)
        executions = with_ends(self.executions, self._all_tasks())
        frames = {"executions": executions, "tasks": self.tasks, "workflows": self.workflows}
        time = as_of(self.client)
        for kind, frame in frames.items():
            of_kind = tuple(account.entry() for account in self.accounts if account.level == kind)
            if kind == "executions" and self.interruption is not None:
                of_kind += (interrupted(kind, batch_jobs["batch_job_id"]),)
            frame.attrs["ledger"] = Ledger(of_kind, time)
        return Snapshot(batch_jobs=batch_jobs, as_of=time, **frames)

    def _all_tasks(self) -> pd.DataFrame:
        """Return the times of all tasks of the executions that were read, known ones included."""
        names = ["task_id", "run_id", "started_at", "ended_at"]
        known = self.known.tasks.reindex(columns=names)
        known = known.loc[known["run_id"].isin(self.executions["run_id"])]
        both = [frame for frame in (known, self.tasks[names]) if len(frame)]
        return pd.concat(both).drop_duplicates("task_id", keep="last") if both else self.tasks

    def _read_executions(self, batch_jobs: pd.DataFrame, *, with_tasks: bool) -> None:
        ids = batch_jobs["batch_job_id"]
        known = self.known.executions
        known = known.loc[known["batch_job_id"].isin(ids)]
        fresh = self._fresh(batch_jobs, known)
        running = known.loc[~known["state"].isin(TERMINAL)]
        seen, unsaid = self._how_they_are(running)
        self.executions = merged("run_id", seen, fresh)
        if self.interruption is not None:
            return
        if not with_tasks:
            self.ask(unsaid)
            self.tasks = schema.empty(TASKS)
            return
        self.topologies(self.executions["workflow_id"].dropna().unique().tolist())
        tasks = TaskReading(self, known)
        for key in ids:
            of_job = fresh.loc[(fresh["batch_job_id"] == key) & ~fresh["run_id"].isin(known["run_id"]), "run_id"]
            mine = running.loc[running["batch_job_id"] == key, "run_id"]
            ended = seen.loc[seen["state"].isin(TERMINAL), "run_id"]
            tasks.add(str(key), must=[*of_job, *mine[mine.isin(ended)]], unsaid=[*mine[mine.isin(unsaid)]], runs=mine)
        tasks.read()

    def _fresh(self, batch_jobs: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
        """Return executions that were created lately, newest first until a page holds none that is new."""
        known_ids = frozenset(self.known.executions["run_id"])
        if len(batch_jobs) > 1 and len(known):  # one request tells whether any of them has new ones
            request = requests.execution_list()
            probe = Gathered("executions", "GET /workflowexecution", filters_of(request))
            probe.batch_job_ids = tuple(batch_jobs["batch_job_id"])
            listing = listing_of(self.client, request, read_executions, probe, limit=PAGE_SIZE)
            walk(self.client, [listing])
            probe.notes.clear()
            probe.ended = probe.interruption is None and not probe.errors
            self.accounts.append(probe)
            if known_ids.issuperset(probe.frame(newest_first=True)["run_id"]):
                return schema.empty(EXECUTIONS)
        into = Gathered("executions", "GET /workflowexecution", batch_job_ids=tuple(batch_jobs["batch_job_id"]))
        listings = [execution_listing(self.client, into, batch_job_id=str(key)) for key in batch_jobs["batch_job_id"]]
        for listing in listings:
            listing.is_known = all_known(known_ids)
        return self.walked(into, listings)

    def _how_they_are(self, running: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
        """Ask how executions are that were running: for those that still are, or for those that have ended.

        Whichever list is shorter is read. One of those that still run does not say how the others ended.

        Returns
        -------
        seen : pandas.DataFrame
            Executions of `running` that a list held.
        unsaid : list of str
            Those of which no list can say how they are.
        """
        if not len(running):
            return schema.empty(EXECUTIONS), []
        everything = self.known.executions
        per_job = [
            _Group.of(str(key), own, everything.loc[everything["batch_job_id"] == key])
            for key, own in running.groupby("batch_job_id", observed=True)
        ]
        overall = [_Group.of(None, running, everything)]
        groups = min(per_job, overall, key=lambda groups: sum(group.requests for group in groups))
        into = Gathered("executions", "GET /workflowexecution", batch_job_ids=tuple(running["batch_job_id"].unique()))
        listings = [
            execution_listing(
                self.client, into, batch_job_id=group.batch_job_id, states=group.states, created_after=group.after
            )
            for group in groups
        ]
        rows = self.walked(into, listings)
        rows = rows.loc[rows["run_id"].isin(running["run_id"])]
        parents = running.set_index("run_id")["batch_job_id"]
        rows = rows.assign(batch_job_id=rows["run_id"].map(parents).astype(schema.TEXT))
        if into.errors or into.interruption is not None:
            return rows, []
        found = frozenset(rows["run_id"])
        told = [key for group in groups for key in (group.stragglers if group.states == ENDED else group.run_ids)]
        return rows, [key for key in told if key not in found]

    def ask(self, run_ids: Sequence[str]) -> None:
        """Ask for executions one by one, with their tasks."""
        if not run_ids or self.interruption is not None:
            return
        into = details(self.client, list(dict.fromkeys(run_ids)), progress=self.progress)
        self.accounts.append(into)
        rows, tasks = into.frame(newest_first=False), into.tasks.frame(newest_first=False)[0]
        parents = pd.concat([self.known.executions, self.executions]).drop_duplicates("run_id").set_index("run_id")
        into.batch_job_ids = tuple(parents["batch_job_id"].reindex(list(run_ids)).dropna().unique())
        for frame in (rows, tasks):
            frame["batch_job_id"] = frame["run_id"].map(parents["batch_job_id"]).astype(schema.TEXT)
        self.executions = merged("run_id", self.executions, rows)
        self.tasks = merged("task_id", self.tasks, tasks)

    def topologies(self, workflow_ids: Sequence[str]) -> dict[str, object]:
        """Return the topology of each workflow, as JSON text; what is not known is read, once."""
        frames = (self.known.workflows.reindex(columns=["workflow_id", "topology"]), self.workflows)
        known = {
            key: topology
            for frame in frames
            for key, topology in zip(frame["workflow_id"], frame["topology"], strict=True)
        }
        lacking = [key for key in workflow_ids if key not in known]
        if lacking and self.interruption is None:
            into = workflows_by_ids(self.client, lacking)
            self.accounts.append(into)
            self.workflows = pd.concat([self.workflows, into.frame(newest_first=False)], ignore_index=True)
            known |= dict(zip(self.workflows["workflow_id"], self.workflows["topology"], strict=True))
        return known

    def _read_jobs(self, batch_jobs: pd.DataFrame) -> None:
        """Read the tasks of batch jobs of type Job that were created since the oldest one that was not finished."""
        if not len(batch_jobs):
            return
        tasks = self.known.tasks
        tasks = tasks.loc[tasks["batch_job_id"].isin(batch_jobs["batch_job_id"])]
        oldest = tasks.loc[~tasks["state"].isin(TERMINAL)].groupby("batch_job_id", observed=True)["created_at"].min()
        newest = tasks.groupby("batch_job_id", observed=True)["created_at"].max() - OVERLAP
        both = pd.concat([newest, oldest])
        after = {str(key): time for key, time in both.groupby(level=0, observed=True).min().items()}
        into = Gathered("tasks", "GET /jobs", batch_job_ids=tuple(batch_jobs["batch_job_id"]))
        rows = self.walked(into, task_listings(self.client, batch_jobs, into, after))
        self.tasks = merged("task_id", self.tasks, rows)

    def walked(self, into: Gathered, listings: Sequence[Listing]) -> pd.DataFrame:
        """Read lists into one frame; note what was asked."""
        n = len(listings)
        into.filters = filters_of(listings[0].request) if n == 1 else (("jobId", f"{n} ids"),)
        walk(self.client, listings, windows=self.windows, thrift=SNAPSHOT_THRIFT, progress=self.progress)
        self.accounts.append(into)
        return into.frame(newest_first=True)


def all_known(keys: frozenset[str]) -> Callable[[Sequence[Row]], bool]:
    """Return a function that tells whether the last rows of a page are all of `keys`: older ones will be, too."""
    return lambda rows: keys.issuperset(row[0] or "" for row in rows[-_SURE:])


@dataclass(frozen=True)
class _Group:
    """Executions that were running, and the shorter of the lists that tell how they are.

    Attributes
    ----------
    batch_job_id : str or None
        Whose; None for all.
    run_ids, stragglers : tuple of str
        Which; and which of them are older than the list, so that a few do not make it long.
    states : tuple of str
        What is listed.
    after : pandas.Timestamp
        From when on.
    requests : int
        How many requests the list, and asking for the stragglers, seem to take.
    """

    batch_job_id: str | None
    run_ids: tuple[str, ...]
    stragglers: tuple[str, ...]
    states: tuple[str, ...]
    after: pd.Timestamp
    requests: int

    @classmethod
    def of(cls, batch_job_id: str | None, running: pd.DataFrame, known: pd.DataFrame) -> _Group:
        """Return the group of some of the `known` executions."""
        running = running.sort_values("created_at", kind="stable")
        starts = times_of(running)
        ended = np.sort(times_of(known.loc[known["state"].isin(TERMINAL)]))
        pages = np.maximum(1, -(-(len(ended) - np.searchsorted(ended, starts)) // PAGE_SIZE))
        costs = pages + np.arange(len(starts))
        best = int(np.argmin(costs))
        ids = tuple(running["run_id"])
        as_running = pages_of(len(ids), PAGE_SIZE)
        if as_running < costs[best]:
            return cls(batch_job_id, ids, (), ("Running",), running["created_at"].iloc[0], as_running)
        return cls(batch_job_id, ids, ids[:best], ENDED, running["created_at"].iloc[best], int(costs[best]))
