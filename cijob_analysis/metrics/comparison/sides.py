"""The two sides of a comparison: which frames they are, and what of each row counts in which measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.ledger import counted, grouped, ledger_of
from cijob_analysis.metrics.groups import is_terminal, state_codes
from cijob_analysis.metrics.inputs import frame_of
from cijob_analysis.metrics.instants import instants
from cijob_analysis.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

_SECOND = np.timedelta64(1, "s")
_HOUR = np.timedelta64(1, "h")

_MANY = 0.03
"""The share of unfinished rows from which on quantiles of the finished ones are visibly too low."""


@dataclass(frozen=True, eq=False, slots=True)
class Side:
    """What one side of a comparison says.

    Attributes
    ----------
    durations : dict of array of float64
        For each duration its value in each row [s]; NaN where it does not count: only what succeeded or failed
        has durations.
    is_judged, is_failed : array of bool
        Whether a row has succeeded or failed, and so counts in the failure rate; whether it failed.
    is_finished : array of bool
        Whether it has come to an end at a known time, and so counts in the throughput.
    is_censored : array of bool
        Whether it is unfinished.
    hours : float
        From the first creation to the last end [h]; NaN if nothing has ended.
    remarks : list of str
        What a reader must know.
    """

    durations: dict[str, NDArray[np.float64]]
    is_judged: NDArray[np.bool_]
    is_failed: NDArray[np.bool_]
    is_finished: NDArray[np.bool_]
    is_censored: NDArray[np.bool_]
    hours: float
    remarks: list[str]

    @property
    def is_whole(self) -> NDArray[np.bool_]:
        """Whether wait, run and turnaround of a row are all known, so that the third is the sum of the others."""
        known: NDArray[np.bool_] = np.logical_and.reduce([~np.isnan(values) for values in self.durations.values()])
        return known


def side_of(frame: pd.DataFrame) -> Side:
    """Return what `frame` says as one side of a comparison."""
    created, started, ended = (instants(frame, name) for name in ("created_at", "started_at", "ended_at"))
    states, names = state_codes(frame)
    terminal, failed = is_terminal(frame), states == names.index("Failed")
    judged = failed | (states == names.index("Success"))
    begin = {"queue_wait_s": created, "run_time_s": started, "turnaround_s": created}
    end = {"queue_wait_s": started, "run_time_s": ended, "turnaround_s": ended}
    durations = {
        name: np.where(judged, (end[name] - begin[name]) / _SECOND, np.nan).astype(np.float64)
        for name in schema.DURATIONS
    }
    finished = terminal & ~np.isnat(ended)
    ends = ended[finished]
    first = np.fmin(np.fmin(created, started), ended)
    hours = float((ends.max() - np.fmin.reduce(first)) / _HOUR) if len(ends) else np.nan
    return Side(durations, judged, failed, finished, ~terminal, hours, _remarks(frame, judged, terminal, durations))


def _remarks(
    frame: pd.DataFrame,
    judged: NDArray[np.bool_],
    terminal: NDArray[np.bool_],
    durations: Mapping[str, NDArray[np.float64]],
) -> list[str]:
    noun = schema.noun_of(frame)
    unfinished, cancelled = int((~terminal).sum()), int((terminal & ~judged).sum())
    unknown = int((judged & np.logical_or.reduce([np.isnan(values) for values in durations.values()])).sum())
    backwards = int(np.logical_or.reduce([values < 0 for values in durations.values()]).sum())
    remarks = ledger_of(frame).remarks()
    if unfinished > _MANY * len(frame):
        share = 100 * unfinished / len(frame)
        remarks.append(
            f"{share:.0f} % ({grouped(unfinished)}) of the {noun}s are unfinished: the long ones are missing in "
            "the durations, which are too low"
        )
    elif unfinished:
        remarks.append(f"{counted(unfinished, f'unfinished {noun}')} left out of the durations")
    if cancelled:
        remarks.append(f"{counted(cancelled, f'cancelled {noun}')} left out of durations and failure rates")
    if unknown:
        remarks.append(f"{counted(unknown, noun)} finished without all times, left out of the durations that lack one")
    if backwards:
        remarks.append(f"{counted(backwards, noun)} with times in the wrong order, counted as they are")
    return remarks


def frames_of(a: pd.DataFrame | Snapshot, b: pd.DataFrame | Snapshot) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the frames to compare: of two snapshots, the lowest level of which both have rows.

    Raises
    ------
    ConfigurationError
        The two are of different levels, or something is neither a frame nor a snapshot.
    """
    if isinstance(a, Snapshot) and isinstance(b, Snapshot):
        for level in reversed(schema.LEVELS):
            if len(getattr(a, level)) and len(getattr(b, level)):
                return getattr(a, level), getattr(b, level)
    first, second = frame_of(a), frame_of(b)
    if isinstance(a, Snapshot) != isinstance(b, Snapshot):  # the frame says which level of the snapshot it is
        noun = schema.noun_of(second if isinstance(a, Snapshot) else first)
        level = next((level for level in schema.LEVELS if noun == level.replace("_", " ")[:-1]), "tasks")
        first, second = (getattr(side, level) if isinstance(side, Snapshot) else side for side in (a, b))
    nouns = schema.noun_of(first), schema.noun_of(second)
    if nouns[0] != nouns[1]:
        raise ConfigurationError(f"a has {nouns[0]}s and b has {nouns[1]}s; give two frames of the same level")
    return first, second
