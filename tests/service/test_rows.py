"""Rows of every kind: each column from its own element, and nothing of an answer lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import xmltodict
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis import ResponseFormatError
from cijob_analysis.schema import INPUT_KINDS, TABLES, Column
from cijob_analysis.service.documents import parse
from cijob_analysis.service.rows import MAX_DEPTH, plan_of, read_row
from cijob_analysis.service.wire import KINDS, read

COLUMNS = (
    Column(name="id", wire=("Id", "OldId"), doc="two names"),
    Column(name="note", wire=("Operation/Note",), verbatim=True, doc="blanks are meant"),
    Column(name="ids", wire=("Operation/Ids",), many=True, doc="several"),
    Column(name="graph", wire=("Graph",), json=True, doc="with children"),
    Column(name="extra", doc="the rest"),
)


def row(inside: str) -> dict[str, str]:
    """Return what the row of `inside` says, without what is missing."""
    texts = read_row(parse(f"<Response>{inside}</Response>".encode()), plan_of(COLUMNS), len(COLUMNS))
    return {column.name: text for column, text in zip(COLUMNS, texts, strict=True) if text is not None}


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<Id> 1\n</Id>", {"id": "1"}),
        ("<OldId>1</OldId>", {"id": "1"}),
        ("<Id>1</Id><OldId>1</OldId>", {"id": "1"}),
        ("<Id/><OldId>1</OldId>", {"id": "1"}),
        ("<Id>1</Id><OldId/>", {"id": "1"}),
        ("<Id>1</Id><OldId>2</OldId>", {"id": "1", "extra": '{"OldId": "2"}'}),
        ("<Id>1</Id><Operation><Id>2</Id></Operation>", {"id": "1", "extra": '{"Operation": {"Id": "2"}}'}),
        ("<Id><Id>2</Id></Id>", {"extra": '{"Id": {"Id": "2"}}'}),
        ("<Operation><Note> a </Note></Operation>", {"note": " a "}),
        ("<Operation><Note>\n  </Note></Operation>", {}),
        ("<Operation><Note>a</Note><Note>a</Note></Operation>", {"note": "a"}),
        (
            "<Operation><Note>a</Note></Operation><Operation><Note>b</Note></Operation>",
            {"note": "a", "extra": '{"Operation": {"Note": "b"}}'},
        ),
        ("<Operation><Ids>1, 2</Ids><Ids/><Ids>3</Ids></Operation>", {"ids": "1,2,3"}),
        ("<Graph><Start>A,B</Start><A/></Graph>", {"graph": '{"Start": "A,B", "A": null}'}),
        ("<Graph/><Graph> </Graph>", {}),
        ("<Graph>A</Graph><Graph><B/></Graph>", {"graph": '"A"', "extra": '{"Graph": {"B": null}}'}),
        ("<Other/><Other a='1'>x</Other>", {"extra": '{"Other": [null, {"@a": "1", "#text": "x"}]}'}),
        ("a<Id>1</Id>", {"id": "1", "extra": '{"#text": "a"}'}),
        ("", {}),
    ],
)
def test_where_elements_go(inside: str, expected: dict[str, str]) -> None:
    assert row(inside) == expected


def test_elements_are_read_down_to_a_depth() -> None:
    levels = MAX_DEPTH - 1
    assert row("<A>" * levels + "</A>" * levels)
    with pytest.raises(ResponseFormatError, match=f"deeper than {MAX_DEPTH} levels, down to <A>"):
        row("<A>" * (levels + 1) + "</A>" * (levels + 1))


# --- against an independent reader, for every kind --------------------------------------------------------------------

TEXTS = st.text("ab1中é<&\"'{\\", min_size=1, max_size=3)


def trees(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return rows made of the kind's own names at any depth, so that they stand where they mean something else, too."""
    steps = {step for column in TABLES[kind] for path in column.wire for step in path.split("/")}
    names = st.sampled_from(sorted(steps | {"State", "Type", "Name", "StartTime", "Input", "Prefix", "Else"}))
    leaf = st.none() | TEXTS
    inner = st.dictionaries(names, leaf, min_size=1, max_size=3)
    middle = st.dictionaries(names, leaf | inner | st.lists(inner | TEXTS, min_size=2, max_size=2), max_size=3)
    return st.dictionaries(names, leaf | middle | st.lists(middle | TEXTS, min_size=2, max_size=2), max_size=4).filter(
        bool
    )


def leaves(tree: Any) -> Iterator[str]:
    """Yield all texts of a tree as xmltodict gives it."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict | list):
        for below in tree.values() if isinstance(tree, dict) else tree:
            yield from leaves(below)


def at(tree: Any, path: list[str]) -> Iterator[str]:
    """Yield the texts that stand at `path`, and nowhere below."""
    if isinstance(tree, list):
        for item in tree:
            yield from at(item, path)
    elif path and isinstance(tree, dict):
        yield from at(tree.get(path[0]), path[1:])
    elif not path and isinstance(tree, str):
        yield tree


def row_and_tree(kind: str, content: dict[str, Any]) -> tuple[dict[str, str | None], Any]:
    """Return a row as it is read, and as xmltodict reads it."""
    tag = next(each for each in KINDS if each.name == kind).row_tags[0]
    body = xmltodict.unparse({"Response": {tag: content}}).encode()
    (texts,) = read(body, kind).rows
    names = [column.name for column in TABLES[kind]]
    return dict(zip(names, texts, strict=True)), xmltodict.parse(body)["Response"][tag]


@pytest.mark.parametrize("kind", TABLES)
@given(data=st.data())
def test_every_text_of_an_answer_is_in_a_column_or_in_extra(kind: str, data: st.DataObject) -> None:
    found, tree = row_and_tree(kind, data.draw(trees(kind)))
    held: set[str] = set()
    for column in TABLES[kind]:
        text = found[column.name]
        if text is not None and (column.json or column.name == "extra"):
            held |= set(leaves(json.loads(text)))
        elif text is not None and column.name != "input_kind":
            held |= set(text.split(",")) if column.many else {text}
    assert held == set(leaves(tree))


@pytest.mark.parametrize("kind", TABLES)
@given(data=st.data())
def test_a_column_holds_what_stands_at_its_own_path_and_nothing_else(kind: str, data: st.DataObject) -> None:
    found, tree = row_and_tree(kind, data.draw(trees(kind)))
    for column in TABLES[kind]:
        if column.wire and not column.json and not column.many:
            there = [text for path in column.wire for text in at(tree, path.split("/"))]
            assert found[column.name] in there if there else found[column.name] is None, column.name
    if kind == "batch_jobs":
        inputs = [(name, text) for name in INPUT_KINDS for text in at(tree, ["Input", name])]
        if inputs:
            assert (found["input_kind"], found["input_value"]) in inputs
