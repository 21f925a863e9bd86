"""The topology of a workflow: its nodes, and which of them follows which."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.ledger import counted
from cijob_analysis.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

ENDPOINTS: Final = ("Start", "End")
"""Where each topology begins and ends; no task runs there."""


class Node(NamedTuple):
    """One node of a workflow: its name, and the type of its tasks, None if the topology does not say."""

    name: str
    type: str | None


@dataclass(frozen=True)
class Topology:
    """The nodes of a workflow, a directed acyclic graph.

    Attributes
    ----------
    nodes : tuple of Node
        All but Start and End, in topological order: each comes after those that it waits for, and otherwise they
        stand as the service names them.
    edges : tuple of (str, str)
        Names of nodes, from and to; each once, in the order of the nodes.
    remarks : tuple of str
        What was odd, and how it was understood.
    """

    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, text: object) -> Topology | None:
        """Return the topology that a cell of the column `topology` holds.

        Parameters
        ----------
        text : str or missing
            JSON text of ``Dependencies`` and ``Nodes``. A node that only one of the two names is a node, too. Of a
            cycle the edges that lead back are left out.

        Returns
        -------
        Topology or None
            None if the cell is missing, or names no node.
        """
        try:
            found = json.loads(text) if isinstance(text, str) else None
        except (ValueError, RecursionError):
            return None
        if not isinstance(found, dict):
            return None
        types = {name: _type_of(said) for name, said in _members(found.get("Nodes"))}
        following = [
            (begin, end) for begin, said in _members(found.get("Dependencies")) for end in _names(said) if end.strip()
        ]
        hidden = {*ENDPOINTS, *(name for name, kind in types.items() if kind in ENDPOINTS)}
        edges = [(begin, end) for begin, end in dict.fromkeys(following) if begin not in hidden and end not in hidden]
        reached = dict.fromkeys(name for edge in following for name in edge if name not in hidden)
        names = list(dict.fromkeys([*(name for name in types if name not in hidden), *reached]))
        if not names:
            return None
        order = _topological(names, edges)
        place = {name: number for number, name in enumerate(order)}
        forward = sorted(
            (edge for edge in edges if place[edge[0]] < place[edge[1]]), key=lambda edge: [place[name] for name in edge]
        )
        unnamed = [name for name in names if name not in types]
        back = len(edges) - len(forward)
        remarks = [
            *([f"{counted(back, 'edge')} back to an earlier node left out: the nodes form a cycle"] if back else []),
            *([f"of {counted(len(unnamed), 'node')} the type is not known"] if unnamed else []),
            *(["it does not say in which order the nodes run"] if len(names) > 1 and not following else []),
        ]
        return cls(tuple(Node(name, types.get(name)) for name in order), tuple(forward), tuple(remarks))

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The names of the nodes, in topological order."""
        return tuple(node.name for node in self.nodes)

    @cached_property
    def predecessors(self) -> dict[str, tuple[str, ...]]:
        """For each node, the nodes that it waits for."""
        return {name: tuple(begin for begin, end in self.edges if end == name) for name in self.order}

    @cached_property
    def successors(self) -> dict[str, tuple[str, ...]]:
        """For each node, the nodes that wait for it."""
        return {name: tuple(end for begin, end in self.edges if begin == name) for name in self.order}


def topologies_of(
    data: pd.DataFrame | Snapshot, executions: pd.DataFrame
) -> tuple[list[Topology | None], NDArray[np.intp]]:
    """Return the topologies of `executions`, and for each of these the number of its own.

    An execution follows its own topology; if only its workflow's is known, that.

    Parameters
    ----------
    data : DataFrame or Snapshot
        A snapshot has `workflows`, whose topologies count where an execution has none.
    executions : DataFrame
        `workflow_id`, and `topology` if it is known.

    Returns
    -------
    topologies : list of Topology or None
        Distinct ones; the last one is None.
    numbers : array of int
        For each row of `executions` the number of its topology.
    """
    found: dict[Topology | None, int] = {}

    def numbers_of(texts: Iterable[object]) -> NDArray[np.intp]:
        topologies = [*(Topology.from_json(text) for text in texts), None]  # the last is that of the code -1
        return np.array([-1 if each is None else found.setdefault(each, len(found)) for each in topologies], np.intp)

    numbers = np.full(len(executions), -1, np.intp)
    if "topology" in executions:
        codes, texts = pd.factorize(executions["topology"])
        numbers = numbers_of(texts)[codes]
    if isinstance(data, Snapshot):
        schema.require(executions, "workflow_id")
        known = data.workflows.dropna(subset=["workflow_id", "topology"]).drop_duplicates("workflow_id")
        of_workflow = dict(zip(known["workflow_id"], known["topology"], strict=True))
        codes, workflow_ids = pd.factorize(executions["workflow_id"])
        fallback = numbers_of(of_workflow.get(key) for key in workflow_ids)[codes]
        numbers = np.where(numbers < 0, fallback, numbers)
    return [*found, None], np.where(numbers < 0, len(found), numbers)


def _members(said: Any) -> Iterator[tuple[str, Any]]:
    """Yield the names and values of a JSON object, or of several."""
    for part in said if isinstance(said, list) else [said]:
        if isinstance(part, dict):
            yield from ((str(name), value) for name, value in part.items() if not str(name).startswith(("@", "#")))


def _type_of(said: Any) -> str | None:
    """Return the type that a node, or the first of several of one name, says it has."""
    first = said[0] if isinstance(said, list) and said else said
    kind = first.get("Type") if isinstance(first, dict) else None
    return kind if isinstance(kind, str) else None


def _names(said: Any) -> Iterator[str]:
    """Yield the names in a text or a list of texts, in each of which commas part them."""
    for part in said if isinstance(said, list) else [said]:
        text = part.get("#text") if isinstance(part, dict) else part
        if isinstance(text, str):
            yield from (name.strip() for name in text.split(","))


def _topological(names: Iterable[str], edges: Iterable[tuple[str, str]]) -> list[str]:
    """Return `names` so that those before an edge come first; of a cycle one node is taken before its turn."""
    waiting: dict[str, set[str]] = {name: set() for name in names}
    for begin, end in edges:
        waiting[end].add(begin)
    order = []
    while waiting:
        ready = next((name for name, before in waiting.items() if not before), None) or _of_a_first_cycle(waiting)
        order.append(ready)
        del waiting[ready]
        for before in waiting.values():
            before.discard(ready)
    return order


def _of_a_first_cycle(waiting: dict[str, set[str]]) -> str:
    """Return a node that waits for none but those that wait for it; there is one if all of `waiting` wait."""
    before = {name: _all_before(name, waiting) for name in waiting}
    return next(name for name in waiting if all(name in before[other] for other in before[name]))


def _all_before(name: str, waiting: dict[str, set[str]]) -> set[str]:
    found, to_look_at = set[str](), [name]
    while to_look_at:
        new = waiting[to_look_at.pop()] - found
        found |= new
        to_look_at.extend(new)
    return found
