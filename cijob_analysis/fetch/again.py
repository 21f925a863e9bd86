"""Reading again: of batch jobs that are known, only what can have changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from cijob_analysis import schema
from cijob_analysis.fetch.common import as_of, filters_of, listing_of
from cijob_analysis.fetch.executions import details, execution_listing
from cijob_analysis.fetch.jobs import task_listings
from cijob_analysis.fetch.joining import merged, of_executions
from cijob_analysis.fetch.resources import workflows_by_ids
from cijob_analysis.frames import with_ends
from cijob_analysis.gather import Gathered, by_id
from cijob_analysis.ledger import Ledger
from cijob_analysis.schema import EXECUTIONS, TASKS, TERMINAL
from cijob_analysis.service import requests
from cijob_analysis.service.requests import MAX_TASK_IDS, PAGE_SIZE, path_of_task
from cijob_analysis.service.wire import read_executions, read_tasks
from cijob_analysis.snapshot import Snapshot
from cijob_analysis.walk import SNAPSHOT_THRIFT, walk

if TYPE_CHECKING:
    from cijob_analysis.service.client import Client
    from cijob_analysis.windows import Listing

OVERLAP: Final = timedelta(minutes=10)
"""How far before the newest known row a list is read again: nobody knows how soon a list shows what was created."""


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
        executions = with_ends(self.executions, self.tasks)
        frames = {"executions": executions, "tasks": self.tasks, "workflows": self.workflows}
        time = as_of(self.client)
        for kind, frame in frames.items():
            of_kind = tuple(account.entry() for account in self.accounts if account.level == kind)
            frame.attrs["ledger"] = Ledger(of_kind, time)
        return Snapshot(batch_jobs=batch_jobs, as_of=time, **frames)

    def _read_executions(self, batch_jobs: pd.DataFrame, *, with_tasks: bool) -> None:
        ids = batch_jobs["batch_job_id"]
        known = self.known.executions
        known = known.loc[known["batch_job_id"].isin(ids)]
        fresh = self._fresh(batch_jobs, known)
        running = known.loc[~known["state"].isin(TERMINAL)]
        still = self._still_running(ids, running)
        self.executions = merged("run_id", still, fresh)
        if self.interruption is not None:
            return
        new = fresh.loc[~fresh["run_id"].isin(known["run_id"])]
        finished = running.loc[~running["run_id"].isin(still["run_id"])]
        if not with_tasks:
            self._ask(finished["run_id"].to_list(), ids)
            return
        names = ["run_id", "batch_job_id", "workflow_id", "state", "created_at"]
        must = pd.concat([finished[names], new[names]], ignore_index=True)
        maybe = running.loc[running["run_id"].isin(still["run_id"]), names]
        self._read_tasks(known, must, maybe)

    def _fresh(self, batch_jobs: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
        """Return executions that were created lately, some of which are known."""
        if len(batch_jobs) > 1 and len(known):  # one request tells whether any of them has new ones
            after = self.known.executions["created_at"].max() - OVERLAP
            request = requests.execution_list(created_after=after)
            probe = Gathered("executions", "GET /workflowexecution", filters_of(request))
            probe.batch_job_ids = tuple(batch_jobs["batch_job_id"])
            walk(self.client, [listing_of(self.client, request, read_executions, probe, limit=PAGE_SIZE)])
            rows = probe.frame(newest_first=True)
            probe.notes.clear()
            is_whole, probe.ended = probe.ended, probe.interruption is None and not probe.errors
            self.accounts.append(probe)
            if is_whole and rows["run_id"].isin(self.known.executions["run_id"]).all():
                return schema.empty(EXECUTIONS)
        into = Gathered("executions", "GET /workflowexecution", batch_job_ids=tuple(batch_jobs["batch_job_id"]))
        newest = known.groupby("batch_job_id", observed=True)["created_at"].max() - OVERLAP
        listings = [
            execution_listing(
                self.client, into, batch_job_id=str(key), created_after=newest[key] if key in newest.index else None
            )
            for key in batch_jobs["batch_job_id"]
        ]
        return self._walked(into, listings)

    def _still_running(self, ids: pd.Series[Any], running: pd.DataFrame) -> pd.DataFrame:
        """Return those of the `running` executions that still are."""
        if not len(running):
            return schema.empty(EXECUTIONS)
        one: dict[str, Any] = {"batch_job_id": str(ids.iloc[0])} if len(ids) == 1 else {}
        into = Gathered("executions", "GET /workflowexecution", batch_job_ids=tuple(ids))
        listing = execution_listing(
            self.client, into, states="Running", created_after=running["created_at"].min(), **one
        )
        rows = self._walked(into, [listing])
        rows = rows.loc[rows["run_id"].isin(running["run_id"])]
        parents = running.set_index("run_id")["batch_job_id"]
        return rows.assign(batch_job_id=rows["run_id"].map(parents).astype(schema.TEXT))

    def _read_tasks(self, known: pd.DataFrame, must: pd.DataFrame, maybe: pd.DataFrame) -> None:
        """Read the tasks of executions that are new or finished (`must`) or still running (`maybe`).

        Of each batch job the newest part is read as lists if that takes fewer requests than its executions one by
        one; in that case those that still run are asked for only where one of their known tasks has gone on.
        """
        tasks = self.known.tasks
        unfinished = tasks.loc[tasks["run_id"].isin(maybe["run_id"]) & ~tasks["state"].isin(TERMINAL)]
        idle = ~maybe["run_id"].isin(unfinished["run_id"])
        must, maybe = pd.concat([must, maybe.loc[idle]], ignore_index=True), maybe.loc[~idle]
        one_by_one: list[str] = []
        by_id_first: list[pd.DataFrame] = []
        tails: dict[str, pd.Timestamp] = {}
        for key in pd.unique(pd.concat([must["batch_job_id"], maybe["batch_job_id"]])):
            own_must, own_maybe = (rows.loc[rows["batch_job_id"] == key] for rows in (must, maybe))
            own_unfinished = unfinished.loc[unfinished["run_id"].isin(own_maybe["run_id"])]
            after = pd.concat([own_must["created_at"], own_maybe["created_at"]]).min()
            n = int((known.loc[known["batch_job_id"] == key, "created_at"] >= after).sum())
            recent = tasks.loc[(tasks["batch_job_id"] == key) & (tasks["created_at"] >= after)]
            as_list = -(-n // PAGE_SIZE) + sum(-(-m // PAGE_SIZE) for m in recent["task_type"].value_counts())
            if len(recent) and as_list <= len(own_must) + -(-len(own_unfinished) // MAX_TASK_IDS):
                tails[str(key)] = after
            else:
                one_by_one += own_must["run_id"].to_list()
                by_id_first.append(own_unfinished)
        if by_id_first:
            one_by_one += self._gone_on(pd.concat(by_id_first))
        self._ask(one_by_one, pd.concat([must["batch_job_id"], maybe["batch_job_id"]]))
        if tails and self.interruption is None:
            self._read_tails(tails)

    def _gone_on(self, unfinished: pd.DataFrame) -> list[str]:
        """Ask for tasks by their ids; return the executions of those that have changed their state."""
        if not len(unfinished) or self.interruption is not None:
            return []
        into = Gathered("tasks", "GET /jobs/<ids>", batch_job_ids=tuple(unfinished["batch_job_id"].dropna().unique()))
        keys = unfinished["task_id"].to_list()
        by_id(
            self.client,
            into,
            keys,
            requests.tasks,
            read_tasks,
            at_once=MAX_TASK_IDS,
            group_of=path_of_task,
            progress=self.progress,
        )
        self.accounts.append(into)
        rows = into.frame(newest_first=True)
        before = unfinished.drop_duplicates("task_id").set_index("task_id")
        for name in ("run_id", "batch_job_id", "workflow_id"):
            rows[name] = rows[name].fillna(rows["task_id"].map(before[name]).astype(schema.TEXT))
        self.tasks = merged("task_id", self.tasks, rows)
        earlier = rows["task_id"].map(before["state"].astype(object))
        return rows.loc[rows["state"].astype(object) != earlier, "run_id"].dropna().unique().tolist()

    def _ask(self, run_ids: Sequence[str], batch_job_ids: pd.Series[Any]) -> None:
        """Ask for executions one by one, with their tasks."""
        if not run_ids or self.interruption is not None:
            return
        into = details(self.client, list(dict.fromkeys(run_ids)), progress=self.progress)
        into.batch_job_ids = tuple(batch_job_ids.dropna().unique())
        self.accounts.append(into)
        rows, tasks = into.frame(newest_first=False), into.tasks.frame(newest_first=False)[0]
        parents = pd.concat([self.known.executions, self.executions]).drop_duplicates("run_id").set_index("run_id")
        for frame in (rows, tasks):
            frame["batch_job_id"] = frame["run_id"].map(parents["batch_job_id"]).astype(schema.TEXT)
        self.executions = merged("run_id", self.executions, rows)
        self.tasks = merged("task_id", self.tasks, tasks)

    def _read_tails(self, tails: dict[str, pd.Timestamp]) -> None:
        """Read, of each batch job, the executions and tasks that were created since an instant, as lists."""
        into = Gathered("executions", "GET /workflowexecution", batch_job_ids=tuple(tails))
        rows = self._walked(
            into,
            [
                execution_listing(self.client, into, batch_job_id=key, created_after=after)
                for key, after in tails.items()
            ],
        )
        self.executions = merged("run_id", self.executions, rows)
        if self.interruption is not None:
            return
        workflows = self._topologies(rows["workflow_id"].dropna().unique().tolist())
        tasks, found, accounts = of_executions(
            self.client, rows, workflows, windows=self.windows, progress=self.progress, is_tail=True
        )
        self.accounts += accounts
        self.executions = merged("run_id", self.executions, found)
        self.tasks = merged("task_id", self.tasks, tasks)

    def _topologies(self, ids: Sequence[str]) -> pd.DataFrame:
        """Return the workflows with these ids; those whose topology is not known are read."""
        known = self.known.workflows[["workflow_id", "topology", "updated_at"]]
        known = known.loc[known["topology"].notna()]
        lacking = [key for key in ids if key not in set(known["workflow_id"])]
        if not lacking:
            return known
        into = workflows_by_ids(self.client, lacking)
        self.accounts.append(into)
        self.workflows = into.frame(newest_first=False)
        return pd.concat([known, self.workflows], ignore_index=True)

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
        rows = self._walked(into, task_listings(self.client, batch_jobs, into, after))
        self.tasks = merged("task_id", self.tasks, rows)

    def _walked(self, into: Gathered, listings: Sequence[Listing]) -> pd.DataFrame:
        """Read lists into one frame; note what was asked."""
        n = len(listings)
        into.filters = filters_of(listings[0].request) if n == 1 else (("jobId", f"{n} ids"),)
        walk(self.client, listings, windows=self.windows, thrift=SNAPSHOT_THRIFT, progress=self.progress)
        self.accounts.append(into)
        return into.frame(newest_first=True)
