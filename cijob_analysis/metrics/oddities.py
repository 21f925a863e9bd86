"""Rows that contradict themselves, each other, or the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.metrics.durations import as_of_for
from cijob_analysis.metrics.groups import state_codes
from cijob_analysis.metrics.inputs import frame_of
from cijob_analysis.metrics.instants import NEVER, instants
from cijob_analysis.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from numpy.typing import NDArray

    Found = tuple[str, str, NDArray[np.bool_]]

_TIMES: Final = ("created_at", "started_at", "ended_at")
_PARENTS: Final = (
    ("tasks", "executions", "run_id", "execution"),
    ("tasks", "batch_jobs", "batch_job_id", "batch job"),
    ("executions", "batch_jobs", "batch_job_id", "batch job"),
)

KINDS: Final = (
    "ends before it starts",
    "starts before it is created",
    "running with an end time",
    "waiting with an end time",
    "succeeded without a start time",
    "succeeded without an end time",
    "succeeded in no time",
    "in the future",
    "id more than once",
    "unknown state",
    "no state",
    "created before its execution",
    "created before its batch job",
    "ended after its execution",
    "ended after its batch job",
)
"""Kinds of anomalies, in the order in which they are returned; the first ones as a fetch's ledger names them."""


def anomalies(data: pd.DataFrame | Snapshot, *, as_of: datetime | str | None = None) -> pd.DataFrame:
    """Find the rows that are odd: all of them, where a fetch's ledger keeps some as examples.

    Parameters
    ----------
    data : DataFrame or Snapshot
        Batch jobs, executions or tasks. Of a snapshot all three levels are looked at, and whether their times go with
        those of their parents.
    as_of : datetime, Timestamp or ISO text with a zone, optional
        When it was true; what the snapshot or the frame's ledger says if not given. Later times are in the future; if
        nobody knows when it was true, none are.

    Returns
    -------
    DataFrame
        A row for each anomaly, so that a row that is odd twice is there twice: `noun` (task, execution, batch job),
        `id`, `kind`, `column` where it is seen, `value` that stands there as text, and `row`, its position in its frame
        (int64). They are sorted by the order of `KINDS`, the tasks first, then by position.

        A wait of no time is not odd, nor is a Failed task that never started. A task that was cancelled may have any
        times that do not contradict each other.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        `as_of` is no time or has no zone.
    """
    if isinstance(data, Snapshot):
        given = data.as_of if as_of is None else as_of
        frames = {level: getattr(data, level) for level in reversed(schema.LEVELS)}
    else:
        given = as_of
        frames = {"": frame_of(data)}
    parts = []
    for level, frame in frames.items():
        found = [
            *_own(frame, as_of_for(frame, given)),
            *(_of_parents(data, level) if isinstance(data, Snapshot) else ()),
        ]
        parts += [_rows(frame, *one) for one in found if one[2].any()]
    if not parts:
        return _rows(next(iter(frames.values())).iloc[:0], KINDS[0], "state", np.zeros(0, bool))
    together = pd.concat(parts, ignore_index=True)
    order = together["kind"].map({kind: number for number, kind in enumerate(KINDS)})
    return together.iloc[np.argsort(order.to_numpy(), kind="stable")].reset_index(drop=True)


def _own(frame: pd.DataFrame, now: np.datetime64) -> Iterator[Found]:
    """Yield kind, column and which rows are odd, for what a frame shows by itself."""
    codes, names = state_codes(frame)
    created, started, ended = (instants(frame, name) for name in _TIMES)
    is_in = {state: codes == names.index(state) for state in schema.STATES}
    is_over = np.any([is_in[state] for state in schema.TERMINAL], axis=0)
    success, running = is_in["Success"], is_in["Running"]
    yield "ends before it starts", "ended_at", ended < started
    yield "starts before it is created", "started_at", started < created
    yield "running with an end time", "ended_at", running & ~np.isnat(ended)
    yield "waiting with an end time", "ended_at", ~is_over & ~running & ~np.isnat(ended)
    yield "succeeded without a start time", "started_at", success & np.isnat(started)
    yield "succeeded without an end time", "ended_at", success & np.isnat(ended)
    yield "succeeded in no time", "ended_at", success & (ended == started)
    for name, times in zip(_TIMES, (created, started, ended), strict=True):
        yield "in the future", name, times > now
    key = schema.key_of(frame)
    yield "id more than once", key, (frame[key].duplicated(keep=False) & frame[key].notna()).to_numpy(bool)
    yield "unknown state", "state", np.array([name not in (*schema.STATES, None) for name in names])[codes]
    yield "no state", "state", np.array([name is None for name in names])[codes]


def _of_parents(data: Snapshot, level: str) -> Iterator[Found]:
    """Yield kind, column and which rows of a level of a snapshot do not go with their parents."""
    child: pd.DataFrame = getattr(data, level)
    for own, above, key, noun in _PARENTS:
        if own != level:
            continue
        parent = getattr(data, above).dropna(subset=[key]).drop_duplicates(key)
        place = pd.Index(parent[key].astype(object)).get_indexer(pd.Index(child[key].astype(object)))
        created, ended = (np.append(instants(parent, name), NEVER)[place] for name in ("created_at", "ended_at"))
        ended[~np.append(parent["state"].isin(schema.TERMINAL).to_numpy(bool), False)[place]] = NEVER
        yield f"created before its {noun}", "created_at", instants(child, "created_at") < created
        is_over = child["state"].isin(schema.TERMINAL).to_numpy(bool)
        yield f"ended after its {noun}", "ended_at", is_over & (instants(child, "ended_at") > ended)


def _rows(frame: pd.DataFrame, kind: str, column: str, is_odd: NDArray[np.bool_]) -> pd.DataFrame:
    """Return a row for each odd one."""
    row = np.flatnonzero(is_odd)
    odd = frame.iloc[row]
    if column in _TIMES:
        value = pd.Series(np.datetime_as_string(instants(odd, column), unit="s")).where(odd[column].notna().to_numpy())
        value = value.str.replace("T", " ").str.cat(["Z"] * len(row))
    else:
        value = odd[column]
    return pd.DataFrame(
        {
            "noun": pd.Series(schema.noun_of(frame), range(len(row)), dtype=schema.TEXT),
            "id": odd[schema.key_of(frame)].astype(schema.TEXT).array,
            "kind": pd.Series(kind, range(len(row)), dtype=schema.TEXT),
            "column": pd.Series(column, range(len(row)), dtype=schema.TEXT),
            "value": value.astype(schema.TEXT).array,
            "row": row.astype(np.int64),
        }
    )
