"""The picture of how many were in which state when."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import numpy as np

from cijob_analysis.ledger import clock_text
from cijob_analysis.metrics.durations import as_of_for
from cijob_analysis.metrics.groups import state_codes
from cijob_analysis.metrics.inputs import frame_of
from cijob_analysis.metrics.state_history import states_over_time
from cijob_analysis.plots.canvas import axes_for, finish, integers, say_empty, state_legend, tidy
from cijob_analysis.plots.style import GREY, NO_STATE, looks_of
from cijob_analysis.plots.thinning import visible_steps
from cijob_analysis.plots.zones import on_axis, time_axis, zone_label, zone_of
from cijob_analysis.schema import TERMINAL, noun_of
from cijob_analysis.snapshot import Snapshot
from cijob_analysis.words import listed, number, plural, seconds

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_MARGIN = 0.02
"""How far a picture goes on behind the last event, as a part of the time before."""


def plot_states_over_time(
    data: pd.DataFrame | Snapshot,
    *,
    as_of: datetime | str | None = None,
    ax: Axes | None = None,
    tz: tzinfo | str | None = None,
) -> Axes:
    """Draw how many rows were in which state over time, stacked: what is finished below, what waits on top.

    The steps are those of `states_over_time`. Where there are more than 2 000, those that share a pixel are drawn as
    one: the one at which the most were running, so that no peak is lost.

    Parameters
    ----------
    data : DataFrame or Snapshot
        Batch jobs, executions or tasks; `state`, `created_at`, `started_at`, `ended_at` are used. Of a snapshot the
        lowest level that has rows.
    as_of : datetime, Timestamp or ISO text with a zone, optional
        When the frame was true; what its ledger says if not given. If something is unfinished, the picture reaches
        until then, and ends with a dotted line.
    ax : Axes, optional
        Where to draw; a new figure, which a notebook shows, if not given.
    tz : tzinfo or str, optional
        Zone in which times are shown, such as ``Asia/Shanghai``; UTC if not given.

    Returns
    -------
    Axes
        `ax`, or the new ones.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        There is no such zone, or `as_of` is no time or has no zone.
    """
    zone, frame = zone_of(tz), frame_of(data)
    noun = noun_of(frame)
    if as_of is None and isinstance(data, Snapshot):
        as_of = data.as_of
    table = states_over_time(frame, as_of=as_of)
    left_out = table.attrs["left_out"]
    remarks = [f"{number(left_out)} of which nobody knows since when left out"] if left_out else []
    title = f"{noun.capitalize()}s by state over time"
    ax = axes_for(ax)
    if table.empty:
        say_empty(ax, f"no {noun}s" + (" with a time" if len(frame) else ""))
        ax.set_xlabel(f"time ({zone_label(zone)})")
        return finish(ax, frame, title, f"Stacked steps without {noun}s", zone=zone, left_out=remarks)

    states = state_codes(frame)[1]
    counts = table.iloc[:, 1:].to_numpy().T
    at = table["at"].dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    is_open = bool(counts[[state not in TERMINAL for state in states], -1].any())
    if is_open and np.isnat(as_of_for(frame, as_of)):
        remarks.append("unfinished ones drawn up to the last event")
    span_s = float((at[-1] - at[0]) / np.timedelta64(1, "s"))

    rows = visible_steps(at.astype(np.int64), counts[states.index("Running")])
    x = on_axis(at[rows])
    end = x[-1] if is_open and span_s else x[-1] + max(_MARGIN * (x[-1] - x[0]), 1 / 86_400)
    x = np.append(x, end)
    base = np.zeros(len(x), np.int64)
    shown = []
    for state, look, n in reversed(list(zip(states, looks_of(states), counts[:, np.append(rows, -1)], strict=True))):
        if n.any():
            area = {**look.patch(), "linewidth": 0}
            ax.fill_between(x, base, base + n, step="post", label=state or NO_STATE, **area)
            shown.append((state, look))
        base = base + n
    ax.plot(x, base, drawstyle="steps-post", color=GREY, linewidth=0.8)
    if is_open:
        ax.axvline(x[-1], color=GREY, linewidth=0.9, linestyle=":")

    ax.set_xlim(x[0], x[-1] + 0.01 * (x[-1] - x[0]) * is_open)
    ax.set_ylim(0, 1.06 * base.max())
    time_axis(ax, zone, at[0], at[-1])
    ax.set_ylabel(f"{noun}s")
    integers(ax.yaxis)
    tidy(ax, grid="y")
    state_legend(ax, shown[::-1])
    description = f"Stacked steps of {plural(int(counts[:, -1].sum()), noun)} by state over {seconds(span_s)}"
    return finish(ax, frame, title, description + _said(at, counts, states, zone), zone=zone, left_out=remarks)


def _said(at: NDArray[np.datetime64], counts: NDArray[np.int64], states: list[str | None], zone: tzinfo) -> str:
    """Return what is to be seen: the counts at the end, and the peaks of what waited and ran."""
    last = [f"{number(n)} {state or NO_STATE}" for state, n in zip(states, counts[:, -1], strict=True) if n]
    peaks = []
    for state in ("Submitted", "Running"):
        n = counts[states.index(state)]
        if n.any():
            when = clock_text(at[n.argmax()].astype("datetime64[us]").item().replace(tzinfo=UTC), zone)
            peaks.append(f"{number(n.max())} {state} ({when})")
    return f": at the end {listed(last)}" + (f"; at most {listed(peaks)}" if peaks else "")
