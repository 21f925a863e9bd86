"""The package as a whole: who may import whom, what it is made of, what an import costs."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import cijob_analysis

PACKAGE = Path(cijob_analysis.__file__).parent
README = PACKAGE.parent / "README.md"

ROOMS = (
    "exceptions", "schema", "ledger", "words", "times",
    "service.credentials", "service.arguments", "service.requests", "service.signing", "service.signer",
    "service.retry", "service.proxies", "service.errors", "service.documents", "service.json_answers",
    "service.rows", "service.wire", "service.received", "service.direct", "service.http",
    "service.transport", "service.ways", "service.plan", "service.client",
    "frames", "snapshot", "answers", "columns", "progress", "gather", "windows", "walk", "fetch", "archive",
    "following", "metrics", "files", "traces", "plots", "report", "widgets", "local", "cli", "__main__",
)  # fmt: skip
"""Rooms in the order in which data flows; each may import those before it, itself, and no other."""

APART = {
    "metrics": {"exceptions", "schema", "ledger", "words", "snapshot"},
    "traces": {"exceptions", "schema", "ledger", "words", "snapshot", "metrics", "files"},
    "plots": {"exceptions", "schema", "ledger", "words", "snapshot", "metrics"},
    "report": {"exceptions", "schema", "ledger", "words", "snapshot", "metrics", "files", "plots"},
    "widgets": {"exceptions", "schema", "ledger", "words", "snapshot", "following", "metrics", "files", "plots"},
    "local": {"exceptions", "schema", "service"},
}
"""Rooms that may import even less."""

ONLY_IN = {
    "httpx": {"service/http.py"},
    "httpcore": {"service/direct.py"},
    "matplotlib": {"plots"},
    "ipywidgets": {"widgets"},
    "anywidget": {"widgets"},
    "narwhals": {"metrics"},
    "jinja2": {"report"},
    "starlette": {"local"},
    "uvicorn": {"local"},
    "typer": {"cli"},
}
"""Libraries that have one place."""


def imports_of(path: Path) -> set[str]:
    """Return the modules that a file imports, those for type checking left out."""
    tree = ast.parse(path.read_text("utf-8"))
    skipped = {
        id(node)
        for outer in ast.walk(tree)
        if isinstance(outer, ast.If) and ast.unparse(outer.test) == "TYPE_CHECKING"
        for node in ast.walk(outer)
    }
    found = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            below = {f"{module}.{alias.name}" for alias in node.names}
            found |= below if module == "cijob_analysis" or module == "cijob_analysis.service" else {module}
    return found


def room_of(module: str) -> str | None:
    """Return the room that a module of ours is in; None for what belongs to the package as a whole."""
    name = module.removeprefix("cijob_analysis").removeprefix(".")
    return next((room for room in ROOMS if name == room or name.startswith(f"{room}.")), None)


def modules() -> list[tuple[str, Path]]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found.append((".".join(part for part in parts if part != "__init__"), path))
    return found


def test_every_file_is_in_a_room() -> None:
    homeless = [name for name, _ in modules() if name not in ("", "service") and room_of(name) is None]
    assert homeless == []


@pytest.mark.parametrize(("name", "path"), [(name, path) for name, path in modules() if name not in ("", "service")])
def test_data_flows_one_way(name: str, path: Path) -> None:
    here = room_of(name)
    assert here is not None
    for module in imports_of(path):
        if not module.startswith("cijob_analysis."):
            continue
        there = room_of(module)
        if there is None or there == here:  # __version__, or a neighbour
            continue
        assert ROOMS.index(there) < ROOMS.index(here), f"{name} imports {module}"
        if here in APART:
            assert there.split(".")[0] in APART[here], f"{name} imports {module}"
        if there == "local":
            assert here == "cli", f"{name} imports {module}: nothing in the package knows that it is there"


@pytest.mark.parametrize("library", ONLY_IN)
def test_each_library_has_one_place(library: str) -> None:
    users = {
        path.relative_to(PACKAGE)
        for _, path in modules()
        if any(module.split(".")[0] == library for module in imports_of(path))
    }
    places = ONLY_IN[library]
    assert users
    assert all(user.as_posix() in places or user.parts[0] in places for user in users), users


def test_no_file_is_a_corridor() -> None:
    lengths = {name: len(path.read_text("utf-8").splitlines()) for name, path in modules()}
    assert {name: length for name, length in lengths.items() if length > 300} == {}


def test_the_public_names_are_those_of_the_readme() -> None:
    section = README.read_text("utf-8").partition("## The names")[2].partition("\n## ")[0]
    listed = re.findall(r"`([A-Za-z_]+)`", "\n".join(re.findall(r"^\|.*\|(.*)\|$", section, re.MULTILINE)))
    assert sorted(listed) == sorted(cijob_analysis.__all__)


def test_no_public_name_is_that_of_a_module_which_would_stand_in_its_place_once_imported() -> None:
    modules = {path.stem for path in PACKAGE.iterdir()}
    assert not modules & set(cijob_analysis.__all__)


def test_every_public_name_is_there_and_documented() -> None:
    for name in cijob_analysis.__all__:
        value = getattr(cijob_analysis, name)
        assert value.__doc__, name
        assert name in dir(cijob_analysis)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = cijob_analysis.nothing


def test_importing_loads_nothing_heavy_and_does_nothing() -> None:
    code = (
        "import sys, threading; before = set(sys.modules); import cijob_analysis;"
        "loaded = {name.split('.')[0] for name in set(sys.modules) - before};"
        "print(sorted(loaded - set(sys.stdlib_module_names)), threading.active_count())"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['cijob_analysis'] 1"


def test_plots_need_no_pyplot_and_change_no_settings() -> None:
    code = (
        "import sys, matplotlib; before = matplotlib.rcParams.copy();"  # reading all of it would load pyplot
        "from cijob_analysis import plot_states;import cijob_analysis.schema as schema;"
        "plot_states(schema.empty(schema.BATCH_JOBS)).figure.savefig('/dev/null', format='png');"
        "print('matplotlib.pyplot' in sys.modules, matplotlib.rcParams.copy() == before)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False True"


@pytest.mark.parametrize("kind", ["batch_jobs", "executions", "tasks", "queues", "workflows"])
def test_the_readme_describes_every_column_as_the_schema_does(kind: str) -> None:
    from cijob_analysis import schema

    title = f"### Of a{'n' if kind == 'executions' else ''} {schema.noun_of(schema.empty(schema.TABLES[kind]))}\n"
    section = README.read_text("utf-8").partition(title)[2].partition("\n#")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.MULTILINE)
    assert rows == [(column.name, column.doc) for column in schema.TABLES[kind]]


def test_the_policy_of_the_readme_allows_what_the_package_asks_for_and_no_more() -> None:
    from cijob_analysis.service import requests

    asked = [
        *(requests.batch_job("b1"), requests.batch_job_list(), requests.execution("i1"), requests.execution_list()),
        *(requests.tasks([f"{letter}1"]) for letter in requests.TASK_PATHS),
        *(requests.task_list(tag) for tag in ("Transcode", "PicProcess", "DocProcess", "SpeechRecognition")),
        *(requests.queue_list(kind) for kind in requests.QUEUE_KINDS),
        requests.workflow_list(),
    ]
    policy = json.loads(README.read_text("utf-8").partition("```json\n")[2].partition("```")[0])
    (statement,) = policy["statement"]
    assert sorted(statement["action"]) == sorted(request.action for request in asked)
