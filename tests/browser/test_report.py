"""The report in a real browser: nothing is asked for, nothing of the service's runs, and all works by keyboard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from cijob_analysis import write_report
from tests.report.worlds import BIDI, FORMULA, HOSTILE, LONG, hostile_snapshot

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

_NODES = "#rows-table tbody td:nth-child(3)"


@dataclass
class Opened:
    """A report that is open, where it lies, and what the page asked for and complained about."""

    page: Page
    path: Path
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def cells(self, selector: str) -> list[str]:
        """Return the texts of what `selector` finds."""
        return self.page.locator(selector).all_inner_texts()


class Outside:
    """A server on loopback that a page must not reach, and what it was asked for."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self.asked: list[str] = []


@pytest.fixture
def outside() -> Iterator[Outside]:
    found: Outside

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            self.send_error(404)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Outside(server.server_port)
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield found
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(hostile_snapshot(), tmp_path_factory.mktemp("report") / "report.html", title=HOSTILE[0])


@pytest.fixture
def opened(browser: Browser, written: Path) -> Iterator[Opened]:
    context = browser.new_context(viewport={"width": 1100, "height": 900}, accept_downloads=True)
    found = Opened(context.new_page(), written)
    found.page.on("request", lambda request: found.requests.append(request.url))
    found.page.on("console", lambda message: found.complaints.append(message.text))
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.page.goto(written.as_uri())
    yield found
    context.close()


def test_nothing_is_asked_for_and_nothing_of_the_services_runs(opened: Opened) -> None:
    opened.page.locator("#rows").scroll_into_view_if_needed()
    assert [url for url in opened.requests if not url.startswith("data:")] == [opened.path.as_uri()]
    assert opened.complaints == []
    assert opened.page.evaluate("window.ran") is None
    assert opened.page.evaluate("[...document.images].every((image) => image.complete && image.naturalWidth > 0)")
    assert opened.page.title() == HOSTILE[0]
    shown = set(opened.cells(_NODES))
    assert shown == {text.replace(BIDI, "safe\\u202egpj.exe") for text in HOSTILE}


@pytest.mark.parametrize(
    "inject",
    [
        "const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.body.append(s)",
        "document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\" onerror=\"window.ran = true\">')",
        "document.body.insertAdjacentHTML('beforeend', '<style>body { color: red }</style>')",
        "new Image().src = ADDRESS",
        "fetch(ADDRESS).catch(() => {})",
    ],
    ids=["script", "handler", "style", "picture", "fetch"],
)
def test_the_policy_stops_what_would_come_in(opened: Opened, outside: Outside, inject: str) -> None:
    broken = opened.page.evaluate(
        f"""() => new Promise((done) => {{
            addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective), {{ once: true }});
            {inject.replace("ADDRESS", repr(outside.url))};
        }})"""
    )
    assert broken in {"script-src-elem", "script-src-attr", "style-src-elem", "img-src", "connect-src"}
    assert opened.page.evaluate("window.ran") is None
    assert outside.asked == []


def test_rows_are_sorted_by_click_and_by_keyboard(opened: Opened) -> None:
    head = opened.page.locator("#rows-table th", has_text="ended")
    ended = f"#rows-table tbody td:nth-child({1 + head.evaluate('(cell) => cell.cellIndex')})"
    before = opened.cells(ended)
    assert before == sorted(before, reverse=True)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert opened.cells(ended) == sorted(before)
    head.locator("button").focus()
    opened.page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert opened.cells(ended) == before


def test_other_tables_are_sorted_by_their_numbers_and_what_is_missing_stands_last(opened: Opened) -> None:
    table = opened.page.locator("table", has=opened.page.locator("caption", has_text="Failures that are alike"))
    head = table.locator("th", has_text="share")
    others = table.locator("th", has_text="message")
    others.locator("button").focus()
    opened.page.keyboard.press("Space")
    assert others.get_attribute("aria-sort") == "ascending"
    head.locator("button").click()
    assert (head.get_attribute("aria-sort"), others.get_attribute("aria-sort")) == ("ascending", "none")
    column = head.evaluate("(cell) => cell.cellIndex")
    orders = table.evaluate(
        "(table, column) => [...table.tBodies[0].rows].map((row) => Number(row.cells[column].dataset.order))", column
    )
    assert len(orders) > 1
    assert orders == sorted(orders)


def test_rows_are_filtered_and_saved_as_they_are(opened: Opened, tmp_path: Path) -> None:
    opened.page.get_by_label("Only rows with").fill("HYPERLINK")
    assert opened.cells(_NODES) == [FORMULA]
    assert opened.page.locator("#rows-said").inner_text() == f"1 of {len(HOSTILE)} rows match, 1 are shown"
    contents = {}
    for kind in ("csv", "json"):
        with opened.page.expect_download() as download:
            opened.page.locator(f"#rows-{kind}").click()
        download.value.save_as(tmp_path / kind)
        contents[kind] = (tmp_path / kind).read_text("utf-8-sig")
    head, row = contents["csv"].splitlines()
    assert dict(zip(head.split(","), row.split(","), strict=True))["object_key"] == f"'{FORMULA}"
    (found,) = json.loads(contents["json"])
    assert found["object_key"] == FORMULA
    assert found["ended_at (UTC)"] == "2026-03-01 01:13:00"
    assert found["run_time_s"] == 360
    assert opened.complaints == []


def test_the_rerun_list_is_saved(opened: Opened, tmp_path: Path) -> None:
    with opened.page.expect_download() as download:
        opened.page.locator("#rerun-save").click()
    download.value.save_as(tmp_path / "rerun.txt")
    assert (tmp_path / "rerun.txt").read_text("utf-8").splitlines() == sorted(HOSTILE)
    opened.page.locator("#rerun-copy").click()
    opened.page.locator("#rerun-said", has_text="opied").or_(
        opened.page.locator("#rerun-said", has_text="Not allowed")
    ).wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_without_scrolling_sideways(opened: Opened, scheme: str) -> None:
    opened.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    opened.page.set_viewport_size({"width": 390, "height": 800})
    assert LONG in opened.cells(_NODES)
    assert opened.page.evaluate("document.documentElement.scrollWidth") == 390
    ink, paper = opened.page.evaluate(
        """() => ['color', 'backgroundColor'].map(
            (name) => Number(getComputedStyle(document.body)[name].match(/\\d+/)[0]))"""
    )
    assert (ink > 200 > 50 > paper) == (scheme == "dark")
    assert opened.page.evaluate("getComputedStyle(document.images[0]).backgroundColor") == "rgb(255, 255, 255)"


def test_it_prints_without_buttons(opened: Opened) -> None:
    opened.page.emulate_media(media="print")
    assert not opened.page.locator("#rows-csv").is_visible()
    assert not opened.page.locator("nav").is_visible()
    assert opened.page.locator("#rows-table").is_visible()
    assert opened.page.pdf(format="A4").startswith(b"%PDF")
