"""States, and what a column is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """State of a batch job, an execution or a task, in the order in which they are shown."""

    SUBMITTED = "Submitted"
    RUNNING = "Running"
    PAUSE = "Pause"
    SUCCESS = "Success"
    FAILED = "Failed"
    CANCEL = "Cancel"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing changes any more."""
        return self in (State.SUCCESS, State.FAILED, State.CANCEL)


STATES: Final = tuple(state.value for state in State)
TERMINAL: Final = tuple(state.value for state in State if state.is_terminal)
TYPES: Final = ("Workflow", "Job")
"""Types of a batch job: one runs workflows on its objects, the other one kind of task."""

TEXT: Final = "string"
UTC: Final = "datetime64[us, UTC]"
INTEGER: Final = "Int64"
NUMBER: Final = "float64"
STATE: Final = "state"
"""Stands for a categorical of `STATES`, followed by whatever unknown state was met."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a frame.

    Attributes
    ----------
    name : str
        Our name.
    wire : tuple of str
        Paths of the elements that it is read from, the present layout first; empty if it is not read
        from an element.
    dtype : str
        pandas dtype; ``"state"`` stands for the categorical of states.
    unit : str
        Unit, or ``""``.
    doc : str
        What it means.
    many : bool
        Several elements may come; the cell holds their texts joined by commas.
    verbatim : bool
        Blanks around the text are part of it: people and buckets may mean them.
    json : bool
        The element has children; the cell holds it as JSON text, in the shape that xmltodict would give it.
    """

    name: str
    dtype: str = TEXT
    wire: tuple[str, ...] = ()
    unit: str = ""
    doc: str
    many: bool = False
    verbatim: bool = False
    json: bool = False
