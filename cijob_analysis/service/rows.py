"""Rows: an element in, a text per declared column out.

Elements are read by a plan that is made once from the declared columns. One that no column claims is kept, as
JSON text in the shape that xmltodict would give it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from json.encoder import encode_basestring
from typing import Final
from xml.etree.ElementTree import Element

from cijob_analysis.exceptions import ResponseFormatError
from cijob_analysis.schema import Column

MAX_DEPTH: Final = 64
"""How deep elements may be nested in a row; the deepest answer known has 9 levels."""

Row = tuple[str | None, ...]
"""Texts of one row in the order of the declared columns."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the children of an element go, by their names.

    `leaves` give a column's number, and whether the blanks around the text are kept; `many` the number of a column of
    several texts, joined by commas. `choices` give the numbers of two columns, for the name and the text of the one
    that has some. `below` leads further down. `whole` are elements kept as JSON text; those whose number is None are
    read by somebody else.
    """

    leaves: dict[str, tuple[int, bool]] = field(default_factory=dict)
    many: dict[str, int] = field(default_factory=dict)
    choices: dict[str, tuple[int, int]] = field(default_factory=dict)
    below: dict[str, Plan] = field(default_factory=dict)
    whole: dict[str, int | None] = field(default_factory=dict)


def plan_of(columns: tuple[Column, ...]) -> Plan:
    """Return where the elements go that `columns` are read from."""
    plan = Plan()
    for number, column in enumerate(columns):
        for path in column.wire:
            *above, name = path.split("/")
            level = plan
            for step in above:
                level = level.below.setdefault(step, Plan())
            if column.json:
                level.whole[name] = number
            elif column.many:
                level.many[name] = number
            else:
                level.leaves[name] = number, column.verbatim
    return plan


def read_row(element: Element, plan: Plan, width: int) -> Row:
    """Return the texts of one row; what no column claims is in the last one.

    Only the elements that the plan names count, wherever else their names stand. The first text that comes for a
    column is its text; another one that differs is kept with what no column claims.

    Raises
    ------
    ResponseFormatError
        Elements are nested deeper than `MAX_DEPTH`.
    """
    row: list[str | None] = [None] * width
    rest = _fill(row, element, plan)
    if rest:
        row[-1] = _object(rest)
    return tuple(row)


def _fill(row: list[str | None], element: Element, plan: Plan) -> dict[str, list[str]]:
    """Put the texts of `element`'s children into `row`; return those without a place, as JSON texts by name."""
    rest: dict[str, list[str]] = {}
    find_leaf = plan.leaves.get
    below = plan.below
    for child in element:
        tag = child.tag
        leaf = find_leaf(tag)
        if leaf is not None and not len(child):
            text = child.text
            if not text:
                continue
            number, is_verbatim = leaf
            if not is_verbatim:
                text = text.strip()
            elif text.isspace():
                continue
            if row[number] is None:
                row[number] = text or None
                continue
            if not text or text == row[number]:
                continue  # said twice, as in Operation/QueueId and QueueId
        elif tag in below:
            unclaimed = _fill(row, child, below[tag])
            if unclaimed:
                rest.setdefault(tag, []).append(_object(unclaimed))
            continue
        elif _fill_special(row, child, plan):
            continue
        rest.setdefault(tag, []).append(json_of(child, 2))
    text = element.text
    if text and not text.isspace():
        rest["#text"] = [encode_basestring(text.strip())]
    return rest


def _fill_special(row: list[str | None], child: Element, plan: Plan) -> bool:
    """Put what is no plain text of one column into `row`; return whether it had a place."""
    tag, text = child.tag, child.text
    if text and text.isspace():
        text = None
    if tag in plan.whole:
        number = plan.whole[tag]
        if number is None:
            return len(child) > 0 or not text
        if row[number] is None and (len(child) or text):
            row[number] = json_of(child, 2)
            return True
        return not len(child) and not text
    if len(child):
        return False
    if tag in plan.choices:
        kind, value = plan.choices[tag]
        if row[value] is None and (text or row[kind] is None):
            row[kind], row[value] = tag, text
        return not text or (tag, text) == (row[kind], row[value])
    if tag in plan.many:
        number = plan.many[tag]
        if text:
            said = ",".join(item.strip() for item in text.split(",")) if "," in text else text.strip()
            row[number] = f"{row[number]},{said}" if row[number] else said
        return True
    return False


def _object(members: dict[str, list[str]]) -> str:
    """Return a JSON object; a name that came several times has a list."""
    parts = [
        f"{encode_basestring(name)}: {texts[0] if len(texts) == 1 else '[' + ', '.join(texts) + ']'}"
        for name, texts in members.items()
    ]
    return "{" + ", ".join(parts) + "}"


def json_of(element: Element, depth: int) -> str:
    """Return `element` as JSON text, in xmltodict's shape."""
    if depth > MAX_DEPTH:
        raise ResponseFormatError(f"elements nested deeper than {MAX_DEPTH} levels, down to <{element.tag}>")
    text = element.text
    if not len(element) and not element.attrib:
        return encode_basestring(text) if text and not text.isspace() else "null"
    members = {f"@{name}": [encode_basestring(value)] for name, value in element.attrib.items()}
    for child in element:
        members.setdefault(child.tag, []).append(json_of(child, depth + 1))
    words = "".join([text or "", *(child.tail or "" for child in element)]).strip()
    if words:
        members["#text"] = [encode_basestring(words)]
    return _object(members)
