"""Arguments of requests: checked before anything is sent, with errors that say what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.schema import STATES

_ID = re.compile(r"[A-Za-z0-9_=-]{1,128}")


def checked_id(value: str | None, name: str) -> str | None:
    """Return an id as it is.

    Raises
    ------
    ConfigurationError
        It is none.
    """
    if value is None or is_id(value):
        return value
    raise ConfigurationError(f"{name} {value!r} is no id; one looks like {name[0]}0123…, 33 characters")


def checked_text(value: str, name: str) -> str:
    """Return a text that is not empty as it is; raise ConfigurationError for anything else."""
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"{name} {value!r} is no text; leave it out for all")
    return value


def is_id(value: object) -> bool:
    """Whether `value` may be an id: ids are opaque, but need no escaping and are never empty."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def checked_states(states: str | Iterable[str], known: Sequence[str] = STATES) -> list[str]:
    """Return `states` (one, several, or comma-joined) as a list; `known` are those of the list that is asked for.

    Raises
    ------
    ConfigurationError
        One that the service does not know, or none at all.
    """
    given = states.split(",") if isinstance(states, str) else [str(state) for state in states]
    given = list(dict.fromkeys(state.strip() for state in given))
    unknown = [state for state in given if state not in known]
    if unknown or not given:
        what = f"unknown state {', '.join(map(repr, unknown))}" if unknown else "states is empty"
        raise ConfigurationError(f"{what}; the service knows {', '.join(known)} (leave it out for all)")
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
