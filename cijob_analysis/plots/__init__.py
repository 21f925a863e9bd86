"""Pictures: frame in, Axes out; figures without pyplot, nothing global is touched."""

from cijob_analysis.plots.canvas import describe
from cijob_analysis.plots.comparison import plot_comparison
from cijob_analysis.plots.concurrency import plot_concurrency
from cijob_analysis.plots.durations import plot_durations
from cijob_analysis.plots.failures import plot_failures
from cijob_analysis.plots.heatmap import plot_heatmap
from cijob_analysis.plots.spectrum import plot_spectrum
from cijob_analysis.plots.states import plot_states
from cijob_analysis.plots.states_over_time import plot_states_over_time
from cijob_analysis.plots.throughput import plot_throughput
from cijob_analysis.plots.timeline import plot_timeline
from cijob_analysis.plots.topology import plot_topology
from cijob_analysis.plots.workflows import plot_workflows

__all__ = [
    "describe",
    "plot_comparison",
    "plot_concurrency",
    "plot_durations",
    "plot_failures",
    "plot_heatmap",
    "plot_spectrum",
    "plot_states",
    "plot_states_over_time",
    "plot_throughput",
    "plot_timeline",
    "plot_topology",
    "plot_workflows",
]
