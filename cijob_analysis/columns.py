"""Rows that come page by page, kept as typed columns: what a million rows need is little more than their frame."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Sequence
from itertools import count
from typing import Any, Final

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.frames import arrays
from cijob_analysis.ledger import EXAMPLES, Anomaly
from cijob_analysis.schema import Column
from cijob_analysis.service.rows import Row

_BATCH: Final = 8192
"""Fewer rows are not turned into columns, until all are there."""

_BACKLOG: Final = 16_384
"""So many rows are, at once, by whoever brings them."""

_PIECE: Final = 2048
"""Rows in one part of a column."""

_FEW: Final = 4096
"""A column with more different texts than this is not searched for repetitions any more."""


class Columns:
    """A frame in the making. Several threads may add rows while one settles them.

    Parameters
    ----------
    columns : tuple of Column
        What the texts of a row are; the first is the key.
    """

    def __init__(self, columns: tuple[Column, ...]) -> None:
        self._columns = columns
        self._created_at = [column.name for column in columns].index("created_at")
        self._rows: list[Row] = []
        self._places_of_rows: list[int] = []
        self._places = array("q")
        self._arrivals = array("q")
        self._chunks: list[dict[str, Any]] = []
        self._anomalies: dict[tuple[str, str], Anomaly] = {}
        self._seen: list[dict[str | None, str | None] | None] = [{} for _ in columns]
        self._n = 0
        self._adding, self._settling = threading.Lock(), threading.Lock()

    def __len__(self) -> int:
        return self._n

    def add(self, rows: Sequence[Row], place: int = 0) -> None:
        """Add rows; `place` says where they belong in a frame that is not ordered by time."""
        with self._adding:
            self._rows += rows
            self._places_of_rows += [place] * len(rows)
            self._n += len(rows)
        if len(self._rows) >= _BACKLOG:
            self.settle()

    def settle(self, at_least: int = _BATCH) -> None:
        """Turn the rows that have come into columns, if they are not too few for it to be worth while."""
        with self._settling:
            with self._adding:
                if len(self._rows) < at_least:
                    return
                rows, self._rows = self._rows, []
                places, self._places_of_rows = self._places_of_rows, []
            at = self._created_at
            # Neighbours in time get into the same piece: then `_taken` is done with a piece before it needs the last.
            order = sorted(range(len(rows)), key=lambda number: rows[number][at] or "", reverse=True)
            before = len(self._arrivals)
            self._arrivals.extend(before + number for number in order)
            self._places.extend(places[number] for number in order)
            for begin in range(0, len(order), _PIECE):
                self._take_in([rows[number] for number in order[begin : begin + _PIECE]])

    def frame(self, *, newest_first: bool) -> tuple[pd.DataFrame, int]:
        """Return the frame, each key once (what came last counts), and how many rows were dropped; once only.

        Parameters
        ----------
        newest_first : bool
            Order the rows by ``created_at``, then by key; otherwise by their places.
        """
        self.settle(at_least=1)
        if not self._chunks:
            return schema.empty(self._columns), 0
        chunks, self._chunks = self._chunks, []
        parts = {column.name: [chunk.pop(column.name) for chunk in chunks] for column in self._columns}
        key = pd.Series(_joined(parts[self._columns[0].name]), copy=False)
        has_no_twin = (~key.duplicated(keep="last") | key.isna()).to_numpy(bool)
        if newest_first:
            times = pd.DatetimeIndex(_joined(parts["created_at"])).tz_localize(None).to_numpy("M8[us]")
            ages = np.where(np.isnat(times), np.iinfo(np.int64).max, -times.astype(np.int64))
            order = _by_age(ages, key)
        else:
            order = np.lexsort((np.frombuffer(self._arrivals, np.int64), np.frombuffer(self._places, np.int64)))
        kept = order[has_no_twin[order]]
        is_in_order = len(kept) == self._n and bool((kept[1:] > kept[:-1]).all())
        data = {}
        for name in [*parts]:
            own = parts.pop(name)  # not needed any more when the next column is made
            data[name] = _joined(own) if is_in_order else _taken(own, kept)
        return pd.DataFrame(data, copy=False), self._n - len(kept)

    @property
    def anomalies(self) -> tuple[Anomaly, ...]:
        """Texts that could not be understood, and rows whose times contradict each other."""
        self.settle(at_least=1)
        return tuple(self._anomalies.values())

    def _take_in(self, rows: list[Row]) -> None:
        if pd.StringDtype().storage == "python":
            rows = [*zip(*map(self._shared, count(), zip(*rows, strict=True)), strict=True)]
        chunk, anomalies = arrays(rows, self._columns)
        self._chunks.append(chunk)
        for new in anomalies:
            old = self._anomalies.get((new.kind, new.column))
            if old is not None:
                examples = (old.examples + new.examples)[:EXAMPLES]
                new = Anomaly(kind=new.kind, column=new.column, n=old.n + new.n, examples=examples)
            self._anomalies[new.kind, new.column] = new

    def _shared(self, number: int, cells: Sequence[str | None]) -> Sequence[str | None]:
        """Return a column's texts, those that were met before as the same objects: states, queues, workflows."""
        known = self._seen[number]
        if known is None:
            return cells
        if len(known) > _FEW:
            self._seen[number] = None
        return [known.setdefault(text, text) for text in cells]


def _by_age(ages: np.ndarray[Any, np.dtype[np.int64]], key: pd.Series[Any]) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Return the order by `ages`, rows of the same age by their keys."""
    order = np.argsort(ages, kind="stable")
    in_order = ages[order]
    is_next_same = in_order[1:] == in_order[:-1]
    tied = order[np.r_[False, is_next_same] | np.r_[is_next_same, False]]
    if len(tied):
        ranks = np.zeros(len(ages), np.intp)
        ranks[tied[np.argsort(key.iloc[tied].fillna("").to_numpy(object), kind="stable")]] = np.arange(len(tied))
        order = np.lexsort((ranks, ages))
    return order


def _joined(parts: list[Any]) -> Any:
    """Return the parts of a column as one array, states in their order."""
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], pd.Categorical):
        states = schema.in_order(state for part in parts for state in part.categories)
        codes = np.concatenate([part.set_categories(states).codes for part in parts])
        return pd.Categorical.from_codes(codes, categories=pd.Index(states))
    return pd.concat([pd.Series(part, copy=False) for part in parts], ignore_index=True).array


def _taken(parts: list[Any], rows: np.ndarray[Any, np.dtype[np.intp]]) -> Any:
    """Return `rows` of a column, in their order; `parts` is empty afterwards.

    The text of a long list is most of its frame, and pyarrow would copy all of it into one part before it takes the
    first row. So rows are taken piece by piece, and parts of which all rows were taken are given up.
    """
    if len(rows) <= _BACKLOG or getattr(parts[0].dtype, "storage", "") != "pyarrow":
        return _joined(parts).take(rows)
    starts = np.cumsum([0, *map(len, parts)])
    homes = np.searchsorted(starts, rows, "right") - 1
    last_use = np.zeros(len(parts), np.intp)
    np.maximum.at(last_use, homes, np.arange(len(rows)))
    pieces = []
    for begin in range(0, len(rows), _PIECE):
        end = begin + _PIECE
        near, home = np.unique(homes[begin:end], return_inverse=True)
        near_starts = np.cumsum([0, *(len(parts[number]) for number in near)])
        within = rows[begin:end] - starts[homes[begin:end]]
        pieces.append(_joined([parts[number] for number in near]).take(near_starts[home] + within))
        for number in near[last_use[near] < end]:
            parts[number] = None
    parts.clear()
    return _joined(pieces)
