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
    data, anomalies = arrays(rows, columns)
    return pd.DataFrame(data, copy=False), anomalies


def arrays(rows: Sequence[Sequence[str | None]], columns: tuple[Column, ...]) -> tuple[dict[str, Any], list[Anomaly]]:
    """Return what `to_frame` makes a frame of: an array per column, by its name; there must be rows."""
    texts: list[Texts] = list(zip(*rows, strict=True))
    keys = texts[0]
    data: dict[str, Any] = {}
    times: dict[str, Instants] = {}
    anomalies: list[Anomaly] = []
    for column, cells in zip(columns, texts, strict=True):
        data[column.name], odd = typed(column, cells)
        if column.dtype == schema.UTC:
            times[column.name] = data[column.name].tz_localize(None).to_numpy()
        if odd:
            examples = tuple((keys[row] or "", cells[row] or "") for row in odd[:EXAMPLES])
            kind = "time not understood" if column.dtype == schema.UTC else "number not understood"
            anomalies.append(Anomaly(kind=kind, column=column.name, n=len(odd), examples=examples))
    if columns in (schema.BATCH_JOBS, schema.TASKS):  # an execution has no times of its own, a queue does not run
        anomalies += contradictions(keys, data["state"], times)
    return data, anomalies


def with_ends(executions: pd.DataFrame, tasks: pd.DataFrame) -> pd.DataFrame:
    """Return `executions` with their start and end, which the service does not say, from their tasks.

    An execution starts when its first task does, and ends, in a final state, when its last task has ended
    (page 1045/51275 gives neither).

    Parameters
    ----------
    executions, tasks : pandas.DataFrame
        Columns ``run_id``, ``state``, ``started_at``, ``ended_at``.
    """
    if not len(executions) or not len(tasks):
        return executions
    of_run = tasks.groupby("run_id", observed=True, sort=False)
    runs = executions["run_id"]
    is_final = executions["state"].isin(schema.TERMINAL)
    starts = of_run["started_at"].min().reindex(runs).set_axis(runs.index)
    ends = of_run["ended_at"].max().reindex(runs).set_axis(runs.index).where(is_final)
    found = executions.assign(
        started_at=executions["started_at"].fillna(starts), ended_at=executions["ended_at"].fillna(ends)
    )
    found.attrs = dict(executions.attrs)
    return found


def typed(column: Column, cells: Texts) -> tuple[Any, list[int]]:
    """Return the texts of a column as an array of its dtype, and the positions of those that could not be read.

    Parameters
    ----------
    column : Column
        Which.
    cells : sequence of (str or None)
        Its texts; None is missing.
    """
    if column.dtype == schema.UTC:
        times, odd = parse_times(cells)
        return pd.DatetimeIndex(times).tz_localize("UTC"), odd
    if column.dtype == schema.STATE:
        return _states(cells), []
    if column.dtype == schema.INTEGER:
        return _integers(cells)
    if column.dtype == schema.NUMBER:
        return _numbers(cells)
    return pd.array(cells, dtype=schema.TEXT), []


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
            examples = tuple((keys[row] or "", _shown(times[column][row])) for row in rows[:EXAMPLES])
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


def _numbers(cells: Texts) -> tuple[Any, list[int]]:
    numbers = [_number(cell) for cell in cells]
    odd = [row for row, number in enumerate(numbers) if number is None and cells[row]]
    return np.array([np.nan if number is None else number for number in numbers], np.float64), odd


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text else None
    except ValueError:
        return None
    return number if number is not None and np.isfinite(number) else None


def _shown(time: np.datetime64) -> str:
    return "" if np.isnat(time) else f"{time}Z"
