"""Every notebook runs from top to bottom, offline, and is stored without outputs."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
FINDINGS = {
    "02-batch-to-task": ".mov objects die in Transcode_",
    "03-why-did-it-fail": "uploads/legacy-avi/",
    "04-why-so-slow": "100% of the waiting fell into that time.",
    "05-compare": "run time paired median",
    "06-explore": "the same rows: True",
    "07-monitor": "as a fresh fetch: True",
}
"""What a notebook prints if its story comes out right."""
PICTURES = {"06-explore": 1, "07-monitor": 1}
"""How many pictures it shows at least, where these are few: a dashboard is one."""


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the kernel's own libraries
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "stored with outputs: clear them"
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    shown = [output.get("data", {}) for output in outputs]
    pictures = [data for data in shown if "image/png" in data or "<img " in data.get("text/html", "")]
    assert len(pictures) >= PICTURES.get(path.stem, 3)
    assert [output["text"] for output in outputs if output.get("name") == "stderr"] == []
    printed = "".join(output["text"] for output in outputs if output.get("name") == "stdout")
    assert FINDINGS.get(path.stem, "") in printed
