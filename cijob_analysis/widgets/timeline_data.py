"""What a page needs to draw the bars of a frame: small arrays, sorted by begin, and what their numbers stand for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.plots.bars import Bars, bars_of
from cijob_analysis.plots.style import GREY, NO_STATE, Look, looks_of
from cijob_analysis.plots.top import MOST_BARS, top_groups
from cijob_analysis.words import labels_of, plural

if TYPE_CHECKING:
    from datetime import tzinfo

    from numpy.typing import NDArray

NO_START: Final = 2**32 - 1
"""Stands in `start` for a bar that has none."""
LANES: Final = {
    "packed": (),
    "workflow": ("workflow_id", "workflow_ids"),
    "queue": ("queue_id",),
    "node": ("node",),
    "state": ("state",),
}
"""How bars can be laid out, and the columns that this takes, the first that there is."""
FACTS: Final = {
    "name": "name",
    "object_key": "object",
    "node": "node",
    "task_type": "type",
    "type": "type",
    "workflow_name": "workflow",
    "workflow_id": "workflow",
    "workflow_ids": "workflows",
    "queue_id": "queue",
    "code": "code",
    "message": "message",
}
"""What is told of a row besides its id and its times, and how it is called."""

_MOST_STATES = 80
_LONGEST = 400
_WAIT = Look("#C9C9C9", GREY, "", GREY)
_NO_STATE = Look("black", "white", "||", "black")  # white would not be seen
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_MS = 86_400_000
_MOST_STEPS = 40_000
_EARLIEST_MS, _LATEST_MS = -62_000_000_000_000, 253_000_000_000_000  # what a datetime can hold in any zone


@dataclass(frozen=True, slots=True)
class TimelineData:
    """The bars of a frame, sorted by begin.

    Attributes
    ----------
    rows : array of int
        Which row of the frame each bar stands for; rows without a time have none.
    begin, start, end : array of uint32
        A wait from `begin` to `start` and a run from `start` to `end`, in units of `unit_ms` since `origin_ms`. What
        has not started has `NO_START`, and waits to `end`.
    state : array of uint8
        The number of its state.
    states : list of str or None
        What the numbers stand for: the known states, then unknown ones, then None for no state.
    is_open : list of bool
        Whether what is in a state is unfinished, so that its bar has an open end.
    origin_ms, unit_ms : int
        Begin of the first bar [ms since 1970-01-01 UTC], and the unit of the times [ms]: 1 if 32 bits are enough.
    until_ms : int or None
        Up to when unfinished bars are drawn; None if there are none.
    remarks : list of str
        What a reader must know, such as how many rows have no bar.
    """

    rows: NDArray[np.intp]
    begin: NDArray[np.uint32]
    start: NDArray[np.uint32]
    end: NDArray[np.uint32]
    state: NDArray[np.uint8]
    states: list[str | None]
    is_open: list[bool]
    origin_ms: int
    unit_ms: int
    until_ms: int | None
    remarks: list[str]

    @property
    def last_ms(self) -> int:
        """When the last bar ends [ms since 1970-01-01 UTC]."""
        return self.origin_ms + int(self.end.max(initial=0)) * self.unit_ms


def timeline_data(frame: pd.DataFrame, as_of: datetime | str | None = None) -> TimelineData:
    """Return the bars of `frame` as a page draws them.

    Parameters
    ----------
    frame : DataFrame
        Batch jobs, executions or tasks; `state`, `created_at`, `started_at`, `ended_at` are used.
    as_of : datetime, Timestamp or ISO text with a zone, optional
        Up to when unfinished bars are drawn; what the ledger of the frame says if not given, and the last event if
        that is silent.

    Returns
    -------
    TimelineData
        One bar for each row that has a time of creation or a start.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        `as_of` is no time, or has no zone.
    """
    bars = bars_of(frame, as_of)
    state, states = _few(bars)
    is_open = [name not in schema.TERMINAL for name in states]
    if not len(bars.rows):
        none = np.empty(0, np.uint32)
        return TimelineData(bars.rows, none, none, none, state, states, is_open, 0, 1, None, bars.remarks)
    origin_ms, unit_ms = _origin_and_unit(bars)
    begin = _offsets(bars.begin, origin_ms, unit_ms)
    order = _sorted(begin)
    start = np.where(bars.runs, _offsets(bars.start, origin_ms, unit_ms), np.uint32(NO_START))
    return TimelineData(
        rows=bars.rows[order],
        begin=begin[order],
        start=start[order],
        end=_offsets(bars.end, origin_ms, unit_ms)[order],
        state=state[order],
        states=states,
        is_open=is_open,
        origin_ms=origin_ms,
        unit_ms=unit_ms,
        until_ms=int(bars.until.astype("datetime64[ms]").astype(np.int64)) if bars.is_open.any() else None,
        remarks=bars.remarks,
    )


def _few(bars: Bars) -> tuple[NDArray[np.uint8], list[str | None]]:
    """Return states whose numbers fit into a byte with room for their parts; the rarer names share the last one."""
    states = bars.states
    if len(states) > _MOST_STATES:
        states = [*states[:_MOST_STATES], plural(len(states) - _MOST_STATES, "other state")]
    return np.minimum(bars.state, len(states) - 1).astype(np.uint8), states


def _origin_and_unit(bars: Bars) -> tuple[int, int]:
    """Return the first begin, and the finest unit in which the last end is below 32 bits [ms]."""
    first, last = (
        int(time.astype("datetime64[ms]").astype(np.int64)) for time in (bars.begin.min(), bars.end.max())
    )  # fmt: skip
    unit = 1
    while (last - first) // unit >= NO_START:
        unit *= 10
    return first, unit


def _offsets(times: NDArray[np.datetime64], origin_ms: int, unit_ms: int) -> NDArray[np.uint32]:
    since = times.astype(np.int64)
    since = since - origin_ms * 1_000
    since //= unit_ms * 1_000
    return since.astype(np.uint32)


def _sorted(begin: NDArray[np.uint32]) -> NDArray[np.intp]:
    """Return the order by begin, then by row; to sort numbers that hold both is faster than to sort indirectly."""
    if (begin[1:] >= begin[:-1]).all():
        return np.arange(len(begin))
    both = begin.astype(np.uint64) << np.uint64(32)
    both |= np.arange(len(begin), dtype=np.uint64)
    both.sort()
    both &= np.uint64(NO_START)
    return both.astype(np.intp)


def looks(states: list[str | None]) -> list[dict[str, str]]:
    """Return how each of `states` looks, and last of all a wait, as in the pictures of this package."""
    found = [
        (state or NO_STATE, _NO_STATE if state is None else look)
        for state, look in zip(states, looks_of(states), strict=True)
    ]
    return [
        {"name": name, "color": look.color, "edge": look.edge, "hatch": look.hatch[:2]}
        for name, look in [*found, ("wait", _WAIT)]
    ]


def lanes_of(frame: pd.DataFrame) -> list[str]:
    """Return the names in `LANES` that `frame` has a column for."""
    return [name for name, columns in LANES.items() if not columns or set(columns) & set(frame.columns)]


@dataclass(frozen=True, slots=True)
class Bands:
    """The groups of a timeline's lanes, from above to below.

    Attributes
    ----------
    codes : array of uint8
        For each bar the number of its group.
    labels, names : list of str
        The groups, short enough for an axis, and in full.
    """

    codes: NDArray[np.uint8]
    labels: list[str]
    names: list[str]


def bands(frame: pd.DataFrame, rows: NDArray[np.intp], lanes: str) -> Bands:
    """Return the largest 20 groups of `rows` of `frame`, and the others together, for one of `LANES`."""
    column = next((name for name in LANES[lanes] if name in frame.columns), None)
    if column is None or not len(rows):
        return Bands(np.zeros(len(rows), np.uint8), [""], [""])
    part = frame[[column]].take(rows)
    top = top_groups(part, column)
    codes = top.codes.astype(np.uint8)
    names = labels_of(part.take(np.unique(codes, return_index=True)[1]))
    pooled = top.labels[MOST_BARS:]
    return Bands(codes, top.labels, [*names[:MOST_BARS], *pooled])


def offsets_of(zone: tzinfo, first_ms: int, last_ms: int) -> list[tuple[int, int]]:
    """Return when the clocks of `zone` change from `first_ms` to `last_ms`, as the page cannot be trusted to know.

    Parameters
    ----------
    zone : tzinfo
        Any zone.
    first_ms, last_ms : int
        Milliseconds since 1970-01-01 UTC. Changes are looked for day by day; over more than a century less closely.

    Returns
    -------
    list of (int, int)
        Since when [ms since 1970-01-01 UTC] clocks are how far ahead of UTC [s]; the first is `first_ms`.
    """
    first_ms, last_ms = (min(max(time, _EARLIEST_MS), _LATEST_MS) for time in (first_ms, last_ms))
    step = max(_DAY_MS, (last_ms - first_ms) // _MOST_STEPS)
    offsets = [(first_ms, offset_s(zone, first_ms))]
    for time in [*range(first_ms + step, last_ms, step), last_ms]:
        before, offset = offsets[-1][1], offset_s(zone, time)
        if offset != before:
            low, high = max(offsets[-1][0], time - step), time
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset_s(zone, middle) == before else (low, middle)
            offsets.append((high, offset_s(zone, high)))
    return offsets


def offset_s(zone: tzinfo, time_ms: int) -> int:
    """Return how far the clocks of `zone` are ahead of UTC at a time [s]."""
    offset = instant_of(time_ms).astimezone(zone).utcoffset()
    return 0 if offset is None else round(offset.total_seconds())


def instant_of(time_ms: int) -> datetime:
    """Return a time [ms since 1970-01-01 UTC], or else the nearest that a `datetime` can hold in any zone."""
    return _EPOCH + timedelta(milliseconds=min(max(time_ms, _EARLIEST_MS), _LATEST_MS))


def facts(frame: pd.DataFrame, row: int) -> list[tuple[str, str]]:
    """Return what is known of a row besides its times: names and texts, the id first; what is missing is left out."""
    key = schema.key_of(frame)
    cells = frame.iloc[[row]].dropna(axis="columns")
    found = []
    for column, name in {key: "id", **FACTS}.items():
        text = str(cells[column].iat[0]) if column in cells.columns else ""
        if text and not (column in ("code", "message") and text == "Success"):  # the service's word for no error
            found.append((name, text if len(text) <= _LONGEST else text[:_LONGEST] + "…"))
    return found
