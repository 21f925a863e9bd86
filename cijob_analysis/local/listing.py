"""Lists: filters, order and pages, the same for batch jobs, executions and tasks (pages 1045/47031, 51276, 73114)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Generic

import numpy as np

from cijob_analysis.local.answers import Refusal
from cijob_analysis.local.tables import STATE_CODES, Row, Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_SIZE: Final = 100
DEFAULT_SIZE: Final = 10

Matches = Callable[[Any, str], bool]
"""Whether the part of a table that a row belongs to is wanted by the value of a parameter."""

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d([Zz]|[+-]\d\d:?\d\d)", re.ASCII)
_NUMBER = re.compile(r"\d{1,6}", re.ASCII)
_TOKEN = re.compile(r"([0-9a-f]{24})([0-9a-f]{8})")


@dataclass(frozen=True)
class Kind:
    """What a list can be asked for.

    Attributes
    ----------
    states : tuple of str
        The states that it knows.
    matches : mapping of str to callable
        How the other parameters are compared.
    object_key : str or None
        The parameter that is compared with a row's object key.
    choices : mapping of str to tuple of str
        The values that a parameter may have.
    """

    states: tuple[str, ...]
    matches: Mapping[str, Matches]
    object_key: str | None = None
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Filters:
    """What of a list is wanted, and in which order; None for all.

    Attributes
    ----------
    states : tuple of str or None
        Any of these states.
    given : tuple of (str, str)
        The other parameters of its kind.
    created_from, created_to : float or None
        Created at or after, at or before [Unix s].
    is_ascending : bool
        Oldest first.
    """

    states: tuple[str, ...] | None = None
    given: tuple[tuple[str, str], ...] = ()
    created_from: float | None = None
    created_to: float | None = None
    is_ascending: bool = False

    @classmethod
    def read(cls, params: Mapping[str, str], kind: Kind) -> Filters:
        """Read the query; an empty value is none.

        Raises
        ------
        Refusal
            InvalidArgument, naming a state, a type, an order or a time that the service does not know.
        """
        given = {name: value for name, value in params.items() if value}
        states = set(given.get("states", "All").split(","))
        for state in sorted(states - {"All", *kind.states}):
            raise invalid("states", state, f"one of All, {', '.join(kind.states)}")
        choices = {"orderByTime": ("Asc", "Desc"), **kind.choices}
        for name, known in choices.items():
            if given.get(name, known[0]) not in known:
                raise invalid(name, given[name], f"one of {', '.join(known)}")
        names = sorted({*kind.matches, *([kind.object_key] if kind.object_key else [])}.intersection(given))
        return cls(
            states=None if "All" in states else tuple(sorted(states)),
            given=tuple((name, given[name]) for name in names),
            created_from=_time("startCreationTime", given),
            created_to=_time("endCreationTime", given),
            is_ascending=given.get("orderByTime") == "Asc",
        )

    @property
    def digest(self) -> str:
        """24 hex digits that stand for these filters in a token."""
        return sha256(repr(self).encode()).hexdigest()[:24]


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of a list.

    Attributes
    ----------
    rows : list
        At most `MAX_SIZE`.
    number : int
        Of the page in its walk, from 1.
    token : str
        Of the next page; ``""`` on the last one.
    """

    rows: list[Row]
    number: int
    token: str


class Listing(Generic[Row]):
    """The rows of a table, in pages.

    A token is opaque to the client: 32 hex digits, of which the first 24 stand for the filters and the others
    for the position.
    """

    def __init__(self, table: Table[Row], kind: Kind) -> None:
        self.table: Table[Row] = table
        self._kind = kind
        self._order = np.argsort(table.created, kind="stable")
        self._matching = lru_cache(maxsize=16)(self._matching_now)

    def page(self, params: Mapping[str, str]) -> Page[Row]:
        """Return one page.

        Raises
        ------
        Refusal
            InvalidArgument: a filter, the size, or a token that is not of these filters.
        """
        filters, size = Filters.read(params, self._kind), number("size", params, DEFAULT_SIZE, MAX_SIZE)
        rows, created = self._matching(filters.states, filters.given)
        first = 0 if filters.created_from is None else int(np.searchsorted(created, filters.created_from, "left"))
        after = len(rows) if filters.created_to is None else int(np.searchsorted(created, filters.created_to, "right"))
        n = max(0, after - first)
        begin = _position(params.get("nextToken", ""), filters)
        end = min(begin + size, n)
        if filters.is_ascending:
            wanted = rows[first + begin : first + end]
        else:
            wanted = rows[after - end : after - begin][::-1] if begin < end else rows[:0]
        token = f"{filters.digest}{end:08x}" if end < n else ""
        return Page([self.table.row(int(index)) for index in wanted], begin // size + 1, token)

    def _matching_now(
        self, states: tuple[str, ...] | None, given: tuple[tuple[str, str], ...]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return positions and creation times of all rows that match whenever they were created, oldest first."""
        table, kind = self.table, self._kind
        wanted = np.ones(len(table), bool)
        if states is not None:
            wanted &= np.isin(table.state, [STATE_CODES[state] for state in states])
        matches = [(kind.matches[name], value) for name, value in given if name in kind.matches]
        if matches:
            is_wanted = [all(match(part, value) for match, value in matches) for part in table.parts]
            wanted &= np.array(is_wanted, bool)[table.part]
        for name, value in given:
            if name == kind.object_key:
                wanted &= np.array([key == value for key in table.object_keys()], bool)
        rows = self._order[wanted[self._order]]
        return rows, table.created[rows]


def number(name: str, params: Mapping[str, str], default: int, most: int) -> int:
    """Return the whole number from 1 to `most` that a parameter holds.

    Raises
    ------
    Refusal
        InvalidArgument.
    """
    text = params.get(name) or str(default)
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= most:
        raise invalid(name, text, f"a whole number from 1 to {most}")
    return int(text)


def invalid(name: str, value: str, wanted: str) -> Refusal:
    """Return the refusal of a parameter's value."""
    return Refusal("InvalidArgument", f"{name}: {value[:200]!r} is not {wanted}")


def _position(token: str, filters: Filters) -> int:
    """Return where the page of a token begins; behind the end if the list has become shorter."""
    if not token:
        return 0
    match = _TOKEN.fullmatch(token)
    if match is None or match[1] != filters.digest:
        raise invalid("nextToken", token, "the token of a page with the same filters")
    return int(match[2], 16)


def _time(name: str, given: Mapping[str, str]) -> float | None:
    text = given.get(name)
    if text is None:
        return None
    try:
        if not _TIME.fullmatch(text):
            raise ValueError(text)  # noqa: TRY301 - one refusal for both ways to be no time
        return datetime.fromisoformat(text.upper()).timestamp()
    except ValueError:
        raise invalid(name, text, "a time such as 2026-06-30T10:00:00+0800 (its + travels as %2B)") from None
