"""What failed, counted by code and masked message, on any engine."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw

from cijob_analysis import schema
from cijob_analysis.metrics.failures.masking import MASKS
from cijob_analysis.metrics.portable.durations import seconds
from cijob_analysis.metrics.portable.engine import column_names, flag, opened, whole


def failure_counts(frame: Any) -> Any:
    """Count what failed by code and masked message; see `cijob_analysis.metrics.failure_counts`."""
    there = [name for name in ("code", "message", "object_key") if name in column_names(frame)]
    table = opened(frame, texts=["state", *there], times=["started_at", "ended_at"])
    code = nw.col("_code").fill_null("") if "code" in there else nw.lit("")
    pattern = _masked(nw.col("_message").fill_null("")) if "message" in there else nw.lit("")
    objects = {"objects": nw.col("_object_key").n_unique()} if "object_key" in there else {}
    failed = table.rows.filter(nw.col("_state") == schema.State.FAILED.value)
    rows = failed.with_columns(code=code, pattern=pattern, ran=nw.col("_ended_at") - nw.col("_started_at"))
    if objects:
        rows = rows.with_columns(no_object=flag(nw.col("_object_key").is_null()))
        objects["no_object"] = nw.col("no_object").max()
    counts = rows.group_by("code", "pattern").agg(
        n=nw.len(),
        first_at=nw.col("_ended_at").min(),
        last_at=nw.col("_ended_at").max(),
        ran=nw.col("ran").sum(),
        **objects,
    )
    n_objects = nw.col("objects") - nw.col("no_object") if objects else whole(0)  # one without a key was counted, too
    counts = counts.with_columns(
        nw.col("n").cast(nw.Int64),
        objects=n_objects.cast(nw.Int64),
        run_time_s=seconds(nw.col("ran").cast(nw.Int64)),
        fewer=0 - nw.col("n").cast(nw.Int64),
    )
    columns = ["code", "pattern", "n", "objects", "first_at", "last_at", "run_time_s"]
    return table.closed(counts, "fewer", "code", "pattern", columns=columns, times=["first_at", "last_at"])


def _masked(message: nw.Expr) -> nw.Expr:
    for expression, mask in MASKS:
        message = message.str.replace_all(expression, mask)
    return message
