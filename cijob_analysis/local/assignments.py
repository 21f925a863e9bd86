"""What a batch job has to do, and within which time: from this, its executions and tasks follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cijob_analysis.local.topology import Node, Workflow

NEVER: Final = 1 << 62
"""Stands for an instant that does not come [Unix s]."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """What happens to each object: the nodes of a workflow, or one task.

    Attributes
    ----------
    workflow : Workflow or None
        None for the tasks of a batch job of type Job.
    nodes : tuple of Node
        Each after those that it waits for.
    predecessors : tuple of tuple of int
        For each node, the numbers of the nodes that it waits for.
    """

    workflow: Workflow | None
    nodes: tuple[Node, ...]
    predecessors: tuple[tuple[int, ...], ...]

    @classmethod
    def through(cls, workflow: Workflow) -> Flow:
        """Return the flow through a workflow."""
        return cls(workflow=workflow, nodes=workflow.nodes, predecessors=workflow.predecessors)

    @classmethod
    def of_one(cls, node: Node) -> Flow:
        """Return the flow that is one task."""
        return cls(workflow=None, nodes=(node,), predecessors=((),))


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """What a batch job has to do.

    Attributes
    ----------
    batch_job_id : str
        Whose it is.
    flows : tuple of Flow
        What happens to each object.
    objects : int
        How many objects there are, one at least.
    prefix : str
        Where they are.
    object_key : str or None
        The only one, if it was asked for by its key.
    begins, ends : int
        Between which instants all is done, unless somebody cancels it [Unix s].
    cancelled_at : int or None
        When somebody cancels it [Unix s].
    never_starts : bool
        Its queue is paused: tasks are created and wait.
    places : mapping of str to int
        How many of its tasks run at once, by queue.
    error : tuple of (str, str) or None
        Code and message of what goes wrong in a batch job that fails.
    fragile : frozenset of str
        Names of the nodes that break on one kind of file.
    user_data : str or None
        Free text that its tasks carry.
    job_level : int
        Priority of its tasks.
    is_sound : bool
        No task fails.
    bunched : bool
        90 % of the objects are found in 5 % of the time.
    seed : int
        Of all that is drawn.
    """

    batch_job_id: str
    flows: tuple[Flow, ...]
    objects: int
    prefix: str
    object_key: str | None = None
    begins: int
    ends: int
    cancelled_at: int | None = None
    never_starts: bool = False
    places: Mapping[str, int]
    error: tuple[str, str] | None = None
    fragile: frozenset[str] = frozenset()
    user_data: str | None = None
    job_level: int = 0
    is_sound: bool = False
    bunched: bool = False
    seed: int = 0
