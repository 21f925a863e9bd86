"""Keys that are pressed in a dashboard are its own, not shortcuts of the notebook around it."""

from __future__ import annotations

from pathlib import Path

import anywidget


class Keys(anywidget.AnyWidget):
    """A part of a dashboard that is not seen: while it is on the page, the dashboard gets the keys pressed in it."""

    _esm = Path(__file__).with_name("keys.js")

    def __init__(self) -> None:
        super().__init__(layout={"display": "none"})
