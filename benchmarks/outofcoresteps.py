"""The parts of `benchmarks.outofcore`, each to be run as a process: write, duckdb, pandas, compare."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

import cijob_analysis as ci
from benchmarks.manytasks import many_tasks
from cijob_analysis import schema
from cijob_analysis.ledger import Ledger

BY = "workflow_id"
REPORT: dict[str, Callable[[Any], Any]] = {
    "states": lambda tasks: ci.state_counts(tasks),
    "states_by_workflow": lambda tasks: ci.state_counts(tasks, by=BY),
    "durations_by_workflow": lambda tasks: ci.duration_summary(tasks, by=BY),
    "throughput": lambda tasks: ci.throughput(tasks),
    "makespan_by_workflow": lambda tasks: ci.makespan(tasks, by=BY),
    "concurrency": lambda tasks: ci.concurrency(tasks),
}
"""What is asked of the frame, and of the relation."""

USED = ["task_id", "workflow_id", "state", "created_at", "started_at", "ended_at"]


def write(archive: str, rows: str, months: str) -> None:
    """Keep `rows` tasks for each of `months`."""
    for month in range(int(months)):
        tasks = many_tasks(int(rows), seed=month)
        for name in ("created_at", "started_at", "ended_at"):
            tasks[name] += pd.Timedelta(days=31 * month)
        tasks["task_id"] = f"j{month:02}" + tasks["task_id"].str[3:]
        missing = [column.name for column in schema.TASKS if column.name not in tasks]
        full = pd.concat([tasks, schema.empty(schema.TASKS)[missing].reindex(tasks.index)], axis="columns")
        full = full[[column.name for column in schema.TASKS]]
        full.attrs["ledger"] = Ledger((), datetime(2027, 6, 1, tzinfo=UTC))
        ci.Archive(archive).merge(ci.Snapshot(tasks=full, as_of=datetime(2027, 6, 1, tzinfo=UTC)))


def by_duckdb(archive: str, folder: str, memory_limit: str) -> None:
    """Ask the relation, and write each answer as Parquet."""
    connection = duckdb.connect()
    connection.execute(f"SET memory_limit = '{memory_limit}'")
    connection.execute(f"SET temp_directory = '{folder}/spilled'")
    connection.execute("SET TimeZone = 'UTC'")
    tasks = ci.Archive(archive).scan("tasks", connection=connection)
    for name, ask in REPORT.items():
        began = time.perf_counter()
        ask(tasks).write_parquet(f"{folder}/duckdb-{name}.parquet")
        print(f"{name} {time.perf_counter() - began:.1f} s", file=sys.stderr, flush=True)


def by_pandas(archive: str, folder: str) -> None:
    """Ask the frame, and write each answer as Parquet."""
    tasks = ci.Archive(archive).scan("tasks").project(", ".join(USED)).to_arrow_table().to_pandas()
    tasks["state"] = tasks["state"].astype(pd.CategoricalDtype(list(schema.STATES)))
    for name, ask in REPORT.items():
        ask(tasks).to_parquet(f"{folder}/pandas-{name}.parquet")


def compare(folder: str) -> int:
    """Return how many cells differ: counts and times at all, other numbers by more than 1e-9."""
    differences = 0
    for name in REPORT:
        one, other = (pd.read_parquet(Path(folder) / f"{engine}-{name}.parquet") for engine in ("duckdb", "pandas"))
        keys = [column for column in other if not pd.api.types.is_numeric_dtype(other[column])]
        one, other = (_ordered(frame, keys) for frame in (one, other))
        for column in other:
            a, b = one[column].to_numpy(), other[column].to_numpy()
            if len(a) != len(b):
                differences += abs(len(a) - len(b))
            elif np.issubdtype(b.dtype, np.floating):
                differences += int((~np.isclose(a.astype(float), b, rtol=1e-9, atol=0, equal_nan=True)).sum())
            else:
                differences += int((a != b).sum())
    return differences


def _ordered(frame: pd.DataFrame, keys: list[Any]) -> pd.DataFrame:
    """Return `frame` sorted by `keys`, texts and states as text, times in UTC."""
    kinds = {
        name: schema.UTC if isinstance(frame[name].dtype, pd.DatetimeTZDtype) else "str"
        for name in keys
    }  # fmt: skip
    return frame.astype(kinds).sort_values(keys)


def main(step: str, *arguments: str) -> None:
    """Do one part, and print its figures."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    steps: dict[str, Callable[..., int | None]] = {
        "write": write,
        "duckdb": by_duckdb,
        "pandas": by_pandas,
        "compare": compare,
    }
    found = steps[step](*arguments)
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    print(json.dumps({"seconds": time.perf_counter() - began, "peak": peak, "differences": found or 0}))


if __name__ == "__main__":
    main(*sys.argv[1:])
