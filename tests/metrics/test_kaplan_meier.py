"""Our Kaplan–Meier quantiles against those of lifelines, an independent implementation."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import qth_survival_times

from cijob_analysis.metrics.quantiles import kaplan_meier_quantiles, sort_groups, survival
from cijob_analysis.metrics.summary import QUANTILES, duration_summary
from tests.builders import batch_jobs

BEGIN = pd.Timestamp("2026-03-01 00:00", tz="UTC")
NOW = BEGIN + pd.Timedelta(days=1)

CASES = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=40)
"""Seconds, with many ties, and whether each is censored."""


def fitted(cases: list[tuple[int, bool]]) -> KaplanMeierFitter:
    return KaplanMeierFitter().fit([seconds for seconds, _ in cases], [not censored for _, censored in cases])


@settings(deadline=None)
@given(CASES)
def test_survival_is_that_of_lifelines(cases: list[tuple[int, bool]]) -> None:
    values, is_censored = np.array([one for one, _ in cases]), np.array([one for _, one in cases])
    ordered = sort_groups(np.zeros(len(cases), np.intp), values, is_censored, 1)
    left = survival(ordered.is_censored)
    is_last = np.append(ordered.values[1:] != ordered.values[:-1], True)  # after all of one time
    theirs = fitted(cases).survival_function_["KM_estimate"]
    np.testing.assert_allclose(left[is_last], theirs.loc[ordered.values[is_last]], rtol=1e-9, atol=1e-12)


@settings(deadline=None)
@given(CASES, st.lists(st.integers(1, 999), min_size=1, max_size=5))
def test_quantiles_are_those_of_lifelines(cases: list[tuple[int, bool]], permille: list[int]) -> None:
    values, is_censored = np.array([one for one, _ in cases]), np.array([one for _, one in cases])
    ordered = sort_groups(np.zeros(len(cases), np.intp), values, is_censored, 1)
    model = fitted(cases)
    probabilities = [one / 1000 for one in permille if not _is_on_a_step(model, 1 - one / 1000)]
    found = kaplan_meier_quantiles(ordered.values, ordered.is_censored, np.array(probabilities))
    theirs = [float(qth_survival_times(1 - one, model.survival_function_)) for one in probabilities]
    assert found.tolist() == pytest.approx([np.nan if np.isinf(one) else one for one in theirs], nan_ok=True)


def _is_on_a_step(model: KaplanMeierFitter, left: float) -> bool:
    """Whether rounding decides: `left` is on a level of the estimate but for the last bits."""
    return bool(np.isclose(model.survival_function_["KM_estimate"], left, rtol=0, atol=1e-9).any())


@settings(deadline=None, max_examples=50)
@given(CASES)
def test_the_summary_is_that_of_lifelines(cases: list[tuple[int, bool]]) -> None:
    frame = batch_jobs(*(_row(seconds, censored) for seconds, censored in cases))
    summary = duration_summary(frame, as_of=NOW.to_pydatetime()).set_index("duration").loc["run_time_s"]
    assert (summary["n"], summary["censored"]) == (sum(not one for _, one in cases), sum(one for _, one in cases))
    if summary["method"] != "Kaplan–Meier":
        return
    model = fitted(cases)
    for name, q in QUANTILES.items():
        if not _is_on_a_step(model, 1 - q):
            theirs = float(qth_survival_times(1 - q, model.survival_function_))
            assert summary[name] == pytest.approx(np.nan if np.isinf(theirs) else theirs, rel=1e-9, nan_ok=True)


def _row(seconds: int, censored: bool) -> dict[str, str | None]:
    """A batch job that ran so long, or has run so long until `NOW`."""
    started = NOW - pd.Timedelta(seconds=seconds) if censored else BEGIN
    ended = None if censored else str(BEGIN + pd.Timedelta(seconds=seconds))[:-6]
    text = str(started)[:-6]
    return {
        "state": "Running" if censored else "Success",
        "created_at": text,
        "started_at": text,
        "ended_at": ended,
    }


def test_a_step_that_a_quantile_is_on_counts() -> None:
    # Half of four are left after 2 s: that is the median, whatever the rounding of the product of survivals.
    ordered = sort_groups(np.zeros(4, np.intp), np.array([1, 2, 3, 4]), np.zeros(4, bool), 1)
    assert kaplan_meier_quantiles(ordered.values, ordered.is_censored, np.array([0.25, 0.5, 0.75])).tolist() == [
        1,
        2,
        3,
    ]
    assert (
        float(qth_survival_times(0.5, fitted([(1, False), (2, False), (3, False), (4, False)]).survival_function_)) == 2
    )
