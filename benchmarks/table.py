"""Bars, and the table of how they were met."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One figure of ours, and the bar for it.

    Attributes
    ----------
    what : str
        What was measured.
    ours : str
        Our figure, with its unit.
    peer : str
        The figure of the peer, or of the naive way, with its name; empty if there is none.
    floor : str
        The figure of what nobody can be faster than, with its name; empty if there is none.
    value : float
        What the bar is for.
    unit : str
        What `value` and `limit` count, such as ``× as fast as the SDK``.
    limit : float
        The bar.
    at_least : bool
        Whether `value` has to reach `limit`, or to stay at or below it.
    """

    what: str
    ours: str
    peer: str = ""
    floor: str = ""
    value: float
    unit: str
    limit: float
    at_least: bool

    @property
    def holds(self) -> bool:
        """Whether the bar is met."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def markdown(bars: Iterable[Bar]) -> str:
    """Return `bars` as a table in Markdown."""
    lines = [
        "| what | ours | peer or naive way | floor | measured | bar | holds |",
        "|---|---|---|---|---|---|---|",
    ]
    for bar in bars:
        measured = f"{bar.value:.2f}" if bar.value < 10 else f"{bar.value:.1f}"
        cells = (
            bar.what,
            bar.ours,
            bar.peer or "–",
            bar.floor or "–",
            f"{measured} {bar.unit}",
            f"{'≥' if bar.at_least else '≤'} {bar.limit:g}",
            "yes" if bar.holds else "**no**",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
