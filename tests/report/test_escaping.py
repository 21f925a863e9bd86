"""What the service says is text, and the policy lets nothing else run."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cijob_analysis import Snapshot, write_report
from cijob_analysis.report.page import visible
from tests.builders import AS_OF, batch_jobs
from tests.report.reading import Report
from tests.report.worlds import HOSTILE, hostile_snapshot


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Report:
    path = tmp_path_factory.mktemp("report") / "report.html"
    return Report(write_report(hostile_snapshot(), path, title=HOSTILE[0]))


def test_no_element_is_the_services(hostile: Report) -> None:
    assert hostile.open == []
    assert len(hostile.attributes("script")) == 2
    assert not any(name.startswith("on") for _, attributes in hostile.elements for name in attributes)
    assert not [name for name, _ in hostile.elements if name == "b"]
    assert all((image["src"] or "").startswith("data:image/") for image in hostile.attributes("img"))


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_shown_as_it_is(hostile: Report, text: str) -> None:
    node = [row[hostile.tables["By node"][0].index("node")] for row in hostile.tables["By node"]]
    assert visible(text) in node
    columns = hostile.data["columns"]
    assert text in {row[columns.index("object_key")] for row in hostile.data["rows"]}
    assert text in hostile.text["failures"].splitlines()


def test_the_policy_allows_our_style_and_script_by_their_hashes_and_no_address(hostile: Report) -> None:
    (policy,) = (
        meta["content"] or ""
        for meta in hostile.attributes("meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    hashes = {
        name: f"'sha256-{b64encode(sha256(hostile.inline[name].encode()).digest()).decode()}'"
        for name in ("style", "script")
    }
    assert rules == {
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": hashes["style"],
        "script-src": hashes["script"],
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    addresses = [
        value or ""
        for _, attributes in hostile.elements
        for name, value in attributes.items()
        if name in ("src", "href")
    ]
    assert [address for address in addresses if not re.match(r"data:|#", address)] == []


@settings(max_examples=15)
@given(text=st.text(min_size=1, max_size=40))
def test_any_name_leaves_the_page_whole(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    jobs = batch_jobs({"name": text, "state": "Success", "created_at": "2026-03-01 10:00"})
    path = tmp_path_factory.mktemp("report") / "report.html"
    report = Report(write_report(Snapshot(batch_jobs=jobs, as_of=AS_OF), path))
    assert report.open == []
    assert len(report.tables["Batch jobs"]) == 2


def test_what_turns_text_around_is_written_out() -> None:
    assert visible("a\u202eb\x00c中") == "a\\u202eb\\u0000c中"
