"""Requests as values, made and checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from urllib.parse import quote

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.schema import STATES, TYPES

PAGE_SIZE = 100
"""Rows asked for at once: the most that the service gives (page 1045/47031)."""

_ID = re.compile(r"[A-Za-z0-9_=-]{1,128}")


@dataclass(frozen=True, slots=True)
class Request:
    """One read of the service.

    Attributes
    ----------
    path : str
        Decoded path, with its leading ``/``.
    params : mapping of str to str
        Query, decoded.
    action : str
        The permission that it needs, such as ``ci:DescribeInventoryTriggerJob``.
    """

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    action: str = ""

    @property
    def target(self) -> str:
        """Path and query as they travel: everything but unreserved characters and ``/`` escaped."""
        path = quote(self.path, safe="/-_.~,")
        if not self.params:
            return path
        return f"{path}?" + "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in self.params.items())

    def following(self, token: str) -> Request:
        """Return the request for the page that `token` stands for, of the same walk."""
        return replace(self, params={**self.params, "nextToken": token})


def batch_job(batch_job_id: str) -> Request:
    """Return ``GET /inventorytriggerjob/<id>`` (page 1045/47030)."""
    return Request(f"/inventorytriggerjob/{batch_job_id}", action="ci:DescribeInventoryTriggerJob")


def batch_job_list(
    *,
    states: str | Iterable[str] | None = None,
    type: str | None = None,
    created_after: object = None,
    created_before: object = None,
    workflow_id: str | None = None,
    name: str | None = None,
    size: int = PAGE_SIZE,
) -> Request:
    """Return the first ``GET /inventorytriggerjob`` of a walk (page 1045/47031).

    A type is sent only when asked for: without one the service lists both.

    Raises
    ------
    ConfigurationError
        A state, type, time, id, name or size that the service would not know.
    """
    if not 1 <= size <= PAGE_SIZE:
        raise ConfigurationError(f"size={size!r} is not from 1 to {PAGE_SIZE}")
    params = {"size": str(size), "orderByTime": "Desc"}
    if states is not None:
        params["states"] = ",".join(checked_states(states))
    if type is not None:
        if type not in TYPES:
            raise ConfigurationError(f"type {type!r} is none of {', '.join(TYPES)} (leave it out for both)")
        params["type"] = str(type)
    after, before = time_of(created_after, "created_after"), time_of(created_before, "created_before")
    if after and before and after > before:
        raise ConfigurationError(f"created_after {after} is later than created_before {before}")
    if after:
        params["startCreationTime"] = wire_time(after)
    if before:
        params["endCreationTime"] = wire_time(before)
    if workflow_id is not None:
        if not is_id(workflow_id):
            raise ConfigurationError(f"workflow_id {workflow_id!r} is no id; one looks like w0123…, 33 characters")
        params["workflowId"] = workflow_id
    if name is not None:
        if not isinstance(name, str) or not name:
            raise ConfigurationError(f"name {name!r} is no text; leave it out for all names")
        params["name"] = name
    return Request("/inventorytriggerjob", params, action="ci:DescribeInventoryTriggerJobs")


def is_id(value: object) -> bool:
    """Whether `value` may be an id: ids are opaque, but need no escaping and are never empty."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def checked_states(states: str | Iterable[str]) -> list[str]:
    """Return `states` (one, several, or comma-joined) as a list.

    Raises
    ------
    ConfigurationError
        One that the service does not know, or none at all.
    """
    given = states.split(",") if isinstance(states, str) else [str(state) for state in states]
    given = list(dict.fromkeys(state.strip() for state in given))
    unknown = [state for state in given if state not in STATES]
    if unknown or not given:
        what = f"unknown state {', '.join(map(repr, unknown))}" if unknown else "states is empty"
        raise ConfigurationError(f"{what}; the service knows {', '.join(STATES)} (leave it out for all)")
    return given


def time_of(value: object, name: str) -> datetime | None:
    """Return a point in time as an aware ``datetime``; None stays None.

    Parameters
    ----------
    value : datetime.datetime, pandas.Timestamp or str
        ISO text or a time, with its offset.
    name : str
        What to call it in an error.

    Raises
    ------
    ConfigurationError
        It is not a time, or has no offset: the service runs in UTC+8, the notebook wherever.
    """
    if value is None:
        return None
    time = value
    if isinstance(value, str):
        try:
            time = datetime.fromisoformat(value.strip())
        except ValueError:
            raise ConfigurationError(f"{name}={value!r} is no time; write it as 2026-01-31T14:00+08:00") from None
    if isinstance(time, date) and not isinstance(time, datetime):
        time = datetime(time.year, time.month, time.day)  # noqa: DTZ001 - refused below, with the way to write it
    if not isinstance(time, datetime) or time != time:  # NaT differs from itself
        raise ConfigurationError(f"{name}={value!r} is no time; give a datetime, a Timestamp or ISO text")
    if time.utcoffset() is None:
        example = f"{time:%Y-%m-%dT%H:%M}+08:00"
        raise ConfigurationError(
            f"{name}={str(value)!r} has no time zone: write {example} (or …Z for UTC), "
            "or datetime(…, tzinfo=ZoneInfo('Asia/Shanghai'))"
        )
    return time.to_pydatetime(warn=False) if hasattr(time, "to_pydatetime") else time


def wire_time(time: datetime) -> str:
    """Return `time` as the service's query parameters have it, in UTC: ``2026-01-31T06:00:00+0000``."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S%z")
