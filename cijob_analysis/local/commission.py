"""From batch jobs to what they have to do: how many objects, on which workflow, with how many places in which queue."""

from __future__ import annotations

from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, Final
from uuid import UUID

from cijob_analysis.local import recipes
from cijob_analysis.local.assignments import Assignment, Flow
from cijob_analysis.local.nodetypes import node_type
from cijob_analysis.local.topology import Node, Queue
from cijob_analysis.local.workflows import workflow_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from cijob_analysis.local.entities import BatchJob
    from cijob_analysis.local.plans import Plan

_PLACES: Final = 4
_PLACES_ELSEWHERE: Final = 2
"""Places for tasks of a running batch job in its own queue, and in others.

A queue deals its places out, so what happens in one batch job does not depend on the others, and each can be computed
alone. Its cap is what it deals out at its busiest instant.
"""
_PLACES_OF_UNUSED: Final = 10

_MOST_OBJECTS: Final = 60
_MOST_OBJECTS_OF_LARGE: Final = 400
_LARGE_SHARE: Final = 0.04
_MEAN_TO_MEDIAN: Final = 1.5


class Names:
    """Ids of what all batch jobs of a workload share, drawn from `random`.

    Attributes
    ----------
    queue_ids, recipe_ids : dict of str to str
        By the names of queues and recipes.
    node : int
        The 48 bits that end the ids of batch jobs.
    """

    def __init__(self, random: Random) -> None:
        self.queue_ids = {name: f"p{_uuid4(random)}" for name in recipes.QUEUES}
        self.recipe_ids = {recipe.name: ("t1" if recipe.tag else "w") + _uuid4(random) for recipe in recipes.RECIPES}
        self.node = random.getrandbits(48)
        others = Random(self.node)  # noqa: S311 - ids, no secrets
        for name in recipes.CATEGORIES:
            if name not in self.queue_ids:
                self.queue_ids[name] = f"p{_uuid4(others)}"


class Commission:
    """Says what each batch job has to do.

    Parameters
    ----------
    names : Names
        Ids of queues, workflows and templates.
    seed : int
        Of all that is drawn.
    created_at : datetime.datetime
        When queues and workflows were created.

    Attributes
    ----------
    workflows : dict of str to Workflow
        By their ids.
    """

    def __init__(self, names: Names, seed: int, created_at: datetime) -> None:
        self._names, self._seed, self._created_at = names, seed, created_at
        made = [
            workflow_of(recipe.name, names.recipe_ids[recipe.name], names.queue_ids, created_at)
            for recipe in recipes.RECIPES
            if recipe.tag is None
        ]
        self.workflows = {workflow.workflow_id: workflow for workflow, _ in made}
        self._fragile = frozenset(name for _, names in made for name in names)

    def assignment(self, plan: Plan, job: BatchJob) -> Assignment | None:
        """Return what `job` has to do; None if it never starts, unless its tasks wait in a paused queue."""
        never_starts = plan.started is None
        if never_starts and plan.recipe.queue != recipes.ARCHIVE:
            return None
        begins = plan.created + plan.dispatch_s if plan.started is None else plan.started
        ends = begins + 60 if plan.started is None or plan.ended is None else plan.ended
        cancelled_at = plan.ended if plan.is_cancelled else None
        if cancelled_at is not None and not never_starts:
            ends = max(cancelled_at + 1, begins + plan.run_s)
        flows = self._flows(job)
        nodes = [node for flow in flows for node in flow.nodes]
        places = {
            node.queue_id or "": _PLACES if node.queue_id == job.queue_id else _PLACES_ELSEWHERE for node in nodes
        }
        return Assignment(
            batch_job_id=job.batch_job_id,
            flows=flows,
            objects=1 if job.input_kind == "Object" else self._objects(nodes, places, ends - begins, job),
            prefix=plan.prefix,
            object_key=job.input_value if job.input_kind == "Object" else None,
            begins=begins,
            ends=ends,
            cancelled_at=cancelled_at,
            never_starts=never_starts,
            places=places,
            error=None if plan.error is None else (plan.error[0], recipes.TASK_MESSAGES[plan.error[0]]),
            fragile=self._fragile,
            user_data=job.user_data,
            job_level=plan.level,
            seed=self._seed,
        )

    def queues(self, assignments: Iterable[Assignment]) -> tuple[Queue, ...]:
        """Return all queues, each with as many places as are dealt out at its busiest instant."""
        places = _most_at_once(assignments)
        return tuple(
            Queue(
                queue_id=self._names.queue_ids[name],
                name=name,
                max_concurrent=places.get(self._names.queue_ids[name], _PLACES_OF_UNUSED),
                state="Paused" if name == recipes.ARCHIVE else "Active",
                category=category,
                created_at=self._created_at,
                updated_at=self._created_at,
            )
            for name, category in recipes.CATEGORIES.items()
        )

    def _flows(self, job: BatchJob) -> tuple[Flow, ...]:
        if job.type == "Workflow":
            return tuple(Flow.through(self.workflows[workflow_id]) for workflow_id in job.workflow_ids)
        tag = str(job.tag)
        node = Node(
            name=tag,
            type=tag,
            queue_id=job.queue_id,
            template_id=job.template_id,
            output_object=job.output_object,
        )
        return (Flow.of_one(node),)

    def _objects(self, nodes: Sequence[Node], places: Mapping[str, int], lasts: int, job: BatchJob) -> int:
        """Return how many objects fit the time that `job` takes."""
        random = Random(f"{self._seed} {job.batch_job_id}")  # noqa: S311 - a story, no secret
        work: dict[str, float] = {}
        for node in nodes:
            queue = node.queue_id or ""
            work[queue] = work.get(queue, 0.0) + _MEAN_TO_MEDIAN * node_type(node.type).median_s / places[queue]
        most = _MOST_OBJECTS_OF_LARGE if random.random() < _LARGE_SHARE else _MOST_OBJECTS
        return max(1, min(most, round(random.uniform(0.4, 1.0) * lasts / max(work.values()))))


def _most_at_once(assignments: Iterable[Assignment]) -> dict[str, int]:
    """Return how many places of each queue are dealt out at its busiest instant."""
    steps: dict[str, list[tuple[int, int]]] = {}
    for assignment in assignments:
        if assignment.never_starts:
            continue
        ends = assignment.ends if assignment.cancelled_at is None else assignment.cancelled_at
        for queue, places in assignment.places.items():
            steps.setdefault(queue, []).extend([(assignment.begins, places), (ends, -places)])
    return {queue: max(accumulate(places for _, places in sorted(own))) for queue, own in steps.items()}


def _uuid4(random: Random) -> str:
    return UUID(int=random.getrandbits(128), version=4).hex
