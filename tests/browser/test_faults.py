"""What goes wrong is shown, and a busy kernel loses nothing."""

from __future__ import annotations

import re

import pytest

from tests.browser.bench import Bench

pytestmark = pytest.mark.browser


def test_a_failing_callback_is_shown_and_the_dashboard_goes_on(bench: Bench) -> None:
    from playwright.sync_api import expect

    broken, n = bench.broken, (bench.snapshot.batch_jobs["state"] == "Failed").sum()
    broken.open("States and durations")
    broken.expect_drawn()
    broken.button("Failed").click()
    expect(broken.alert).to_have_text("RuntimeError: no <paint> left")
    expect(broken.root.locator(".cijob-count")).to_have_text(re.compile(f"^{n} of 24 batch jobs selected"))
    broken.root.get_by_text("This picture could not be drawn.").wait_for()
    broken.button("Reset").click()
    broken.expect_selected(bench.snapshot.batch_jobs)
    broken.expect_drawn()


def test_what_cannot_be_understood_is_said_and_taken_back(bench: Bench) -> None:
    from playwright.sync_api import expect

    dashboard = bench.dashboard
    dashboard.fill("At least", "soon")
    expect(dashboard.alert).to_have_text(re.compile("^ConfigurationError: 'soon' is no duration; write 90"))
    expect(dashboard.field("At least")).to_have_value("")
    dashboard.fill("At least", "1 h")
    dashboard.button("Reset").click()
    dashboard.expect_selected(bench.snapshot.tasks)


def test_no_click_beside_a_busy_cell_is_lost(bench: Bench) -> None:
    dashboard, tasks = bench.dashboard, bench.snapshot.tasks
    dashboard.open("States and durations")
    dashboard.expect_drawn()
    kinds = [kind for kind in tasks["task_type"].dropna().unique() if kind != "Snapshot"]
    wanted = tasks[tasks["state"].isin(["Failed", "Cancel", "Pause"]) & tasks["task_type"].isin(kinds)]
    with bench.spinning():
        # The kernel may hold these back until the cell is done: it answers where it last wrote to a widget from.
        for name in ("Failed", "Running", "Cancel", "Success", "Pause", "Running", "Success"):
            dashboard.button(name).click()
        dashboard.choose("Type", *kinds)
    dashboard.expect_selected(wanted)
    known = bench.known()
    assert known.selection.states == ("Pause", "Failed", "Cancel")
    assert known.selected["task_id"].tolist() == wanted["task_id"].tolist()

    # The picture is that of what is selected, and not of something in between.
    dashboard.expect_drawn()
    shown = dashboard.looks()
    dashboard.button("Running").click()
    dashboard.expect_other_looks(shown)
    dashboard.button("Running").click()
    dashboard.expect_looks(shown)


def test_controls_that_have_been_used_answer_beside_a_busy_cell(bench: Bench) -> None:
    dashboard, tasks = bench.dashboard, bench.snapshot.tasks
    failed, cancelled = tasks[tasks["state"] == "Failed"], tasks[tasks["state"] == "Cancel"]
    # ipykernel brings what a widget says to where it was last written to from: a cell, until it is used.
    dashboard.button("Failed").click()
    dashboard.expect_selected(failed)
    dashboard.fill("Text", "moov")
    dashboard.expect_selected(failed[failed["message"].str.contains("moov").fillna(False)])
    dashboard.button("Reset").click()
    dashboard.expect_selected(tasks)
    dashboard.button("Cancel").click()
    dashboard.expect_selected(cancelled)
    dashboard.open("States and durations")
    dashboard.expect_drawn()
    before = dashboard.looks()
    with bench.spinning():
        dashboard.button("Failed").click()
        dashboard.expect_selected(tasks[tasks["state"].isin(["Failed", "Cancel"])])
        dashboard.expect_other_looks(before)
        dashboard.button("Cancel").click()
        failed = tasks[tasks["state"] == "Failed"]
        dashboard.expect_selected(failed)
        dashboard.fill("Text", "moov")
        dashboard.expect_selected(failed[failed["message"].str.contains("moov").fillna(False)])
        dashboard.open("Timeline")
        dashboard.drag(0.3, 0.6)
        dashboard.expect_words("Window selected")
