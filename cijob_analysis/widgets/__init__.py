"""Dashboards for notebooks: controls around the selections, metrics and pictures, which work without them, too."""

from cijob_analysis.widgets.explorer import Explorer, explore
from cijob_analysis.widgets.selection import Selection

__all__ = ["Explorer", "Selection", "explore"]
