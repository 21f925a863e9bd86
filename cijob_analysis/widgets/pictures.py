"""Pictures in place: the bytes of a figure in an image widget, and the sentence that describes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Final

import ipywidgets

from cijob_analysis.plots import describe, plot_durations, plot_states, plot_timeline, plot_workflows
from cijob_analysis.plots.canvas import figure_of

if TYPE_CHECKING:
    from datetime import tzinfo

    import pandas as pd
    from matplotlib.axes import Axes

Plot = Callable[..., "Axes"]
"""A function like those of `cijob_analysis.plots`: ``plot(frame, tz=zone)`` returns axes on a figure of their own."""

PICTURES: Final[Mapping[str, Plot]] = {
    "States": plot_states,
    "Durations": plot_durations,
    "Workflows": plot_workflows,
    "Timeline": plot_timeline,
}
"""Titles of a dashboard's pictures and how they are drawn."""

_HIGHEST_IN: Final = 4.8
_DPI: Final = 130

_drawing = Lock()
"""Callbacks of several dashboards may run side by side, and matplotlib is made for one thread at a time."""


def render(plot: Plot, frame: pd.DataFrame, zone: tzinfo) -> tuple[bytes, str]:
    """Draw `frame`, and return the PNG bytes and a sentence that says what is to be seen."""
    with _drawing:
        ax = plot(frame, tz=zone)
        figure = figure_of(ax)
        width, height = figure.get_size_inches()
        figure.set_size_inches(width, min(height, _HIGHEST_IN))
        png = BytesIO()
        figure.savefig(png, format="png", dpi=_DPI)
        return png.getvalue(), describe(ax)


class PicturePane(ipywidgets.VBox):  # type: ignore[misc]
    """One picture of a dashboard below its caption, which says the same in words: an image widget has no alt text.

    Attributes
    ----------
    image : ipywidgets.Image
        The picture.
    sentence : str
        What is to be seen on it.
    """

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self.sentence = ""
        self.image = ipywidgets.Image(format="png")
        self.image.add_class("cijob-picture")
        self.caption = ipywidgets.HTML()
        self.caption.add_class("cijob-caption")
        super().__init__((self.caption, self.image))

    def draw(self, frame: pd.DataFrame, zone: tzinfo) -> None:
        """Show `frame`; if that fails, show nothing rather than what was there before."""
        try:
            png, sentence = render(self._plot, frame, zone)
        except BaseException:
            self.image.layout.visibility = "hidden"
            self.image.value, self.sentence = b"", ""
            self.caption.value = "This picture could not be drawn."
            raise
        self.image.value = png
        self.image.layout.visibility = "visible"
        self.sentence = sentence
        self.caption.value = escape(sentence)
