"""Forest plots: a mark and an interval for each contrast, around a line at no difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from cijob_analysis.metrics.comparison.contrasts import NOT_TESTED, ONLY_A, ONLY_B
from cijob_analysis.metrics.comparison.wording import group_text
from cijob_analysis.plots.canvas import SMALL, name_ticks, tidy
from cijob_analysis.plots.fonts import text_style
from cijob_analysis.plots.style import GREY
from cijob_analysis.words import number, percent, seconds, shortened

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_SURE: Final = "#332288"
_LONGEST_NAME: Final = 38
_WIDEST: Final = 4
"""How many times as far as the farthest mark intervals are shown; longer ones end in an arrow."""


@dataclass(frozen=True, slots=True)
class Scale:
    """In what differences are drawn: `column` of the frame and those of its interval, times `factor`, in `unit`."""

    column: str
    low: str
    high: str
    factor: float
    unit: str


_RELATIVE: Final = Scale("relative", "relative_low", "relative_high", 100, "%")
_POINTS: Final = Scale("difference", "low", "high", 100, "points")
_SECONDS: Final = Scale("difference", "low", "high", 1, "s")


def scale_of(rows: pd.DataFrame) -> Scale:
    """Return percent; points for rates, which are percentages already; seconds if the whole begins at 0."""
    if (rows["measure"] == "failure_rate").any():
        return _POINTS
    whole = rows[rows["level"] == "all"]
    return _SECONDS if (whole["relative"].isna() & whole["difference"].notna()).any() else _RELATIVE


def draw_forest(ax: Axes, rows: pd.DataFrame, what: str, labels: tuple[str, str]) -> None:
    """Draw a mark and an interval for each of `rows`, contrasts of which the first is of the whole."""
    scale = scale_of(rows)
    point, low, high = (
        scale.factor * rows[name].to_numpy(np.float64) for name in (scale.column, scale.low, scale.high)
    )
    left, right = _limits(point, low, high)
    place, sure = np.arange(len(rows)), rows["is_significant"].to_numpy(np.bool_)
    known = ~np.isnan(low) & ~np.isnan(point)
    is_all = (rows["level"] == "all").to_numpy(np.bool_)
    colors = np.where(sure, _SURE, GREY)
    ax.axvline(0, color="#333333", linewidth=1, zorder=1)
    ax.hlines(
        place[known], np.clip(low[known], left, right), np.clip(high[known], left, right),
        colors=list(colors[known]), linewidths=np.where(sure[known], 2.2, 1.2).tolist(), zorder=2,
    )  # fmt: skip
    for edge, beyond, arrow in ((left, low < left, "<"), (right, high > right, ">")):
        ax.scatter(np.full(beyond.sum(), edge), place[beyond], marker=arrow, s=22, c=list(colors[beyond]), zorder=3)
    for mark, mine in (("D", is_all), ("o", ~is_all)):
        for is_sure, face in ((True, _SURE), (False, "white")):
            drawn = mine & (sure == is_sure) & ~np.isnan(point)
            ax.scatter(
                point[drawn], place[drawn], marker=mark, s=44, facecolors=face,
                edgecolors=_SURE if is_sure else GREY, linewidths=1.3, zorder=4,
            )  # fmt: skip
    _columns(ax, rows, labels)
    name_ticks(
        ax, place.tolist(), ["all", *shortened([group_text(row) for row in rows.iloc[1:].to_dict("records")], 38)]
    )
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(left, right)
    _say_why(ax, rows, point, labels)
    if len(rows) > 1:
        ax.axhline(0.5, color="#CCCCCC", linewidth=0.8, zorder=1)
    is_tested = (rows["note"] != NOT_TESTED).any()
    key = "● significant    ○ may be chance" if is_tested else "without intervals: what ends in batches is no sample"
    ax.set_xlabel(f"difference of the {what} [{scale.unit}]\n{key}", fontsize=9)
    ax.xaxis.set_major_formatter(signed)
    tidy(ax)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)


def group_names(rows: pd.DataFrame) -> list[str]:
    """Return what the groups of `rows` are called, with their levels."""
    return [group_text(row) for row in rows.to_dict("records")]


def _limits(point: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]) -> tuple[float, float]:
    """Return where the x axis begins and ends: all marks, and as much of the intervals as leaves them readable."""
    farthest = _WIDEST * max(np.nanmax(np.abs(point), initial=0, where=~np.isnan(point)), 2.0)
    ends = np.concatenate([point, low, high, [-2.0, 2.0]])
    ends = np.clip(ends[~np.isnan(ends)], -farthest, farthest)
    room = 0.06 * (ends.max() - ends.min())
    return float(ends.min() - room), float(ends.max() + room)


def signed(value: float, _: float | None = None) -> str:
    """Return a number with its sign, thousands apart."""
    text = f"{abs(value):,.6g}".replace(",", "\u202f")
    return "0" if value == 0 else f"{'+' if value > 0 else '−'}{text}"


def _say_why(ax: Axes, rows: pd.DataFrame, point: NDArray[np.float64], labels: tuple[str, str]) -> None:
    """Write beside the mark, or the zero line, why there is no interval."""
    only = {ONLY_A: f"only {labels[0]}", ONLY_B: f"only {labels[1]}"}
    left, right = ax.get_xlim()
    for place, (x, note, low) in enumerate(zip(point.tolist(), rows["note"], rows["low"], strict=True)):
        if note == NOT_TESTED or (not np.isnan(x) and not np.isnan(low)):
            continue
        at, why = (0.0, only.get(note, note) or "from 0, so no percentage") if np.isnan(x) else (x, note)
        is_right = at > left + 0.75 * (right - left)
        text, style = text_style(why)
        ax.annotate(
            text, (at, place), xytext=(-7 if is_right else 7, 0), textcoords="offset points", va="center",
            ha="right" if is_right else "left", fontsize=SMALL, color=GREY, fontstyle="italic", **style,
        )  # fmt: skip


def _columns(ax: Axes, rows: pd.DataFrame, labels: tuple[str, str]) -> None:
    """Write the values and the numbers of rows of both sides at the right."""
    measure = rows["measure"].iloc[0]
    values = [f"{_value(measure, a)} → {_value(measure, b)}" for a, b in zip(rows["a"], rows["b"], strict=True)]
    counts = [f"{number(a)} → {number(b)}" for a, b in zip(rows["n_a"], rows["n_b"], strict=True)]
    offset = 8.0
    for head, cells in ((" → ".join(labels), values), ("n", counts)):
        for place, cell in [(-0.6, head), *enumerate(cells)]:
            text, style = text_style(cell)
            ax.annotate(
                text, (1, place), xycoords=("axes fraction", "data"), xytext=(offset, 2 if place < 0 else 0),
                textcoords="offset points", va="bottom" if place < 0 else "center", fontsize=SMALL,
                color=GREY if place < 0 else "#333333", annotation_clip=False, **style,
            )  # fmt: skip
        offset += 0.6 * SMALL * max(len(cell) for cell in [head, *cells]) + 12


def _value(measure: str, value: float) -> str:
    if np.isnan(value):
        return "–"
    if measure == "failure_rate":
        return percent(value)
    return f"{value:.3g}/h" if measure == "throughput_per_h" else seconds(value)
