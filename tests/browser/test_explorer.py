"""The dashboard as people use it with the pointer, in JupyterLab and in Notebook 7."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from cijob_analysis import failure_clusters, read_csv
from tests.browser.bench import ZONE, Bench

pytestmark = pytest.mark.browser

FAILED, SUCCESS = "#d55e00", "#0072b2"
TERMINAL = ("Success", "Failed", "Cancel")


def under_way(frame: pd.DataFrame, begin: datetime, end: datetime) -> pd.Series:
    """Return which rows were under way in a window."""
    was_over = frame["state"].isin(TERMINAL) & (frame["ended_at"] < begin)
    return (frame["created_at"] < end) & ~was_over


def test_it_is_shown(bench: Bench) -> None:
    tasks, dashboard = bench.snapshot.tasks, bench.dashboard
    for state, n in tasks["state"].value_counts().items():
        assert dashboard.button(str(state)).inner_text().replace("\u202f", "") == f"{state} {n}"
    assert dashboard.root.locator(".cijob-summary").inner_text().startswith("1\u202f153 tasks as of 2026-06-30 10:00")
    assert len(dashboard.painted(SUCCESS)) > 100
    assert dashboard.painted(FAILED)
    for title in ("States and durations", "Workflows"):
        dashboard.open(title)
        dashboard.expect_drawn()


@pytest.mark.parametrize(
    ("title", "changed", "options"),
    [
        ("States and durations", 1, {"Duration": "queue wait", "Drawn as": "violins"}),
        ("Workflows", 0, {"A bar for each": "node", "Its length": "queue wait"}),
    ],
)
def test_what_is_chosen_about_a_picture_changes_that_picture(
    bench: Bench, title: str, changed: int, options: dict[str, str]
) -> None:
    dashboard = bench.dashboard
    dashboard.open(title)
    for label, words in options.items():
        dashboard.expect_drawn()
        before = dashboard.looks()
        control = dashboard.option(label)
        usual = control.input_value()
        control.select_option(label=words)
        dashboard.expect_other_looks(before, of=changed)
        dashboard.expect_looks(before, of=1 - changed)
        control.select_option(usual)
        dashboard.expect_looks(before)


def test_a_window_on_the_canvas_filters_everything(bench: Bench) -> None:
    dashboard, tasks = bench.dashboard, bench.snapshot.tasks
    dashboard.open("States and durations")
    dashboard.expect_drawn()
    before = dashboard.looks()
    dashboard.open("Timeline")
    dashboard.drag(0.3, 0.6)
    dashboard.expect_words("Window selected: from ")
    known = bench.known()
    assert known.selection.window is not None
    within = tasks[under_way(tasks, *known.selection.window)]
    assert 0 < len(within) < len(tasks)
    dashboard.expect_selected(within, bars=tasks)
    assert known.selected["task_id"].tolist() == within["task_id"].tolist()
    dashboard.open("States and durations")
    dashboard.expect_other_looks(before)

    dashboard.open("Timeline")
    dashboard.button("Clear window").click()
    dashboard.expect_selected(tasks)


def test_the_timeline_is_laid_out_panned_and_zoomed(bench: Bench) -> None:
    dashboard = bench.dashboard
    whole = dashboard.looks()
    dashboard.option("Lanes").select_option(label="by node")
    dashboard.expect_other_looks(whole)
    dashboard.option("Lanes").select_option(label="packed")
    dashboard.expect_looks(whole)

    dashboard.button("Zoom in").click()
    dashboard.expect_other_looks(whole)
    zoomed = dashboard.looks()
    dashboard.button("Drag moves").click()
    dashboard.drag(0.6, 0.3)
    dashboard.expect_other_looks(zoomed)
    moved = dashboard.looks()
    dashboard.stage.hover()
    bench.page.mouse.wheel(0, -300)
    dashboard.expect_other_looks(moved)
    dashboard.button("Drag moves").click()
    dashboard.button("Whole time").click()
    dashboard.expect_looks(whole)
    dashboard.expect_selected(bench.snapshot.tasks)


def test_a_click_on_a_bar_picks_its_row_everywhere(bench: Bench) -> None:
    dashboard, tasks = bench.dashboard, bench.snapshot.tasks
    dashboard.button("Failed").click()
    dashboard.expect_selected(tasks[tasks["state"] == "Failed"])
    dashboard.expect_painted(SUCCESS, is_there=False)
    x, y = dashboard.painted(FAILED)[0]
    dashboard.stage.click(position={"x": x, "y": y})
    dashboard.button("Only picked").click()
    dashboard.expect_words("1 task of 1\u202f153 on the timeline: 1 Failed.")
    [ident] = bench.known().selection.picked
    picked = tasks[tasks["task_id"] == ident]
    assert picked["state"].tolist() == ["Failed"]
    dashboard.expect_selected(picked)
    assert ident in dashboard.details.inner_text()
    dashboard.open("Table")
    assert dashboard.root.locator(".cijob-grid-picks").inner_text() == "1 picked"

    dashboard.root.get_by_label(f"Pick task {ident}").uncheck()
    dashboard.expect_selected(picked[:0])


def test_a_cluster_of_failures_filters(bench: Bench) -> None:
    from playwright.sync_api import expect

    dashboard, tasks = bench.dashboard, bench.snapshot.tasks
    cluster = failure_clusters(bench.snapshot, tz=ZONE)[0]
    damaged = (tasks["state"] == "Failed") & tasks["message"].str.contains("moov atom not found").fillna(False)
    assert damaged.sum() == cluster.tasks
    dashboard.open("Failures")
    row = dashboard.root.locator(".cijob-failure").first
    verdict = cluster.verdict[:1].upper() + cluster.verdict[1:]
    expect(row.locator(".cijob-failure-verdict")).to_have_attribute("title", verdict)
    row.get_by_role("button").click()
    dashboard.expect_selected(tasks[damaged])
    assert "Only failures ResourceNotSupported" in dashboard.root.locator(".cijob-said").inner_text()
    with bench.page.expect_download() as download:
        dashboard.button("Save rerun list").click()
    assert download.value.suggested_filename == "rerun.txt"
    keys = Path(download.value.path()).read_text().splitlines()
    assert keys
    assert set(keys) <= set(tasks["object_key"][damaged])
    dashboard.copy("Copy rerun list")
    assert bench.clipboard().splitlines() == keys
    dashboard.button("Clear choice").click()
    dashboard.expect_selected(tasks)


def test_down_to_the_tasks_of_an_execution_and_back(bench: Bench) -> None:
    dashboard, snapshot = bench.dashboard, bench.snapshot
    dashboard.button("Batch jobs").click()
    dashboard.expect_selected(snapshot.batch_jobs)
    dashboard.button("Failed").click()
    failed = snapshot.batch_jobs[snapshot.batch_jobs["state"] == "Failed"]
    dashboard.expect_selected(failed)
    bars = dashboard.looks()
    dashboard.open("Table")
    job = failed["batch_job_id"][failed["batch_job_id"].isin(snapshot.executions["batch_job_id"])].iloc[0]
    dashboard.root.get_by_role("button", name=f"Open batch job {job}").click()
    executions = snapshot.executions[snapshot.executions["batch_job_id"] == job]
    dashboard.expect_selected(executions)
    run = executions["run_id"].iloc[-1]
    dashboard.root.get_by_label(f"Pick execution {run}").locator("xpath=ancestor::tr").dblclick()
    tasks = snapshot.tasks[snapshot.tasks["run_id"] == run]
    dashboard.expect_selected(tasks)
    task = tasks["task_id"].iloc[0]
    dashboard.root.get_by_role("button", name=f"Open task {task}").click()
    dashboard.details.get_by_text(task).wait_for()

    steps = dashboard.root.locator(".cijob-steps")
    assert steps.get_by_role("button", disabled=True).inner_text().startswith("tasks of execution")
    steps.get_by_role("button", name="executions of batch job").click()
    dashboard.expect_selected(executions)
    steps.get_by_role("button", name="All batch jobs").click()
    dashboard.expect_selected(failed)
    dashboard.open("Timeline")
    dashboard.expect_looks(bars)


def test_a_double_click_on_a_bar_opens_it(bench: Bench) -> None:
    dashboard, snapshot = bench.dashboard, bench.snapshot
    dashboard.button("Batch jobs").click()
    dashboard.fill("Text", "transcode-0623")
    job = snapshot.batch_jobs[snapshot.batch_jobs["name"] == "transcode-0623"]
    dashboard.expect_selected(job)
    dashboard.expect_painted(SUCCESS, is_there=False)
    x, y = dashboard.painted(FAILED)[0]
    dashboard.stage.dblclick(position={"x": x, "y": y})
    dashboard.expect_selected(snapshot.tasks[snapshot.tasks["batch_job_id"].isin(job["batch_job_id"])])


def test_files_saved_through_the_browser_hold_the_selected_rows(bench: Bench) -> None:
    dashboard, tasks = bench.dashboard, bench.snapshot.tasks
    dashboard.button("Cancel").click()
    cancelled = tasks[tasks["state"] == "Cancel"].reset_index(drop=True)
    dashboard.expect_selected(cancelled)
    readers: dict[str, Callable[[Path], pd.DataFrame]] = {"CSV": read_csv, "Parquet": pd.read_parquet}
    for kind, read in readers.items():
        with bench.page.expect_download() as download:
            dashboard.button(f"Save {kind}").click()
        assert download.value.suggested_filename == f"tasks.{kind.lower()}"
        saved = read(download.value.path())
        pd.testing.assert_frame_equal(saved, cancelled, check_dtype=False, check_categorical=False)
    assert bench.known().selected["task_id"].tolist() == cancelled["task_id"].tolist()


def test_the_code_on_the_clipboard_makes_the_same_rows(bench: Bench) -> None:
    dashboard, tasks = bench.dashboard, bench.snapshot.tasks
    dashboard.button("Failed").click()
    dashboard.fill("Created from", "2026-06-14T08:00")
    late = tasks["created_at"] >= pd.Timestamp("2026-06-14T08:00", tz=ZONE)
    wanted = tasks[(tasks["state"] == "Failed") & late]
    dashboard.expect_selected(wanted)
    dashboard.copy("Copy as code")
    names = {"frame": tasks}
    exec(bench.clipboard(), names)
    pd.testing.assert_frame_equal(names["selected"], wanted)
