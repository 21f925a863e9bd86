"""How long things waited, ran and took in all, on any engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from cijob_analysis.metrics.portable.engine import SECOND, TIMES, is_finished, micros, opened, whole

if TYPE_CHECKING:
    from datetime import datetime


def add_durations(frame: Any, *, as_of: datetime | str | None = None) -> Any:
    """Add how long each row waited, ran and took in all; see `cijob_analysis.metrics.add_durations`."""
    table = opened(frame, texts=["state"], times=TIMES)
    internal = ["_state", *(f"_{name}" for name in TIMES)]
    rows = table.rows.with_columns(is_censored=~is_finished())
    created, started = nw.col("_created_at"), nw.col("_started_at")
    until = end_of(nw.col("is_censored"), micros(as_of))
    waited_until = started
    if as_of is not None:
        waited_until = nw.when(nw.col("is_censored") & started.is_null()).then(until).otherwise(started)
    rows = rows.with_columns(
        queue_wait_s=seconds(waited_until - created),
        run_time_s=seconds(until - started),
        turnaround_s=seconds(until - created),
    )
    added = ["queue_wait_s", "run_time_s", "turnaround_s", "is_censored"]
    names = [name for name in rows.collect_schema().names() if name not in {*internal, *added}]
    return table.native_kind(rows.select(*names, *added))


def end_of(is_under_way: nw.Expr, now: int | None) -> nw.Expr:
    """Return the column ``_ended_at``; of what is under way `now`, missing if nobody knows it."""
    if now is None:
        return nw.when(~is_under_way).then(nw.col("_ended_at"))
    return nw.when(is_under_way).then(whole(now)).otherwise(nw.col("_ended_at"))


def seconds(micros: nw.Expr) -> nw.Expr:
    """Return microseconds as seconds."""
    return micros.cast(nw.Float64) / SECOND
