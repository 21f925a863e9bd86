"""What a dashboard says, as HTML."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from cijob_analysis import Ledger
from cijob_analysis.widgets.markup import alert_html, filters_html, row_html, static_html, summary_html
from cijob_analysis.widgets.rows import Rows
from cijob_analysis.widgets.selection import Selection
from cijob_analysis.widgets.view import View
from tests.builders import batch_jobs

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVIL = "\"'><img src=x onerror=alert(1)>"


def view_of(frame: pd.DataFrame, **filters: object) -> View:
    return View(Rows(frame), Selection(**filters), SHANGHAI)  # type: ignore[arg-type]


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "|", html))


def test_nothing_from_the_service_is_markup() -> None:
    frame = batch_jobs(dict.fromkeys(("name", "type", "code", "message", "workflow_ids", "tag", "state"), EVIL))
    selection = Selection(states=(EVIL,), text=EVIL, failures=((EVIL, EVIL),), batch_jobs=(EVIL,))
    assert "<img" not in summary_html(view_of(frame))
    assert "<img" not in filters_html(selection, SHANGHAI)
    assert "<img" not in alert_html(ValueError(EVIL))
    assert "<img" not in row_html(frame.iloc[0], "batch job", SHANGHAI)
    assert static_html("", [(b"x", EVIL)], "").count("<img") == 1


def test_the_summary_says_how_complete_and_which_states() -> None:
    frame = batch_jobs({"state": "Failed"}, {"state": "Frozen"}, {"state": None}, {"state": "Running"})
    text = text_of(summary_html(view_of(frame, states=("Failed", "Frozen", None))))
    assert "4 batch jobs as of 2026-03-01 20:00 UTC+8; complete|" in text
    assert "|3 of 4 batch jobs selected: 1 Failed, 1 Frozen and 1 no state|" in text


def test_the_summary_does_not_call_complete_what_is_not() -> None:
    frame = batch_jobs({"state": "Failed"})
    ledger = frame.attrs["ledger"]
    cut = replace(ledger.entries[0], ended=False, notes=("cut off at 1 row",))
    frame.attrs["ledger"] = Ledger((cut,), ledger.as_of)
    assert "; incomplete: cut off at 1 row<" in summary_html(view_of(frame))
    frame.attrs.clear()
    assert "complete" not in summary_html(view_of(frame))


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        (Selection(), "No filter is set."),
        (Selection(states=("Failed", None)), "Only state Failed or (none)"),
        (Selection(types=("A", "B", "C", "D", "E")), "Only type A or B or C or 2 more"),
        (Selection(failures=(("NoKey", "no <path>"), ("", ""))), "Only failures NoKey no <path> or (no code)"),
        (Selection(at_least_s=90, at_most_s=7200), "Only run time at least 1 min 30 s; run time at most 2 h"),
        (Selection(batch_jobs=("b1",), text="mov"), "Only batch job b1; with “mov”"),
        (Selection(picked=("b1", "b2"), only_picked=True), "Only the 2 picked"),
        (
            Selection(window=(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, 0, 0, 30, tzinfo=UTC))),
            "Only under way between 2026-03-01 08:00:00 and 2026-03-01 08:00:30 (Asia/Shanghai, UTC+8)",
        ),
    ],
)  # fmt: skip
def test_the_filters_are_said_in_words(selection: Selection, words: str) -> None:
    assert text_of(filters_html(selection, SHANGHAI)).strip("|") == words


def test_all_of_a_row_is_shown_with_its_zone_and_without_what_is_missing() -> None:
    frame = batch_jobs({"name": "转码", "state": "Failed", "created_at": "2026-03-01 20:00:05", "batch_job_id": "b1"})
    html = row_html(frame.iloc[0].copy(), "batch job", SHANGHAI)
    cells = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", html))
    assert cells["name"] == "转码"
    assert cells["created_at"] == "2026-03-02 04:00:05 Asia/Shanghai, UTC+8"
    assert "started_at" not in cells
    assert 'aria-label="This batch job"' in html
