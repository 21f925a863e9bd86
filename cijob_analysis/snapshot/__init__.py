"""Snapshots: all three levels at one instant, as a value, and as a folder."""

from cijob_analysis.schema import LEVELS
from cijob_analysis.snapshot.files import read_snapshot
from cijob_analysis.snapshot.value import Snapshot

__all__ = ["LEVELS", "Snapshot", "read_snapshot"]
