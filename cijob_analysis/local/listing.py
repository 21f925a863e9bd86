"""``GET /inventorytriggerjob``: filters, order and pages (page 1045/47031)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from cijob_analysis.local.answers import Refusal
from cijob_analysis.schema import STATES, TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cijob_analysis.local.workload import BatchJob, Workload

MAX_SIZE: Final = 100
DEFAULT_SIZE: Final = 10

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d([Zz]|[+-]\d\d:?\d\d)", re.ASCII)
_SIZE = re.compile(r"\d{1,3}", re.ASCII)
_TOKEN = re.compile(r"([0-9a-f]{24})([0-9a-f]{8})")


@dataclass(frozen=True)
class Filters:
    """What of a list is wanted, and in which order; None for all.

    Attributes
    ----------
    states : frozenset of str or None
        Any of these states.
    type, batch_job_id, workflow_id, name : str or None
        As the parameters ``type``, ``jobId``, ``workflowId`` and ``name``; the name is a prefix.
    created_from, created_to : float or None
        Created at or after, at or before [Unix s].
    is_ascending : bool
        Oldest first.
    """

    states: frozenset[str] | None = None
    type: str | None = None
    batch_job_id: str | None = None
    workflow_id: str | None = None
    name: str | None = None
    created_from: float | None = None
    created_to: float | None = None
    is_ascending: bool = False

    @classmethod
    def read(cls, params: Mapping[str, str]) -> Filters:
        """Read the query; an empty value is none.

        Raises
        ------
        Refusal
            InvalidArgument, naming a state, a type, an order or a time that the service does not know.
        """
        given = {name: value for name, value in params.items() if value}
        states = frozenset(given.get("states", "All").split(","))
        for state in sorted(states - {"All", *STATES}):
            raise _invalid("states", state, f"one of All, {', '.join(STATES)}")
        if given.get("type", TYPES[0]) not in TYPES:
            raise _invalid("type", given["type"], f"one of {', '.join(TYPES)}")
        order = given.get("orderByTime", "Desc")
        if order not in ("Asc", "Desc"):
            raise _invalid("orderByTime", order, "one of Asc, Desc")
        return cls(
            states=None if "All" in states else states,
            type=given.get("type"),
            batch_job_id=given.get("jobId"),
            workflow_id=given.get("workflowId"),
            name=given.get("name"),
            created_from=_time("startCreationTime", given),
            created_to=_time("endCreationTime", given),
            is_ascending=order == "Asc",
        )

    def accept(self, job: BatchJob) -> bool:
        """Return whether `job` is wanted."""
        created = int(job.created_at.timestamp())  # as it goes over the wire, in whole seconds
        return (
            (self.states is None or job.state in self.states)
            and (self.type is None or job.type == self.type)
            and (self.batch_job_id is None or job.batch_job_id == self.batch_job_id)
            and (self.workflow_id is None or self.workflow_id in job.workflow_ids)
            and (self.name is None or job.name.startswith(self.name))
            and (self.created_from is None or created >= self.created_from)
            and (self.created_to is None or created <= self.created_to)
        )

    @property
    def digest(self) -> str:
        """24 hex digits that stand for these filters in a token."""
        stable = replace(self, states=None)
        return sha256(f"{sorted(self.states or ())} {stable!r}".encode()).hexdigest()[:24]


class Listing:
    """The batch jobs of a workload, in pages.

    A token is opaque to the client: 32 hex digits, of which the first 24 stand for the filters and the others
    for the position.
    """

    def __init__(self, workload: Workload) -> None:
        self._ordered = sorted(workload.batch_jobs, key=lambda job: (int(job.created_at.timestamp()), job.batch_job_id))
        self._matching = lru_cache(maxsize=32)(self._matching_now)

    def page(self, params: Mapping[str, str]) -> tuple[list[BatchJob], str]:
        """Return the batch jobs of one page, and the token of the next one (``""`` on the last).

        Raises
        ------
        Refusal
            InvalidArgument: a filter, the size, or a token that is not of these filters.
        """
        filters, size = Filters.read(params), _size(params)
        matching = self._matching(filters)
        begin = _position(params.get("nextToken", ""), filters, len(matching))
        end = begin + size
        token = f"{filters.digest}{end:08x}" if end < len(matching) else ""
        return matching[begin:end], token

    def _matching_now(self, filters: Filters) -> list[BatchJob]:
        matching = [job for job in self._ordered if filters.accept(job)]
        return matching if filters.is_ascending else matching[::-1]


def _size(params: Mapping[str, str]) -> int:
    text = params.get("size") or str(DEFAULT_SIZE)
    if not _SIZE.fullmatch(text) or not 1 <= int(text) <= MAX_SIZE:
        raise _invalid("size", text, f"a whole number from 1 to {MAX_SIZE}")
    return int(text)


def _position(token: str, filters: Filters, n: int) -> int:
    if not token:
        return 0
    match = _TOKEN.fullmatch(token)
    if match is None or match[1] != filters.digest or int(match[2], 16) >= n:
        raise _invalid("nextToken", token, "the token of a page with the same filters")
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
        raise _invalid(name, text, "a time such as 2026-06-30T10:00:00+0800 (its + travels as %2B)") from None


def _invalid(name: str, value: str, wanted: str) -> Refusal:
    return Refusal("InvalidArgument", f"{name}: {value[:200]!r} is not {wanted}")
