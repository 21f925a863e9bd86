"""The front ends and the notebook that the browser tests share, each started once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cijob_analysis import LocalService, Snapshot, Workload, fetch_snapshot
from tests.browser.bench import Bench
from tests.browser.jupyter import TIMEOUT_MS, FrontEnd, Server, Trace, chromium, loopback_page, serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NOW = datetime(2026, 6, 30, 2, tzinfo=UTC)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return the system's Chromium; CI must have one."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if found is None:
        reason = "no chromium on the PATH: apt-get install chromium, or name one in the variable CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import expect

    expect.set_options(timeout=TIMEOUT_MS)
    with chromium(found) as browser:
        yield browser


@pytest.fixture(scope="session")
def snapshot() -> Snapshot:
    """Return 24 batch jobs in all states, their executions and 1153 tasks."""
    workload = Workload.generate(batch_jobs=24, seed=7, now=NOW)
    with LocalService(workload, clock=NOW.timestamp) as service, service.client(clock=NOW.timestamp) as client:
        return fetch_snapshot(client)


@pytest.fixture(scope="session", params=["lab", "notebook"])
def front_end(request: pytest.FixtureRequest) -> FrontEnd:
    """JupyterLab, then Notebook 7."""
    name: FrontEnd = request.param
    return name


@pytest.fixture(scope="session")
def server(browser: Browser, front_end: FrontEnd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a front end that runs."""
    with serve(front_end, tmp_path_factory.mktemp(front_end)) as server:
        yield server


@pytest.fixture(scope="session")
def opened(browser: Browser, server: Server, snapshot: Snapshot) -> Iterator[Bench]:
    """Return the notebook of `bench`, which has run."""
    with loopback_page(browser, server) as (page, trace):
        yield Bench(page, trace, server, snapshot).open()


@pytest.fixture
def bench(opened: Bench) -> Iterator[Bench]:
    """Return the notebook with its dashboard as it was when it was new."""
    opened.renew()
    yield opened
    assert opened.trace == Trace(), "nothing but loopback was asked for, and no script failed"
