"""Tasks by the million for benchmarks: skewed durations, twenty workflows, some failures, whole seconds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cijob_analysis import schema

STATES = ("Success", "Failed", "Cancel")
SHARES = (0.93, 0.05, 0.02)
WORKFLOWS = 20
DAYS = 30
_FIRST = 1_767_225_600  # 2026-01-01 UTC


def many_tasks(n: int, seed: int = 0) -> pd.DataFrame:
    """Return `n` finished tasks of 30 days, with the columns and dtypes that a fetch gives."""
    random = np.random.default_rng(seed)
    created = _FIRST + np.sort(random.integers(0, DAYS * 86_400, n))
    started = created + random.lognormal(4, 1.2, n).astype(np.int64)
    ended = started + random.lognormal(4.5, 1.0, n).astype(np.int64) + 1
    workflows = np.array([f"w{number:032x}" for number in range(WORKFLOWS)])
    chosen = np.minimum(random.geometric(0.15, n) - 1, WORKFLOWS - 1)
    return pd.DataFrame(
        {
            "task_id": pd.Series(np.char.mod("j%032x", np.arange(n)), dtype=schema.TEXT),
            "workflow_id": pd.Series(workflows[chosen], dtype=schema.TEXT),
            "state": pd.Categorical.from_codes(
                np.array([schema.STATES.index(state) for state in STATES])[random.choice(3, n, p=SHARES)],
                dtype=pd.CategoricalDtype(list(schema.STATES)),
            ),
            **{name: _times(values) for name, values in _named(created, started, ended)},
        }
    )


def _named(*values: np.ndarray) -> list[tuple[str, np.ndarray]]:
    return list(zip(("created_at", "started_at", "ended_at"), values, strict=True))


def _times(seconds: np.ndarray) -> pd.Series:
    return pd.Series(seconds.astype("datetime64[s]").astype("datetime64[us]")).dt.tz_localize("UTC")
