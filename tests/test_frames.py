from __future__ import annotations

import pandas as pd
import pytest

from cijob_analysis import schema
from cijob_analysis.frames import to_frame
from cijob_analysis.ledger import Anomaly

NAMES = [column.name for column in schema.BATCH_JOBS]


def frame_of(*jobs: dict[str, str]) -> tuple[pd.DataFrame, list[Anomaly]]:
    rows = [[{"batch_job_id": f"b{number}", **job}.get(name) for name in NAMES] for number, job in enumerate(jobs)]
    return to_frame(rows, schema.BATCH_JOBS)


def test_an_empty_frame_has_the_columns_and_dtypes_of_a_full_one() -> None:
    full, _ = frame_of({"state": "Success", "created_at": "2026-05-01T12:00:00+0800", "job_level": "1"})
    empty, anomalies = frame_of()
    assert anomalies == []
    assert list(empty.columns) == list(full.columns) == NAMES
    assert empty.dtypes.to_list() == full.dtypes.to_list() == schema.empty(schema.BATCH_JOBS).dtypes.to_list()


def test_the_dtypes_are_the_declared_ones() -> None:
    frame, _ = frame_of({})
    assert {column.dtype for column in schema.BATCH_JOBS} == {"string", "state", schema.UTC, "Int64"}
    for column in schema.BATCH_JOBS:
        assert frame[column.name].dtype == schema.dtype_of(column), column.name
    assert frame.drop(columns="batch_job_id").isna().all(axis=None)


def test_states_come_in_their_order_and_unknown_ones_after() -> None:
    frame, _ = frame_of({"state": "Failed"}, {"state": "Archived"}, {}, {"state": "Submitted"})
    assert list(frame["state"].cat.categories) == [*schema.STATES, "Archived"]
    assert frame["state"].astype(object).where(frame["state"].notna(), None).tolist() == [
        "Failed", "Archived", None, "Submitted",
    ]  # fmt: skip


def test_times_of_any_offset_are_kept_as_utc() -> None:
    frame, _ = frame_of({"created_at": "2026-05-01T12:00:00+0800"}, {"created_at": "2026-05-01T12:00:00+08:00"})
    assert (frame["created_at"] == pd.Timestamp("2026-05-01 04:00", tz="UTC")).all()


@pytest.mark.parametrize(
    ("job", "kind", "column", "text"),
    [
        ({"created_at": "soon"}, "time not understood", "created_at", "soon"),
        ({"job_level": "high"}, "number not understood", "job_level", "high"),
        (
            {"started_at": "2026-05-01T12:00:00Z", "ended_at": "2026-05-01T11:00:00Z", "state": "Failed"},
            "ends before it starts",
            "ended_at",
            "2026-05-01T11:00:00.000000Z",
        ),
        (
            {"created_at": "2026-05-01T12:00:00Z", "started_at": "2026-05-01T11:00:00Z"},
            "starts before it is created",
            "started_at",
            "2026-05-01T11:00:00.000000Z",
        ),
        (
            {"state": "Running", "ended_at": "2026-05-01T11:00:00Z"},
            "running with an end time",
            "ended_at",
            "2026-05-01T11:00:00.000000Z",
        ),
        ({"state": "Success"}, "succeeded without a start time", "started_at", "NaTZ"),
    ],
)
def test_what_is_odd_is_counted_and_named(job: dict[str, str], kind: str, column: str, text: str) -> None:
    frame, anomalies = frame_of({}, job)
    expected = Anomaly(kind=kind, column=column, n=1, examples=(("b1", text.replace("NaTZ", "")),))
    assert anomalies == [expected]
    assert len(frame) == 2


def test_many_odd_rows_are_counted_and_some_are_named() -> None:
    _, (anomaly,) = frame_of(*[{"created_at": "?"}] * 1000)
    assert anomaly.n == 1000
    assert len(anomaly.examples) == 20


def test_big_and_odd_numbers() -> None:
    values = ("9" * 18, "-1", "+2", "1.5", "９", "1" * 19)
    frame, (anomaly,) = frame_of(*[{"job_level": value} for value in values])
    assert frame["job_level"].tolist()[:3] == [999_999_999_999_999_999, -1, 2]
    assert anomaly.n == 3
