"""How complete the tasks of a file are, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cijob_analysis.ledger import ledger_of
from cijob_analysis.snapshot import Snapshot

if TYPE_CHECKING:
    import pandas as pd


def summary_of(data: pd.DataFrame | Snapshot) -> str:
    """Return how many there are, as of when, in UTC, and what is missing."""
    return data.summary("UTC") if isinstance(data, Snapshot) else ledger_of(data).line(len(data), "task", "UTC")
