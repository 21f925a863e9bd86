"""The documentation: it builds without a warning, no link is dead, it asks nobody, and its examples run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
import typer

import cijob_analysis
from cijob_analysis import Client, LocalService, Snapshot, Workload, fetch_snapshot
from cijob_analysis.cli import app

ROOT = Path(__file__).parents[1]
DOCS, README = ROOT / "docs", ROOT / "README.md"
PAGES = sorted(path for path in DOCS.rglob("*.md") if not {"made", "_build"} & set(path.relative_to(DOCS).parts))


pytestmark = pytest.mark.docs

RUN_ELSEWHERE = {"when-one-machine-is-not-enough.md"}
"""Pages that need Spark: `tests/metrics/engines/test_spark.py` runs it."""


class Links(HTMLParser):
    """The ids of a page, where it leads, and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in ("script", "img", "iframe", "source") and "src" in given:
            self.loaded.append(given["src"])
        if tag == "link" and "href" in given and given.get("rel") not in ("canonical", "author", "index", "search"):
            self.loaded.append(given["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built pages; notebooks are not run, their own tests do that."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", str(DOCS), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=600)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return out


def read(page: Path) -> Links:
    found = Links()
    found.feed(page.read_text("utf-8"))
    return found


def test_no_link_is_dead_and_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    pages = {page: read(page) for page in site.rglob("*.html") if "_static" not in page.parts}
    assert len(pages) > 25
    dead, outside = [], []
    for page, found in pages.items():
        outside += [(page.name, address) for address in found.loaded if urlsplit(address).netloc]
        for address in (*found.links, *found.loaded):
            path, fragment = urldefrag(address)
            if urlsplit(address).scheme or urlsplit(address).netloc:
                continue
            target = (page.parent / unquote(urlsplit(path).path)).resolve() if path else page
            target = target / "index.html" if target.is_dir() else target
            ids = pages[target].ids if target in pages else {""}
            is_dead = not target.exists() or (bool(fragment) and target in pages and unquote(fragment) not in ids)
            if is_dead:
                dead.append((page.relative_to(site).as_posix(), address))
    assert dead == []
    assert outside == []


def test_every_public_name_and_every_column_has_its_entry(site: Path) -> None:
    functions = read(site / "made" / "functions.html").ids
    assert {f"cijob_analysis.{name}" for name in cijob_analysis.__all__} <= functions
    columns = (site / "made" / "columns.html").read_text("utf-8")
    for table in cijob_analysis.schema.TABLES.values():
        for column in table:
            assert f">{column.name}<" in columns


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[LocalService, Snapshot]]:
    """What stands for the reader's bucket, and a snapshot of it."""
    with LocalService(Workload.generate(batch_jobs=40, seed=7)) as service, service.client() as client:
        yield service, fetch_snapshot(client)


@pytest.mark.parametrize(
    "page",
    [README, *(page for page in PAGES if page.name not in RUN_ELSEWHERE)],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_the_examples_of_a_page_run(
    page: Path, world: tuple[LocalService, Snapshot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, snapshot = world
    snapshot.write(tmp_path / "snapshot")
    snapshot.write(tmp_path / "last-week")
    monkeypatch.chdir(tmp_path)
    opened: list[Client] = []

    def client_of(bucket: str, region: str) -> Client:
        opened.append(service.client())
        assert (bucket, region) == ("media-1250000000", "ap-beijing")
        return opened[-1]

    monkeypatch.setattr(cijob_analysis, "Client", client_of)
    names: dict[str, object] = {"__name__": "page"}
    try:
        for number, block in enumerate(blocks(page, "python"), 1):
            exec(compile(block, f"{page.name}, block {number}", "exec"), names)
    finally:
        for client in opened:
            client.close()
        for shown in names.values():
            if isinstance(shown, cijob_analysis.Explorer | cijob_analysis.Monitor | Client | LocalService):
                shown.close()


@pytest.mark.parametrize("page", [README, *PAGES], ids=lambda page: page.name)
def test_commands_of_a_page_are_such_as_there_are(page: Path) -> None:
    command = typer.main.get_command(app)
    for block in blocks(page, "console"):
        for line in block.splitlines():
            for part in re.split(r"\|\|", line.partition("  #")[0]):
                words = shlex.split(part[part.index("cijob ") :]) if "cijob " in part else []
                if words:
                    check(command, words[1:])


def check(command: Any, words: list[str]) -> None:
    """Parse `words` as the command does, down to the last one, and do nothing."""
    context = command.make_context("cijob", list(words), resilient_parsing=False)
    group = command
    while hasattr(group, "commands"):
        name, group, rest = group.resolve_command(context, [*context._protected_args, *context.args])
        assert group is not None, words
        context = group.make_context(name, rest, parent=context)


@pytest.mark.parametrize(
    ("ours", "chinese"), [("README.md", "README.zh-CN.md"), ("docs/tutorial.md", "docs/tutorial.zh-CN.md")]
)
def test_the_chinese_page_keeps_step(ours: str, chinese: str) -> None:
    """Its headings are as many and as deep, its code is the same, its tables as long, with the same names in front."""
    one, other = ((ROOT / name).read_text("utf-8") for name in (ours, chinese))
    code = re.compile(r"^```\w+\n.*?^```$", re.MULTILINE | re.DOTALL)
    assert code.findall(other) == code.findall(one)
    plain, translated = code.sub("", one), code.sub("", other)
    depth = re.compile(r"^(#+) ", re.MULTILINE)
    assert depth.findall(translated) == depth.findall(plain)
    assert translated.count("\n|") == plain.count("\n|")
    first = re.compile(r"^\| (`[^`]+`) \|", re.MULTILINE)
    assert first.findall(translated) == first.findall(plain)
    images = re.compile(r"\]\(([^)#]+\.(?:png|ipynb))\)")
    assert images.findall(translated) == images.findall(plain)
    assert len(re.findall(r"[\u4e00-\u9fff]", translated)) > len(translated) / 5
