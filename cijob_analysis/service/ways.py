"""Ways: how the tasks of executions are read with the fewest requests. Nothing is sent here."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cijob_analysis.service.requests import PAGE_SIZE, path_of_tag

if TYPE_CHECKING:
    import pandas as pd

LISTED_TAGS: Final = frozenset(
    {
        *("Transcode", "Animation", "Snapshot", "SmartCover", "Concat", "VoiceSeparate", "VideoMontage", "SDRtoHDR"),
        *("VideoProcess", "SuperResolution", "Segment", "DigitalWatermark", "ExtractDigitalWatermark", "VideoTag"),
        *("MediaInfo", "StreamExtract", "QualityEstimate", "Tts", "NoiseReduction", "PicProcess"),
    }
)
"""Kinds of task whose list can be narrowed down to a batch job or a workflow (pages 1045/73114, 1045/50336)."""

_NO_TASK: Final = frozenset(("Start", "End"))
_FOREIGN: Final = 2.0
"""How many rows a workflow's list is taken to hold for each one that is wanted: other batch jobs run it, too."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """Requests of one kind.

    Attributes
    ----------
    level : str
        What they read: a key of `cijob_analysis.schema.TABLES`.
    request : str
        Method, path and filters.
    requests : int or None
        How many; None if that is not known yet.
    rows : int or None
        Rows that they will return, if all that is to be expected is there.
    per : str
        What one of them reads.
    """

    level: str
    request: str
    requests: int | None
    rows: int | None = None
    per: str = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Executions of one workflow in one batch job.

    Attributes
    ----------
    batch_job_id, workflow_id : str
        Whose they are; ``""`` if not known.
    executions : int
        How many.
    tags : mapping of str to int, optional
        Kinds of task in the workflow's topology, and how many nodes are of each; None if that is not known, or if one
        of them cannot be listed.
    """

    batch_job_id: str
    workflow_id: str
    executions: int
    tags: Mapping[str, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Way:
    """How the tasks of some groups are read.

    Attributes
    ----------
    by : str
        ``"batch job"`` or ``"workflow"``: lists of that one, a list for each kind of task; ``"detail"``: a request
        for each execution.
    groups : tuple of Group
        Whose tasks.
    """

    by: str
    groups: tuple[Group, ...]

    def steps(self) -> list[Step]:
        """Return its requests."""
        n = sum(group.executions for group in self.groups)
        if self.by == "detail":
            return [
                Step(level="tasks", request="GET /workflowexecution/<id>", requests=n, per="an execution a request")
            ]
        first = self.groups[0]
        whose = {"inventoryTriggerJobId": first.batch_job_id} if self.by == "batch job" else {}
        filters = {**whose, "workflowId": first.workflow_id}
        return [
            lists("tasks", path_of_tag(tag), {"tag": tag, **filters}, rows=n * nodes)
            for tag, nodes in (first.tags or {}).items()
        ]

    @property
    def requests(self) -> int:
        """How many requests that are."""
        return sum(step.requests or 0 for step in self.steps())


def lists(level: str, path: str, filters: Mapping[str, str], *, rows: int | None) -> Step:
    """Return the step that walks one list of so many rows, 100 a request; an empty list takes one request, too."""
    query = "&".join(f"{name}={value}" for name, value in filters.items() if value)
    requests = None if rows is None else max(1, pages_of(rows, PAGE_SIZE))
    return Step(
        level=level, request=f"GET {path}" + (f"?{query}" if query else ""), requests=requests, rows=rows,
        per=f"{PAGE_SIZE} rows a request",
    )  # fmt: skip


def ways(groups: Iterable[Group]) -> list[Way]:
    """Return how the tasks of `groups` are read with the fewest requests.

    A list of a batch job's tasks takes a request for 100 of them, for each kind of task. So does the list of a
    workflow's tasks, which serves many small batch jobs at once, but holds the tasks of others, too. An execution's
    own answer has all its tasks, for one request.
    """
    by_workflow: dict[str, list[Group]] = {}
    for group in groups:
        by_workflow.setdefault(group.workflow_id, []).append(group)
    found = []
    for workflow_id, own in by_workflow.items():
        one_by_one = [_cheapest(group) for group in own]
        together = Way(by="workflow", groups=tuple(own))
        can_list = bool(workflow_id) and bool(own[0].tags) and (len(own) > 1 or not own[0].batch_job_id)
        if can_list and together.requests * _FOREIGN < sum(way.requests for way in one_by_one):
            found.append(together)
        else:
            found += one_by_one
    return found


def _cheapest(group: Group) -> Way:
    by_list, by_detail = (Way(by=by, groups=(group,)) for by in ("batch job", "detail"))
    return by_list if group.tags and group.batch_job_id and by_list.requests <= by_detail.requests else by_detail


def groups_of(executions: pd.DataFrame, workflows: pd.DataFrame) -> list[Group]:
    """Return executions by batch job and workflow, with the kinds of task of each workflow.

    Parameters
    ----------
    executions : pandas.DataFrame
        Columns ``batch_job_id``, ``workflow_id``.
    workflows : pandas.DataFrame
        Columns ``workflow_id``, ``topology``.
    """
    tags = {row.workflow_id: tags_of(row.topology) for row in workflows.itertuples()}
    keys = executions[["batch_job_id", "workflow_id"]].fillna("").astype(object)
    counts = keys.groupby(["batch_job_id", "workflow_id"], sort=False).size().reset_index(name="n")
    return [
        Group(batch_job_id=batch, workflow_id=workflow, executions=int(n), tags=tags.get(workflow))
        for batch, workflow, n in zip(*(counts[name].to_list() for name in counts), strict=True)
    ]


def tags_of(topology: Any) -> Mapping[str, int] | None:
    """Return the kinds of task in a topology, and how many nodes are of each.

    Parameters
    ----------
    topology : str or missing
        JSON text, as in the column ``topology`` of workflows (section 7.2 of the workflow page).

    Returns
    -------
    mapping of str to int, or None
        None if it is missing, not understood, or holds a node whose tasks cannot be listed.
    """
    try:
        nodes = json.loads(topology)["Nodes"]
        types = [node["Type"] for node in nodes.values()]
    except (TypeError, ValueError, KeyError, AttributeError):
        return None
    tags = Counter(kind for kind in types if kind not in _NO_TASK)
    return tags if tags and LISTED_TAGS.issuperset(tags) else None


def pages_of(n: int, size: int) -> int:
    """Return how many pages of `size` rows hold `n` rows."""
    return -(-n // size)
