from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics import throughput
from tests.builders import batch_jobs


def ended(*times: str, state: str = "Success") -> pd.DataFrame:
    """Batch jobs that ended at these times UTC."""
    return batch_jobs(*({"state": state, "ended_at": time} for time in times))


def counts(frame: pd.DataFrame) -> list[tuple[str, int]]:
    return [(f"{at:%d %H:%M%z}", n) for at, n in zip(frame["at"], frame["n"], strict=True)]


def test_what_ended_in_each_hour_also_in_those_without_an_end() -> None:
    found = throughput(ended("2026-03-01 10:00", "2026-03-01 10:59:59.999999", "2026-03-01 12:00"))
    assert counts(found) == [("01 10:00+0000", 2), ("01 11:00+0000", 0), ("01 12:00+0000", 1)]
    assert str(found["n"].dtype) == "int64"


def test_an_end_counts_in_a_final_state_only() -> None:
    assert len(throughput(ended("2026-03-01 10:00", state="Running"))) == 0


def test_hours_of_a_zone_that_is_half_an_hour_off() -> None:
    found = throughput(ended("2026-03-01 10:29", "2026-03-01 10:30"), tz="Asia/Kolkata")
    assert counts(found) == [("01 15:00+0530", 1), ("01 16:00+0530", 1)]


def test_the_hour_that_comes_twice_is_two_hours() -> None:
    found = throughput(ended("2026-10-25 00:30", "2026-10-25 01:30", "2026-10-25 02:30"), tz="Europe/Berlin")
    assert counts(found) == [("25 02:00+0200", 1), ("25 02:00+0100", 1), ("25 03:00+0100", 1)]


def test_the_hour_that_the_clocks_leave_out_is_none() -> None:
    found = throughput(ended("2026-03-29 00:30", "2026-03-29 01:30"), tz="Europe/Berlin")
    assert counts(found) == [("29 01:00+0100", 1), ("29 03:00+0200", 1)]


def test_days_of_23_and_25_hours() -> None:
    found = throughput(ended("2026-03-28 23:00", "2026-03-29 21:59", "2026-03-29 22:00"), per="day", tz="Europe/Berlin")
    assert counts(found) == [("29 00:00+0100", 2), ("30 00:00+0200", 1)]
    found = throughput(ended("2026-10-24 22:00", "2026-10-25 22:59", "2026-10-25 23:00"), per="day", tz="Europe/Berlin")
    assert counts(found) == [("25 00:00+0200", 2), ("26 00:00+0100", 1)]


def test_a_day_without_a_midnight_begins_when_the_clocks_show_it() -> None:
    found = throughput(ended("2026-03-08 04:59", "2026-03-08 05:00"), per="day", tz="America/Havana")
    assert counts(found) == [("07 00:00-0500", 1), ("08 01:00-0400", 1)]


def test_each_group_has_all_hours() -> None:
    frame = pd.concat([ended("2026-03-01 10:00"), ended("2026-03-01 12:00", state="Failed")])
    found = throughput(frame, by="state")
    assert found["state"].tolist() == ["Success"] * 3 + ["Failed"] * 3
    assert found["n"].tolist() == [1, 0, 0, 0, 0, 1]


@given(
    st.lists(st.datetimes(pd.Timestamp("2026-03-20"), pd.Timestamp("2026-11-10")), min_size=1, max_size=20),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]),
    st.sampled_from(["hour", "day"]),
)
def test_as_a_clock_on_the_wall_would_count(times: list[pd.Timestamp], zone: str, per: str) -> None:
    found = throughput(ended(*map(str, times)), per=per, tz=zone)
    assert found["n"].sum() == len(times)
    shown = [pd.Timestamp(time, tz="UTC").tz_convert(ZoneInfo(zone)) for time in times]
    size = "%Y-%m-%d %H %z" if per == "hour" else "%Y-%m-%d"
    expected = pd.Series([time.strftime(size) for time in shown]).value_counts()
    by_label = found.groupby(found["at"].dt.strftime(size))["n"].sum()
    assert by_label[by_label > 0].to_dict() == expected.to_dict()


def test_a_million_rows_are_meant_by_nobody() -> None:
    frame = ended("1990-01-01 00:00", "2026-03-01 00:00")
    with pytest.raises(ConfigurationError, match=r"more than 1000000 minutes; take per='hour'"):
        throughput(frame, per="minute")
    with pytest.raises(ConfigurationError, match="per='week' is none of minute, hour, day"):
        throughput(frame, per="week")
    with pytest.raises(ConfigurationError, match="no time zone"):
        throughput(frame, tz="Mars")
