"""Pictures in place: the bytes of a figure in an image widget, and the sentence that describes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import ipywidgets

from cijob_analysis.plots import describe
from cijob_analysis.plots.canvas import figure_of, png_of

if TYPE_CHECKING:
    from datetime import tzinfo

    import pandas as pd
    from matplotlib.axes import Axes

    from cijob_analysis.snapshot import Snapshot

Plot = Callable[..., "Axes"]
"""A function like those of `cijob_analysis.plots`: ``plot(data, tz=zone)`` returns axes on a figure of their own."""

_HIGHEST_IN: Final = 4.8
BESIDE_ANOTHER_IN: Final = 7.2
"""Width of a picture beside which another one stands: what is written in it is to be read."""
_DPI: Final = 130

_drawing = Lock()
"""Callbacks of several dashboards may run side by side, and matplotlib is made for one thread at a time."""


def render(
    plot: Plot, data: pd.DataFrame | Snapshot, zone: tzinfo, *, width_in: float | None = None
) -> tuple[bytes, str]:
    """Draw `data`, and return the PNG bytes and a sentence that says what is to be seen."""
    with _drawing:
        ax = plot(data, tz=zone)
        figure = figure_of(ax)
        width, height = figure.get_size_inches()
        figure.set_size_inches(width_in or width, min(height, _HIGHEST_IN))
        return png_of(figure, _DPI), describe(ax)


class PicturePane(ipywidgets.VBox):  # type: ignore[misc]
    """One picture of a dashboard below its caption, which says the same in words: an image widget has no alt text.

    Parameters
    ----------
    plot : callable
        Draws it.
    options : mapping of str to ipywidgets.Dropdown
        What can be chosen about it: arguments of `plot`, and the controls, elsewhere, that say their values.
    width_in : float, optional
        How wide it is drawn [inches]; None for as wide as `plot` has it.

    Attributes
    ----------
    image : ipywidgets.Image
        The picture.
    sentence : str
        What is to be seen on it.
    """

    def __init__(
        self,
        plot: Plot,
        options: Mapping[str, ipywidgets.Dropdown] | None = None,
        *,
        width_in: float | None = BESIDE_ANOTHER_IN,
    ) -> None:
        self._plot, self.options, self._width_in = plot, dict(options or {}), width_in
        self.sentence = ""
        self.image = ipywidgets.Image(format="png")
        self.image.add_class("cijob-picture")
        self.caption = ipywidgets.HTML()
        self.caption.add_class("cijob-caption")
        super().__init__((self.caption, self.image))
        self.add_class("cijob-picture-pane")

    @property
    def settings(self) -> dict[str, Any]:
        """What is chosen about the picture."""
        return {name: control.value for name, control in self.options.items()}

    def draw(self, data: pd.DataFrame | Snapshot, zone: tzinfo) -> None:
        """Show `data`; if that fails, show nothing rather than what was there before."""
        try:
            png, sentence = render(partial(self._plot, **self.settings), data, zone, width_in=self._width_in)
        except BaseException:
            self.image.layout.visibility = "hidden"
            self.image.value, self.sentence = b"", ""
            self.caption.value = "This picture could not be drawn."
            raise
        self.image.value = png
        self.image.layout.visibility = "visible"
        self.sentence = sentence
        self.caption.value = escape(sentence)
