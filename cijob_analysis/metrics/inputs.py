"""What a metric or a picture is asked about: one frame, or a whole snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOWEST_FIRST = ("tasks", "executions", "batch_jobs")


def frame_of(data: pd.DataFrame | Snapshot) -> pd.DataFrame:
    """Return `data` itself, or the lowest level of a snapshot that has rows: its tasks, executions or batch jobs.

    Raises
    ------
    ConfigurationError
        `data` is neither a DataFrame nor a Snapshot.
    """
    if isinstance(data, pd.DataFrame):
        return data
    if isinstance(data, Snapshot):
        return next((frame for level in _LOWEST_FIRST if len(frame := getattr(data, level))), data.tasks)
    raise ConfigurationError(f"a DataFrame or a Snapshot is needed, not {type(data).__name__}")


def tasks_of(data: pd.DataFrame | Snapshot) -> pd.DataFrame:
    """Return the tasks of a snapshot, or `data` itself."""
    return data.tasks if isinstance(data, Snapshot) else frame_of(data)


def workflow_names(data: pd.DataFrame | Snapshot) -> Mapping[str, str]:
    """Return the names of workflows by their ids, as far as a snapshot knows them; a frame knows none."""
    if not isinstance(data, Snapshot):
        return {}
    named = data.workflows.dropna(subset=["workflow_id", "name"])
    return dict(zip(named["workflow_id"], named["name"], strict=True))
