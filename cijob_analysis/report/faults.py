"""The sections on what failed and what was slow, and the rows of both as data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from cijob_analysis import plots
from cijob_analysis.metrics import add_durations
from cijob_analysis.report.parts import Section, Table, clock, picture_of, table_of
from cijob_analysis.schema import DURATIONS, key_of, noun_of
from cijob_analysis.words import number, plural

if TYPE_CHECKING:
    from datetime import tzinfo

    from cijob_analysis.metrics import FailureClusters

MOST_EMBEDDED: Final = 5_000
"""How many failed or slow rows, and how many keys, are in the file."""
_MOST_LETTERS: Final = 2_500_000
_NUMBERS_LETTERS: Final = 100
"""So many letters of text the rows may have in all; and so many the numbers and times of one are."""
_FIRST: Final = ("object_key", "node", "task_type", "name", "state", "code", "message", *DURATIONS)
_THEN: Final = (
    "created_at", "started_at", "ended_at", "task_id", "run_id", "batch_job_id", "workflow_id", "workflow_ids",
    "queue_id",
)  # fmt: skip
"""Columns in the order of how soon one looks for them; the print has the first ten of the table only."""


@dataclass(frozen=True)
class Embedded:
    """Rows that are in the file as data.

    Attributes
    ----------
    data : dict
        For the page: columns, rows, which are times and durations.
    preview : Table
        The first of them, for those who run no script.
    sentence : str
        How many there are, and how many were left out.
    """

    data: dict[str, Any]
    preview: Table
    sentence: str

    @property
    def json(self) -> str:
        """The data as text that ends no script element."""
        text = json.dumps(self.data, ensure_ascii=False, separators=(",", ":"))
        return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def failures(frame: pd.DataFrame, clusters: FailureClusters, zone: tzinfo) -> Section | None:
    """Return what failed, what failures have in common, and what to run again."""
    if not len(frame):
        return None
    if not clusters:
        return Section("failures", "Failures", (clusters.describe(),))
    wanted = ["tasks", "objects", "share", "code", "pattern", "verdict", "first_at", "last_at", "run_time_lost_s",
              "example_id", "example_object"]  # fmt: skip
    names = {"tasks": f"{noun_of(frame)}s", "pattern": "message", "verdict": "what they have in common"}
    table = table_of(clusters.frame[wanted], "Failures that are alike", zone, names=names, noun="cluster")
    picture = picture_of(plots.plot_failures(frame, tz=zone), kind="svg")
    keys = clusters.rerun_keys()
    said = [clusters.describe()]
    if len(keys) > MOST_EMBEDDED:
        said.append(f"The rerun list has the first {number(MOST_EMBEDDED)} of {plural(len(keys), 'object key')}.")
    return Section("failures", "Failures", tuple(said), (picture,), (table,), tuple(keys[:MOST_EMBEDDED]))


def slow(found: pd.DataFrame, zone: tzinfo) -> Section | None:
    """Return how many tasks were far slower than others of their kind, and which."""
    if not len(found):
        return None
    wanted = ["times", "run_time_s", "typical_s", "object_key", "node", "task_type", "state", "is_censored", "task_id"]
    names = {"times": "times as long", "is_censored": "still running"}
    table = table_of(found[wanted], "The slowest, beside tasks like them", zone, names=names, most=20, noun="straggler")
    said = f"{plural(len(found), 'task')} took far longer than tasks of the same kind, node and template."
    return Section("stragglers", "Stragglers", (said,), tables=(table,))


def embedded(frame: pd.DataFrame, found: pd.DataFrame, zone: tzinfo) -> Embedded | None:
    """Return the failed rows, the newest first, and the slow ones, as data; None if there are none."""
    key = key_of(frame)
    is_failed = frame["state"].eq("Failed")
    is_slow = frame[key].isin(found[key]) if len(found) else pd.Series(False, frame.index)
    chosen = frame.loc[is_failed | is_slow]
    if not len(chosen):
        return None
    chosen = chosen.assign(why=_why(is_failed[chosen.index], is_slow[chosen.index]))
    rows = add_durations(chosen.sort_values("ended_at", ascending=False, kind="stable").head(MOST_EMBEDDED))
    rows = rows[[name for name in ("why", *_FIRST, *_THEN) if name in rows]]
    rows = rows.head(_fitting(rows)).dropna(axis="columns", how="all")
    noun = noun_of(frame)
    left_out = len(chosen) - len(rows)
    sentence = (
        f"{plural(int(is_failed.sum()), f'failed {noun}')} and {plural(int(is_slow.sum()), f'slow {noun}')}"
        + (f", {number(int((is_failed & is_slow).sum()))} of them both" if (is_failed & is_slow).any() else "")
        + (
            f"; the {number(len(rows))} that ended last are here, {number(left_out)} are left out."
            if left_out
            else ", all of them here."
        )
    )
    preview = table_of(rows, f"Failed and slow {noun}s", zone, most=20, noun=noun)
    cells = {name: _values(rows[name], zone) for name in rows}
    data = {
        "columns": [*cells],
        "heads": [head for head, _ in preview.columns],
        "numbers": [is_number for _, is_number in preview.columns],
        "rows": [list(row) for row in zip(*cells.values(), strict=True)],
    }
    return Embedded(data, preview, sentence)


def _fitting(rows: pd.DataFrame) -> int:
    """Return how many of `rows` are not too much for a file, whose messages may be long; one always fits."""
    texts = rows.select_dtypes(exclude=["number", "datetimetz"]).astype("string").fillna("")
    letters = sum((texts[name].str.len() for name in texts), pd.Series(_NUMBERS_LETTERS, rows.index)).cumsum()
    return max(int((letters <= _MOST_LETTERS).sum()), 1)


def _why(is_failed: pd.Series[Any], is_slow: pd.Series[Any]) -> list[str]:
    return [
        "failed and slow" if failed and slow else "failed" if failed else "slow"
        for failed, slow in zip(is_failed, is_slow, strict=True)
    ]


def _values(values: pd.Series[Any], zone: tzinfo) -> list[Any]:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return [None if pd.isna(value) else clock(value, zone) for value in values]
    return [None if pd.isna(value) else value if isinstance(value, (int, float)) else str(value) for value in values]
