"""Where the nodes of a topology are drawn: in layers from left to right, which go on below where they do not fit."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cijob_analysis.metrics.paths.topology import Topology

BOX_WIDTH: Final = 0.8
"""Of a node, in columns."""
_BEND = 0.5
"""Height of a line that passes by the nodes of a layer, in rows."""
_BETWEEN = 0.5
"""Room between two rows of layers, in rows."""
_SWEEPS = 8

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Layers:
    """Places of nodes and edges; x in columns, y in rows, downwards.

    Attributes
    ----------
    places : dict of str to (float, float)
        The middle of each node.
    routes : dict of (str, str) to list of lists of (float, float)
        The pieces of each edge, one after the other: a piece of two points is a curve that begins and ends level,
        one of more points is a line with corners.
    n_columns : int
        How many columns there are.
    height : float
        How many rows.
    """

    places: dict[str, Point]
    routes: dict[tuple[str, str], list[list[Point]]]
    n_columns: int
    height: float


_Item = str | tuple[str, str, int]
"""A node, or the place where an edge passes a layer."""


def layers_of(topology: Topology, most_columns: int) -> Layers:
    """Return a layered layout (Sugiyama, Tagawa and Toda, 1981) of at most `most_columns` layers side by side.

    A node stands in the layer after the last of those that it waits for. Edges that pass a layer have a place of
    their own in it, so that none runs through a node.
    """
    layer: dict[str, int] = {}
    for name in topology.order:
        layer[name] = max((layer[other] + 1 for other in topology.predecessors[name]), default=0)
    ranks: list[list[_Item]] = [[] for _ in range(max(layer.values()) + 1)]
    for name in topology.order:
        ranks[layer[name]].append(name)
    chains: dict[tuple[str, str], list[_Item]] = {}
    for begin, end in topology.edges:
        bends = [(begin, end, rank) for rank in range(layer[begin] + 1, layer[end])]
        for bend in bends:
            ranks[bend[2]].append(bend)
        chains[begin, end] = [begin, *bends, end]
    _untangle(ranks, chains)

    n_columns = min(most_columns, len(ranks))
    n_bands = -(-len(ranks) // n_columns)
    n_columns = -(-len(ranks) // n_bands)
    places: dict[_Item, Point] = {}
    tops, bottom = [], 0.0
    for first in range(0, len(ranks), n_columns):
        band = ranks[first : first + n_columns]
        height = max(sum(map(_height, rank)) for rank in band)
        tops.append(bottom)
        for column, rank in enumerate(band):
            y = bottom + (height - sum(map(_height, rank))) / 2
            for item in rank:
                places[item] = column, y + _height(item) / 2
                y += _height(item)
        bottom += height + _BETWEEN
    routes = {
        edge: _route(
            [places[item] for item in chain], [layer[edge[0]] + step for step in range(len(chain))], tops, n_columns
        )
        for edge, chain in chains.items()
    }
    return Layers({name: places[name] for name in topology.order}, routes, n_columns, bottom - _BETWEEN)


def _height(item: _Item) -> float:
    return 1.0 if isinstance(item, str) else _BEND


def _untangle(ranks: list[list[_Item]], chains: dict[tuple[str, str], list[_Item]]) -> None:
    """Order each layer by where the neighbours of its items stand in the one before, and back, a few times."""
    before: dict[_Item, list[_Item]] = {}
    after: dict[_Item, list[_Item]] = {}
    for chain in chains.values():
        for left, right in pairwise(chain):
            before.setdefault(right, []).append(left)
            after.setdefault(left, []).append(right)
    for sweep in range(_SWEEPS):
        neighbours, order = (before, ranks) if sweep % 2 == 0 else (after, ranks[::-1])
        for fixed, rank in pairwise(order):
            place = {item: (number + 0.5) / len(fixed) for number, item in enumerate(fixed)}
            own = {item: (number + 0.5) / len(rank) for number, item in enumerate(rank)}
            means = {
                item: sum(place[other] for other in others) / len(others)
                if (others := neighbours.get(item))
                else own[item]
                for item in rank
            }
            rank.sort(key=means.__getitem__)


def _route(points: list[Point], ranks: list[int], tops: list[float], n_columns: int) -> list[list[Point]]:
    """Return the pieces of an edge through `points`, which stand in the layers `ranks`."""
    half = BOX_WIDTH / 2
    pieces: list[list[Point]] = []
    for number, ((x, y), (next_x, next_y)) in enumerate(pairwise(points)):
        if number:
            pieces.append([(x - half, y), (x + half, y)])
        begin, end = (x + half, y), (next_x - half, next_y)
        band = ranks[number + 1] // n_columns
        if ranks[number] // n_columns == band:
            pieces.append([begin, end])
        else:
            right, left, between = n_columns - 0.5, -0.5, tops[band] - _BETWEEN / 2
            pieces.append([begin, (right, y), (right, between), (left, between), (left, next_y), end])
    return pieces
