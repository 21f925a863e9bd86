"""Tasks and whose they are: the plan carried out, and what it missed asked for one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from cijob_analysis import schema
from cijob_analysis.fetch.common import listing_of
from cijob_analysis.fetch.executions import details
from cijob_analysis.fetch.jobs import filling_in
from cijob_analysis.gather import Gathered
from cijob_analysis.schema import TASKS
from cijob_analysis.service import requests
from cijob_analysis.service.rows import Row
from cijob_analysis.service.ways import Group, Way, groups_of, ways
from cijob_analysis.service.wire import read_tasks
from cijob_analysis.walk import SNAPSHOT_THRIFT, walk

if TYPE_CHECKING:
    from cijob_analysis.service.client import Client
    from cijob_analysis.windows import Listing

_OF_THE_STATE = ("progress",)
"""Columns whose old value says nothing about a row in a new state."""

_RUN = [column.name for column in TASKS].index("run_id")


@dataclass
class Joined:
    """Tasks of executions, in the making.

    Attributes
    ----------
    is_tail : bool
        The executions are the newest of their batch jobs.
    parents : pandas.Series
        The batch job of each execution, by ``run_id``.
    tasks : pandas.DataFrame
        What was found so far.
    executions : pandas.DataFrame
        Details of those executions that were asked for one by one.
    accounts : list of Gathered
        What was asked, for the ledger.
    """

    client: Client
    windows: int | None
    progress: bool
    is_tail: bool = False
    parents: pd.Series[Any] = field(default_factory=lambda: pd.Series(dtype=object))
    tasks: pd.DataFrame = field(default_factory=lambda: schema.empty(TASKS))
    executions: pd.DataFrame = field(default_factory=lambda: schema.empty(schema.EXECUTIONS))
    accounts: list[Gathered] = field(default_factory=list)

    @property
    def can_go_on(self) -> bool:
        """Whether further requests make sense: nothing was interrupted, nothing refused."""
        return all(
            account.interruption is None and not any(entry.is_denied for entry in account.entry().failures)
            for account in self.accounts
        )

    def walk(self, listings: Sequence[Listing], into: Gathered, expected: int) -> None:
        """Read lists of tasks."""
        self.accounts.append(into)
        walk(
            self.client,
            listings,
            windows=self.windows,
            thrift=SNAPSHOT_THRIFT,
            progress=self.progress,
            expected=expected,
        )
        self._add(into.frame(newest_first=True))

    def ask(self, run_ids: Sequence[str]) -> None:
        """Ask for executions one by one."""
        if not run_ids:
            return
        gathered = details(self.client, run_ids, progress=self.progress)
        gathered.planned = len(run_ids)
        gathered.batch_job_ids = tuple(self.parents.reindex(list(run_ids)).dropna().unique())
        self.accounts.append(gathered)
        self.executions = merged("run_id", self.executions, gathered.frame(newest_first=False))
        tasks = gathered.tasks.frame(newest_first=False)[0]
        self._add(tasks.loc[~tasks["task_type"].isin(["Start"])])  # in old layouts; it never waits, nor runs

    def _add(self, tasks: pd.DataFrame) -> None:
        self.tasks = merged("task_id", self.tasks, tasks)


def of_executions(
    client: Client,
    executions: pd.DataFrame,
    workflows: pd.DataFrame,
    *,
    windows: int | None,
    progress: bool,
    is_tail: bool = False,
) -> tuple[pd.DataFrame, pd.DataFrame, list[Gathered]]:
    """Read the tasks of executions with the fewest requests.

    Parameters
    ----------
    client : Client
        Whose bucket.
    executions : pandas.DataFrame
        Columns ``run_id``, ``batch_job_id``, ``workflow_id``, ``state``, ``object_key``, ``created_at``.
    workflows : pandas.DataFrame
        Columns ``workflow_id``, ``topology``, ``updated_at``.
    windows : int or None
        Into how many windows each list is split.
    progress : bool
        Show progress bars.
    is_tail : bool
        The executions are the newest of their batch jobs, not all: older tasks are left out.

    Returns
    -------
    tasks : pandas.DataFrame
        With the keys of their parents, newest first.
    details : pandas.DataFrame
        Those executions that were asked for one by one; they say more than a list does.
    accounts : list of Gathered
        For the ledger.
    """
    parents = executions.drop_duplicates("run_id").set_index("run_id")
    joined = Joined(client, windows, progress, is_tail, parents["batch_job_id"])
    groups = groups_of(executions, workflows)
    plan = ways(groups)
    _read_lists(joined, [way for way in plan if way.by != "detail"], executions)
    in_detail = {(group.batch_job_id, group.workflow_id) for way in plan if way.by == "detail" for group in way.groups}
    keys = pd.MultiIndex.from_frame(executions[["batch_job_id", "workflow_id"]].fillna("").astype(object))
    is_in_detail = pd.Series([key in in_detail for key in keys], executions.index, dtype=bool)
    joined.ask(executions.loc[is_in_detail, "run_id"].to_list())
    listed = executions.loc[~is_in_detail]
    nothing = _without_any_task(listed, joined.tasks, [way.groups[0] for way in plan if way.by == "batch job"])
    if nothing and joined.can_go_on:  # the filter by batch job may be for batch jobs of type Job only
        _read_lists(joined, [Way(by="workflow", groups=(group,)) for group in nothing], executions)
    if joined.can_go_on:
        _ask_for_the_doubtful(joined, listed, groups, workflows.set_index("workflow_id")["updated_at"])
    tasks = joined.tasks
    if len(tasks):
        for name in ("batch_job_id", "workflow_id", "object_key"):
            if tasks[name].isna().any():
                found = tasks["run_id"].map(parents[name]).astype(schema.TEXT)
                tasks = tasks.assign(**{name: tasks[name].fillna(found)})
    return tasks, joined.executions, joined.accounts


def merged(key: str, old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of both, each key once: the new row, with what only the old one has and still holds."""
    if not len(old) or not len(new):
        return new if len(new) else old
    old, new = both = [old.copy(deep=False), new.copy(deep=False)]
    if isinstance(new["state"].dtype, pd.CategoricalDtype):  # the states of workflows and queues are text
        states = schema.in_order(state for frame in both for state in frame["state"].cat.categories)
        for frame in both:
            frame["state"] = frame["state"].cat.set_categories(states)
    again = new[key].isin(old[key])
    if again.any():
        earlier = old.drop_duplicates(key).set_index(key)
        for name in new.columns.drop(key):
            if new[name].isna().any():
                found = new[key].map(earlier[name])
                if name in _OF_THE_STATE:
                    found = found.where(new[key].map(earlier["state"].astype(object)) == new["state"].astype(object))
                new[name] = new[name].fillna(found.astype(new[name].dtype))
        both[0] = old.loc[~old[key].isin(new[key])]
    return pd.concat(both, ignore_index=True).sort_values(
        ["created_at", key], ascending=[False, True], kind="stable", ignore_index=True
    )


def _read_lists(joined: Joined, plan: Sequence[Way], executions: pd.DataFrame) -> None:
    """Read the lists of `plan`, all side by side."""
    if not plan:
        return
    account = Gathered("tasks", "GET /jobs", planned=sum(way.requests for way in plan))
    account.batch_job_ids = tuple(group.batch_job_id for way in plan for group in way.groups)
    account.filters = _counted([item for way in plan for item in _filters_of(way).items() if item[1]])
    listings = [listing for way in plan for listing in _listings(joined, way, account, executions)]
    joined.walk(listings, account, sum(step.rows or 0 for way in plan for step in way.steps()))


def _listings(joined: Joined, way: Way, account: Gathered, executions: pd.DataFrame) -> list[Listing]:
    """Return a list for each kind of task of a way."""
    first = way.groups[0]
    filters: dict[str, Any] = {"workflow_id": first.workflow_id}
    own = executions.loc[executions["batch_job_id"].fillna("").isin([group.batch_job_id for group in way.groups])]
    own = own.loc[own["workflow_id"] == first.workflow_id]
    if way.by == "batch job":
        filters["batch_job_id"] = first.batch_job_id
        fill = filling_in(first.batch_job_id)
        whose = first.batch_job_id
    else:
        fill = _of_runs(frozenset(own["run_id"].to_list()), account)
        whose = first.workflow_id
    if (way.by == "workflow" or joined.is_tail) and own["created_at"].notna().any():
        # No task is older than its execution; the bound of /jobs is worded "later than" (page 1045/73114).
        filters["created_after"] = own["created_at"].min() - pd.Timedelta(seconds=1)
    return [
        listing_of(
            joined.client,
            requests.task_list(tag, **filters),
            read_tasks,
            account,
            name=f"{tag} tasks of {whose}",
            fill=fill,
        )
        for tag in first.tags or {}
    ]


def _ask_for_the_doubtful(
    joined: Joined, executions: pd.DataFrame, groups: Sequence[Group], updated_at: pd.Series[Any]
) -> None:
    """Ask for executions whose tasks do not seem to be all there, after their state and topology.

    One that succeeded has a task for each node, one that failed a task that failed. Where fewer are there, the
    workflow may branch; where it was changed since (`updated_at`, by its id), it may have had other nodes: one
    execution of each kind is asked for, and all others only if that one has more tasks than the lists gave it.
    """
    if not len(executions):
        return
    sizes = {(group.batch_job_id, group.workflow_id): sum((group.tags or {}).values()) for group in groups}
    keys = zip(executions["batch_job_id"].fillna(""), executions["workflow_id"].fillna(""), strict=True)
    expected = pd.Series([sizes.get((str(batch), str(workflow)), 0) for batch, workflow in keys], executions.index)
    runs, states = executions["run_id"], executions["state"]
    counts = runs.map(joined.tasks["run_id"].value_counts()).fillna(0).astype("int64")
    with_failure = joined.tasks.loc[joined.tasks["state"] == "Failed", "run_id"]
    is_bare = states.isin(["Success", "Failed"]) & (counts == 0)
    is_bare |= (states == "Failed") & ~runs.isin(with_failure)
    joined.ask(runs.loc[is_bare].to_list())
    workflows = executions["workflow_id"]
    is_short = (states == "Success") & (counts < expected)
    is_short |= states.isin(schema.TERMINAL) & (executions["created_at"] < workflows.map(updated_at))
    cells = {"run_id": runs, "workflow_id": workflows, "state": states.astype(object), "n": counts}
    short = pd.DataFrame(cells).loc[is_short & ~is_bare]
    if not len(short) or not joined.can_go_on:
        return
    kinds = short.groupby(["workflow_id", "state", "n"], sort=False, dropna=False)["run_id"]
    samples = kinds.first()
    joined.ask(samples.to_list())
    found = joined.tasks["run_id"].value_counts().to_dict()
    for members in (members.to_list() for _, members in kinds):
        if found.get(members[0], 0) > counts[runs == members[0]].iloc[0] and joined.can_go_on:
            joined.ask(members[1:])


def _without_any_task(executions: pd.DataFrame, tasks: pd.DataFrame, groups: Sequence[Group]) -> list[Group]:
    """Return the groups whose batch jobs have no task at all, though an execution is finished."""
    is_finished = executions["state"].isin(["Success", "Failed"])
    wanted = set(executions.loc[is_finished, ["batch_job_id", "workflow_id"]].itertuples(index=False, name=None))
    there = set(tasks["batch_job_id"].dropna())
    return [
        group
        for group in groups
        if (group.batch_job_id, group.workflow_id) in wanted and group.batch_job_id not in there
    ]


def _of_runs(run_ids: frozenset[str], account: Gathered) -> Callable[[list[Row]], list[Row]]:
    """Return a function that leaves out rows of other executions: a workflow's list has all."""

    def fill(rows: list[Row]) -> list[Row]:
        kept = [row for row in rows if row[_RUN] in run_ids]
        account.foreign += len(rows) - len(kept)
        return kept

    return fill


def _filters_of(way: Way) -> dict[str, str]:
    first = way.groups[0]
    return {
        "inventoryTriggerJobId": first.batch_job_id if way.by == "batch job" else "",
        "workflowId": first.workflow_id,
    }


def _counted(filters: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return filters with many values for one name as how many there are."""
    values: dict[str, set[str]] = {}
    for name, value in filters:
        values.setdefault(name, set()).add(value)
    return tuple((name, min(given) if len(given) == 1 else f"{len(given)} ids") for name, given in values.items())
