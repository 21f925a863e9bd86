"""Rows: an answer in, a text per declared column out.

Elements are read by a plan that is made once from the declared columns. One that no column claims is kept, as
JSON text in the shape that xmltodict would give it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from json.encoder import encode_basestring
from typing import Final, NamedTuple
from xml.etree.ElementTree import Element

from cijob_analysis.exceptions import ResponseFormatError
from cijob_analysis.schema import BATCH_JOBS, INPUT_KINDS, Column
from cijob_analysis.service.documents import excerpt, no_collection, parse

MAX_DEPTH: Final = 64
"""How deep elements may be nested in a row; the deepest answer known has 9 levels."""

_MANY_BYTES: Final = 16_384
"""From here on a document has enough elements to wake the garbage collector."""

Row = tuple[str | None, ...]
"""Texts of one row in the order of the declared columns."""


class Page(NamedTuple):
    """One answer.

    Attributes
    ----------
    rows : list of tuple of (str or None)
        A text per declared column, None where the answer has none.
    next_token : str or None
        Stands for the next page; None on the last.
    missing_ids : tuple of str
        Ids asked for that the service does not know.
    request_id : str or None
        The service's id of the request.
    """

    rows: list[Row]
    next_token: str | None = None
    missing_ids: tuple[str, ...] = ()
    request_id: str | None = None


Reader = Callable[[bytes], Page]


def read_batch_jobs(data: bytes) -> Page:
    """Read an answer of ``/inventorytriggerjob``, one or a list (pages 1045/47030, 1045/47031).

    Raises
    ------
    APIError
        The answer is an error.
    ResponseFormatError
        It is not the XML we know.
    """
    if len(data) < _MANY_BYTES:
        return _read(parse(data), data)
    with no_collection():
        return _read(parse(data), data)


def _read(response: Element, data: bytes) -> Page:
    rows: list[Row] = []
    missing: list[str] = []
    token = request_id = unknown = None
    plan, width = _batch_job_plan(), len(BATCH_JOBS)
    for child in response:
        tag = child.tag
        if tag == "JobsDetail":
            if len(child):
                rows.append(_read_row(child, plan, width))
        elif tag == "RequestId":
            request_id = _text(child)
        elif tag == "NextToken":
            token = _text(child)
        elif tag in ("NonExistJobIds", "NonExistJobId"):
            missing += [item.strip() for item in (child.text or "").split(",") if item.strip()]
        else:
            unknown = tag
    if response.tag != "Response" or (unknown and not rows and not missing):
        what = f"<{response.tag}>" + (f" with <{unknown}>" if unknown else "")
        raise ResponseFormatError(f"no answer about batch jobs, but {what}: {excerpt(data)}")
    return Page(rows, token, tuple(missing), request_id)


def _text(element: Element) -> str | None:
    return (element.text or "").strip() or None


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where the children of an element go, by their names.

    `leaves`, `verbatim` and `many` give a column's number: of a text without the blanks around it, of a text as it
    is, of several texts to be joined by commas. `choices` give the numbers of two columns, for the name and the text
    of the one that has some. `below` leads further down.
    """

    leaves: dict[str, int] = field(default_factory=dict)
    verbatim: dict[str, int] = field(default_factory=dict)
    many: dict[str, int] = field(default_factory=dict)
    choices: dict[str, tuple[int, int]] = field(default_factory=dict)
    below: dict[str, _Plan] = field(default_factory=dict)


def _plan_of(columns: tuple[Column, ...]) -> _Plan:
    plan = _Plan()
    for number, column in enumerate(columns):
        for path in column.wire:
            *above, name = path.split("/")
            level = plan
            for step in above:
                level = level.below.setdefault(step, _Plan())
            (level.many if column.many else level.verbatim if column.verbatim else level.leaves)[name] = number
    return plan


@cache
def _batch_job_plan() -> _Plan:
    plan = _plan_of(BATCH_JOBS)
    names = [column.name for column in BATCH_JOBS]
    choice = (names.index("input_kind"), names.index("input_value"))
    plan.below["Input"] = _Plan(choices=dict.fromkeys(INPUT_KINDS, choice))
    return plan


def _read_row(element: Element, plan: _Plan, width: int) -> Row:
    """Return the texts of one row; what no column claims is in the last one."""
    row: list[str | None] = [None] * width
    rest = _fill(row, element, plan)
    if rest:
        row[-1] = _object(rest)
    return tuple(row)


def _fill(row: list[str | None], element: Element, plan: _Plan) -> dict[str, list[str]]:
    """Put the texts of `element`'s children into `row`; return those without a place, as JSON texts by name."""
    rest: dict[str, list[str]] = {}
    find_leaf = plan.leaves.get
    below = plan.below
    for child in element:
        tag = child.tag
        number = find_leaf(tag)
        if number is not None and not len(child):
            text = child.text
            if text:
                text = text.strip() or None
            if row[number] is None:
                row[number] = text
                continue
            if not text or text == row[number]:
                continue  # said twice, as in Operation/QueueId and QueueId
        elif tag in below:
            unclaimed = _fill(row, child, below[tag])
            text = child.text
            if text and not text.isspace():
                unclaimed["#text"] = [encode_basestring(text.strip())]
            if unclaimed:
                rest.setdefault(tag, []).append(_object(unclaimed))
            continue
        elif not len(child) and _fill_special(row, child, plan):
            continue
        rest.setdefault(tag, []).append(_json(child, 2))
    return rest


def _fill_special(row: list[str | None], leaf: Element, plan: _Plan) -> bool:
    """Put the text of a leaf that is no plain column into `row`; return whether it had a place."""
    tag, text = leaf.tag, leaf.text
    if tag in plan.verbatim:
        number = plan.verbatim[tag]
        if row[number] is None:
            row[number] = text
            return True
    elif tag in plan.many:
        number = plan.many[tag]
        row[number] = ",".join(item for item in (row[number], (text or "").strip()) if item) or None
        return True
    elif tag in plan.choices:
        kind, value = plan.choices[tag]
        if row[value] is None and (text or row[kind] is None):
            row[kind], row[value] = tag, text
        return text == row[value] or not text
    return False


def _object(members: dict[str, list[str]]) -> str:
    """Return a JSON object; a name that came several times has a list."""
    parts = [
        f"{encode_basestring(name)}: {texts[0] if len(texts) == 1 else '[' + ', '.join(texts) + ']'}"
        for name, texts in members.items()
    ]
    return "{" + ", ".join(parts) + "}"


def _json(element: Element, depth: int) -> str:
    """Return `element` as JSON text, in xmltodict's shape."""
    if depth > MAX_DEPTH:
        raise ResponseFormatError(f"elements nested deeper than {MAX_DEPTH} levels, down to <{element.tag}>")
    text = element.text
    if not len(element) and not element.attrib:
        return encode_basestring(text) if text and not text.isspace() else "null"
    members = {f"@{name}": [encode_basestring(value)] for name, value in element.attrib.items()}
    for child in element:
        members.setdefault(child.tag, []).append(_json(child, depth + 1))
    words = "".join([text or "", *(child.tail or "" for child in element)]).strip()
    if words:
        members["#text"] = [encode_basestring(words)]
    return _object(members)
