"""Taking figures: contestants in turn, several rounds, and ratios within a round."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median


class Rounds:
    """Figures of some contestants, one per round each.

    Parameters
    ----------
    figures : mapping of str to list of float
        By contestant; all lists are equally long.
    """

    def __init__(self, figures: Mapping[str, list[float]]) -> None:
        self.figures = figures

    def median(self, name: str) -> float:
        """Return the median of a contestant's figures."""
        return median(self.figures[name])

    def ratio(self, name: str, other: str) -> float:
        """Return the median, over the rounds, of one's figure divided by the other's.

        What else the machine does changes from second to second; it hits both of a round alike.
        """
        return median(a / b for a, b in zip(self.figures[name], self.figures[other], strict=True))

    def shown(self, name: str, unit: str, *, scale: float = 1.0, label: str = "") -> str:
        """Return a contestant's median, and the range of its figures, as text."""
        low, middle, high = (f(self.figures[name]) * scale for f in (min, median, max))
        text = f"{_short(middle)} {unit} ({_short(low)}–{_short(high)})"
        return f"{label} {text}" if label else text


def in_turn(contestants: Mapping[str, Callable[[], float]], rounds: int) -> Rounds:
    """Ask each contestant for its figure once per round, in turn."""
    figures: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, measure in contestants.items():
            figures[name].append(measure())
    return Rounds(figures)


def processor_s(run: Callable[[], object]) -> float:
    """Return the processor time that `run` takes [s]: what other programs do meanwhile does not count.

    The garbage collector stays on, as in life; what lies about from before is cleared away first.
    """
    gc.collect()
    began = time.process_time()
    kept = run()
    taken = time.process_time() - began
    del kept  # freeing the result is not part of it
    return taken


def memory_mb(run: Callable[[], object]) -> float:
    """Return by how much the memory of this process grows at most while `run` does [MB], as Linux has it."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the most memory so far is from now on that of now
    before = _resident("VmRSS")
    run()
    return (_resident("VmHWM") - before) / 1e6


def _resident(name: str) -> int:
    """Return the memory of this process [bytes]."""
    with Path("/proc/self/status").open() as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def _short(number: float) -> str:
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"
