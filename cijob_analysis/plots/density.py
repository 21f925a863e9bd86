"""So many bars that a pixel holds several: how many there are in each column of pixels, stacked by colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cijob_analysis.plots.pixels import Pixels, Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Layer:
    """Pieces of bars.

    Attributes
    ----------
    begin, end : array of float
        From where to where on the x axis.
    stack : array of int
        In which stack each is counted: `band` × number of colours + `color`.
    """

    begin: NDArray[np.float64]
    end: NDArray[np.float64]
    stack: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Occupancy:
    """What the columns of pixels hold: stacks × columns.

    Attributes
    ----------
    mean : array of float
        How many pieces there are, on average over the width of the column.
    is_there : array of bool
        Whether there is any, if only for an instant.
    """

    mean: NDArray[np.float64]
    is_there: NDArray[np.bool_]


class Density(Pixels):
    """Stacked areas: how many bars of each colour there are, on average over each column of pixels.

    Each colour that occurs in a column has a pixel of it at least, so that nothing is lost; the first colour lies
    at the bottom, where that pixel is easily found.

    Parameters
    ----------
    ax : Axes
        Where it is drawn.
    layers : list of Layer
        What is counted.
    colors : array of float
        Red, green and blue of each colour of a stack, from the bottom to the top.
    bounds : array of float
        Where each band begins and ends on the y axis: bands × 2.
    """

    def __init__(self, ax: Axes, layers: list[Layer], colors: NDArray[np.float64], bounds: NDArray[np.float64]) -> None:
        filled = [layer for layer in layers if len(layer.begin)]
        begin = min((float(layer.begin.min()) for layer in filled), default=0.0)
        end = max((float(layer.end.max()) for layer in filled), default=1.0)
        super().__init__(ax, (begin, end, float(bounds.min()), float(bounds.max())))
        self.layers, self.colors, self.bounds = layers, colors, bounds

    def paint(self, x: Scale, y: Scale, n_columns: int, n_rows: int) -> NDArray[np.uint8]:
        """Return the pixels, rows × columns × red, green, blue, opacity; the lowest row first."""
        found = occupancy(self.layers, len(self.colors) * len(self.bounds), x, n_columns)
        height = abs(y.pixels_per_unit)
        heights = np.where(found.is_there, np.maximum(found.mean * height, 1), 0)
        tops = np.cumsum(heights.reshape(len(self.bounds), len(self.colors), n_columns), axis=1)
        palette = np.zeros((len(self.colors) + 1, 4), np.uint8)
        palette[:-1] = np.rint(255 * np.column_stack([self.colors, np.ones(len(self.colors))]))
        pixels = np.zeros((n_rows, n_columns, 4), np.uint8)
        for (low, high), stack in zip(self.bounds, tops, strict=True):
            base, top = np.rint(y.pixels(np.array([low, high])))
            above = np.abs(np.arange(n_rows) + 0.5 - base)
            is_above = (np.arange(n_rows) + 0.5 > base) == (y.pixels_per_unit > 0)
            rows = np.flatnonzero(is_above & (above < max(abs(top - base), 1)))
            turn = np.zeros((len(rows), n_columns), np.uint8)
            for level in stack:
                turn += above[rows, None] >= level
            pixels[rows] = palette[turn]
        return pixels


def occupancy(layers: list[Layer], n_stacks: int, x: Scale, n_columns: int) -> Occupancy:
    """Return how many pieces of `layers` each of `n_columns` columns of pixels holds, for each stack.

    A piece adds 1 to the columns after the one in which it begins, up to the one in which it ends; both are put
    right by the parts of a column that it misses at its begin, and has at its end.
    """
    shape = n_stacks, n_columns
    mean, is_there = np.zeros(shape), np.zeros(shape, np.bool_)
    for layer in layers:
        left, right = (x.pixels(layer.begin), x.pixels(layer.end))
        if x.pixels_per_unit < 0:
            left, right = right, left
        stack = layer.stack
        in_view = (right >= 0) & (left <= n_columns)
        if not in_view.all():
            left, right, stack = left[in_view], right[in_view], stack[in_view]
        offset = stack * np.int32(n_columns)
        begun, missed = _columns(left, offset, shape)
        ended, had = _columns(right, offset, shape)
        whole = np.cumsum(begun - ended, axis=1)
        mean += whole + had - missed
        is_there |= (whole > 0) | (begun > 0) | (had > 0)
    return Occupancy(mean, is_there)


def _columns(
    place: NDArray[np.float64], offset: NDArray[np.int32], shape: tuple[int, int]
) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Return for each cell of `shape` how many of `place` lie in it, and the sum of their distances to its left."""
    inside = np.clip(place, 0, shape[1], out=place)
    column = np.minimum(inside.astype(np.int32), shape[1] - 1)
    inside -= column
    column += offset
    size = shape[0] * shape[1]
    n = np.bincount(column, minlength=size).reshape(shape)
    return n, np.bincount(column, weights=inside, minlength=size).reshape(shape)
