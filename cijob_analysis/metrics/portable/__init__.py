"""The metrics that run on any engine: each defined once, in narwhals.

Each function is called like the one of the same name in `cijob_analysis.metrics`, and gives back the kind of frame
that it gets: a Polars DataFrame or LazyFrame, a DuckDB relation, a PySpark DataFrame. What is lazy stays lazy, but for
small questions that have to be asked first: which states there are, and when the first and the last one ended.

The columns are those of the pandas frame, with three differences: states are text, what is not known is null where
pandas has NaN, and times are in UTC or shown in the zone of the session, as the engine does.
"""

from cijob_analysis.metrics.portable.concurrency import concurrency, concurrency_summary
from cijob_analysis.metrics.portable.durations import add_durations
from cijob_analysis.metrics.portable.failures import failure_counts
from cijob_analysis.metrics.portable.makespan import makespan
from cijob_analysis.metrics.portable.states import state_counts
from cijob_analysis.metrics.portable.summary import duration_summary
from cijob_analysis.metrics.portable.throughput import throughput
from cijob_analysis.metrics.portable.workflows import workflow_distribution

__all__ = [
    "add_durations",
    "concurrency",
    "concurrency_summary",
    "duration_summary",
    "failure_counts",
    "makespan",
    "state_counts",
    "throughput",
    "workflow_distribution",
]
