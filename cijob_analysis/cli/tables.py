"""What a snapshot says, as text and tables for a terminal."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from cijob_analysis.ledger import clock_text, counted, grouped
from cijob_analysis.metrics import duration_summary, failure_clusters, state_counts
from cijob_analysis.schema import LEVELS, TERMINAL, noun_of
from cijob_analysis.words import seconds

if TYPE_CHECKING:
    from cijob_analysis.metrics import FailureClusters
    from cijob_analysis.snapshot import Snapshot

MOST_ROWS: Final = 8
"""How many rows a table has; the rest is counted."""
WIDTH: Final = 110
"""How many characters a line of text has."""


def summary(snapshot: Snapshot, tz: str) -> str:
    """Return what a snapshot says, for a terminal: states of each level, durations, and why tasks failed."""
    parts = [headline(snapshot, tz)]
    if len(snapshot.batch_jobs):
        parts.append(states_table(snapshot))
    if len(snapshot.tasks):
        parts.append(_durations(snapshot.tasks, "task_type"))
        clusters = failure_clusters(snapshot, tz=tz)
        if clusters:
            parts.append(_failures(clusters))
    elif len(snapshot.batch_jobs):
        parts.append(_durations(snapshot.batch_jobs, "type"))
    return "\n\n".join(parts)


def facts(snapshot: Snapshot) -> dict[str, Any]:
    """Return what a snapshot says, for machines: when it was taken, how complete it is, states of each level."""
    counts = {level: state_counts(getattr(snapshot, level)).dropna(subset=["state"]) for level in LEVELS}
    return {
        "as_of": None if snapshot.as_of is None else snapshot.as_of.isoformat(),
        "is_complete": snapshot.is_complete,
        "is_finished": snapshot.is_finished,
        "remarks": list(snapshot.completeness.remarks()),
        "states": {
            level: {str(state): int(n) for state, n in zip(found["state"], found["n"], strict=True)}
            for level, found in counts.items()
        },
    }


def headline(snapshot: Snapshot, tz: str) -> str:
    """Return how many rows of each level there are, as of when, and what is missing."""
    frames = [getattr(snapshot, level) for level in reversed(LEVELS)]
    counts = [counted(len(frame), noun_of(frame)) for frame in frames if len(frame)]
    time = "" if snapshot.as_of is None else f" as of {clock_text(snapshot.as_of, tz)}"
    return "; ".join([(" of ".join(counts) or "no batch jobs") + time, *snapshot.completeness.remarks()])


def states_table(snapshot: Snapshot) -> str:
    """Return how many rows of each level are in which state."""
    rows: dict[str, pd.Series[Any]] = {}
    for level in LEVELS:
        frame = getattr(snapshot, level)
        if len(frame):
            rows[level.replace("_", " ")] = state_counts(frame).set_index("state")["n"]
    if not rows:
        return ""
    counts = pd.DataFrame(rows).T.fillna(0).astype("int64")
    counts["all"] = counts.sum(axis=1)
    return counts.rename_axis(columns=None).to_string()


def _durations(frame: pd.DataFrame, kind: str) -> str:
    """Return how long rows of each kind waited and ran, the most frequent kinds first."""
    found = duration_summary(frame, by=kind)
    counts = frame[kind].value_counts(dropna=False)
    unfinished = frame.loc[~frame["state"].isin(TERMINAL), kind].value_counts(dropna=False)
    columns: dict[str, Any] = {
        f"{noun_of(frame)}s": counts,
        "unfinished": unfinished.reindex(counts.index, fill_value=0),
    }
    for duration, name in (("queue_wait_s", "wait"), ("run_time_s", "run")):
        rows = found.loc[found["duration"] == duration].set_index(kind).reindex(counts.index)
        columns |= {f"{name} {quantile}": rows[quantile].map(_readable) for quantile in ("p50", "p95")}
    table = pd.DataFrame(columns).rename_axis(index=None)
    table.index = pd.Index(["unknown" if pd.isna(label) else str(label) for label in table.index])
    text = table.head(MOST_ROWS).to_string()
    more = [f"and {counted(len(table) - MOST_ROWS, 'more kind')}"] if len(table) > MOST_ROWS else []
    if len(unfinished):
        more.append("Unfinished ones last at least so long: Kaplan–Meier; – where that cannot be told yet.")
    return "\n".join([text, *more])


def _failures(clusters: FailureClusters) -> str:
    """Return with what most tasks failed, and what these have in common."""
    lines = ["failed tasks"]
    for cluster in clusters[:MOST_ROWS]:
        message = f": {cluster.pattern}" if cluster.pattern else ""
        lines.append(f"{grouped(cluster.tasks):>12} {cluster.code or 'no code'}{message}")
        lines.append(fill(cluster.verdict, WIDTH, initial_indent=" " * 13, subsequent_indent=" " * 13))
    rest = sum(cluster.tasks for cluster in clusters[MOST_ROWS:])
    return "\n".join([*lines, *([f"and {counted(rest, 'other')}"] if rest else [])])


def _readable(value: float) -> str:
    """Return seconds as people say them."""
    return "–" if value != value else seconds(value)
