"""Which rows are looked at, as a value: without widgets, to be saved, restored and written as code."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from numbers import Real
from typing import Any, Final

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.instants import instant
from cijob_analysis.widgets.rows import Rows
from cijob_analysis.widgets.selection_code import code_of

_BY_THEMSELVES_NONE: Final = ("duration", "picked")
"""Fields that are no filters by themselves, but belong to others."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Selection:
    """Filters of batch jobs, executions or tasks; a row is selected if it passes all that are set.

    Attributes
    ----------
    batch_jobs, executions : tuple of str
        Only rows of these, by `batch_job_id` and `run_id`. Here and below, an empty tuple lets everything through.
    states, types, nodes, queues : tuple of (str or None)
        Only rows with one of these in `state`; in `type` of batch jobs, or `task_type` of tasks; in `node`; in
        `queue_id`. None stands for rows that have none.
    workflows : tuple of (str or None)
        Only what belongs to one of these workflows, by `workflow_id`; of batch jobs what runs one of them, perhaps
        beside others, by `workflow_ids`. None stands for what has no workflow, as batch jobs of type Job.
    created_after, created_before : datetime.datetime or None
        Only what was created in between, both ends included; kept in UTC. ISO text with a zone is read, too.
    window : tuple of two datetime.datetime, or None
        Begin and end of a time, the end not before the begin, kept and read like the others. Only what was under way
        in it: created before its end, and not known to have ended, in a final state, before its begin.
    duration : str
        What the next two are about: one of ``schema.DURATIONS``.
    at_least_s, at_most_s : float or None
        Only rows whose duration is not below, or not above this [s]. What is not known passes neither: the run time
        and the turnaround of what has not finished, which may yet become any longer, and the wait of what has not
        started; see `add_durations`.
    text : str
        Only rows that have it in an id, name, object key, error code or message, in whatever case and letter by
        letter; see ``rows.SEARCHED``.
    failures : tuple of (str, str)
        Only failed rows of these clusters, each with its `code` and `pattern`; see `failure_clusters`.
    picked : tuple of str
        Ids of rows that were marked by hand: of the column that tells the rows of the frame apart.
    only_picked : bool
        Whether only the picked rows pass; none if nothing is picked.

    Raises
    ------
    ConfigurationError
        A filter is not of its kind, a time says not in which zone it is, or a window ends before it begins.

    Examples
    --------
    >>> Selection(states="Failed", created_after="2026-03-01T08:00+08:00").names()
    ('states', 'created_after')
    """

    batch_jobs: tuple[str, ...] = ()
    executions: tuple[str, ...] = ()
    states: tuple[str | None, ...] = ()
    types: tuple[str | None, ...] = ()
    workflows: tuple[str | None, ...] = ()
    nodes: tuple[str | None, ...] = ()
    queues: tuple[str | None, ...] = ()
    created_after: datetime | None = None
    created_before: datetime | None = None
    window: tuple[datetime, datetime] | None = None
    duration: str = "run_time_s"
    at_least_s: float | None = None
    at_most_s: float | None = None
    text: str = ""
    failures: tuple[tuple[str, str], ...] = ()
    picked: tuple[str, ...] = ()
    only_picked: bool = False

    def __post_init__(self) -> None:
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            object.__setattr__(self, name, _KINDS[name](name, value))

    def names(self) -> tuple[str, ...]:
        """Return the names of the filters that are set; `duration` and `picked` are none by themselves."""
        return tuple(name for name in self._set() if name not in _BY_THEMSELVES_NONE)

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the selected rows of `frame`, in their order and with its attrs.

        To do so again and again, keep a `Rows` of the frame.

        Raises
        ------
        SchemaError
            A column that is filtered by is missing, or holds no times with a zone.
        """
        return frame.take(np.flatnonzero(Rows(frame).mask(self)))

    def as_code(self, frame: str = "frame") -> str:
        """Return the lines of Python that select the same rows without a widget, of whatever level.

        Parameters
        ----------
        frame : str
            What the frame is called there; the rows end up in ``selected``.
        """
        return code_of(self, frame)

    def to_json(self) -> str:
        """Return it as JSON text, times in ISO 8601; `from_json` gives it back."""
        return json.dumps(asdict(self), default=datetime.isoformat, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Selection:
        """Return the selection that `to_json` wrote; what is not named there is not set.

        Raises
        ------
        ConfigurationError
            It is no JSON, or has what a selection has not.
        """
        try:
            filters = json.loads(text)
        except (TypeError, ValueError, RecursionError) as error:
            raise ConfigurationError(f"{text!r} is no JSON") from error
        names = [field.name for field in fields(cls)]
        if not isinstance(filters, dict):
            raise ConfigurationError(f"{text!r} is no selection: an object that has {', '.join(names)}")
        unknown = [repr(name) for name in filters if name not in names]
        if unknown:
            raise ConfigurationError(f"a selection has no {', '.join(unknown)}; it has {', '.join(names)}")
        return cls(**filters)

    def _set(self) -> dict[str, Any]:
        """Return what is not as it is by default."""
        values = {field.name: (getattr(self, field.name), field.default) for field in fields(self)}
        return {name: value for name, (value, default) in values.items() if value != default}

    def __repr__(self) -> str:
        return f"Selection({', '.join(f'{name}={value!r}' for name, value in self._set().items())})"


def _ids(name: str, values: object) -> tuple[str, ...]:
    found = _values(name, values)
    if None in found:
        raise ConfigurationError(f"{name}={values!r} has None among the ids")
    return tuple(value for value in found if value is not None)


def _values(name: str, values: object) -> tuple[str | None, ...]:
    found = [values] if isinstance(values, str) else values
    if not isinstance(found, Iterable) or isinstance(found, bytes | Mapping):
        raise ConfigurationError(f"{name}={values!r} is neither a text nor several ones")
    return tuple(dict.fromkeys(None if value is None else _text(name, value) for value in found))


def _text(name: str, value: object) -> str:
    try:
        text = str.__str__(value)
        text.encode()
    except (TypeError, UnicodeEncodeError) as error:
        raise ConfigurationError(f"{name}={value!r} is no text") from error
    return text


def _time(name: str, value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        return pd.Timestamp(instant(value, name), tz=UTC).to_pydatetime()
    except ConfigurationError:
        raise
    except ValueError as error:
        raise ConfigurationError(f"{name}={value!r} is, in UTC, not in the years 1 to 9999") from error


def _window(name: str, value: object) -> tuple[datetime, datetime] | None:
    if value is None:
        return None
    times = [_time(name, time) for time in value] if isinstance(value, tuple | list) else []
    match times:
        case [datetime() as begin, datetime() as end] if begin <= end:
            return begin, end
    raise ConfigurationError(f"{name}={value!r} is no pair of times, the end not before the begin")


def _duration(name: str, value: object) -> str:
    if value not in schema.DURATIONS:
        raise ConfigurationError(f"{name}={value!r} is none of {', '.join(schema.DURATIONS)}")
    return _text(name, value)


def _seconds(name: str, value: object) -> float | None:
    if value is None:
        return None
    try:
        seconds = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    except OverflowError:
        seconds = math.inf
    if not math.isfinite(seconds):
        raise ConfigurationError(f"{name}={value!r} is no number of seconds")
    return seconds


def _failures(name: str, value: object) -> tuple[tuple[str, str], ...]:
    pairs = []
    for pair in value if isinstance(value, tuple | list) else (value,):
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise ConfigurationError(f"{name}={value!r} is not pairs of a code and a pattern")
        pairs.append((_text(name, pair[0]), _text(name, pair[1])))
    return tuple(dict.fromkeys(pairs))


def _is_true(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ConfigurationError(f"{name}={value!r} is neither True nor False")
    return value


_KINDS: Final[dict[str, Callable[[str, Any], object]]] = {
    **dict.fromkeys(("batch_jobs", "executions", "picked"), _ids),
    **dict.fromkeys(("states", "types", "workflows", "nodes", "queues"), _values),
    **dict.fromkeys(("created_after", "created_before"), _time),
    "window": _window,
    "duration": _duration,
    **dict.fromkeys(("at_least_s", "at_most_s"), _seconds),
    "text": _text,
    "failures": _failures,
    "only_picked": _is_true,
}
"""How what is given for each field is brought into the form in which it is kept."""
