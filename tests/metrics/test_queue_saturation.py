from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.metrics.queues.saturation import queue_saturation
from cijob_analysis.snapshot import Snapshot
from tests.metrics.queue_tasks import MIDNIGHT, clock, queues, task, tasks

LAST = 40
TIME_COLUMNS = ("created_at", "started_at", "ended_at")
FIGURES = [
    "n", "n_odd", "cap", "cap_is_observed", "span_s", "at_cap_s", "at_cap_share", "busy", "max_running", "max_queued",
    "wait_total_s", "wait_at_cap_s", "wait_other_s", "mean_in_system", "arrivals_per_s", "mean_turnaround_s",
    "little_error",
]  # fmt: skip


def the_queue(frame: pd.DataFrame, **options: Any) -> dict[str, Any]:
    (row,) = queue_saturation(frame, **options).to_dict("records")
    return {str(name): value for name, value in row.items()}


def test_what_waits_while_the_queue_is_full_waits_because_of_the_cap() -> None:
    # One place: the second task waits for it, then somebody lets the third one wait though the place is free.
    found = the_queue(tasks(task(0, 0, 10), task(4, 10, 20), task(20, 26, 30)), cap=1)
    assert (found["at_cap_s"], found["span_s"], found["at_cap_share"]) == (24, 30, 0.8)
    assert (found["wait_total_s"], found["wait_at_cap_s"], found["wait_other_s"]) == (12, 6, 6)
    assert (found["busy"], found["max_running"], found["max_queued"]) == (0.8, 1, 1)
    assert not found["cap_is_observed"]


def test_littles_law_holds_when_all_has_ended() -> None:
    found = the_queue(tasks(task(0, 0, 10), task(4, 10, 20), task(20, 26, 30)))
    assert found["mean_in_system"] == pytest.approx((24 + 12) / 30)
    assert found["arrivals_per_s"] == pytest.approx(3 / 30)
    assert found["mean_turnaround_s"] == pytest.approx((10 + 16 + 10) / 3)
    assert found["little_error"] == pytest.approx(0, abs=1e-12)


def test_unfinished_ones_show_in_littles_law() -> None:
    found = the_queue(tasks(task(0, 0, 10), task(0, 0, state="Running"), as_of=20))
    assert found["mean_turnaround_s"] == 10
    assert found["mean_in_system"] == 1.5
    assert found["little_error"] == pytest.approx(0.5 / 1.5)


def test_nobody_gave_a_cap_so_the_most_at_once_is_it() -> None:
    found = the_queue(tasks(task(0, 0, 10), task(0, 5, 10), task(0, 10, 20)))
    assert (found["cap"], found["cap_is_observed"], found["at_cap_s"]) == (2, True, 5)


def test_a_queue_in_which_nothing_ran_has_no_cap_to_be_seen() -> None:
    found = the_queue(tasks(task(0, state="Submitted"), as_of=10))
    assert pd.isna(found["cap"])
    assert np.isnan(found["busy"])
    assert (found["at_cap_s"], found["wait_other_s"], found["max_queued"]) == (0, 10, 1)


def test_caps_come_from_the_argument_then_from_the_queues_then_from_what_is_seen() -> None:
    frame = tasks(*(task(0, 0, 10, queue=queue) for queue in ("p1", "p2", "p3", "p4")))
    found = queue_saturation(frame, cap={"p1": 5}, queues=queues(p1=7, p2=8, p3=None))
    assert found["queue_id"].tolist() == ["p1", "p2", "p3", "p4"]
    assert found["cap"].tolist() == [5, 8, 1, 1]
    assert found["cap_is_observed"].tolist() == [False, False, True, True]
    assert found["busy"].tolist() == [1 / 5, 1 / 8, 1, 1]


def test_tasks_that_do_not_say_their_queue_are_one_group() -> None:
    found = queue_saturation(tasks(task(0, 0, 10, queue=None), task(0, 0, 5)), cap={None: 2, "p1": 1})
    assert found["queue_id"].isna().tolist() == [False, True]
    assert found["cap"].tolist() == [1, 2]


def test_queues_may_be_told_apart_by_more_than_their_id() -> None:
    frame = tasks(task(0, 0, 10, task_type="Transcode"), task(0, 0, 10, task_type="Snapshot"))
    found = queue_saturation(frame, by=["queue_id", "task_type"], cap={("p1", "Snapshot"): 3}, queues=queues(p1=2))
    assert found["cap"].tolist() == [3, 2]


def test_all_tasks_may_be_one_queue() -> None:
    found = the_queue(tasks(task(0, 0, 10, queue="p1"), task(0, 0, 5, queue="p2")), by=None, cap=2)
    assert (found["n"], found["at_cap_s"]) == (2, 5)


def test_more_than_the_cap_may_run() -> None:
    found = the_queue(tasks(task(0, 0, 10), task(0, 0, 10)), cap=1)
    assert (found["at_cap_share"], found["busy"]) == (1, 2)


def test_what_is_under_way_counts_until_the_frame_was_true_or_else_the_last_event() -> None:
    rows = task(0, 0, 10), task(0, 2, state="Running"), task(4, state="Submitted")
    frame = tasks(*rows)
    assert the_queue(frame)["span_s"] == 10
    assert the_queue(frame)["wait_total_s"] == 2 + 6
    assert the_queue(frame, as_of=clock(12))["wait_total_s"] == 2 + 8
    assert the_queue(tasks(*rows, as_of=12))["busy"] == pytest.approx((10 + 10) / 12 / 2)
    frame.attrs = {}
    (row,) = queue_saturation(Snapshot(tasks=frame, as_of=clock(12))).to_dict("records")
    assert row["span_s"] == 12


def test_odd_times_are_counted() -> None:
    rows = task(None, 0, 5), task(0, 0, None), task(5, 3, 8), task(0, 4, 2), task(0, None, 3, state="Cancel")
    found = the_queue(tasks(*rows))
    assert (found["n"], found["n_odd"]) == (5, 4)
    assert found["wait_total_s"] == 4 + 3


def test_no_rows() -> None:
    found = queue_saturation(tasks())
    assert list(found) == ["queue_id", *FIGURES]
    assert len(found) == 0
    full = queue_saturation(tasks(task(0, 0, 1)))
    pd.testing.assert_series_equal(found.dtypes[1:], full.dtypes[1:])
    assert str(full["cap"].dtype) == "Int64"
    nothing = the_queue(tasks(task(None, state="Submitted")))
    assert (nothing["n"], nothing["n_odd"], nothing["span_s"]) == (1, 1, 0)
    assert np.isnan(nothing["at_cap_share"])


@pytest.mark.parametrize("cap", [0, -1, 1.5, True, "5", None, float("nan")])
def test_a_cap_that_is_none_is_refused(cap: Any) -> None:
    with pytest.raises(ConfigurationError, match="'p1': give how many tasks run at once"):
        queue_saturation(tasks(task(0, 0, 1)), cap={"p1": cap})


def test_a_queue_without_a_cap_is_never_at_it() -> None:
    with pytest.raises(ConfigurationError, match="leave it out"):
        queue_saturation(tasks(task(0, 0, 1)), cap=float("inf"))


def test_caps_of_queues_need_queues() -> None:
    with pytest.raises(ConfigurationError, match="by needs queue_id"):
        queue_saturation(tasks(task(0, 0, 1)), queues=queues(p1=1), by=None)


def test_missing_columns_are_named() -> None:
    with pytest.raises(SchemaError, match="max_concurrent"):
        queue_saturation(tasks(task(0, 0, 1)), queues=pd.DataFrame({"queue_id": ["p1"]}))
    with pytest.raises(SchemaError, match="queue_id"):
        queue_saturation(tasks(task(0, 0, 1)).drop(columns="queue_id"))


TIMES = st.integers(0, LAST)
ROWS = st.builds(
    lambda at, state, queue: task(
        *(at if state in ("Success", "Failed") else [*at[:2], None]), state=state, queue=queue
    ),
    st.tuples(TIMES, TIMES, TIMES).map(sorted),
    st.sampled_from(["Success", "Failed", "Running"]),
    st.sampled_from(["p1", "p2", None]),
)
WAITING = st.builds(
    lambda at, state: task(at[0], None, at[1] if state == "Cancel" else None, state=state),
    st.tuples(TIMES, TIMES).map(sorted),
    st.sampled_from(["Submitted", "Cancel", "Pause"]),
)


@settings(max_examples=35)
@given(st.lists(ROWS | WAITING, min_size=1, max_size=12), st.integers(1, 3))
def test_the_integrals_are_those_of_counting_second_by_second(rows: list[dict[str, Any]], cap: int) -> None:
    frame = tasks(*rows, as_of=LAST)
    for found in queue_saturation(frame, cap=cap).to_dict("records"):
        mine = frame[frame["queue_id"].fillna("") == ("" if pd.isna(found["queue_id"]) else found["queue_id"])]
        running, queued = np.zeros(LAST, int), np.zeros(LAST, int)
        times = [(mine[name] - MIDNIGHT).dt.total_seconds().fillna(LAST).astype(int) for name in TIME_COLUMNS]
        for created, started, ended in zip(*times, strict=True):
            queued[created : min(started, ended)] += 1
            running[started:ended] += 1
        at_cap = running >= cap
        span = times[2].max() - times[0].min()
        assert (found["span_s"], found["at_cap_s"]) == (span, at_cap.sum())
        assert (found["max_running"], found["max_queued"]) == (running.max(), queued.max())
        assert (found["wait_total_s"], found["wait_at_cap_s"]) == (queued.sum(), queued[at_cap].sum())
        assert found["wait_other_s"] == queued[~at_cap].sum()
        if span:
            assert found["busy"] == pytest.approx(running.sum() / span / cap)
            assert found["mean_in_system"] == pytest.approx((running + queued).sum() / span)
        finished = mine["ended_at"].notna()
        if finished.all() and found["mean_in_system"] > 0:
            assert found["little_error"] == pytest.approx(0, abs=1e-9)


def test_the_frame_stays_as_it_is() -> None:
    frame = tasks(task(4, 10, 20), task(0, 0, 10), as_of=30)
    before = frame.copy(deep=True)
    queue_saturation(frame)
    pd.testing.assert_frame_equal(frame, before)
