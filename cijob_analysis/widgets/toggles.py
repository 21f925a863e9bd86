"""Buttons that are pressed by a click or a key and act while a cell is busy: front ends hold plain buttons back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets

from cijob_analysis.words import number


class Action(ipywidgets.ToggleButton):  # type: ignore[misc]
    """A button that does something.

    Parameters
    ----------
    description : str
        What it is called.
    act : callable
        Called without arguments at each click.
    **options
        Of the widget.
    """

    def __init__(self, description: str, act: Callable[[], None], **options: Any) -> None:
        super().__init__(description=description, **options)
        self._act = act
        self.layout.width = "auto"
        self.observe(self._pressed, names="value")

    def _pressed(self, change: dict[str, Any]) -> None:
        if change["new"]:
            try:
                self._act()
            finally:
                self.value = False

    def click(self) -> None:
        """Do as if it were clicked."""
        self.value = True


class Toggles(ipywidgets.HBox):  # type: ignore[misc]
    """A row of buttons that choose values, each with how many rows it stands for; none pressed means all.

    Parameters
    ----------
    label : str
        What is chosen.
    size : int
        How many values there are at most.
    changed : callable
        Called with a value, and whether it is chosen now, when its button is pressed or let go.

    Attributes
    ----------
    buttons : dict of (str or None) to ipywidgets.ToggleButton
        The button of each value.
    """

    def __init__(self, label: str, size: int, changed: Callable[[str | None, bool], None]) -> None:
        self._label, self._changed = label, changed
        self._pool = tuple(ipywidgets.ToggleButton(layout={"width": "auto"}) for _ in range(size))
        self.buttons: dict[str | None, ipywidgets.ToggleButton] = {}
        self._names: Mapping[str | None, str] = {}
        self._counts: Mapping[str | None, int] = {}
        for button in self._pool:
            button.observe(self._toggled, names="value")
        super().__init__((ipywidgets.Label(label), ipywidgets.HBox(self._pool)))
        self.add_class("cijob-toggles")

    @property
    def value(self) -> tuple[str | None, ...]:
        """The values whose buttons are pressed."""
        return tuple(value for value, button in self.buttons.items() if button.value)

    def load(self, names: Mapping[str | None, str]) -> None:
        """Choose among other values from now on, none of which is chosen."""
        self._names = dict(names)
        self._counts = {}
        self.buttons = dict(zip(self._names, self._pool, strict=False))
        for place, button in enumerate(self._pool):
            button.layout.display = None if place < len(self.buttons) else "none"
            button.value = False
        for value, button in self.buttons.items():
            button.tooltip = f"{self._label}: {self._names[value]}"

    def show(self, chosen: tuple[str | None, ...], counts: Mapping[str | None, int]) -> None:
        """Press the buttons of `chosen`, and write on each how many rows it stands for."""
        self._counts = counts
        for value, button in self.buttons.items():
            button.value = value in chosen
            self._write(value)

    def _toggled(self, change: dict[str, Any]) -> None:
        for value, button in self.buttons.items():
            if button is change["owner"]:
                self._write(value)
                self._changed(value, change["new"])
                return

    def _write(self, value: str | None) -> None:
        button = self.buttons[value]
        mark = "✓ " if button.value else ""  # so that it is not said by colour alone
        button.description = f"{mark}{self._names[value]} {number(self._counts.get(value, 0))}"
