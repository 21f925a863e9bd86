"""Answers: frame in, frame out; no I/O, no clock, no pictures."""

from cijob_analysis.metrics.durations import add_durations
from cijob_analysis.metrics.lanes import pack_lanes
from cijob_analysis.metrics.states import state_counts
from cijob_analysis.metrics.summary import duration_summary
from cijob_analysis.metrics.workflows import workflow_distribution

__all__ = ["add_durations", "duration_summary", "pack_lanes", "state_counts", "workflow_distribution"]
