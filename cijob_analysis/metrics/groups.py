"""Rows as numbers: which group each belongs to, and which state it is in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.metrics.factorized import factorized

if TYPE_CHECKING:
    from numpy.typing import NDArray

By = str | Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of a frame's rows.

    Attributes
    ----------
    codes : array of int
        For each row the number of its group.
    keys : DataFrame
        A row for each group, in order: its values in the columns that were grouped by.
    """

    codes: NDArray[np.intp]
    keys: pd.DataFrame

    def __len__(self) -> int:
        return len(self.keys)


def groups_of(frame: pd.DataFrame, by: By) -> Groups:
    """Return the groups of equal values in the columns `by`; missing is a value, too, and the last.

    Without `by` all rows are one group, even if there are none.

    Raises
    ------
    SchemaError
        A column is missing.
    """
    names = [by] if isinstance(by, str) else list(dict.fromkeys(by or ()))
    if not names:
        return Groups(np.zeros(len(frame), np.intp), pd.DataFrame(index=range(1)))
    schema.require(frame, *names)
    codes, size = np.zeros(len(frame), np.intp), 1
    for name in names:
        cells, n_cells = factorized(frame[name])
        if size * n_cells >= 2**62:
            codes, size = _dense(codes, size)
        codes, size = codes * n_cells + cells, size * n_cells
    codes, size = _dense(codes, size)
    keys = frame[names].iloc[_one_of_each(codes, size)].reset_index(drop=True)
    keys.attrs = {}
    return Groups(codes, keys)


def _one_of_each(codes: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    """Return a row for each of the groups, all of which occur; most often they do so soon."""
    row = np.full(size, -1)
    n = 1_024
    while True:
        row[codes[:n]] = np.arange(min(n, len(codes)))
        if n >= len(codes) or (row >= 0).all():
            return row
        n *= 16


def _dense(codes: NDArray[np.intp], size: int) -> tuple[NDArray[np.intp], int]:
    """Renumber `codes`, which are below `size`, without gaps."""
    if size > 4 * len(codes) + 1_000:
        values, codes = np.unique(codes, return_inverse=True)
        return codes.reshape(-1), len(values)
    occurs = np.bincount(codes, minlength=size) > 0
    n = int(occurs.sum())
    return (codes if occurs[:n].all() else (np.cumsum(occurs) - 1)[codes]), n


def repeated(keys: pd.DataFrame, groups: NDArray[np.intp]) -> pd.DataFrame:
    """Return the keys of `groups`, a row for each."""
    if not len(keys.columns):  # pandas would take rows of nothing one by one
        return pd.DataFrame(index=range(len(groups)))
    return keys.take(groups).reset_index(drop=True)


def state_codes(frame: pd.DataFrame) -> tuple[NDArray[np.intp], list[str | None]]:
    """Return for each row the number of its state, and what the numbers stand for.

    These are all known states in the order of the schema, then the unknown ones that occur, then None if a
    row has no state.
    """
    schema.require(frame, "state")
    states = frame["state"].astype("category").cat
    codes = np.asarray(states.codes, np.intp)
    categories = [str(category) for category in states.categories]
    if categories == list(schema.STATES) and codes.min(initial=0) == 0:
        return codes, [*schema.STATES]
    occurs = np.bincount(codes + 1, minlength=len(categories) + 1) > 0
    names: list[str | None] = [
        *schema.in_order(name for name, there in zip(categories, occurs[1:], strict=True) if there)
    ]
    if occurs[0]:
        names.append(None)
    number = {name: code for code, name in enumerate(names)}
    lookup = np.array([*(number.get(name, -1) for name in categories), number.get(None, -1)], np.intp)
    return lookup[codes], names


def is_terminal(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Return for each row whether its state is a final one."""
    schema.require(frame, "state")
    states = frame["state"].astype("category").cat
    return np.array([*(state in schema.TERMINAL for state in states.categories), False])[states.codes.to_numpy()]


def states_of(codes: NDArray[np.intp], names: list[str | None]) -> pd.Series:
    """Return the states that the numbers `codes` stand for, as a categorical column in their order."""
    known = [name for name in names if name is not None]
    numbers: NDArray[np.intp] = np.where(codes < len(known), codes, -1)
    return pd.Series(pd.Categorical.from_codes(numbers, dtype=pd.CategoricalDtype(known)))
