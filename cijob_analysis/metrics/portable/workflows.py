"""What each workflow, or kind of task, has done, on any engine."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw

from cijob_analysis.metrics.portable.durations import seconds
from cijob_analysis.metrics.portable.engine import column_names, is_finished, missing, opened, state_number
from cijob_analysis.metrics.portable.states import other_states, state_name

_KEYS = ["workflow_id", "tag"]


def workflow_distribution(frame: Any) -> Any:
    """Count rows, and add up run times, by workflow and state; see `cijob_analysis.metrics.workflow_distribution`.

    The states are text.
    """
    names = column_names(frame)
    column = "workflow_id" if "workflow_id" in names else "workflow_ids"
    texts = ["state", column, *(["tag"] if "tag" in names else [])]
    table = opened(frame, texts=texts, times=["started_at", "ended_at"])
    unknown, _ = other_states(table)
    rows = table.rows.with_columns(_ran=nw.when(is_finished()).then(nw.col("_ended_at") - nw.col("_started_at")))
    # Equal cells are counted before their texts are taken apart, which takes longer.
    cells = rows.group_by(*(f"_{name}" for name in texts)).agg(n=nw.len(), _ran=nw.col("_ran").sum())
    ids = nw.col(f"_{column}").str.replace_all(r"[ \t\r\n]*,[ \t\r\n,]*", ",").str.strip_chars(", \t\r\n")
    cells = cells.with_columns(
        _number=state_number(nw.col("_state"), unknown),
        workflow_id=_or_missing(ids),
        tag=_or_missing(nw.col("_tag")) if "tag" in names else missing(nw.lit("")),
    )
    cells = cells.with_columns(tag=nw.when(nw.col("workflow_id").is_null()).then(nw.col("tag")))
    cells = table.split(cells.select(*_KEYS, "_number", "n", "_ran"), "workflow_id")
    cells = cells.group_by(*_KEYS, "_number").agg(nw.col("n", "_ran").sum())
    cells = cells.with_columns(nw.col("n", "_ran").cast(nw.Int64))
    cells = cells.with_columns(_total=nw.col("n").sum().over(*_KEYS).cast(nw.Int64))
    cells = cells.with_columns(
        state=state_name(nw.col("_number"), unknown),
        share=nw.col("n").cast(nw.Float64) / nw.col("_total").cast(nw.Float64),
        run_time_s=seconds(nw.col("_ran")),
        _fewer=0 - nw.col("_total"),
    )
    columns = [*_KEYS, "state", "n", "share", "run_time_s"]
    return table.closed(cells, "_fewer", *_KEYS, "_number", columns=columns)


def _or_missing(text: nw.Expr) -> nw.Expr:
    """Return text without blanks around it, missing if nothing is left."""
    return nw.when(text.str.strip_chars() != "").then(text.str.strip_chars())
