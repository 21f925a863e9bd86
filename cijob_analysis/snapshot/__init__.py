"""Snapshots: all three levels at one instant, as a value, and as a folder."""

from cijob_analysis.snapshot.value import LEVELS, Snapshot

__all__ = ["LEVELS", "Snapshot"]
