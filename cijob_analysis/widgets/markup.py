"""What a dashboard says, as HTML: everything from the service is escaped, and no time is without its zone."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from cijob_analysis import schema
from cijob_analysis.ledger import ledger_of
from cijob_analysis.plots.zones import zone_label
from cijob_analysis.widgets.controls import CHOICES
from cijob_analysis.words import listed, number, plural, seconds, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, tzinfo

    from cijob_analysis.widgets.selection import Selection
    from cijob_analysis.widgets.view import View

_MOST_VALUES: Final = 3
_LONGEST: Final = 48


def summary_html(view: View) -> str:
    """Return what the frame is, as of when and how complete, and how much of it is selected, by state."""
    frame, mask, noun = view.rows.frame, view.mask, view.noun
    ledger = ledger_of(frame)
    line = ledger.line(len(frame), noun, view.zone) + ("; complete" if ledger.entries and ledger.is_complete else "")
    counts = view.rows.counts("states", mask)
    found = [f"{number(n)} {state or 'no state'}" for state, n in counts.items() if n]
    n = int(mask.sum())
    chosen = f"{number(n)} of {plural(len(frame), noun)} selected" + (f": {listed(found)}" if found else "")
    return f'<div>{escape(line)}</div><div class="cijob-count" role="status">{escape(chosen)}</div>'


def filters_html(selection: Selection, zone: tzinfo) -> str:
    """Return which filters are set, in words."""
    parts = list(_filters(selection, zone))
    return f"<div>{escape('Only ' + '; '.join(parts) if parts else 'No filter is set.')}</div>"


def _filters(selection: Selection, zone: tzinfo) -> Iterable[str]:
    named = {"batch_jobs": "Batch job", "executions": "Execution", "states": "State", **CHOICES}
    for name, label in named.items():
        if values := getattr(selection, name):
            yield f"{label.lower()} {_some([value or '(none)' for value in values])}"
    if selection.failures:
        texts = [" ".join(part for part in pair if part) or "(no code)" for pair in selection.failures]
        yield f"failures {_some(texts)}"
    if selection.window:
        begin, end = (f"{time.astimezone(zone):%Y-%m-%d %H:%M:%S}" for time in selection.window)
        yield f"under way between {begin} and {end} ({zone_label(zone, selection.window)})"
    if selection.created_after:
        yield f"created from {_clock(selection.created_after, zone)}"
    if selection.created_before:
        yield f"created until {_clock(selection.created_before, zone)}"
    duration = selection.duration.removesuffix("_s").replace("_", " ")
    if selection.at_least_s is not None:
        yield f"{duration} at least {seconds(selection.at_least_s)}"
    if selection.at_most_s is not None:
        yield f"{duration} at most {seconds(selection.at_most_s)}"
    if selection.text:
        yield f"with “{shortened([selection.text], _LONGEST)[0]}”"
    if selection.only_picked:
        yield f"the {number(len(selection.picked))} picked"


def alert_html(error: Exception) -> str:
    """Return what has gone wrong."""
    return f'<div role="alert">{escape(type(error).__name__)}: {escape(str(error))}</div>'


def row_html(row: pd.Series, noun: str, zone: tzinfo) -> str:
    """Return all that is known of one row, as a list of names and values."""
    cells = [(str(name), _value(str(name), value, zone)) for name, value in row.items()]
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in cells if text)
    return f'<section aria-label="This {noun}"><h4>This {noun}</h4><dl>{items}</dl></section>'


def static_html(summary: str, pictures: Iterable[tuple[bytes, str]], table: str) -> str:
    """Return what stands where there is no kernel: the summary, pictures and the beginning of the table."""
    images = "".join(
        f'<img alt="{escape(sentence)}" style="max-width:100%" src="data:image/png;base64,{b64encode(png).decode()}">'
        for png, sentence in pictures
        if png
    )
    box = f'<div style="overflow:auto;max-height:20em;white-space:nowrap">{table}</div>'
    return f"<div>{summary}{images}{box}</div>"


def _some(values: list[str]) -> str:
    shown = [shortened([value], _LONGEST)[0] for value in values[:_MOST_VALUES]]
    more = len(values) - len(shown)
    return " or ".join([*shown, *([f"{number(more)} more"] if more else [])])


def _value(name: str, value: Any, zone: tzinfo) -> str:
    if isinstance(value, (list, tuple, dict)):
        return str(value) if value else ""
    if pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return _clock(value.to_pydatetime(), zone)
    if name in schema.DURATIONS:
        return seconds(float(value))
    return str(value)


def _clock(time: datetime, zone: tzinfo) -> str:
    return f"{time.astimezone(zone):%Y-%m-%d %H:%M:%S} {zone_label(zone, [time])}"
