"""What a dashboard says, as HTML: everything from the service is escaped, and no time is without its zone."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.ledger import ledger_of
from cijob_analysis.metrics import add_durations, state_counts
from cijob_analysis.plots.style import looks_of
from cijob_analysis.plots.zones import zone_label
from cijob_analysis.words import listed, number, plural, seconds

if TYPE_CHECKING:
    from datetime import tzinfo

SHOWN = 100
"""How many rows a table shows."""

_COLUMNS = {
    "state": "state",
    "name": "name",
    "created_at": "created",
    "queue_wait_s": "waited",
    "run_time_s": "ran",
    "code": "code",
    "message": "message",
    "type": "type",
    "workflow_ids": "workflows",
    "tag": "tag",
    "started_at": "started",
    "ended_at": "ended",
    "batch_job_id": "id",
}
"""Columns of the table and their headings."""

NEEDED = tuple(name for name in _COLUMNS if name not in schema.DURATIONS)
"""Columns that a frame must have to be shown."""


def summary_html(frame: pd.DataFrame, selected: pd.DataFrame, zone: tzinfo) -> str:
    """Return what the frame is, as of when and how complete, and how much of it is selected, by state."""
    ledger, noun = ledger_of(frame), schema.noun_of(frame)
    line = ledger.line(len(frame), noun, zone) + ("; complete" if ledger.entries and ledger.is_complete else "")
    counts = state_counts(selected)
    states = ["no state" if pd.isna(state) else str(state) for state in counts["state"]]
    found = [f"{number(n)} {state}" for state, n in zip(states, counts["n"].tolist(), strict=True) if n]
    chosen = f"{number(len(selected))} of {plural(len(frame), noun)} selected" + (f": {listed(found)}" if found else "")
    return f'<div>{escape(line)}</div><div class="cijob-count" role="status">{escape(chosen)}</div>'


def alert_html(error: Exception) -> str:
    """Return what has gone wrong."""
    return f'<div role="alert">{escape(type(error).__name__)}: {escape(str(error))}</div>'


def table_html(frame: pd.DataFrame, zone: tzinfo, *, most: int = SHOWN) -> str:
    """Return the first `most` rows of `frame` as a table that says how many there are.

    Parameters
    ----------
    frame : pandas.DataFrame
        Batch jobs with the columns `NEEDED`; what they lasted is computed.
    zone : datetime.tzinfo
        Zone in which times are shown; the table names it.
    most : int
        How many rows are shown.
    """
    shown = add_durations(frame.iloc[:most])
    noun = schema.noun_of(frame)
    many = f"{plural(len(frame), noun)}" if len(frame) <= most else f"First {most} of {plural(len(frame), noun)}"
    known = shown["created_at"].dropna()
    label = zone_label(zone, [known.min().to_pydatetime(), known.max().to_pydatetime()] if len(known) else [])
    cells = [_cells(shown, name, zone) for name in _COLUMNS]
    rows = "".join(f"<tr>{''.join(row)}</tr>" for row in zip(*cells, strict=True))
    heads = "".join(f'<th scope="col">{heading}</th>' for heading in _COLUMNS.values())
    return (
        f"<table><caption>{escape(many)}; times in {escape(label)}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def static_html(summary: str, png: bytes, sentence: str, table: str) -> str:
    """Return what stands where there is no kernel: the summary, one picture and the beginning of the table."""
    image = (
        f'<img alt="{escape(sentence)}" style="max-width:100%" src="data:image/png;base64,{b64encode(png).decode()}">'
    )
    box = f'<div style="overflow:auto;max-height:20em;white-space:nowrap">{table}</div>'
    return f"<div>{summary}{image * bool(png)}{box}</div>"


def _cells(frame: pd.DataFrame, name: str, zone: tzinfo) -> list[str]:
    column = frame[name]
    if name == "state":
        states = [None if pd.isna(state) else str(state) for state in column]
        names = schema.in_order(state for state in states if state is not None)
        looks = dict(zip([*names, None], looks_of([*names, None]), strict=True))
        return [
            f'<td><span style="display:inline-block;width:.7em;height:.7em;margin-right:.4em;'
            f'background:{looks[state].color};border:1px solid {looks[state].line}"></span>'
            f"{escape(state or '(no state)')}</td>"
            for state in states
        ]
    if name in schema.DURATIONS:
        return [f'<td class="cijob-number">{"" if np.isnan(value) else seconds(value)}</td>' for value in column]
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        texts = column.dt.tz_convert(zone).dt.strftime("%Y-%m-%d %H:%M:%S")
        return [f"<td>{'' if pd.isna(text) else text}</td>" for text in texts]
    texts = ["" if pd.isna(text) else str(text) for text in column.astype(object)]
    if name == "code":
        texts = ["" if text == "Success" else text for text in texts]  # the service's word for no error, also before
    return [_text_cell(text) for text in texts]


def _text_cell(text: str) -> str:
    """Return a cell that shows the beginning of a long text, and all of it to the pointer."""
    safe = escape(text)
    return f'<td title="{safe}">{safe}</td>' if len(text) > 20 else f"<td>{safe}</td>"
