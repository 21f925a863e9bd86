"""How many rows are in which state, on any engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.portable.engine import Table, opened, state_number, whole

if TYPE_CHECKING:
    from cijob_analysis.metrics.groups import By


def state_counts(frame: Any, *, by: By = None) -> Any:
    """Count the rows in each state; see `cijob_analysis.metrics.state_counts`. The states are text."""
    table = opened(frame, by=by, texts=["state"])
    if "state" in table.by:
        raise ConfigurationError("by='state': the states of each group are counted; name other columns")
    unknown, has_missing = other_states(table)
    names: list[str | None] = [*schema.STATES, *unknown, *([None] if has_missing else [])]
    counted = table.grouped(table.rows, "_state", n=nw.len()).with_columns(nw.col("n").cast(nw.Int64))
    counted = counted.with_columns(_number=state_number(nw.col("_state"), unknown))
    cells = table.with_numbers("_number", [range(len(names))]).with_columns(n=whole(0))
    everything = nw.concat([counted.select(*table.by, "_number", "n"), cells.select(*table.by, "_number", "n")])
    counts = table.grouped(everything, "_number", n=nw.col("n").sum()).with_columns(nw.col("n").cast(nw.Int64))
    total = table.over(nw.col("n").sum()).cast(nw.Float64)
    counts = counts.with_columns(_total=total).with_columns(
        state=state_name(nw.col("_number"), unknown),
        share=nw.when(nw.col("_total") > 0).then(nw.col("n") / nw.col("_total")).otherwise(nw.lit(0.0)),
    )
    return table.closed(counts, "_number", columns=["state", "n", "share"])


def other_states(table: Table) -> tuple[list[str], bool]:
    """Return the unknown states that occur in the column ``_state``, sorted, and whether one is missing."""
    found = [
        state for (state,) in table.fetched(table.rows.group_by("_state").agg(nw.len().alias("n")).select("_state"))
    ]
    return sorted(state for state in found if state is not None and state not in schema.STATES), None in found


def state_name(number: nw.Expr, unknown: list[str]) -> nw.Expr:
    """Return the state that a number of `state_number` stands for; missing for those after all others."""
    names = [*schema.STATES, *unknown]
    name: nw.Expr = nw.when(number == len(names) - 1).then(nw.lit(names[-1]))
    for place, state in reversed([*enumerate(names[:-1])]):
        name = nw.when(number == place).then(nw.lit(state)).otherwise(name)
    return name
