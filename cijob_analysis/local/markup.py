"""Elements as values, and their text: escaped, indented or in another order where a variant asks for it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cijob_analysis.local.entities import Element
from cijob_analysis.local.zone import ZONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from random import Random

    from cijob_analysis.local.variants import TimeFormat, Variants

Node = tuple[str, "str | list[Node]"]
"""An element: its name, and its text or its children."""

_TO_ESCAPE = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]")
_ENTITY: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}


def written(nodes: Iterable[Node], indent: int | None = None) -> str:
    """Return `nodes` as XML; `indent` is their depth if they shall stand on lines of their own."""
    before, line, deeper = ("", "", None) if indent is None else ("    " * indent, "\n", indent + 1)
    parts = []
    for name, content in nodes:
        if not content:
            parts.append(f"{before}<{name}/>{line}")
        elif isinstance(content, str):
            parts.append(f"{before}<{name}>{escaped(content)}</{name}>{line}")
        else:
            parts.append(f"{before}<{name}>{line}{written(content, deeper)}{before}</{name}>{line}")
    return "".join(parts)


def escaped(text: str) -> str:
    """Return `text` for XML; what XML 1.0 cannot hold becomes U+FFFD."""
    return _TO_ESCAPE.sub(_entity, text) if _TO_ESCAPE.search(text) else text


def _entity(found: re.Match[str]) -> str:
    return _ENTITY.get(found[0], "\ufffd")


def shuffled(children: str | list[Node], random: Random) -> str | list[Node]:
    """Return `children` in another order, at every depth."""
    if isinstance(children, str):
        return children
    names = list(dict.fromkeys(name for name, _ in children))
    random.shuffle(names)
    mixed: list[Node] = [(name, shuffled(content, random)) for name, content in children]
    return sorted(mixed, key=lambda node: names.index(node[0]))  # those of one name keep their order


def given(**texts: str | None) -> list[Node]:
    """Return an element for each text that is not None."""
    return [(name, text) for name, text in texts.items() if text is not None]


def children(content: Mapping[str, Element]) -> Iterator[Node]:
    """Yield the elements that `content` stands for."""
    for name, value in content.items():
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, str):
                yield name, item
            elif isinstance(item, tuple):
                yield from children({name: item})
            else:
                yield name, list(children(item))


def time_text(time: datetime | None, time_format: TimeFormat) -> str | None:
    """Return `time` in whole seconds."""
    if time is None:
        return None
    if time_format == "Z":
        return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    separator = " " if time_format == "blank" else "T"
    offset = "+08:00" if time_format == "+08:00" else "+0800"
    local = time.astimezone(ZONE).replace(microsecond=0, tzinfo=None)
    return local.isoformat(separator) + offset


def times(name: str, time: str | None, variants: Variants) -> list[Node]:
    """Return the element of a time; one that is not there yet as the variant has it."""
    if time is not None:
        return [(name, time)]
    return [] if variants.missing_time == "absent" else [(name, "-" if variants.missing_time == "-" else "")]


def message(text: str | None, variants: Variants) -> list[Node]:
    """Return the element ``Message``; an empty one as the variant has it."""
    if text or variants.message == "empty":
        return [("Message", text or "")]
    return [] if variants.message == "absent" else [("Message", variants.message)]
