from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.metrics.oddities import KINDS, anomalies
from cijob_analysis.snapshot import Snapshot
from tests.builders import AS_OF, batch_jobs

FINE = {
    "state": "Success",
    "created_at": "2026-03-01 10:00",
    "started_at": "2026-03-01 10:01",
    "ended_at": "2026-03-01 10:02",
}
WAITS = {"state": "Submitted", "created_at": "2026-03-01 10:00"}


def kinds(frame: pd.DataFrame, **options: Any) -> list[tuple[str, str, int]]:
    found = anomalies(frame, **options)
    return list(zip(found["kind"], found["column"], found["row"], strict=True))


@pytest.mark.parametrize(
    ("row", "kind", "column"),
    [
        (FINE | {"ended_at": "2026-03-01 10:00:59"}, "ends before it starts", "ended_at"),
        (FINE | {"started_at": "2026-03-01 09:59"}, "starts before it is created", "started_at"),
        (FINE | {"state": "Running"}, "running with an end time", "ended_at"),
        (WAITS | {"ended_at": "2026-03-01 10:02"}, "waiting with an end time", "ended_at"),
        (FINE | {"started_at": None}, "succeeded without a start time", "started_at"),
        (FINE | {"ended_at": None}, "succeeded without an end time", "ended_at"),
        (FINE | {"ended_at": "2026-03-01 10:01"}, "succeeded in no time", "ended_at"),
        (WAITS | {"created_at": "2026-03-01 12:00:01"}, "in the future", "created_at"),
        (WAITS | {"state": "Archived"}, "unknown state", "state"),
        (WAITS | {"state": None}, "no state", "state"),
    ],
)
def test_each_kind(row: dict[str, Any], kind: str, column: str) -> None:
    assert kinds(batch_jobs(FINE, row)) == [(kind, column, 1)]


@pytest.mark.parametrize(
    "row",
    [
        FINE,
        WAITS,
        FINE | {"state": "Running", "ended_at": None},
        FINE | {"started_at": "2026-03-01 10:00"},
        FINE | {"state": "Failed", "started_at": None},
        FINE | {"state": "Failed", "ended_at": "2026-03-01 10:01"},
        FINE | {"state": "Cancel", "started_at": None, "ended_at": None},
        WAITS | {"created_at": None},
        WAITS | {"created_at": "2026-03-01 12:00"},
    ],
)
def test_what_is_not_odd(row: dict[str, Any]) -> None:
    assert anomalies(batch_jobs(row)).empty


def test_what_is_said_of_each() -> None:
    twice = FINE | {"batch_job_id": "b1", "ended_at": None}
    found = anomalies(batch_jobs(twice, FINE, twice | {"state": "Running", "ended_at": "2026-03-01 10:02"}))
    assert (found["noun"] == "batch job").all()
    assert (found["id"] == "b1").all()
    said = found[["kind", "column", "value", "row"]].astype(object).where(found.notna(), None)
    assert list(said.itertuples(index=False, name=None)) == [
        ("running with an end time", "ended_at", "2026-03-01 10:02:00Z", 2),
        ("succeeded without an end time", "ended_at", None, 0),
        ("id more than once", "batch_job_id", "b1", 0),
        ("id more than once", "batch_job_id", "b1", 2),
    ]


def test_the_future_needs_a_present() -> None:
    row = FINE | {"ended_at": "2026-03-01 13:00"}
    assert kinds(batch_jobs(row)) == [("in the future", "ended_at", 0)]
    assert kinds(batch_jobs(row, as_of=None)) == []
    assert kinds(batch_jobs(row), as_of="2026-03-01T13:00+00:00") == []
    every = kinds(batch_jobs(row), as_of=datetime(2026, 3, 1, 9, tzinfo=UTC))
    assert every == [("in the future", name, 0) for name in ("created_at", "started_at", "ended_at")]


def frame_of(level: str, *rows: dict[str, Any]) -> pd.DataFrame:
    """A frame of a level of the declared columns; times are written as in `batch_jobs`."""
    columns = schema.TABLES[level]
    frame = schema.empty(columns).reindex(range(len(rows)))
    for column in columns:
        cells = [row.get(column.name) for row in rows]
        if column.dtype == schema.UTC:
            frame[column.name] = pd.to_datetime(pd.Series(cells, dtype=object), utc=True, format="ISO8601").astype(
                schema.UTC
            )
        elif column.dtype == schema.STATE:
            frame[column.name] = pd.Categorical(cells, categories=list(schema.STATES))
        else:
            frame[column.name] = pd.Series(cells, dtype=str(column.dtype))
    return frame


def test_children_that_do_not_go_with_their_parents() -> None:
    snapshot = Snapshot(
        batch_jobs=frame_of("batch_jobs", FINE | {"batch_job_id": "b1"}),
        executions=frame_of(
            "executions",
            FINE | {"run_id": "i1", "batch_job_id": "b1", "created_at": "2026-03-01 09:59"},
            FINE | {"run_id": "i2", "batch_job_id": "b1", "ended_at": "2026-03-01 10:03"},
            FINE | {"run_id": "i3", "batch_job_id": "b1", "state": "Running", "ended_at": None},
            FINE | {"run_id": "i4", "batch_job_id": "b9", "created_at": "2026-03-01 08:00"},
        ),
        tasks=frame_of(
            "tasks",
            FINE | {"task_id": "j1", "run_id": "i1", "batch_job_id": "b1", "ended_at": "2026-03-01 10:02:01"},
            FINE | {"task_id": "j2", "run_id": "i2", "batch_job_id": "b1", "ended_at": "2026-03-01 10:02:30"},
            FINE | {"task_id": "j3", "run_id": "i3", "batch_job_id": None, "created_at": "2026-03-01 09:00"},
            FINE | {"task_id": "j4", "run_id": "i3", "ended_at": "2026-03-01 10:30"},
        ),
        as_of=AS_OF,
    )
    found = anomalies(snapshot)
    assert list(zip(found["id"], found["kind"], strict=True)) == [
        ("j3", "created before its execution"),
        ("i1", "created before its batch job"),
        ("j1", "ended after its execution"),
        ("j1", "ended after its batch job"),
        ("j2", "ended after its batch job"),
        ("i2", "ended after its batch job"),
    ]
    assert found["noun"].tolist() == ["task", "execution", "task", "task", "task", "execution"]


def test_no_row() -> None:
    empty = anomalies(schema.empty(schema.TASKS))
    assert list(empty) == ["noun", "id", "kind", "column", "value", "row"]
    full = anomalies(batch_jobs(WAITS | {"state": None}))
    pd.testing.assert_series_equal(empty.dtypes, full.dtypes)
    assert anomalies(Snapshot()).empty


def test_bad_arguments() -> None:
    with pytest.raises(ConfigurationError, match="which zone"):
        anomalies(batch_jobs(FINE), as_of="2026-03-01")
    with pytest.raises(SchemaError, match="ended_at"):
        anomalies(batch_jobs(FINE).drop(columns="ended_at"))


MINUTES = st.one_of(st.none(), st.integers(0, 5))


@given(st.lists(st.tuples(st.sampled_from([*schema.STATES, "Odd", None]), MINUTES, MINUTES, MINUTES), max_size=20))
def test_as_a_person_would_look_row_by_row(cases: list[tuple[str | None, int | None, int | None, int | None]]) -> None:
    def time(minute: int | None) -> str | None:
        return (
            None
            if minute is None
            else f"2026-03-01 11:{57 + minute:02}"
            if minute < 3
            else f"2026-03-01 12:{minute - 3:02}"
        )

    frame = batch_jobs(
        *(
            {"state": state, "created_at": time(created), "started_at": time(started), "ended_at": time(ended)}
            for state, created, started, ended in cases
        )
    )
    before = frame.copy(deep=True)
    expected = set()
    for number, (state, created, started, ended) in enumerate(cases):
        over = state in schema.TERMINAL
        if None not in (started, ended) and ended < started:  # type: ignore[operator]
            expected.add((KINDS[0], number))
        if None not in (created, started) and started < created:  # type: ignore[operator]
            expected.add((KINDS[1], number))
        if ended is not None and not over:
            expected.add((KINDS[2] if state == "Running" else KINDS[3], number))
        if state == "Success" and started is None:
            expected.add((KINDS[4], number))
        if state == "Success" and ended is None:
            expected.add((KINDS[5], number))
        if state == "Success" and started is not None and started == ended:
            expected.add((KINDS[6], number))
        if any(minute is not None and minute > 3 for minute in (created, started, ended)):
            expected.add(("in the future", number))
        if state in ("Odd", None):
            expected.add(("unknown state" if state else "no state", number))
    found = anomalies(frame)
    assert set(zip(found["kind"], found["row"], strict=True)) == expected
    assert np.all(np.diff([KINDS.index(kind) for kind in found["kind"]]) >= 0)
    pd.testing.assert_frame_equal(frame, before)
