"""Tasks for the tools of others: traces for Perfetto, event logs for process mining."""

from cijob_analysis.traces.event_log import write_event_log
from cijob_analysis.traces.trace import write_trace

__all__ = ["write_event_log", "write_trace"]
