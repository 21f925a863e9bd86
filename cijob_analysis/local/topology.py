"""Queues and workflows: what stays while batch jobs come and go."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from cijob_analysis.exceptions import ConfigurationError

if TYPE_CHECKING:
    from datetime import datetime

START: Final = "Start"
END: Final = "End"

CATEGORIES: Final = {
    "queue": ("Transcoding", "SpeedTranscoding"),
    "picqueue": ("PicProcessing",),
    "ai_queue": ("AIProcess",),
    "asrqueue": ("Speeching",),
    "docqueue": ("DocProcessing",),
    "file_queue": ("FileProcessing",),
}
"""Categories of queues by the path that lists them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """A queue, and how many tasks run in it at once.

    Attributes
    ----------
    queue_id, name : str
        Id (p…) and name.
    max_concurrent : int
        Its cap: how many tasks run at once.
    state : str
        ``Active`` or ``Paused``.
    category : str
        One of `CATEGORIES`; decides under which path it is found.
    max_size : int
        How many tasks may wait.
    created_at, updated_at : datetime.datetime or None
        With a zone; left out of the answer if None.
    """

    queue_id: str
    name: str
    max_concurrent: int
    state: str = "Active"
    category: str = "Transcoding"
    max_size: int = 10_000
    created_at: datetime | None = None
    updated_at: datetime | None = None

    def __post_init__(self) -> None:
        if not any(self.category in categories for categories in CATEGORIES.values()):
            known = ", ".join(name for categories in CATEGORIES.values() for name in categories)
            raise ConfigurationError(f"category={self.category!r} of the queue {self.name!r} is none of {known}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """One node of a workflow.

    Attributes
    ----------
    name : str
        Its name in the topology, such as ``Transcode_1581665960537``.
    type : str
        Its type, which is the tag of its tasks.
    queue_id, template_id, template_name, output_object : str or None
        Where its tasks run, by which template, and what they write.
    """

    name: str
    type: str
    queue_id: str | None = None
    template_id: str | None = None
    template_name: str | None = None
    output_object: str | None = None


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """A workflow with its topology.

    Attributes
    ----------
    workflow_id, name : str
        Id (w…) and name.
    nodes : tuple of Node
        All nodes but ``Start`` and ``End``, in an order in which each comes after those that it waits for.
    edges : tuple of (str, str) or None
        Names of nodes, from and to, ``Start`` and ``End`` among them; one node after the other if None.
    state : str
        ``Active`` or ``Paused``.
    object_prefix : str
        Of which uploads it would run by itself.
    created_at, updated_at : datetime.datetime or None
        With a zone; left out of the answer if None.

    Raises
    ------
    ConfigurationError
        An edge from or to a node that is not there, or back to an earlier one.
    """

    workflow_id: str
    name: str
    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...] | None = None
    state: str = "Active"
    object_prefix: str = "/"
    created_at: datetime | None = None
    updated_at: datetime | None = None

    def __post_init__(self) -> None:
        order = [START, *(node.name for node in self.nodes), END]
        if self.edges is None:
            object.__setattr__(self, "edges", tuple(pairwise(order)))
        for begin, end in self.edges or ():
            if begin not in order or end not in order or order.index(begin) >= order.index(end):
                raise ConfigurationError(f"the edge {begin} → {end} of {self.name!r} does not lead forward")

    @cached_property
    def followers(self) -> dict[str, tuple[str, ...]]:
        """The nodes after each node, ``Start`` first."""
        edges = self.edges or ()
        begins = [START, *(node.name for node in self.nodes)]
        found = {begin: tuple(end for other, end in edges if other == begin) for begin in begins}
        return {begin: ends for begin, ends in found.items() if ends}

    @cached_property
    def predecessors(self) -> tuple[tuple[int, ...], ...]:
        """For each node, the numbers of the nodes that it waits for."""
        numbers = {node.name: number for number, node in enumerate(self.nodes)}
        return tuple(
            tuple(numbers[begin] for begin, end in self.edges or () if end == node.name and begin != START)
            for node in self.nodes
        )
