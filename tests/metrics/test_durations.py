from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pandas as pd
import pytest

from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.ledger import ledger_of
from cijob_analysis.metrics import add_durations
from tests.builders import AS_OF, batch_jobs

SECONDS = ["queue_wait_s", "run_time_s", "turnaround_s"]
NOON = "2026-03-01T12:00:00Z"


def durations(as_of: Any = None, **row: object) -> list[float | None]:
    (values,) = add_durations(batch_jobs(row), as_of=as_of)[SECONDS].astype(object).to_numpy().tolist()
    return [None if pd.isna(value) else value for value in values]


FINISHED = {
    "state": "Success",
    "created_at": "2026-03-01 10:00",
    "started_at": "2026-03-01 10:00:30.5",
    "ended_at": "2026-03-01 10:01:30.5",
}
RUNNING = {**FINISHED, "state": "Running"}
WAITING = {"state": "Submitted", "created_at": "2026-03-01 11:59"}


def test_a_finished_one() -> None:
    assert durations(**FINISHED) == [30.5, 60, 90.5]
    assert durations(NOON, **FINISHED) == [30.5, 60, 90.5]


def test_the_end_of_a_running_one_does_not_count() -> None:
    assert durations(**RUNNING) == [30.5, None, None]
    assert durations(NOON, **RUNNING) == [30.5, 7169.5, 7200]


def test_what_has_not_started_waits_and_does_not_run() -> None:
    assert durations(**WAITING) == [None, None, None]
    assert durations(NOON, **WAITING) == [60, None, 60]


def test_what_was_cancelled_while_it_waited_has_neither_wait_nor_run() -> None:
    cancelled = {**FINISHED, "state": "Cancel", "started_at": None}
    assert durations(**cancelled) == [None, None, 90.5]
    assert durations(NOON, **cancelled) == [None, None, 90.5]


def test_a_finished_one_without_an_end_is_not_closed() -> None:
    assert durations(NOON, **{**FINISHED, "ended_at": None}) == [30.5, None, None]


def test_durations_below_zero_stay() -> None:
    assert durations(**{**FINISHED, "ended_at": "2026-03-01 10:00:00"}) == [30.5, -30.5, 0]


def test_only_final_states_are_uncensored() -> None:
    states = ["Submitted", "Running", "Pause", "Success", "Failed", "Cancel", "Archived", None]
    frame = add_durations(batch_jobs(*({"state": state} for state in states)))
    assert frame["is_censored"].tolist() == [True, True, True, False, False, False, True, True]
    assert frame["is_censored"].dtype == bool
    assert (frame[SECONDS].dtypes == "float64").all()


def test_the_frame_is_kept_with_its_attrs_and_left_as_it_was() -> None:
    frame = batch_jobs(FINISHED, WAITING).set_index("name")
    before = frame.copy()
    longer = add_durations(frame, as_of=NOON)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(longer[list(frame)], frame)
    assert ledger_of(longer).as_of == AS_OF


@pytest.mark.parametrize(
    "as_of",
    [
        "2026-03-01T12:00Z",
        "2026-03-01T20:00:00+0800",
        datetime(2026, 3, 1, 12, tzinfo=UTC),
        datetime(2026, 3, 1, 20, tzinfo=timezone(timedelta(hours=8))),
        pd.Timestamp("2026-03-01 07:00", tz="America/New_York"),
    ],
)
def test_as_of_may_be_text_or_a_time_in_any_zone(as_of: object) -> None:
    assert durations(as_of, **WAITING) == [60, None, 60]


@pytest.mark.parametrize("as_of", ["2026-03-01 12:00", datetime(2026, 3, 1), pd.Timestamp("2026-03-01")])  # noqa: DTZ001
def test_a_naive_time_is_refused_with_the_way_to_write_it(as_of: object) -> None:
    with pytest.raises(ConfigurationError, match=r"as_of=.*which zone.*\+08:00.*tz='Asia/Shanghai'"):
        durations(as_of, **WAITING)


@pytest.mark.parametrize("as_of", ["yesterday", "now", 5, pd.NaT, ""])
def test_what_is_no_time_is_refused(as_of: object) -> None:
    with pytest.raises(ConfigurationError, match="is no time"):
        durations(as_of, **WAITING)


def test_no_rows_and_no_times() -> None:
    assert list(add_durations(batch_jobs()).columns[-4:]) == [*SECONDS, "is_censored"]
    assert add_durations(batch_jobs({}), as_of=NOON)[SECONDS].isna().all(axis=None)
    never = batch_jobs(WAITING).assign(started_at=None, ended_at=None)
    assert add_durations(never, as_of=NOON)["queue_wait_s"].tolist() == [60]


def test_times_as_text_are_refused_with_the_way_to_read_them() -> None:
    frame = batch_jobs(FINISHED).astype({"created_at": "string"})
    with pytest.raises(SchemaError, match=r"created_at .* string.*pd.to_datetime\(frame\['created_at'\]"):
        add_durations(frame)
    with pytest.raises(SchemaError, match="lacks ended_at"):
        add_durations(batch_jobs(FINISHED).drop(columns="ended_at"))


def test_any_zone_and_unit_of_the_columns_will_do() -> None:
    frame = batch_jobs(FINISHED)
    frame["created_at"] = frame["created_at"].dt.tz_convert("Asia/Shanghai").dt.as_unit("ns")
    frame["ended_at"] = frame["ended_at"].dt.as_unit("ms")
    assert add_durations(frame)[SECONDS].to_numpy().tolist() == [[30.5, 60, 90.5]]
