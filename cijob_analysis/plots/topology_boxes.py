"""The boxes and lines of a topology."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, Patch, PathPatch, Polygon, Rectangle
from matplotlib.path import Path

from cijob_analysis.plots.canvas import figure_of, legend, width_of
from cijob_analysis.plots.fonts import text_style
from cijob_analysis.plots.layers import BOX_WIDTH
from cijob_analysis.plots.style import STATE_LOOKS
from cijob_analysis.words import number, percent, seconds, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from cijob_analysis.plots.layers import Layers, Point
    from cijob_analysis.plots.one_workflow import NodeFigures

_BOX_HEIGHT: Final = 0.78
_BAR: Final = 0.09
"""Height of the bar of what failed, in rows."""
_DARK, _PALE = "#222222", "#9A9A9A"
_HEAD: Final = 0.045
"""Length of an arrow's head, in columns."""
_THIN, _WIDE = 0.9, 4.5
"""Width of lines [points]: on no critical path, and on that of all executions."""
_LARGEST, _LEGIBLE = 8.5, 5.0
"""Font sizes [points]; where a box has no room for the smallest, only the name stands in it."""
_MOST_APART: Final = 0.19
"""Between two lines of text, in rows."""
_BESIDE_LEGEND: Final = 0.84
"""What a legend leaves of the width."""
_LETTER = 0.56
"""Width of a letter, relative to the font size."""


def draw_boxes(ax: Axes, layers: Layers, nodes: Sequence[NodeFigures], edges: Mapping[tuple[str, str], float]) -> None:
    """Draw a box for each of `nodes` and a line for each of `edges`, where `layers` says."""
    ax.set_axis_off()
    middle, width = (layers.n_columns - 1) / 2, _columns(layers) + 0.2
    ax.set_xlim(middle - width / 2, middle + width / 2)
    ax.set_ylim(layers.height, 0)
    for edge, share in sorted(edges.items(), key=lambda item: item[1]):
        _draw_edge(ax, layers.routes[edge], share)
    texts = _texts(nodes)
    size = _font_size(ax, layers, texts)
    if size < _LEGIBLE:
        texts = [lines[:1] for lines in texts]
        size = _font_size(ax, layers, texts)
    for node, lines in zip(nodes, texts, strict=True):
        _draw_box(ax, layers.places[node.name], lines, size, node)
    failed = Patch(label="share that failed", **STATE_LOOKS["Failed"].patch())
    widths = ((1.0, "critical in all"), (0.5, "in half of them"), (0.0, "in none"))
    strokes = [Line2D([], [], label=label, **_stroke(share)) for share, label in widths]
    legend(ax, [*([failed] if any(node.failed for node in nodes) else []), *(strokes if edges else [])])


def _columns(layers: Layers) -> int:
    """Return how many columns there is room for; a single node is not as wide as the picture."""
    return max(layers.n_columns, 3)


def _texts(nodes: Sequence[NodeFigures]) -> list[list[str]]:
    """Return the lines that stand in each box."""
    names = shortened([node.name for node in nodes], 20)
    texts = []
    for name, node in zip(names, nodes, strict=True):
        ran = f" · run {seconds(node.median_s)}" if node.median_s >= 0 else ""
        lines = [
            name,
            node.type if node.type and not node.name.startswith(node.type) else "",
            f"n = {number(node.n)}{ran}" if node.n else "nothing ran",
            f"{percent(node.failed / node.n)} failed" if node.failed else "",
            f"{percent(round(node.share, 2))} of critical time" if round(node.share, 2) > 0 else "",
        ]
        texts.append([line for line in lines if line])
    return texts


def _font_size(ax: Axes, layers: Layers, texts: list[list[str]]) -> float:
    """Return how large the texts can be, so that each fits into its box [points]."""
    width = width_of(ax) * _BESIDE_LEGEND / (_columns(layers) + 0.2) * BOX_WIDTH
    height = ax.bbox.height * 72 / figure_of(ax).dpi / layers.height * (_BOX_HEIGHT - _BAR)
    longest = max(_width(line) for lines in texts for line in lines)
    most = max(len(lines) for lines in texts)
    return min(_LARGEST, 0.94 * width / (_LETTER * longest), 0.94 * height / (1.3 * most))


def _width(line: str) -> float:
    """Return how many letters wide a line is; a Chinese one counts as nearly two."""
    return sum(1.8 if ord(letter) > 0x2E7F else 1.0 for letter in line)


def _draw_box(ax: Axes, place: Point, lines: Sequence[str], size: float, node: NodeFigures) -> None:
    x, y = place
    left, top = x - BOX_WIDTH / 2, y - _BOX_HEIGHT / 2
    share, failed = max(node.share, 0.0), node.failed / max(node.n, 1)
    box = FancyBboxPatch(
        (left, top), BOX_WIDTH, _BOX_HEIGHT, boxstyle="round,pad=0,rounding_size=0.05", mutation_aspect=2, zorder=3,
        facecolor=_tinted(failed), edgecolor=_DARK if share > 0 else _PALE, linewidth=_THIN + 2 * share,
    )  # fmt: skip
    ax.add_patch(box)
    if failed > 0:
        look = {**STATE_LOOKS["Failed"].patch(), "linewidth": 0}
        bar = Rectangle((left, top + _BOX_HEIGHT - _BAR), BOX_WIDTH * failed, _BAR, zorder=4, **look)
        ax.add_patch(bar)
        bar.set_clip_path(box)
    step = min((_BOX_HEIGHT - _BAR) / (len(lines) + 0.3), _MOST_APART)
    first = y - _BAR / 2 - (len(lines) - 1) * step / 2
    for row, line in enumerate(lines):
        text, style = text_style(line)
        weight = "bold" if not row and "fontfamily" not in style else "normal"  # Chinese fonts have no bold face
        ax.text(
            x, first + row * step, text, ha="center", va="center", fontsize=size, zorder=5,
            color=_DARK, fontweight=weight, clip_on=True, **style,
        )  # fmt: skip


def _tinted(failed: float) -> tuple[float, float, float]:
    """Return white with the more of the colour of failures the more failed; text on it stays readable."""
    red, green, blue = to_rgb(STATE_LOOKS["Failed"].color)
    amount = 0.55 * failed**0.5
    return 1 - amount * (1 - red), 1 - amount * (1 - green), 1 - amount * (1 - blue)


def _stroke(share: float) -> dict[str, Any]:
    """Return how a line looks that is on the critical path of this share of executions."""
    return {"color": _DARK if share > 0 else _PALE, "linewidth": _THIN + (_WIDE - _THIN) * share}


def _draw_edge(ax: Axes, pieces: list[list[Point]], share: float) -> None:
    vertices, codes = [pieces[0][0]], [Path.MOVETO]
    for piece in pieces:
        if len(piece) > 2:
            vertices += piece[1:]
            codes += [Path.LINETO] * (len(piece) - 1)
            continue
        (x, y), (next_x, next_y) = piece
        middle = (x + next_x) / 2
        vertices += [(middle, y), (middle, next_y), (next_x, next_y)]
        codes += [Path.CURVE4] * 3
    head = _HEAD * (1 + share)
    x, y = vertices[-1]
    vertices[-1] = x - head, y
    stroke = _stroke(share)
    zorder = 2 if share > 0 else 1
    line = PathPatch(
        Path(vertices, codes), facecolor="none", edgecolor=stroke["color"], linewidth=stroke["linewidth"],
        capstyle="butt", joinstyle="round", zorder=zorder,
    )  # fmt: skip
    ax.add_patch(line)
    half = head * (1 + share)
    ax.add_patch(
        Polygon(
            [(x - 1.2 * head, y - half), (x, y), (x - 1.2 * head, y + half)],
            color=stroke["color"],
            linewidth=0,
            zorder=zorder,
        )
    )
