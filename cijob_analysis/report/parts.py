"""What a report is made of: sections of sentences, pictures and tables."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from cijob_analysis.plots import describe
from cijob_analysis.plots.canvas import figure_of, png_of
from cijob_analysis.plots.zones import zone_label
from cijob_analysis.words import number, percent, plural, seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import tzinfo

    from matplotlib.axes import Axes

MOST_ROWS: Final = 50
"""How many rows a table has; the rest is counted."""
NOTHING: Final = "–"
_WIDTH_IN, _HIGHEST_IN, _DPI = 9.0, 7.0, 110
_SHARES: Final = frozenset(
    {"share", "busy", "relative", "relative_low", "relative_high", "at_cap_share", "share_of_critical_time"}
)


@dataclass(frozen=True)
class Picture:
    """A picture as an address of its data, and the sentence that describes it."""

    src: str
    alt: str


@dataclass(frozen=True)
class Cell:
    """What is shown, and by what it is sorted if not by that; None goes last."""

    text: str
    order: float | str | None


@dataclass(frozen=True)
class Table:
    """A table: a caption, columns with whether they hold numbers, rows, and what was left out."""

    caption: str
    columns: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[Cell, ...], ...]
    left_out: str = ""


@dataclass(frozen=True)
class Section:
    """A question and its answer.

    Attributes
    ----------
    name, title : str
        In the address, and above it.
    sentences : tuple of str
        What is said first.
    pictures, tables : tuple
        What shows it.
    keys : tuple of str
        Object keys to run again.
    """

    name: str
    title: str
    sentences: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()
    keys: tuple[str, ...] = ()


def picture_of(ax: Axes, *, kind: str = "png") -> Picture:
    """Return what is drawn on `ax`: SVG for drawings of few shapes, PNG for all others."""
    figure, content = figure_of(ax), BytesIO()
    width, height = figure.get_size_inches()
    figure.set_size_inches(min(width, _WIDTH_IN), min(height, _HIGHEST_IN))
    if kind == "svg":
        figure.savefig(content, format="svg", metadata={"Date": None})
        return Picture(_address("svg+xml", content.getvalue()), describe(ax))
    return Picture(_address("png", png_of(figure, _DPI)), describe(ax))


def _address(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{b64encode(content).decode()}"


def table_of(
    frame: pd.DataFrame,
    caption: str,
    zone: tzinfo,
    *,
    names: Mapping[str, str] | None = None,
    shares: Iterable[str] = (),
    most: int = MOST_ROWS,
    noun: str = "row",
) -> Table:
    """Return the first rows of `frame` as people read them; columns in which all is missing are left out.

    Parameters
    ----------
    frame : DataFrame
        Columns whose name ends in ``_s`` are durations [s].
    caption : str
        What the table shows.
    zone : tzinfo
        Of the times; named in the head of their columns.
    names : mapping of str to str, optional
        What columns are called, where not by their name.
    shares : iterable of str
        Further columns that are shares of one.
    most, noun : int, str
        How many rows are shown, and what those are that are not.
    """
    shown = frame.dropna(axis="columns", how="all").head(most)
    columns = [_column(shown[name], str(name), zone, _SHARES | {*shares}) for name in shown]
    heads = tuple(
        (_head(shown[name], (names or {}).get(str(name), _called(str(name))), zone), _is_number(shown[name]))
        for name in shown
    )
    rest = len(frame) - len(shown)
    return Table(
        caption, heads, tuple(zip(*columns, strict=True)), f"and {plural(rest, f'more {noun}')}" if rest else ""
    )


def _called(name: str) -> str:
    return name.removesuffix("_s").removesuffix("_at").replace("_", " ")


def _is_number(values: pd.Series[Any]) -> bool:
    return pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)


def _head(values: pd.Series[Any], name: str, zone: tzinfo) -> str:
    if not isinstance(values.dtype, pd.DatetimeTZDtype):
        return name
    return f"{name} ({zone_label(zone)})"


def _column(values: pd.Series[Any], name: str, zone: tzinfo, shares: frozenset[str]) -> list[Cell]:
    return [_cell(value, name, zone, is_share=name in shares) for value in values]


def _cell(value: Any, name: str, zone: tzinfo, *, is_share: bool) -> Cell:
    if value is None or pd.isna(value):
        return Cell(NOTHING, None)
    if isinstance(value, pd.Timestamp):
        return Cell(clock(value, zone), value.timestamp())
    if isinstance(value, str):
        return Cell(value, value)
    if pd.api.types.is_bool(value):
        return Cell("yes" if value else "no", float(value))
    text = (
        percent(value) if is_share else seconds(value) if name.endswith("_s") or name in QUANTILES else _number(value)
    )
    return Cell(text, float(value))


QUANTILES: Final = frozenset({"p50", "p90", "p95", "p99", "max"})
"""Columns of `duration_summary` that are durations [s]."""


def _number(value: float) -> str:
    return number(value) if float(value).is_integer() else f"{value:.3g}"


def clock(time: pd.Timestamp, zone: tzinfo) -> str:
    """Return `time` in `zone`, whose name stands elsewhere."""
    return f"{time.astimezone(zone):%Y-%m-%d %H:%M:%S}"
