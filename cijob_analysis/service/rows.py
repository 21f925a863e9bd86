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


def _fill(row: list[str | None], element: Element, plan: Plan) -> list[tuple[str, str]]:
    """Put the texts of `element`'s children into `row`; return those without a place, as names and JSON texts."""
    rest: list[tuple[str, str]] = []
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
                rest.append((tag, _object(unclaimed)))
            continue
        elif _fill_special(row, child, plan):
            continue
        rest.append((tag, json_of(child, 2)))
    text = element.text
    if text and not text.isspace():
        rest.append(("#text", encode_basestring(text.strip())))
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


def _object(pairs: list[tuple[str, str]]) -> str:
    """Return a JSON object of names and JSON texts; a name that came several times has a list."""
    members = dict(pairs)
    if len(members) < len(pairs):
        texts: dict[str, list[str]] = {name: [] for name in members}
        for name, text in pairs:
            texts[name].append(text)
        members = {name: found[0] if len(found) == 1 else f"[{', '.join(found)}]" for name, found in texts.items()}
    return "{" + ", ".join([f"{encode_basestring(name)}: {text}" for name, text in members.items()]) + "}"


def json_of(element: Element, depth: int) -> str:
    """Return `element` as JSON text, in xmltodict's shape.

    Raises
    ------
    ResponseFormatError
        It has elements deeper than `MAX_DEPTH`; it stands at `depth` itself.
    """
    words = element.text or ""
    pairs = [(f"@{name}", encode_basestring(value)) for name, value in element.items()]
    if not len(element) and not pairs:
        return encode_basestring(words) if words and not words.isspace() else "null"
    if depth >= MAX_DEPTH and len(element):
        raise ResponseFormatError(f"elements nested deeper than {MAX_DEPTH} levels, down to <{element[0].tag}>")
    for child in element:
        if len(child) or child.keys():
            value = json_of(child, depth + 1)
        else:  # most are leaves, which are not worth a call
            text = child.text
            value = encode_basestring(text) if text and not text.isspace() else "null"
        pairs.append((child.tag, value))
        tail = child.tail
        if tail and not tail.isspace():
            words += tail
    if words and not words.isspace():
        pairs.append(("#text", encode_basestring(words.strip())))
    return _object(pairs)
