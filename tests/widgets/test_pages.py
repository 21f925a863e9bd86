"""Pages of a table: which rows, in which order, and what their cells say."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis import ConfigurationError, SchemaError, schema
from cijob_analysis.widgets.pages import Page, Pages
from tests.builders import batch_jobs, many_batch_jobs

UTC, SHANGHAI, BERLIN = ZoneInfo("UTC"), ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def shown(page: Page, name: str) -> list[str]:
    """What a page shows in a column."""
    place = [column.name for column in page.columns].index(name)
    return [row[place][0] for row in page.cells]


def full(page: Page, name: str) -> list[str]:
    """What a copy of the cells of a column gives."""
    place = [column.name for column in page.columns].index(name)
    return [row[place][1] or row[place][0] for row in page.cells]


JOBS = batch_jobs(
    {"batch_job_id": "b0", "name": "夜间", "state": "Failed", "code": "Bad", "message": "no such key",
     "created_at": "2026-03-01 10:00", "started_at": "2026-03-01 10:00:30.5", "ended_at": "2026-03-01 12:00:30.5"},
    {"batch_job_id": "b1", "name": "b", "state": "Running", "code": "Success",
     "created_at": "2026-07-01 10:00", "started_at": "2026-07-01 10:01"},
    {"batch_job_id": "b2", "name": "a", "state": "Success", "code": "Success", "job_level": 2,
     "created_at": "2026-03-01 11:00", "started_at": "2026-03-01 11:02", "ended_at": "2026-03-01 11:03"},
    {"batch_job_id": "b3", "created_at": "2026-03-01 10:00"},
)  # fmt: skip


def test_cells_say_what_people_read_and_copies_give_all_of_it() -> None:
    page = Pages(JOBS, SHANGHAI).page()
    assert shown(page, "state") == ["Failed", "Running", "Success", "(no state)"]
    assert shown(page, "name") == ["夜间", "b", "a", ""]
    assert shown(page, "created_at") == [
        "2026-03-01 18:00:00", "2026-07-01 18:00:00", "2026-03-01 19:00:00", "2026-03-01 18:00:00"
    ]  # fmt: skip
    assert shown(page, "started_at")[0] == "2026-03-01 18:00:30"
    assert full(page, "started_at") == [
        "2026-03-01T18:00:30.500000+08:00", "2026-07-01T18:01:00+08:00", "2026-03-01T19:02:00+08:00", ""
    ]  # fmt: skip
    assert shown(page, "queue_wait_s") == ["30.5 s", "1 min", "2 min", ""]
    assert full(page, "queue_wait_s") == ["30.5 s", "60 s", "120 s", ""]
    assert shown(page, "run_time_s") == ["2 h", "", "1 min", ""]
    assert shown(page, "code") == ["Bad", "", "", ""], "Success is the service's word for no error"


def test_a_header_names_the_zone_and_its_offsets_and_a_copy_the_one_of_its_time() -> None:
    page = Pages(JOBS, BERLIN).page(columns=["created_at", "job_level"])
    assert [(column.heading, column.unit) for column in page.columns] == [
        ("created", "Europe/Berlin, UTC+1 and UTC+2"), ("job level", "")
    ]  # fmt: skip
    assert full(page, "created_at")[:2] == ["2026-03-01T11:00:00+01:00", "2026-07-01T12:00:00+02:00"]
    assert shown(page, "job_level") == ["", "", "2", ""]


def test_offsets_west_of_greenwich_and_of_half_an_hour() -> None:
    for zone, text in (("America/St_Johns", "06:30:00-03:30"), ("Asia/Kolkata", "15:30:00+05:30")):
        page = Pages(JOBS, ZoneInfo(zone)).page(columns=["created_at"])
        assert full(page, "created_at")[0] == f"2026-03-01T{text}"


@pytest.mark.parametrize(
    ("sort", "descending", "ids"),
    [
        (None, False, "b0 b1 b2 b3"),
        ("name", False, "b2 b1 b0 b3"),
        ("name", True, "b0 b1 b2 b3"),
        ("state", False, "b1 b2 b0 b3"),
        ("state", True, "b0 b2 b1 b3"),
        ("created_at", False, "b0 b3 b2 b1"),
        ("created_at", True, "b1 b2 b0 b3"),
        ("run_time_s", True, "b0 b2 b1 b3"),
        ("queue_wait_s", False, "b0 b1 b2 b3"),
        ("job_level", True, "b2 b0 b1 b3"),
        ("code", True, "b0 b1 b2 b3"),
    ],
)
def test_the_order_is_stable_and_missing_values_are_last_both_ways(sort: str, descending: bool, ids: str) -> None:
    page = Pages(JOBS, UTC).page(sort=sort, descending=descending)
    assert list(page.ids) == ids.split()
    assert page.positions == tuple(int(name[1:]) for name in ids.split())


@pytest.mark.parametrize(
    ("options", "caption"),
    [
        ({}, "1–4 of 4 batch jobs, as fetched"),
        ({"sort": "run_time_s", "descending": True}, "1–4 of 4 batch jobs, sorted by run time, longest first"),
        ({"sort": "created_at"}, "1–4 of 4 batch jobs, sorted by created, earliest first"),
        ({"sort": "name", "n": 2, "first": 2}, "3–4 of 4 batch jobs, sorted by name, A to Z"),
        ({"sort": "job_level"}, "1–4 of 4 batch jobs, sorted by job level, smallest first"),
        ({"rows": np.array([1])}, "1–1 of 1 batch job (4 without the filters), as fetched"),
        ({"rows": np.zeros(4, bool)}, "None of 4 batch jobs passes the filters"),
    ],
)
def test_the_caption_says_which_rows_of_how_many_and_their_order(options: dict[str, Any], caption: str) -> None:
    assert Pages(JOBS, UTC).page(**options).caption == caption


def test_thousands_are_grouped_and_no_row_at_all_is_said() -> None:
    pages = Pages(many_batch_jobs(1234), UTC)
    assert pages.page(first=1200).caption == "1\u202f201–1\u202f234 of 1\u202f234 batch jobs, as fetched"
    nothing = Pages(batch_jobs(), UTC).page(sort="name")
    assert (nothing.caption, nothing.cells, nothing.n) == ("There are no batch jobs", (), 0)


@pytest.mark.parametrize(("first", "begins"), [(-5, 0), (0, 0), (50, 50), (100, 100), (101, 100), (10**9, 100)])
def test_after_the_end_comes_the_last_page(first: int, begins: int) -> None:
    page = Pages(many_batch_jobs(101), UTC).page(first=first)
    assert page.first == begins
    assert len(page.cells) == (1 if begins == 100 else 50)


def test_a_page_is_json() -> None:
    page = Pages(JOBS, UTC).page(np.array([True, False, True, False]), sort="name", columns=["name"])
    assert json.loads(json.dumps(asdict(page))) == {
        "columns": [{"name": "name", "kind": "text", "heading": "name", "unit": "", "width": 7,
                     "doc": "name given when it was created"}],
        "cells": [[["a", ""]], [["夜间", ""]]], "ids": ["b2", "b0"], "positions": [2, 0], "first": 0, "n": 2,
        "sort": "name", "descending": False,
        "caption": "1–2 of 2 batch jobs (4 without the filters), sorted by name, A to Z",
    }  # fmt: skip


def test_all_columns_can_be_shown_those_that_tell_most_by_default() -> None:
    pages = Pages(JOBS, UTC)
    assert set(pages.columns) == {column.name for column in schema.BATCH_JOBS} | set(schema.DURATIONS)
    assert tuple(pages.columns)[: len(pages.default)] == pages.default
    assert pages.default[:3] == ("state", "name", "created_at")
    for level in ("executions", "tasks", "queues", "workflows"):
        frame = schema.empty(schema.TABLES[level])
        pages = Pages(frame, UTC)
        assert pages.key == schema.KEYS[level]
        assert set(frame.columns) <= set(pages.columns)
        assert "extra" not in pages.default
        assert ("run_time_s" in pages.columns) == (level in schema.LEVELS)
    assert pages.columns["state"].kind == "text", "Active or Paused is no state of a task"


def test_unknown_columns_are_shown_under_their_own_names() -> None:
    about: list[Any] = [["x"], {"y": 1}, None, 7]
    frame = JOBS.assign(
        my_share_s=[0.25, np.nan, 1e6, -3.0], is_mine=[True, False, True, True], about=about,
        seen_at=pd.to_datetime(["2026-03-01"] * 4, utc=True), kind=pd.Categorical(["z", "y", None, "z"]),
    )  # fmt: skip
    pages = Pages(frame, UTC)
    page = pages.page(columns=["my_share_s", "is_mine", "about", "seen_at", "kind"])
    assert [column.heading for column in page.columns] == ["my_share_s", "is_mine", "about", "seen_at", "kind"]
    assert [column.kind for column in page.columns] == ["number", "text", "text", "time", "text"]
    assert shown(page, "my_share_s") == ["0.25", "", "1\u202f000\u202f000", "-3"]
    assert full(page, "my_share_s") == ["0.25", "", "1000000", "-3"]
    assert shown(page, "is_mine") == ["True", "False", "True", "True"]
    assert shown(page, "about") == ["['x']", "{'y': 1}", "", "7"]
    assert pages.page(sort="about").ids == ("b3", "b0", "b1", "b2")
    assert pages.page(sort="is_mine").ids == ("b1", "b0", "b2", "b3")
    assert pages.page(sort="kind", descending=True).ids == ("b0", "b3", "b1", "b2")


def test_a_row_without_an_id_has_none_and_columns_may_be_missing() -> None:
    frame = JOBS.loc[:1, ["batch_job_id", "state"]].assign(batch_job_id=pd.array(["b0", None], dtype="string"))
    page = Pages(frame, UTC).page()
    assert page.ids == ("b0", None)
    assert [column.name for column in page.columns] == ["state", "batch_job_id"]


def test_odd_values_are_no_exception() -> None:
    far = pd.Series(np.array(["9999-12-31T23:59", "0001-01-01", "NaT", "2026-03-01"], "M8[us]")).dt.tz_localize("UTC")
    frame = JOBS.assign(created_at=far, ended_at=far, level=[np.inf, -np.inf, np.nan, 1e300])
    page = Pages(frame, SHANGHAI).page(columns=["created_at", "level", "turnaround_s"])
    assert shown(page, "created_at") == ["10000-01-01 07:59:00", "0001-01-01 08:05:43", "", "2026-03-01 08:00:00"]
    assert shown(page, "level")[:3] == ["inf", "-inf", ""]


def test_widths_are_those_of_the_texts_within_bounds() -> None:
    frame = JOBS.assign(message=["很长" * 200] * 4, tag=["ab"] * 4)
    width = {name: column.width for name, column in Pages(frame, UTC).columns.items()}
    assert (width["message"], width["tag"], width["batch_job_id"]) == (38, 6, 15)


def test_bad_arguments_say_what_would_be_right() -> None:
    pages = Pages(JOBS, UTC)
    with pytest.raises(ConfigurationError, match="no column 'colour' to show; there are state, name"):
        pages.page(sort="colour")
    with pytest.raises(ConfigurationError, match="no column 'size'"):
        pages.page(columns=["state", "size"])
    with pytest.raises(ConfigurationError, match="n=0: a page has at least one row"):
        pages.page(n=0)
    with pytest.raises(SchemaError, match="task_id"):
        Pages(JOBS[["name"]], UTC)


TEXTS = st.sampled_from([None, "", "a", "A", "ab", "b", "é", "转码", "转", "😀", "\uffff", "10", "9"])
STATES = st.sampled_from([None, "Failed", "New", "Pause"])
TIMES = st.none() | st.integers(0, 3).map(lambda hour: pd.Timestamp(f"2026-03-01 0{hour}:00", tz="UTC"))


@given(
    rows=st.lists(st.tuples(TEXTS, st.none() | st.integers(-2, 2), TIMES, STATES)),
    dtype=st.sampled_from(["string", object, "category"]),
    sort=st.sampled_from(["text", "number", "created_at", "state", "queue_wait_s", None]),
    descending=st.booleans(),
    data=st.data(),
)
def test_any_page_is_that_of_an_obvious_sort(
    rows: list[tuple[Any, ...]], dtype: Any, sort: str | None, descending: bool, data: st.DataObject
) -> None:
    start = pd.Timestamp("2026-03-01 03:00", tz="UTC")
    frame = batch_jobs(*({"state": state} for *_, state in rows))
    frame["text"] = pd.Series([text for text, *_ in rows], dtype=object).astype(dtype)
    frame["number"] = pd.array([value for _, value, *_ in rows], dtype="Int64")
    frame["created_at"] = pd.Series([time for _, _, time, _ in rows], dtype="datetime64[us, UTC]")
    frame["started_at"] = pd.Series([start] * len(rows), dtype="datetime64[us, UTC]")
    states = [*schema.STATES, "New"]
    keys: dict[str | None, list[Any]] = {
        "text": [text or None for text, *_ in rows],
        "number": [value for _, value, *_ in rows],
        "created_at": [time for _, _, time, _ in rows],
        "state": [None if state is None else states.index(state) for *_, state in rows],
        "queue_wait_s": [None if time is None else start - time for _, _, time, _ in rows],
    }
    mask = data.draw(st.none() | st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    first, n = data.draw(st.integers(0, 30)), data.draw(st.integers(1, 7))

    passing = [row for row in range(len(rows)) if mask is None or mask[row]]
    if sort is None:
        expected = passing
    else:
        known = [row for row in passing if keys[sort][row] is not None]
        missing = [row for row in passing if keys[sort][row] is None]
        expected = sorted(known, key=keys[sort].__getitem__, reverse=descending) + missing

    pages = Pages(frame, UTC)
    chosen = None if mask is None else np.array(mask, bool)
    page = pages.page(chosen, sort=sort, descending=descending, first=first, n=n)
    assert page.n == len(expected)
    assert page.positions == tuple(expected[page.first : page.first + n])
    assert page.first in (first, (len(expected) - 1) // n * n, 0)
    assert pages.page(np.array(passing, np.intp), sort=sort, descending=descending, first=first, n=n) == page
