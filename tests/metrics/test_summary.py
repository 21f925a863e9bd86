from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics import duration_summary
from cijob_analysis.metrics.quantiles import linear_quantiles, sort_groups
from tests.builders import AS_OF, batch_jobs

QUANTILES = {f"p{percent}": Fraction(percent, 100) for percent in (50, 90, 95, 99)}
CREATED = pd.Timestamp("2026-03-01 00:00", tz="UTC")


def row(state: str, wait: float | None, run: float | None = None, *, group: str = "a") -> dict[str, Any]:
    """A batch job that was created at midnight, started `wait` and ended `run` seconds later."""
    started = None if wait is None else CREATED + pd.Timedelta(seconds=wait)
    ended = None if run is None else (CREATED if started is None else started) + pd.Timedelta(seconds=run)
    times = {"created_at": CREATED, "started_at": started, "ended_at": ended}
    texts = {name: None if time is None else str(time)[:-6] for name, time in times.items()}
    return {"state": state, "tag": group, **texts}


def summary_of(frame: pd.DataFrame, duration: str, **options: Any) -> dict[str, Any]:
    summary = duration_summary(frame, **options)
    (found,) = summary[summary["duration"] == duration].to_dict("records")
    return {str(name): value for name, value in found.items()}


def kaplan_meier(known: Sequence[int], censored: Sequence[int], q: Fraction) -> float:
    """The definition, slow and exact."""
    left = Fraction(1)
    for time in sorted(set(known)):
        at_risk = sum(value >= time for value in [*known, *censored])
        left *= 1 - Fraction(list(known).count(time), at_risk)
        if left <= 1 - q:
            return time
    return np.nan


def test_finished_ones_have_linear_quantiles() -> None:
    found = summary_of(batch_jobs(*(row("Success", 10, run) for run in (1, 2, 3, 4))), "run_time_s")
    assert (found["n"], found["censored"], found["method"]) == (4, 0, "linear")
    figures = [found[name] for name in ("p50", "p90", "p95", "p99", "max")]
    assert figures == pytest.approx([2.5, 3.7, 3.85, 3.97, 4])


def test_the_wait_of_a_running_one_is_known_and_its_run_is_censored() -> None:
    frame = batch_jobs(row("Running", 10), row("Success", 20, 5))
    wait, run = summary_of(frame, "queue_wait_s"), summary_of(frame, "run_time_s")
    assert (wait["n"], wait["censored"], wait["method"], wait["p50"]) == (2, 0, "linear", 15)
    assert (run["n"], run["censored"], run["method"], run["p50"]) == (1, 1, "Kaplan–Meier", 5)
    assert np.isnan(run["p90"])
    assert run["max"] == 5


def test_what_has_not_started_has_no_run_time_under_way() -> None:
    frame = batch_jobs(row("Submitted", None), row("Success", 20, 5))
    run, wait = summary_of(frame, "run_time_s"), summary_of(frame, "queue_wait_s")
    assert (run["n"], run["censored"], run["method"]) == (1, 0, "linear")
    assert (wait["n"], wait["censored"], wait["method"]) == (1, 1, "Kaplan–Meier")


@pytest.mark.parametrize("state", ["Cancel", "Failed"])
def test_the_wait_of_what_gave_up_waiting_is_censored_at_its_end(state: str) -> None:
    # At 30 s one of the two that were still there started: half of them had to wait longer.
    frame = batch_jobs(row(state, None, 20), row("Success", 10, 1), row("Success", 30, 1), row("Success", 40, 1))
    wait = summary_of(frame, "queue_wait_s", as_of=None)
    assert (wait["n"], wait["censored"], wait["method"]) == (3, 1, "Kaplan–Meier")
    assert (wait["p50"], wait["p90"]) == (30, 40)


def test_what_says_nothing_about_its_wait_is_left_out() -> None:
    frame = batch_jobs(row("Success", None, 20), row("Cancel", None))
    wait = summary_of(frame, "queue_wait_s")
    assert (wait["n"], wait["censored"]) == (0, 0)
    assert np.isnan(wait["p50"])


def test_nobody_knows_when_it_was_true() -> None:
    frame = batch_jobs(row("Running", 10), row("Success", 20, 5), row("Success", 20, 7), as_of=None)
    run = summary_of(frame, "run_time_s")
    assert (run["n"], run["censored"], run["p50"]) == (2, 1, 6)
    assert run["method"] == "linear, unfinished left out"
    assert summary_of(frame, "run_time_s", as_of=AS_OF)["method"] == "Kaplan–Meier"


def test_a_row_for_each_group_and_duration() -> None:
    frame = batch_jobs(row("Success", 1, 2, group="b"), row("Failed", 3, 4), row("Success", 5, 6, group="b"), {})
    summary = duration_summary(frame, by="tag")
    assert list(summary)[:4] == ["tag", "duration", "n", "censored"]
    assert list(summary)[4:] == ["p50", "p90", "p95", "p99", "max", "method"]
    assert summary["tag"].fillna("none").tolist() == ["a"] * 3 + ["b"] * 3 + ["none"] * 3
    assert summary["duration"].tolist() == ["queue_wait_s", "run_time_s", "turnaround_s"] * 3
    assert summary["p50"].tolist()[:6] == [3, 4, 7, 3, 4, 7]
    assert summary["n"].tolist() == [1, 1, 1, 2, 2, 2, 0, 0, 0]
    assert (summary.dtypes.iloc[2:4] == "int64").all()
    assert (summary.dtypes.iloc[4:9] == "float64").all()


def test_by_state() -> None:
    frame = batch_jobs(row("Success", 1, 2), row("Failed", 3, 4))
    assert duration_summary(frame, by=["state"])["state"].tolist() == ["Success"] * 3 + ["Failed"] * 3


def test_no_rows() -> None:
    summary = duration_summary(batch_jobs())
    assert summary["n"].tolist() == [0, 0, 0]
    assert summary["p50"].isna().all()
    assert summary["method"].tolist() == ["linear"] * 3
    pd.testing.assert_series_equal(duration_summary(batch_jobs(), by="tag").dtypes[1:], summary.dtypes)


def test_a_naive_as_of_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="which zone"):
        duration_summary(batch_jobs(), as_of="2026-03-01")


CASES = st.lists(st.tuples(st.integers(-3, 12), st.booleans(), st.sampled_from("abc")), max_size=30)


@given(CASES)
def test_quantiles_are_those_of_the_definitions(cases: list[tuple[int, bool, str]]) -> None:
    as_of = CREATED + pd.Timedelta(days=1)
    frame = batch_jobs(
        *(
            row("Success", 0, seconds, group=group) if is_known else row("Running", 86_400 - seconds, group=group)
            for seconds, is_known, group in cases
        )
    )
    summary = duration_summary(frame, by="tag", as_of=as_of)
    for found in summary[summary["duration"] == "run_time_s"].to_dict("records"):
        known = [seconds for seconds, is_known, group in cases if is_known and group == found["tag"]]
        censored = [seconds for seconds, is_known, group in cases if not is_known and group == found["tag"]]
        assert (found["n"], found["censored"]) == (len(known), len(censored))
        assert found["max"] == pytest.approx(max(known, default=np.nan), nan_ok=True)
        for name, q in QUANTILES.items():
            expected = kaplan_meier(known, censored, q) if censored else np.quantile(known, float(q))
            assert found[name] == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(-(2**61), 2**61), st.booleans()), max_size=20),
    st.sampled_from([1, 2**40]),
)
def test_values_are_sorted_in_their_groups_however_far_apart(cases: list[tuple[int, int, bool]], scale: int) -> None:
    codes = np.array([code for code, _, _ in cases], np.intp)
    values = np.array([value for _, value, _ in cases], np.int64)
    flags = np.array([flag for _, _, flag in cases], bool)
    values //= scale
    found = sort_groups(codes, values, flags, 4)
    expected = sorted(zip(codes.tolist(), values.tolist(), flags.tolist(), strict=True))
    assert found.values.tolist() == [value for _, value, _ in expected]
    assert found.is_censored.tolist() == [flag for _, _, flag in expected]
    assert found.offsets.tolist() == [0, *np.cumsum(np.bincount(codes, minlength=4))]


def test_quantiles_of_one_value_are_that_value() -> None:
    one = sort_groups(np.array([1]), np.array([7]), np.array([False]), 2)
    assert linear_quantiles(one, np.array([0.0, 0.5, 1.0])).tolist()[1] == [7, 7, 7]


@pytest.mark.parametrize(("duration", "found"), [
    ("run_time_s", ["run_time_s"]),
    (["turnaround_s", "queue_wait_s"], ["queue_wait_s", "turnaround_s"]),
    (None, ["queue_wait_s", "run_time_s", "turnaround_s"]),
])  # fmt: skip
def test_only_the_durations_that_are_asked_for(duration: Any, found: list[str]) -> None:
    frame = batch_jobs(row("Success", 10, 20), row("Running", 5, group="b"))
    summary = duration_summary(frame, by="tag", duration=duration)
    assert summary["duration"].tolist() == found * 2
    whole = duration_summary(frame, by="tag")
    kept = whole[whole["duration"].isin(found)].reset_index(drop=True)
    pd.testing.assert_frame_equal(summary, kept)


def test_only_durations_that_there_are() -> None:
    with pytest.raises(ConfigurationError, match="duration='run_time' is none of queue_wait_s, run_time_s"):
        duration_summary(batch_jobs(), duration="run_time")
