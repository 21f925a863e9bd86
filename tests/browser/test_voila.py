"""The notebook of the dashboard as a page, served by Voilà."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cijob_analysis import read_csv
from tests.browser.dashboard import Dashboard
from tests.browser.jupyter import Trace, loopback_page, open_notebook, serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "06-explore.ipynb"


@pytest.fixture(scope="module")
def shown(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    with serve("voila", tmp_path_factory.mktemp("voila")) as server, loopback_page(browser, server) as (page, trace):
        shutil.copy(NOTEBOOK, server.root)
        open_notebook(page, server, NOTEBOOK.name)
        dashboard = Dashboard(page.locator(".cijob-explorer"))
        dashboard.button("Reset").click(timeout=60_000)
        yield dashboard
        assert trace == Trace(), "nothing but loopback was asked for, and no script failed"


def test_the_page_is_shown_and_filters(shown: Dashboard) -> None:
    from playwright.sync_api import expect

    counts = shown.root.locator(".cijob-count")
    shown.button("Reset").click()
    expect(counts).to_have_text(re.compile("^\\d+ of \\d+ batch jobs selected"))
    shown.button("Tasks").click()
    shown.expect_painted("#0072b2", is_there=True)
    all_bars = shown.looks()
    shown.button("Failed").click()
    expect(counts).to_have_text(re.compile(r"^(\d+) of [\d\s]+ tasks selected: \1 Failed$"))
    shown.expect_other_looks(all_bars)
    for title in ("States and durations", "Workflows"):
        shown.open(title)
        shown.expect_drawn()
    shown.open("Failures")
    shown.root.locator(".cijob-failure").first.get_by_role("button").click()
    expect(shown.root.locator(".cijob-said")).to_have_text(re.compile("failures"))
    shown.open("Table")
    with shown.page.expect_download() as download:
        shown.button("Save CSV").click()
    n = counts.inner_text().partition(" of ")[0]
    assert str(len(read_csv(download.value.path()))) == n


def test_the_code_of_the_notebook_is_copied(shown: Dashboard) -> None:
    shown.copy("Copy as code")
    assert "selected = " in shown.page.evaluate("() => navigator.clipboard.readText()")


def test_no_static_copy_stands_beside_the_live_dashboard(shown: Dashboard) -> None:
    from playwright.sync_api import expect

    expect(shown.page.locator("[class^='cijob-copy-']").first).to_be_hidden()
