"""What a dashboard says, as HTML."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from cijob_analysis import Ledger
from cijob_analysis.widgets.markup import alert_html, static_html, summary_html, table_html
from tests.builders import batch_jobs, many_batch_jobs

UTC, SHANGHAI = ZoneInfo("UTC"), ZoneInfo("Asia/Shanghai")


class Reader(HTMLParser):
    """Collects the cells of a table."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.caption = ""
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag in ("td", "th", "caption"):
            self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "caption":
            self.caption += data
        elif self._inside:
            self.rows[-1][-1] += data


def records(html: str) -> list[dict[str, str]]:
    head, *rows = Reader(html).rows
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_a_row_shows_its_cells_with_times_in_the_zone() -> None:
    frame = batch_jobs(
        {
            "name": "<script>alert(1)</script> & 转码", "state": "Failed", "type": "Job", "tag": "Transcode",
            "code": "Bad", "message": 'say "no"', "created_at": "2026-03-01 20:00:05",
            "started_at": "2026-03-01 20:01:05", "ended_at": "2026-03-01 22:01:05", "batch_job_id": "b1",
        },
        {"state": None, "code": "Success"},
    )  # fmt: skip
    first, second = records(table_html(frame, SHANGHAI))
    assert first == {
        "state": "Failed", "name": "<script>alert(1)</script> & 转码", "created": "2026-03-02 04:00:05",
        "waited": "1 min", "ran": "2 h", "code": "Bad", "message": 'say "no"', "type": "Job", "workflows": "",
        "tag": "Transcode", "started": "2026-03-02 04:01:05", "ended": "2026-03-02 06:01:05", "id": "b1",
    }  # fmt: skip
    assert second["state"] == "(no state)"
    assert (second["created"], second["ran"], second["name"], second["code"]) == ("", "", "", "")


def test_nothing_from_the_service_is_markup() -> None:
    evil = "\"'><img src=x onerror=alert(1)>"
    frame = batch_jobs(dict.fromkeys(("name", "type", "code", "message", "workflow_ids", "tag", "state"), evil))
    assert "<img" not in table_html(frame, UTC)
    assert "<img" not in summary_html(frame, frame, UTC)
    assert "<img" not in alert_html(ValueError(evil))
    assert static_html("", b"x", evil, "").count("<img") == 1


@pytest.mark.parametrize(
    ("n", "rows", "caption"),
    [
        (0, 0, "0 batch jobs; times in UTC"),
        (1, 1, "1 batch job; times in UTC"),
        (100, 100, "100 batch jobs; times in UTC"),
        (1234, 100, "First 100 of 1\u202f234 batch jobs; times in UTC"),
    ],
)
def test_it_says_how_many_there_are(n: int, rows: int, caption: str) -> None:
    table = Reader(table_html(many_batch_jobs(n), UTC))
    assert (len(table.rows) - 1, table.caption) == (rows, caption)


def test_the_summary_says_how_complete_and_which_states() -> None:
    frame = batch_jobs({"state": "Failed"}, {"state": "Frozen"}, {"state": None}, {"state": "Failed"})
    text = re.sub(r"<[^>]+>", "|", summary_html(frame, frame.iloc[:3], SHANGHAI))
    assert "4 batch jobs as of 2026-03-01 20:00 UTC+8; complete|" in text
    assert "|3 of 4 batch jobs selected: 1 Failed, 1 Frozen and 1 no state|" in text


def test_the_summary_does_not_call_complete_what_is_not() -> None:
    frame = batch_jobs({"state": "Failed"})
    ledger = frame.attrs["ledger"]
    cut = replace(ledger.entries[0], ended=False, notes=("cut off at 1 row",))
    frame.attrs["ledger"] = Ledger((cut,), ledger.as_of)
    assert "; incomplete: cut off at 1 row<" in summary_html(frame, frame, UTC)
    frame.attrs.clear()
    assert "complete" not in summary_html(frame, frame, UTC)


def test_a_mixed_index_and_object_columns_are_fine() -> None:
    frame = pd.concat([many_batch_jobs(2), many_batch_jobs(1)]).astype({"name": object, "tag": object})
    assert len(records(table_html(frame, UTC))) == 3
