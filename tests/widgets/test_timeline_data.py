"""What a page is given to draw the bars of a frame."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis import ConfigurationError, SchemaError, schema
from cijob_analysis.widgets.timeline_data import (
    NO_START,
    bands,
    facts,
    instant_of,
    lanes_of,
    looks,
    offset_s,
    offsets_of,
    timeline_data,
)
from tests.builders import batch_jobs, many_batch_jobs
from tests.widgets.worlds import rows, small_snapshot

DAY_MS = 86_400_000
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
AS_OF = BEGIN + timedelta(seconds=100)
seconds_or_none = st.none() | st.integers(0, 90)
a_row = st.fixed_dictionaries(
    {
        "state": st.sampled_from([*schema.STATES, "Frozen", None]),
        "created_at": seconds_or_none,
        "started_at": seconds_or_none,
        "ended_at": seconds_or_none,
    }
)


def drawn(frame: pd.DataFrame, as_of: datetime | str | None = None) -> list[tuple[int, Any, Any, Any, str | None]]:
    """Return row, begin, start and end [s after midnight] and state of each bar, in the order of the bars."""
    data = timeline_data(frame, as_of)
    unit_s, origin_s = data.unit_ms / 1_000, data.origin_ms / 1_000 - BEGIN.timestamp()
    begin, start, end = (values * unit_s + origin_s for values in (data.begin, data.start, data.end))
    start = np.where(data.start == NO_START, None, start)  # type: ignore[call-overload]
    states = [data.states[code] for code in data.state]
    return list(zip(data.rows.tolist(), begin.tolist(), start.tolist(), end.tolist(), states, strict=True))


def test_bars_are_those_of_the_frame_by_begin() -> None:
    frame = batch_jobs(
        {"state": "Success", "created_at": "2026-03-01 00:02", "started_at": "2026-03-01 00:03",
         "ended_at": "2026-03-01 00:05"},
        {"state": "Failed", "created_at": "2026-03-01 00:01", "started_at": "2026-03-01 00:01:00.250",
         "ended_at": "2026-03-01 00:01:00.750"},
        {"state": "Cancel", "created_at": "2026-03-01 00:02", "ended_at": "2026-03-01 00:04"},
    )  # fmt: skip
    assert drawn(frame) == [
        (1, 60, 60.25, 60.75, "Failed"),
        (0, 120, 180, 300, "Success"),
        (2, 120, None, 240, "Cancel"),
    ]


def test_what_is_unfinished_ends_when_the_frame_was_true() -> None:
    cells = {"created_at": "2026-03-01 00:00", "ended_at": "2026-03-01 00:00:05"}  # the service sends an end, too
    frame = batch_jobs(
        {"state": "Running", "started_at": "2026-03-01 00:00:02", **cells}, {"state": None, **cells}, as_of=AS_OF
    )
    assert [bar[3] for bar in drawn(frame)] == [100, 100]
    assert [bar[3] for bar in drawn(frame, "2026-03-01T00:00:30Z")] == [30, 30]
    data = timeline_data(frame)
    is_open = dict(zip(data.states, data.is_open, strict=True))
    assert (is_open["Running"], is_open[None], is_open["Success"]) == (True, True, False)
    assert data.until_ms == round(AS_OF.timestamp() * 1_000)
    assert timeline_data(frame.assign(state="Success")).until_ms is None
    frame.attrs = {}
    assert [bar[3] for bar in drawn(frame)] == [2, 2], "the last event, as nobody knows"
    assert "unfinished ones drawn up to the last event" in timeline_data(frame).remarks


@given(st.lists(a_row, max_size=8))
def test_each_row_with_a_time_has_the_bar_that_its_cells_say(cells: list[dict[str, Any]]) -> None:
    timed = {"created_at", "started_at", "ended_at"}
    frame = batch_jobs(
        *(
            {name: BEGIN + timedelta(seconds=value) if name in timed and value is not None else value
             for name, value in row.items()}
            for row in cells
        ),
        as_of=AS_OF,
    )  # fmt: skip
    expected = []
    for number, row in enumerate(cells):
        known = [time for time in (row["created_at"], row["started_at"]) if time is not None]
        if known:
            last = known[-1]  # its start, if it has one
            end = 100 if row["state"] not in schema.TERMINAL else max(row["ended_at"] or last, last)
            expected.append((number, min(known), row["started_at"], end, row["state"]))
    assert drawn(frame) == sorted(expected, key=lambda bar: bar[1])
    remarks = timeline_data(frame).remarks
    assert any("left out" in remark for remark in remarks) == (len(expected) < len(cells))


def test_many_bars_are_sorted_by_begin_and_then_as_in_the_frame() -> None:
    frame = many_batch_jobs(5_000)
    frame["created_at"] = frame["created_at"].dt.floor("1h")
    data = timeline_data(frame)
    assert data.rows.tolist() == frame["created_at"].argsort(kind="stable").tolist()
    assert [values.dtype for values in (data.begin, data.start, data.end, data.state)] == [np.uint32] * 3 + [np.uint8]


@pytest.mark.parametrize(("days", "unit_ms"), [(49, 1), (50, 10), (497, 10), (498, 100), (365 * 100, 1_000)])
def test_the_unit_is_the_finest_in_which_32_bits_are_enough(days: int, unit_ms: int) -> None:
    frame = batch_jobs(
        {"state": "Failed", "created_at": "1970-01-01 00:00:00.007"},
        {"state": "Failed", "created_at": datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=days)},
    )
    data = timeline_data(frame)
    assert (data.unit_ms, data.origin_ms) == (unit_ms, 7)
    assert days * DAY_MS - unit_ms < data.last_ms <= days * DAY_MS
    assert data.start.tolist() == [NO_START] * 2


def test_without_a_time_there_is_no_bar() -> None:
    for frame in (batch_jobs(), batch_jobs({"state": "Running", "ended_at": "2026-03-01 10:00"})):
        data = timeline_data(frame)
        assert (len(data.rows), data.until_ms, data.last_ms) == (0, None, 0)
        assert [len(values) for values in (data.begin, data.start, data.end, data.state)] == [0] * 4
        assert len(data.remarks) == len(frame)


def test_so_many_states_that_no_byte_holds_them_share_the_last_number() -> None:
    frame = many_batch_jobs(300)
    frame["state"] = pd.Categorical([f"S{number:03}" for number in range(300)])
    data = timeline_data(frame)
    assert len(data.states) == 81
    assert 3 * data.state.max() + 2 < 256
    n_named = sum(name in set(frame["state"]) for name in data.states)
    assert data.states[-1] == f"{300 - n_named} other states"
    assert np.bincount(data.state)[-1] == 300 - n_named
    assert data.is_open[-1]


@pytest.mark.parametrize(
    ("frame", "as_of", "error"),
    [
        (batch_jobs({}).drop(columns="started_at"), None, SchemaError),
        (batch_jobs({}), "2026-03-01 10:00", ConfigurationError),
        (batch_jobs({}), "soon", ConfigurationError),
    ],
)
def test_what_is_no_timeline_is_refused(frame: pd.DataFrame, as_of: str | None, error: type[Exception]) -> None:
    with pytest.raises(error):
        timeline_data(frame, as_of)


def test_states_look_as_in_the_pictures_and_a_wait_is_last() -> None:
    found = looks(["Failed", "Running", "Frozen", None])
    assert [look["name"] for look in found] == ["Failed", "Running", "Frozen", "no state", "wait"]
    assert [look["color"] for look in found[:2]] == ["#D55E00", "#56B4E9"]
    assert [bool(look["hatch"]) for look in found] == [True, True, True, True, False]
    assert found[3]["color"] != "white", "which would not be seen"


# ---------------------------------------------------------------------------------------------- lanes


def test_lanes_are_offered_where_the_frame_has_a_column_for_them() -> None:
    snapshot = small_snapshot()
    assert lanes_of(snapshot.tasks) == ["packed", "workflow", "queue", "node", "state"]
    assert lanes_of(snapshot.executions) == ["packed", "workflow", "state"]
    assert lanes_of(snapshot.batch_jobs) == ["packed", "workflow", "queue", "state"]


def test_bars_lie_in_the_band_of_their_group_and_the_small_groups_share_one() -> None:
    names = [f"{name}-{'n' * 40}" for name in "abcdefghijklmnopqrstuv" for _ in range(2)] + ["a-" + "n" * 40]
    cells: list[dict[str, object]] = [{"node": name} for name in names]
    tasks = rows("tasks", *cells, {})
    order = np.arange(len(tasks))[::-1]
    found = bands(tasks, order, "node")
    assert (len(found.labels), len(found.names)) == (21, 21)
    assert found.names[0] == names[0], "the largest is the first"
    assert found.labels[0] != names[0], "and called by less than its 42 letters"
    assert found.names[-1] == found.labels[-1] == "3 others"
    for row, code in zip(order, found.codes, strict=True):
        if code < 20:
            assert found.names[code] == names[row]
    assert (found.codes == 20).sum() == 2 + 2 + 1, "two nodes of two tasks, and the task without a node"


def test_bands_of_states_are_in_the_order_of_states() -> None:
    frame = batch_jobs({"state": "Frozen"}, {"state": "Failed"}, {"state": "Running"}, {"state": None})
    found = bands(frame, np.arange(4), "state")
    assert [found.names[code] for code in found.codes] == ["Frozen", "Failed", "Running", "no state"]
    assert [name for name in found.names if name in schema.STATES] == [
        state for state in schema.STATES if state in found.names
    ]


def test_without_bars_or_groups_there_is_one_band() -> None:
    frame = batch_jobs({"workflow_ids": "w1"})
    for which, lanes in ((np.arange(1), "packed"), (np.arange(0), "workflow")):
        found = bands(frame, which, lanes)
        assert (found.codes.tolist(), found.labels, found.names) == ([0] * len(which), [""], [""])


# ---------------------------------------------------------------------------------------------- clocks


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia"])
@pytest.mark.parametrize("year", [2011, 2026])
def test_offsets_are_those_of_the_zone_at_any_time(zone: str, year: int) -> None:
    first = round(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1_000)
    offsets = offsets_of(ZoneInfo(zone), first, first + 366 * DAY_MS)
    since = [time for time, _ in offsets]
    assert since[0] == first
    around = [time + by for time in since for by in (-1, 0, 1)][1:]
    for time in [*range(first, first + 366 * DAY_MS, 7_777_777), *around]:
        expected = datetime.fromtimestamp(time / 1_000, UTC).astimezone(ZoneInfo(zone)).utcoffset()
        assert timedelta(seconds=offsets[np.searchsorted(since, time, side="right") - 1][1]) == expected


def test_offsets_of_any_span_are_few_and_soon_found() -> None:
    offsets = offsets_of(ZoneInfo("Europe/Berlin"), -(10**18), 10**18)
    assert len(offsets) < 20_000
    assert offsets == sorted(offsets)
    assert offsets_of(ZoneInfo("Asia/Shanghai"), 10**12, 10**12) == [(10**12, 8 * 3_600)]


def test_times_that_no_datetime_holds_have_the_offset_of_the_nearest() -> None:
    assert offset_s(ZoneInfo("Asia/Shanghai"), 10**17) == 8 * 3_600
    assert instant_of(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert instant_of(-(10**17)).year < 10
    assert instant_of(10**17).astimezone(ZoneInfo("Pacific/Kiritimati")).year > 9980


# ---------------------------------------------------------------------------------------------- one row


def test_the_facts_of_a_row_are_its_cells_the_id_first() -> None:
    tasks = small_snapshot().tasks
    assert facts(tasks, 1) == [
        ("id", "j2"), ("object", "a.mp4"), ("node", "Snapshot_2"), ("type", "Snapshot"), ("workflow", "w1"),
        ("queue", "p1"), ("code", "TimeTooLong"), ("message", "over 600 s"),
    ]  # fmt: skip
    assert facts(tasks, 3) == [("id", "j4"), ("object", "c.mp4"), ("type", "Transcode")]


def test_facts_are_neither_endless_nor_the_words_for_no_error() -> None:
    frame = batch_jobs({"batch_job_id": "b1", "name": "转" * 1_000, "code": "Success", "message": "", "tag": "x"})
    assert facts(frame, 0) == [("id", "b1"), ("name", "转" * 400 + "…")]
