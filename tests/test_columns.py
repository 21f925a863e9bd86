"""Rows that come page by page: the same frame as of all rows at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from cijob_analysis import schema
from cijob_analysis.columns import Columns
from cijob_analysis.frames import to_frame
from cijob_analysis.schema import TABLES, TASKS
from cijob_analysis.service.rows import Row

NAMES = [column.name for column in TASKS]
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


def row(task_id: str | None, state: str | None = "Success", second: int | None = 0, **cells: str) -> Row:
    created = "-" if second is None else (BEGIN + timedelta(seconds=second)).isoformat()
    given = {"task_id": task_id, "state": state, "created_at": created, **cells}
    return tuple(given.get(name) for name in NAMES)


# A task is created once, so its second follows from its number; its state changes.
ROWS = st.builds(
    lambda number, state: row(f"j{number}", state, None if number % 7 == 0 else number * 5 % 11),
    st.integers(0, 25),
    st.sampled_from([*schema.STATES, "Sleeping", "Melted", None]),
)
PAGES = st.lists(st.tuples(st.lists(ROWS, max_size=8), st.booleans(), st.integers(0, 5)), max_size=8)


@pytest.mark.parametrize("newest_first", [True, False])
@settings(max_examples=60)
@given(pages=PAGES)
def test_pages_make_the_same_frame_as_all_rows_at_once(
    newest_first: bool, pages: list[tuple[list[Row], bool, int]]
) -> None:
    columns = Columns(TASKS)
    last: dict[str | None, tuple[int, Row]] = {}
    for page, is_settled, place in pages:
        columns.add(page, place)
        if is_settled:
            columns.settle(at_least=1)
        for cells in page:
            last[cells[0]] = place, cells
    n = len(columns)
    frame, dropped = columns.frame(newest_first=newest_first)
    assert n == sum(len(page) for page, _, _ in pages)
    assert dropped == n - len(last)
    expected, _ = to_frame([cells for _, cells in last.values()], TASKS)
    if newest_first:
        expected = expected.sort_values(["created_at", "task_id"], ascending=[False, True], ignore_index=True)
        assert_frame_equal(_with_states(frame), _with_states(expected))
    else:
        places = {key: place for key, (place, _) in last.items()}
        assert [places[key] for key in frame["task_id"]] == sorted(places.values())
        assert_frame_equal(_by_id(frame), _by_id(expected))


def _with_states(frame: pd.DataFrame) -> pd.DataFrame:
    """Return states that nobody knows as text: of which there are, all have come, of the others only the last."""
    return frame.assign(state=frame["state"].astype(object))


def _by_id(frame: pd.DataFrame) -> pd.DataFrame:
    return _with_states(frame).sort_values("task_id", ignore_index=True)


@pytest.mark.parametrize("kind", TABLES)
def test_nothing_is_an_empty_frame(kind: str) -> None:
    frame, dropped = Columns(TABLES[kind]).frame(newest_first=True)
    assert_frame_equal(frame, schema.empty(TABLES[kind]))
    assert dropped == 0


def test_rows_without_an_id_are_all_kept() -> None:
    columns = Columns(TASKS)
    columns.add([row(None), row(None), row("j1"), row("j1", "Failed")])
    frame, dropped = columns.frame(newest_first=True)
    assert (len(frame), dropped) == (3, 1)
    assert frame.loc[frame["task_id"] == "j1", "state"].tolist() == ["Failed"]


def test_states_of_all_pieces_are_in_one_order() -> None:
    columns = Columns(TASKS)
    for name, state in (("j1", "Melted"), ("j2", "Failed"), ("j3", "Sleeping"), ("j4", None)):
        columns.add([row(name, state)])
        columns.settle(at_least=1)
    frame, _ = columns.frame(newest_first=True)
    assert frame["state"].cat.categories.tolist() == [*schema.STATES, "Melted", "Sleeping"]
    assert frame["state"].isna().tolist() == [False, False, False, True]


def test_what_is_odd_is_counted_over_all_pieces() -> None:
    columns = Columns(TASKS)
    for piece in range(3):
        columns.add([row(f"j{piece}-{number}", progress="half", started_at="soon") for number in range(15)])
        columns.settle(at_least=1)
    found = {(anomaly.kind, anomaly.column): anomaly for anomaly in columns.anomalies}
    assert {key: anomaly.n for key, anomaly in found.items()} == {
        ("number not understood", "progress"): 45,
        ("time not understood", "started_at"): 45,
        ("succeeded without a start time", "started_at"): 45,
    }
    assert all(len(anomaly.examples) == 20 for anomaly in found.values())
    assert found["time not understood", "started_at"].examples[0][1] == "soon"


def test_many_rows_from_many_threads_are_all_there_newest_first() -> None:
    columns = Columns(TASKS)

    def add(worker: int) -> None:
        for page in range(40):
            columns.add([row(f"j{worker}-{page}-{n}", "Running", page * 100 + n, queue_id="p1") for n in range(100)])
            columns.settle()

    threads = [threading.Thread(target=add, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    frame, dropped = columns.frame(newest_first=True)
    assert (len(frame), frame["task_id"].nunique(), dropped) == (16_000, 16_000, 0)
    assert frame["created_at"].is_monotonic_decreasing
    assert set(frame["queue_id"]) == {"p1"}
    assert list(frame.dtypes) == list(schema.empty(TASKS).dtypes)


def test_a_long_list_is_the_same_as_a_short_one() -> None:
    rows = [row(f"j{number:06}", second=number * 7919 % 5000, object_key=f"视频/{number}") for number in range(40_000)]
    columns = Columns(TASKS)
    for begin in range(0, len(rows), 100):
        columns.add(rows[begin : begin + 100])
        columns.settle()
    columns.add(rows[:50])  # once more: rows on a seam
    frame, dropped = columns.frame(newest_first=True)
    expected, _ = to_frame(rows, TASKS)
    expected = expected.sort_values(["created_at", "task_id"], ascending=[False, True], ignore_index=True)
    assert dropped == 50
    assert_frame_equal(frame, expected)
