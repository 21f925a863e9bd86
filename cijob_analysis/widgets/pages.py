"""One page of a table at a time, in the order of a column: a million rows are sorted once and formatted by fifties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.widgets.table_columns import TableColumn, cells, columns_of, comparable, default_columns, texts_of
from cijob_analysis.words import number, plural

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Some rows of a table as texts; `dataclasses.asdict` makes JSON of it.

    Attributes
    ----------
    columns : tuple of TableColumn
        What the cells of a row are.
    cells : tuple of tuple of (str, str)
        For each row and column what is shown, and all of it if that says more, else ``""``.
    ids : tuple of (str or None)
        The key of each row; None if it has none.
    positions : tuple of int
        Where each row is in the frame.
    first : int
        How many rows of the table come before this page.
    n : int
        How many rows the table has on all its pages.
    sort : str or None
        The column by which it is sorted; None as fetched.
    descending : bool
        Whether it is sorted the other way round.
    caption : str
        Which rows of how many these are, and in which order.
    """

    columns: tuple[TableColumn, ...]
    cells: tuple[tuple[tuple[str, str], ...], ...]
    ids: tuple[str | None, ...]
    positions: tuple[int, ...]
    first: int
    n: int
    sort: str | None
    descending: bool
    caption: str


class Pages:
    """The pages of a frame; what a sorted column costs is paid once.

    Parameters
    ----------
    frame : pandas.DataFrame
        Batch jobs, executions, tasks, queues or workflows; it must not be changed as long as pages are made of it.
    zone : datetime.tzinfo
        Zone in which times are shown.

    Attributes
    ----------
    frame : pandas.DataFrame
        As given.
    key : str
        The column that tells the rows apart.
    columns : dict of str to TableColumn
        All columns that can be shown, in their order: those that tell most first.
    default : tuple of str
        The columns that are shown if none are named.

    Raises
    ------
    SchemaError
        The frame has none of the ids by which rows are told apart.
    """

    def __init__(self, frame: pd.DataFrame, zone: tzinfo) -> None:
        self.frame, self._zone = frame, zone
        self.key = schema.key_of(frame)
        self.columns = columns_of(frame, zone)
        self.default = default_columns(self.columns, self.key)
        self._values: dict[str, tuple[NDArray[Any], NDArray[np.bool_]]] = {}
        self._orders: dict[tuple[str, bool], NDArray[np.int32]] = {}

    def page(
        self,
        rows: NDArray[np.bool_] | NDArray[np.intp] | None = None,
        *,
        sort: str | None = None,
        descending: bool = False,
        first: int = 0,
        n: int = 50,
        columns: Sequence[str] | None = None,
    ) -> Page:
        """Return a page of some rows of the frame.

        Missing values come last both ways, and rows that are equal keep the order of the frame.

        Parameters
        ----------
        rows : array of bool or of int, optional
            Which rows there are, as a mask or as positions; all of them if None.
        sort : str, optional
            The column by which they are sorted; None as they are in the frame.
        descending : bool
            Sort the other way round.
        first : int
            How many rows come before the page; the last page is returned if there are not so many.
        n : int
            Rows of a page.
        columns : sequence of str, optional
            What is shown; `default` if None.

        Raises
        ------
        ConfigurationError
            There is no such column, or `n` is below 1.
        """
        names = self.default if columns is None else tuple(columns)
        if unknown := [name for name in (*names, *([sort] if sort else [])) if name not in self.columns]:
            raise ConfigurationError(f"there is no column {unknown[0]!r} to show; there are {', '.join(self.columns)}")
        if n < 1:
            raise ConfigurationError(f"n={n}: a page has at least one row")
        found = self._found(rows, sort, descending)
        first = max(min(first, (len(found) - 1) // n * n), 0)
        positions = found[first : first + n].astype(np.intp)
        texts = [cells(self.frame, self.columns[name], positions, self._zone) for name in names]
        return Page(
            columns=tuple(self.columns[name] for name in names),
            cells=tuple(zip(*texts, strict=True)),
            ids=tuple(text or None for text in texts_of(self.frame[self.key], positions)),
            positions=tuple(positions.tolist()),
            first=first,
            n=len(found),
            sort=sort,
            descending=bool(sort and descending),
            caption=self._caption(first, len(positions), len(found), sort, descending),
        )

    def _found(self, rows: NDArray[Any] | None, sort: str | None, descending: bool) -> NDArray[Any]:
        """Return the positions of `rows` in their order."""
        mask = rows
        if rows is not None and rows.dtype != bool:
            mask = np.zeros(len(self.frame), bool)
            mask[rows] = True
        if sort is None:
            return np.arange(len(self.frame)) if mask is None else np.flatnonzero(mask)
        order = self._order(sort, descending)
        return order if mask is None else order[mask[order]]

    def _order(self, name: str, descending: bool) -> NDArray[np.int32]:
        """Return the positions of all rows, sorted by a column."""
        if (name, descending) not in self._orders:
            if name not in self._values:
                self._values[name] = comparable(self.frame, self.columns[name])
            values, is_known = self._values[name]
            known = np.flatnonzero(is_known)
            if descending:  # backwards and back again, so that equal ones keep their order
                order = known[::-1][np.argsort(values[known][::-1], kind="stable")][::-1]
            else:
                order = known[np.argsort(values[known], kind="stable")]
            self._orders[name, descending] = np.concatenate([order, np.flatnonzero(~is_known)]).astype(np.int32)
        return self._orders[name, descending]

    def _caption(self, first: int, n_shown: int, n: int, sort: str | None, descending: bool) -> str:
        noun, n_all = schema.noun_of(self.frame), len(self.frame)
        if not n_all:
            return f"There are no {noun}s"
        if not n:
            return f"None of {plural(n_all, noun)} passes the filters"
        rows = f"{number(first + 1)}–{number(first + n_shown)} of {plural(n, noun)}"
        if n < n_all:
            rows += f" ({number(n_all)} without the filters)"
        if sort is None:
            return f"{rows}, as fetched"
        column = self.columns[sort]
        return f"{rows}, sorted by {column.heading}, {column.directions[descending]}"
