"""The timeline's half that lives in the kernel."""

from __future__ import annotations

import re
from base64 import b64decode
from threading import Thread
from typing import Any

import numpy as np
import pandas as pd
import pytest
import traitlets

from cijob_analysis import ConfigurationError, SchemaError
from cijob_analysis.widgets.timeline import Timeline
from tests.builders import batch_jobs, many_batch_jobs
from tests.widgets.consistency import models
from tests.widgets.timeline_page import Page
from tests.widgets.worlds import small_snapshot

# Said of older ipywidgets by newer traitlets.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1:DeprecationWarning")

JOBS = batch_jobs(
    {"batch_job_id": "b0", "name": "late", "state": "Success", "workflow_ids": "w1", "created_at": "2026-03-01 10:00",
     "started_at": "2026-03-01 10:05", "ended_at": "2026-03-01 11:00"},
    {"batch_job_id": "b1", "name": "early", "state": "Failed", "workflow_ids": "w2", "created_at": "2026-03-01 09:00",
     "started_at": "2026-03-01 09:01", "ended_at": "2026-03-01 09:30"},
    {"batch_job_id": "b2", "name": "never", "state": "Running"},
    {"batch_job_id": "b3", "name": "open", "state": "Running", "workflow_ids": "w1",
     "created_at": "2026-03-01 10:30"},
)  # fmt: skip
EARLY, LATE, OPEN = range(3)
"""The bars, in their order."""
NINE, TEN = 1_772_355_600_000, 1_772_359_200_000


@pytest.fixture
def page() -> Page:
    return Page(Timeline(JOBS, tz="Asia/Shanghai"))


def unknown(label: str) -> pd.DataFrame:
    """Return batch jobs of which no ledger knows anything."""
    frame = batch_jobs({"name": label, "state": "Success", "created_at": "2026-03-01 10:00"})
    frame.attrs = {}
    return frame


# ---------------------------------------------------------------------------------------------- what a page gets


def test_nothing_is_sent_before_a_page_asks(page: Page) -> None:
    page.timeline.show([True, False, True, True])
    kinds = [message["kind"] for message, _ in page.heard]
    assert kinds == ["mask"]
    page.open()
    assert [message["kind"] for message, _ in page.heard[1:]] == ["data", "mask"]


def test_a_page_gets_the_bars_by_begin(page: Page) -> None:
    bars = page.open().bars()
    at = [pd.Timestamp(f"2026-03-01 {time}", tz="UTC") for time in ("09:00", "09:01", "09:30", "10:30", "12:00")]
    assert bars["state"].tolist() == ["Failed", "Success", "Running"]
    assert [bars[name].iloc[EARLY] for name in ("begin", "start", "end")] == at[:3]
    assert [bars[name].iloc[OPEN] for name in ("begin", "end")] == at[3:]
    assert bars["start"].isna().tolist() == [False, False, True]


def test_a_page_is_told_what_the_bytes_are(page: Page) -> None:
    message, buffers = page.open().last("data")
    assert (message["n"], message["noun"], message["zone"]) == (3, "batch job", "Asia/Shanghai")
    assert [len(buffer) for buffer in buffers] == [12, 12, 12, 3]
    assert message["modes"] == ["packed", "workflow", "queue", "state"]
    assert message["until"] == TEN + 2 * 3_600_000
    assert [offset for _, offset in message["offsets"]] == [8 * 3_600]
    is_open = {state["name"]: state["isOpen"] for state in message["states"]}
    assert (is_open["Running"], is_open["Failed"], is_open["wait"]) == (True, False, False)


def test_a_page_that_is_opened_later_gets_what_is_shown_now(page: Page) -> None:
    page.timeline.show([True, True, True, False])
    assert page.open().shown() == [True, True, False]
    page.timeline.load(JOBS.iloc[:2])
    assert page.open().shown() == [True, True]


@pytest.mark.parametrize("n", [1, 7, 8, 9, 1_001])
def test_a_mask_has_a_bit_for_each_bar(n: int) -> None:
    frame = many_batch_jobs(n)
    page = Page(Timeline(frame)).open()
    wanted = np.random.default_rng(n).random(n) < 0.5
    page.timeline.show(wanted)
    assert page.shown() == wanted[np.argsort(frame["created_at"], kind="stable")].tolist()
    page.timeline.show(np.ones(n, bool))
    assert page.last("mask") == ({"kind": "mask", "version": 1, "all": True}, [])
    page.timeline.show(np.zeros(n, bool))
    assert page.shown() == [False] * n


def test_a_mask_is_not_changed_from_outside(page: Page) -> None:
    mask = np.array([True, True, True, False])
    page.timeline.show(mask)
    mask[:] = False
    assert page.open().shown() == [True, True, False]


@pytest.mark.parametrize("mask", [[True], [0, 1, 1, 0], [[True] * 4], None])
def test_a_mask_is_a_bool_for_each_row(page: Page, mask: Any) -> None:
    with pytest.raises(ConfigurationError, match="one bool for each of the 4 rows is needed"):
        page.timeline.show(mask)
    assert page.open().shown() == [True] * 3


def test_load_shows_all_of_another_frame(page: Page) -> None:
    page.open()
    page.timeline.show([True, False, False, False])
    page.timeline.load(small_snapshot().tasks, as_of="2026-03-01T03:00Z")
    message, _ = page.last("data")
    assert (message["n"], message["version"], message["noun"]) == (4, 2, "task")
    assert page.bars()["end"].iloc[-1] == pd.Timestamp("2026-03-01 03:00", tz="UTC")
    assert page.open().shown() == [True] * 4


def test_a_frame_that_is_refused_changes_nothing(page: Page) -> None:
    label = page.timeline.label
    wrong: list[tuple[Any, type[Exception]]] = [(pd.DataFrame({"x": [1]}), SchemaError), ([1], ConfigurationError)]
    for frame, error in wrong:
        with pytest.raises(error):
            page.timeline.load(frame)
    assert page.timeline.label == label
    assert page.open().last("data")[0]["version"] == 1


@pytest.mark.parametrize("options", [{"tz": "Mars/Olympus"}, {"as_of": "2026-03-01 10:00"}])
def test_no_zone_and_no_time_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Timeline(JOBS, **options)


def test_no_row_is_no_error() -> None:
    page = Page(Timeline(JOBS.iloc[:0])).open()
    assert len(page.bars()) == 0
    page.timeline.show(np.array([], bool))
    assert page.groups("workflow") == []
    assert page.timeline.label.startswith("0 batch jobs of 0 on the timeline. 0 batch jobs as of")


# ---------------------------------------------------------------------------------------------- lanes and window


def test_bars_are_laid_in_bands_of_their_groups(page: Page) -> None:
    page.open()
    assert page.groups("workflow") == ["w2", "w1", "w1"]
    assert page.groups("state") == ["Failed", "Success", "Running"]
    page.timeline.load(JOBS.iloc[:1])
    assert page.groups("workflow") == ["w1"]


def test_lanes_are_those_that_the_frame_has_a_column_for(page: Page) -> None:
    page.timeline.lanes = "workflow"
    with pytest.raises(ConfigurationError, match="lanes='node': the frame has no column for it"):
        page.timeline.lanes = "node"
    with pytest.raises(traitlets.TraitError):
        page.timeline.lanes = "colour"
    assert page.timeline.lanes == "workflow"
    page.timeline.load(small_snapshot().tasks)
    page.timeline.lanes = "node"
    page.timeline.load(JOBS)
    assert page.timeline.lanes == "packed"


def test_bands_that_there_are_not_are_not_answered(page: Page) -> None:
    page.open()
    n = len(page.heard)
    page.say("bands", lanes="node")
    page.say("bands", lanes="workflow", version=0)
    page.say("something else")
    assert len(page.heard) == n


def test_a_window_is_whole_milliseconds(page: Page) -> None:
    page.timeline.window = [NINE + 0.4, np.int64(TEN)]
    assert page.timeline.window == [NINE, TEN]
    assert all(type(time) is int for time in page.timeline.window)
    page.timeline.window = []
    assert page.timeline.window == []


@pytest.mark.parametrize(
    "window", [[NINE], [TEN, NINE], [NINE, NINE], [NINE + 0.2, NINE + 0.4], [NINE, float("nan")], [0, 10**18],
               ["a", "b"], [1, 2, 3]]
)  # fmt: skip
def test_what_is_no_window_is_refused(page: Page, window: Any) -> None:
    page.timeline.window = [NINE, TEN]
    with pytest.raises(ConfigurationError, match=re.escape(f"window={window!r} is neither")):
        page.timeline.window = window
    assert page.timeline.window == [NINE, TEN]


# ---------------------------------------------------------------------------------------------- in words


def test_the_label_says_how_many_in_which_state_and_when(page: Page) -> None:
    assert page.timeline.label == (
        "3 batch jobs of 4 on the timeline: 1 Running, 1 Success and 1 Failed. "
        "From 2026-03-01 17:00:00 to 2026-03-01 20:00:00 (Asia/Shanghai, UTC+8). "
        "4 batch jobs as of 2026-03-01 20:00 UTC+8; 1 without a time of creation or start left out."
    )


def test_the_label_follows_what_is_shown_and_selected(page: Page) -> None:
    page.timeline.show([False, True, False, False])
    assert page.timeline.label.startswith("1 batch job of 4 on the timeline: 1 Failed. From")
    page.timeline.show([False] * 4)
    assert page.timeline.label.startswith("0 batch jobs of 4 on the timeline. From")
    page.timeline.window = [NINE, TEN]
    window = "Window selected: from 2026-03-01 17:00:00 to 2026-03-01 18:00:00 (Asia/Shanghai, UTC+8)."
    assert window in page.timeline.label
    page.timeline.window = []
    assert "Window" not in page.timeline.label
    page.timeline.load(small_snapshot().tasks)
    assert page.timeline.label.startswith("4 tasks of 4 on the timeline: 1 Running, 1 Success and 2 Failed.")


def test_the_label_names_both_offsets_where_clocks_are_changed() -> None:
    timeline = Timeline(JOBS, tz="Europe/Berlin")
    timeline.window = [NINE, NINE + 60 * 86_400_000]
    assert timeline.label.count("(Europe/Berlin, UTC+1 and UTC+2)") == 1


def test_the_label_says_nothing_twice_when_the_ledger_says_nothing() -> None:
    span = "From 2026-03-01 10:00:00 to 2026-03-01 10:00:00 (UTC)."
    assert Timeline(unknown("a")).label == (
        f"1 batch job of 1 on the timeline: 1 Success. {span} 1 finished without an end, drawn up to the start."
    )
    finished = unknown("b").assign(ended_at=pd.Timestamp("2026-03-01 10:00", tz="UTC"))
    finished.attrs = {}
    assert Timeline(finished).label == f"1 batch job of 1 on the timeline: 1 Success. {span}"
    running = finished.assign(state="Running")
    running.attrs = {}
    assert Timeline(running).label.endswith("(UTC). Unfinished ones drawn up to the last event.")


def test_the_label_knows_years_that_no_clock_of_the_zone_does() -> None:
    late = pd.DatetimeIndex(np.array(["9999-12-31T23:00"], "datetime64[us]"), tz="UTC")
    frame = batch_jobs({"state": "Failed"}).assign(created_at=late)
    assert "From 10000-01-01 07:00:00 to 10000" in Timeline(frame, tz="Asia/Shanghai").label


# ---------------------------------------------------------------------------------------------- one bar


def test_a_bar_is_picked_and_opened_by_its_row_in_the_frame(page: Page) -> None:
    picked, opened = list[int](), list[int]()
    page.timeline.on_pick(picked.append)
    page.timeline.on_pick(picked.append)
    page.timeline.on_open(opened.append)
    page.open().say("pick", bar=EARLY)
    page.say("open", bar=OPEN)
    assert (picked, opened) == ([1, 1], [3])


def test_a_bar_of_a_frame_that_is_gone_is_none(page: Page) -> None:
    picked: list[int] = []
    page.timeline.on_pick(picked.append)
    page.open()
    page.timeline.load(JOBS.iloc[:1])
    page.say("pick", bar=OPEN, version=1)
    page.say("row", bar=OPEN, version=1)
    assert picked == []
    assert [message["kind"] for message, _ in page.heard][-1] == "data"


def test_a_page_is_told_about_a_bar(page: Page) -> None:
    assert page.open().facts(EARLY) == {"id": "b1", "name": "early", "workflows": "w2"}


def test_no_lock_is_held_while_a_bar_is_picked(page: Page) -> None:
    finished: list[bool] = []

    def pick(_: int) -> None:
        other = Thread(target=page.timeline.show, args=([True] * 4,), daemon=True)
        other.start()
        other.join(5)
        finished.append(not other.is_alive())

    page.timeline.on_pick(pick)
    page.open().say("pick", bar=EARLY)
    assert finished == [True]


def test_what_a_callback_raises_is_shown_in_the_timeline(page: Page) -> None:
    page.timeline.on_pick(lambda _: 1 // 0)
    page.open().say("pick", bar=EARLY)
    assert page.last("failed")[0]["text"] == "ZeroDivisionError: integer division or modulo by zero"
    page.say("pick", bar=99)
    assert page.last("failed")[0]["text"].startswith("IndexError: ")


def test_or_handed_to_whoever_asked_for_it() -> None:
    errors: list[Exception] = []
    page = Page(Timeline(JOBS, failed=errors.append)).open()
    page.timeline.on_open(lambda _: 1 // 0)
    page.say("open", bar=EARLY)
    assert [type(error) for error in errors] == [ZeroDivisionError]
    assert "failed" not in [message["kind"] for message, _ in page.heard]


# ---------------------------------------------------------------------------------------------- what stays


def test_no_row_is_in_what_a_notebook_saves_of_the_widget() -> None:
    def saved(n: int) -> int:
        page = Page(Timeline(many_batch_jobs(n))).open()
        page.groups("workflow")
        page.timeline.show(np.arange(n) % 2 == 0)
        state = page.timeline.get_state()
        return sum(len(str(value)) for name, value in state.items() if name not in ("_esm", "_css"))

    assert saved(20_000) < saved(20) + 100


def test_closing_leaves_no_model_and_answers_no_page() -> None:
    before = models()
    page = Page(Timeline(JOBS))
    assert models() - before
    page.timeline.close()
    assert models() == before
    page.say("ready")
    assert page.heard == []
    page.timeline.close()


def test_the_copy_for_places_without_a_kernel_is_a_picture_of_what_is_shown(page: Page) -> None:
    def described() -> str:
        found = re.fullmatch(r'<img alt="([^"]*)" style="[^"]*" src="data:image/png;base64,([^"]+)">', copy())
        assert found
        assert b64decode(found[2]).startswith(b"\x89PNG")
        return found[1]

    copy = page.timeline._static_html
    assert "1 Running, 1 Success and 1 Failed" in described()
    assert "1 without a time" in described()
    page.timeline.show([False, True, True, False])
    assert "Timeline of 1 batch job" in described()
    assert "1 without a time" in described(), "of the rows that are shown, too"
    page.timeline.show([False] * 4)
    assert "without batch jobs" in described()


def test_both_the_widget_and_its_copy_are_displayed(page: Page) -> None:
    shown = page.timeline._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert "run the cell in JupyterLab" in shown["text/html"]
    assert repr(page.timeline) == shown["text/plain"] == "<Timeline: 4 batch jobs>"
