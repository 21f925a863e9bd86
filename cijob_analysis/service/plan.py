"""Plans: from what is known to the fewest requests. Nothing is sent here."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cijob_analysis.ledger import counted
from cijob_analysis.service.requests import NUMBERED_PAGE_SIZE
from cijob_analysis.service.ways import Group, Step, groups_of, lists, pages_of, tags_of, ways

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Plan:
    """What will be asked, before it is.

    Attributes
    ----------
    steps : tuple of Step
        In their order.
    requests_per_second : float or None
        The rate that the client keeps to.
    """

    steps: tuple[Step, ...]
    requests_per_second: float | None = None

    @property
    def requests(self) -> int:
        """How many requests are known to be needed, without repetitions of those that fail."""
        return sum(step.requests or 0 for step in self.steps)

    @property
    def is_whole(self) -> bool:
        """Whether the number of requests of every step is known."""
        return all(step.requests is not None for step in self.steps)

    def __str__(self) -> str:
        text = counted(self.requests, "request")
        if self.requests_per_second:
            rate = self.requests_per_second
            text += f", about {_time_text(self.requests / rate)} at {rate:g} a second"
        unknown = [step.request for step in self.steps if step.requests is None]
        if unknown:
            text += f", and {', '.join(unknown)} as often as turns out to be needed"
        return text

    def __repr__(self) -> str:
        return f"<Plan: {self}>"

    def to_frame(self) -> pd.DataFrame:
        """Return the steps as a frame, a row each."""
        import pandas as pd

        names = ("level", "request", "requests", "rows", "per")
        frame = pd.DataFrame([[getattr(step, name) for name in names] for step in self.steps], columns=names)
        return frame.astype({"requests": "Int64", "rows": "Int64"})

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(str(self))}</p>{self.to_frame().to_html(index=False, notebook=True, na_rep='?')}"


def plan(
    batch_job_ids: int | None,
    *,
    executions: pd.DataFrame | int | None = None,
    workflows: pd.DataFrame | None = None,
    depth: str = "tasks",
    requests_per_second: float | None = None,
) -> Plan:
    """Return the plan of a snapshot; see `Client.plan`, which says what the arguments are."""
    steps = [lists("batch_jobs", "/inventorytriggerjob", {}, rows=None)]
    if batch_job_ids is not None:
        path = "GET /inventorytriggerjob/<id>"
        n = batch_job_ids
        steps = [Step(level="batch_jobs", request=path, requests=n, rows=n, per="an id a request")]
    if depth != "batch_jobs":
        steps += _execution_steps(batch_job_ids, executions)
    if depth == "tasks":
        steps += _task_steps(executions, workflows)
    return Plan(tuple(steps), requests_per_second)


def _execution_steps(batch_jobs: int | None, executions: pd.DataFrame | int | None) -> list[Step]:
    path, filters = "/workflowexecution", {"jobId": "<id>"}
    if executions is None or (isinstance(executions, int) and batch_jobs != 1):
        return [lists("executions", path, filters, rows=None)]
    if isinstance(executions, int):
        return [lists("executions", path, filters, rows=executions)]
    counts = executions["batch_job_id"].value_counts()
    steps = [lists("executions", path, {"jobId": str(batch)}, rows=int(n)) for batch, n in counts.items()]
    without = max(0, (batch_jobs or 0) - len(counts))
    if without:
        request = lists("executions", path, filters, rows=0).request
        steps.append(Step(level="executions", request=request, requests=without, rows=0, per="an empty list a request"))
    return steps


def _task_steps(executions: pd.DataFrame | int | None, workflows: pd.DataFrame | None) -> list[Step]:
    unknown = Step(level="tasks", request="GET /jobs or /workflowexecution/<id>", requests=None)
    if executions is None:
        return [Step(level="workflows", request="GET /workflow?ids=<ids>", requests=None), unknown]
    if isinstance(executions, int) and not executions:
        return []
    if isinstance(executions, int):
        if workflows is None or len(workflows) != 1:
            return [workflows_by_ids(1), unknown]
        row = next(workflows.itertuples())
        tags = tags_of(row.topology)
        groups = [Group(batch_job_id="<id>", workflow_id=str(row.workflow_id), executions=executions, tags=tags)]
    else:
        if workflows is None:
            return [workflows_by_ids(executions["workflow_id"].nunique()), unknown]
        groups = groups_of(executions, workflows)
    steps = [step for way in ways(groups) for step in way.steps()]
    return [workflows_by_ids(len({group.workflow_id for group in groups})), *steps]


def workflows_by_ids(n: int) -> Step:
    """Return the step that asks for `n` workflows."""
    return Step(
        level="workflows", request="GET /workflow?ids=<ids>", requests=pages_of(n, NUMBERED_PAGE_SIZE), rows=n,
        per=f"{NUMBERED_PAGE_SIZE} ids a request",
    )  # fmt: skip


def _time_text(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
