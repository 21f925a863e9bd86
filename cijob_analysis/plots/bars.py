"""The bars of a timeline as numbers: where each begins, starts to run and ends, and in which lane it lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cijob_analysis.metrics.durations import as_of_for
from cijob_analysis.metrics.groups import state_codes
from cijob_analysis.metrics.instants import instants
from cijob_analysis.metrics.lanes import pack_lanes
from cijob_analysis.schema import TERMINAL
from cijob_analysis.words import number

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd
    from numpy.typing import NDArray

_PARTS = 65_536
_ROOM = 1 / 27
"""How much of the height of all bands each has at least, so that its name has room."""


@dataclass(frozen=True, slots=True)
class Bars:
    """The bars of a frame: a wait from `begin` to `start`, and a run from `start` to `end`.

    Attributes
    ----------
    rows : array of int
        Which rows of the frame have one: all that have a time of creation or a start.
    begin, start, end : array of datetime64[us]
        What has not started has no `start` (NaT), and its wait reaches to `end`.
    state : array of int
        The number of its state.
    states : list of str or None
        What the numbers stand for.
    is_open : array of bool
        Whether it is unfinished, and drawn up to `until`.
    until : datetime64[us]
        When the frame was true; the last event if nobody knows.
    remarks : list of str
        What a reader of the picture must know.
    """

    rows: NDArray[np.intp]
    begin: NDArray[np.datetime64]
    start: NDArray[np.datetime64]
    end: NDArray[np.datetime64]
    state: NDArray[np.int16]
    states: list[str | None]
    is_open: NDArray[np.bool_]
    until: np.datetime64
    remarks: list[str]

    @property
    def runs(self) -> NDArray[np.bool_]:
        """Whether each has run, or runs."""
        return ~np.isnat(self.start)

    @property
    def waits(self) -> NDArray[np.bool_]:
        """Whether each has waited, or waits."""
        return np.isnat(self.start) | (self.begin < self.start)

    @property
    def gave_up(self) -> NDArray[np.bool_]:
        """Whether each ended without a start."""
        return np.isnat(self.start) & ~self.is_open


def bars_of(frame: pd.DataFrame, as_of: datetime | str | None) -> Bars:
    """Return the bars of `frame`; what is unfinished ends at `as_of`, or else at the ledger's."""
    created, started, ended = (instants(frame, name) for name in ("created_at", "started_at", "ended_at"))
    codes, states = state_codes(frame)
    state = codes.astype(np.int16)
    begin = np.fmin(created, started)  # which passes over NaT
    rows = np.flatnonzero(~np.isnat(begin))
    if len(rows) < len(frame):
        begin, created, started, ended = (times[rows] for times in (begin, created, started, ended))
        state = state[rows]
    is_open = ~np.array([name in TERMINAL for name in states])[state]

    until = as_of_for(frame, as_of)
    is_unknown = np.isnat(until)
    ended = np.where(is_open, np.datetime64("NaT"), ended)
    last = np.fmax(begin, started)
    if is_unknown and len(rows):
        until = np.fmax(last, ended).max()
    backwards = int(((started < created) | (ended < last)).sum())
    endless = int((np.isnat(ended) & ~is_open).sum())
    ended[is_open] = until
    end = np.fmax(ended, last)

    remarks = []
    if len(rows) < len(frame):
        remarks.append(f"{number(len(frame) - len(rows))} without a time of creation or start left out")
    if backwards:
        remarks.append(f"{number(backwards)} with times in the wrong order")
    if endless:
        remarks.append(f"{number(endless)} finished without an end, drawn up to the start")
    if is_unknown and is_open.any():
        remarks.append("unfinished ones drawn up to the last event")
    return Bars(rows, begin, started, end, state, states, is_open, until, remarks)


def stack_lanes(
    begin: NDArray[Any], end: NDArray[Any], band: NDArray[np.intp], n_bands: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Pack the bars of each band into lanes, the first band at the top.

    Returns
    -------
    lane : array of int
        The lane of each bar; the lowest of all is 0.
    bounds : array of float
        Where each band begins and behind which lane it ends, bands × 2.
    """
    packed = np.zeros(len(begin), np.intp)
    n_lanes = np.ones(n_bands, np.intp)
    for turn in range(n_bands):
        mine = np.flatnonzero(band == turn)
        packed[mine] = pack_lanes(begin[mine], end[mine])
        n_lanes[turn] = packed[mine].max(initial=0) + 1
    bounds = stack_bands(n_lanes)
    return packed + bounds[band, 0].astype(np.intp), bounds


def stack_bands(heights: NDArray[Any], gap: float = 1) -> NDArray[np.float64]:
    """Return where bands of `heights` begin and end, the first one at the top, with a gap between two: bands × 2.

    Each has as much room at least as its name needs.
    """
    room = np.maximum(heights, np.ceil(_ROOM * heights.sum()) if len(heights) > 1 else 0)
    above = (room + gap)[::-1].cumsum()[::-1]
    base = above - (room + gap)
    return np.stack([base, base + heights], axis=1).astype(np.float64)


def most_at_once(begin: NDArray[np.int64], end: NDArray[np.int64]) -> int:
    """Return how many bars there were at most at one time; one may begin where another ends.

    Only the parts of the time that may hold the most are looked at closely: to sort all bars would take longer than
    to draw them.
    """
    low = begin.min()
    width = (end.max() - low) // _PARTS + 1
    begun, ended = (np.bincount((times - low) // width, minlength=_PARTS) for times in (begin, end))
    before = np.cumsum(begun - ended) - (begun - ended)
    least = int(before.max())
    is_close = before + begun > least
    begins, ends = (np.sort(times[is_close[(times - low) // width]]) for times in (begin, end))
    elsewhere = np.cumsum(np.where(is_close, 0, begun - ended))
    there = np.arange(1, len(begins) + 1) - np.searchsorted(ends, begins, side="right")
    return int((there + elsewhere[(begins - low) // width]).max(initial=least))
