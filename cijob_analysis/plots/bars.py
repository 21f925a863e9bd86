"""The bars of a timeline as numbers: where each begins, starts to run and ends, and in which lane it lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cijob_analysis.metrics import pack_lanes
from cijob_analysis.metrics.durations import as_of_for
from cijob_analysis.metrics.groups import is_terminal
from cijob_analysis.metrics.instants import instants
from cijob_analysis.plots.words import number

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Bars:
    """The bars of a frame: a wait from `begin` to `start`, and a run from `start` to `end`.

    Attributes
    ----------
    rows : array of int
        Which rows of the frame have one: all that have a time of creation or a start.
    begin, start, end : array of datetime64[us]
        What has not started has no `start` (NaT), and its wait reaches to `end`.
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
    is_open: NDArray[np.bool_]
    until: np.datetime64
    remarks: list[str]


def bars_of(frame: pd.DataFrame, as_of: datetime | str | None) -> Bars:
    """Return the bars of `frame`; what is unfinished ends at `as_of`, or else at the ledger's."""
    created, started, ended = (instants(frame, name) for name in ("created_at", "started_at", "ended_at"))
    finished = is_terminal(frame)
    ended = np.where(finished, ended, np.datetime64("NaT"))
    begin = np.fmin(created, started)  # which passes over NaT
    rows = np.flatnonzero(~np.isnat(begin))
    begin, created, started, ended = (times[rows] for times in (begin, created, started, ended))
    finished = finished[rows]

    until = as_of_for(frame, as_of)
    is_unknown = np.isnat(until)
    if is_unknown and len(rows):
        until = np.fmax(np.fmax(begin, started), ended).max()
    last = np.fmax(begin, started)
    is_open = ~finished
    end = np.fmax(np.where(is_open, until, ended), last)

    backwards = int(((started < created) | (ended < last)).sum())
    endless = int((finished & np.isnat(ended)).sum())
    remarks = []
    if len(rows) < len(frame):
        remarks.append(f"{number(len(frame) - len(rows))} without a time of creation or start left out")
    if backwards:
        remarks.append(f"{number(backwards)} with times in the wrong order")
    if endless:
        remarks.append(f"{number(endless)} finished without an end, drawn up to the start")
    if is_unknown and is_open.any():
        remarks.append("unfinished ones drawn up to the last event")
    return Bars(rows, begin, started, end, is_open, until, remarks)


def stack_lanes(
    begin: NDArray[np.float64], end: NDArray[np.float64], band: NDArray[np.intp], n_bands: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pack the bars of each band into lanes, the first band at the top, an empty lane between two.

    Returns
    -------
    lane : array of int
        The lane of each bar; the lowest of all is 0.
    bounds : array of int
        Where each band begins and behind which lane it ends, bands × 2.
    """
    lane = np.zeros(len(begin), np.intp)
    bounds = np.zeros((n_bands, 2), np.intp)
    floor = 0
    for turn in range(n_bands - 1, -1, -1):
        mine = np.flatnonzero(band == turn)
        packed = pack_lanes(begin[mine], end[mine])
        height = int(packed.max(initial=0)) + 1
        lane[mine] = floor + packed
        bounds[turn] = floor, floor + height
        floor += height + 1
    return lane, bounds


def most_at_once(begin: NDArray[np.float64], end: NDArray[np.float64]) -> int:
    """Return how many bars there were at most at one time; one may begin where another ends."""
    begun = np.arange(1, len(begin) + 1)
    return int((begun - np.searchsorted(np.sort(end), np.sort(begin), side="right")).max(initial=0))
