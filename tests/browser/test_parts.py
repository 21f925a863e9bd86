"""The timeline and the table, each a widget by itself."""

from __future__ import annotations

import pytest

from tests.browser.bench import Bench
from tests.browser.dashboard import Dashboard

pytestmark = pytest.mark.browser


def alone(bench: Bench, kind: str) -> Dashboard:
    """Return the part that stands in an output of its own."""
    return Dashboard(bench.page.locator(f":not(.cijob-explorer *) > .cijob-{kind}"))


def test_a_timeline_alone(bench: Bench) -> None:
    timeline, jobs = alone(bench, "timeline"), bench.snapshot.batch_jobs
    timeline.expect_words(f"{len(jobs)} batch jobs of {len(jobs)} on the timeline")
    timeline.expect_painted("#d55e00", is_there=True)
    timeline.drag(0.3, 0.6)
    timeline.expect_words("Window selected: from ")
    begin, end = bench.known().window
    assert jobs["created_at"].min().timestamp() * 1e3 < begin < end
    timeline.stage.press("Escape")
    timeline.stage.press("Escape")
    timeline.expect_words("on the timeline")
    bench.page.wait_for_function(
        "stage => !stage.ariaLabel.includes('Window selected')", arg=timeline.stage.element_handle()
    )
    assert bench.known().window == []


def test_a_table_alone(bench: Bench) -> None:
    table, jobs = alone(bench, "grid"), bench.snapshot.batch_jobs
    table.expect_rows(jobs["batch_job_id"].tolist())
    table.root.get_by_role("button", name="name").click()
    by_name = jobs.sort_values("name", kind="stable")["batch_job_id"].tolist()
    table.expect_rows(by_name)
    table.root.get_by_label("Rows on a page").select_option("25")
    table.root.get_by_label(f"Pick batch job {by_name[3]}").check()
    assert bench.known().picked == [by_name[3]]
    table.root.get_by_role(
        "gridcell", name=jobs.set_index("batch_job_id")["name"][by_name[4]], exact=True
    ).first.focus()
    bench.page.keyboard.press("ArrowDown")
    bench.page.keyboard.press("Space")
    assert bench.known().picked == [by_name[3], by_name[5]]
    table.root.get_by_role("button", name="Unpick all").click()
    assert bench.known().picked == []

    table.root.get_by_role("button", name="Columns").click()
    table.root.get_by_label("job level").check()
    table.root.get_by_role("columnheader", name="job level").wait_for()
    table.root.get_by_role("button", name="Usual columns").click()
    table.root.get_by_role("columnheader", name="job level").wait_for(state="detached")


def test_a_cell_of_the_table_is_copied(bench: Bench) -> None:
    table, jobs = alone(bench, "grid"), bench.snapshot.batch_jobs
    name = jobs["name"].iloc[0]
    table.root.get_by_role("gridcell", name=name, exact=True).click()
    bench.page.keyboard.press("Control+c")
    table.root.get_by_text(f"Copied {name}").wait_for()
    assert bench.clipboard() == name
