"""Explore Tencent Cloud Infinite (CI) batch jobs: fetch them into pandas DataFrames, measure, plot, hand on."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from cijob_analysis.answers import Answer, read_answer
    from cijob_analysis.exceptions import (
        AccessDenied,
        APIError,
        CIJobError,
        ConfigurationError,
        JobNotFound,
        ResponseFormatError,
        SchemaError,
        ServiceBusy,
        TransportError,
    )
    from cijob_analysis.fetch import fetch_batch_jobs
    from cijob_analysis.files import read_csv, write_csv
    from cijob_analysis.ledger import Ledger
    from cijob_analysis.local import LocalService, Workload
    from cijob_analysis.metrics import add_durations, duration_summary, state_counts, workflow_distribution
    from cijob_analysis.plots import plot_durations, plot_states, plot_timeline, plot_workflows
    from cijob_analysis.schema import State
    from cijob_analysis.service.client import Client
    from cijob_analysis.service.credentials import Credentials
    from cijob_analysis.service.retry import RetryPolicy
    from cijob_analysis.widgets import Explorer, explore

_HOME = {
    "Client": "service.client",
    "Credentials": "service.credentials",
    "RetryPolicy": "service.retry",
    "LocalService": "local",
    "Workload": "local",
    "fetch_batch_jobs": "fetch",
    "Ledger": "ledger",
    "read_answer": "answers",
    "Answer": "answers",
    "State": "schema",
    "state_counts": "metrics",
    "add_durations": "metrics",
    "duration_summary": "metrics",
    "workflow_distribution": "metrics",
    "plot_states": "plots",
    "plot_durations": "plots",
    "plot_workflows": "plots",
    "plot_timeline": "plots",
    "explore": "widgets",
    "Explorer": "widgets",
    "write_csv": "files",
    "read_csv": "files",
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
"""Where each public name lives; it is imported when it is first asked for, so the package itself loads in no time."""

__all__ = [  # noqa: PLE0604 - the list is the table's
    *_HOME
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
