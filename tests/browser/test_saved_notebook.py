"""What a notebook shows that is opened without its kernel, and how large it is."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.manytasks import many_tasks
from cijob_analysis.widgets.fallback import NOTICE
from tests.browser.bench import Bench
from tests.browser.dashboard import Dashboard
from tests.browser.jupyter import Server, address, command, loopback_page, open_and_run, write_notebook

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

MANY = """
import pandas as pd
import cijob_analysis as ci

ci.explore(pd.read_parquet("tasks.parquet"))
"""


@contextmanager
def reopened(browser: Browser, server: Server, notebook: str) -> Iterator[Page]:
    """Open a notebook on a page of its own; nobody runs its cells."""
    with loopback_page(browser, server) as (page, trace):
        page.goto(address(server, notebook))
        yield page
        assert not trace.refused


def expect_copies(page: Page, bench: Bench) -> None:
    """Wait until there are copies of all widgets and nothing else in their places."""
    from playwright.sync_api import expect

    expect(page.get_by_text(NOTICE).filter(visible=True)).to_have_count(4)
    expect(page.locator("[class*='cijob-live-']:visible")).to_have_count(0)
    expect(page.get_by_text(re.compile("Error displaying widget|Loading widget")).filter(visible=True)).to_have_count(0)
    expect(page.locator(".cijob-count:visible").first).to_contain_text("1\u202f153 of 1\u202f153 tasks selected")
    tables = page.locator("table:has(caption):visible")
    expect(tables).to_have_count(3)
    assert tables.first.locator("caption").inner_text().endswith("of 1\u202f153 tasks, as fetched")
    rows = tables.first.locator("tbody tr").all_inner_texts()
    for row, key in zip(rows, bench.snapshot.tasks["object_key"].head(20), strict=True):
        assert key in row
    images = page.locator("img[alt*=' of ']:visible, img[alt^='Timeline']:visible").all()
    assert len(images) == 3
    for image in images:
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 500
        assert image.get_attribute("alt")


def test_reopened_with_another_kernel_it_shows_copies(bench: Bench, browser: Browser) -> None:
    command(bench.page, "docmanager:save")
    shutil.copy(bench.root / "bench.ipynb", bench.root / "reopened.ipynb")
    with reopened(browser, bench.server, "reopened.ipynb") as page:
        expect_copies(page, bench)


def test_sent_to_somebody_who_has_no_kernel_it_shows_copies(bench: Bench, browser: Browser) -> None:
    command(bench.page, "docmanager:save")
    notebook = json.loads((bench.root / "bench.ipynb").read_text())
    notebook["metadata"]["kernelspec"].update(name="elsewhere", display_name="Elsewhere")
    (bench.root / "sent.ipynb").write_text(json.dumps(notebook))
    with reopened(browser, bench.server, "sent.ipynb") as page:
        expect_copies(page, bench)


def test_as_html_it_shows_copies(bench: Bench, browser: Browser, tmp_path: Path) -> None:
    import nbconvert

    command(bench.page, "docmanager:save")
    exporter = nbconvert.HTMLExporter()  # type: ignore[no-untyped-call]
    html, _ = exporter.from_filename(str(bench.root / "bench.ipynb"))
    (tmp_path / "bench.html").write_text(html, "utf-8")
    with loopback_page(browser, bench.server) as (page, _):
        page.goto((tmp_path / "bench.html").as_uri())
        expect_copies(page, bench)


def test_beside_a_live_widget_no_copy_is_shown(bench: Bench) -> None:
    from playwright.sync_api import expect

    expect(bench.page.get_by_text(NOTICE)).to_have_count(4)
    expect(bench.page.get_by_text(NOTICE).filter(visible=True)).to_have_count(0)


@pytest.mark.parametrize("front_end", ["lab"], indirect=True)
def test_with_100_000_tasks_it_is_smaller_than_a_megabyte(server: Server, browser: Browser) -> None:
    many_tasks(100_000).to_parquet(server.root / "tasks.parquet")
    write_notebook(server.root / "many.ipynb", MANY)
    with loopback_page(browser, server) as (page, _):
        open_and_run(page, server, "many.ipynb")
        dashboard = Dashboard(page.locator(".cijob-explorer"))
        dashboard.expect_painted("#0072b2", is_there=True)
        for title in ("States and durations", "Workflows"):
            dashboard.open(title)
            dashboard.expect_drawn()
        command(page, "@jupyter-widgets/jupyterlab-manager:saveWidgetState")
        command(page, "docmanager:save")
        saved = server.root / "many.ipynb"
        assert "widget-state" in saved.read_text()
        assert 10_000 < saved.stat().st_size < 1_000_000
        command(page, "notebook:shutdown-kernel")
