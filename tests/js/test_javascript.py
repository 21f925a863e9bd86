"""What the widgets compute in the browser, under node's own test runner."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.js.cases import shared_cases

pytestmark = pytest.mark.browser

FILES = sorted(Path(__file__).parent.glob("*.test.mjs"))


@pytest.fixture(scope="module")
def node() -> str:
    """Where node is: Playwright brings one."""
    from playwright._impl._driver import compute_driver_executable

    bundled = compute_driver_executable()[0]
    found = bundled if Path(bundled).exists() else shutil.which("node")
    assert found, "no node: neither in Playwright's package, nor on the PATH"
    return str(found)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cases with the answers of the Python side."""
    path = tmp_path_factory.mktemp("cases") / "cases.json"
    path.write_text(json.dumps(shared_cases()), "utf-8")
    return path


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_under_node(node: str, cases: Path, file: Path) -> None:
    environment = {**os.environ, "CIJOB_CASES": str(cases), "NO_COLOR": "1"}
    command = [node, "--test", "--test-reporter=spec", str(file)]
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
