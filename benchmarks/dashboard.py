"""The dashboard in JupyterLab and the system's Chromium: shown, zoomed, filtered, saved, on the clock of the page."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks.table import Bar
from tests.browser.jupyter import chromium, command, loopback_page, open_notebook, serve, write_notebook

if TYPE_CHECKING:
    from playwright.sync_api import Page

SIZES = (100_000, 1_000_000)
SHOWN_S = {100_000: 1.0, 1_000_000: 2.0}
STEP_MS = 50.0
CLICK_MS = {100_000: 300.0, 1_000_000: 1000.0}
NOTEBOOK_MB = 1.0
STEPS, CLICKS = 12, 6

_TASKS = """
import sys
sys.path.insert(0, {root!r})
import cijob_analysis as ci
from benchmarks.manytasks import many_tasks

tasks = many_tasks({n})
ci.explore(tasks.head(10)).close()  # what is imported once is not what is measured
"""
_EXPLORE = "ci.explore(tasks)"

_SHOW = """async () => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = 1;
    const begun = performance.now();
    window.jupyterapp.commands.execute("notebook:run-cell");
    while (!(Number(document.querySelector(".cijob-timeline-stage")?.dataset.shown) > 0)) {
        if (performance.now() - begun > 60000) throw new Error("no bar is shown");
        await new Promise(requestAnimationFrame);
    }
    return performance.now() - begun;
}"""
_ZOOM = """async name => {
    const button = [...document.querySelectorAll(".cijob-timeline-tools button")].find(it => it.textContent === name);
    const begun = performance.now();
    button.click();
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    return performance.now() - begun;
}"""
_CLICK = """async ofPicture => {
    const button = [...document.querySelectorAll(".cijob-toggles button")].find(it => /Failed/.test(it.textContent));
    const numbers = () => document.querySelector(".cijob-count").textContent;
    const images = () => [...document.querySelectorAll("img.cijob-picture")].filter(it => it.offsetParent);
    const picture = ofPicture
        ? () => images().map(it => it.src).join()
        : () => document.querySelector(".cijob-timeline-stage").dataset.shown;
    const before = [numbers(), picture()];
    const begun = performance.now();
    button.click();
    while (numbers() === before[0] || picture() === before[1]) {
        if (performance.now() - begun > 30000) throw new Error("the click has changed nothing");
        await new Promise(requestAnimationFrame);
    }
    return performance.now() - begun;
}"""


def run() -> list[Bar]:
    """Show dashboards of 100 000 and of 1 000 000 tasks, each in a JupyterLab of its own."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if executable is None:
        raise SystemExit("no chromium on the PATH: apt-get install chromium, or name one in the variable CHROMIUM")
    return [bar for n in SIZES for bar in _bars(executable, n)]


def _bars(executable: str, n: int) -> list[Bar]:
    root = str(Path(__file__).resolve().parent.parent)
    with (
        TemporaryDirectory() as folder,
        serve("lab", Path(folder)) as server,
        chromium(executable) as browser,
        loopback_page(browser, server) as (page, _),
    ):
        notebook = server.root / "tasks.ipynb"
        write_notebook(notebook, _TASKS.format(root=root, n=n), _EXPLORE)
        open_notebook(page, server, notebook.name)
        page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 0; }")
        command(page, "notebook:run-cell")
        shown_ms = float(page.evaluate(_SHOW))
        steps = [_ms(page, _ZOOM, "Zoom in" if step % 4 < 2 else "Zoom out") for step in range(STEPS)]
        clicks = [_ms(page, _CLICK, False) for _ in range(CLICKS)]
        page.get_by_role("tab", name="States and durations").click()
        page.wait_for_function("() => document.querySelectorAll('img.cijob-picture').length > 1")
        page.wait_for_timeout(2000)  # for the pictures, which come one after the other
        drawn = [_ms(page, _CLICK, True) for _ in range(CLICKS)]
        command(page, "docmanager:save")
        saved = notebook.stat().st_size / 1e6
    rows = f"{n:,} tasks".replace(",", " ")
    return [
        _bar(f"{rows}: shown after the cell is run", [shown_ms / 1e3], "s", SHOWN_S[n]),
        _bar(f"{rows}: a zoom step", steps, "ms", STEP_MS),
        _bar(f"{rows}: a filter click to new numbers and timeline", clicks, "ms", CLICK_MS[n]),
        _bar(f"{rows}: a filter click to new numbers and pictures", drawn, "ms", CLICK_MS[n]),
        _bar(f"{rows}: the saved notebook", [saved], "MB", NOTEBOOK_MB),
    ]


def _ms(page: Page, script: str, argument: Any) -> float:
    return float(page.evaluate(script, argument))


def _bar(what: str, values: list[float], unit: str, limit: float) -> Bar:
    spread = f" ({min(values):.3g}–{max(values):.3g})" if len(values) > 1 else ""
    middle = median(values)
    return Bar(
        what=f"dashboard: {what}", ours=f"{middle:.3g} {unit}{spread}", value=middle, unit=unit, limit=limit,
        at_least=False,
    )  # fmt: skip
