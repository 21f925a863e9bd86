"""The dashboard as people use it: in JupyterLab, with the pointer and the keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cijob_analysis import read_csv
from tests.browser.jupyter import Lab, Trace, open_and_run, start_cell, write_notebook

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

DASHBOARD = """
from pathlib import Path
import time
from cijob_analysis import LocalService, Workload, explore, fetch_batch_jobs, plot_states, write_csv
from cijob_analysis.widgets import Explorer

with LocalService(Workload.generate(batch_jobs=240, seed=7)) as service, service.client() as client:
    frame = fetch_batch_jobs(client)
write_csv(frame, "all.csv", overwrite=True)
explorer = explore(frame, tz="Asia/Shanghai")
explorer
"""
BROKEN = """
def broken(part, *, tz):
    if len(part) < len(frame):
        raise RuntimeError("no <paint> left")
    return plot_states(part, tz=tz)

Explorer(frame, pictures={"Broken": broken})
"""
BUSY = """
Path("busy").touch()
while Path("be-busy").exists():
    time.sleep(0.01)
"""
SELECTED = 'write_csv(explorer.selected, "selected.csv", overwrite=True)'
BUSY_AT, SELECTED_AT = 2, 3


class Dashboard:
    """The first dashboard on the page."""

    def __init__(self, page: Page, lab: Lab) -> None:
        self.page, self.lab = page, lab
        self.all = read_csv(lab.root / "all.csv")
        self.root = page.locator(".cijob-explorer").first

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=re.compile(rf"^(✓ )?{name}( [\d\s]+)?$"))

    def field(self, label: str) -> Locator:
        return self.root.get_by_label(label, exact=True)

    def expect(self, n: int) -> None:
        """Wait until the numbers, the table and the picture are those of `n` batch jobs."""
        from playwright.sync_api import expect

        many = re.compile(rf"(^|\D){n} batch jobs?\b")
        expect(self.root.locator(".cijob-count")).to_have_text(re.compile(rf"^{n} of 240 batch jobs selected"))
        expect(self.root.locator(".cijob-table caption")).to_have_text(many)
        expect(self.root.locator(".cijob-table tbody tr")).to_have_count(min(int(n), 100))
        expect(self.root.locator(".cijob-caption:visible")).to_have_text(many)
        expect(self.root.get_by_role("alert")).to_have_count(0)

    def image(self) -> str:
        """Return where the picture comes from, which is elsewhere for each picture."""
        picture = self.root.locator("img.cijob-picture:visible")
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 500
        return picture.get_attribute("src") or ""


@pytest.fixture(scope="module")
def page(browser: tuple[Page, Trace], lab: Lab) -> Page:
    write_notebook(lab.root / "explore.ipynb", DASHBOARD, BROKEN, BUSY, SELECTED)
    page, _ = browser
    open_and_run(page, lab, "explore.ipynb")
    return page


@pytest.fixture
def dashboard(page: Page, lab: Lab, browser: tuple[Page, Trace]) -> Iterator[Dashboard]:
    """Return the dashboard without filters, its first picture shown."""
    dashboard = Dashboard(page, lab)
    dashboard.button("Reset").click()
    dashboard.root.get_by_role("tab", name="States").click()
    dashboard.expect(240)
    yield dashboard
    assert browser[1] == Trace(), "nothing but loopback was asked for, and no script failed"


def test_it_is_shown_with_the_first_numbers(dashboard: Dashboard) -> None:
    assert dashboard.root.locator(".cijob-summary").inner_text().startswith("240 batch jobs as of ")
    for state, n in dashboard.all["state"].value_counts().items():
        assert dashboard.button(str(state)).inner_text() == f"{state} {n}"
    assert dashboard.image()


def test_states_and_types_filter_and_count_each_other(dashboard: Dashboard) -> None:
    failed = dashboard.all["state"] == "Failed"
    is_job = dashboard.all["type"] == "Job"
    before = dashboard.image()
    dashboard.button("Failed").click()
    dashboard.expect(failed.sum())
    assert dashboard.image() != before
    assert dashboard.button("Failed").inner_text() == f"✓ Failed {failed.sum()}"
    assert dashboard.button("Job").inner_text() == f"Job {(failed & is_job).sum()}"
    dashboard.button("Job").click()
    dashboard.expect((failed & is_job).sum())
    dashboard.button("Failed").click()
    dashboard.expect(is_job.sum())


def test_workflows_filter(dashboard: Dashboard) -> None:
    before = dashboard.image()
    options = dashboard.field("Workflow").locator("option").all_inner_texts()
    dashboard.field("Workflow").select_option(options[-1].replace("\xa0", " "))
    dashboard.expect(dashboard.all["workflow_ids"].isna().sum())
    assert dashboard.image() != before
    workflow = options[0].partition(":")[0]
    dashboard.field("Workflow").select_option(options[0].replace("\xa0", " "))
    dashboard.expect(dashboard.all["workflow_ids"].str.contains(workflow).sum())


def test_times_filter_in_the_display_zone(dashboard: Dashboard) -> None:
    before = dashboard.image()
    created = dashboard.all["created_at"].dt.tz_convert("Asia/Shanghai")
    first, last = "2026-06-10T00:00", "2026-06-20T12:30"
    dashboard.field("Created from").fill(first)
    dashboard.field("Created from").blur()
    dashboard.expect((created >= f"{first}+08:00").sum())
    dashboard.field("Created until").fill(last)
    dashboard.field("Created until").blur()
    dashboard.expect(created.between(f"{first}+08:00", f"{last}+08:00").sum())
    assert dashboard.image() != before


def test_text_filters(dashboard: Dashboard) -> None:
    before = dashboard.image()
    dashboard.field("Text").fill("NIGHTLY")
    dashboard.field("Text").press("Enter")
    dashboard.expect(dashboard.all["name"].str.contains("nightly").sum())
    assert dashboard.image() != before


def test_each_tab_has_its_picture_and_follows_the_filters(dashboard: Dashboard) -> None:
    failed = (dashboard.all["state"] == "Failed").sum()
    pictures = {dashboard.image()}
    for title in ("Durations", "Workflows", "Timeline"):
        dashboard.root.get_by_role("tab", name=title).click()
        dashboard.expect(240)
        pictures.add(dashboard.image())
    dashboard.button("Failed").click()
    dashboard.expect(failed)
    pictures.add(dashboard.image())
    dashboard.root.get_by_role("tab", name="States").click()
    dashboard.expect(failed)
    pictures.add(dashboard.image())
    assert len(pictures) == 6


def test_csv_saved_through_the_browser_has_the_selected_rows(dashboard: Dashboard, tmp_path: Path) -> None:
    dashboard.button("Cancel").click()
    dashboard.expect((dashboard.all["state"] == "Cancel").sum())
    with dashboard.page.expect_download() as download:
        dashboard.button("Save CSV").click()
    assert download.value.suggested_filename == "batch_jobs.csv"
    saved = tmp_path / "saved.csv"
    download.value.save_as(saved)
    cancelled = dashboard.all["state"] == "Cancel"
    assert read_csv(saved)["batch_job_id"].tolist() == dashboard.all["batch_job_id"][cancelled].tolist()


def test_the_code_is_shown_and_selects_the_same_rows(dashboard: Dashboard) -> None:
    dashboard.button("Failed").click()
    dashboard.button("Copy as code").click()
    dashboard.expect((dashboard.all["state"] == "Failed").sum())
    names = {"frame": dashboard.all}
    exec(dashboard.field("Code").input_value(), names)
    assert len(names["selected"]) == (dashboard.all["state"] == "Failed").sum()
    dashboard.button("Copy as code").click()
    dashboard.field("Code").wait_for(state="hidden")


def test_a_failing_callback_is_shown_and_the_dashboard_goes_on(page: Page, dashboard: Dashboard) -> None:
    from playwright.sync_api import expect

    broken = page.locator(".cijob-explorer").nth(1)
    broken.get_by_role("button", name=re.compile("^Failed")).click()
    expect(broken.get_by_role("alert")).to_have_text("RuntimeError: no <paint> left")
    failed = (dashboard.all["state"] == "Failed").sum()
    expect(broken.locator(".cijob-count")).to_contain_text(f"{failed} of 240")
    broken.get_by_role("button", name="Reset").click()
    expect(broken.locator(".cijob-count")).to_contain_text("240 of 240")
    expect(broken.get_by_role("alert")).to_have_count(0)
    expect(broken.locator("img.cijob-picture")).to_be_visible()


def test_a_click_while_a_cell_is_busy_is_not_lost(dashboard: Dashboard) -> None:
    root = dashboard.lab.root
    (root / "busy").unlink(missing_ok=True)
    (root / "be-busy").touch()
    start_cell(dashboard.page, BUSY_AT)
    wait_for_file(dashboard.page, root / "busy")
    try:
        dashboard.button("Failed").click()
        dashboard.button("Cancel").click()
        dashboard.button("Job").click()
    finally:
        (root / "be-busy").unlink()
    rows = dashboard.all["state"].isin(["Failed", "Cancel"]) & (dashboard.all["type"] == "Job")
    dashboard.expect(rows.sum())
    (root / "selected.csv").unlink(missing_ok=True)
    start_cell(dashboard.page, SELECTED_AT)
    wait_for_file(dashboard.page, root / "selected.csv")
    assert read_csv(root / "selected.csv")["batch_job_id"].tolist() == dashboard.all["batch_job_id"][rows].tolist()


def test_the_keyboard_reaches_and_works_every_control(dashboard: Dashboard) -> None:
    keyboard = dashboard.page.keyboard
    names = []
    dashboard.button("Submitted").focus()
    while (name := focused(dashboard.page)) != "Table":
        if name not in names:
            names.append(name)
        if name.startswith("Failed"):
            keyboard.press("Space")
            dashboard.expect((dashboard.all["state"] == "Failed").sum())
        if name == "States":
            keyboard.press("ArrowRight")
            keyboard.press("Enter")
        assert len(names) < 20
        keyboard.press("Tab")
    assert [name.partition(" ")[0] for name in names[:8]] == [
        "Submitted", "Running", "Pause", "Success", "Failed", "Cancel", "Workflow", "Job",
    ]  # fmt: skip
    assert names[8:] == [
        "Workflow", "Created from", "Created until", "Text", "Reset", "Save CSV", "Copy as code", "States",
    ]  # fmt: skip
    assert dashboard.root.get_by_role("tab", name="Durations").get_attribute("aria-selected") == "true"


def focused(page: Page) -> str:
    """Return what the element that has the focus is called."""
    name: str = page.evaluate(
        """() => {
            const element = document.activeElement;
            return element.ariaLabel ?? element.labels?.[0]?.textContent ?? element.textContent;
        }"""
    )
    return name


def wait_for_file(page: Page, path: Path) -> None:
    """Wait until the kernel has written a file, while the page lives on."""
    for _ in range(400):
        if path.exists():
            return
        page.wait_for_timeout(25)
    raise AssertionError(f"{path.name} did not appear")
