"""Reading tasks again: of the executions of active batch jobs, only what can have changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.fetch.common import listing_of
from cijob_analysis.fetch.jobs import filling_in
from cijob_analysis.fetch.joining import merged
from cijob_analysis.gather import Gathered, by_id
from cijob_analysis.schema import STATES, TERMINAL
from cijob_analysis.service import requests
from cijob_analysis.service.requests import MAX_TASK_IDS, PAGE_SIZE, path_of_task
from cijob_analysis.service.ways import pages_of, tags_of
from cijob_analysis.service.wire import read_tasks

if TYPE_CHECKING:
    from cijob_analysis.fetch.again import Again
    from cijob_analysis.windows import Listing

_KEYS: Final = ["batch_job_id", "workflow_id"]
_BEGUN: Final = tuple(state for state in STATES if state != "Submitted")
"""States of tasks other than those that wait: most of what is unfinished waits."""


@dataclass
class TaskReading:
    """What is to be read of the tasks of active batch jobs.

    Of each batch job either lists are read, for each kind of task one of what has begun since the oldest unfinished
    task was created and one of what is new; or its executions are asked for one by one if they are new or have ended,
    and those that still run only where one of their known tasks, which are asked for by their ids, has gone on.

    Attributes
    ----------
    again : Again
        Where what is read goes.
    known : pandas.DataFrame
        Known executions.
    one_by_one : list of str
        Executions to be asked for.
    by_their_ids : list of pandas.DataFrame
        Known tasks to be asked for.
    lists : dict of str to list of str
        Batch jobs whose lists are to be read, and their executions of which something must be read.
    tags : dict of str to list of str
        Their kinds of task.
    """

    again: Again
    known: pd.DataFrame
    one_by_one: list[str] = field(default_factory=list)
    by_their_ids: list[pd.DataFrame] = field(default_factory=list)
    lists: dict[str, list[str]] = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=dict)

    def add(self, batch_job_id: str, *, must: Sequence[str], unsaid: Sequence[str], runs: pd.Series[str]) -> None:
        """Decide how the tasks of a batch job are read.

        Parameters
        ----------
        batch_job_id : str
            Which.
        must : sequence of str
            Executions that are new or have ended.
        unsaid : sequence of str
            Executions of which no list says how they are.
        runs : pandas.Series
            All executions that were running.
        """
        tasks = self.again.known.tasks
        own = tasks.loc[tasks["batch_job_id"] == batch_job_id]
        unfinished = own.loc[~own["state"].isin(TERMINAL)]
        changed = {*must, *unsaid}
        waiting = unfinished.loc[~unfinished["run_id"].isin(changed)]
        idle = [key for key in runs if key not in changed and key not in set(waiting["run_id"])]
        alone = len(changed) + len(idle) + pages_of(len(waiting), MAX_TASK_IDS)
        tags = self._tags(batch_job_id) if alone > 1 else []
        if tags and len(unsaid) + sum(1 + _Part.of(own, tag).requests for tag in tags) < alone:
            self.lists[batch_job_id] = [*must, *runs]
            self.tags[batch_job_id] = tags
            self.one_by_one += unsaid
        else:
            self.one_by_one += [*changed, *idle]
            self.by_their_ids.append(waiting)

    def read(self) -> None:
        """Read all that was added."""
        rows = self._read_lists() if self.lists else schema.empty(schema.TASKS)
        self.again.tasks = merged("task_id", self.again.tasks, rows)
        if self.by_their_ids:
            self.one_by_one += self._gone_on(pd.concat(self.by_their_ids))
        self.again.ask(self.one_by_one)

    def _tags(self, batch_job_id: str) -> list[str]:
        """Return the kinds of task that a batch job's workflows have; none if one of them has no list."""
        runs = pd.concat([self.known[_KEYS], self.again.executions[_KEYS]])
        ids = runs.loc[runs["batch_job_id"] == batch_job_id, "workflow_id"].dropna().unique().tolist()
        topologies = self.again.topologies(ids)
        tags = [tags_of(topologies.get(key)) for key in ids]
        return sorted({tag for found in tags for tag in found or ()}) if all(tags) else []

    def _read_lists(self) -> pd.DataFrame:
        """Read the lists of the batch jobs; ask for known tasks that are in none of them."""
        again = self.again
        known = again.known.tasks
        into = Gathered("tasks", "GET /jobs", batch_job_ids=tuple(self.lists))
        listings = [listing for key in self.lists for listing in self._listings(key, known, into)]
        rows = again.walked(into, listings)
        own = known.loc[known["batch_job_id"].isin(self.lists)]
        found = own.loc[own["batch_job_id"].isin(rows["batch_job_id"])]
        if again.interruption is None:
            begun = found.loc[found["state"].isin(["Running", "Pause"]) & ~found["task_id"].isin(rows["task_id"])]
            self.by_their_ids.append(begun)  # begun before, and now in no list of what has begun
            for key in set(self.lists) - set(rows["batch_job_id"]):  # this filter is for type Job only
                self.one_by_one += self.lists[key]
            ended = again.executions.loc[again.executions["state"].isin(["Success", "Failed"]), "run_id"]
            self.one_by_one += ended[~ended.isin(known["run_id"]) & ~ended.isin(rows["run_id"])].to_list()
        return rows

    def _listings(self, batch_job_id: str, known: pd.DataFrame, into: Gathered) -> list[Listing]:
        """Return the lists of a batch job: what has begun, and what is new, of each kind."""
        from cijob_analysis.fetch.again import all_known

        own = known.loc[known["batch_job_id"] == batch_job_id]
        is_known = all_known(frozenset(own["task_id"]))
        listings = []
        for tag in self.tags[batch_job_id]:
            part = _Part.of(own, tag)
            self.by_their_ids.append(part.stragglers)
            new = requests.task_list(tag, batch_job_id=batch_job_id)
            lists = {f"new {tag} tasks of {batch_job_id}": new}
            if part.after is not None:
                begun = requests.task_list(
                    tag, batch_job_id=batch_job_id, states=_BEGUN, created_after=pd.Timestamp(part.after, tz="UTC")
                )
                lists[f"{tag} tasks of {batch_job_id}"] = begun
            for name, request in lists.items():
                fill = filling_in(batch_job_id)
                listings.append(listing_of(self.again.client, request, read_tasks, into, name=name, fill=fill))
                if request is new:
                    listings[-1].is_known = is_known
        return listings

    def _gone_on(self, unfinished: pd.DataFrame) -> list[str]:
        """Ask for tasks by their ids; return the executions of those that have ended since."""
        again = self.again
        if not len(unfinished) or again.interruption is not None:
            return []
        into = Gathered("tasks", "GET /jobs/<ids>", batch_job_ids=tuple(unfinished["batch_job_id"].dropna().unique()))
        by_id(
            again.client,
            into,
            unfinished["task_id"].to_list(),
            requests.tasks,
            read_tasks,
            at_once=MAX_TASK_IDS,
            group_of=path_of_task,
            progress=again.progress,
        )
        again.accounts.append(into)
        rows = into.frame(newest_first=True)
        before = unfinished.drop_duplicates("task_id").set_index("task_id")
        for name in ("run_id", "batch_job_id", "workflow_id"):
            rows[name] = rows[name].fillna(rows["task_id"].map(before[name]).astype(schema.TEXT))
        again.tasks = merged("task_id", again.tasks, rows)
        return rows.loc[rows["state"].isin(TERMINAL), "run_id"].dropna().unique().tolist()


@dataclass(frozen=True)
class _Part:
    """The part of a batch job's tasks of one kind that is read as a list.

    Attributes
    ----------
    after : numpy.datetime64 or None
        From when on [UTC]; None for no list at all.
    stragglers : pandas.DataFrame
        Older ones that are unfinished; they are asked for by their ids, for a few of them must not make the list long.
    requests : int
        How many requests both take.
    """

    after: np.datetime64 | None
    stragglers: pd.DataFrame
    requests: int

    @classmethod
    def of(cls, tasks: pd.DataFrame, tag: str) -> _Part:
        """Return the part that takes the fewest requests."""
        of_kind = tasks.loc[tasks["task_type"] == tag]
        unfinished = of_kind.loc[~of_kind["state"].isin(TERMINAL)].sort_values("created_at", kind="stable")
        begun = times_of(of_kind.loc[of_kind["state"] != "Submitted"])
        starts = times_of(unfinished)
        listed = np.maximum(1, -(-(len(begun) - np.searchsorted(np.sort(begun), starts)) // PAGE_SIZE))
        by_ids = -(-np.arange(len(starts) + 1) // MAX_TASK_IDS)
        costs = by_ids + np.append(listed, 0)
        best = int(np.argmin(costs))
        return cls(starts[best] if best < len(starts) else None, unfinished.iloc[:best], int(costs[best]))


def times_of(frame: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.datetime64]]:
    """Return when the rows were created, as ``datetime64[us]`` in UTC."""
    times: np.ndarray[Any, np.dtype[np.datetime64]] = frame["created_at"].dt.tz_localize(None).to_numpy("M8[us]")
    return times
