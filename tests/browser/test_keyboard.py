"""Everything in the dashboard can be reached and done without a pointer."""

from __future__ import annotations

import pytest

from cijob_analysis import failure_clusters, read_csv
from tests.browser.bench import Bench

pytestmark = pytest.mark.browser

FOCUSABLE = """root => [...root.querySelectorAll("button, select, input, textarea, [tabindex], [role=tab]")].filter(
    one => one.checkVisibility({ visibilityProperty: true }) && !one.disabled
        && one.tabIndex >= 0 && !one.closest("table")
)"""
"""All controls that are shown, but for those that arrow keys reach: cells of the table, and all but one of the tabs."""


def tab_through(bench: Bench) -> tuple[list[str], list[str]]:
    """Press Tab from before the dashboard until after it; return what was reached, and what should have been."""
    page, root = bench.page, bench.dashboard.root
    wanted: list[str] = root.evaluate(
        f"root => ({FOCUSABLE})(root).map((one, number) => one.dataset.stop = `${{one.tagName}} ${{number}} "
        "${one.textContent.slice(0, 30)}`)"
    )
    root.locator("button").first.focus()
    reached: list[str] = []
    for _ in range(len(wanted) + 20):
        stop = page.evaluate(
            "() => document.activeElement.closest('.cijob-explorer') && (document.activeElement.dataset.stop ?? 'cell')"
        )
        if stop is None:
            break
        reached.append(stop)
        page.keyboard.press("Tab")
    return reached, wanted


@pytest.mark.parametrize("title", ["Timeline", "States and durations", "Workflows", "Failures", "Table"])
def test_tab_reaches_every_control(bench: Bench, title: str) -> None:
    dashboard = bench.dashboard
    dashboard.open(title)
    if title in ("States and durations", "Workflows"):
        dashboard.expect_drawn()
    if title == "Failures":
        dashboard.root.locator(".cijob-failure-bar:visible").first.wait_for()
    reached, wanted = tab_through(bench)
    assert [stop for stop in wanted if stop not in reached] == []
    in_order = [stop for stop in reached if stop in wanted]
    assert list(dict.fromkeys(in_order)) == wanted, "from above to below"


def test_filters_and_tabs_by_keyboard(bench: Bench) -> None:
    dashboard, tasks, keyboard = bench.dashboard, bench.snapshot.tasks, bench.page.keyboard
    dashboard.button("Failed").focus()
    keyboard.press("Space")
    failed = tasks[tasks["state"] == "Failed"]
    dashboard.expect_selected(failed)
    dashboard.field("Text").focus()
    keyboard.type("moov")
    keyboard.press("Enter")
    dashboard.expect_selected(failed[failed["message"].str.contains("moov").fillna(False)])
    dashboard.button("Reset").focus()
    keyboard.press("Enter")
    dashboard.expect_selected(tasks)

    dashboard.field("Type").focus()
    keyboard.press("Home")
    first = dashboard.field("Type").locator("option").first.inner_text().partition(":")[0]
    dashboard.expect_selected(tasks[tasks["task_type"] == first])
    dashboard.button("Reset").focus()
    keyboard.press("Space")
    dashboard.expect_selected(tasks)

    dashboard.tab("Timeline").focus()
    keyboard.press("ArrowRight")
    keyboard.press("Enter")
    dashboard.root.get_by_role("tab", name="States and durations", selected=True).wait_for()
    dashboard.expect_drawn()


def test_the_timeline_by_keyboard(bench: Bench) -> None:
    dashboard, tasks = bench.dashboard, bench.snapshot.tasks
    looks = [dashboard.looks()]
    for key in ("+", "ArrowRight", "ArrowLeft", "-"):
        dashboard.stage.press(key)
        if key == "ArrowLeft":
            dashboard.expect_looks(looks[-2])
        elif key == "-":
            dashboard.expect_looks(looks[0])
        else:
            dashboard.expect_other_looks(looks[-1])
        looks.append(dashboard.looks())

    dashboard.stage.press("Shift+ArrowRight")
    dashboard.stage.press("Shift+ArrowRight")
    dashboard.expect_words("Window selected: from ")
    window = bench.known().selection.window
    assert window is not None
    begin, end = window
    was_over = tasks["state"].isin(["Success", "Failed", "Cancel"]) & (tasks["ended_at"] < begin)
    dashboard.expect_selected(tasks[(tasks["created_at"] < end) & ~was_over], bars=tasks)
    dashboard.stage.press("Escape")
    dashboard.expect_selected(tasks)

    dashboard.stage.press("ArrowDown")
    dashboard.stage.press("ArrowDown")
    dashboard.root.locator(".cijob-timeline-live").filter(has_text="state ").wait_for(state="attached")
    dashboard.stage.press("Enter")
    dashboard.button("Only picked 1").wait_for()
    [ident] = bench.known().selection.picked
    assert ident in dashboard.details.inner_text()


def test_the_table_by_keyboard_down_and_back(bench: Bench) -> None:
    dashboard, snapshot, keyboard = bench.dashboard, bench.snapshot, bench.page.keyboard
    dashboard.button("Batch jobs").focus()
    keyboard.press("Enter")
    dashboard.expect_selected(snapshot.batch_jobs)
    dashboard.open("Table")
    name = snapshot.batch_jobs["name"].iloc[0]
    dashboard.root.get_by_role("gridcell", name=name, exact=True).focus()
    for _ in range(11):
        keyboard.press("ArrowDown")
    job = snapshot.batch_jobs.iloc[11]
    keyboard.press("Space")
    dashboard.button("Only picked 1").wait_for()
    assert bench.known().selection.picked == (job["batch_job_id"],)
    dashboard.root.get_by_role("gridcell", name=job["name"], exact=True).first.focus()
    keyboard.press("Enter")
    below = [snapshot.executions, snapshot.tasks]
    wanted = next(rows for frame in below if len(rows := frame[frame["batch_job_id"] == job["batch_job_id"]]))
    dashboard.expect_selected(wanted)
    dashboard.root.locator(".cijob-steps").get_by_role("button", name="All batch jobs").focus()
    keyboard.press("Enter")
    dashboard.expect_selected(snapshot.batch_jobs)


def test_failures_and_files_by_keyboard(bench: Bench) -> None:
    dashboard, tasks, keyboard = bench.dashboard, bench.snapshot.tasks, bench.page.keyboard
    cluster = failure_clusters(tasks)[0]
    dashboard.open("Failures")
    button = dashboard.root.locator(".cijob-failure").first.get_by_role("button")
    button.filter(has_text=cluster.code[:10]).focus()
    keyboard.press("Space")
    chosen = tasks[(tasks["code"] == cluster.code) & tasks["message"].str.contains("moov atom").fillna(False)]
    dashboard.expect_selected(chosen)
    dashboard.button("Save CSV").focus()
    with bench.page.expect_download() as download:
        keyboard.press("Enter")
    assert read_csv(download.value.path())["task_id"].tolist() == chosen["task_id"].tolist()
    dashboard.copy("Copy as code", key="Space")
    assert cluster.code in bench.clipboard()
