"""Where a picture is drawn, and what stands around it: title, legend, the line below, the sentence for alt text."""

from __future__ import annotations

from base64 import b64encode
from functools import partial
from io import BytesIO
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import IdentityTransform
from PIL import Image

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.ledger import ledger_of
from cijob_analysis.plots.fonts import text_style, texts_style
from cijob_analysis.plots.style import GREY, NO_STATE
from cijob_analysis.schema import noun_of
from cijob_analysis.words import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo

    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axis import Axis
    from matplotlib.backend_bases import RendererBase
    from matplotlib.transforms import Bbox

    from cijob_analysis.plots.style import Look

SMALL = 8
"""Font size of the line below a picture and of its legend [points]."""


class Picture(Axes):
    """Axes on a figure of their own, which a notebook shows when they are the last expression of a cell."""

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        png = BytesIO()
        figure_of(self).savefig(png, format="png")
        sentence = describe(self)
        image = {"image/png": b64encode(png.getvalue()).decode(), "text/plain": sentence}
        return image, {"image/png": {"alt": sentence}}


class Note(Annotation):
    """The small line below a picture; it keeps the sentence that describes the picture."""

    def __init__(self, ax: Axes, line: str, description: str) -> None:
        self.description = description
        text, style = _wrapped(line, ax)
        super().__init__(
            text, (0, 0), xycoords=("axes fraction", partial(_below, ax)), xytext=(0, -4),
            textcoords="offset points", va="top", ha="left", fontsize=SMALL, color="#555555",
            annotation_clip=False, clip_on=False, transform=IdentityTransform(), **style,
        )  # fmt: skip


def axes_for(ax: Axes | None, *, width: float = 9, height: float = 4.5) -> Axes:
    """Return `ax`, or axes on a new figure that pyplot knows nothing of [inches]."""
    if ax is not None:
        return ax
    return Figure(figsize=(width, height), layout="constrained").add_subplot(axes_class=Picture)


def describe(ax: Axes) -> str:
    """Return one sentence that says what the picture on `ax` shows, for alt text and captions.

    Raises
    ------
    ConfigurationError
        The axes were not drawn on by a function of this package.
    """
    for text in reversed(ax.texts):
        if isinstance(text, Note):
            return text.description
    raise ConfigurationError("nothing is known of these axes: describe(ax) takes what a plot_… function returned")


def finish(
    ax: Axes,
    frame: pd.DataFrame,
    title: str,
    description: str,
    *,
    zone: tzinfo,
    left_out: Iterable[str] = (),
) -> Axes:
    """Put title, line and description around a picture of `frame`, and return its axes."""
    line = "; ".join([ledger_of(frame).line(len(frame), noun_of(frame), zone), *left_out])
    if not ax.get_title():
        ax.set_title(title, fontsize=11)
    ax.add_artist(Note(ax, line, f"{description} ({line}.)"))
    return ax


def say_empty(ax: Axes, text: str) -> None:
    """Write on axes without data why there is nothing to see."""
    ax.set(xticks=[], yticks=[])
    write_middle(ax, text)


def write_middle(ax: Axes, text: str) -> None:
    """Write `text` in the middle of `ax`."""
    ax.text(0.5, 0.5, text, transform=ax.transAxes, ha="center", va="center", color=GREY, fontsize=12)


def tidy(ax: Axes, *, grid: str = "x") -> None:
    """Leave out what carries no information: two of the four edges, all but faint grid lines."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, axis="x" if grid == "x" else "y", color="#E6E6E6", linewidth=0.7)
    ax.set_axisbelow(True)


def integers(axis: Axis) -> None:
    """Let `axis` have ticks at integers only, with narrow spaces between thousands."""
    axis.set_major_locator(MaxNLocator(nbins=7, integer=True))
    axis.set_major_formatter(FuncFormatter(_integer))


def _integer(value: float, _: int | None = None) -> str:
    return number(value)


def state_legend(ax: Axes, entries: Sequence[tuple[str | None, Look]], extra: Sequence[Artist] = ()) -> None:
    """Write beside `ax` what its colours and hatches mean."""
    patches = [Patch(label=NO_STATE if state is None else state, **look.patch()) for state, look in entries]
    legend(ax, [*patches, *extra])


def legend(ax: Axes, handles: Sequence[Artist]) -> None:
    """Write a legend at the right of `ax`, its texts as they are and not as mathematics."""
    if not handles:
        return
    drawn = [text_style(handle.get_label()) for handle in handles]
    box = ax.legend(
        handles=list(handles), labels=[text for text, _ in drawn], loc="upper left", bbox_to_anchor=(1.01, 1),
        borderaxespad=0, frameon=False, fontsize=SMALL, handlelength=1.8, handleheight=1.1,
    )  # fmt: skip
    for text, (_, style) in zip(box.get_texts(), drawn, strict=True):
        text.set(**style)


def name_ticks(ax: Axes, positions: Sequence[float], names: Sequence[str]) -> None:
    """Write `names` at `positions` of the y axis."""
    drawn, style = texts_style(names)
    ax.set_yticks(list(positions), drawn, fontsize=9, **style)


def figure_of(ax: Axes) -> Figure:
    """Return the whole figure that `ax` is on."""
    figure = ax.figure
    assert figure is not None  # noqa: S101 - axes that can be drawn on have one
    return figure if isinstance(figure, Figure) else figure.figure


def png_of(figure: Figure, dpi: float) -> bytes:
    """Return what is on `figure` as PNG; `savefig` draws all of it twice, the first time for the layout alone."""
    figure.set_dpi(dpi)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    png = BytesIO()
    Image.fromarray(np.asarray(canvas.buffer_rgba())).save(png, format="png", compress_level=3)
    return png.getvalue()


def width_of(ax: Axes) -> float:
    """Return how wide `ax` is now [points]; a layout will make that a little less."""
    return max(float(ax.bbox.width) * 72 / figure_of(ax).dpi, 1.0)


def _wrapped(line: str, ax: Axes) -> tuple[str, dict[str, Any]]:
    drawn, style = text_style(line)
    return "\n".join(wrap(drawn, max(int(width_of(ax) / (0.53 * SMALL)), 30))), style


def _below(ax: Axes, renderer: RendererBase) -> Bbox:
    label = ax.xaxis.label
    if label.get_visible() and label.get_text():
        return label.get_window_extent(renderer)
    return ax.xaxis.get_tightbbox(renderer) or ax.get_window_extent(renderer)
