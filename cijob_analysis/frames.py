"""Frames: rows of text in, typed columns out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.ledger import EXAMPLES, Anomaly
from cijob_analysis.schema import Column
from cijob_analysis.times import Instants, parse_times

Texts = Sequence[str | None]


def to_frame(rows: Sequence[Sequence[str | None]], columns: tuple[Column, ...]) -> tuple[pd.DataFrame, list[Anomaly]]:
    """Make a typed frame of rows of text.

    Parameters
    ----------
    rows : sequence of sequence of (str or None)
        A text per column; None, an empty text and (for times) ``-`` are missing values.
    columns : tuple of Column
        What the texts are.

    Returns
    -------
    frame : pandas.DataFrame
        Exactly the declared columns and dtypes, also without rows.
    anomalies : list of Anomaly
        Texts that could not be understood (their cells are missing), and rows whose times contradict.
    """
    if not rows:
        return schema.empty(columns), []
    texts: list[Texts] = list(zip(*rows, strict=True))
    keys = texts[0]
    data: dict[str, Any] = {}
    times: dict[str, Instants] = {}
    anomalies: list[Anomaly] = []
    for column, cells in zip(columns, texts, strict=True):
        name = column.name
        odd: list[int] = []
        if column.dtype == schema.UTC:
            times[name], odd = parse_times(cells)
            data[name] = pd.DatetimeIndex(times[name]).tz_localize("UTC")
        elif column.dtype == schema.STATE:
            data[name] = _states(cells)
        elif column.dtype == "Int64":
            data[name], odd = _integers(cells)
        else:
            data[name] = pd.array(cells, dtype=schema.TEXT)
        if odd:
            examples = tuple((keys[row] or "", cells[row] or "") for row in odd[:EXAMPLES])
            what = "time" if column.dtype == schema.UTC else "number"
            anomalies.append(Anomaly(kind=f"{what} not understood", column=name, n=len(odd), examples=examples))
    return pd.DataFrame(data, copy=False), anomalies + contradictions(keys, data["state"], times)


def contradictions(keys: Texts, states: pd.Categorical[str], times: Mapping[str, Instants]) -> list[Anomaly]:
    """Find rows whose state and times contradict each other.

    Parameters
    ----------
    keys : sequence of (str or None)
        Ids of the rows.
    states : pandas.Categorical
        Their states.
    times : mapping of str to numpy.ndarray
        ``created_at``, ``started_at`` and ``ended_at``, as ``datetime64[us]``.
    """
    created, started, ended = (times[name] for name in ("created_at", "started_at", "ended_at"))
    running, success = (states.codes == schema.STATES.index(state) for state in ("Running", "Success"))
    checks = (
        ("ends before it starts", "ended_at", ended < started),
        ("starts before it is created", "started_at", started < created),
        ("running with an end time", "ended_at", running & ~np.isnat(ended)),
        ("succeeded without a start time", "started_at", success & np.isnat(started)),
    )
    anomalies = []
    for kind, column, odd in checks:
        rows = np.flatnonzero(odd)
        if rows.size:
            examples = tuple((keys[row] or "", f"{times[column][row]}Z") for row in rows[:EXAMPLES])
            anomalies.append(Anomaly(kind=kind, column=column, n=rows.size, examples=examples))
    return anomalies


def _states(cells: Texts) -> pd.Categorical[str]:
    states = schema.in_order(cell for cell in cells if cell)
    code = {state: number for number, state in enumerate(states)}
    codes = np.array([code[cell] if cell else -1 for cell in cells], np.intp)
    return pd.Categorical.from_codes(codes, categories=pd.Index(states))


def _integers(cells: Texts) -> tuple[Any, list[int]]:
    known = {text: _integer(text) for text in set(cells)}
    numbers = [known[cell] for cell in cells]
    odd = [row for row, number in enumerate(numbers) if number is None and cells[row]]
    return pd.array(numbers, dtype="Int64"), odd


def _integer(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII) else None
