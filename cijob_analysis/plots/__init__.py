"""Pictures: frame in, Axes out; figures without pyplot, nothing global is touched."""

from cijob_analysis.plots.canvas import describe
from cijob_analysis.plots.durations import plot_durations
from cijob_analysis.plots.states import plot_states
from cijob_analysis.plots.timeline import plot_timeline
from cijob_analysis.plots.workflows import plot_workflows

__all__ = ["describe", "plot_durations", "plot_states", "plot_timeline", "plot_workflows"]
