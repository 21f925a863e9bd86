"""A row of buttons, of which any number can be pressed, each with how many rows it stands for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import ipywidgets

from cijob_analysis.words import number


class Toggles(ipywidgets.HBox):  # type: ignore[misc]
    """Buttons that choose values; none pressed means all.

    Parameters
    ----------
    label : str
        What is chosen.
    names : mapping of (str or None) to str
        The values and what their buttons are called.

    Attributes
    ----------
    buttons : dict of (str or None) to ipywidgets.ToggleButton
        The button of each value.
    """

    def __init__(self, label: str, names: Mapping[str | None, str]) -> None:
        self._names = dict(names)
        self._counts: Mapping[str | None, int] = {}
        self.buttons = {value: ipywidgets.ToggleButton(tooltip=f"{label}: {name}") for value, name in names.items()}
        for button in self.buttons.values():
            button.layout.width = "auto"
            button.observe(self._write, names="value")
        super().__init__((ipywidgets.Label(label), ipywidgets.HBox(tuple(self.buttons.values()))))
        self.add_class("cijob-toggles")
        self._write()

    @property
    def value(self) -> tuple[str | None, ...]:
        """Values whose buttons are pressed; none for all."""
        return tuple(value for value, button in self.buttons.items() if button.value)

    @value.setter
    def value(self, values: Iterable[str | None]) -> None:
        wanted = set(values)
        for value, button in self.buttons.items():
            button.value = value in wanted

    def show_counts(self, counts: Mapping[str | None, int]) -> None:
        """Write on each button how many rows it stands for."""
        self._counts = counts
        self._write()

    def _write(self, _: object = None) -> None:
        for value, button in self.buttons.items():
            mark = "✓ " if button.value else ""  # so that it is not said by colour alone
            button.description = f"{mark}{self._names[value]} {number(self._counts.get(value, 0))}"
