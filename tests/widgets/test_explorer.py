"""The dashboard without a browser: set its controls, read what it shows."""

from __future__ import annotations

import re
import threading
from base64 import b64decode
from datetime import UTC, datetime
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cijob_analysis import Explorer, Snapshot, explore, plot_states, read_csv, schema
from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.widgets import Selection
from cijob_analysis.widgets.exports import content_of
from tests.builders import batch_jobs, many_batch_jobs
from tests.widgets.consistency import check_consistency, counts_on_buttons, models, shown_count
from tests.widgets.worlds import FAR, small_snapshot

# Said of older ipywidgets by newer traitlets.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1:DeprecationWarning")

JOBS = batch_jobs(
    {"name": "Nightly", "state": "Success", "type": "Workflow", "workflow_ids": "w1,w2", "created_at": "2026-03-01 01"},
    {"name": "nightly", "state": "Failed", "type": "Workflow", "workflow_ids": "w2", "created_at": "2026-03-01 02"},
    {"name": "转码", "state": "Failed", "type": "Job", "tag": "Transcode", "created_at": "2026-03-01 03"},
    {"name": "<b>bold</b>", "state": "Frozen", "type": "Job", "tag": "Transcode"},
    {"name": None, "state": None, "type": None, "created_at": "2026-03-01 05"},
)  # fmt: skip
TIMELINE, STATES, WORKFLOWS, FAILURES, TABLE = range(5)


def press(explorer: Explorer, *states: str | None) -> None:
    for state in states:
        button = explorer.controls.states.buttons[state]
        button.value = not button.value


def test_it_begins_with_everything() -> None:
    explorer = explore(JOBS)
    pd.testing.assert_frame_equal(explorer.selected, JOBS)
    assert explorer.selection == Selection()
    assert counts_on_buttons(explorer) == {
        "Submitted": 0, "Running": 0, "Pause": 0, "Success": 1, "Failed": 2, "Cancel": 0, "Frozen": 1, None: 1,
    }  # fmt: skip
    labels = explorer.controls.choices["workflows"]._options_labels
    assert labels == ("w1: 1", "w2: 2", "(none): 3")
    assert explorer.controls.choices["nodes"].layout.display == "none", "batch jobs have no nodes"
    check_consistency(explorer)


def test_each_control_selects() -> None:
    explorer = explore(JOBS, tz="Asia/Shanghai")
    controls = explorer.controls
    changes: list[tuple[Any, Any, list[int]]] = [
        (controls.choices["types"], ("Job",), [2, 3]),
        (controls.choices["types"], (), [0, 1, 2, 3, 4]),
        (controls.choices["workflows"], ("w1", None), [0, 2, 3, 4]),
        (controls.choices["workflows"], (), [0, 1, 2, 3, 4]),
        (controls.created_after, datetime(2026, 3, 1, 10, 0), [1, 2, 4]),  # noqa: DTZ001 - 02:00 UTC
        (controls.created_before, datetime(2026, 3, 1, 12, 59), [1, 2]),  # noqa: DTZ001
        (controls.text, "NIGHT", [1]),
    ]
    for control, value, rows in changes:
        control.value = value
        pd.testing.assert_frame_equal(explorer.selected, JOBS.iloc[rows])
        check_consistency(explorer)
    explorer.header.reset_button.click()
    press(explorer, "Failed", None)
    pd.testing.assert_frame_equal(explorer.selected, JOBS.iloc[[1, 2, 4]])
    press(explorer, "Failed")
    pd.testing.assert_frame_equal(explorer.selected, JOBS.iloc[[4]])
    check_consistency(explorer)


def test_durations_are_entered_as_people_write_them() -> None:
    explorer = explore(small_snapshot())
    explorer.controls.at_least.value = "11 min"
    assert explorer.selected["task_id"].tolist() == ["j1", "j3"]
    explorer.controls.at_most.value = "20min"
    assert explorer.selected["task_id"].tolist() == ["j3"]
    assert explorer.selection == Selection(at_least_s=660, at_most_s=1200)
    explorer.controls.duration.value = "queue_wait_s"
    assert len(explorer.selected) == 0
    check_consistency(explorer)


def test_what_is_no_duration_is_shown_and_nothing_is_lost() -> None:
    explorer = explore(small_snapshot())
    press(explorer, "Failed")
    explorer.controls.at_least.value = "5 mn"
    assert "5 mn" in explorer.header.status.value
    assert 'role="alert"' in explorer.header.status.value
    assert explorer.selection == Selection(states=("Failed",))
    assert explorer.controls.at_least.value == "", "the control says what holds"
    explorer.controls.at_least.value = "5 min"
    check_consistency(explorer)


def test_a_window_brushed_on_the_bars_selects_everywhere_but_there() -> None:
    explorer = explore(small_snapshot())
    window = datetime(2026, 3, 1, 1, 19, 30, tzinfo=UTC), datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
    explorer.timeline.window = [int(time.timestamp() * 1000) for time in window]
    assert explorer.selection == Selection(window=window)
    assert explorer.selected["task_id"].tolist() == ["j1"]
    assert explorer.tabs._masks[explorer.timeline].all(), "all bars stay, the window lies over them"
    check_consistency(explorer)
    explorer.timeline.window = []
    assert explorer.selection == Selection()
    check_consistency(explorer)


def test_picked_rows_are_linked_and_can_be_all_that_is_left() -> None:
    explorer = explore(small_snapshot())
    explorer.table.picked = ["j2"]
    explorer._pick(3)  # a click on a bar
    explorer._turns.show()
    assert explorer.table.picked == ["j2", "j4"]
    assert explorer.picked["task_id"].tolist() == ["j2", "j4"]
    assert len(explorer.selected) == 4
    assert "c.mp4" in explorer.details.value, "a click on a bar shows all of the row"
    explorer.header.picked_button.value = True
    assert explorer.selected["task_id"].tolist() == ["j2", "j4"]
    assert explorer.header.picked_button.description == "✓ Only picked 2"
    check_consistency(explorer)


def test_a_click_on_a_cluster_filters() -> None:
    explorer = explore(small_snapshot())
    explorer.tabs.selected_index = FAILURES
    explorer.tabs.failures.rows[0].button.value = True
    ((code, pattern),) = explorer.selection.failures
    assert explorer.selected["code"].tolist() == [code]
    assert code in explorer.header.filters.value
    assert pattern
    check_consistency(explorer)
    explorer.tabs.failures.rows[0].button.value = False
    assert len(explorer.selected) == 4
    check_consistency(explorer)


def test_down_and_back() -> None:
    explorer = explore(small_snapshot())
    explorer.header.way.levels.value = "batch_jobs"
    press(explorer, "Failed")
    explorer.look_into(FAR)
    assert (explorer.exploration.level, shown_count(explorer)) == ("executions", 2)
    assert [step.description for step in explorer.header.way.steps[:2]] == [
        "All batch jobs", "executions of batch job nightly",
    ]  # fmt: skip
    explorer.look_into("i2")
    assert explorer.selected["task_id"].tolist() == ["j3"]
    check_consistency(explorer)
    explorer.look_into("j3")
    assert "no &lt;stream&gt; in b.mov" in explorer.details.value
    explorer.header.way.steps[0].value = True
    assert explorer.selection == Selection(states=("Failed",))
    assert explorer.details.value == ""
    check_consistency(explorer)
    explorer.back()
    check_consistency(explorer)


def test_an_unknown_row_opens_nothing() -> None:
    explorer = explore(small_snapshot())
    explorer.look_into("j9")
    check_consistency(explorer)


def test_a_selection_can_be_saved_and_set() -> None:
    explorer = explore(small_snapshot(), tz="America/New_York")
    selection = Selection(
        states=("Failed",), types=("Transcode",), nodes=("Transcode_1",), queues=("p1",), text="MOV", picked=("j3",),
        created_after=datetime(2026, 3, 1, 1, 7, tzinfo=UTC), created_before=datetime(2026, 3, 2, tzinfo=UTC),
        at_least_s=60.0, failures=(("BadInput", "no <stream> in <path>"),),
    )  # fmt: skip
    explorer.selection = Selection.from_json(selection.to_json())
    assert explorer.selection == selection
    check_consistency(explorer)


def test_a_filter_that_the_level_has_not_is_refused() -> None:
    explorer = explore(JOBS)
    with pytest.raises(SchemaError, match="node"):
        explorer.selection = Selection(nodes=("Transcode_1",))
    check_consistency(explorer)


def test_hours_that_come_twice_are_kept_apart() -> None:
    jobs = batch_jobs({"state": "Failed", "created_at": "2026-11-01 05:30"}, {"created_at": "2026-11-01 06:30"})
    explorer = explore(jobs, tz="America/New_York")  # both at 01:30
    explorer.selection = Selection(created_after=datetime(2026, 11, 1, 6, 30, tzinfo=UTC))
    assert explorer.selected.index.tolist() == [1]


def test_hidden_pictures_are_drawn_when_they_are_shown() -> None:
    explorer = explore(JOBS)
    states, workflows = explorer.tabs.states.states, explorer.tabs.workflows.distribution
    assert (states.image.value, workflows.image.value) == (b"", b"")
    explorer.tabs.selected_index = STATES
    everything = states.image.value
    explorer.tabs.selected_index = WORKFLOWS
    press(explorer, "Failed")
    assert states.image.value == everything
    explorer.tabs.selected_index = STATES
    assert states.image.value != everything
    check_consistency(explorer)


def test_what_is_chosen_about_a_picture_changes_it() -> None:
    explorer = explore(small_snapshot())
    explorer.tabs.selected_index = STATES
    durations = explorer.tabs.states.durations
    assert durations.sentence.startswith("Histogram of the run time")
    durations.options["kind"].value = "ecdf"
    durations.options["duration"].value = "queue_wait_s"
    assert "queue wait" in durations.sentence
    assert not durations.sentence.startswith("Histogram")


def test_the_workflows_of_a_snapshot_have_a_topology_for_tasks_only() -> None:
    snapshot = small_snapshot()
    workflows = schema.empty(schema.WORKFLOWS).reindex(range(1))
    workflows.loc[0, ["workflow_id", "name"]] = ["w1", "ladder"]
    explorer = explore(Snapshot(**{**dict(snapshot.frames()), "workflows": workflows}, as_of=snapshot.as_of))
    explorer.tabs.selected_index = WORKFLOWS
    assert len(explorer.tabs.workflows.pictures) == 2
    assert explorer.controls.choices["workflows"]._options_labels == ("ladder: 3", "(none): 1")
    explorer.look_at("batch_jobs")
    assert len(explorer.tabs.workflows.pictures) == 1
    check_consistency(explorer)


def test_it_works_on_a_copy() -> None:
    frame = JOBS.copy()
    explorer = explore(frame)
    del frame["state"]
    selected = explorer.selected
    selected["name"] = "changed"
    press(explorer, "Failed")
    assert explorer.selected["name"].tolist() == ["nightly", "转码"]


def test_an_exception_is_shown_and_logged_and_it_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    def broken(frame: pd.DataFrame, *, tz: Any) -> Any:
        if len(frame) < len(JOBS):
            raise RuntimeError("no <paint> left")
        return plot_states(frame, tz=tz)

    explorer = Explorer(JOBS, pictures={"states": broken})
    explorer.tabs.selected_index = STATES
    check_consistency(explorer)
    press(explorer, "Success")
    assert "RuntimeError: no &lt;paint&gt; left" in explorer.header.status.value
    assert caplog.records[-1].exc_info
    assert shown_count(explorer) == 1
    assert explorer.tabs.states.states.image.value == b""
    explorer.tabs.selected_index = TABLE
    press(explorer, "Failed")
    check_consistency(explorer)
    explorer.tabs.selected_index = STATES
    explorer.reset()
    check_consistency(explorer)
    assert explorer.tabs.states.states.image.layout.visibility == "visible"


def test_files_have_the_selected_rows(tmp_path: Path) -> None:
    explorer = explore(JOBS)
    explorer.controls.choices["types"].value = ("Job",)
    path = explorer.write_csv(tmp_path / "jobs.csv")
    assert read_csv(path)["name"].tolist() == ["转码", "<b>bold</b>"]
    with pytest.raises(FileExistsError):
        explorer.write_csv(path)
    assert explorer.write_csv(path, overwrite=True) == path
    assert explorer._file("csv") == path.read_bytes()
    parquet = pd.read_parquet(BytesIO(content_of(explorer.selected, "parquet")))
    assert parquet["batch_job_id"].tolist() == explorer.selected["batch_job_id"].tolist()


def test_threads_that_change_controls_at_once_lose_nothing() -> None:
    explorer = explore(many_batch_jobs(500))
    begin = threading.Barrier(4)

    def press_often(value: str) -> None:
        begin.wait()
        button = explorer.controls.states.buttons[value]
        for number in range(5):
            button.value = number % 2 == 0

    def turn() -> None:
        begin.wait()
        for number in range(6):
            explorer.tabs.selected_index = number % 3

    def brush() -> None:
        begin.wait()
        explorer.timeline.window = [1_772_150_000_000, 1_772_350_000_000]

    threads = [threading.Thread(target=press_often, args=(state,)) for state in ("Failed", "Cancel")]
    threads += [threading.Thread(target=turn), threading.Thread(target=brush)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert explorer.selection.states == ("Failed", "Cancel")
    assert explorer.selection.window
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

    explorer = Explorer(JOBS, pictures={"states": slow})
    explorer.tabs.selected_index = STATES
    threads = []
    for text in ("b", "bo", "bol"):
        threads.append(threading.Thread(target=setattr, args=(explorer.controls.text, "value", text)))
        threads[-1].start()
        assert drawing.wait(10)
        while len(explorer._turns._waiting) + 1 < len(threads):
            threading.Event().wait(0.001)
    proceed.set()
    for thread in threads:
        thread.join()
    assert drawn == [5, 5, 1]  # everything, "b" (each has it in its id), "bol"; not "bo"
    check_consistency(explorer)


def test_close_leaves_no_model_behind() -> None:
    before = models()
    explorer = explore(small_snapshot())
    assert len(models() - before) > 20
    press(explorer, "Failed")
    explorer.close()
    assert models() == before
    assert len(explorer.selected) == 2
    explorer.close()


@pytest.mark.parametrize("name", ["state", "created_at", "ended_at"])
def test_a_missing_column_is_named(name: str) -> None:
    before = models()
    with pytest.raises(SchemaError, match=f"lacks {name}"):
        explore(JOBS.drop(columns=[name]))
    assert models() == before


@pytest.mark.parametrize("name", ["type", "workflow_ids", "message", "name"])
def test_without_another_column_it_works(name: str) -> None:
    explorer = explore(JOBS.drop(columns=[name]))
    press(explorer, "Failed")
    for tab in (STATES, FAILURES, TABLE):
        explorer.tabs.selected_index = tab
        check_consistency(explorer)


def test_times_without_a_zone_are_refused() -> None:
    with pytest.raises(SchemaError, match="created_at"):
        explore(JOBS.assign(created_at=np.datetime64("2026-03-01")))


@pytest.mark.parametrize("nothing", [None, [], {"state": ["Failed"]}, JOBS["state"]])
def test_what_is_no_frame_is_refused(nothing: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"takes a Snapshot or a DataFrame.* and no {type(nothing).__name__}"):
        explore(nothing)


def test_what_is_no_zone_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="Asia/Peking"):
        explore(JOBS, tz="Asia/Peking")


EXTREMES: dict[str, pd.DataFrame | Snapshot] = {
    "nothing": Snapshot(),
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
    for tab in range(5):
        explorer.tabs.selected_index = tab
        check_consistency(explorer)
    explorer.controls.text.value = "failed"
    check_consistency(explorer)
    assert "text/html" in explorer._repr_mimebundle_()


@pytest.mark.parametrize("tab", [TIMELINE, STATES])
def test_without_a_kernel_pictures_and_a_table_are_there(tab: int) -> None:
    explorer = explore(many_batch_jobs(3000))
    press(explorer, "Failed")
    explorer.tabs.selected_index = tab
    bundle = explorer._repr_mimebundle_()
    html = bundle["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert len(html) < 300_000
    assert html.count("<tr>") == 21
    assert f"{shown_count(explorer)} of 3\u202f000 batch jobs selected" in html
    pictures = re.findall(r'<img alt="([^"]+)"[^>]* src="data:image/png;base64,([^"]+)">', html)
    assert len(pictures) == (2 if tab == STATES else 1)
    for sentence, content in pictures:
        assert "batch job" in unescape(sentence)
        assert b64decode(content).startswith(b"\x89PNG")
    assert bundle["text/plain"] == repr(explorer)
    assert re.fullmatch(r"<Explorer: \d+ of 3\u202f000 batch jobs selected>", repr(explorer))
