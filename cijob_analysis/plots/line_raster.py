"""Lines of a performance spectrum as pixels: for so many that they hide one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cijob_analysis.plots.pixels import Pixels, Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_FAINTEST = 0.25
"""How opaque a pixel is that a single line crosses."""


class LineRaster(Pixels):
    """Lines that are painted for the pixels that there are.

    A line leads from `begin` at the top of its band to `end` at the bottom; band k reaches from k to k + 1 on the y
    axis. Each line covers a pixel at least in every row of its band. Where many share a pixel their colours are mixed,
    the share of the colour `loud` counting by its root, and the pixel is the darker the more they are.
    """

    def __init__(
        self,
        ax: Axes,
        band: NDArray[np.intp],
        begin: NDArray[np.float64],
        end: NDArray[np.float64],
        color: NDArray[np.intp],
        colors: NDArray[np.float64],
        loud: int,
    ) -> None:
        extent = (float(min(begin.min(), end.min())), float(max(begin.max(), end.max())), 0, float(band.max()) + 1)
        super().__init__(ax, extent)
        order = np.argsort(band, kind="stable")
        self.bounds = np.searchsorted(band[order], np.arange(int(band.max()) + 2))
        self.begin, self.end, self.color = begin[order], end[order], color[order]
        self.colors, self.loud = colors, loud

    def paint(self, x: Scale, y: Scale, n_columns: int, n_rows: int) -> NDArray[np.uint8]:
        """Return the lines as pixels: rows × columns × red, green, blue, opacity; the lowest row first."""
        pixels = np.zeros((n_rows, n_columns, 4), np.uint8)
        left, right = (np.floor(x.pixels(values)).astype(np.int64) for values in (self.begin, self.end))
        heights = y.data(np.arange(n_rows) + 0.5)
        half = 0.5 / abs(y.pixels_per_unit)
        for band, (first, after) in enumerate(zip(self.bounds[:-1], self.bounds[1:], strict=True)):
            rows = np.flatnonzero((heights >= band) & (heights < band + 1))
            if not len(rows) or first == after:
                continue
            lines = _distinct(left[first:after], right[first:after], self.color[first:after], n_columns)
            amounts = np.stack(
                [
                    _cover(*lines, height - half - band, height + half - band, n_columns, len(self.colors))
                    for height in heights[rows]
                ]
            )
            pixels[rows] = self._mixed(amounts)
        return pixels

    def _mixed(self, amounts: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Return pixels of how many lines of each colour there are: rows × colours × columns."""
        total = amounts.sum(axis=1, keepdims=True)
        share = amounts / np.maximum(total, 1)
        loudness = np.sqrt(share[:, self.loud])
        quiet = 1 - share[:, self.loud]
        share *= ((1 - loudness) / np.where(quiet > 0, quiet, 1))[:, None]
        share[:, self.loud] = loudness
        mixed = np.empty((amounts.shape[0], amounts.shape[2], 4))
        mixed[..., :3] = np.einsum("rkc,kp->rcp", share, self.colors)
        darkness = np.log1p(total[:, 0]) / max(np.log1p(total.max()), np.log(2))
        mixed[..., 3] = np.where(total[:, 0] > 0, _FAINTEST + (1 - _FAINTEST) * darkness, 0)
        return (255 * mixed + 0.5).astype(np.uint8)


_Lines = tuple["NDArray[np.int64]", "NDArray[np.int64]", "NDArray[np.int64]", "NDArray[np.int64]"]


def _distinct(left: NDArray[np.int64], right: NDArray[np.int64], color: NDArray[np.intp], n_columns: int) -> _Lines:
    """Return from which column to which column, and in which colour, lines in view lead, and how many do."""
    in_view = np.flatnonzero((np.minimum(left, right) < n_columns) & (np.maximum(left, right) >= 0))
    left, right, color = left[in_view], right[in_view], color[in_view]
    lowest = int(min(left.min(initial=0), right.min(initial=0)))
    span = int(max(left.max(initial=0), right.max(initial=0))) - lowest + 1
    keys, n = np.unique((color * span + left - lowest) * span + right - lowest, return_counts=True)
    rest, right = np.divmod(keys, span)
    color, left = np.divmod(rest, span)
    return left + lowest, right + lowest, color, n


def _cover(
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    color: NDArray[np.int64],
    n: NDArray[np.int64],
    top: float,
    bottom: float,
    n_columns: int,
    n_colors: int,
) -> NDArray[np.float64]:
    """Return how many lines of each colour cross each column between two heights of a band, 0 its top, 1 its bottom."""
    ends = [left + 0.5 + (right - left) * float(np.clip(height, 0, 1)) for height in (top, bottom)]
    first = np.floor(np.minimum(*ends)).astype(np.int64)
    after = np.maximum(np.ceil(np.maximum(*ends)).astype(np.int64), first + 1)
    width = n_columns + 1
    size = n_colors * width
    change = np.bincount(color * width + np.clip(first, 0, n_columns), n, size)
    change -= np.bincount(color * width + np.clip(after, 0, n_columns), n, size)
    return np.cumsum(change.reshape(n_colors, width)[:, :-1], axis=1)
