"""Explore Tencent Cloud Infinite (CI) batch jobs: fetch them into DataFrames, measure, plot, hand on."""

from __future__ import annotations

from importlib import import_module

__version__ = "0.1.0"

TYPE_CHECKING = False  # what type checkers take for true; importing `typing` would take a quarter of our time
if TYPE_CHECKING:
    from cijob_analysis.answers import Answer as Answer
    from cijob_analysis.answers import read_answer as read_answer
    from cijob_analysis.archive import Archive as Archive
    from cijob_analysis.exceptions import AccessDenied as AccessDenied
    from cijob_analysis.exceptions import APIError as APIError
    from cijob_analysis.exceptions import CIJobError as CIJobError
    from cijob_analysis.exceptions import ConfigurationError as ConfigurationError
    from cijob_analysis.exceptions import JobNotFound as JobNotFound
    from cijob_analysis.exceptions import ResponseFormatError as ResponseFormatError
    from cijob_analysis.exceptions import SchemaError as SchemaError
    from cijob_analysis.exceptions import ServiceBusy as ServiceBusy
    from cijob_analysis.exceptions import TransportError as TransportError
    from cijob_analysis.fetch import fetch_batch_jobs as fetch_batch_jobs
    from cijob_analysis.fetch import fetch_executions as fetch_executions
    from cijob_analysis.fetch import fetch_queues as fetch_queues
    from cijob_analysis.fetch import fetch_snapshot as fetch_snapshot
    from cijob_analysis.fetch import fetch_tasks as fetch_tasks
    from cijob_analysis.fetch import fetch_workflows as fetch_workflows
    from cijob_analysis.files import read_csv as read_csv
    from cijob_analysis.files import read_parquet as read_parquet
    from cijob_analysis.files import write_csv as write_csv
    from cijob_analysis.files import write_parquet as write_parquet
    from cijob_analysis.following import follow as follow
    from cijob_analysis.ledger import Ledger as Ledger
    from cijob_analysis.local import LocalService as LocalService
    from cijob_analysis.local import Workload as Workload
    from cijob_analysis.metrics import add_durations as add_durations
    from cijob_analysis.metrics import anomalies as anomalies
    from cijob_analysis.metrics import compare as compare
    from cijob_analysis.metrics import concurrency as concurrency
    from cijob_analysis.metrics import concurrency_summary as concurrency_summary
    from cijob_analysis.metrics import cost as cost
    from cijob_analysis.metrics import critical_path as critical_path
    from cijob_analysis.metrics import duration_summary as duration_summary
    from cijob_analysis.metrics import eta as eta
    from cijob_analysis.metrics import failure_clusters as failure_clusters
    from cijob_analysis.metrics import failure_counts as failure_counts
    from cijob_analysis.metrics import list_prices as list_prices
    from cijob_analysis.metrics import makespan as makespan
    from cijob_analysis.metrics import queue_saturation as queue_saturation
    from cijob_analysis.metrics import replay as replay
    from cijob_analysis.metrics import state_counts as state_counts
    from cijob_analysis.metrics import states_over_time as states_over_time
    from cijob_analysis.metrics import stragglers as stragglers
    from cijob_analysis.metrics import throughput as throughput
    from cijob_analysis.metrics import what_if as what_if
    from cijob_analysis.metrics import workflow_distribution as workflow_distribution
    from cijob_analysis.plots import describe as describe
    from cijob_analysis.plots import plot_comparison as plot_comparison
    from cijob_analysis.plots import plot_concurrency as plot_concurrency
    from cijob_analysis.plots import plot_durations as plot_durations
    from cijob_analysis.plots import plot_failures as plot_failures
    from cijob_analysis.plots import plot_heatmap as plot_heatmap
    from cijob_analysis.plots import plot_spectrum as plot_spectrum
    from cijob_analysis.plots import plot_states as plot_states
    from cijob_analysis.plots import plot_states_over_time as plot_states_over_time
    from cijob_analysis.plots import plot_throughput as plot_throughput
    from cijob_analysis.plots import plot_timeline as plot_timeline
    from cijob_analysis.plots import plot_topology as plot_topology
    from cijob_analysis.plots import plot_workflows as plot_workflows
    from cijob_analysis.report import write_report as write_report
    from cijob_analysis.schema import State as State
    from cijob_analysis.service.client import Client as Client
    from cijob_analysis.service.credentials import Credentials as Credentials
    from cijob_analysis.service.plan import Plan as Plan
    from cijob_analysis.service.retry import RetryPolicy as RetryPolicy
    from cijob_analysis.snapshot import Snapshot as Snapshot
    from cijob_analysis.snapshot import read_snapshot as read_snapshot
    from cijob_analysis.traces import write_event_log as write_event_log
    from cijob_analysis.traces import write_trace as write_trace
    from cijob_analysis.widgets import Explorer as Explorer
    from cijob_analysis.widgets import Monitor as Monitor
    from cijob_analysis.widgets import Selection as Selection
    from cijob_analysis.widgets import explore as explore
    from cijob_analysis.widgets import monitor as monitor

_HOME = {
    "Client": "service.client",
    "Credentials": "service.credentials",
    "RetryPolicy": "service.retry",
    "LocalService": "local",
    "Workload": "local",
    "fetch_snapshot": "fetch",
    "fetch_batch_jobs": "fetch",
    "fetch_executions": "fetch",
    "fetch_tasks": "fetch",
    "fetch_queues": "fetch",
    "fetch_workflows": "fetch",
    "follow": "following",
    "Snapshot": "snapshot",
    "Plan": "service.plan",
    "Ledger": "ledger",
    "Archive": "archive",
    "read_snapshot": "snapshot",
    "read_answer": "answers",
    "Answer": "answers",
    "State": "schema",
    "state_counts": "metrics",
    "add_durations": "metrics",
    "duration_summary": "metrics",
    "throughput": "metrics",
    "concurrency": "metrics",
    "concurrency_summary": "metrics",
    "makespan": "metrics",
    "workflow_distribution": "metrics",
    "states_over_time": "metrics",
    "failure_counts": "metrics",
    "failure_clusters": "metrics",
    "stragglers": "metrics",
    "eta": "metrics",
    "compare": "metrics",
    "critical_path": "metrics",
    "queue_saturation": "metrics",
    "replay": "metrics",
    "what_if": "metrics",
    "anomalies": "metrics",
    "cost": "metrics",
    "list_prices": "metrics",
    "plot_states": "plots",
    "plot_states_over_time": "plots",
    "plot_durations": "plots",
    "plot_timeline": "plots",
    "plot_concurrency": "plots",
    "plot_throughput": "plots",
    "plot_workflows": "plots",
    "plot_failures": "plots",
    "plot_heatmap": "plots",
    "plot_topology": "plots",
    "plot_spectrum": "plots",
    "plot_comparison": "plots",
    "describe": "plots",
    "explore": "widgets",
    "Explorer": "widgets",
    "Selection": "widgets",
    "monitor": "widgets",
    "Monitor": "widgets",
    "write_csv": "files",
    "read_csv": "files",
    "write_parquet": "files",
    "read_parquet": "files",
    "write_trace": "traces",
    "write_event_log": "traces",
    "write_report": "report",
    "CIJobError": "exceptions",
    "ConfigurationError": "exceptions",
    "TransportError": "exceptions",
    "APIError": "exceptions",
    "AccessDenied": "exceptions",
    "JobNotFound": "exceptions",
    "ServiceBusy": "exceptions",
    "ResponseFormatError": "exceptions",
    "SchemaError": "exceptions",
}
"""Where each public name lives; it is imported when first asked for, so the package itself loads in no time."""

__all__ = [*_HOME]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
