"""Answers: frame in, frame out; no I/O, no clock, no pictures."""

from cijob_analysis.metrics.concurrency import concurrency, concurrency_summary
from cijob_analysis.metrics.durations import add_durations
from cijob_analysis.metrics.lanes import pack_lanes
from cijob_analysis.metrics.makespan import makespan
from cijob_analysis.metrics.states import state_counts
from cijob_analysis.metrics.summary import duration_summary
from cijob_analysis.metrics.throughput import throughput
from cijob_analysis.metrics.workflows import workflow_distribution

__all__ = [
    "add_durations",
    "concurrency",
    "concurrency_summary",
    "duration_summary",
    "makespan",
    "pack_lanes",
    "state_counts",
    "throughput",
    "workflow_distribution",
]
