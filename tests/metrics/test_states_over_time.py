from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis import Snapshot
from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.metrics import state_counts
from cijob_analysis.metrics.state_history import states_over_time
from cijob_analysis.schema import STATES, TERMINAL
from tests.builders import AS_OF, batch_jobs

NOON = pd.Timestamp(AS_OF)


def row(state: str | None, created: int | None, started: int | None, ended: int | None) -> dict[str, Any]:
    """A batch job with times in minutes before noon."""
    times = {"created_at": created, "started_at": started, "ended_at": ended}
    at = {name: NOON - pd.Timedelta(minutes=minutes) for name, minutes in times.items() if minutes is not None}
    return {"state": state, **{name: f"{time:%Y-%m-%d %H:%M}" for name, time in at.items()}}


def steps(frame: pd.DataFrame, **options: Any) -> dict[int, dict[str, int]]:
    """How many were in which state from so many minutes before noon on; states that nothing is in left out."""
    found = states_over_time(frame, **options)
    minutes = [round((NOON - at).total_seconds() / 60) for at in found.pop("at")]
    counts = found.to_dict("records")
    return {
        minute: {str(state): n for state, n in count.items() if n}
        for minute, count in zip(minutes, counts, strict=True)
    }


def test_a_row_goes_from_submitted_to_running_to_its_final_state() -> None:
    assert steps(batch_jobs(row("Failed", 60, 50, 20))) == {60: {"Submitted": 1}, 50: {"Running": 1}, 20: {"Failed": 1}}


def test_all_known_states_are_columns_in_their_order_and_others_come_after_them() -> None:
    frame = batch_jobs(row("Archived", 60, None, None), row(None, 60, None, None), row("Success", 60, 50, 40))
    found = states_over_time(frame)
    assert list(found) == ["at", *STATES, "Archived", "no state"]
    assert found["at"].dtype == "datetime64[us, UTC]"
    assert set(found.dtypes.iloc[1:].astype(str)) == {"int64"}
    assert steps(frame)[60] == {"Submitted": 1, "Archived": 1, "no state": 1}


def test_several_rows_add_up() -> None:
    frame = batch_jobs(row("Success", 60, 50, 20), row("Success", 60, 40, 20), row("Failed", 50, 30, 10))
    assert steps(frame) == {
        60: {"Submitted": 2},
        50: {"Submitted": 2, "Running": 1},  # one goes, one comes
        40: {"Submitted": 1, "Running": 2},
        30: {"Running": 3},
        20: {"Running": 1, "Success": 2},
        10: {"Success": 2, "Failed": 1},
    }


def test_the_unfinished_keep_their_state_until_the_ledger_says() -> None:
    frame = batch_jobs(row("Running", 60, 50, 20), row("Submitted", 55, None, None))  # its end is none
    last = {"Submitted": 1, "Running": 1}
    assert steps(frame) == {60: {"Submitted": 1}, 55: {"Submitted": 2}, 50: last, 0: last}
    assert list(steps(frame, as_of="2026-03-01T11:50Z")) == [60, 55, 50, 10]
    assert list(steps(batch_jobs(row("Running", 60, 50, None), as_of=None))) == [60, 50]


def test_a_paused_row_is_so_since_its_start_or_creation() -> None:
    assert steps(batch_jobs(row("Pause", 60, 50, None)))[50] == {"Pause": 1}
    assert steps(batch_jobs(row("Pause", 60, None, None)))[60] == {"Pause": 1}


def test_what_ended_without_a_start_was_submitted_until_then() -> None:
    assert steps(batch_jobs(row("Cancel", 60, None, 20))) == {60: {"Submitted": 1}, 20: {"Cancel": 1}}


def test_what_lasts_no_time_leaves_no_step() -> None:
    assert steps(batch_jobs(row("Success", 60, 50, 50))) == {60: {"Submitted": 1}, 50: {"Success": 1}}
    assert steps(batch_jobs(row("Success", 60, 60, 60))) == {60: {"Success": 1}}
    leaves_and_comes = batch_jobs(row("Success", 60, 50, 20), row("Success", 50, 40, 20), row("Success", 50, 50, 20))
    assert list(steps(leaves_and_comes)) == [60, 50, 40, 20]


def test_times_in_the_wrong_order() -> None:
    assert steps(batch_jobs(row("Success", 60, 20, 40))) == {60: {"Submitted": 1}, 40: {"Success": 1}}
    assert steps(batch_jobs(row("Success", 20, 60, 40))) == {60: {"Running": 1}, 40: {"Success": 1}}
    assert steps(batch_jobs(row("Success", 40, 20, 60))) == {60: {"Success": 1}}


def test_what_has_no_usable_time_is_left_out_and_counted() -> None:
    frame = batch_jobs(row("Success", 60, 50, None), row("Submitted", None, None, None), row("Success", 60, 50, 20))
    assert states_over_time(frame).attrs["left_out"] == 2
    assert steps(frame)[20] == {"Success": 1}


def test_no_rows() -> None:
    found = states_over_time(batch_jobs())
    assert list(found) == ["at", *STATES]
    assert found.empty
    assert found.attrs["left_out"] == 0


def test_a_snapshot_is_asked_for_its_lowest_level() -> None:
    jobs = batch_jobs(row("Success", 60, 50, 20))
    pd.testing.assert_frame_equal(states_over_time(Snapshot(batch_jobs=jobs)), states_over_time(jobs))


def test_the_frame_is_left_as_it_was() -> None:
    frame = batch_jobs(row("Success", 60, 50, 20)).set_index("batch_job_id")
    before = frame.copy()
    states_over_time(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_what_it_needs() -> None:
    with pytest.raises(SchemaError, match="lacks started_at"):
        states_over_time(batch_jobs().drop(columns="started_at"))
    with pytest.raises(ConfigurationError, match="which zone"):
        states_over_time(batch_jobs(), as_of="2026-03-01")


def state_at(minute: int, case: tuple[str, int | None, int | None, int | None]) -> str | None:
    """In which state one row was at a minute before noon, by the definition; None if it was not there yet."""
    state, created, started, ended = case
    since = ended if state in TERMINAL else started if started is not None else created
    if since is None:
        return None
    if minute <= since:
        return state
    if state in TERMINAL and started is not None and minute <= started:
        return "Running"
    return "Submitted" if created is not None and minute <= created else None


TIMES = st.none() | st.integers(1, 12)
CASES = st.lists(st.tuples(st.sampled_from([*STATES, "Archived"]), TIMES, TIMES, TIMES), max_size=12)


@given(CASES)
def test_at_each_instant_the_counts_are_those_of_the_rows(
    cases: list[tuple[str, int | None, int | None, int | None]],
) -> None:
    frame = batch_jobs(*(row(*case) for case in cases))
    found = steps(frame)
    now: dict[str, int] = {}
    for minute in range(13, -1, -1):
        expected: dict[str, int] = {}
        for case in cases:
            state = state_at(minute, case)
            if state is not None:
                expected[state] = expected.get(state, 0) + 1
        if minute > 0:
            assert (minute in found) == (expected != now)
        now = found.get(minute, now)
        assert now == expected


@given(CASES)
def test_the_last_counts_are_the_state_counts(cases: list[tuple[str, int | None, int | None, int | None]]) -> None:
    placed = [case for case in cases if state_at(0, case)]
    frame = batch_jobs(*(row(*case) for case in placed))
    found = states_over_time(frame)
    expected = state_counts(frame)
    last = found.drop(columns="at").iloc[-1].tolist() if len(found) else [0] * len(expected)
    assert last == expected["n"].tolist()
