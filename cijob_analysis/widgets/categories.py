"""The values of a column that rows are chosen by, and how many rows have each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cijob_analysis import schema

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from cijob_analysis.metrics.groups import Groups


@dataclass(frozen=True, eq=False, slots=True)
class Categories:
    """The values of a column; a cell may hold several.

    Attributes
    ----------
    values : tuple of (str or None)
        The different values in their order; None, where a cell holds none, is the last.
    codes : array of int
        For each row the number of its cell, from 0; equal cells have equal numbers.
    cells, members : array of int
        All pairs of a cell's number and the place of a value in it in `values`.
    n_cells : int
        How many different cells there are.
    """

    values: tuple[str | None, ...]
    codes: NDArray[np.intp]
    cells: NDArray[np.intp]
    members: NDArray[np.intp]
    n_cells: int

    def mask(self, values: Collection[str | None]) -> NDArray[np.bool_]:
        """Return which rows have one of `values`."""
        wanted = set(values)
        is_wanted = np.array([value in wanted for value in self.values], bool)
        passes = np.zeros(self.n_cells, bool)
        passes[self.cells[is_wanted[self.members]]] = True
        return passes.take(self.codes)

    def counts(self, mask: NDArray[np.bool_]) -> dict[str | None, int]:
        """Return how many rows of `mask` have each value."""
        n_rows = np.bincount(self.codes.compress(mask), minlength=self.n_cells)
        n = np.zeros(len(self.values), np.int64)
        np.add.at(n, self.members, n_rows[self.cells])
        return dict(zip(self.values, n.tolist(), strict=True))


def categories_of(groups: Groups, *, is_joined: bool) -> Categories:
    """Return the values of a column that rows were grouped by.

    Parameters
    ----------
    groups : Groups
        The groups of one column; if it is `state`, values have the order of the schema, else that of texts.
    is_joined : bool
        Whether a cell holds several values joined by commas.
    """
    column = groups.keys.iloc[:, 0]
    cells = [None if pd.isna(cell) else str(cell) for cell in column.astype(object)]
    parts = [parts_of(cell) if is_joined else (cell,) for cell in cells]
    there = dict.fromkeys(value for values in parts for value in values)
    named = [value for value in there if value is not None]
    in_order = schema.in_order(named) if column.name == "state" else sorted(named)
    values = (*(value for value in in_order if value in there), *([None] if None in there else []))
    place = {value: number for number, value in enumerate(values)}
    pairs = [(cell, place[value]) for cell, found in enumerate(parts) for value in found]
    numbers, members = np.array(pairs, np.intp).reshape(-1, 2).T
    return Categories(values, groups.codes, numbers, members, len(cells))


def parts_of(cell: str | None) -> tuple[str | None, ...]:
    """Return the texts in a cell of texts joined by commas, each once; only None if there are none."""
    parts = dict.fromkeys(part.strip() for part in (cell or "").split(","))
    return tuple(part for part in parts if part) or (None,)
