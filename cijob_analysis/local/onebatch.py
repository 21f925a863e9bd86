"""A workload that is one large batch job: so many objects, one node after the other."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Final
from uuid import UUID

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.local.assignments import Assignment, Flow
from cijob_analysis.local.entities import BatchJob
from cijob_analysis.local.ids import MOST_ROWS, row_id
from cijob_analysis.local.nodetypes import NODE_TYPES, node_type
from cijob_analysis.local.recipes import DEFAULT_QUEUES
from cijob_analysis.local.stories import Story
from cijob_analysis.local.topology import Queue, Workflow
from cijob_analysis.local.workflows import node_of
from cijob_analysis.local.workload import Workload
from cijob_analysis.local.zone import ZONE

if TYPE_CHECKING:
    from cijob_analysis.local.histories import History

_SHORTEST_S: Final = 60
_LONGEST_S: Final = 2 * 3600
_S_AN_OBJECT: Final = 2
_MEAN_TO_MEDIAN: Final = 1.4
_DISPATCH_S: Final = 5
_AGO_S: Final = 600
"""How long ago a batch job ended that has ended [s]."""


def one_batch(
    *,
    executions: int,
    tags: tuple[str, ...],
    state: str,
    bunched: bool,
    with_failures: bool,
    seed: int,
    now: datetime,
) -> Workload:
    """Return the workload; see `Workload.of_batch`."""
    if not 0 <= executions * max(1, len(tags)) <= MOST_ROWS:
        raise ConfigurationError(f"executions={executions} of {len(tags)} tasks: give up to {MOST_ROWS:,} tasks")
    unknown = [tag for tag in tags if tag not in NODE_TYPES]
    if unknown or not tags:
        raise ConfigurationError(f"tags={tags!r}: give one or more of {', '.join(NODE_TYPES)}")
    if state not in ("Success", "Running"):
        raise ConfigurationError(f"state={state!r} is neither 'Success' nor 'Running'")
    if now.utcoffset() is None:
        raise ConfigurationError(f"now={now!r} has no zone: write datetime(…, tzinfo=UTC)")
    random = Random(seed)  # noqa: S311 - a story, no secret
    lasts = max(_SHORTEST_S, min(_LONGEST_S, _S_AN_OBJECT * executions))
    instant = int(now.timestamp())
    begins = instant - (lasts // 2 if state == "Running" else lasts + _AGO_S)
    queues = _queues(tags, executions, lasts, random)
    workflow = _workflow(tags, {queue.category: queue.queue_id for queue in queues}, random)
    batch_job_id = row_id("b", f"{random.getrandbits(48):012x}", begins - _DISPATCH_S, 0)
    assignment = Assignment(
        batch_job_id=batch_job_id,
        flows=(Flow.through(workflow),),
        objects=executions,
        prefix="videos/",
        begins=begins,
        ends=begins + lasts,
        places={queue.queue_id: queue.max_concurrent for queue in queues},
        is_sound=not with_failures,
        fragile=frozenset({workflow.nodes[0].name}),
        bunched=bunched,
        seed=seed,
    )
    return _Course(assignment, workflow, queues).seen(now)


class _Course:
    def __init__(self, assignment: Assignment, workflow: Workflow, queues: tuple[Queue, ...]) -> None:
        self._assignment, self._workflow, self._queues = assignment, workflow, queues
        self._histories: dict[str, History] = {}

    def seen(self, now: datetime) -> Workload:
        """Return the workload as it is seen at `now`."""
        assignment, instant = self._assignment, int(now.timestamp())
        has_started, has_ended = instant >= assignment.begins, instant >= assignment.ends
        created = assignment.begins - _DISPATCH_S
        job = BatchJob(
            batch_job_id=assignment.batch_job_id,
            name="large batch",
            type="Workflow",
            state="Success" if has_ended else "Running" if has_started else "Submitted",
            created_at=datetime.fromtimestamp(created, ZONE),
            started_at=datetime.fromtimestamp(assignment.begins, ZONE) if has_started else None,
            ended_at=datetime.fromtimestamp(assignment.ends, ZONE) if has_ended else None,
            input_value=assignment.prefix,
            workflow_ids=(self._workflow.workflow_id,),
        )
        return Workload(
            batch_jobs=(job,) if instant >= created else (),
            workflows=(self._workflow,),
            queues=self._queues,
            now=now,
            story=Story([assignment] if has_started and assignment.objects else [], self.seen, self._histories),
        )


def _queues(tags: tuple[str, ...], executions: int, lasts: int, random: Random) -> tuple[Queue, ...]:
    """Return a queue for each category that the tags need, with as many places as the work needs in the time."""
    work: dict[str, float] = {}
    for tag in tags:
        kind = node_type(tag)
        work[kind.category] = work.get(kind.category, 0.0) + executions * kind.median_s * _MEAN_TO_MEDIAN
    names = {**DEFAULT_QUEUES, "FileProcessing": "queue-file-process-1"}
    return tuple(
        Queue(
            queue_id="p" + UUID(int=random.getrandbits(128), version=4).hex,
            name=names[category],
            max_concurrent=max(2, round(seconds / lasts)),
            category=category,
        )
        for category, seconds in work.items()
    )


def _workflow(tags: tuple[str, ...], queue_ids: dict[str, str], random: Random) -> Workflow:
    nodes = []
    for tag in tags:
        name = f"{tag}_{random.randrange(1_600_000_000_000, 1_800_000_000_000)}"
        nodes.append(node_of(name, tag, queue_ids[node_type(tag).category], tag.lower(), random))
    workflow_id = "w" + UUID(int=random.getrandbits(128), version=4).hex
    return Workflow(workflow_id=workflow_id, name="large-batch", nodes=tuple(nodes))
