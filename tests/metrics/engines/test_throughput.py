from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cijob_analysis.exceptions import ConfigurationError
from tests.metrics.engines import cases, oracles
from tests.metrics.engines.frames import ENGINES, Engine, Row

CHANGES = {
    "UTC": datetime(2026, 1, 1, tzinfo=UTC),
    "Asia/Kolkata": datetime(2026, 1, 1, tzinfo=UTC),
    "Europe/Berlin": datetime(2026, 10, 24, 22, tzinfo=UTC),
    "America/New_York": datetime(2026, 3, 8, 4, tzinfo=UTC),
    "Australia/Lord_Howe": datetime(2026, 4, 4, 12, tzinfo=UTC),
    "Africa/Cairo": datetime(2026, 4, 23, 20, tzinfo=UTC),
}
"""Zones, and a time some hours before their clocks are changed: by an hour, by half of one, at midnight."""


@st.composite
def in_zones(draw: st.DrawFn) -> tuple[str, list[Row]]:
    zone = draw(st.sampled_from(sorted(CHANGES)))
    return zone, draw(cases.rows(base=CHANGES[zone]))


@cases.FEW
@given(in_zones(), st.sampled_from(["minute", "hour", "day"]), st.sampled_from(cases.BY))
@example(("UTC", []), "hour", ())
@example(("Europe/Berlin", []), "day", ("g",))
def test_throughput(case: tuple[str, list[Row]], per: str, by: Sequence[str]) -> None:
    zone, rows = case
    cases.assert_all_agree("throughput", rows, oracles.throughput(rows, per, by, zone), per=per, by=by, tz=zone)


@pytest.mark.parametrize("engine", ENGINES, ids=repr)
@pytest.mark.parametrize("zone", CHANGES)
@pytest.mark.parametrize("per", ["hour", "day"])
def test_all_hours_and_days_around_a_change_of_the_clocks(engine: Engine, zone: str, per: str) -> None:
    step = timedelta(minutes=17)
    rows: list[Row] = [
        {"g": None, "state": "Success", "ended_at": CHANGES[zone] + number * step} for number in range(300)
    ]
    found: list[dict[str, Any]] = engine.ask("throughput", rows, per=per, tz=zone)
    assert cases.agree(found, list(oracles.throughput(rows, per, (), zone)))
    assert sum(row["n"] for row in found) == 300


@pytest.mark.parametrize("engine", ENGINES, ids=repr)
def test_bad_arguments_are_named(engine: Engine) -> None:
    with pytest.raises(ConfigurationError, match="per='week'"):
        engine.ask("throughput", [], per="week")
    with pytest.raises(ConfigurationError, match="tz='Mars/Olympus'"):
        engine.ask("throughput", [], tz="Mars/Olympus")
