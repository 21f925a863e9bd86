"""Generated frames of every level, and selections of their rows; of both hypothesis draws what people would not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pandas as pd
from hypothesis import strategies as st

from cijob_analysis import schema
from cijob_analysis.metrics.failures.masking import masked
from cijob_analysis.widgets.rows import SEARCHED
from cijob_analysis.widgets.selection import Selection

Row = dict[str, Any]
"""The cells of a row; None is missing."""

TIMES: Final = [datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=seconds) for seconds in (0, 0.5, 60, 61, 3_600)]
MESSAGES: Final = ["the OBJECT a/b.mp4 is\nlost", "the OBJECT c/dé.mp4 is\nlost", "quota {0} of 'x' used", "", None]
PATTERNS: Final = sorted({*masked([message or "" for message in MESSAGES]), "never"})
CODES: Final = ["AccessDenied", "Success", "", None]
STATES: Final = [*schema.STATES, "Frozen", None]
JOINED: Final = ["w1", "w11", "w1,w2", " w2 , w11 ", "w2,w2", ",", "", None]
IDS: Final = ["b0", "b1", "B 1'\"", None]
NODES: Final = ["Transcode_1", "transcode_1", "截图 {每日}", "", None]

TIMED: Final = {name: st.sampled_from([*TIMES, None]) for name in ("created_at", "started_at", "ended_at")}
CELLS: Final[dict[str, dict[str, st.SearchStrategy[Any]]]] = {
    "batch_jobs": {
        "batch_job_id": st.sampled_from(IDS),
        "name": st.sampled_from(["Nightly (a|b)", "转码 每日", "ÉTÉ", None]),
        "type": st.sampled_from(["Workflow", "Job", "Other", None]),
        "state": st.sampled_from(STATES),
        "code": st.sampled_from(CODES),
        "message": st.sampled_from(MESSAGES),
        "workflow_ids": st.sampled_from(JOINED),
        "queue_id": st.sampled_from(["p1", None]),
        **TIMED,
    },
    "executions": {
        "run_id": st.sampled_from(["i0", "i1", "i2", None]),
        "batch_job_id": st.sampled_from(IDS),
        "workflow_id": st.sampled_from(["w1", "w11", None]),
        "state": st.sampled_from(STATES),
        "object_key": st.sampled_from(["a/é.mp4", "视频/{1}.mp4", None]),
        **TIMED,
    },
    "tasks": {
        "task_id": st.sampled_from(["j0", "j1", "j2", "j3", None]),
        "run_id": st.sampled_from(["i0", "i1", "i2", None]),
        "batch_job_id": st.sampled_from(IDS),
        "workflow_id": st.sampled_from(["w1", "w11", None]),
        "node": st.sampled_from(NODES),
        "task_type": st.sampled_from(["Transcode", "Snapshot", None]),
        "state": st.sampled_from(STATES),
        "code": st.sampled_from(CODES),
        "message": st.sampled_from(MESSAGES),
        "object_key": st.sampled_from(["a/é.mp4", "视频/{1}.mp4", None]),
        "queue_id": st.sampled_from(["p1", "p2", None]),
        **TIMED,
    },
}
"""What the cells of each level are drawn from."""

FILTERS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "batch_jobs": st.lists(st.sampled_from(["b0", "b1", "B 1'\"", "b9"]), max_size=3),
    "executions": st.lists(st.sampled_from(["i0", "i1", "i9"]), max_size=2),
    "states": st.lists(st.sampled_from(STATES), max_size=4),
    "types": st.lists(st.sampled_from(["Workflow", "Job", "Transcode", "Never", None]), max_size=3),
    "workflows": st.lists(st.sampled_from(["w1", "w11", "w2", "w1,w2", None]), max_size=3),
    "nodes": st.lists(st.sampled_from([*NODES, "'\\\n"]), max_size=3),
    "queues": st.lists(st.sampled_from(["p1", "p2", "p" * 200, None]), max_size=2),
    "created_after": st.sampled_from([None, *TIMES]),
    "created_before": st.sampled_from([None, *TIMES]),
    "window": st.none() | st.lists(st.sampled_from(TIMES), min_size=2, max_size=2).map(sorted).map(tuple),
    "duration": st.sampled_from(schema.DURATIONS),
    "at_least_s": st.sampled_from([None, -60, 0, 0.5, 60.0, 1e300]),
    "at_most_s": st.sampled_from([None, -0.5, 0, 61.0, 3_600]),
    "text": st.sampled_from(["", "object", "(A|b)", "每", "É", ".", "'\"\\", "{", "\n", "W1", "1", "lost"]),
    "failures": st.lists(st.tuples(st.sampled_from(["AccessDenied", ""]), st.sampled_from(PATTERNS)), max_size=3),
    "picked": st.lists(st.sampled_from(["b0", "i1", "j0", "j1", "no such"]), max_size=3),
    "only_picked": st.booleans(),
}
"""What the fields of a selection are drawn from."""

_LACKING: Final = {
    "batch_jobs": {"executions", "nodes"},
    "executions": {"types", "nodes", "queues"},
    "tasks": set[str](),
}
"""Filters whose column the frames of a level have not."""


def frame_of(level: str, rows: list[Row], text: str = schema.TEXT) -> pd.DataFrame:
    """Return a frame of these rows, its texts of the dtype `text`, and an index in which labels come twice."""
    frame = pd.DataFrame(index=pd.Index([number // 2 for number in range(len(rows))], dtype="int64"))
    for name in CELLS[level]:
        cells: Any = pd.Series([row[name] for row in rows], index=frame.index, dtype=object)
        if name in TIMED:
            frame[name] = pd.to_datetime(cells, utc=True).astype(schema.UTC)
        else:
            frame[name] = cells.astype("category" if name == "state" else text)
    frame.attrs["note"] = "kept"
    return frame


@st.composite
def levels(draw: st.DrawFn, most: int = 8) -> tuple[str, list[Row], pd.DataFrame]:
    """Draw a level, rows of it, and their frame."""
    level = draw(st.sampled_from(schema.LEVELS))
    rows = draw(st.lists(st.fixed_dictionaries(CELLS[level]), max_size=most))
    return level, rows, frame_of(level, rows, draw(st.sampled_from([schema.TEXT, "object", "category"])))


@st.composite
def selections(draw: st.DrawFn, level: str) -> Selection:
    """Draw a selection with up to four filters that frames of `level` can be filtered by."""
    possible = sorted(FILTERS.keys() - _LACKING[level])
    names = draw(st.lists(st.sampled_from(possible), max_size=4, unique=True))
    return Selection(**{name: draw(FILTERS[name]) for name in names})


def passes(row: Row, selection: Selection, level: str) -> bool:
    """Say by the words of the documentation whether a row passes."""
    kind = "type" if level == "batch_jobs" else "task_type"
    chosen = {"batch_jobs": "batch_job_id", "executions": "run_id", "states": "state", "types": kind}
    chosen |= {"nodes": "node", "queues": "queue_id"}
    for name, column in chosen.items():
        if getattr(selection, name) and row[column] not in getattr(selection, name):
            return False
    created, ended = row["created_at"], row["ended_at"] if row["state"] in schema.TERMINAL else None
    after, before = selection.created_after, selection.created_before
    if (after and not (created and created >= after)) or (before and not (created and created <= before)):
        return False
    if selection.window:
        begin, end = selection.window
        if not (created and created < end) or (ended and ended < begin):
            return False
    took_s = {
        "queue_wait_s": seconds_between(created, row["started_at"]),
        "run_time_s": seconds_between(row["started_at"], ended),
        "turnaround_s": seconds_between(created, ended),
    }[selection.duration]
    if selection.at_least_s is not None and not (took_s is not None and took_s >= selection.at_least_s):
        return False
    if selection.at_most_s is not None and not (took_s is not None and took_s <= selection.at_most_s):
        return False
    if selection.failures:
        failure = row.get("code") or "", masked([row.get("message") or ""])[0]
        if row["state"] != "Failed" or failure not in selection.failures:
            return False
    return (
        (not selection.workflows or not workflows_of(row).isdisjoint(selection.workflows))
        and any(selection.text.lower() in (row.get(name) or "").lower() for name in SEARCHED)
        and (not selection.only_picked or row[next(iter(CELLS[level]))] in selection.picked)
    )


def workflows_of(row: Row) -> set[str | None]:
    """Return the workflows of a row; only None if there are none."""
    ids = row["workflow_ids"] if "workflow_ids" in row else row["workflow_id"]
    return {part.strip() for part in (ids or "").split(",")} - {""} or {None}


def seconds_between(begin: datetime | None, end: datetime | None) -> float | None:
    """Return how long something took, None if nobody knows."""
    return (end - begin).total_seconds() if begin and end else None
