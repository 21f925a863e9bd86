"""How many are finished per minute, hour or day, on any engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from cijob_analysis.metrics.calendar import check_period, periods, zone_of
from cijob_analysis.metrics.portable.engine import is_finished, opened, whole

if TYPE_CHECKING:
    from datetime import tzinfo

    from numpy.typing import NDArray

    from cijob_analysis.metrics.groups import By


def throughput(frame: Any, *, per: str = "hour", by: By = None, tz: tzinfo | str | None = None) -> Any:
    """Count what came to an end per minute, hour or day; see `cijob_analysis.metrics.rates`. `at` is in UTC.

    When the first and the last one ended is asked at once, whatever the engine.
    """
    check_period(per)
    zone = zone_of(tz)
    table = opened(frame, by=by, texts=["state"], times=["ended_at"])
    ended = table.rows.filter(is_finished() & ~nw.col("_ended_at").is_null())
    ((first, last),) = table.fetched(
        ended.select(nw.col("_ended_at").min().alias("first"), nw.col("_ended_at").max().alias("last"))
    )
    runs = [range(0)] if first is None else _runs(periods(int(first), int(last), per, zone))
    counted = table.grouped(ended.with_columns(at=_begin(runs)), "at", n=nw.len())
    every = table.with_numbers("at", runs).with_columns(n=whole(0))
    names = [*table.by, "at", "n"]
    both = nw.concat([counted.with_columns(nw.col("n").cast(nw.Int64)).select(*names), every.select(*names)])
    counts = table.grouped(both, "at", n=nw.col("n").sum()).with_columns(nw.col("n").cast(nw.Int64))
    return table.closed(counts, "at", columns=["at", "n"], times=["at"])


def _runs(starts: NDArray[np.int64]) -> list[range]:
    """Return rising numbers as ranges: the hours of most zones are one, the days one for each change of the clocks."""
    if len(starts) == 1:
        return [range(int(starts[0]), int(starts[0]) + 1)]
    step = np.diff(starts)
    # What lies between two ranges belongs to the first: each of them reaches to the begin of the next.
    first = np.flatnonzero(np.diff(step, prepend=0))
    ends = np.append(starts[first[1:]], starts[-1] + 1)
    return [range(int(starts[at]), int(end), int(step[at])) for at, end in zip(first, ends, strict=True)]


def _begin(runs: list[range]) -> nw.Expr:
    """Return when the period begins in which `_ended_at` lies."""
    at = nw.col("_ended_at")
    begin = at
    for place, run in enumerate(runs):
        here = run.start + (at - run.start) // run.step * run.step
        begin = nw.when(at >= run.start).then(here).otherwise(begin) if place else here
    # The last period may be longer than those before it.
    return nw.when(begin > runs[-1][-1]).then(whole(runs[-1][-1])).otherwise(begin) if runs[-1] else begin
