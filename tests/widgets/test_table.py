"""The table's half that lives in the kernel."""

from __future__ import annotations

import json
from threading import Thread
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ipywidgets.widgets import widget

from cijob_analysis import ConfigurationError, SchemaError, schema
from cijob_analysis.widgets.table import Table
from tests.builders import batch_jobs, many_batch_jobs

# Said of older ipywidgets by newer traitlets.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1:DeprecationWarning")

JOBS = batch_jobs(
    {"batch_job_id": "b0", "name": "zero", "state": "Failed", "created_at": "2026-03-01 10:00"},
    {"batch_job_id": "b1", "name": "one", "state": "Frozen", "created_at": "2026-03-01 11:00"},
    {"batch_job_id": "b2", "name": "two", "created_at": "2026-03-01 12:00"},
)


class Browser:
    """What a view of the table says and hears."""

    def __init__(self, table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
        self.table, self.heard = table, list[dict[str, Any]]()
        monkeypatch.setattr(table, "send", lambda content, buffers=None: self.heard.append(content))

    def say(self, kind: str, **content: Any) -> dict[str, Any]:
        """Send a message, and return the last one that has come."""
        self.table._handle_custom_msg({"kind": kind, "view": "v1", **content}, [])
        return self.heard[-1] if self.heard else {}

    def page(self, *, request: int = 1, **wish: Any) -> dict[str, Any]:
        """Ask for a page, and return the answer."""
        return self.say("page", **{"request": request, "sort": None, "descending": False, "first": 0, "n": 50, **wish})

    def column(self, name: str, **wish: Any) -> list[str]:
        """Ask for a page, and return what it shows in a column."""
        page = self.page(**wish)["page"]
        place = [column["name"] for column in page["columns"]].index(name)
        return [row[place][0] for row in page["cells"]]


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    return Browser(Table(JOBS, tz="Asia/Shanghai"), monkeypatch)


def models() -> set[str]:
    """Return the ids of all models that there are in the kernel."""
    return set(widget._instances)


def executions(n: int) -> pd.DataFrame:
    frame = schema.empty(schema.EXECUTIONS).reindex(range(n))
    return frame.assign(run_id=pd.array([f"i{number}" for number in range(n)], dtype="string"))


def test_a_new_view_is_told_what_there_is(browser: Browser) -> None:
    about = browser.say("ready")
    assert (about["kind"], about["view"], about["noun"], about["n"]) == ("frame", "v1", "batch job", 3)
    assert about["chosen"] == about["default"]
    assert {column["name"] for column in about["columns"]} > {"state", "run_time_s", "user_data"}
    assert about["colors"]["Failed"] == "#D55E00"
    assert {"Frozen", "(no state)"} < about["colors"].keys()
    json.dumps(about)


def test_an_answer_carries_its_view_its_number_and_no_more_than_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser(Table(many_batch_jobs(240)), monkeypatch)
    answer = browser.page(request=7, first=200, n=25, sort="run_time_s", descending=True)
    assert (answer["kind"], answer["view"], answer["request"]) == ("page", "v1", 7)
    assert answer["page"]["caption"] == "201–225 of 240 batch jobs, sorted by run time, longest first"
    assert len(answer["page"]["cells"]) == 25
    assert len(browser.page(n=10**6)["page"]["cells"]) == 100
    json.dumps(answer)


def test_times_are_in_the_zone(browser: Browser) -> None:
    assert browser.column("created_at")[0] == "2026-03-01 18:00:00"


def test_show_filters_and_tells_the_views(browser: Browser) -> None:
    mask = np.array([False, True, True])
    browser.table.show(mask)
    assert browser.heard == [{"kind": "changed"}]
    mask[:] = True
    assert browser.column("name") == ["one", "two"]
    browser.table.show(None)
    assert browser.column("name", sort="name") == ["one", "two", "zero"]


@pytest.mark.parametrize("mask", [[True], [0, 1, 2], [[True, True, True]]])
def test_a_mask_has_a_value_for_each_row(browser: Browser, mask: Any) -> None:
    with pytest.raises(ConfigurationError, match="mask: 3 values of True or False are needed"):
        browser.table.show(mask)
    assert browser.column("name") == ["zero", "one", "two"]


def test_load_shows_all_of_another_frame(browser: Browser) -> None:
    browser.table.show([False, False, True])
    browser.table.load(JOBS.iloc[:2])
    assert (browser.heard[-1]["kind"], browser.heard[-1]["n"]) == ("frame", 2)
    assert browser.column("name") == ["zero", "one"]
    with pytest.raises(SchemaError):
        browser.table.load(pd.DataFrame({"x": [1]}))
    assert browser.column("name") == ["zero", "one"]


def test_picked_rows_stay_picked_in_a_frame_of_the_same_kind(browser: Browser) -> None:
    browser.table.picked = ["b1"]
    browser.table.load(JOBS.iloc[:2])
    assert browser.table.picked == ["b1"]
    browser.table.load(executions(2))
    assert browser.table.picked == []


def test_a_view_that_does_not_yet_know_the_frame_gets_it_as_fetched(browser: Browser) -> None:
    browser.table.load(executions(2))
    page = browser.page(sort="name", descending=True)["page"]
    assert (page["sort"], page["descending"], page["ids"]) == (None, False, ("i0", "i1"))


def test_chosen_columns_are_remembered_for_each_kind_of_frame(browser: Browser) -> None:
    assert browser.say("choose", columns=["name", "tag", "gone"]) == {"kind": "chosen", "columns": ("name", "tag")}
    browser.table.load(executions(1))
    assert "object_key" in browser.say("ready")["chosen"]
    browser.say("choose", columns=["run_id"])
    browser.table.load(JOBS)
    assert browser.say("ready")["chosen"] == ("name", "tag")
    assert [column["name"] for column in browser.page()["page"]["columns"]] == ["name", "tag"]
    assert browser.say("choose", columns=[])["columns"] == browser.say("ready")["default"]


def test_a_row_is_opened_by_its_position_in_the_frame(browser: Browser) -> None:
    opened: list[int] = []
    version = browser.say("ready")["version"]
    browser.say("open", version=version, position=1)
    browser.table.on_open(opened.append)
    browser.say("open", version=version, position=2)
    browser.table.load(JOBS.iloc[:2])
    browser.say("open", version=version, position=1)
    assert opened == [2], "neither without anybody to open it, nor of a frame that is gone"


def test_no_lock_is_held_while_a_row_is_opened(browser: Browser) -> None:
    finished: list[bool] = []

    def open_it(position: int) -> None:
        other = Thread(target=browser.table.show, args=([True] * 3,), daemon=True)
        other.start()
        other.join(5)
        finished.append(not other.is_alive())

    browser.table.on_open(open_it)
    browser.say("open", version=0, position=0)
    assert finished == [True]


def test_what_a_callback_raises_is_shown_in_the_table(browser: Browser) -> None:
    browser.table.on_open(lambda _: 1 // 0)
    assert browser.say("open", version=0, position=0) == {
        "kind": "failed", "view": "v1", "text": "ZeroDivisionError: integer division or modulo by zero"
    }  # fmt: skip


def test_or_handed_to_whoever_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    errors: list[Exception] = []
    browser = Browser(Table(JOBS, failed=errors.append), monkeypatch)
    browser.table.on_open(lambda _: 1 // 0)
    browser.say("open", version=0, position=0)
    assert ([type(error) for error in errors], browser.heard) == ([ZeroDivisionError], [])


def test_no_cell_is_in_what_a_notebook_saves_of_the_widget(browser: Browser) -> None:
    browser.page()
    saved = {name: value for name, value in browser.table.get_state().items() if name != "_esm"}
    assert "zero" not in str(saved)


def test_closing_leaves_no_model() -> None:
    before = models()
    table = Table(JOBS)
    assert models() > before
    table.close()
    assert models() == before


def test_the_copy_for_places_without_a_kernel_has_the_first_twenty_rows(browser: Browser) -> None:
    evil = "\"'><img src=x onerror=alert(1)>"
    frame = many_batch_jobs(30).assign(name=evil, state=pd.Categorical([evil] * 30))
    html = Table(frame, tz="Asia/Shanghai")._static_html()
    assert html.count("<tr>") == 21
    assert "1–20 of 30 batch jobs, as fetched" in html
    assert "created (Asia/Shanghai, UTC+8)" in html
    assert "<img" not in html
    browser.say("choose", columns=["name"])
    browser.table.show([False, True, False])
    html = browser.table._static_html()
    assert "one" in html
    assert "zero" not in html
    assert "created" not in html


def test_its_repr_says_what_it_shows(browser: Browser) -> None:
    assert repr(browser.table) == "<Table: 3 batch jobs>"
