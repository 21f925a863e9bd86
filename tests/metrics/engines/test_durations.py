from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.metrics.engines import cases, oracles
from tests.metrics.engines.frames import ENGINES, Engine, Row


@cases.FEW
@given(cases.rows(), st.sampled_from(cases.AS_OF))
def test_durations(rows: list[Row], as_of: datetime | None) -> None:
    cases.assert_all_agree("add_durations", rows, oracles.add_durations(rows, as_of), as_of=as_of)


@cases.FEW
@given(cases.rows(), st.sampled_from(cases.BY), st.sampled_from(cases.AS_OF))
@example([], (), None)
@example([], ("g",), cases.AS_OF[1])
def test_summary(rows: list[Row], by: Sequence[str], as_of: datetime | None) -> None:
    expected = oracles.duration_summary(rows, by, as_of)
    cases.assert_all_agree("duration_summary", rows, expected, by=by, as_of=as_of)


@pytest.mark.parametrize("engine", ENGINES, ids=repr)
@pytest.mark.parametrize("n", [2, 10, 20, 100])
def test_quantiles_that_fall_on_a_step_of_the_estimate(engine: Engine, n: int) -> None:
    # After k of n the estimate is 1 − k/n, and 1 − q for some of them, if it were not for rounding.
    times = [cases.BASE + number * cases.UNITS[1] for number in range(n + 1)]
    rows: list[Row] = [
        {"state": "Success", "created_at": times[0], "started_at": times[0], "ended_at": time} for time in times[1:]
    ]
    rows.append({"state": "Running", "created_at": times[0], "started_at": times[0]})
    expected = list(oracles.duration_summary([{"ended_at": None, **row} for row in rows], (), times[0]))
    assert cases.agree(engine.ask("duration_summary", rows, as_of=times[0]), expected)


@pytest.mark.parametrize("engine", ENGINES, ids=repr)
def test_only_the_durations_that_are_asked_for(engine: Engine) -> None:
    rows: list[Row] = [
        {"g": group, "state": "Success", "created_at": cases.BASE, "started_at": cases.BASE, "ended_at": cases.BASE}
        for group in "ab"
    ]
    expected = [row for row in oracles.duration_summary(rows, ["g"]) if row["duration"] == "run_time_s"]
    assert cases.agree(engine.ask("duration_summary", rows, by=["g"], duration="run_time_s"), expected)
