"""The groups of a comparison: the ways to group the rows of both sides alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.metrics.groups import By, Groups, groups_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

_LEVELS = {"workflow": ("workflow_id",), "node": ("workflow_id", "node"), "type": ("task_type",)}


@dataclass(frozen=True, eq=False, slots=True)
class Level:
    """One way to group the rows of both sides.

    Attributes
    ----------
    name : str
        ``all``, ``workflow``, ``node``, ``type``, or the columns that were asked for.
    keys : DataFrame
        A row for each group: its values in the columns that were grouped by.
    labels : list of str
        What the groups are called, all of them different.
    codes : tuple of two arrays of int
        For each row of a and of b the number of its group.
    """

    name: str
    keys: pd.DataFrame
    labels: list[str]
    codes: tuple[NDArray[np.intp], NDArray[np.intp]]

    def counts(self, rows: tuple[NDArray[np.bool_], NDArray[np.bool_]]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return how many of `rows` of a and of b are in each group."""
        a, b = (
            np.bincount(codes[mine], minlength=len(self.keys)) for codes, mine in zip(self.codes, rows, strict=True)
        )
        return a, b


def levels_of(a: pd.DataFrame, b: pd.DataFrame, by: By, names: Mapping[str, str]) -> Iterator[Level]:
    """Yield the whole, then each way to group `a` and `b`: by the columns `by`, or else those of `_LEVELS` they have.

    Raises
    ------
    SchemaError
        A column of `by` is missing.
    """
    yield Level("all", pd.DataFrame(index=range(1)), ["all"], (np.zeros(len(a), np.intp), np.zeros(len(b), np.intp)))
    if by:
        columns = [by] if isinstance(by, str) else list(dict.fromkeys(by))
        schema.require(a, *columns)
        schema.require(b, *columns)
        ways = {", ".join(columns): tuple(columns)}
    else:
        there = set(a.columns) & set(b.columns)
        ways = {name: columns for name, columns in _LEVELS.items() if there.issuperset(columns)}
    for name, way in ways.items():
        groups = groups_of(pd.concat([stacked(a, b, column) for column in way], axis="columns"), list(way))
        yield Level(name, groups.keys, _labels(name, groups, names), (groups.codes[: len(a)], groups.codes[len(a) :]))


def stacked(a: pd.DataFrame, b: pd.DataFrame, column: str) -> pd.Series:
    """Return `column` of `a` and, after it, of `b`."""
    first, second = a[column], b[column]
    if first.dtype != second.dtype:
        first, second = first.astype(object), second.astype(object)
    return pd.concat([first, second], ignore_index=True)


def _labels(level: str, groups: Groups, names: Mapping[str, str]) -> list[str]:
    """Return what groups are called: a workflow by its name, a node without its workflow where that is enough."""
    rows = list(groups.keys.itertuples(index=False, name=None))
    if level == "node":
        labels = [_cell("node", node) for _, node in rows]
        workflows = [_cell("workflow_id", workflow, names) for workflow, _ in rows]
        longer = [f"{label} of {workflow}" for label, workflow in zip(labels, workflows, strict=True)]
    else:
        labels = [
            " · ".join(_cell(str(name), value, names) for name, value in zip(groups.keys, row, strict=True))
            for row in rows
        ]
        longer = [
            label if pd.isna(row[-1]) else f"{label} ({row[-1]})" for label, row in zip(labels, rows, strict=True)
        ]
    n = pd.Series(labels, dtype=object).value_counts()
    return [label if n[label] == 1 else other for label, other in zip(labels, longer, strict=True)]


def _cell(column: str, value: Any, names: Mapping[str, str] | None = None) -> str:
    if pd.isna(value):
        return f"no {column.removesuffix('_id').replace('_', ' ')}"
    return (names or {}).get(value, str(value)) if column == "workflow_id" else str(value)
