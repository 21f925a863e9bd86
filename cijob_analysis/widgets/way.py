"""Where one is in a dashboard: the levels to look at, and the way down that can be gone back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import ipywidgets

from cijob_analysis import schema
from cijob_analysis.words import number

if TYPE_CHECKING:
    from cijob_analysis.widgets.exploration import Step

_NAMES = {level: level.replace("_", " ") for level in schema.LEVELS}


class Way(ipywidgets.HBox):  # type: ignore[misc]
    """Buttons for the levels, and for each step of the way down.

    Parameters
    ----------
    counts : mapping of str to int
        The levels, and how many rows each has.
    look_at : callable
        Called with the level whose button is pressed.
    back : callable
        Called with the place of the step whose button is pressed.

    Attributes
    ----------
    levels : ipywidgets.ToggleButtons
        The levels.
    steps : tuple of ipywidgets.ToggleButton
        The steps; the last that is shown is where one is.
    """

    def __init__(self, counts: Mapping[str, int], look_at: Callable[[str], None], back: Callable[[int], None]) -> None:
        self._look_at, self._back = look_at, back
        options = [(f"{_NAMES[level].capitalize()} {number(n)}", level) for level, n in counts.items()]
        self.levels = ipywidgets.ToggleButtons(options=options, style={"button_width": "auto"})
        self.levels.observe(lambda change: look_at(change["new"]), names="value")
        self.steps = tuple(ipywidgets.ToggleButton(layout={"width": "auto"}) for _ in range(len(counts) + 1))
        for place, step in enumerate(self.steps):
            step.observe(self._go_back_to(place), names="value")
        crumbs = ipywidgets.HBox(self.steps)
        crumbs.add_class("cijob-steps")
        super().__init__((ipywidgets.HBox((ipywidgets.Label("Level"), self.levels)), crumbs))
        self.add_class("cijob-way")
        if len(counts) == 1:
            self.layout.display = "none"

    def show(self, steps: tuple[Step, ...]) -> None:
        """Show where one is and how one came there."""
        self.levels.value = steps[-1].level
        for place, button in enumerate(self.steps):
            is_there = place < len(steps) > 1
            button.layout.display = None if is_there else "none"
            if is_there:
                step = steps[place]
                words = f"{_NAMES[step.level]} of {step.name}" if step.name else _NAMES[step.level]
                button.description = words if place else f"All {words}"
                button.tooltip = "here" if place == len(steps) - 1 else f"back to {words}"
                button.disabled = place == len(steps) - 1
            button.value = False

    def _go_back_to(self, place: int) -> Callable[[dict[str, Any]], None]:
        return lambda change: self._back(place) if change["new"] else None
