"""Lanes of a timeline as pixels: for so many bars that some are thinner than a pixel, and none may be lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cijob_analysis.plots.pixels import Pixels, Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from cijob_analysis.plots.segments import Segments

_FAINTEST = 0.4
"""How opaque a pixel is in which only few of its lanes are taken."""
_MARGIN = 0.1
"""How much of a lane is left free above and below, if it is so high that this can be seen."""


class Raster(Pixels):
    """Lanes that are painted for the pixels that there are.

    Each segment covers at least one pixel. Where several share a pixel their colours are mixed by their heights.
    The colour `loud` is not mixed where a lane has several rows of pixels: it takes its share of them at the
    bottom, one row at least. Where a row has several lanes, the last pixel of each of its segments has that
    colour alone, and elsewhere its share counts by the root.
    """

    def __init__(self, ax: Axes, segments: list[Segments], colors: NDArray[np.float64], loud: int) -> None:
        last = max((float(part.lane.max(initial=0)) + 1 for part in segments), default=1.0)
        begin = min((float(part.begin.min()) for part in segments if len(part.begin)), default=0.0)
        end = max((float(part.end.max()) for part in segments if len(part.end)), default=1.0)
        super().__init__(ax, (begin, end, 0, last))
        self.segments, self.colors, self.loud = segments, colors, loud

    def paint(self, x: Scale, y: Scale, n_columns: int, n_rows: int) -> NDArray[np.uint8]:
        """Return the pixels, rows × columns × red, green, blue, opacity; the lowest row first."""
        return paint(self.segments, self.colors, self.loud, x, y, n_columns, n_rows)


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
        mix = _mix(pieces, colors, loud, (n_rows, n_columns))
        share = np.where(mix.ends_loud, 1, np.sqrt(mix.loud))[..., None]
        mixed = share * colors[loud] + (1 - share) * mix.quiet
        taken = np.minimum(mix.taken * height, 1)
        opacity = np.where(mix.taken > 0, _FAINTEST + (1 - _FAINTEST) * taken, 0)
        opacity[mix.ends_loud] = 1
    else:
        lanes = y.data(np.arange(n_rows) + 0.5)
        lowest, n_lanes = int(np.floor(lanes.min())), int(np.ceil(np.ptp(lanes))) + 1
        pieces = [_piece(part, part.lane - lowest, x, n_columns, n_lanes) for part in segments]
        mix = _mix(pieces, colors, loud, (n_lanes, n_columns))
        margin = _MARGIN if height > 5 else 0.0
        place = (lanes % 1 - margin) / (1 - 2 * margin)  # from 0 at the bottom of the lane to 1 at its top
        row = np.floor(lanes).astype(np.intp) - lowest
        least = np.where(mix.loud > 0, 1 / (height * (1 - 2 * margin)), 0)
        is_loud = place[:, None] < np.maximum(mix.loud, least)[row]
        mixed = np.where(is_loud[..., None], colors[loud], mix.quiet[row])
        opacity = np.where(mix.taken > 0, _FAINTEST + (1 - _FAINTEST) * np.minimum(mix.taken, 1), 0)[row]
        opacity[is_loud] = 1
        opacity[(place < 0) | (place >= 1)] = 0
    pixels = np.concatenate([mixed, opacity[..., None]], axis=2)
    pixels[opacity == 0] = 0
    return (255 * pixels + 0.5).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Segments in view, in pixels; `after` is the column behind the last one."""

    row: NDArray[np.intp]
    first: NDArray[np.intp]
    after: NDArray[np.intp]
    color: NDArray[np.integer[Any]]
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


@dataclass(frozen=True, slots=True)
class _Mix:
    """What cells hold, rows of lanes × columns: how much in all, the share of the loud colour, the mean of the others.

    `ends_loud` says in which a segment of the loud colour ends.
    """

    taken: NDArray[np.float32]
    loud: NDArray[np.float32]
    quiet: NDArray[np.float32]
    ends_loud: NDArray[np.bool_]


def _mix(pieces: list[_Piece], colors: NDArray[np.float64], loud: int, shape: tuple[int, int]) -> _Mix:
    amount, loudness = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    sums = np.zeros((*shape, 3), np.float32)
    ends_loud = np.zeros(shape, np.bool_)
    for piece in pieces:
        for number in np.flatnonzero(np.bincount(piece.color)):
            mine = piece.color == number
            cover = _cover(piece.row[mine], piece.first[mine], piece.after[mine], shape)
            cover *= np.float32(piece.height)
            if number == loud:
                loudness += cover
                last = mine & piece.ends_in_view
                ends_loud[piece.row[last], piece.after[last] - 1] = True
            else:
                amount += cover
                sums += cover[..., None] * colors[number].astype(np.float32)
    taken = amount + loudness
    loudness[taken > 0] /= taken[taken > 0]
    sums[amount > 0] /= amount[amount > 0, None]
    return _Mix(taken, loudness, sums, ends_loud)


def _cover(
    row: NDArray[np.intp], first: NDArray[np.intp], after: NDArray[np.intp], shape: tuple[int, int]
) -> NDArray[np.float32]:
    """Return how many segments cover each pixel: +1 where one begins, −1 behind its end, summed up."""
    width = shape[1] + 1
    size = shape[0] * width
    change = np.bincount(row * width + first, minlength=size) - np.bincount(row * width + after, minlength=size)
    return np.cumsum(change.reshape(shape[0], width)[:, :-1], axis=1).astype(np.float32)
