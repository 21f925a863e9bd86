"""The rows of a frame, prepared for being filtered and counted at every click."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.metrics.durations import add_durations
from cijob_analysis.metrics.failures.counts import clustered
from cijob_analysis.metrics.groups import groups_of, is_terminal
from cijob_analysis.metrics.instants import instant, instants
from cijob_analysis.widgets.categories import Categories, categories_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

    from cijob_analysis.metrics.failures.counts import Clustered
    from cijob_analysis.metrics.groups import Groups
    from cijob_analysis.widgets.selection import Selection

CHOICES: Final = {
    "batch_jobs": ("batch_job_id",),
    "executions": ("run_id",),
    "states": ("state",),
    "types": ("task_type", "type"),
    "workflows": ("workflow_id", "workflow_ids"),
    "nodes": ("node",),
    "queues": ("queue_id",),
}
"""Filters that choose among the values of a column, and that column: the first of these that a frame has."""

SEARCHED: Final = (
    *("task_id", "run_id", "batch_job_id", "workflow_id", "workflow_ids", "queue_id"),
    *("name", "object_key", "code", "message"),
)
"""Columns in which a text is looked for, as far as a frame has them."""

_TIMED: Final = ("state", "created_at", "started_at", "ended_at")
_NEEDED: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    **{name: tuple((column,) for column in columns) for name, columns in CHOICES.items()},
    "created_after": (("created_at",),),
    "created_before": (("created_at",),),
    "window": (("state", "created_at", "ended_at"),),
    "at_least_s": (_TIMED,),
    "at_most_s": (_TIMED,),
    "text": tuple((column,) for column in SEARCHED),
    "failures": (("state",),),
    "only_picked": tuple((column,) for column in schema.KEYS.values()),
}
"""All filters, and the columns that they need: all of one of these tuples."""

_TOGETHER: Final = {"at_least_s": "duration", "at_most_s": "duration", "only_picked": "picked"}
"""What else of a selection a filter depends on."""

_SAMPLE: Final = 1_000


class Rows:
    """The rows of a frame, prepared for being filtered and counted again and again.

    What is found out about a column, and which rows pass a filter as it is set, is remembered: a click finds out
    anew about the one filter that it changes. Nothing is done before it is needed. Not to be used by two threads
    at once.

    Parameters
    ----------
    frame : DataFrame
        Batch jobs, executions or tasks; not to be changed afterwards.

    Attributes
    ----------
    frame : DataFrame
        The same.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self._groups: dict[str, Groups] = {}
        self._categories: dict[str, Categories] = {}
        self._durations: dict[str, NDArray[np.float64]] = {}
        self._failures: Clustered | None = None
        self._masks: dict[str, tuple[object, NDArray[np.bool_]]] = {}

    @property
    def key(self) -> str:
        """Name of the column that tells the rows apart; SchemaError if there is none."""
        return schema.key_of(self.frame)

    def has(self, filter_name: str) -> bool:
        """Return whether the frame has the columns that a filter needs.

        Raises
        ------
        ConfigurationError
            There is no such filter.
        """
        there = self.frame.columns
        return any(all(column in there for column in columns) for columns in _NEEDED[_filter(filter_name)])

    def values(self, filter_name: str) -> tuple[str | None, ...]:
        """Return what occurs among the values that a filter chooses from.

        Parameters
        ----------
        filter_name : str
            One of `CHOICES`.

        Returns
        -------
        tuple of (str or None)
            States in the order of the schema, other values in that of their texts; None if a row has none, last.

        Raises
        ------
        ConfigurationError
            It is no filter that chooses from values.
        SchemaError
            The frame lacks its column.
        """
        return self._categories_of(filter_name).values

    def counts(self, filter_name: str, mask: NDArray[np.bool_]) -> dict[str | None, int]:
        """Return how many rows of `mask` have each of the `values` of a filter, in their order; raises like these.

        A batch job counts for each of its workflows.
        """
        return self._categories_of(filter_name).counts(mask)

    def positions(self, ids: Iterable[str]) -> NDArray[np.intp]:
        """Return where the rows with these ids are, in the order of the frame; unknown ids are left out."""
        return np.flatnonzero(self._has_id(self.key, ids))

    def mask(self, selection: Selection, *, without: Collection[str] = ()) -> NDArray[np.bool_]:
        """Return which rows pass all filters that are set.

        Parameters
        ----------
        selection : Selection
            The filters.
        without : collection of str
            Names of filters that are left aside, whether they are set or not.

        Returns
        -------
        array of bool
            For each row whether it passes; a new array each time.

        Raises
        ------
        SchemaError
            The frame lacks a column that is filtered by, or it holds no times with a zone.
        ConfigurationError
            `without` names what is no filter.
        """
        aside = {_filter(name) for name in without}
        passed = np.ones(len(self.frame), bool)
        for name in selection.names():
            if name not in aside:
                passed &= self._mask_of(name, selection)
        return passed

    def _mask_of(self, name: str, selection: Selection) -> NDArray[np.bool_]:
        """Return which rows pass one filter, which is set."""
        setting = getattr(selection, name), getattr(selection, _TOGETHER.get(name, name))
        known = self._masks.get(name)
        if known is None or known[0] != setting:
            self._require(name)
            known = self._masks[name] = setting, self._found(name, *setting)
        return known[1]

    def _found(self, name: str, value: Any, other: Any) -> NDArray[np.bool_]:
        match name:
            case "executions":  # these are many, and few of them are chosen
                return self._has_id("run_id", value)
            case "created_after":
                return instants(self.frame, "created_at") >= instant(value)
            case "created_before":
                return instants(self.frame, "created_at") <= instant(value)
            case "window":
                return self._was_under_way(*map(instant, value))
            case "at_least_s":
                return self._duration(other) >= float(value)
            case "at_most_s":
                return self._duration(other) <= float(value)
            case "text":
                return self._has_text(value)
            case "failures":
                return self._failed_with(value)
            case "only_picked":
                return self._has_id(self.key, other)
        return self._categories_of(name).mask(value)

    def _has_id(self, column: str, ids: Iterable[str]) -> NDArray[np.bool_]:
        return self.frame[column].isin(list(ids)).to_numpy(bool)

    def _was_under_way(self, begin: np.datetime64, end: np.datetime64) -> NDArray[np.bool_]:
        was_over = is_terminal(self.frame) & (instants(self.frame, "ended_at") < begin)
        return (instants(self.frame, "created_at") < end) & ~was_over

    def _duration(self, name: str) -> NDArray[np.float64]:
        if name not in self._durations:
            self._durations[name] = add_durations(self.frame[[*_TIMED]])[name].to_numpy()
        return self._durations[name]

    def _has_text(self, text: str) -> NDArray[np.bool_]:
        found = np.zeros(len(self.frame), bool)
        for name in SEARCHED:
            if name not in self.frame.columns:
                continue
            column = self.frame[name]
            if _repeats(column):
                groups = self._groups_of(name)
                found |= _contains(groups.keys[name], text)[groups.codes]
            else:
                found |= _contains(column, text)
        return found

    def _failed_with(self, failures: tuple[tuple[str, str], ...]) -> NDArray[np.bool_]:
        if self._failures is None:
            self._failures = clustered(self.frame)
        found, wanted = self._failures, set(failures)
        is_wanted = [pair in wanted for pair in zip(found.codes, found.patterns, strict=True)]
        mask = np.zeros(len(self.frame), bool)
        mask[found.rows[np.array(is_wanted, bool)[found.numbers]]] = True
        return mask

    def _categories_of(self, name: str) -> Categories:
        if name not in CHOICES:
            raise ConfigurationError(f"{name!r} is no filter that chooses from values; these are {', '.join(CHOICES)}")
        if name not in self._categories:
            self._require(name)
            column = next(column for column in CHOICES[name] if column in self.frame.columns)
            self._categories[name] = categories_of(self._groups_of(column), is_joined=name == "workflows")
        return self._categories[name]

    def _groups_of(self, column: str) -> Groups:
        if column not in self._groups:
            self._groups[column] = groups_of(self.frame, column)
        return self._groups[column]

    def _require(self, name: str) -> None:
        if not self.has(name):
            needed = " or ".join(", ".join(columns) for columns in _NEEDED[name])
            there = ", ".join(map(str, self.frame.columns)) or "no column"
            raise SchemaError(f"the filter {name} needs {needed}; the frame has {there}")


def _filter(name: str) -> str:
    if name not in _NEEDED:
        raise ConfigurationError(f"{name!r} is no filter; these are {', '.join(_NEEDED)}")
    return name


def _repeats(column: pd.Series) -> bool:
    """Return whether the values of `column` are few, to judge by a sample: then it pays to look at each only once."""
    sample = column.iloc[:: len(column) // _SAMPLE + 1]
    return sample.nunique() <= len(sample) // 2


def _contains(column: pd.Series, text: str) -> NDArray[np.bool_]:
    texts = column.astype(schema.TEXT)
    return texts.str.contains(text, case=False, regex=False, na=False).to_numpy(bool)
