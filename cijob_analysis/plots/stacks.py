"""Horizontal bars of counts or durations, one for each group, stacked by state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cijob_analysis.plots.canvas import integers, name_ticks, say_empty, state_legend, tidy, width_of
from cijob_analysis.plots.seconds_axis import seconds_axis
from cijob_analysis.plots.style import NO_STATE, looks_of
from cijob_analysis.words import letters, number, percent, seconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_NAME, _LEGEND = 4.9, 70
"""How wide a letter of a name at the left is, and the legend at the right [points]."""


def stacks_height(n_groups: int) -> float:
    """Return how high a picture of so many bars should be [inches]."""
    return 1.3 + 0.3 * max(n_groups, 2)


def draw_stacks(
    ax: Axes, amounts: NDArray[Any], states: list[str | None], labels: list[str], noun: str, duration: str = ""
) -> None:
    """Draw a bar for each group, the first one at the top, and write its sum at its end.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    amounts : array of int or float
        Groups × states: how many of `noun` there are, or how long their `duration` is together [s].
    states, labels : list of str
        What the columns and the rows are called.
    noun, duration : str
        What is counted, such as ``task``; and which of its durations is added up, such as ``run time``, if not the
        rows are.
    """
    places = np.arange(len(labels))
    left = np.zeros(len(labels), amounts.dtype)
    shown = []
    for amount, state, look in zip(amounts.T, states, looks_of(states), strict=True):
        if amount.any():
            ax.barh(places, amount, left=left, height=0.72, label=state or NO_STATE, **look.patch())
            shown.append((state, look))
        left = left + amount
    failed, longest = amounts[:, states.index("Failed")], 0
    for place, total, bad in zip(places.tolist(), left.tolist(), failed.tolist(), strict=True):
        text = _sum_text(total, bad, duration)
        longest = max(longest, len(text))
        ax.annotate(text, (total, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8)
    name_ticks(ax, list(places), labels)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    width = max(1.15 * width_of(ax) - _NAME * max(map(letters, labels), default=0) - _LEGEND, 1)
    room = min((5 * longest + 10) / width, 0.5)  # for the sums, of about 5 points a character
    ax.set_xlim(0, max(left.max(initial=0), 1) / (1 - room))
    if duration:
        seconds_axis(ax, log=False)
        ax.set_xlabel(f"{duration} of {noun}s in all")
    else:
        integers(ax.xaxis)
        ax.set_xlabel(f"{noun}s")
    tidy(ax)
    state_legend(ax, shown)
    if not shown:
        say_empty(ax, f"no {noun}s" + (f" with a {duration}" if len(labels) else ""))


def _sum_text(total: float, failed: float, duration: str) -> str:
    text = seconds(total) if duration else number(total)
    return text + (f", {percent(failed / total)} {'of it in ' * bool(duration)}failed" if failed else "")


def stacks_description(
    amounts: NDArray[Any], states: list[str | None], labels: list[str], noun: str, what: str, duration: str = ""
) -> str:
    """Return what `draw_stacks` has drawn, as the beginning of a sentence: the three largest bars by name."""
    totals, failed = amounts.sum(axis=1), amounts[:, states.index("Failed")]
    parts = [
        f"{label} {seconds(total) if duration else number(total)} ({percent(bad / max(total, 1e-9))} failed)"
        for label, total, bad in list(zip(labels, totals, failed, strict=True))[:3]
    ]
    more = f" and {len(labels) - 3} more" if len(labels) > 3 else ""
    text = f"Horizontal bars of {f'the {duration} of ' * bool(duration)}{noun}s by {what}, stacked by state"
    return text + (f": {', '.join(parts)}{more}" if parts else "")
