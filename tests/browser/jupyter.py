"""JupyterLab in a process of its own, and a page of the system's Chromium that reaches nothing but loopback."""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

CHROMIUM_FLAGS = (
    "--no-sandbox",  # needed by root, who runs most CI containers
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
SETTINGS = {
    # Windowed rendering drops what is off screen from the page.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {
        "checkForUpdates": False,
        "fetchNews": "false",
        "doNotDisturbMode": True,
    },
}


@dataclass
class Lab:
    """A JupyterLab that runs, and the folder that it shows."""

    url: str
    token: str
    root: Path


@dataclass
class Trace:
    """What a page did that it should not."""

    refused: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def write_notebook(path: Path, *cells: str) -> None:
    """Write a notebook whose pages show outputs only."""
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(cell.strip(), id=f"cell-{number}", metadata={"jupyter": {"source_hidden": True}})
            for number, cell in enumerate(cells)
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(notebook, path)


@contextmanager
def jupyterlab(folder: Path) -> Iterator[Lab]:
    """Start JupyterLab below `folder`, with settings of its own; stop it and its kernels."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token, root = secrets.token_hex(16), folder / "notebooks"
    root.mkdir()
    environment = {
        **os.environ,
        **{f"JUPYTER_{name}_DIR": str(folder / f"jupyter-{name}".lower()) for name in ("CONFIG", "DATA", "RUNTIME")},
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "IPYTHONDIR": str(folder / "ipython"),
        "MPLCONFIGDIR": str(folder / "matplotlib"),
        "JUPYTER_PLATFORM_DIRS": "1",
    }
    for name, settings in SETTINGS.items():
        path = folder / "settings" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(settings))
    command = [
        sys.executable, "-m", "jupyterlab", f"--port={port}", "--no-browser", "--ip=127.0.0.1", "--allow-root",
        "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}",
        "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.extension_manager=readonly",
    ]  # fmt: skip
    log = folder / "server.log"
    with log.open("wb") as sink:
        server = subprocess.Popen(command, env=environment, stdout=sink, stderr=subprocess.STDOUT, cwd=folder)
        try:
            _wait_for(server, f"http://127.0.0.1:{port}/api/status?token={token}", log)
            yield Lab(f"http://127.0.0.1:{port}", token, root)
        finally:
            server.terminate()  # it shuts its kernels down
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


@contextmanager
def chromium_page(executable: str, profile: Path) -> Iterator[tuple[Page, Trace]]:
    """Return a page that can reach nothing but loopback, and what it did."""
    from playwright.sync_api import sync_playwright

    trace = Trace()

    def refuse(route: Route) -> None:
        trace.refused.append(route.request.url)
        route.abort()

    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=executable, headless=True, args=CHROMIUM_FLAGS,
            viewport={"width": 1280, "height": 1400}, accept_downloads=True, timezone_id="UTC", locale="en-GB",
        )  # fmt: skip
        try:
            page = context.pages[0]
            page.route(re.compile(r"^(?:https?|wss?)://(?!127\.0\.0\.1[:/])"), refuse)
            page.on("pageerror", lambda error: trace.errors.append(str(error)))
            yield page, trace
        finally:
            context.close()


def open_and_run(page: Page, lab: Lab, notebook: str) -> None:
    """Open a notebook and run all its cells; return when the last one has run."""
    page.goto(f"{lab.url}/lab/tree/{notebook}?reset&token={lab.token}", timeout=60_000)
    page.wait_for_function(
        "() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
        timeout=60_000,
    )
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => true)")


def start_cell(page: Page, number: int) -> None:
    """Start a cell of the open notebook, and do not wait for it."""
    page.evaluate(
        """number => {
            window.jupyterapp.shell.currentWidget.content.activeCellIndex = number;
            window.jupyterapp.commands.execute("notebook:run-cell");
        }""",
        number,
    )


def _wait_for(server: subprocess.Popen[bytes], url: str, log: Path, timeout_s: float = 60) -> None:
    end = time.monotonic() + timeout_s
    while server.poll() is None and time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except urllib.error.HTTPError as error:
            error.close()
            return  # it answers
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"JupyterLab does not answer:\n{log.read_text()[-3000:]}")
