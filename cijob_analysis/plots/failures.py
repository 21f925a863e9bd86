"""The picture of what failed, and what the failures have in common."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.failures.clusters import failure_clusters
from cijob_analysis.metrics.inputs import frame_of
from cijob_analysis.plots.canvas import axes_for, figure_of, finish, integers, name_ticks, say_empty, tidy, width_of
from cijob_analysis.plots.fonts import text_style
from cijob_analysis.plots.style import GREY, STATE_LOOKS
from cijob_analysis.plots.top import pooled
from cijob_analysis.plots.zones import zone_of
from cijob_analysis.words import letters, plural, seconds, shortened

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    import pandas as pd
    from matplotlib.axes import Axes

    from cijob_analysis.metrics.failures.value import FailureCluster
    from cijob_analysis.snapshot import Snapshot

_ROW = 0.78
"""How high the row of a cluster is [inches]."""
_BAR = 0.3
"""How much of it the bar takes."""
_SIZE = 8
"""Font size of what stands below the bars [points]."""
_LINE, _LETTER = 1.3 * _SIZE, 0.55 * _SIZE
"""How high a line is, and how wide a letter on average [points]."""
_NAME_LETTER = 5.2
"""The same for the names of the bars."""
_MOST_LINES = 3


def plot_failures(
    data: pd.DataFrame | Snapshot, *, most: int = 12, ax: Axes | None = None, tz: tzinfo | str | None = None
) -> Axes:
    """Draw how many rows failed with which code and message, and what they have in common.

    Each cluster of failures has a bar, with how many objects it hit and how long its rows ran in vain; below it
    stand the message, without ids, keys and numbers, and the verdict of `failure_clusters`, as much of them as
    there is room for.

    Parameters
    ----------
    data : DataFrame or Snapshot
        Tasks, executions or batch jobs; of a Snapshot the lowest level that has rows.
    most : int
        How many of the largest clusters get a bar of their own; the others share one.
    ax : Axes, optional
        Where to draw; a new figure, which a notebook shows, if not given.
    tz : tzinfo or str, optional
        Zone of times in verdicts and in the line below, such as ``Asia/Shanghai``; UTC if not given.

    Returns
    -------
    Axes
        `ax`, or the new ones.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        There is no such zone, `most` is below 1, or `data` is neither a DataFrame nor a Snapshot.
    """
    if most < 1:
        raise ConfigurationError(f"most={most}: draw one cluster at least")
    zone, frame = zone_of(tz), frame_of(data)
    clusters = failure_clusters(data, tz=zone)
    noun = clusters.noun
    if not clusters:
        title = f"Failed {noun}s"
        ax = axes_for(ax, height=2.6)
        say_empty(ax, f"none of {plural(len(frame), noun)} failed" if len(frame) else f"no {noun}s")
    else:
        title = f"{plural(clusters.failed, f'failed {noun}')} in {plural(len(clusters), 'cluster')}"
        shown, others = clusters[:most], clusters[most:]
        names = pooled([one.code or "no code" for one in shown], len(clusters))
        ax = axes_for(ax, height=1.2 + _ROW * len(names))
        _draw(ax, shown, sum(one.tasks for one in others), names, noun)
    description = f"Horizontal bars of failures by code and message: {clusters.describe().removesuffix('.')}"
    return finish(ax, frame, title, description, zone=zone)


def _draw(ax: Axes, shown: Sequence[FailureCluster], others: int, names: Sequence[str], noun: str) -> None:
    amounts = [*(one.tasks for one in shown), *([others] if others else [])]
    notes = [*(_note(one, noun) for one in shown), *([plural(others, noun)] if others else [])]
    tops = [place - 0.5 for place in range(len(amounts))]
    bars = [top + _BAR / 2 for top in tops]
    ax.barh(bars, amounts, height=_BAR, label="Failed", **STATE_LOOKS["Failed"].patch())
    for place, amount, note in zip(bars, amounts, notes, strict=True):
        ax.annotate(note, (amount, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=_SIZE)
    name_ticks(ax, bars, names)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(amounts) - 0.5, -0.6)
    room = min((_LETTER * max(map(len, notes)) + 10) / (0.8 * width_of(ax)), 0.6)
    ax.set_xlim(0, max(amounts) / (1 - room))
    ax.set_xlabel(f"failed {noun}s")
    integers(ax.xaxis)
    tidy(ax)
    figure = figure_of(ax)
    row = float(ax.bbox.height) * 72 / figure.dpi / (len(amounts) + 0.1)
    lines = min(int((1 - _BAR) * row / _LINE), _MOST_LINES)
    beside = float(figure.get_figwidth()) * 72 - _NAME_LETTER * max(map(letters, names)) - 25
    width = int(min(width_of(ax), beside) / _LETTER)
    for top, one in zip(tops, shown, strict=False):  # the bar of the others has nothing to say
        _write(ax, top + _BAR, one, lines, width)


def _note(one: FailureCluster, noun: str) -> str:
    parts = [plural(one.tasks, noun), *([plural(one.objects, "object")] if one.objects else [])]
    return ", ".join([*parts, *([f"{seconds(one.run_time_lost_s)} lost"] if one.run_time_lost_s > 0 else [])])


def _write(ax: Axes, place: float, one: FailureCluster, lines: int, width: int) -> None:
    """Write the verdict below a bar, in lines of so many letters, and above it the message if there is room."""
    texts = [
        (line, "black") for line in _wrapped(one.verdict, width, lines - 1 if one.pattern and lines > 1 else lines)
    ]
    if one.pattern and lines > 1:
        texts.insert(0, (shortened([one.pattern], _letters(one.pattern, width))[0], GREY))
    for turn, (line, color) in enumerate(texts):
        drawn, style = text_style(line)
        ax.annotate(
            drawn, (0, place), xytext=(2, -2.5 - turn * _LINE), textcoords="offset points", va="top", fontsize=_SIZE,
            color=color, **style,
        ).set_in_layout(False)  # fmt: skip


def _wrapped(text: str, width: int, most: int) -> list[str]:
    return wrap(text, _letters(text, width), max_lines=most, placeholder=" …") if most > 0 else []


def _letters(text: str, width: int) -> int:
    """Return how many letters of `text` are as wide as `width` usual ones: Chinese ones are as wide as two."""
    return max(width * len(text) // max(letters(text), 1), 10)
