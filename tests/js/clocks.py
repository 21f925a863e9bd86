"""What clocks show, as zoneinfo knows it, for the tests that run in JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import ceil, gcd
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from cijob_analysis.plots.zones import zone_label
from cijob_analysis.widgets.timeline_data import offsets_of

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
QUARTER: Final = 15 * MINUTE
"""Today's zones are whole quarters of an hour ahead of UTC."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

CHANGES: Final = {
    "UTC": "2026-03-29T01:00",
    "Asia/Shanghai": "2026-03-29T01:00",
    "Asia/Kathmandu": "2026-03-01T00:00",
    "Europe/Berlin": "2026-03-29T01:00",
    "America/New_York": "2026-11-01T06:00",
    "America/St_Johns": "2026-03-08T05:30",
    "Australia/Lord_Howe": "2026-04-04T15:00",  # by half an hour
    "America/Sao_Paulo": "2018-11-04T03:00",  # from midnight on
    "America/Asuncion": "2024-03-24T03:00",  # back over midnight
    "Pacific/Apia": "2011-12-30T10:00",  # by a day
}
"""Zones, and an hour [UTC] in which the clocks of most of them are changed."""


def tick_cases(random: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Yield spans of time around a change of clocks, and the round times in them."""
    steps = [1, 500, SECOND, 30 * SECOND, MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR]
    for name, change in CHANGES.items():
        zone, middle = ZoneInfo(name), _ms(datetime.fromisoformat(change).replace(tzinfo=UTC))
        for step in steps:
            yield _tick_case(zone, middle, step, random, step=step)
        for days in (1, 2, 7, 14):
            yield _tick_case(zone, middle, days * DAY, random, days=days)
        for months in (1, 2, 3, 6):
            yield _tick_case(zone, middle, months * 30 * DAY, random, months=months)
        for years in (1, 2, 5):
            yield _tick_case(zone, middle, years * 365 * DAY, random, months=12 * years)


def _tick_case(zone: ZoneInfo, middle: int, length: int, random: np.random.Generator, **step: int) -> dict[str, Any]:
    """Return a span of up to eight steps around `middle`."""
    before, after = (int(share * length) for share in random.uniform(1, 4, 2))
    begin, end = middle - before, middle + after
    times = _clock_times(zone, begin, end, length) if "step" in step else _calendar_times(zone, begin, end, **step)
    return {
        "zone": zone.key,
        "offsets": offsets_of(zone, begin - 40 * DAY, end + 40 * DAY),
        "from": begin,
        "to": end,
        "most": ceil((end - begin) / length),
        "step": length,
        "times": times,
    }


def _clock_times(zone: ZoneInfo, begin: int, end: int, step: int) -> list[int]:
    """Return when the clocks show a multiple of `step`."""
    every = gcd(step, QUARTER)
    times = range(-(-begin // every) * every, end + 1, every)
    return [time for time in times if _local(zone, time) % step == 0]


def _calendar_times(zone: ZoneInfo, begin: int, end: int, *, days: int = 0, months: int = 0) -> list[int]:
    """Return when days begin that are a multiple of `days` after a Monday, or of `months` after a January."""
    first = (EPOCH + timedelta(milliseconds=begin - 2 * DAY)).replace(hour=0, minute=0, second=0, microsecond=0)
    midnights = [first + timedelta(days=turn) for turn in range((end - begin) // DAY + 5)]
    is_round = [
        (time - datetime(1970, 1, 5, tzinfo=UTC)).days % days == 0
        if days
        else time.day == 1 and (12 * time.year + time.month - 1) % months == 0
        for time in midnights
    ]
    times = [_first_shown(zone, _ms(time)) for time, is_there in zip(midnights, is_round, strict=True) if is_there]
    return [time for time in times if begin <= time <= end]


def _first_shown(zone: ZoneInfo, local: int) -> int:
    """Return when the clocks first show `local`, or jump over it."""
    return next(time for time in range(local - 15 * HOUR, local + 15 * HOUR, QUARTER) if _local(zone, time) >= local)


def clock_cases(random: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Yield times around a change of clocks, and what these show."""
    for name, change in CHANGES.items():
        zone, middle = ZoneInfo(name), _ms(datetime.fromisoformat(change).replace(tzinfo=UTC))
        for ms in [middle - 1, middle, *(middle + random.integers(-3 * DAY, 3 * DAY, 40)).tolist()]:
            local = (EPOCH + timedelta(milliseconds=ms)).astimezone(zone)
            yield {
                "offsets": offsets_of(zone, middle - 40 * DAY, middle + 40 * DAY),
                "ms": ms,
                "date": f"{local:%Y-%m-%d}",
                "time": f"{local:%H:%M:%S}",
                "part": f".{local.microsecond // 1_000:03}" if local.microsecond else "",
            }


def zone_cases() -> Iterator[dict[str, Any]]:
    """Yield pairs of times before and after a change of clocks, and how the zone is called at them."""
    for name, change in CHANGES.items():
        zone, middle = ZoneInfo(name), datetime.fromisoformat(change).replace(tzinfo=UTC)
        for times in ([middle - timedelta(hours=3)], [middle - timedelta(hours=3), middle + timedelta(hours=3)]):
            yield {
                "name": zone_label(zone),
                "offsets": offsets_of(zone, _ms(middle) - DAY, _ms(middle) + DAY),
                "times": [_ms(time) for time in times],
                "text": zone_label(zone, times),
            }


def _ms(time: datetime) -> int:
    return (time - EPOCH) // timedelta(milliseconds=1)


def _local(zone: ZoneInfo, ms: int) -> int:
    """Return what the clocks show [ms, as if in UTC]."""
    time = EPOCH + timedelta(milliseconds=ms)
    offset = time.astimezone(zone).utcoffset()
    assert offset is not None
    return ms + offset // timedelta(milliseconds=1)
