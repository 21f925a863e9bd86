"""Bars of a timeline as pixels: for so many that they are thinner than a pixel, and none may be lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.image import AxesImage
from matplotlib.transforms import Affine2D

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from cijob_analysis.plots.segments import Segments

_FAINTEST = 0.4
"""How opaque a pixel is in which only few of its lanes are taken."""
_NONE = 1e-3
"""Less than any segment weighs; what is below it is rounding."""


class Raster(AxesImage):
    """An image that is made when it is drawn, so that its pixels are those of the screen, the file or the zoom.

    Each segment covers at least one pixel. Where several share a pixel their colours are mixed by their heights,
    but the last pixel of each segment of the colour `loud` has that colour alone, and elsewhere its share counts
    by the root.
    """

    def __init__(self, ax: Axes, segments: list[Segments], colors: NDArray[np.float64], loud: int) -> None:
        last = max((float(part.lane.max(initial=0)) + 1 for part in segments), default=1.0)
        begin = min((float(part.begin.min()) for part in segments if len(part.begin)), default=0.0)
        end = max((float(part.end.max()) for part in segments if len(part.end)), default=1.0)
        super().__init__(ax, zorder=1, interpolation="nearest", origin="lower", extent=(begin, end, 0, last))
        self.segments, self.colors, self.loud = segments, colors, loud
        self._painted: tuple[object, NDArray[np.uint8]] | None = None
        self.set_data(np.zeros((1, 1, 4)))  # matplotlib does not draw an image without data
        self.set_clip_path(ax.patch)

    def make_image(
        self,
        renderer: Any,  # noqa: ARG002 - matplotlib's signature
        magnification: float = 1.0,
        unsampled: bool = False,  # noqa: ARG002, FBT
    ) -> tuple[NDArray[np.uint8], float, float, Affine2D]:
        """Return the pixels of the axes as they are in view, the lowest row first, and where they go."""
        box, view = self.axes.bbox, self.axes.viewLim
        left, bottom = np.floor(box.x0), np.floor(box.y0)
        n_columns = round((np.ceil(box.x1) - left) * magnification)
        n_rows = round((np.ceil(box.y1) - bottom) * magnification)
        x = Scale(view.x0, view.x1, (box.x0 - left) * magnification, (box.x1 - left) * magnification)
        y = Scale(view.y0, view.y1, (box.y0 - bottom) * magnification, (box.y1 - bottom) * magnification)
        place = (x, y, n_columns, n_rows)
        if self._painted is None or self._painted[0] != place:  # a layout draws everything twice
            self._painted = place, paint(self.segments, self.colors, self.loud, *place)
        pixels = self._painted[1]
        return pixels, left, bottom, Affine2D()


@dataclass(frozen=True, slots=True)
class Scale:
    """From the data of an axis, `low` to `high`, to pixels, `first` to `last`, and back."""

    low: float
    high: float
    first: float
    last: float

    @property
    def pixels_per_unit(self) -> float:
        """How long a unit of the data is; below zero if the axis runs the other way."""
        return (self.last - self.first) / (self.high - self.low)

    def pixels(self, data: NDArray[Any]) -> NDArray[np.float64]:
        """Return where `data` lie in pixels."""
        return self.first + (data - self.low) * self.pixels_per_unit

    def data(self, pixels: NDArray[Any]) -> NDArray[np.float64]:
        """Return what data lie at `pixels`."""
        return self.low + (pixels - self.first) / self.pixels_per_unit


def paint(
    segments: list[Segments],
    colors: NDArray[np.float64],
    loud: int,
    x: Scale,
    y: Scale,
    n_columns: int,
    n_rows: int,
) -> NDArray[np.uint8]:
    """Return `segments` as pixels: rows × columns × red, green, blue, opacity; the lowest row first."""
    height = abs(y.pixels_per_unit)
    if height < 1.001:  # several lanes to a row of pixels
        pieces = [_piece(part, np.floor(y.pixels(part.lane + 0.5)), x, n_columns, n_rows) for part in segments]
        mixed = _mixed(pieces, colors, loud, (n_rows, n_columns), lanes_per_row=1 / height)
    else:
        lanes = y.data(np.arange(n_rows) + 0.5)
        lowest, n_lanes = int(np.floor(lanes.min())), int(np.ceil(np.ptp(lanes))) + 1
        pieces = [_piece(part, part.lane - lowest, x, n_columns, n_lanes) for part in segments]
        mixed = _mixed(pieces, colors, loud, (n_lanes, n_columns), lanes_per_row=1)
        mixed = mixed[np.floor(lanes).astype(np.intp) - lowest]
        if height > 5:
            mixed[np.abs(lanes % 1 - 0.5) > 0.4] = 0
    return (255 * mixed + 0.5).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Segments in view, in pixels; `after` is the column behind the last one."""

    row: NDArray[np.intp]
    first: NDArray[np.intp]
    after: NDArray[np.intp]
    color: NDArray[np.intp]
    ends_in_view: NDArray[np.bool_]
    height: float


def _piece(part: Segments, row: NDArray[Any], x: Scale, n_columns: int, n_rows: int) -> _Piece:
    left, right = x.pixels(part.begin), x.pixels(part.end)
    begin, end = np.minimum(left, right), np.maximum(left, right)
    in_view = (begin <= n_columns) & (end >= 0) & (row >= 0) & (row < n_rows)
    first = np.clip(np.floor(begin[in_view]), 0, n_columns - 1).astype(np.intp)
    after = np.minimum(np.maximum(np.ceil(end[in_view]), first + 1), n_columns).astype(np.intp)
    return _Piece(
        row[in_view].astype(np.intp), first, after, part.color[in_view], end[in_view] <= n_columns, part.height
    )


def _mixed(
    pieces: list[_Piece], colors: NDArray[np.float64], loud: int, shape: tuple[int, int], *, lanes_per_row: float
) -> NDArray[np.float32]:
    amounts = np.zeros((len(colors), *shape), np.float32)
    for piece in pieces:
        for number in np.flatnonzero(np.bincount(piece.color)):
            mine = piece.color == number
            cover = _cover(piece.row[mine], piece.first[mine], piece.after[mine], shape)
            amounts[number] += np.float32(piece.height) * cover
    total = amounts.sum(axis=0)
    loudness = amounts[loud]
    share = np.sqrt(loudness / np.where(total > 0, total, 1))
    quiet = total - loudness
    amounts *= (1 - share) / np.where(quiet > _NONE, quiet, 1)
    amounts[loud] = share
    mixed = np.empty((*shape, 4), np.float32)
    mixed[..., :3] = np.tensordot(amounts, colors.astype(np.float32), axes=(0, 0))
    taken = np.minimum(total / lanes_per_row, 1)
    mixed[..., 3] = np.where(total > 0, _FAINTEST + (1 - _FAINTEST) * taken, 0)
    for piece in pieces:
        failed = (piece.color == loud) & piece.ends_in_view
        mixed[piece.row[failed], piece.after[failed] - 1] = [*colors[loud], 1]
    return mixed


def _cover(
    row: NDArray[np.intp], first: NDArray[np.intp], after: NDArray[np.intp], shape: tuple[int, int]
) -> NDArray[np.int64]:
    """Return how many segments cover each pixel: +1 where one begins, −1 behind its end, summed up."""
    width = shape[1] + 1
    size = shape[0] * width
    change = np.bincount(row * width + first, minlength=size) - np.bincount(row * width + after, minlength=size)
    return np.cumsum(change.reshape(shape[0], width)[:, :-1], axis=1)
