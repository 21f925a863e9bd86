from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis.times import parse_times


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-01T12:00:00+0800",
        "2026-05-01T12:00:00+08:00",
        "2026-05-01 12:00:00+0800",
        "2026-05-01T04:00:00Z",
        "2026-05-01T04:00:00z",
        "2026-04-30T22:30:00-05:30",
        "2026-05-01T12:00:00.000+0800",
    ],
)
def test_every_layout_of_the_service(text: str) -> None:
    times, odd = parse_times([text])
    assert times.tolist() == [datetime(2026, 5, 1, 4)]  # noqa: DTZ001 - numpy's UTC has no zone
    assert not odd


@pytest.mark.parametrize("text", ["-", "", None])
def test_what_stands_for_no_time(text: str | None) -> None:
    times, odd = parse_times([text])
    assert np.isnat(times).all()
    assert not odd


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "2026-05-01T12:00:00",  # whose noon?
        "2026-02-29T12:00:00+0800",
        "2026-13-01T12:00:00+0800",
        "2026-05-00T12:00:00+0800",
        "2026-05-01T24:00:00+0800",
        "2026-05-01T12:60:00+0800",
        "2026-05-01T12:00:00+2400",
        "2026-05-01T12:00:00~0800",
        "2026/05/01T12:00:00+0800",
        "0000-05-01T12:00:00+0800",
        "9999-12-31T23:59:59-0800",
        "２０２６-05-01T12:00:00+0800",
        "1700000000",
    ],
)
def test_garbage_is_found_and_is_no_time(text: str) -> None:
    times, odd = parse_times(["2026-05-01T12:00:00+0800", text, "-"])
    assert np.isnat(times).tolist() == [False, True, True]
    assert odd == [1]


OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1, 1, 3), datetime(9998, 12, 29), timezones=OFFSETS)  # noqa: DTZ001 - bounds are naive


def spelled(time: datetime, layout: int) -> str:
    whole = time.replace(microsecond=0)
    colon = whole.isoformat()[-6:]
    return [
        whole.isoformat(),
        whole.isoformat()[:-6] + colon.replace(":", ""),
        whole.isoformat(" "),
        whole.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z",
    ][layout]


@given(st.lists(st.tuples(TIMES, st.integers(0, 3))))
def test_equals_the_standard_library_in_any_mixture(cases: list[tuple[datetime, int]]) -> None:
    times, odd = parse_times([spelled(time, layout) for time, layout in cases])
    expected = [time.replace(microsecond=0).astimezone(UTC).replace(tzinfo=None) for time, _ in cases]
    assert times.tolist() == expected
    assert not odd
