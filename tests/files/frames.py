"""Frames of any dtype that a file is to keep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd
from hypothesis import strategies as st

TEXTS: Final = st.text(
    st.one_of(st.sampled_from("\",;'\n\r\t=+-@NA0 中😀"), st.characters(codec="utf-8", exclude_characters="\0")),
    max_size=6,
)
SECONDS: Final = st.integers(-62_135_000_000, 253_402_000_000)
"""From the year 1 to the year 9999."""
FAR: Final = st.integers(-9_000_000_000_000, 9_000_000_000_000)
"""Years that most readers do not know."""


def times(unit: str, zone: str | None, seconds: st.SearchStrategy[int] = SECONDS) -> Any:
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    least, most = -(2**63) // per_second + 10**6, 2**63 // per_second - 10**6
    ticks = st.builds(
        lambda whole, part: min(max(whole, least), most) * per_second + part, seconds, st.integers(0, per_second - 1)
    )

    def made(cells: list[int | None]) -> pd.Series[Any]:
        values = np.array([0 if cell is None else cell for cell in cells], np.int64).view(f"M8[{unit}]")
        values[[cell is None for cell in cells]] = np.datetime64("NaT")
        series = pd.Series(values)
        return series.dt.tz_localize("UTC").dt.tz_convert(zone) if zone else series

    return made, st.none() | ticks


def plain(dtype: Any, values: st.SearchStrategy[Any]) -> Any:
    return lambda cells: pd.Series(cells, dtype=dtype), values


def durations(cells: list[int | None]) -> pd.Series[Any]:
    return pd.Series(pd.array([pd.NaT if cell is None else pd.Timedelta(cell, "us") for cell in cells], "m8[us]"))


STATE: Final = pd.CategoricalDtype(["Submitted", "Running", "", "Archived", "失败"])
SIZE: Final = pd.CategoricalDtype(["S", "M", "L"], ordered=True)
KINDS: Final[dict[str, tuple[Callable[[list[Any]], pd.Series[Any]], st.SearchStrategy[Any]]]] = {
    "string": plain("string", st.none() | TEXTS),
    "object": plain(object, st.none() | TEXTS),
    "default text": (lambda cells: pd.Series([*cells, "x"]).iloc[:-1], TEXTS),
    "states": plain(STATE, st.none() | st.sampled_from(list(STATE.categories))),
    "sizes": plain(SIZE, st.none() | st.sampled_from(list(SIZE.categories))),
    "Int64": plain("Int64", st.none() | st.integers(-(2**63), 2**63 - 1)),
    "UInt8": plain("UInt8", st.none() | st.integers(0, 255)),
    "int64": plain("int64", st.integers(-(2**63), 2**63 - 1)),
    "int16": plain("int16", st.integers(-(2**15), 2**15 - 1)),
    "float64": plain("float64", st.floats()),
    "float32": plain("float32", st.floats(width=32)),
    "Float64": plain("Float64", st.none() | st.floats(allow_nan=False)),
    "bool": plain("bool", st.booleans()),
    "boolean": plain("boolean", st.none() | st.booleans()),
    "UTC": times("us", "UTC"),
    "Shanghai": times("us", "Asia/Shanghai"),
    "New York": times("s", "America/New_York"),
    "fixed": times("ms", "+05:30"),
    "nanoseconds": times("ns", "UTC"),
    "of no zone": times("us", None),
    "far away": times("us", "UTC", FAR),
    "durations": (durations, st.none() | st.integers(-(2**50), 2**50)),
}
"""How a column of each kind is made of cells, and what these are."""


@st.composite
def frames(draw: st.DrawFn, *, kinds: st.SearchStrategy[list[str]] | None = None) -> pd.DataFrame:
    """A frame of up to five rows and any columns."""
    chosen = draw(kinds if kinds is not None else st.lists(st.sampled_from(list(KINDS)), max_size=5))
    n = draw(st.integers(0, 5))
    data = {}
    for number, kind in enumerate(chosen):
        made, cells = KINDS[kind]
        name = draw(st.sampled_from(["name", "state", "a,b", 'say "x"', "名", "extra"])) + str(number)
        data[name] = made(draw(st.lists(cells, min_size=n, max_size=n)))
    return pd.DataFrame(data, index=pd.RangeIndex(n))
