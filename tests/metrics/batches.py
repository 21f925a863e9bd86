"""Batches with a known end: c places, first come, first served; and what is seen of them at an instant."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heapify, heappop, heappush, heapreplace
from typing import Any

import numpy as np
import pandas as pd

from cijob_analysis import schema

BEGIN = pd.Timestamp("2026-03-01 00:00", tz="UTC")


@dataclass(frozen=True)
class Batch:
    """What happens to the objects of a batch job, each of which goes through `nodes` nodes one after the other.

    The rows are one task each: object, node, and when it was created, started and ended [s], and whether it fails.
    """

    rows: pd.DataFrame

    @property
    def end(self) -> float:
        return float(self.rows["ended"].max())

    def at(self, second: float, **cells: Any) -> pd.DataFrame:
        """Return the tasks as they are seen `second` seconds after the beginning."""
        seen = self.rows[self.rows["created"] <= second]
        is_over, runs = seen["ended"] <= second, seen["started"] <= second
        ended = np.where(seen["fails"], "Failed", "Success")
        states = np.where(is_over, ended, np.where(runs, "Running", "Submitted"))
        frame = pd.DataFrame(
            {
                "task_id": [f"j{number}" for number in seen.index],
                "run_id": [f"i{number}" for number in seen["object"]],
                "batch_job_id": "b1",
                "workflow_id": "w1",
                "node": [f"node {number}" for number in seen["node"]],
                "task_type": [f"Type{number}" for number in seen["node"]],
                "queue_id": "p1",
                "state": pd.Categorical(states, categories=schema.STATES),
                "created_at": instants(seen["created"]),
                "started_at": instants(seen["started"].where(runs)),
                "ended_at": instants(seen["ended"].where(is_over)),
            }
        )
        return frame.assign(**cells)


def instants(seconds: pd.Series) -> pd.DatetimeIndex:
    """Return times in whole seconds, as the service gives them."""
    values = np.floor(seconds.to_numpy(np.float64))
    # `to_timedelta` of pandas 2.2 rounds what it has left undefined where a number is missing, and may warn of that.
    ticks = np.where(np.isnan(values), 0, values).astype(np.int64).astype("m8[s]")
    return pd.DatetimeIndex(
        BEGIN + pd.TimedeltaIndex(np.where(np.isnan(values), np.timedelta64("NaT"), ticks))
    ).as_unit("us")


def random_batch(
    seed: int, *, objects: int | None = None, places: int | None = None, nodes: int | None = None, failing: float = 0.02
) -> Batch:
    """Return a batch of random size whose run times are skewed in one of four ways; the same for the same seed."""
    random = np.random.default_rng(seed)
    drawn = (int(random.integers(30, 300)), int(random.integers(2, 20)), int(random.integers(1, 4)))
    n, c, k = (given or one for given, one in zip((objects, places, nodes), drawn, strict=True))
    typical = random.uniform(10, 120, (k, 1))
    spread = random.uniform(0.3, 1.0)
    shapes = (
        np.exp(spread * random.standard_normal((k, n))),
        random.gamma(spread**-2, spread**2, (k, n)),
        np.where(random.random((k, n)) < 0.7, 1, 6) * np.exp(0.2 * random.standard_normal((k, n))),
        random.exponential(1, (k, n)),
    )
    lasts = np.maximum(1, np.rint(typical * shapes[random.integers(len(shapes))]))
    found = np.sort(random.uniform(0, 0.05 * lasts.sum() / c, n))
    return first_come_first_served(found, lasts, random.random((k, n)) < failing, c)


def first_come_first_served(found: np.ndarray[Any, Any], lasts: Any, fails: Any, places: int) -> Batch:
    """Return what one queue makes of objects that come at `found`; a task that fails is the last one of its object."""
    free = [0.0] * places
    line = [(float(time), number, 0) for number, time in enumerate(found)]
    heapify(line)
    rows = []
    while line:
        created, number, node = heappop(line)
        started = max(created, free[0])
        ended = started + float(lasts[node, number])
        heapreplace(free, ended)
        rows.append((number, node, created, started, ended, bool(fails[node, number])))
        if not fails[node, number] and node + 1 < len(lasts):
            heappush(line, (ended, number, node + 1))
    return Batch(pd.DataFrame(rows, columns=["object", "node", "created", "started", "ended", "fails"]))
