"""Axes of durations, with ticks at 1 s, 10 s, 1 min, 10 min, 1 h, 1 d."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.ticker import FuncFormatter, Locator, NullLocator

from cijob_analysis.words import seconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MINUTE, HOUR, DAY = 60, 3_600, 86_400
_SMALL: Final = tuple(factor * 10.0**power for power in range(-10, 0) for factor in (1, 2, 5))
_STEPS: Final = (
    *_SMALL, *(1, 2, 5, 10, 15, 30), *(MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(HOUR * n for n in (1, 2, 3, 6, 12)), *(DAY * factor * 10**power for power in range(4) for factor in (1, 2, 5)),
)  # fmt: skip
_DECADES: Final = (
    *(10.0**power for power in range(-6, 0)), 1, 10, MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY,
    *(DAY * 10**power for power in range(1, 5)),
)  # fmt: skip


class SecondsLocator(Locator):
    """Ticks at round durations [s], on a linear or a logarithmic axis."""

    def __init__(self, *, log: bool, most: int = 6) -> None:
        self._log, self._most = log, most

    def __call__(self) -> list[float]:
        """Return the places of the ticks in view."""
        assert self.axis is not None  # noqa: S101 - matplotlib sets it before it asks
        low, high = sorted(self.axis.get_view_interval())
        return self.tick_values(float(low), float(high))

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        """Return the round durations from `vmin` to `vmax`: at least two, and not too many."""
        if self._log and vmin > 0:
            for candidates in (_DECADES, _STEPS):
                ticks = [tick for tick in candidates if vmin <= tick <= vmax]
                if len(ticks) > 2:
                    return ticks[:: -(-len(ticks) // self._most)]
        step = next((step for step in _STEPS if (vmax - vmin) / step <= self._most), (vmax - vmin) / self._most)
        if step <= 0:
            return [vmin]
        return [float(tick) for tick in np.arange(np.ceil(vmin / step), np.floor(vmax / step) + 1) * step]


def seconds_axis(ax: Axes, *, log: bool) -> None:
    """Make the x axis of `ax` one of durations."""
    if log:
        ax.set_xscale("log")
        ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_locator(SecondsLocator(log=log))
    ax.xaxis.set_major_formatter(FuncFormatter(_label))


def _label(value: float, _: int | None = None) -> str:
    return seconds(value)
