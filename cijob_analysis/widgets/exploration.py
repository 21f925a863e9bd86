"""What is looked at in a dashboard: a level, the filters on it and the way that led there; without widgets."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.instants import instants
from cijob_analysis.snapshot import Snapshot
from cijob_analysis.widgets.rows import Rows
from cijob_analysis.widgets.selection import Selection
from cijob_analysis.words import shortened

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

_LEVEL_OF = {schema.KEYS[level]: level for level in schema.LEVELS}
_PARENTS = {"batch_jobs": "batch_job_id", "executions": "run_id"}
"""Filters that a step down sets, and the columns that they look at."""
_LONGEST_NAME = 40


@dataclass(frozen=True)
class Step:
    """A place on the way down.

    Attributes
    ----------
    level : str
        One of ``schema.LEVELS``.
    selection : Selection
        The filters there.
    name : str
        What was opened to come here; empty at the beginning.
    """

    level: str
    selection: Selection = field(default_factory=Selection)
    name: str = ""


class Exploration:
    """Frames, and which rows of which of them are looked at.

    Parameters
    ----------
    data : Snapshot or pandas.DataFrame
        All levels, or one frame of batch jobs, executions or tasks; frames are copied.

    Attributes
    ----------
    snapshot : Snapshot or None
        What was given, if it was a snapshot.
    steps : tuple of Step
        The way down; the last one is where we are.

    Raises
    ------
    ConfigurationError
        `data` is neither.
    SchemaError
        A column that is needed is missing, or holds no times with a zone.
    """

    def __init__(self, data: Snapshot | pd.DataFrame) -> None:
        self.snapshot = data if isinstance(data, Snapshot) else None
        self._frames = {level: frame.copy() for level, frame in _frames_of(data).items()}
        self._rows: dict[str, Rows] = {}
        filled = [level for level, frame in self._frames.items() if len(frame)]
        self.steps: tuple[Step, ...] = (Step((filled or list(self._frames))[-1]),)

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels that there are, from above to below."""
        return tuple(self._frames)

    @property
    def level(self) -> str:
        """The level that is looked at."""
        return self.steps[-1].level

    @property
    def selection(self) -> Selection:
        """The filters that are set."""
        return self.steps[-1].selection

    @property
    def frame(self) -> pd.DataFrame:
        """All rows of the level."""
        return self._frames[self.level]

    @property
    def rows(self) -> Rows:
        """The rows of the level, prepared for filters."""
        return self.rows_of(self.level)

    def rows_of(self, level: str) -> Rows:
        """Return the rows of any of the levels."""
        if level not in self._rows:
            self._rows[level] = Rows(self._frames[level])
        return self._rows[level]

    @property
    def as_of(self) -> datetime | None:
        """When the snapshot was true; None for a frame, whose ledger knows it."""
        return None if self.snapshot is None else self.snapshot.as_of

    def mask(self, *, without: tuple[str, ...] = ()) -> NDArray[np.bool_]:
        """Return which rows of the level pass the filters, those in `without` left aside."""
        return self.rows.mask(self.selection, without=without)

    @property
    def selected(self) -> pd.DataFrame:
        """The selected rows of the level, in its order and with its attrs; a new frame each time."""
        return self.frame.take(np.flatnonzero(self.mask()))

    def set(self, selection: Selection) -> None:
        """Set all filters at once.

        Raises
        ------
        SchemaError
            A filter is set whose column the level has not; nothing is changed.
        """
        self.rows.mask(selection)
        self.steps = (*self.steps[:-1], replace(self.steps[-1], selection=selection))

    def change(self, **filters: Any) -> None:
        """Set some filters and leave the others; raises like `set` and `Selection`."""
        self.set(replace(self.selection, **filters))

    def reset(self) -> None:
        """Take back all filters but those by which one came here."""
        self.set(_inside(self._parents()))

    def look_at(self, level: str) -> None:
        """Look at another level: where we were on it if we have been there, else at what was opened on the way down.

        Raises
        ------
        ConfigurationError
            There is no such level.
        """
        if level not in self._frames:
            raise ConfigurationError(f"level={level!r} is none of {', '.join(self._frames)}")
        for place, step in enumerate(self.steps):
            if step.level == level:
                self.steps = self.steps[: place + 1]
                return
        is_below = schema.LEVELS.index(level) > schema.LEVELS.index(self.level)
        above = schema.LEVELS[: schema.LEVELS.index(level)]
        parents = {name: ids for name, ids in self._parents().items() if name in above}
        step = Step(level, _inside(parents))
        self.steps = (*self.steps, step) if is_below else (step,)

    def open(self, position: int) -> bool:
        """Go down into a row of the level: look at what it consists of, without any other filter.

        Parameters
        ----------
        position : int
            Of the row in `frame`.

        Returns
        -------
        bool
            Whether there is a level below that has rows of it; if not, nothing is changed.
        """
        parent = self.level
        row = self.frame.iloc[position]
        column = _PARENTS.get(parent)
        ident = None if column is None else row[column]
        if column is None or pd.isna(ident):
            return False
        for level in self.levels[self.levels.index(parent) + 1 :]:
            below = self._frames[level]
            if column in below and bool((below[column] == ident).any()):
                name = f"{schema.noun_of(self.frame)} {shortened([_name_of(row, str(ident))], _LONGEST_NAME)[0]}"
                self.steps = (*self.steps, Step(level, _inside({parent: (str(ident),)}), name))
                return True
        return False

    def back(self, to: int | None = None) -> None:
        """Go back to an earlier step, whose filters are as they were.

        Parameters
        ----------
        to : int, optional
            Its place in `steps`; that before the last if not given. At the beginning nothing happens.
        """
        last = len(self.steps) - 2 if to is None else to
        self.steps = self.steps[: max(last, 0) + 1]

    def _parents(self) -> dict[str, tuple[str, ...]]:
        return {name: ids for name in _PARENTS if (ids := getattr(self.selection, name))} if len(self.steps) > 1 else {}


def _inside(parents: dict[str, tuple[str, ...]]) -> Selection:
    """Return the selection of all that is below these rows."""
    filters: dict[str, Any] = {**parents}
    return Selection(**filters)


def _frames_of(data: object) -> dict[str, pd.DataFrame]:
    if isinstance(data, Snapshot):
        frames = {level: getattr(data, level) for level in schema.LEVELS}
        return {level: frame for level, frame in frames.items() if len(frame)} or {"batch_jobs": data.batch_jobs}
    if not isinstance(data, pd.DataFrame):
        kind = type(data).__name__
        raise ConfigurationError(f"explore takes a Snapshot or a DataFrame, as fetch_snapshot returns, and no {kind}")
    level = _LEVEL_OF.get(schema.key_of(data))
    if level is None:
        raise ConfigurationError(f"explore takes batch jobs, executions or tasks, and no {schema.noun_of(data)}s")
    schema.require(data, "state")
    for name in ("created_at", "started_at", "ended_at"):
        instants(data, name)
    return {level: data}


def _name_of(row: pd.Series, ident: str) -> str:
    """Return what people call a row."""
    for column in ("name", "object_key"):
        if column in row.index and not pd.isna(row[column]) and row[column]:
            return str(row[column])
    return ident
