"""Answers: frame in, frame out; no I/O, no clock, no pictures."""

from cijob_analysis.metrics.comparison.comparing import compare
from cijob_analysis.metrics.comparison.value import Comparison
from cijob_analysis.metrics.concurrent import concurrency, concurrency_summary
from cijob_analysis.metrics.durations import add_durations
from cijob_analysis.metrics.failures.clusters import failure_clusters
from cijob_analysis.metrics.failures.counts import failure_counts
from cijob_analysis.metrics.failures.value import FailureCluster, FailureClusters
from cijob_analysis.metrics.forecast.estimate import eta
from cijob_analysis.metrics.forecast.value import Eta
from cijob_analysis.metrics.hours import hour_by_weekday
from cijob_analysis.metrics.lanes import pack_lanes
from cijob_analysis.metrics.oddities import anomalies
from cijob_analysis.metrics.paths.critical import CriticalPath, critical_path
from cijob_analysis.metrics.paths.topology import Topology
from cijob_analysis.metrics.pricing.costs import Cost, cost
from cijob_analysis.metrics.pricing.prices import list_prices
from cijob_analysis.metrics.queues.replaying import replay, what_if
from cijob_analysis.metrics.queues.saturation import queue_saturation
from cijob_analysis.metrics.queues.value import Replay
from cijob_analysis.metrics.rates import throughput
from cijob_analysis.metrics.spans import makespan
from cijob_analysis.metrics.state_history import states_over_time
from cijob_analysis.metrics.states import state_counts
from cijob_analysis.metrics.straggling import stragglers
from cijob_analysis.metrics.summary import duration_summary
from cijob_analysis.metrics.workflows import workflow_distribution

__all__ = [
    "Comparison",
    "Cost",
    "CriticalPath",
    "Eta",
    "FailureCluster",
    "FailureClusters",
    "Replay",
    "Topology",
    "add_durations",
    "anomalies",
    "compare",
    "concurrency",
    "concurrency_summary",
    "cost",
    "critical_path",
    "duration_summary",
    "eta",
    "failure_clusters",
    "failure_counts",
    "hour_by_weekday",
    "list_prices",
    "makespan",
    "pack_lanes",
    "queue_saturation",
    "replay",
    "state_counts",
    "states_over_time",
    "stragglers",
    "throughput",
    "what_if",
    "workflow_distribution",
]
