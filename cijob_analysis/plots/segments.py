"""Pieces of the bars of a timeline, drawn one by one: sharp at any zoom, and none too thin to be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import PolyCollection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from cijob_analysis.plots.style import Look

_POINT = 0.008
"""Length of the point at the open end of a bar, as a part of the axis."""
_HATCHED = 9
"""How many pixels a bar needs each way for its hatch and its edge to be seen."""


@dataclass(frozen=True, slots=True)
class Segments:
    """Pieces of bars.

    Attributes
    ----------
    begin, end : array of float
        From where to where on the x axis.
    lane : array of int
        In which lane; lane k reaches from k to k + 1 on the y axis.
    color : array of int
        The number of its look.
    height : float
        How much of the height of the lane it takes, in its middle.
    """

    begin: NDArray[np.float64]
    end: NDArray[np.float64]
    lane: NDArray[np.intp]
    color: NDArray[np.integer[Any]]
    height: float

    def only(self, which: NDArray[np.bool_]) -> Segments:
        """Return the segments for which `which` is true."""
        return Segments(self.begin[which], self.end[which], self.lane[which], self.color[which], self.height)


def draw_segments(ax: Axes, segments: Segments, is_open: NDArray[np.bool_], looks: Sequence[Look]) -> None:
    """Draw `segments` in their `looks`, a collection for each; those that are open end in a point.

    A thin edge of the same colour keeps the shortest ones visible; hatches are drawn where they have room.
    """
    low, high = ax.get_xlim()
    px = ax.bbox.width / (high - low)
    corners = _outlines(
        segments, np.where(is_open, np.minimum(_POINT * (high - low), segments.end - segments.begin), 0)
    )
    is_tall = segments.height * ax.bbox.height / np.ptp(ax.get_ylim()) >= _HATCHED
    has_room = is_tall & ((segments.end - segments.begin) * px >= _HATCHED)
    for number in np.unique(segments.color):
        look, mine = looks[number], segments.color == number
        wide = mine & has_room
        for which, edge, hatch in ((mine & ~has_room, look.line, None), (wide, look.edge, look.hatch or None)):
            if which.any():
                bars = PolyCollection(
                    list(corners[which]), facecolors=look.color, edgecolors=edge, linewidths=0.7, hatch=hatch
                )
                ax.add_collection(bars, autolim=False)


def _outlines(segments: Segments, point: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return five corners of each segment, counter-clockwise, the middle one the end: n × 5 × 2."""
    middle, half = segments.lane + 0.5, segments.height / 2
    x = np.stack([segments.begin, segments.end - point, segments.end, segments.end - point, segments.begin], axis=1)
    y = np.stack([middle - half, middle - half, middle, middle + half, middle + half], axis=1)
    return np.stack([x, y], axis=2)
