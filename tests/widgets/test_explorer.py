"""The dashboard without a browser: set its controls, read what it shows."""

from __future__ import annotations

import re
import threading
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import ipywidgets
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cijob_analysis import Explorer, explore, plot_states, read_csv, schema
from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.widgets import Selection
from tests.builders import batch_jobs, many_batch_jobs

# Said of older ipywidgets by newer traitlets.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1:DeprecationWarning")

JOBS = batch_jobs(
    {"name": "Nightly", "state": "Success", "type": "Workflow", "workflow_ids": "w1,w2", "created_at": "2026-03-01 01"},
    {"name": "nightly", "state": "Failed", "type": "Workflow", "workflow_ids": "w2", "created_at": "2026-03-01 02"},
    {"name": "转码", "state": "Failed", "type": "Job", "tag": "Transcode", "created_at": "2026-03-01 03"},
    {"name": "<b>bold</b>", "state": "Frozen", "type": "Job", "tag": "Transcode"},
    {"name": None, "state": None, "type": None, "created_at": "2026-03-01 05"},
)  # fmt: skip


def models() -> set[str]:
    return set(ipywidgets.Widget.get_manager_state()["state"])


@pytest.fixture(autouse=True)
def _leaves_no_model() -> Iterator[None]:
    before = models()
    yield
    ipywidgets.Widget.close_all()
    assert not models() - before


def shown_count(explorer: Explorer) -> int:
    found = re.search(r'role="status">([\d\u202f]+) of', explorer.summary.value)
    assert found
    return int(found[1].replace("\u202f", ""))


def counts_on(toggles: Any) -> dict[str | None, int]:
    return {value: int(button.description.split()[-1]) for value, button in toggles.buttons.items()}


def check_consistency(explorer: Explorer) -> None:
    """Everything that the dashboard shows is what is selected."""
    selected = explorer.selected
    n = len(selected)
    assert shown_count(explorer) == n
    assert explorer.table.value.count("<tr>") - 1 == min(n, 100)
    pressed = explorer.controls.states.value or tuple(explorer.controls.states.buttons)
    assert sum(counts_on(explorer.controls.states)[state] for state in pressed) == n
    pressed = explorer.controls.types.value or tuple(explorer.controls.types.buttons)
    assert sum(counts_on(explorer.controls.types)[kind] for kind in pressed) == n
    pane = explorer.panes[explorer.tabs.selected_index]
    assert re.search(rf"\b{n} batch job", pane.sentence)
    assert bytes(pane.image.value).startswith(b"\x89PNG")
    assert explorer.code.value == explorer.selection.as_code()
    assert explorer.status.value == ""


def test_it_begins_with_everything() -> None:
    explorer = explore(JOBS)
    pd.testing.assert_frame_equal(explorer.selected, JOBS)
    assert explorer.selection == Selection()
    assert counts_on(explorer.controls.states) == {
        "Submitted": 0, "Running": 0, "Pause": 0, "Success": 1, "Failed": 2, "Cancel": 0, "Frozen": 1, None: 1,
    }  # fmt: skip
    assert counts_on(explorer.controls.types) == {"Workflow": 2, "Job": 2, None: 1}
    assert explorer.controls.workflows.options == (("w2: 2", "w2"), ("w1: 1", "w1"), ("(no workflow): 3", None))
    check_consistency(explorer)


def test_each_control_selects() -> None:
    explorer = explore(JOBS, tz="Asia/Shanghai")
    changes: list[tuple[Any, Any, list[int]]] = [
        (explorer.controls.states, ("Failed", None), [1, 2, 4]),
        (explorer.controls.types, ("Job",), [2]),
        (explorer.controls.states, (), [2, 3]),
        (explorer.controls.types, (), [0, 1, 2, 3, 4]),
        (explorer.controls.workflows, ("w1", None), [0, 2, 3, 4]),
        (explorer.controls.workflows, (), [0, 1, 2, 3, 4]),
        (explorer.controls.created_after, datetime(2026, 3, 1, 10, 0), [1, 2, 4]),  # noqa: DTZ001 - 02:00 UTC
        (explorer.controls.created_before, datetime(2026, 3, 1, 12, 59), [1, 2]),  # noqa: DTZ001
        (explorer.controls.text, "NIGHT", [1]),
    ]
    for control, value, rows in changes:
        control.value = value
        pd.testing.assert_frame_equal(explorer.selected, JOBS.iloc[rows])
        check_consistency(explorer)
    explorer.reset_button.click()
    assert explorer.selection == Selection()
    check_consistency(explorer)


actions = st.lists(
    st.tuples(st.sampled_from(["states", "types", "workflows", "text", "tab", "reset"]), st.integers(0, 9)), max_size=5
)


@settings(max_examples=8, deadline=None)
@given(actions)
def test_whatever_is_done_all_parts_agree(actions: list[tuple[str, int]]) -> None:
    explorer = explore(JOBS)
    n_models = len(models())
    for control, number in actions:
        if control in ("states", "types"):
            buttons = list(getattr(explorer.controls, control).buttons.values())
            button = buttons[number % len(buttons)]
            button.value = not button.value
        elif control == "workflows":
            explorer.controls.workflows.index = tuple(place for place in range(3) if number >> place & 1)
        elif control == "text":
            explorer.controls.text.value = ["", "n", "nothing", "b"][number % 4]
        elif control == "tab":
            explorer.tabs.selected_index = number % 4
        else:
            explorer.reset_button.click()
        check_consistency(explorer)
    assert len(models()) == n_models
    explorer.close()


def test_a_selection_can_be_saved_and_set() -> None:
    explorer = explore(JOBS, tz="America/New_York")
    selection = Selection(
        states=("Failed",), types=("Job",), workflows=(None,), text="转",
        created_after=datetime(2026, 3, 1, 2, 30, tzinfo=UTC), created_before=datetime(2026, 3, 2, tzinfo=UTC),
    )  # fmt: skip
    explorer.selection = Selection.from_json(selection.to_json())
    assert explorer.selection == selection
    check_consistency(explorer)


@pytest.mark.parametrize(
    "selection", [Selection(states=("Melted",)), Selection(types=("Task",)), Selection(workflows=("w9",))]
)
def test_what_no_row_has_cannot_be_chosen(selection: Selection) -> None:
    explorer = explore(JOBS)
    with pytest.raises(ConfigurationError, match=r"there is no '(Melted|Task|w9)'"):
        explorer.selection = selection
    check_consistency(explorer)


def test_hours_that_come_twice_are_kept_apart() -> None:
    jobs = batch_jobs({"state": "Failed", "created_at": "2026-11-01 05:30"}, {"created_at": "2026-11-01 06:30"})
    explorer = explore(jobs, tz="America/New_York")  # both at 01:30
    explorer.selection = Selection(created_after=datetime(2026, 11, 1, 6, 30, tzinfo=UTC))
    assert explorer.selected.index.tolist() == [1]


def test_hidden_pictures_are_drawn_when_they_are_shown() -> None:
    explorer = explore(JOBS)
    first, second = explorer.panes[:2]
    assert (first.image.value != b"", second.image.value) == (True, b"")
    explorer.tabs.selected_index = 1
    everything = second.image.value, first.image.value
    explorer.controls.states.value = ("Failed",)
    assert (second.image.value != everything[0], first.image.value) == (True, everything[1])
    explorer.tabs.selected_index = 0
    check_consistency(explorer)


def test_it_works_on_a_copy() -> None:
    frame = JOBS.copy()
    explorer = explore(frame)
    del frame["state"]
    selected = explorer.selected
    selected["name"] = "changed"
    explorer.controls.states.value = ("Failed",)
    assert explorer.selected["name"].tolist() == ["nightly", "转码"]


def test_an_exception_is_shown_and_logged_and_it_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    def broken(frame: pd.DataFrame, *, tz: Any) -> Any:
        if len(frame) < len(JOBS):
            raise RuntimeError("no <paint> left")
        return plot_states(frame, tz=tz)

    explorer = Explorer(JOBS, pictures={"Broken": broken, "States": plot_states})
    check_consistency(explorer)
    explorer.controls.states.value = ("Success",)
    assert "RuntimeError: no &lt;paint&gt; left" in explorer.status.value
    assert 'role="alert"' in explorer.status.value
    assert caplog.records[-1].exc_info
    assert shown_count(explorer) == 1
    assert explorer.panes[0].image.value == b""
    explorer.tabs.selected_index = 1
    explorer.controls.types.value = ("Workflow",)
    check_consistency(explorer)
    explorer.tabs.selected_index = 0
    explorer.reset()
    check_consistency(explorer)
    assert explorer.panes[0].image.layout.visibility == "visible"


def test_csv_has_the_selected_rows(tmp_path: Path) -> None:
    explorer = explore(JOBS)
    explorer.controls.types.value = ("Job",)
    path = explorer.write_csv(tmp_path / "jobs.csv")
    assert read_csv(path)["name"].tolist() == ["转码", "<b>bold</b>"]
    with pytest.raises(FileExistsError):
        explorer.write_csv(path)
    assert explorer.write_csv(path, overwrite=True) == path


def test_threads_that_change_controls_at_once_leave_it_consistent() -> None:
    explorer = explore(many_batch_jobs(500))
    begin = threading.Barrier(3)

    def press(toggles: Any, value: str) -> None:
        begin.wait()
        for _ in range(5):
            toggles.buttons[value].value = not toggles.buttons[value].value

    def turn() -> None:
        begin.wait()
        for number in range(6):
            explorer.tabs.selected_index = number % 3

    threads = [
        threading.Thread(target=press, args=(explorer.controls.states, "Failed")),
        threading.Thread(target=press, args=(explorer.controls.states, "Cancel")),
        threading.Thread(target=turn),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert explorer.selection == Selection(states=("Failed", "Cancel"))
    assert explorer.tabs.selected_index == 2
    check_consistency(explorer)


def test_a_change_that_is_overtaken_draws_nothing() -> None:
    drawn: list[int] = []
    drawing, proceed = threading.Event(), threading.Event()

    def slow(frame: pd.DataFrame, *, tz: Any) -> Any:
        drawn.append(len(frame))
        if len(drawn) == 2:
            drawing.set()
            assert proceed.wait(10)
        return plot_states(frame, tz=tz)

    explorer = Explorer(JOBS, pictures={"Slow": slow})
    threads = []
    for text in ("b", "bo", "bol"):
        threads.append(threading.Thread(target=setattr, args=(explorer.controls.text, "value", text)))
        threads[-1].start()
        assert drawing.wait(10)
        while explorer.controls.text.value != text:
            threading.Event().wait(0.001)
    proceed.set()
    for thread in threads:
        thread.join()
    assert drawn == [5, 5, 1]  # everything, "b" (each has it in its id), "bol"; not "bo"
    check_consistency(explorer)


def test_close_leaves_no_model_behind() -> None:
    before = models()
    explorer = explore(JOBS)
    assert len(models() - before) > 20
    explorer.controls.states.value = ("Failed",)
    explorer.close()
    assert models() == before
    assert len(explorer.selected) == 2
    explorer.close()


@pytest.mark.parametrize("name", ["state", "type", "workflow_ids", "created_at", "batch_job_id", "message"])
def test_a_missing_column_is_named(name: str) -> None:
    before = models()
    with pytest.raises(SchemaError, match=f"lacks {name}"):
        explore(JOBS.drop(columns=[name]))
    assert models() == before


def test_times_without_a_zone_are_refused() -> None:
    with pytest.raises(SchemaError, match="created_at"):
        explore(JOBS.assign(created_at=np.datetime64("2026-03-01")))


@pytest.mark.parametrize("nothing", [None, [], {"state": ["Failed"]}, JOBS["state"]])
def test_what_is_no_frame_is_refused(nothing: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"takes a DataFrame.* and no {type(nothing).__name__}"):
        explore(nothing)


def test_what_is_no_zone_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="Asia/Peking"):
        explore(JOBS, tz="Asia/Peking")


EXTREMES = {
    "empty": schema.empty(schema.BATCH_JOBS),
    "one": JOBS.iloc[:1],
    "all failed": many_batch_jobs(150, states=("Failed",)),
    "long": batch_jobs(
        {"name": "每日转码" * 50, "state": "Failed", "workflow_ids": "工作流" * 60, "message": "$_{^" * 50}
    ),
    "joined": pd.concat([JOBS, JOBS]),
    "no time": batch_jobs({"state": "Running"}),
}


@pytest.mark.parametrize("name", EXTREMES)
def test_extremes(name: str) -> None:
    explorer = explore(EXTREMES[name], tz="Asia/Shanghai")
    for tab in range(4):
        explorer.tabs.selected_index = tab
        check_consistency(explorer)
    explorer.controls.text.value = "failed"
    check_consistency(explorer)
    assert "text/html" in explorer._repr_mimebundle_()


def test_without_a_kernel_a_picture_and_a_table_are_there() -> None:
    explorer = explore(many_batch_jobs(3000))
    explorer.controls.states.value = ("Failed",)
    explorer.tabs.selected_index = 3
    bundle = explorer._repr_mimebundle_()
    html = bundle["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert len(html) < 300_000
    assert html.count("<tr>") == 21
    assert f"{shown_count(explorer)} of 3\u202f000 batch jobs selected" in html
    image = re.search(r'<img alt="([^"]+)"[^>]* src="data:image/png;base64,([^"]+)">', html)
    assert image
    assert unescape(image[1]) == explorer.panes[3].sentence
    assert b64decode(image[2]).startswith(b"\x89PNG")
    assert bundle["text/plain"] == repr(explorer)
    assert re.fullmatch(r"<Explorer: \d+ of 3\u202f000 batch jobs selected>", repr(explorer))
