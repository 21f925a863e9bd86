"""Dashboards for notebooks: controls around the selections, metrics and pictures, which work without them, too."""

from cijob_analysis.widgets.explorer import Explorer, explore
from cijob_analysis.widgets.monitoring import Monitor, monitor
from cijob_analysis.widgets.selection import Selection

__all__ = ["Explorer", "Monitor", "Selection", "explore", "monitor"]
