"""JupyterLab, Notebook 7 and Voilà in processes of their own, and pages of Chromium that reach nothing but loopback."""

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
from textwrap import dedent
from typing import TYPE_CHECKING, Any, Final, Literal

import nbformat

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Error, Page, Route

FrontEnd = Literal["lab", "notebook", "voila"]
TIMEOUT_MS: Final = 20_000
"""How long a page may take for anything; much longer than it does."""

_CHROMIUM_FLAGS: Final = (
    "--no-sandbox",  # needed by root, who runs most CI containers
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
_SETTINGS: Final = {
    # Windowed rendering drops what is off screen from the page.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {
        "checkForUpdates": False,
        "fetchNews": "false",
        "doNotDisturbMode": True,
    },
}
_RUN: Final = """(() => {
    window.jupyterapp.shell.currentWidget.content.activeCellIndex = number;
    return window.jupyterapp.commands.execute("notebook:run-cell").then(() => true);
})();"""
_ASKS_FOR: Final = {"voila": re.compile(r"^https://cdn\.jsdelivr\.net/npm/@fortawesome/")}
"""What a front end's own page asks the network for, and works without: Voilà's template wants Font Awesome."""
_FAILS_WITH: Final = {"notebook": "Cannot read properties of undefined (reading 'schema')"}
"""A script error of a front end's own page, whatever notebook it opens: Notebook 7 has it while settings are loaded."""


@dataclass(frozen=True)
class Server:
    """A front end that runs, and the folder that it shows."""

    front_end: FrontEnd
    url: str
    token: str
    root: Path


@dataclass
class Trace:
    """What a page did that it should not."""

    refused: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def write_notebook(path: Path, *cells: str, **metadata: Any) -> None:
    """Write a notebook whose pages show outputs only."""
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(
                dedent(cell).strip(), id=f"cell-{number}", metadata={"jupyter": {"source_hidden": True}}
            )
            for number, cell in enumerate(cells)
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}, **metadata},
    )
    nbformat.write(notebook, path)


@contextmanager
def serve(front_end: FrontEnd, folder: Path) -> Iterator[Server]:
    """Start a front end below `folder`, with settings of its own; stop it and its kernels."""
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
    for name, settings in _SETTINGS.items():
        path = folder / "settings" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(settings))
    log = folder / "server.log"
    with log.open("wb") as sink:
        server = subprocess.Popen(
            _command(front_end, port, token, root), env=environment, stdout=sink, stderr=subprocess.STDOUT, cwd=folder
        )
        try:
            ready = "voila/static/voila.js" if front_end == "voila" else "api/status"
            _wait_for(server, f"http://127.0.0.1:{port}/{ready}?token={token}", log)
            yield Server(front_end, f"http://127.0.0.1:{port}", token, root)
        finally:
            server.terminate()  # it shuts its kernels down
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _command(front_end: FrontEnd, port: int, token: str, root: Path) -> list[str]:
    if front_end == "voila":
        return [
            sys.executable, "-m", "voila", str(root), f"--port={port}", f"--token={token}", "--no-browser",
            "--Voila.ip=127.0.0.1", "--show_tracebacks=True",
        ]  # fmt: skip
    module, app = {"lab": ("jupyterlab", "LabApp"), "notebook": ("notebook", "JupyterNotebookApp")}[front_end]
    return [
        sys.executable, "-m", module, f"--port={port}", "--no-browser", "--ip=127.0.0.1", "--allow-root",
        "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}",
        f"--{app}.expose_app_in_browser=True", "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.extension_manager=readonly",
    ]  # fmt: skip


@contextmanager
def chromium(executable: str) -> Iterator[Browser]:
    """Start the browser, and close it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_CHROMIUM_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def loopback_page(browser: Browser, server: Server, **options: Any) -> Iterator[tuple[Page, Trace]]:
    """Return a page that can reach nothing but loopback, and what it did.

    `options` are those of a Playwright context, such as ``device_scale_factor``.
    """
    trace = Trace()
    wanted, error_of_its_own = _ASKS_FOR.get(server.front_end), _FAILS_WITH.get(server.front_end)

    def refuse(route: Route) -> None:
        if wanted is None or not wanted.match(route.request.url):
            trace.refused.append(route.request.url)
        route.abort()

    def note(error: Error) -> None:
        if error.message != error_of_its_own:
            trace.errors.append(f"{error.message}\n{error.stack}")

    chosen = {"viewport": {"width": 1280, "height": 1400}, "timezone_id": "UTC", "locale": "en-GB", **options}
    context = browser.new_context(accept_downloads=True, **chosen)
    try:
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        context.route(re.compile(r"^(?:https?|wss?)://(?!127\.0\.0\.1[:/])"), refuse)
        page.on("pageerror", note)
        yield page, trace
    finally:
        context.close()


def open_notebook(page: Page, server: Server, notebook: str) -> None:
    """Open a notebook; in JupyterLab and Notebook 7 return when its kernel is ready, in Voilà when it has run."""
    if server.front_end == "voila":
        page.goto(f"{server.url}/voila/render/{notebook}?token={server.token}", timeout=60_000)
        return
    page.goto(address(server, notebook), timeout=60_000)
    page.wait_for_function(
        "() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
        timeout=60_000,
    )


def address(server: Server, notebook: str) -> str:
    """Return where a notebook is opened."""
    path = {"lab": f"lab/tree/{notebook}?reset&", "notebook": f"notebooks/{notebook}?"}[server.front_end]
    return f"{server.url}/{path}token={server.token}"


def open_and_run(page: Page, server: Server, notebook: str) -> None:
    """Open a notebook and run all its cells; return when the last one has run."""
    open_notebook(page, server, notebook)
    if server.front_end != "voila":  # which has run it
        command(page, "notebook:run-all-cells")


def command(page: Page, name: str, **arguments: Any) -> None:
    """Run a command of JupyterLab or Notebook 7, and wait until it is done."""
    page.evaluate(
        "([name, arguments]) => window.jupyterapp.commands.execute(name, arguments).then(() => true)", [name, arguments]
    )


def start_cell(page: Page, number: int) -> None:
    """Start a cell of the open notebook, and do not wait for it."""
    page.evaluate(f"number => {{ {_RUN} }}", number)


def run_cell(page: Page, number: int) -> None:
    """Run a cell of the open notebook; return when it has run."""
    page.evaluate(f"number => {{ return {_RUN} }}", number)


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
    raise RuntimeError(f"the server does not answer:\n{log.read_text()[-3000:]}")
