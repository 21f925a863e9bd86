"""The columns of a table: what they are called, how they are ordered, and what their cells say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.metrics.durations import add_durations
from cijob_analysis.metrics.groups import state_codes
from cijob_analysis.metrics.instants import NAT, instants
from cijob_analysis.plots.zones import zone_label
from cijob_analysis.words import letters, number, seconds

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from numpy.typing import NDArray

Cell = tuple[str, str]
"""What is shown, and all of it if that says more; a copy takes all."""

_TIMES: Final = ("created_at", "started_at", "ended_at")
_BLANK: Final = {"code": ("", "Success")}  # the service's word for no error, also before there could be one
_DIRECTIONS: Final = {
    "text": ("A to Z", "Z to A"),
    "time": ("earliest first", "latest first"),
    "duration": ("shortest first", "longest first"),
    "number": ("smallest first", "largest first"),
    "state": ("in their order", "in reverse order"),
}
_DURATION_DOCS: Final = {
    "queue_wait_s": "from its creation to its start",
    "run_time_s": "from its start to its end; known when it has ended",
    "turnaround_s": "from its creation to its end; known when it has ended",
}
_DEFAULTS: Final = {
    "batch_job_id": (
        "state", "name", "created_at", "queue_wait_s", "run_time_s", "code", "message", "type", "workflow_ids", "tag",
        "started_at", "ended_at", "batch_job_id",
    ),
    "run_id": (
        "state", "object_key", "created_at", "queue_wait_s", "run_time_s", "workflow_name", "workflow_id",
        "started_at", "ended_at", "run_id",
    ),
    "task_id": (
        "state", "task_type", "node", "object_key", "created_at", "queue_wait_s", "run_time_s", "code", "message",
        "queue_id", "started_at", "ended_at", "task_id",
    ),
}  # fmt: skip
"""What is shown of each kind of frame until somebody chooses, by its key."""

_WIDTHS: Final = {"time": 21, "duration": 13, "number": 10, "state": 13}
_ID_WIDTH: Final = 14
_WIDEST: Final = 38
_LOOKED_AT: Final = 100

_REPRESENTABLE: Final = np.array(["0001-01-02", "9999-12-30"], "M8[us]")
"""Python's times end where those of a frame do not; no zone is further from UTC than a day."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table.

    Attributes
    ----------
    name : str
        Its name in the frame, or that of a duration.
    kind : {"text", "time", "duration", "number", "state"}
        How its cells are written and ordered.
    heading : str
        What it is called.
    unit : str
        Zone of its times or unit of its numbers; else ``""``.
    doc : str
        What it means; ``""`` if the schema does not know it.
    width : int
        How wide it is, in characters: the same on all pages.
    """

    name: str
    kind: str
    heading: str
    unit: str
    doc: str
    width: int

    @property
    def directions(self) -> tuple[str, str]:
        """What ascending and descending order is called."""
        return _DIRECTIONS[self.kind]


def columns_of(frame: pd.DataFrame, zone: tzinfo) -> dict[str, TableColumn]:
    """Return the columns that can be shown of `frame`, by name: the default ones, the declared ones, all others.

    Three durations are among them if the frame has what they are computed from.
    """
    key = schema.key_of(frame)
    kind_of_frame = next(kind for kind, name in schema.KEYS.items() if name == key)
    declared = {column.name: column for column in schema.TABLES[kind_of_frame]}
    there = {str(name): None for name in frame.columns}
    if {"state", *_TIMES} <= there.keys():
        there |= dict.fromkeys(schema.DURATIONS)
    first = (*_DEFAULTS.get(key, ()), *declared, *schema.DURATIONS)
    label = _zone_label(frame, zone)
    has_states = kind_of_frame in schema.LEVELS
    return {
        name: _column(frame, name, declared.get(name), label, has_states=has_states)
        for name in dict.fromkeys((*first, *there))
        if name in there
    }


def default_columns(columns: Mapping[str, TableColumn], key: str) -> tuple[str, ...]:
    """Return which of `columns` are shown until somebody chooses."""
    wanted = _DEFAULTS.get(key, [name for name in columns if name != schema.EXTRA.name])
    return tuple(name for name in wanted if name in columns)


def comparable(frame: pd.DataFrame, column: TableColumn) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return for each row a number that says where it comes in the order of a column, and whether it has a value.

    Texts come in the order of their code points, states in that of the schema.
    """
    if column.kind == "state":
        codes, names = state_codes(frame)
        return codes, codes < sum(name is not None for name in names)
    if column.kind == "time":
        micros = instants(frame, column.name).view(np.int64)
        return micros, micros != NAT
    if column.kind == "text":
        texts = frame[column.name]
        if texts.dtype == object:
            texts = texts.map(str, na_action="ignore")
        blank = texts.isna() | texts.isin(_BLANK.get(column.name, ("",)))
        return _ranks(texts), ~blank.to_numpy(bool)
    values = _floats(frame, column.name)
    return values, ~np.isnan(values)


def cells(frame: pd.DataFrame, column: TableColumn, rows: NDArray[np.intp], zone: tzinfo) -> list[Cell]:
    """Return the cells of some rows, given by their positions."""
    if column.kind == "time":
        return _times(instants(frame, column.name)[rows], zone)
    if column.kind in ("duration", "number"):
        write = _duration if column.kind == "duration" else _number
        return [("", "") if np.isnan(value) else write(value) for value in _floats(frame, column.name, rows).tolist()]
    texts = texts_of(frame[column.name], rows)
    if column.kind == "state":
        return [(text or "(no state)", "") for text in texts]
    blank = _BLANK.get(column.name, ())
    return [("" if text in blank else text, "") for text in texts]


def texts_of(column: pd.Series, rows: NDArray[np.intp]) -> list[str]:
    """Return the texts of some rows, given by their positions; ``""`` where there is none.

    They are taken one by one: pyarrow would join all pieces of a long column before it takes the first.
    """
    array = column.array
    return [_text(array[row]) for row in rows.tolist()]


def _column(
    frame: pd.DataFrame, name: str, declared: schema.Column | None, zone: str, *, has_states: bool
) -> TableColumn:
    doc = declared.doc if declared else _DURATION_DOCS.get(name, "")
    unit = declared.unit if declared else ""
    heading = name.removesuffix("_at").removesuffix("_s").replace("_", " ") if doc else name
    if name in schema.DURATIONS:
        kind = "duration"
    elif name == "state" and has_states:
        kind = "state"
    else:
        kind = _kind(frame[name].dtype, unit)
    width = _WIDTHS[kind] if kind in _WIDTHS else _text_width(frame[name])
    shown_unit = {"time": zone, "number": unit}.get(kind, "")
    return TableColumn(name, kind, heading, shown_unit, doc, min(max(width, letters(heading[:_WIDEST]) + 3), _WIDEST))


def _kind(dtype: Any, unit: str) -> str:
    if isinstance(dtype, pd.DatetimeTZDtype):
        return "time"
    if pd.api.types.is_integer_dtype(dtype) or pd.api.types.is_float_dtype(dtype):
        return "duration" if unit == "s" else "number"
    return "text"


def _text_width(column: pd.Series) -> int:
    """Return how wide a column of texts should be, from some of them: ids, which nobody reads to the end, are cut."""
    if str(column.name).endswith(("_id", "_ids")):
        return _ID_WIDTH
    rows = np.linspace(0, len(column) - 1, min(len(column), _LOOKED_AT)).astype(np.intp)
    return max((letters(text[:_WIDEST]) for text in texts_of(column, rows)), default=0) + 2


def _zone_label(frame: pd.DataFrame, zone: tzinfo) -> str:
    """Return the name of the zone, and its offsets when the first and the last row were created."""
    known = instants(frame, "created_at") if "created_at" in frame.columns else np.array([], "M8[us]")
    known = known[~np.isnat(known)].clip(*_REPRESENTABLE)
    ends = [known.min(), known.max()] if len(known) else []
    return zone_label(zone, [time.item().replace(tzinfo=UTC) for time in ends])


def _floats(frame: pd.DataFrame, name: str, rows: NDArray[np.intp] | slice = slice(None)) -> NDArray[np.float64]:
    """Return numbers or a duration of some rows, NaN where they are missing."""
    if name in schema.DURATIONS:
        part = pd.DataFrame({needed: frame[needed].iloc[rows] for needed in ("state", *_TIMES)})
        return add_durations(part)[name].to_numpy(np.float64)
    return frame[name].iloc[rows].to_numpy(dtype=np.float64, na_value=np.nan)


def _times(utc: NDArray[np.datetime64], zone: tzinfo) -> list[Cell]:
    """Return times as clocks of the zone show them, to the second, and in full with the zone's offset."""
    known = utc.clip(*_REPRESENTABLE)
    local = utc + (pd.DatetimeIndex(known, tz="UTC").tz_convert(zone).tz_localize(None).to_numpy("M8[us]") - known)
    shown = np.datetime_as_string(local, unit="s").tolist()
    full = np.datetime_as_string(local, unit="us").tolist()
    minutes = ((local - utc).astype(np.int64) // 60_000_000).tolist()
    return [
        ("", "") if np.isnat(time) else (text.replace("T", " "), exact.removesuffix(".000000") + _offset(minute))
        for time, text, exact, minute in zip(utc, shown, full, minutes, strict=True)
    ]


def _offset(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def _duration(value: float) -> Cell:
    exact = f"{value:.6f}".rstrip("0").rstrip(".") + " s"
    return (seconds(value), exact) if isfinite(value) else (str(value), "")


def _number(value: float) -> Cell:
    return (number(value), f"{value:.0f}") if value.is_integer() else (f"{value:.6g}", repr(value))


def _text(value: Any) -> str:
    return "" if pd.api.types.is_scalar(value) and pd.isna(value) else str(value)


def _ranks(column: pd.Series) -> NDArray[np.int32]:
    """Return numbers that are ordered like the texts of `column`; anything where there is none."""
    dtype = column.dtype
    if isinstance(dtype, pd.StringDtype) and dtype.storage == "pyarrow":
        from pyarrow import compute

        array: Any = column.array
        ranks: NDArray[Any] = compute.rank(array.__arrow_array__(), tiebreaker="dense").to_numpy()
        return ranks.astype(np.int32)
    codes, values = pd.factorize(column)
    # Python compares texts twice as fast if no letter needs more than a byte; bytes of UTF-8 are ordered like letters.
    texts = [str(value).encode("utf-8", "surrogatepass").decode("latin-1") for value in values]
    places = {text: place for place, text in enumerate(sorted(set(texts)))}
    return np.array([*map(places.__getitem__, texts), 0], np.int32)[codes]
