"""Make the screenshots of the README: dashboards in JupyterLab, in the system's Chromium.

python -m docs.make_screenshots
"""

from __future__ import annotations

import os
import shutil
import tempfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from tests.browser.jupyter import chromium, loopback_page, open_and_run, serve, write_notebook

if TYPE_CHECKING:
    from playwright.sync_api import Locator

IMAGES = Path(__file__).parent / "images"
WIDTH = 1240

SNAPSHOT = """
from datetime import UTC, datetime, timedelta
import cijob_analysis as ci

NOW = datetime(2026, 6, 30, 2, tzinfo=UTC)
workload = ci.Workload.of_batch(executions=1200, state="Running", with_failures=True, now=NOW - timedelta(minutes=6))
workload = workload.at(NOW)
service = ci.LocalService(workload, clock=NOW.timestamp).start()
client = service.client(clock=NOW.timestamp)
snapshot = ci.fetch_snapshot(client)
"""
EXPLORE = """
ci.explore(snapshot, tz="Asia/Shanghai")
"""
MONITOR = """
watching = ci.monitor(client, snapshot.batch_jobs, every_s=3600, tz="Asia/Shanghai")
watching
"""


def main() -> None:
    """Write ``explore.png`` and ``monitor.png``."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if executable is None:
        raise SystemExit("no chromium on the PATH: apt-get install chromium, or name one in the variable CHROMIUM")
    with (
        tempfile.TemporaryDirectory() as folder,
        serve("lab", Path(folder)) as server,
        chromium(executable) as browser,
        loopback_page(browser, server, device_scale_factor=2) as (page, _),
    ):
        page.set_viewport_size({"width": WIDTH + 160, "height": 1700})
        write_notebook(server.root / "both.ipynb", SNAPSHOT, EXPLORE, MONITOR)
        open_and_run(page, server, "both.ipynb")
        dashboard = page.locator(".cijob-explorer")
        dashboard.locator('.cijob-timeline-stage:not([data-shown="0"])').wait_for()
        page.mouse.move(0, 0)
        save(dashboard, IMAGES / "explore.png")
        monitor = page.locator(".cijob-monitor.jupyter-widgets")
        monitor.get_by_text("Next reading").wait_for()
        monitor.get_by_role("button", name="Pause").click()
        monitor.get_by_text("Paused").wait_for()  # the time of the next reading is another one each time
        save(monitor, IMAGES / "monitor.png")


def save(part: Locator, path: Path) -> None:
    """Write a picture of a part of the page with 256 colours, which are enough for it."""
    part.page.wait_for_timeout(500)  # for what fades
    shot = Image.open(BytesIO(part.screenshot()))
    shot.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
