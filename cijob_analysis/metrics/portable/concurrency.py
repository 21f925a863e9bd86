"""How many run, or wait, at once, on any engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.intervals import KINDS
from cijob_analysis.metrics.portable.durations import end_of, seconds
from cijob_analysis.metrics.portable.engine import (
    SECOND,
    TIMES,
    Rows,
    Table,
    flag,
    is_finished,
    micros,
    missing,
    opened,
    whole,
)

if TYPE_CHECKING:
    from datetime import datetime

    from cijob_analysis.metrics.groups import By

_HOUR = 3600 * SECOND


def concurrency(frame: Any, *, of: str = "running", by: By = None, as_of: datetime | str | None = None) -> Any:
    """Count how many rows run, or wait, at once; see `cijob_analysis.metrics.concurrency`."""
    table = opened(frame, by=by, texts=["state"], times=TIMES)
    return table.closed(_steps(table, of, micros(as_of)), "at", columns=["at", "n"], times=["at"])


def concurrency_summary(frame: Any, *, of: str = "running", by: By = None, as_of: datetime | str | None = None) -> Any:
    """Summarise how many rows run, or wait, at once; see `cijob_analysis.metrics.concurrency_summary`."""
    table = opened(frame, by=by, texts=["state"], times=TIMES)
    steps = _steps(table, of, micros(as_of))
    if table.by:
        nothing = table.groups().with_columns(at=missing(whole(0)), n=whole(0), change=whole(0))
        steps = nw.concat([steps, nothing.select(*table.by, "at", "n", "change")])
    # From the first step to the last, L, the area is the sum of change · (L − at): it is taken in hours and what is
    # left of them, since the sum of change · at does not fit into 64 bits.
    change, at, last = nw.col("change"), nw.col("at"), nw.col("last_at")
    steps = steps.with_columns(hours=change * (at // _HOUR), rests=change * (at % _HOUR))
    sums = table.grouped(
        steps,
        max=nw.col("n").max(),
        first_at=at.min(),
        last_at=at.max(),
        open=change.sum(),
        hours=nw.col("hours").sum(),
        rests=nw.col("rests").sum(),
    ).with_columns(nw.col("max", "open", "hours", "rests").fill_null(0).cast(nw.Int64))
    hours = nw.col("open") * (last // _HOUR) - nw.col("hours")
    rests = nw.col("open") * (last % _HOUR) - nw.col("rests")
    sums = sums.with_columns(area_s=seconds((hours * _HOUR + rests).fill_null(0)))
    sums = sums.with_columns(mean=nw.when(last > nw.col("first_at")).then(_mean()))
    return table.closed(
        sums, columns=["max", "mean", "area_s", "first_at", "last_at", "open"], times=["first_at", "last_at"]
    )


def _mean() -> nw.Expr:
    return nw.col("area_s") / seconds(nw.col("last_at") - nw.col("first_at"))


def _steps(table: Table, of: str, now: int | None) -> Rows:
    """Return the steps of each group: `at` (microseconds), the `change` there, and `n` from then on.

    The running sum is taken within each hour, and starts there with what it is at the end of the hours before; so
    the only sort of a whole group is one of its hours.
    """
    events = _events(table, of, now)
    changes = table.grouped(events, "at", change=nw.col("change").sum()).with_columns(nw.col("change").cast(nw.Int64))
    changes = changes.filter(nw.col("change") != 0).with_columns(hour=nw.col("at") // _HOUR, is_step=whole(1))
    hours = table.grouped(changes, "hour", first=nw.col("at").min(), total=nw.col("change").sum())
    before = table.over(nw.col("total").cum_sum(), order_by="hour") - nw.col("total")
    hours = hours.with_columns(at=nw.col("first") - 1, change=before.cast(nw.Int64), is_step=whole(0))
    names = [*table.by, "hour", "at", "change", "is_step"]
    steps = nw.concat([changes.select(*names), hours.select(*names)])
    running = table.over(nw.col("change").cum_sum(), "hour", order_by="at").cast(nw.Int64)
    return steps.with_columns(n=running).filter(nw.col("is_step") == 1).select(*table.by, "at", "n", "change")


def _events(table: Table, of: str, now: int | None) -> Rows:
    """Return +1 where an interval begins, and −1 where one ends, as `at` and `change`."""
    if of not in KINDS:
        raise ConfigurationError(f"of={of!r} is none of {', '.join(KINDS)}")
    started = nw.col("_started_at")
    begin = started if of == "running" else nw.col("_created_at")
    is_open = ~is_finished()
    end = end_of(is_open, now)
    if of == "queued":
        end = nw.when(~started.is_null()).then(started).otherwise(end)
        is_open = is_open & started.is_null()
    rows = table.rows.with_columns(_begin=begin, _end=end, _open=flag(is_open) if now is None else whole(0))
    is_closed = nw.col("_begin") < nw.col("_end")
    there = rows.filter((flag(is_closed) == 1) | ((nw.col("_open") == 1) & ~nw.col("_begin").is_null()))
    begins = there.select(*table.by, nw.col("_begin").alias("at"), whole(1).alias("change"))
    ends = there.filter(nw.col("_open") == 0).select(*table.by, nw.col("_end").alias("at"), whole(-1).alias("change"))
    return nw.concat([begins, ends])
