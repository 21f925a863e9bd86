"""Horizontal bars of counts, one for each group, stacked by state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cijob_analysis.plots.canvas import integers, name_ticks, say_empty, state_legend, tidy, width_of
from cijob_analysis.plots.style import looks_of
from cijob_analysis.plots.words import number, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


def stacks_height(n_groups: int) -> float:
    """Return how high a picture of so many bars should be [inches]."""
    return 1.3 + 0.3 * max(n_groups, 2)


def draw_stacks(ax: Axes, counts: NDArray[np.int64], states: list[str | None], labels: list[str], noun: str) -> None:
    """Draw a bar for each row of `counts` (groups × states), the first one at the top, and write its sum at its end."""
    places = np.arange(len(labels))
    left = np.zeros(len(labels), np.int64)
    shown = []
    for n, state, look in zip(counts.T, states, looks_of(states), strict=True):
        if n.any():
            ax.barh(places, n, left=left, height=0.72, label=state or "no state", **look.patch())
            shown.append((state, look))
        left = left + n
    failed, longest = counts[:, states.index("Failed")], 0
    for place, total, bad in zip(places.tolist(), left.tolist(), failed.tolist(), strict=True):
        text = number(total) + (f", {percent(bad / total)} failed" if bad else "")
        longest = max(longest, len(text))
        ax.annotate(text, (total, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8)
    name_ticks(ax, list(places), labels)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    room = min((5 * longest + 10) / (0.8 * width_of(ax)), 0.5)  # for the sums, of about 5 points a character
    ax.set_xlim(0, max(left.max(initial=0), 1) / (1 - room))
    ax.set_xlabel(f"{noun}s")
    integers(ax.xaxis)
    tidy(ax)
    state_legend(ax, shown)
    if not shown:
        say_empty(ax, f"no {noun}s")


def stacks_description(
    counts: NDArray[np.int64], states: list[str | None], labels: list[str], noun: str, what: str
) -> str:
    """Return what `draw_stacks` has drawn, as the beginning of a sentence: the three largest bars by name."""
    totals, failed = counts.sum(axis=1), counts[:, states.index("Failed")]
    parts = [
        f"{label} {number(total)} ({percent(bad / total)} failed)"
        for label, total, bad in list(zip(labels, totals, failed, strict=True))[:3]
    ]
    more = f" and {len(labels) - 3} more" if len(labels) > 3 else ""
    text = f"Horizontal bars of {noun}s by {what}, stacked by state"
    return text + (f": {', '.join(parts)}{more}" if parts else "")
