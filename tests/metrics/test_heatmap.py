from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis import Snapshot
from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.metrics.hours import hour_by_weekday
from tests.builders import batch_jobs

NEW_YORK = "America/New_York"


def ended(*times: str, state: str = "Success") -> pd.DataFrame:
    """Batch jobs that ended at times in UTC."""
    return batch_jobs(*({"state": state, "ended_at": time} for time in times))


def cell(table: pd.DataFrame, weekday: int, hour: int) -> dict[str, Any]:
    (found,) = table[(table["weekday"] == weekday) & (table["hour"] == hour)].to_dict("records")
    return {name: found[name] for name in ("n", "failed", "hours")}


def test_each_hour_of_the_week_has_a_row() -> None:
    table = hour_by_weekday(ended("2026-03-02 10:15"))
    assert list(table) == ["weekday", "hour", "n", "failed", "hours"]
    assert list(zip(table["weekday"], table["hour"], strict=True)) == [
        (day, hour) for day in range(7) for hour in range(24)
    ]
    assert table.dtypes.astype(str).tolist() == ["int64"] * 4 + ["float64"]


def test_an_hour_counts_what_ended_in_it_and_how_often_it_came() -> None:
    # 2026-03-02 is a Monday; the span reaches from its 10 o'clock to that of the next one
    table = hour_by_weekday(ended("2026-03-02 10:15", "2026-03-02 10:59:59", "2026-03-09 10:00", "2026-03-03 00:00"))
    assert cell(table, 0, 10) == {"n": 3, "failed": 0, "hours": 2}
    assert cell(table, 1, 0) == {"n": 1, "failed": 0, "hours": 1}
    assert (table["n"].sum(), table["hours"].sum()) == (4, 7 * 24 + 1)


def test_weekdays_and_hours_are_those_of_the_zone() -> None:
    frame = ended("2026-03-01 16:30")  # Sunday in UTC, Monday in Shanghai
    assert cell(hour_by_weekday(frame), 6, 16)["n"] == 1
    assert cell(hour_by_weekday(frame, tz="Asia/Shanghai"), 0, 0)["n"] == 1
    assert cell(hour_by_weekday(frame, tz="Asia/Kathmandu"), 6, 22)["n"] == 1  # at 22:15
    assert cell(hour_by_weekday(frame, tz=timezone(timedelta(hours=-1))), 6, 15)["n"] == 1


def test_what_has_failed_is_counted_apart() -> None:
    rows = [{"state": state, "ended_at": "2026-03-02 10:15"} for state in ("Failed", "Success", "Failed", "Cancel")]
    assert cell(hour_by_weekday(batch_jobs(*rows)), 0, 10) == {"n": 4, "failed": 2, "hours": 1}


def test_an_end_counts_in_a_final_state_only() -> None:
    row = {"created_at": "2026-03-02 08:00", "started_at": "2026-03-02 09:00", "ended_at": "2026-03-02 10:15"}
    frame = batch_jobs({"state": "Running", **row})
    assert hour_by_weekday(frame)["n"].sum() == 0
    assert cell(hour_by_weekday(frame, of="created"), 0, 8)["n"] == 1
    assert cell(hour_by_weekday(frame, of="started"), 0, 9)["n"] == 1


def test_the_hour_that_comes_twice_is_two_hours_of_one_cell() -> None:
    # In New York the clocks go back on Sunday, 2026-11-01 at 06:00 UTC, from 2:00 to 1:00.
    table = hour_by_weekday(
        ended("2026-11-01 04:30", "2026-11-01 05:30", "2026-11-01 06:30", "2026-11-01 07:30"), tz=NEW_YORK
    )
    assert [cell(table, 6, hour)["n"] for hour in range(4)] == [1, 2, 1, 0]
    assert [cell(table, 6, hour)["hours"] for hour in range(4)] == [1, 2, 1, 0]


def test_the_hour_that_is_left_out_has_not_come() -> None:
    # and forward on Sunday, 2026-03-08 at 07:00 UTC, from 2:00 to 3:00.
    table = hour_by_weekday(ended("2026-03-08 06:30", "2026-03-08 07:30"), tz=NEW_YORK)
    assert [cell(table, 6, hour)["n"] for hour in range(4)] == [0, 1, 0, 1]
    assert [cell(table, 6, hour)["hours"] for hour in range(4)] == [0, 1, 0, 1]


def test_a_change_by_half_an_hour() -> None:
    # On Lord Howe Island on Sunday, 2026-04-05 at 15:00 UTC of the day before, from 2:00 to 1:30.
    table = hour_by_weekday(ended("2026-04-04 14:00", "2026-04-04 15:10", "2026-04-04 16:00"), tz="Australia/Lord_Howe")
    assert [cell(table, 6, hour)["n"] for hour in (1, 2)] == [2, 1]
    assert [cell(table, 6, hour)["hours"] for hour in (1, 2)] == [1.5, 1]


def test_nothing() -> None:
    for frame in (batch_jobs(), batch_jobs({"state": "Success"}, {"state": None})):
        table = hour_by_weekday(frame)
        assert len(table) == 168
        assert (table["n"] == 0).all()
        assert (table["hours"] == 0).all()


def test_a_snapshot_is_asked_for_its_lowest_level() -> None:
    frame = ended("2026-03-02 10:15")
    pd.testing.assert_frame_equal(hour_by_weekday(Snapshot(batch_jobs=frame)), hour_by_weekday(frame))


def test_what_it_needs() -> None:
    with pytest.raises(ConfigurationError, match="of='failed' is none of created, started, ended"):
        hour_by_weekday(batch_jobs(), of="failed")
    with pytest.raises(ConfigurationError, match="tz='Mars/Base' is no time zone"):
        hour_by_weekday(batch_jobs(), tz="Mars/Base")
    with pytest.raises(SchemaError, match="lacks ended_at"):
        hour_by_weekday(batch_jobs().drop(columns="ended_at"))
    with pytest.raises(ConfigurationError, match=r"from 1850-01-01 to 2026-03-01, more than 1000000 hours: leave out"):
        hour_by_weekday(ended("1850-01-01", "2026-03-01"))


MINUTES = st.lists(st.integers(0, 9 * 24 * 60), min_size=1, max_size=20)


@given(MINUTES, st.sampled_from(["2026-03-01", "2026-10-25"]), st.sampled_from([NEW_YORK, "Asia/Kathmandu", "UTC"]))
def test_each_event_is_where_the_clock_is_and_each_hour_as_long_as_the_clock_shows_it(
    minutes: list[int], first: str, zone: str
) -> None:
    begin = datetime.fromisoformat(first).replace(tzinfo=UTC)
    times = sorted(begin + timedelta(minutes=minute) for minute in minutes)
    counts, lasts = np.zeros((7, 24)), np.zeros((7, 24))

    def clock(time: datetime) -> datetime:
        return time.astimezone(ZoneInfo(zone))

    def hour_of(time: datetime) -> tuple[object, ...]:
        return clock(time).date(), clock(time).hour, clock(time).utcoffset()

    for time in times:
        counts[clock(time).weekday(), clock(time).hour] += 1
    ends = {hour_of(times[0]), hour_of(times[-1])}
    quarters = (begin + timedelta(minutes=minute) for minute in range(-120, 10 * 24 * 60, 15))
    for quarter in quarters:
        if times[0] <= quarter <= times[-1] or hour_of(quarter) in ends:
            lasts[clock(quarter).weekday(), clock(quarter).hour] += 0.25

    table = hour_by_weekday(ended(*(f"{time:%Y-%m-%d %H:%M}" for time in times)), tz=zone)
    assert table["n"].tolist() == counts.ravel().tolist()
    assert table["hours"].tolist() == lasts.ravel().tolist()
