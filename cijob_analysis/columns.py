"""Rows that come page by page, kept as typed columns: what a million rows need is little more than their frame."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.frames import arrays
from cijob_analysis.ledger import EXAMPLES, Anomaly
from cijob_analysis.schema import Column
from cijob_analysis.service.rows import Row

_CHUNK: Final = 4096
"""Rows that are turned into columns together."""

_FEW: Final = 4096
"""A column with more different texts than this is not searched for repetitions any more."""


class Columns:
    """A frame in the making; not safe to be used by several threads at once.

    Parameters
    ----------
    columns : tuple of Column
        What the texts of a row are; the first is the key.
    """

    def __init__(self, columns: tuple[Column, ...]) -> None:
        self._columns = columns
        self._rows: list[Row] = []
        self._places = array("q")
        self._chunks: list[dict[str, Any]] = []
        self._anomalies: dict[tuple[str, str], Anomaly] = {}
        self._seen: list[dict[str, str] | None] = [{} for _ in columns]
        self._n = 0

    def __len__(self) -> int:
        return self._n

    def add(self, rows: Sequence[Row], place: int = 0) -> None:
        """Add rows; `place` says where they belong in a frame that is not ordered by time."""
        self._rows += rows
        self._places.extend([place] * len(rows))
        self._n += len(rows)
        if len(self._rows) >= _CHUNK:
            self._flush()

    def frame(self, *, newest_first: bool) -> tuple[pd.DataFrame, int]:
        """Return the frame, each key once (what came last counts), and how many rows were dropped; once only.

        Parameters
        ----------
        newest_first : bool
            Order the rows by ``created_at``, then by key; otherwise by their places.
        """
        self._flush()
        if not self._chunks:
            return schema.empty(self._columns), 0
        chunks, self._chunks = self._chunks, []
        data = {column.name: _joined([chunk.pop(column.name) for chunk in chunks]) for column in self._columns}
        key = data[self._columns[0].name]
        has_no_twin = (~key.duplicated(keep="last") | key.isna()).to_numpy()
        if newest_first:
            times = data["created_at"].dt.tz_localize(None).to_numpy("M8[us]")
            ages = np.where(np.isnat(times), np.iinfo(np.int64).max, -times.astype(np.int64))
            order = _by_age(ages, key)
        else:
            order = np.argsort(np.frombuffer(self._places, np.int64), kind="stable")
        kept = order[has_no_twin[order]]
        if len(kept) < self._n or (kept[1:] < kept[:-1]).any():
            for name in data:
                data[name] = data[name].take(kept).reset_index(drop=True)
        return pd.DataFrame(data, copy=False), self._n - len(kept)

    @property
    def anomalies(self) -> tuple[Anomaly, ...]:
        """Texts that could not be understood, and rows whose times contradict each other."""
        self._flush()
        return tuple(self._anomalies.values())

    def _flush(self) -> None:
        if not self._rows:
            return
        rows, self._rows = self._rows, []
        chunk, anomalies = arrays([*map(self._shared, rows)], self._columns)
        self._chunks.append({name: pd.Series(values, copy=False) for name, values in chunk.items()})
        for new in anomalies:
            old = self._anomalies.get((new.kind, new.column))
            if old is not None:
                examples = (old.examples + new.examples)[:EXAMPLES]
                new = Anomaly(kind=new.kind, column=new.column, n=old.n + new.n, examples=examples)
            self._anomalies[new.kind, new.column] = new

    def _shared(self, row: Row) -> Row:
        """Return `row` with texts that were met before being the same objects: states, queues, workflows."""
        seen = self._seen
        cells = list(row)
        for number, text in enumerate(row):
            known = seen[number]
            if known is not None and text is not None:
                cells[number] = known.setdefault(text, text)
                if len(known) > _FEW:
                    seen[number] = None
        return tuple(cells)


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


def _joined(parts: list[pd.Series[Any]]) -> pd.Series[Any]:
    """Return the parts of a column as one, states in their order."""
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0].dtype, pd.CategoricalDtype):
        states = schema.in_order(state for part in parts for state in part.cat.categories)
        codes = np.concatenate(
            [pd.Index(states).get_indexer(part.cat.categories).take(part.cat.codes, mode="wrap") for part in parts]
        )
        missing = np.concatenate([part.cat.codes.to_numpy() < 0 for part in parts])
        return pd.Series(pd.Categorical.from_codes(np.where(missing, -1, codes), categories=pd.Index(states)))
    return pd.concat(parts, ignore_index=True)
