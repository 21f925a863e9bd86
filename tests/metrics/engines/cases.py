"""Rows that hypothesis makes up, and how answers are compared."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from tests.metrics.engines.frames import ENGINES, Row

FEW = settings(max_examples=6)
"""Each example is put to five engines, and DuckDB plans its query anew each time."""

BASE = datetime(2026, 3, 28, 20, tzinfo=UTC)
UNITS = [timedelta(microseconds=1), timedelta(seconds=1), timedelta(minutes=37)]
STATES = ["Success", "Success", "Failed", "Cancel", "Running", "Submitted", "Archived", "停止", None]
AS_OF = [None, BASE + timedelta(seconds=7), BASE + timedelta(days=1)]
BY = [(), ("g",), ("state",), ("g", "state")]


@st.composite
def rows(draw: st.DrawFn, /, base: datetime = BASE, **texts: st.SearchStrategy[Any]) -> list[Row]:
    """Up to 30 rows: with ties, no time between begin and end, ends before begins, missing times, keys and states."""
    unit = draw(st.sampled_from(UNITS))  # so that many are equal, or before and after one another by accident
    time = st.none() | st.integers(-2, 14).map(lambda number: base + number * unit)
    cells = {
        "g": st.sampled_from(["a", "b", "c", None]),
        "state": st.sampled_from(STATES),
        "created_at": time,
        "started_at": time,
        "ended_at": time,
        **texts,
    }
    row = st.tuples(*cells.values()).map(lambda values: dict(zip(cells, values, strict=True)))
    return draw(st.lists(row, max_size=30))


def agree(found: list[Row], expected: list[Row]) -> bool:
    """Return whether rows, columns and cells are equal, fractions up to 1e-9 of their size."""
    return len(found) == len(expected) and all(map(_rows_agree, found, expected))


def _rows_agree(found: Row, expected: Row) -> bool:
    return list(found) == list(expected) and all(map(_cells_agree, found.values(), expected.values()))


def _cells_agree(found: Any, expected: Any) -> bool:
    if isinstance(expected, float):
        return isinstance(found, float) and math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9)
    return type(found) is type(expected) and bool(found == expected)


def assert_all_agree(
    metric: str,
    given: list[Row],
    expected: Iterable[Row],
    *,
    more: Sequence[str] = (),
    **options: Any,
) -> None:
    """Ask every engine, and compare the answer with `expected`."""
    wanted = list(expected)
    for engine in ENGINES:
        found = engine.ask(metric, given, more, **options)
        assert agree(found, wanted), f"{engine}: {metric}({options}) of {given}\ngave {found}\nand not {wanted}"
