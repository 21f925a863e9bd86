"""How states and series look: colour-blind safe, and told apart in grey by their hatches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cijob_analysis.schema import STATES

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Look:
    """How one state or series is drawn.

    Attributes
    ----------
    color : str
        Of areas.
    edge : str
        Of their edges and hatches.
    hatch : str
        As matplotlib writes it.
    line : str
        Colour of lines, dark enough on white.
    dashes : str
        Line style.
    """

    color: str
    edge: str
    hatch: str
    line: str
    dashes: str = "-"

    def patch(self) -> dict[str, Any]:
        """Return the properties of an area."""
        return {"facecolor": self.color, "edgecolor": self.edge, "hatch": self.hatch or None, "linewidth": 0.8}

    def stroke(self) -> dict[str, Any]:
        """Return the properties of a line."""
        return {"color": self.line, "linestyle": self.dashes, "linewidth": 1.5}


GREY: Final = "#777777"
NO_STATE: Final = "no state"

STATE_LOOKS: Final = {
    "Submitted": Look("#E0E0E0", GREY, "", GREY),
    "Running": Look("#56B4E9", "#20648C", "...", "#56B4E9"),
    "Pause": Look("#555555", "white", "xxx", "#555555"),
    "Success": Look("#0072B2", "white", "", "#0072B2"),
    "Failed": Look("#D55E00", "white", "////", "#D55E00"),
    "Cancel": Look("#999999", "#555555", "\\\\\\\\", "#999999"),
}
_UNKNOWN_LOOKS: Final = (
    Look("#C9B79C", "#6B5B45", "++", "#8A7758"),
    Look("#8A7758", "white", "oo", "#8A7758"),
    Look("#EFE6D8", "#6B5B45", "**", "#6B5B45"),
)
_NO_STATE_LOOK: Final = Look("white", "black", "||", "black")
_SERIES_COLORS: Final = ("#332288", "#44AA99", "#CC6677", "#999933", "#882255", "#117733", "#88CCEE", "#AA4499")
_SERIES_DASHES: Final = ("-", "--", "-.", ":")


def looks_of(states: Sequence[str | None]) -> list[Look]:
    """Return how each of `states` looks: the known ones always the same, unknown ones in turn, None as no state."""
    unknown = [state for state in states if state is not None and state not in STATES]
    turns = {state: _UNKNOWN_LOOKS[turn % len(_UNKNOWN_LOOKS)] for turn, state in enumerate(unknown)}
    return [_NO_STATE_LOOK if state is None else (STATE_LOOKS | turns)[state] for state in states]


def series_looks(n: int) -> list[Look]:
    """Return how each of `n` series looks that are no states."""
    return [
        Look(color, color, "", color, _SERIES_DASHES[(number // len(_SERIES_COLORS)) % len(_SERIES_DASHES)])
        for number, color in enumerate(_SERIES_COLORS[number % len(_SERIES_COLORS)] for number in range(n))
    ]
