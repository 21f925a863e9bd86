"""The dashboard can be used by those who do not see it, see little, or are made dizzy by what moves."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

import pytest

from tests.browser.bench import Bench
from tests.browser.jupyter import command

pytestmark = pytest.mark.browser

TITLES: Final = ("Timeline", "States and durations", "Workflows", "Failures", "Table")
CONTROLS: Final = {
    "button", "ToggleButton", "combobox", "listbox", "ListBox", "checkbox", "textbox", "spinbutton", "tab", "grid",
    "application", "Date", "DateTime", "searchbox", "radio", "slider", "link", "columnheader",
}  # fmt: skip
COLORS: Final = "data:text/javascript;base64," + b64encode(Path(__file__).with_name("colors.js").read_bytes()).decode()
SHAPES: Final = (
    ".cijob-timeline-legend canvas, .cijob-timeline-tools button, .cijob-timeline-tools select, .cijob-failure-bar, "
    ".cijob-failure-strip, .cijob-grid-mark, .cijob-grid select, .cijob-grid input[type=number]"
)
"""What has to be told from its ground."""
STILL: Final = """root => [root, ...root.querySelectorAll("*")].filter(one => {
    const { transitionDuration, animationName } = getComputedStyle(one);
    return animationName !== "none" || transitionDuration.split(", ").some(time => parseFloat(time) > 0);
}).map(one => `${one.tagName} ${one.className}`)"""


def show(bench: Bench, title: str) -> None:
    """Open a tab, and wait until all of it is there."""
    dashboard = bench.dashboard
    dashboard.open(title)
    if title in ("States and durations", "Workflows"):
        dashboard.expect_drawn()
    if title == "Failures":
        dashboard.root.locator(".cijob-failure-bar:visible").first.wait_for()


def measured(bench: Bench, function: str, *arguments: object) -> Any:
    """Call a function of colors.js, the first argument of which is an element or several."""
    call = f"async (target, rest) => (await import({COLORS!r})).{function}(target, ...rest)"
    if function == "faintShapes":
        return bench.dashboard.root.locator(SHAPES).evaluate_all(call, arguments)
    return bench.dashboard.root.evaluate(call, arguments)


@contextmanager
def dark(bench: Bench) -> Iterator[None]:
    """In this block the page has the dark theme."""
    try:
        command(bench.page, "apputils:change-theme", theme="JupyterLab Dark")
        bench.page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")
        yield
    finally:
        command(bench.page, "apputils:change-theme", theme="JupyterLab Light")
        bench.page.wait_for_function("() => document.body.dataset.jpThemeLight === 'true'")


@pytest.mark.parametrize("title", TITLES)
def test_every_control_has_a_name(bench: Bench, title: str) -> None:
    show(bench, title)
    session = bench.page.context.new_cdp_session(bench.page)
    root = session.send("Runtime.evaluate", {"expression": "document.querySelector('.cijob-explorer')"})
    tree = session.send("Accessibility.queryAXTree", {"objectId": root["result"]["objectId"]})["nodes"]
    session.detach()
    found = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in tree
        if not node["ignored"] and node["role"]["value"] in CONTROLS
    ]
    assert len(found) > 30
    assert [role for role, name in found if not name.strip()] == []


@pytest.mark.parametrize(
    ("title", "words"), [("States and durations", "^Histogram of the run time of "), ("Workflows", "^Topology of ")]
)
def test_a_picture_is_told_in_words_above_it(bench: Bench, title: str, words: str) -> None:
    from playwright.sync_api import expect

    show(bench, title)
    captions = bench.dashboard.root.locator(".cijob-picture-pane:visible .cijob-caption")
    expect(captions).to_have_text([re.compile(r"\b1\s153 tasks\b"), re.compile(words)])


def test_the_timeline_says_what_is_selected(bench: Bench) -> None:
    dashboard, tasks = bench.dashboard, bench.snapshot.tasks
    assert dashboard.stage.get_attribute("role") == "application"
    assert "1\u202f153 tasks" in (dashboard.stage.get_attribute("aria-label") or "")
    dashboard.button("Failed").click()
    dashboard.expect_selected(tasks[tasks["state"] == "Failed"])
    assert "52 tasks of 1\u202f153 on the timeline: 52 Failed." in (dashboard.stage.get_attribute("aria-label") or "")
    assert dashboard.canvas.get_attribute("aria-hidden") == "true"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_and_shapes_stand_out(bench: Bench, theme: str) -> None:
    bench.dashboard.button("Failed").click()
    bench.dashboard.expect_selected(bench.snapshot.tasks[bench.snapshot.tasks["state"] == "Failed"])
    bench.dashboard.button("Reset").click()
    bench.dashboard.expect_selected(bench.snapshot.tasks)
    with dark(bench) if theme == "dark" else nullcontext():
        for title in TITLES:
            show(bench, title)
            assert measured(bench, "faintTexts", 4.5) == [], title
            assert measured(bench, "faintShapes", 3) == [], title


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_focus_is_seen(bench: Bench, theme: str) -> None:
    dashboard, page = bench.dashboard, bench.page
    with dark(bench) if theme == "dark" else nullcontext():
        for title in ("Timeline", "Table"):
            show(bench, title)
            dashboard.root.locator("button").first.focus()
            for _ in range(100):
                page.keyboard.press("Tab")
                if not page.evaluate("() => Boolean(document.activeElement.closest('.cijob-explorer'))"):
                    break
                name = page.evaluate("() => document.activeElement.outerHTML.slice(0, 120)")
                assert measured(bench, "focusContrast") >= 3, name


def test_nothing_moves_where_that_is_not_wanted(bench: Bench) -> None:
    bench.page.emulate_media(reduced_motion="reduce")
    try:
        for title in TITLES:
            show(bench, title)
            assert bench.dashboard.root.evaluate(STILL) == []
    finally:
        bench.page.emulate_media(reduced_motion="no-preference")
