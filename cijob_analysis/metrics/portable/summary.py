"""Quantiles of the durations by group, on any engine."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from cijob_analysis import schema
from cijob_analysis.metrics.durations import durations_named
from cijob_analysis.metrics.portable.durations import end_of, seconds
from cijob_analysis.metrics.portable.engine import TIMES, Rows, Table, flag, is_finished, micros, opened, whole
from cijob_analysis.metrics.quantiles import ROUNDING
from cijob_analysis.metrics.summary import KAPLAN_MEIER, LINEAR, LINEAR_FINISHED, QUANTILES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cijob_analysis.metrics.groups import By

_NOTHING_LEFT = -1000.0
"""Stands for the logarithm of 0."""

_THOUSANDTHS = {name: round(1000 * q) for name, q in QUANTILES.items()}


def duration_summary(
    frame: Any,
    *,
    by: By = None,
    duration: str | Sequence[str] | None = None,
    as_of: datetime | str | None = None,
) -> Any:
    """Summarise how long things waited, ran and took in all; see `cijob_analysis.metrics.duration_summary`.

    Equal durations become one row that is counted, and quantiles are picked by running sums over these: no engine has
    to hold all durations of a group at once.
    """
    table = opened(frame, by=by, texts=["state"], times=TIMES)
    known, censored, value = nw.col("known"), nw.col("censored"), nw.col("value")
    observed = _observed(table, durations_named(duration), micros(as_of))
    values = table.grouped(observed, "place", "value", known=known.sum(), censored=censored.sum())
    values = values.with_columns(nw.col("known", "censored").cast(nw.Int64))
    values = values.with_columns(
        at_stake=nw.when(value.is_null()).then(whole(0)).otherwise(known + censored),
        is_open=nw.when(value.is_null()).then(censored).otherwise(whole(0)),
        seen=nw.when(known > 0).then(value),
    )
    values = values.with_columns(
        n=table.over(known.sum(), "place").cast(nw.Int64),
        up_to=table.over(known.cum_sum(), "place", order_by="value").cast(nw.Int64),
        all_at_stake=table.over(nw.col("at_stake").sum(), "place").cast(nw.Int64),
        gone=table.over(nw.col("at_stake").cum_sum(), "place", order_by="value").cast(nw.Int64),
    )
    values = values.with_columns(at_risk=nw.col("all_at_stake") - nw.col("gone") + nw.col("at_stake"))
    values = values.with_columns(factor=_log_of_what_stays())
    values = values.with_columns(log_left=table.over(nw.col("factor").cum_sum(), "place", order_by="value"))
    picks = _picks()
    sums = table.grouped(
        values.with_columns(**picks),
        "place",
        n=known.sum(),
        censored=censored.sum(),
        is_open=nw.col("is_open").sum(),
        longest=nw.col("seen").max(),
        **{name: nw.col(name).min() for name in picks},
    )
    sums = sums.with_columns(nw.col("n", "censored", "is_open").cast(nw.Int64))
    columns = ["duration", "n", "censored", *QUANTILES, "max", "method"]
    return table.closed(sums.with_columns(**_figures()), "place", columns=columns)


def _observed(table: Table, durations: list[str], now: int | None) -> Rows:
    """Return what is known of each of `durations`, by the rules of `cijob_analysis.metrics.durations.observations`.

    A row has the number of its duration, `place`, and its `value` (microseconds; missing if nobody knows it); 1 or 0
    for `known`, and for `censored`, which what is under way is. Each group has a row with neither for each duration.
    """
    created, started, ended = (nw.col(f"_{name}") for name in TIMES)
    finished, has_started = is_finished(), ~nw.col("_started_at").is_null()
    until = end_of(~finished, now)
    has_ended = finished & ~ended.is_null()
    gave_up = has_ended & (nw.col("_state") != schema.State.SUCCESS.value)
    waited_until = nw.when(has_started).then(started).otherwise(until)
    cases = {
        "queue_wait_s": (created, waited_until, has_started, gave_up | ~finished),
        "run_time_s": (started, until, has_ended, ~finished),
        "turnaround_s": (created, until, has_ended, ~finished),
    }
    names = [*table.by, "place", "value", "known", "censored"]
    blocks = []
    places = [schema.DURATIONS.index(name) for name in durations]
    for place, name in zip(places, durations, strict=True):
        begin, end, is_known, is_under_way = cases[name]
        rows = table.rows.filter(~begin.is_null() & (is_known | is_under_way))
        rows = rows.with_columns(place=whole(place), value=end - begin, known=flag(is_known), censored=flag(~is_known))
        blocks.append(rows.select(*names))
    every = table.with_numbers("place", [range(place, place + 1) for place in places])
    every = every.with_columns(value=whole(0), known=whole(0), censored=whole(0))
    return nw.concat([*blocks, every.select(*names)])


def _picks() -> dict[str, nw.Expr]:
    """Return for each quantile the values of which the smallest are: those below and above it, and Kaplan–Meier's."""
    n, up_to, seen = nw.col("n"), nw.col("up_to"), nw.col("seen")
    picks: dict[str, nw.Expr] = {}
    for name, thousandths in _THOUSANDTHS.items():
        below = (n - 1) * thousandths // 1000
        above = nw.when(below + 2 < n).then(below + 2).otherwise(n)
        most = log((1000 - thousandths) / 1000 + ROUNDING)
        picks[f"{name}_low"] = nw.when(up_to >= below + 1).then(seen)
        picks[f"{name}_high"] = nw.when(up_to >= above).then(seen)
        picks[f"{name}_left"] = nw.when(nw.col("log_left") <= most).then(nw.col("value"))
    return picks


def _log_of_what_stays() -> nw.Expr:
    """Return the logarithm of 1 − d/n, for d that end among n at risk."""
    known, at_risk = nw.col("known"), nw.col("at_risk")
    left = nw.when(known < at_risk).then(at_risk - known).otherwise(whole(1)).cast(nw.Float64)
    all_end = nw.when(known > 0).then(nw.lit(_NOTHING_LEFT)).otherwise(nw.lit(0.0))
    at_least_one = nw.when(at_risk > 0).then(at_risk).otherwise(whole(1)).cast(nw.Float64)
    return nw.when(known < at_risk).then((left / at_least_one).log()).otherwise(all_end)


def _figures() -> dict[str, nw.Expr]:
    """Return the columns of the summary that are not counts."""
    by_estimate = (nw.col("censored") > 0) & (nw.col("is_open") == 0)
    if_linear = nw.when(nw.col("is_open") > 0).then(nw.lit(LINEAR_FINISHED)).otherwise(nw.lit(LINEAR))
    figures = {
        "duration": _duration_name(),
        "max": seconds(nw.col("longest")),
        "method": nw.when(by_estimate).then(nw.lit(KAPLAN_MEIER)).otherwise(if_linear),
    }
    for name, thousandths in _THOUSANDTHS.items():
        fraction = ((nw.col("n") - 1) * thousandths % 1000).cast(nw.Float64) / 1000
        low, high, left = (nw.col(f"{name}_{side}").cast(nw.Float64) for side in ("low", "high", "left"))
        figures[name] = seconds(nw.when(by_estimate).then(left).otherwise(low + fraction * (high - low)))
    return figures


def _duration_name() -> nw.Expr:
    name = nw.lit(schema.DURATIONS[0])
    for place, duration in enumerate(schema.DURATIONS):
        name = nw.when(nw.col("place") == place).then(nw.lit(duration)).otherwise(name)
    return name
