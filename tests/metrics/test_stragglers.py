from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.metrics.straggling import stragglers
from cijob_analysis.snapshot import Snapshot

BEGIN = pd.Timestamp("2026-03-01 00:00", tz="UTC")
NOW = BEGIN + pd.Timedelta(hours=10)


def tasks(run_s: Any, *, state: Any = "Success", **cells: Any) -> pd.DataFrame:
    """Tasks that started at midnight and ran for `run_s` seconds; those that run still began so long before 10:00."""
    run_s = np.asarray(run_s, float)
    frame = pd.DataFrame({"run_s": run_s, "state": state, **cells})
    is_over = frame["state"].isin(schema.TERMINAL)
    lasts = pd.to_timedelta(run_s, unit="s")
    started = pd.Series(BEGIN, frame.index).where(is_over, NOW - lasts)
    return pd.DataFrame(
        {
            "task_id": [f"j{number}" for number in range(len(frame))],
            "task_type": "Transcode",
            "node": "T",
            "template_id": "t1",
            **{name: frame[name] for name in cells},
            "state": frame["state"].astype(pd.CategoricalDtype(list(schema.STATES))),
            "object_key": [f"{number}.mp4" for number in range(len(frame))],
            "created_at": started,
            "started_at": started,
            "ended_at": (started + lasts).where(is_over),
        }
    )


USUAL = [50, 55, 58, 60, 60, 60, 62, 65, 70, 75]


def test_a_task_far_beyond_the_others_is_found_and_how_far() -> None:
    found = stragglers(tasks([*USUAL, 600]))
    assert list(found) == [
        "task_id",
        "task_type",
        "node",
        "template_id",
        "state",
        "object_key",
        "run_time_s",
        "typical_s",
        "times",
        "score",
        "is_censored",
        "n",
    ]
    (row,) = found.to_dict("records")
    assert (row["task_id"], row["object_key"], row["run_time_s"], row["typical_s"]) == ("j10", "10.mp4", 600, 60)
    assert (row["times"], row["is_censored"], row["n"]) == (10, False, 11)
    logs = np.log([*USUAL, 600])
    deviation = np.median(np.abs(logs - np.median(logs)))
    assert row["score"] == pytest.approx(0.6745 * np.log(10) / deviation, rel=1e-6)


def test_the_short_ones_are_none() -> None:
    assert stragglers(tasks([*USUAL, 1])).empty


def test_a_running_one_is_a_straggler_as_soon_as_it_has_run_so_long() -> None:
    frame = tasks([*USUAL, 600, 61], state=["Success"] * 10 + ["Running"] * 2)
    found = stragglers(frame, as_of=NOW.to_pydatetime())
    assert found[["task_id", "is_censored", "run_time_s", "n"]].to_dict("records") == [
        {"task_id": "j10", "is_censored": True, "run_time_s": 600, "n": 10}
    ]
    assert stragglers(frame).empty


def test_tasks_are_compared_with_their_like_only() -> None:
    frame = tasks([*USUAL * 3, *(20 * one for one in USUAL)], node=["A"] * 30 + ["B"] * 10)
    assert stragglers(frame).empty
    assert len(stragglers(frame, by="task_type")) == 10
    assert len(stragglers(frame, by=None)) == 10


def test_equal_tasks_need_more_than_what_rounding_makes() -> None:
    assert stragglers(tasks([2] * 20 + [3])).empty
    assert stragglers(tasks([60] * 20 + [61, 62])).empty
    assert stragglers(tasks([60] * 20 + [90]))["task_id"].tolist() == ["j20"]
    assert stragglers(tasks([0] * 20 + [30]))["times"].tolist() == [60]  # an immediate task takes half a second


def test_small_groups_and_cancelled_and_failed_tasks() -> None:
    assert stragglers(tasks([*USUAL[:8], 600])).empty
    assert len(stragglers(tasks([*USUAL[:8], 600]), min_n=5)) == 1
    assert stragglers(tasks([*USUAL, 600], state=["Success"] * 10 + ["Cancel"])).empty
    late = stragglers(tasks([*USUAL, 600, 1, 1], state=["Success"] * 10 + ["Failed"] * 3))
    assert late[["state", "n"]].to_dict("records") == [{"state": "Failed", "n": 10}]


def test_waits_too() -> None:
    frame = tasks([*USUAL, 600])
    frame["started_at"], frame["ended_at"] = frame["ended_at"], frame["ended_at"] + pd.Timedelta(seconds=1)
    assert stragglers(frame, duration="queue_wait_s")["queue_wait_s"].tolist() == [600]


@pytest.mark.parametrize("seed", range(5))
def test_planted_stragglers_are_found_and_few_others(seed: int) -> None:
    random = np.random.default_rng(seed)
    n = 5_000
    kind = random.integers(0, 4, n)
    run_s = np.array([5, 20, 60, 300])[kind] * random.lognormal(0, 0.4, n)
    planted = random.random(n) < 0.006
    run_s[planted] *= 12
    frame = tasks(np.ceil(run_s), node=[f"node {number}" for number in kind])
    found = stragglers(frame)["task_id"].str[1:].astype(int).to_numpy()
    is_found = np.zeros(n, bool)
    is_found[found] = True
    assert is_found[planted].mean() >= 0.95
    assert is_found[~planted].mean() < 0.005


def test_groups_that_lack_a_value_and_snapshots() -> None:
    frame = tasks([*USUAL, 600], node=[None] * 11)
    assert len(stragglers(frame)) == 1
    assert len(stragglers(Snapshot(tasks=frame, as_of=NOW.to_pydatetime()))) == 1


def test_no_row_and_odd_rows() -> None:
    empty = stragglers(schema.empty(schema.TASKS))
    assert empty.empty
    assert list(empty)[:4] == ["task_id", "run_id", "batch_job_id", "workflow_id"]
    odd = tasks([*USUAL, 600, -5, 7], state=["Success"] * 12 + [None])
    odd.loc[0, "ended_at"] = pd.NaT
    before = odd.copy(deep=True)
    assert stragglers(odd, min_n=9)["task_id"].tolist() == ["j10"]
    pd.testing.assert_frame_equal(odd, before)


def test_bad_arguments() -> None:
    frame = tasks(USUAL)
    with pytest.raises(SchemaError, match="colour"):
        stragglers(frame, by="colour")
    with pytest.raises(ConfigurationError, match="duration='run'"):
        stragglers(frame, duration="run")
    with pytest.raises(ConfigurationError, match="min_n=1"):
        stragglers(frame, min_n=1)


@given(st.lists(st.tuples(st.integers(0, 900), st.sampled_from("ab")), max_size=30))
def test_scores_are_those_of_the_definition(cases: list[tuple[int, str]]) -> None:
    frame = tasks([seconds for seconds, _ in cases], node=[node for _, node in cases])
    found = stragglers(frame, min_n=2, threshold=0.5)
    expected: dict[str, float] = {}
    for node in "ab":
        own = [(number, seconds) for number, (seconds, name) in enumerate(cases) if name == node]
        if len(own) < 2:
            continue
        typical = float(np.median([seconds for _, seconds in own]))
        middle = np.log(max(typical, 0.5))
        logs = {number: np.log(max(seconds, 0.5)) for number, seconds in own}
        deviation = np.median([abs(log - middle) for log in logs.values()])
        scale = max(deviation, np.log1p(0.5 / max(typical, 0.5)))
        expected |= {f"j{number}": 0.6745 * (log - middle) / scale for number, log in logs.items()}
    is_there = {task: score for task, score in expected.items() if score > 0.5 + 1e-6}
    scores = dict(zip(found["task_id"], found["score"], strict=True))
    assert set(is_there) <= set(scores)
    assert all(score == pytest.approx(expected[task], rel=1e-5, abs=1e-6) for task, score in scores.items())
    assert found["score"].is_monotonic_decreasing
