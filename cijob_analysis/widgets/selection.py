"""Which rows are looked at, as a value: without widgets, to be saved, restored and written as code."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.instants import instant, instants

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEARCHED = ("batch_job_id", "name", "code", "message")
"""Columns that a text is looked for in."""

_CHOICES = {"states": "state", "types": "type", "workflows": "workflow_ids"}
_BOUNDS = ("created_after", "created_before")


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Filters of batch jobs; a row is selected if it passes all that are set.

    Attributes
    ----------
    states, types : tuple of (str or None)
        Only these; None stands for rows that have none. An empty tuple lets everything through.
    workflows : tuple of (str or None)
        Only what runs one of these workflows, perhaps beside others; None stands for what runs none, as batch
        jobs of type Job.
    created_after, created_before : datetime.datetime or None
        Only what was created in between, both ends included; kept in UTC. ISO text is read, too.
    text : str
        Only what has it in its id, name, error code or message, in whatever case.

    Raises
    ------
    ConfigurationError
        A filter is not of its kind, or a time says not in which zone it is.
    """

    states: tuple[str | None, ...] = ()
    types: tuple[str | None, ...] = ()
    workflows: tuple[str | None, ...] = ()
    created_after: datetime | None = None
    created_before: datetime | None = None
    text: str = ""

    def __post_init__(self) -> None:
        for name in _CHOICES:
            object.__setattr__(self, name, _choice(name, getattr(self, name)))
        for name in _BOUNDS:
            if getattr(self, name) is not None:
                time = pd.Timestamp(instant(getattr(self, name), name), tz=UTC).to_pydatetime()
                object.__setattr__(self, name, time)
        if not isinstance(self.text, str):
            raise ConfigurationError(f"text={self.text!r} is no text")

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the selected rows of `frame`, in their order and with its attrs.

        Raises
        ------
        SchemaError
            A column that is filtered by is missing.
        """
        return frame.take(np.flatnonzero(together(self.masks(frame), len(frame))))

    def masks(self, frame: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
        """Return for each filter that is set which rows of `frame` pass it; raises like `apply`."""
        masks = {}
        for name in ("states", "types"):
            if getattr(self, name):
                masks[name] = _is_one_of(frame, _CHOICES[name], getattr(self, name))
        if self.workflows:
            masks["workflows"] = _runs_one_of(frame, self.workflows)
        if self.created_after:
            masks["created_after"] = instants(frame, "created_at") >= instant(self.created_after)
        if self.created_before:
            masks["created_before"] = instants(frame, "created_at") <= instant(self.created_before)
        if self.text:
            masks["text"] = _has_text(frame, self.text)
        return masks

    def as_code(self, frame: str = "frame") -> str:
        """Return the lines of Python that select the same rows with pandas alone.

        Parameters
        ----------
        frame : str
            What the frame is called there; the rows end up in ``selected``.
        """
        lines = ["import pandas as pd", ""] if self.created_after or self.created_before else []
        lines.append(f"selected = {frame}")
        chosen = [(_CHOICES[name], getattr(self, name)) for name in ("states", "types")]
        lines += [f"selected = selected[{_is_one_of_code(column, values)}]" for column, values in chosen if values]
        if self.workflows:
            lines += [
                f"workflows = {{{', '.join(map(repr, self.workflows))}}}"
                + "  # None: no workflow" * (None in self.workflows),
                "selected = selected.loc[[",
                '    not workflows.isdisjoint({part.strip() for part in ids.split(",")} - {""} or {None})',
                '    for ids in selected["workflow_ids"].fillna("")',
                "]]",
            ]
        for bound, sign in zip(_BOUNDS, (">=", "<="), strict=True):
            if getattr(self, bound):
                time = getattr(self, bound).isoformat()
                lines.append(f'selected = selected[selected["created_at"] {sign} pd.Timestamp("{time}")]')
        if self.text:
            found = [f'selected["{name}"].str.contains(text, **anywhere)' for name in SEARCHED]
            lines += [
                f"text, anywhere = {self.text!r}, dict(case=False, regex=False, na=False)",
                "selected = selected[\n    " + "\n    | ".join(found) + "\n]",
            ]
        return "\n".join(lines) + "\n"

    def to_json(self) -> str:
        """Return it as JSON text; `from_json` gives it back."""
        return json.dumps(asdict(self), default=datetime.isoformat, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Selection:
        """Return the selection that `to_json` wrote.

        Raises
        ------
        ConfigurationError
            It is no JSON, or has what a selection has not.
        """
        try:
            filters = json.loads(text)
        except (TypeError, ValueError) as error:
            raise ConfigurationError(f"{text!r} is no JSON") from error
        names = [field.name for field in fields(cls)]
        if not isinstance(filters, dict) or set(filters) - set(names):
            raise ConfigurationError(f"{text!r} is no selection: an object that has {', '.join(names)}")
        return cls(**filters)


def together(masks: dict[str, NDArray[np.bool_]], n: int, *, without: str = "") -> NDArray[np.bool_]:
    """Return which of `n` rows pass all of `masks`, the one called `without` left aside."""
    passed = np.ones(n, bool)
    for name, mask in masks.items():
        if name != without:
            passed &= mask
    return passed


def workflows_of(cell: str) -> tuple[str | None, ...]:
    """Return the workflow ids in a cell of joined ones; None, standing for no workflow, if there are none."""
    ids = tuple(dict.fromkeys(part.strip() for part in cell.split(",") if part.strip()))
    return ids or (None,)


def _choice(name: str, values: object) -> tuple[str | None, ...]:
    found = (values,) if isinstance(values, str) else tuple(values) if isinstance(values, Iterable) else (0,)
    if not all(value is None or isinstance(value, str) for value in found):
        raise ConfigurationError(f"{name}={values!r} is neither a text nor several ones")
    return tuple(dict.fromkeys(found))


def _is_one_of(frame: pd.DataFrame, column: str, values: tuple[str | None, ...]) -> NDArray[np.bool_]:
    schema.require(frame, column)
    cells = frame[column]
    mask = cells.isin([value for value in values if value is not None]).to_numpy(bool)
    return mask | cells.isna().to_numpy(bool) if None in values else mask


def _is_one_of_code(column: str, values: tuple[str | None, ...]) -> str:
    cells, named = f'selected["{column}"]', [value for value in values if value is not None]
    parts = [f"{cells}.isin({named!r})"] if named else []
    return " | ".join([*parts, *([f"{cells}.isna()"] if None in values else [])])


def _runs_one_of(frame: pd.DataFrame, workflows: tuple[str | None, ...]) -> NDArray[np.bool_]:
    schema.require(frame, "workflow_ids")
    codes, cells = pd.factorize(frame["workflow_ids"])
    wanted = set(workflows)
    matches = np.array([*(not wanted.isdisjoint(workflows_of(cell)) for cell in cells), None in wanted], bool)
    return matches[codes]  # the code of a missing cell is -1


def _has_text(frame: pd.DataFrame, text: str) -> NDArray[np.bool_]:
    schema.require(frame, *SEARCHED)
    found = np.zeros(len(frame), bool)
    for name in SEARCHED:
        found |= frame[name].str.contains(text, case=False, regex=False, na=False).to_numpy(bool)
    return found
