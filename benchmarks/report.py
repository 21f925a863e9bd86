"""The six-figure report over a million tasks: ours, plain pandas, Polars; and concurrency alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from benchmarks.manytasks import many_tasks
from benchmarks.table import Bar
from benchmarks.timing import in_turn
from cijob_analysis import concurrency, duration_summary, makespan, state_counts, throughput

ROWS = 1_000_000
ROUNDS = 5
QUANTILES = (0.5, 0.9, 0.95, 0.99)

PANDAS_LIMIT = 4.5
POLARS_LIMIT = 1.0
CONCURRENCY_LIMIT = 5.0


def run(rows: int = ROWS) -> list[Bar]:
    """Make the report three ways, check that they agree, and compare their times."""
    frame = many_tasks(rows)
    native = pl.from_pandas(frame).with_columns(pl.col("state").cast(pl.String))
    report: dict[str, Callable[[], dict[str, Any]]] = {
        "ours": lambda: ours(frame),
        "pandas": lambda: plain_pandas(frame),
        "polars": lambda: polars(native),
    }
    _check(*(make() for make in report.values()))
    rounds = in_turn({name: _seconds(make) for name, make in report.items()}, ROUNDS)
    steps = {"ours": lambda: concurrency(frame), "pandas": lambda: pandas_concurrency(frame)}
    alone = in_turn({name: _seconds(make) for name, make in steps.items()}, ROUNDS)
    what = f"report: state counts, workflow × state, p50–p99, throughput, makespan, concurrency of {rows:,} tasks"
    return [
        Bar(
            what=what,
            ours=rounds.shown("ours", "ms", scale=1e3),
            peer=rounds.shown("pandas", "ms", scale=1e3, label="plain pandas"),
            value=rounds.ratio("pandas", "ours"),
            unit="× as fast as plain pandas",
            limit=PANDAS_LIMIT,
            at_least=True,
        ),
        Bar(
            what=what,
            ours=rounds.shown("ours", "ms", scale=1e3),
            peer=rounds.shown("polars", "ms", scale=1e3, label="Polars"),
            value=rounds.ratio("polars", "ours"),
            unit="× as fast as Polars",
            limit=POLARS_LIMIT,
            at_least=True,
        ),
        Bar(
            what=f"report: concurrency alone of {rows:,} tasks",
            ours=alone.shown("ours", "ms", scale=1e3),
            peer=alone.shown("pandas", "ms", scale=1e3, label="plain pandas"),
            value=alone.ratio("pandas", "ours"),
            unit="× as fast as plain pandas",
            limit=CONCURRENCY_LIMIT,
            at_least=True,
        ),
    ]


def ours(frame: pd.DataFrame) -> dict[str, Any]:
    """Return the report by the functions of the package."""
    by = "workflow_id"
    run_times = duration_summary(frame, by=by, duration="run_time_s")
    return {
        "states": state_counts(frame)["n"],
        "workflow × state": state_counts(frame, by=by)["n"],
        "p50–p99": run_times[["p50", "p90", "p95", "p99"]],
        "throughput": throughput(frame)["n"],
        "makespan": makespan(frame, by=by)["makespan_s"],
        "concurrency": concurrency(frame)["n"],
    }


def plain_pandas(frame: pd.DataFrame) -> dict[str, Any]:
    """Return the report as one would write it in a notebook."""
    by = "workflow_id"
    run_time_s = (frame["ended_at"] - frame["started_at"]).dt.total_seconds()
    groups = frame.groupby(by)
    return {
        "states": frame["state"].value_counts(sort=False),
        "workflow × state": frame.groupby([by, "state"], observed=False).size(),
        "p50–p99": run_time_s.groupby(frame[by]).quantile(np.array(QUANTILES)).unstack(),
        "throughput": frame.set_index("ended_at").resample("1h").size(),
        "makespan": (groups["ended_at"].max() - groups["created_at"].min()).dt.total_seconds(),
        "concurrency": pandas_concurrency(frame)["n"],
    }


def pandas_concurrency(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the steps of concurrency by adding up the events of each instant."""
    at = pd.concat([frame["started_at"], frame["ended_at"]], ignore_index=True)
    events = pd.DataFrame({"at": at, "change": np.repeat([1, -1], len(frame))})
    total = events.groupby("at")["change"].sum()
    return total[total != 0].cumsum().reset_index(name="n")


def polars(frame: pl.DataFrame) -> dict[str, Any]:
    """Return the report by Polars expressions."""
    by = "workflow_id"
    run_time_s = (pl.col("ended_at") - pl.col("started_at")).dt.total_microseconds() / 1e6
    events = pl.concat(
        [
            frame.select(at="started_at", change=pl.lit(1, pl.Int64)),
            frame.select(at="ended_at", change=pl.lit(-1, pl.Int64)),
        ]
    )
    steps = events.group_by("at").agg(pl.col("change").sum()).filter(pl.col("change") != 0).sort("at")
    return {
        "states": frame["state"].value_counts(),
        "workflow × state": frame.group_by(by, "state").len(),
        "p50–p99": frame.group_by(by)
        .agg(run_time_s.quantile(q, "linear").alias(f"p{100 * q:g}") for q in QUANTILES)
        .sort(by),
        "throughput": frame.group_by(pl.col("ended_at").dt.truncate("1h")).len().sort("ended_at"),
        "makespan": frame.group_by(by)
        .agg(makespan_s=(pl.col("ended_at").max() - pl.col("created_at").min()).dt.total_microseconds() / 1e6)
        .sort(by),
        "concurrency": steps.select(n=pl.col("change").cum_sum()),
    }


def _seconds(make: Callable[[], object]) -> Callable[[], float]:
    def measure() -> float:
        began = time.perf_counter()
        kept = make()
        taken = time.perf_counter() - began
        del kept
        return taken

    return measure


def _check(mine: dict[str, Any], pandas_s: dict[str, Any], polars_s: dict[str, Any]) -> None:
    """Raise unless the three say the same."""
    same = [
        mine["states"].sum() == pandas_s["states"].sum() == polars_s["states"]["count"].sum(),
        sorted(n for n in mine["workflow × state"] if n) == sorted(polars_s["workflow × state"]["len"].to_list()),
        np.array_equal(mine["workflow × state"], pandas_s["workflow × state"]),
        np.allclose(mine["p50–p99"], pandas_s["p50–p99"], rtol=1e-9, atol=0),
        np.allclose(mine["p50–p99"], polars_s["p50–p99"].drop("workflow_id").to_numpy(), rtol=1e-9, atol=0),
        np.array_equal(mine["throughput"], pandas_s["throughput"]),
        np.allclose(mine["makespan"], pandas_s["makespan"], rtol=1e-9, atol=0),
        np.array_equal(mine["concurrency"], pandas_s["concurrency"]),
        np.array_equal(mine["concurrency"], polars_s["concurrency"]["n"].to_numpy()),
    ]
    if not all(same):
        raise RuntimeError(f"the reports differ: {same}")
