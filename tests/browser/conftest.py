"""One JupyterLab and one page of the system's browser for the tests of a module."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.jupyter import Lab, Trace, chromium_page, jupyterlab

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the browser is; CI must have one."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if found is None:
        reason = "no chromium on the PATH: apt-get install chromium, or name one in the variable CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="module")
def lab(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with jupyterlab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="module")
def browser(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, Trace]]:
    with chromium_page(chromium, Path(tmp_path_factory.mktemp("profile"))) as opened:
        yield opened
