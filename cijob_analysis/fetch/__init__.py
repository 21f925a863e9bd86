"""Fetching: what the service has, in frames and snapshots."""

from cijob_analysis.fetch.batch_jobs import fetch_batch_jobs
from cijob_analysis.fetch.executions import fetch_executions
from cijob_analysis.fetch.resources import fetch_queues, fetch_workflows
from cijob_analysis.fetch.snapshots import fetch_snapshot
from cijob_analysis.fetch.tasks import fetch_tasks

__all__ = [
    "fetch_batch_jobs",
    "fetch_executions",
    "fetch_queues",
    "fetch_snapshot",
    "fetch_tasks",
    "fetch_workflows",
]
