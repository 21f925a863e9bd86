"""Snapshots of workflows for tests: executions and tasks written as their few interesting cells."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.ledger import Ledger, LedgerEntry
from cijob_analysis.snapshot import Snapshot
from tests.builders import AS_OF

W1, W2 = "w" + "1" * 32, "w" + "2" * 32
DIAMOND = {"Start": "Cut", "Cut": "High,Low", "High": "Pack", "Low": "Pack", "Pack": "End"}


def topology_text(dependencies: Mapping[str, Any], types: Mapping[str, str] | None = None) -> str:
    """Return the JSON text of a topology; every node is of type Transcode if `types` does not say otherwise."""
    followers = (name for text in dependencies.values() for name in text.split(","))
    names = dict.fromkeys([*dependencies, *followers])
    known = {"Start": "Start", "End": "End"} | dict(types or {})
    nodes = {name: {"Type": known.get(name, "Transcode")} for name in names if name != "End"}
    return json.dumps({"Dependencies": dict(dependencies), "Nodes": nodes})


def second(value: float | None) -> pd.Timestamp | None:
    """Return a time `value` seconds after 2026-03-01 10:00 UTC."""
    return None if value is None else pd.Timestamp("2026-03-01T10:00", tz="UTC") + pd.Timedelta(seconds=value)


def frame(columns: tuple[schema.Column, ...], rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return a frame of the declared columns; what a row does not name is missing, times are `second`s."""
    given = list(rows)
    made = schema.empty(columns).reindex(range(len(given)))
    for column in columns:
        cells = [row.get(column.name) for row in given]
        if column.dtype == schema.UTC:
            made[column.name] = pd.Series([second(cell) for cell in cells], dtype="datetime64[ns, UTC]").astype(
                schema.UTC
            )
        elif column.dtype == schema.STATE:
            states = schema.in_order(cell for cell in cells if cell is not None)
            made[column.name] = pd.Series(pd.Categorical(cells, categories=states))
        else:
            made[column.name] = pd.Series(cells, dtype=column.dtype)
    made.attrs["ledger"] = Ledger((LedgerEntry(request="GET /jobs", rows=len(given)),), AS_OF)
    return made


def task(node: str | None, *times: float | None, run: int = 1, state: str = "Success", **more: Any) -> dict[str, Any]:
    """Return a task of an execution, with its creation, start and end."""
    created, started, ended = (*times, None, None, None)[:3]
    row = {"node": node, "run_id": f"i{run}", "state": state, "workflow_id": W1, "task_type": "Transcode"}
    return {**row, "created_at": created, "started_at": started, "ended_at": ended, **more}


def snapshot(
    *tasks: Mapping[str, Any],
    workflows: Mapping[str, str] | None = None,
    executions: Iterable[Mapping[str, Any]] | None = None,
) -> Snapshot:
    """Return a snapshot of `tasks`.

    Each execution that they name is there, created at second 0 and finished, if `executions` are not given.
    `workflows` are texts of topologies by ids; that of `W1` is a diamond.
    """
    texts = {W1: topology_text(DIAMOND)} if workflows is None else workflows
    runs = {row["run_id"]: row["workflow_id"] for row in tasks if row["run_id"] is not None}
    default = [
        {"run_id": run, "workflow_id": workflow, "state": "Success", "created_at": 0} for run, workflow in runs.items()
    ]
    return Snapshot(
        executions=frame(schema.EXECUTIONS, default if executions is None else executions),
        tasks=frame(schema.TASKS, ({"task_id": f"j{number}", **row} for number, row in enumerate(tasks))),
        workflows=frame(
            schema.WORKFLOWS,
            ({"workflow_id": key, "name": f"flow {key[:2]}", "topology": text} for key, text in texts.items()),
        ),
        as_of=AS_OF,
    )


def many_executions(n: int, *, seed: int = 0) -> Snapshot:
    """Return `n` executions of a diamond, finished on one day, made of random numbers in no time."""
    random = np.random.default_rng(seed)
    begin = np.datetime64("2026-03-01T00:00", "us") + np.sort((random.random(n) * 10 * 3600e6).astype("m8[us]"))
    ready = {"Cut": begin}
    columns: dict[str, list[Any]] = {"created_at": [], "started_at": [], "ended_at": []}
    for node, median_s in {"Cut": 7, "High": 90, "Low": 45, "Pack": 8}.items():
        created = ready[node]
        started = created + (random.lognormal(2, 0.8, n) * 1e6).astype("m8[us]")
        ended = started + (median_s * random.lognormal(0, 0.4, n) * 1e6).astype("m8[us]")
        for name, times in zip(columns, (created, started, ended), strict=True):
            columns[name].append(times)
        for after in DIAMOND[node].split(","):
            ready[after] = np.maximum(ready.get(after, ended), ended)
    run_ids = np.array([f"i{number:032x}" for number in range(n)], object)
    tasks = schema.empty(schema.TASKS).reindex(range(4 * n))
    executions = schema.empty(schema.EXECUTIONS).reindex(range(n))
    for rows, ids in ((tasks, np.tile(run_ids, 4)), (executions, run_ids)):
        rows["run_id"] = pd.Series(ids, dtype=schema.TEXT)
        rows["workflow_id"] = pd.Series(W1, rows.index, dtype=schema.TEXT)
        rows["state"] = pd.Categorical(["Success"] * len(rows), categories=schema.in_order([]))
    executions["created_at"] = pd.Series(begin).dt.tz_localize("UTC")
    tasks["task_id"] = pd.Series([f"j{number}" for number in range(4 * n)], dtype=schema.TEXT)
    tasks["node"] = pd.Series(np.repeat(list(DIAMOND)[1:], n), dtype=schema.TEXT)
    for name, parts in columns.items():
        tasks[name] = pd.Series(np.concatenate(parts)).dt.tz_localize("UTC")
    return Snapshot(executions=executions, tasks=tasks, workflows=snapshot().workflows, as_of=AS_OF)
