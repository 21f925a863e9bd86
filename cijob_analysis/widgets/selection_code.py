"""A selection as lines of Python, as a person would write them who wants the same rows without a dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cijob_analysis import schema
from cijob_analysis.widgets.rows import CHOICES, SEARCHED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cijob_analysis.widgets.selection import Selection

_PANDAS: Final = "import pandas as pd"
_OURS: Final = "import cijob_analysis as ci"
_CLUSTERED: Final = "from cijob_analysis.metrics.failures.counts import clustered"
_KEY_OF: Final = "from cijob_analysis.schema import key_of"
_IMPORTS: Final = {
    **dict.fromkeys(("created_after", "created_before", "window", "text"), _PANDAS),
    **dict.fromkeys(("at_least_s", "at_most_s"), _OURS),
    "failures": _CLUSTERED,
    "only_picked": _KEY_OF,
}
"""What the lines of a filter need."""

_WIDEST: Final = 80


def code_of(selection: Selection, frame: str) -> str:
    """Return lines that put the rows of `frame` that pass `selection` into ``selected``.

    They are right for frames of every level: which columns there are, is found out when they run.
    """
    names = selection.names()
    needed = {_IMPORTS.get(name) for name in names}
    ours = [line for line in (_OURS, _CLUSTERED, _KEY_OF) if line in needed]
    lines = [f"selected = {frame}"]
    for name in names:
        lines += _lines_of(name, selection)
    parts = ([_PANDAS] if _PANDAS in needed else [], ours, lines)
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _lines_of(name: str, selection: Selection) -> list[str]:
    """Return the lines for one filter, which is set."""
    match name:
        case "workflows":
            return _workflows(selection.workflows)
        case "created_after" | "created_before":
            sign = ">=" if name == "created_after" else "<="
            return [f'selected = selected[selected["created_at"] {sign} {_time(getattr(selection, name))}]']
        case "window" if selection.window:
            return _window(*selection.window)
        case "at_least_s" | "at_most_s":
            return _durations(name, selection)
        case "text":
            return _text(selection.text)
        case "failures":
            return _failures(selection.failures)
        case "only_picked":
            return [f"selected = selected[selected[key_of(selected)].isin({_listed(selection.picked)})]"]
    return _choice(CHOICES[name], getattr(selection, name))


def _choice(columns: tuple[str, ...], values: tuple[str | None, ...]) -> list[str]:
    column = f'"{columns[0]}"' if len(columns) == 1 else "column"
    cells, named = f"selected[{column}]", [value for value in values if value is not None]
    found = [f"{cells}.isin({_listed(named)})"] if named else []
    missing = [f"{cells}.isna()"] if None in values else []
    return [*_column(columns), f"selected = selected[{' | '.join([*found, *missing])}]"]


def _workflows(values: tuple[str | None, ...]) -> list[str]:
    note = "  # None: no workflow" if None in values else ""
    return [
        f"workflows = {_listed(values, '{}')}{note}",
        *_column(CHOICES["workflows"]),
        "selected = selected.loc[[",
        '    not workflows.isdisjoint({part.strip() for part in ids.split(",")} - {""} or {None})',
        '    for ids in selected[column].astype("string").fillna("")',
        "]]",
    ]


def _column(columns: tuple[str, ...]) -> list[str]:
    """Return the line that finds out which of two columns there is."""
    return [f'column = "{columns[0]}" if "{columns[0]}" in selected else "{columns[1]}"'] if len(columns) > 1 else []


def _window(begin: datetime, end: datetime) -> list[str]:
    return [
        f"begin, end = {_time(begin)}, {_time(end)}",
        f'was_over = selected["state"].isin({_listed(schema.TERMINAL)}) & (selected["ended_at"] < begin)',
        'selected = selected[(selected["created_at"] < end) & ~was_over]',
    ]


def _durations(name: str, selection: Selection) -> list[str]:
    """Return the line for both bounds, if this is the first of them that is set."""
    duration = f'ci.add_durations(selected)["{selection.duration}"]'
    if selection.at_least_s is None:
        return [f"selected = selected[{duration} <= {_number(selection.at_most_s)}]"]
    if selection.at_most_s is None:
        return [f"selected = selected[{duration} >= {_number(selection.at_least_s)}]"]
    bounds = f"{_number(selection.at_least_s)}, {_number(selection.at_most_s)}"
    return [f"selected = selected[{duration}.between({bounds})]"] if name == "at_least_s" else []


def _text(text: str) -> list[str]:
    return [
        f"text, anywhere = {text!r}, dict(case=False, regex=False, na=False)",
        f'searched = "{" ".join(SEARCHED)}".split()',
        "columns = [selected[name] for name in searched if name in selected]",
        'found = [column.astype("string").str.contains(text, **anywhere) for column in columns]',
        "selected = selected[pd.concat(found, axis=1).any(axis=1)]",
    ]


def _failures(failures: tuple[tuple[str, str], ...]) -> list[str]:
    return [
        f"failures = {_listed(failures, '{}')}  # codes, and messages without ids, keys and numbers",
        "found = clustered(selected)",
        "clusters = list(zip(found.codes, found.patterns))",
        "rows = [row for row, number in zip(found.rows, found.numbers) if clusters[number] in failures]",
        "selected = selected.iloc[sorted(rows)]",
    ]


def _listed(values: Iterable[object], brackets: str = "[]") -> str:
    """Return a list or a set of texts, in one line each if they are too many for one."""
    texts = [repr(value) for value in values]
    first, last = brackets[0], brackets[1]
    if sum(map(len, texts)) + 2 * len(texts) <= _WIDEST:
        return f"{first}{', '.join(texts)}{last}"
    return "\n".join([first, *(f"    {text}," for text in texts), last])


def _time(time: datetime) -> str:
    return f'pd.Timestamp("{time.isoformat()}")'


def _number(seconds: float | None) -> str:
    return f"{seconds:.0f}" if seconds is not None and seconds.is_integer() and abs(seconds) < 1e15 else repr(seconds)
