"""From the first creation to the last end, on any engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from cijob_analysis.metrics.portable.durations import seconds
from cijob_analysis.metrics.portable.engine import flag, is_finished, micros, opened, whole

if TYPE_CHECKING:
    from datetime import datetime

    from cijob_analysis.metrics.groups import By


def makespan(frame: Any, *, by: By = None, as_of: datetime | str | None = None) -> Any:
    """Return how long it took from the first creation to the last end; see `cijob_analysis.metrics.spans`."""
    table, now = opened(frame, by=by, texts=["state"], times=["created_at", "ended_at"]), micros(as_of)
    rows = table.rows.with_columns(_ended=nw.when(is_finished()).then(nw.col("_ended_at")), _open=flag(~is_finished()))
    spans = table.grouped(
        rows,
        n=nw.len(),
        unfinished=nw.col("_open").sum(),
        first_created_at=nw.col("_created_at").min(),
        last_ended_at=nw.col("_ended").max(),
    ).with_columns(nw.col("n", "unfinished").cast(nw.Int64))
    spans = spans.with_columns(is_censored=nw.col("unfinished") > 0)
    last = nw.col("last_ended_at")
    if now is not None:
        is_later = nw.col("is_censored") & (last.is_null() | (last < now))
        spans = spans.with_columns(last_ended_at=nw.when(is_later).then(whole(now)).otherwise(last))
    return table.closed(
        spans.with_columns(makespan_s=seconds(last - nw.col("first_created_at"))),
        columns=["n", "unfinished", "first_created_at", "last_ended_at", "makespan_s", "is_censored"],
        times=["first_created_at", "last_ended_at"],
    )
