from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.plots.zones import zone_label, zone_of

WINTER, SUMMER = datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)


def test_zones_by_name_and_by_value() -> None:
    assert zone_of(None) is UTC
    assert zone_of("Asia/Shanghai") == ZoneInfo("Asia/Shanghai")
    assert zone_of(UTC) is UTC


@pytest.mark.parametrize("tz", ["Asia/Peking", "", "America", "../etc", 8])
def test_what_is_no_zone_is_named(tz: object) -> None:
    with pytest.raises(ConfigurationError, match=r"tz=.* is no time zone.*Asia/Shanghai"):
        zone_of(tz)  # type: ignore[arg-type]


def test_the_label_names_zone_and_offsets() -> None:
    assert zone_label(UTC, [WINTER]) == "UTC"
    assert zone_label(ZoneInfo("Asia/Shanghai"), [WINTER, SUMMER]) == "Asia/Shanghai, UTC+8"
    assert zone_label(ZoneInfo("America/New_York"), [WINTER, SUMMER]) == "America/New_York, UTC−5 and UTC−4"
    assert zone_label(ZoneInfo("Asia/Kolkata"), [WINTER]) == "Asia/Kolkata, UTC+5:30"
    assert zone_label(timezone(timedelta(hours=8), "Beijing"), [WINTER]) == "Beijing, UTC+8"
    assert zone_label(ZoneInfo("Europe/London")) == "Europe/London"


@pytest.mark.parametrize(
    ("time", "label"),
    [
        (datetime(9999, 12, 31, 23, 59, tzinfo=UTC), "Asia/Shanghai, UTC+8"),
        (datetime(1, 1, 1, tzinfo=UTC), "America/New_York, UTC−4:56"),
    ],
)
def test_a_time_that_has_no_clock_in_the_zone_is_no_exception(time: datetime, label: str) -> None:
    assert zone_label(ZoneInfo(label.partition(",")[0]), [time]) == label
