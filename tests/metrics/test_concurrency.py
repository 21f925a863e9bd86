from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics import concurrency, concurrency_summary
from tests.builders import batch_jobs

CREATED = {"state": "Success", "created_at": "2026-03-01 00:00"}
TWO = (
    {**CREATED, "started_at": "2026-03-01 00:10", "ended_at": "2026-03-01 00:30"},
    {**CREATED, "started_at": "2026-03-01 00:20", "ended_at": "2026-03-01 00:40"},
)


def steps(frame: pd.DataFrame) -> list[tuple[str, int]]:
    return [(f"{at:%H:%M}", n) for at, n in zip(frame["at"], frame["n"], strict=True)]


def test_running_steps_up_and_down() -> None:
    found = concurrency(batch_jobs(*TWO))
    assert steps(found) == [("00:10", 1), ("00:20", 2), ("00:30", 1), ("00:40", 0)]
    assert found.dtypes.astype(str).to_dict() == {"at": "datetime64[us, UTC]", "n": "int64"}


def test_waiting_ends_where_running_begins() -> None:
    assert steps(concurrency(batch_jobs(*TWO), of="queued")) == [("00:00", 2), ("00:10", 1), ("00:20", 0)]
    assert steps(concurrency(batch_jobs(*TWO), of="unfinished")) == [("00:00", 2), ("00:30", 1), ("00:40", 0)]


def test_what_ends_when_another_starts_does_not_overlap_with_it() -> None:
    times = ["2026-03-01 00:00", "2026-03-01 00:10", "2026-03-01 00:20"]
    rows = [{"state": "Success", "started_at": begin, "ended_at": end} for begin, end in pairwise(times)]
    assert steps(concurrency(batch_jobs(*rows))) == [("00:00", 1), ("00:20", 0)]


def test_what_lasts_no_time_is_never_there() -> None:
    instant = {"state": "Success", "started_at": "2026-03-01 00:00", "ended_at": "2026-03-01 00:00"}
    backwards = {"state": "Success", "started_at": "2026-03-01 01:00", "ended_at": "2026-03-01 00:00"}
    assert steps(concurrency(batch_jobs(instant, backwards))) == []


def test_what_runs_is_counted_until_the_frame_was_true() -> None:
    running = {
        "state": "Running", "created_at": "2026-03-01 00:00", "started_at": "2026-03-01 00:05",
        "ended_at": "2026-03-01 00:06",  # the service says so, and means nothing by it
    }  # fmt: skip
    frame = batch_jobs(running)
    frame.attrs = {}
    assert steps(concurrency(frame)) == [("00:05", 1)]
    assert steps(concurrency(frame, as_of="2026-03-01T00:30+00:00")) == [("00:05", 1), ("00:30", 0)]


def test_what_was_cancelled_while_it_waited_waited_until_then() -> None:
    row = {"state": "Cancel", "created_at": "2026-03-01 00:00", "started_at": None, "ended_at": "2026-03-01 00:07"}
    assert steps(concurrency(batch_jobs(row), of="queued")) == [("00:00", 1), ("00:07", 0)]


def test_each_group_has_steps_of_its_own() -> None:
    rows: list[dict[str, Any]] = [{**TWO[0], "tag": "Transcode"}, {**TWO[1], "tag": None}]
    found = concurrency(batch_jobs(*rows), by="tag")
    assert found["tag"].fillna("none").tolist() == ["Transcode", "Transcode", "none", "none"]
    assert steps(found) == [("00:10", 1), ("00:30", 0), ("00:20", 1), ("00:40", 0)]


@pytest.mark.parametrize("second", ["00:00:00", "00:00:00.000001"])
def test_whole_seconds_and_others_are_counted_alike(second: str) -> None:
    """The former by an array of seconds, the latter by sorting."""
    rows = [
        {"state": "Success", "started_at": f"2026-03-01 {second}", "ended_at": f"2026-03-01 00:00:0{1 + number % 3}"}
        for number in range(9)
    ]
    found = concurrency(batch_jobs(*rows))
    assert found["n"].tolist() == [9, 6, 3, 0]
    assert found["at"].dt.second.tolist() == [0, 1, 2, 3]


def test_centuries_apart_and_many_groups_are_not_too_much() -> None:
    """So that group and time do not fit into one integer."""
    rows = [
        {"state": "Success", "name": f"{number:06}", "started_at": f"{1700 + number % 500}-01-01 00:00:00.000001",
         "ended_at": "2262-01-01 00:00"}
        for number in range(400)
    ]  # fmt: skip
    found = concurrency(batch_jobs(*rows), by="name")
    assert found["n"].tolist() == [1, 0] * 400
    assert found["at"].dt.year.tolist()[:4] == [1700, 2262, 1701, 2262]


def test_the_summary_adds_up_the_steps() -> None:
    found = concurrency_summary(batch_jobs(*TWO)).iloc[0]
    assert (found["max"], found["area_s"], found["open"]) == (2, 2 * 1200.0, 0)
    assert found["mean"] == 2400 / 1800
    assert (f"{found['first_at']:%H:%M}", f"{found['last_at']:%H:%M}") == ("00:10", "00:40")


def test_the_summary_of_nothing() -> None:
    found = concurrency_summary(batch_jobs())
    assert (len(found), found["max"][0], found["area_s"][0]) == (1, 0, 0.0)
    assert np.isnan(found["mean"][0])
    assert found["first_at"].isna().all()
    assert len(concurrency(batch_jobs())) == 0
    assert len(concurrency_summary(batch_jobs(), by="tag")) == 0


def test_what_never_ends_is_said() -> None:
    frame = batch_jobs({**TWO[0], "state": "Running"}, TWO[1])
    frame.attrs = {}
    found = concurrency_summary(frame).iloc[0]
    assert (found["max"], found["open"], found["area_s"]) == (2, 1, 600 + 2 * 1200)


def test_only_what_there_is_can_be_counted() -> None:
    with pytest.raises(ConfigurationError, match=r"of='waiting' is none of running, queued, unfinished"):
        concurrency(batch_jobs(), of="waiting")
