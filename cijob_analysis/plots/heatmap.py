"""The picture of when in the week things happen."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final

import matplotlib as mpl
import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.groups import is_terminal
from cijob_analysis.metrics.hours import hour_by_weekday
from cijob_analysis.metrics.inputs import frame_of
from cijob_analysis.metrics.instants import instants
from cijob_analysis.plots.canvas import SMALL, axes_for, figure_of, finish, name_ticks, say_empty, width_of
from cijob_analysis.plots.zones import zone_label, zone_of
from cijob_analysis.schema import noun_of
from cijob_analysis.words import number, plural, seconds

if TYPE_CHECKING:
    from datetime import tzinfo

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from numpy.typing import NDArray

    from cijob_analysis.snapshot import Snapshot

VALUES: Final = {"per_hour": "Blues", "failed_share": "Oranges"}
"""What the cells can show, and in which colours: pale for little, dark for much, so they also work in grey."""
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_VERBS: Final = {"created": "created", "started": "started", "ended": "finished"}
_LETTER: Final = 0.62
"""How wide a digit is, as a part of the font's size."""


def plot_heatmap(
    data: pd.DataFrame | Snapshot,
    *,
    of: str = "ended",
    value: str = "per_hour",
    ax: Axes | None = None,
    tz: tzinfo | str | None = None,
) -> Axes:
    """Draw how many came to an end in each hour of the week, by the clocks of a zone.

    The hours of the week need not have come equally often from the first event to the last one: so each cell is the
    mean of those that did. An hour that comes twice, when the clocks are put back, counts as two of its cell.
    Cells are hatched whose hour did not come at all.

    Parameters
    ----------
    data : DataFrame or Snapshot
        Batch jobs, executions or tasks; `state` and the column of the time are used. Of a snapshot the lowest level
        that has rows.
    of : {"ended", "started", "created"}
        Which time. An end counts in a final state only.
    value : {"per_hour", "failed_share"}
        How many there were per hour, or which share of them has failed; cells of which there is none are white.
    ax : Axes, optional
        Where to draw; a new figure, which a notebook shows, if not given.
    tz : tzinfo or str, optional
        Whose weekdays and hours, such as ``Asia/Shanghai``; UTC if not given.

    Returns
    -------
    Axes
        `ax`, or the new ones.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        There is no such `of`, `value` or zone, or from the first time to the last one there are more than a million
        hours.
    """
    if value not in VALUES:
        raise ConfigurationError(f"value={value!r} is none of {', '.join(VALUES)}")
    zone, frame = zone_of(tz), frame_of(data)
    noun = noun_of(frame)
    table = hour_by_weekday(frame, of=of, tz=zone)
    n, failed, hours = (table[name].to_numpy() for name in ("n", "failed", "hours"))
    there = instants(frame, f"{of}_at")
    counted = is_terminal(frame) if of == "ended" else np.ones(len(frame), bool)
    missing = int((counted & np.isnat(there)).sum())
    there = there[counted & ~np.isnat(there)]
    remarks = [f"{number(missing)} not {_VERBS[of]} at any known time left out"] if missing else []

    shares = value == "failed_share"
    what = f"{noun}s {_VERBS[of]}"
    title = f"{'Failed share of ' if shares else ''}{what} by weekday and hour"
    title = title[0].upper() + title[1:]
    ax = axes_for(ax, height=3.6)
    if not len(there):
        say_empty(ax, f"no {noun}s" + (f" {_VERBS[of]} at a known time" if len(frame) else ""))
        ax.set_xlabel(f"hour of the day ({zone_label(zone)})")
        return finish(ax, frame, title, f"Heatmap without {noun}s", zone=zone, left_out=remarks)

    shown = n > 0 if shares else hours > 0
    part, whole = (100 * failed, n) if shares else (n, hours)
    cells = np.divide(part, whole, out=np.full(168, -1.0), where=shown)
    texts = [_short(cell) for cell in cells]
    mesh = _draw(ax, cells, hours > 0, value)
    _write(ax, texts, shown, cells > 0.55 * cells.max())
    _add_scale(ax, mesh, "failed [%]" if shares else f"{what} per hour")
    limits = [time.astype("datetime64[us]").item().replace(tzinfo=UTC) for time in (there.min(), there.max())]
    ax.set_xlabel(f"hour of the day ({zone_label(zone, limits)})")

    span = seconds(3_600 * float(hours.sum()))
    remarks.append(f"{'shares' if shares else 'means'} over {span}")
    if (hours == 0).any():
        remarks.append("hatched hours did not come in that time")
    most = int(cells.argmax())
    peak = f"{texts[most]} % failed" if shares else f"{texts[most]} per hour"
    description = (
        f"Heatmap of {plural(int(n.sum()), noun)} {_VERBS[of]}, by weekday and hour, over {span}: "
        f"most on {WEEKDAYS[most // 24]} from {most % 24:02}:00 ({peak})"
    )
    return finish(ax, frame, title, description, zone=zone, left_out=remarks)


def _draw(ax: Axes, cells: NDArray[np.float64], came: NDArray[np.bool_], value: str) -> QuadMesh:
    """Draw 7 × 24 cells, Monday on top; white below zero, and hatched where the hour did not come."""
    ax.patch.set(facecolor="white", edgecolor="#C4C4C4", hatch="////")
    mesh = ax.pcolormesh(
        np.arange(25), np.arange(8), np.ma.array(cells, mask=~came).reshape(7, 24), edgecolors="white", linewidth=1,
        cmap=mpl.colormaps[VALUES[value]].with_extremes(under="white"), vmin=0, vmax=float(cells.max()) or 1.0,
    )  # fmt: skip
    ax.set(xlim=(0, 24), ylim=(7, 0))
    ax.set_xticks(np.arange(24) + 0.5, [str(hour) for hour in range(24)], fontsize=SMALL)
    name_ticks(ax, (np.arange(7) + 0.5).tolist(), WEEKDAYS)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return mesh


def _write(ax: Axes, texts: list[str], shown: NDArray[np.bool_], is_dark: NDArray[np.bool_]) -> None:
    """Write its value into each cell, if all of them have room."""
    longest = max(len(text) for text, there in zip(texts, shown, strict=True) if there)
    size = min(0.75 * width_of(ax) / 24 / (_LETTER * longest), SMALL)
    if size < 0.6 * SMALL:
        return
    for cell in np.flatnonzero(shown):
        color = "white" if is_dark[cell] else "#222222"
        place = (cell % 24 + 0.5, cell // 24 + 0.5)
        ax.text(*place, texts[cell], ha="center", va="center", fontsize=size, color=color)


def _add_scale(ax: Axes, mesh: QuadMesh, label: str) -> None:
    """Draw beside `ax` what the colours mean."""
    scale = figure_of(ax).colorbar(mesh, cax=ax.inset_axes((1.015, 0, 0.015, 1)))
    scale.ax.yaxis.set_major_locator(MaxNLocator(5))
    scale.ax.yaxis.set_major_formatter(FuncFormatter(_short))
    scale.ax.tick_params(labelsize=SMALL, length=2)
    scale.outline.set_visible(False)
    scale.set_label(label, fontsize=SMALL)


def _short(value: float, _: int | None = None) -> str:
    """Return a number in at most four characters: ``0.25``, ``7``, ``12``, ``1442``, ``12k``."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if value >= 9.9995 * size:
            return f"{value / size:.0f}{unit}"
    return f"{value:.0f}" if value >= 9.95 else f"{value:.2g}"
