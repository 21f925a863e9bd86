"""The pictures of how long things waited and ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.durations import durations_named, observations
from cijob_analysis.metrics.groups import By, state_codes
from cijob_analysis.metrics.inputs import frame_of
from cijob_analysis.plots.boxes import draw_boxes, draw_violins
from cijob_analysis.plots.canvas import axes_for, finish, say_empty, tidy
from cijob_analysis.plots.distributions import Series, draw_ecdf, draw_histogram, medians
from cijob_analysis.plots.seconds_axis import seconds_axis
from cijob_analysis.plots.style import NO_STATE, looks_of, series_looks
from cijob_analysis.plots.top import MOST_BARS, top_groups
from cijob_analysis.plots.zones import zone_of
from cijob_analysis.schema import noun_of
from cijob_analysis.words import listed, number, plural, seconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    import pandas as pd
    from matplotlib.axes import Axes

    from cijob_analysis.snapshot import Snapshot

KINDS = ("hist", "ecdf", "box", "violin")
_BY_ROWS = {"box": 0.36, "violin": 0.5}
"""Kinds that have a row for each series, and how high it is [inches]."""
NAMES = {"queue_wait_s": "queue wait", "run_time_s": "run time", "turnaround_s": "turnaround"}
_MOST_LINES = 8


def plot_durations(
    data: pd.DataFrame | Snapshot,
    *,
    kind: str = "hist",
    duration: str | Sequence[str] = "run_time_s",
    by: By = None,
    log: bool = True,
    as_of: datetime | str | None = None,
    ax: Axes | None = None,
    tz: tzinfo | str | None = None,
) -> Axes:
    """Draw how durations are distributed; the unfinished ones are shown apart, as the lower bounds that they are.

    Parameters
    ----------
    data : DataFrame or Snapshot
        Batch jobs, executions or tasks; `state`, `created_at`, `started_at`, `ended_at` are used. Of a snapshot
        the lowest level that has rows.
    kind : {"hist", "ecdf", "box", "violin"}
        A histogram: of one series, stacked by state, what is unfinished as a hatched outline on top; of several
        ones as outlines, dotted with what is unfinished. The share that took at most so long: with unfinished
        ones by the Kaplan–Meier estimate, and a tick where each is now. Or boxes: quartiles, median, and lines
        from 5 % to 95 %, also by that estimate; an arrow where it does not reach so far. Or violins: the density,
        as wide for each series, with quartiles and median in it, also by that estimate, and a tick below for each
        that is unfinished; fewer than five values are dots.
    duration : str or list of str
        ``queue_wait_s``, ``run_time_s``, ``turnaround_s``.
    by : str or list of str, optional
        Columns whose equal values make a group; the largest ones are series of their own, the others one together.
    log : bool
        Whether the axis is logarithmic. What is not above zero has no place there; the line below says how many.
    as_of : datetime, Timestamp or ISO text with a zone, optional
        When the frame was true; what its ledger says if not given. Where nobody knows, what is unfinished is left
        out, and the line below says so.
    ax : Axes, optional
        Where to draw; a new figure, which a notebook shows, if not given.
    tz : tzinfo or str, optional
        Zone of the time in the line below; UTC if not given.

    Returns
    -------
    Axes
        `ax`, or the new ones.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        There is no such kind, duration or zone, `as_of` is no time or has no zone, or `data` is neither a frame nor
        a snapshot.
    """
    frame = frame_of(data)
    if kind not in KINDS:
        raise ConfigurationError(f"kind={kind!r} is none of {', '.join(KINDS)}")
    durations = durations_named(duration)
    zone, noun = zone_of(tz), noun_of(frame)
    series, remarks = _series(frame, durations, by, as_of, log=log, most=MOST_BARS if kind in _BY_ROWS else _MOST_LINES)
    n = sum(int(((one.values > 0) | (not log)).sum()) for one in series)
    ax = axes_for(ax, height=1.5 + _BY_ROWS[kind] * max(len(series), 3) if kind in _BY_ROWS else 4.2)
    seconds_axis(ax, log=log and n > 0)
    tidy(ax)
    if n == 0:
        say_empty(ax, f"no {noun}s" + (" of a duration to be drawn" if len(frame) else ""))
    elif kind == "hist":
        codes, states = state_codes(frame)
        draw_histogram(ax, series, codes, states, log=log)
        ax.set_ylabel(f"{noun}s")
    elif kind == "ecdf":
        draw_ecdf(ax, series, log=log)
        ax.set_ylabel(f"share of {noun}s")
    else:
        (draw_boxes if kind == "box" else draw_violins)(ax, series, log=log)
    names = listed([NAMES[name] for name in durations])
    ax.set_xlabel(f"{names} (logarithmic)" if log and n > 0 else names)
    what = {"hist": "Histogram", "ecdf": "Cumulative distribution", "box": "Box plot", "violin": "Violin plot"}[kind]
    description = f"{what} of the {names} of {plural(len(frame), noun)}"
    middle = medians(series)
    if middle:
        description += "; median " + ", ".join(f"{label} {seconds(value)}".strip() for label, value in middle[:3])
    title = f"{names.capitalize()} of {noun}s"
    if by:
        title += " by " + (by if isinstance(by, str) else listed(by)).replace("_", " ")
    return finish(ax, frame, title, description, zone=zone, left_out=remarks)


def _series(
    frame: pd.DataFrame, durations: list[str], by: By, as_of: datetime | str | None, *, log: bool, most: int
) -> tuple[list[Series], list[str]]:
    """Return what is to be drawn, and what must be said of the rest."""
    top = top_groups(frame, by, max(most // len(durations), 1))
    found = observations(frame, durations, as_of=as_of)
    looks = series_looks(len(durations) * len(top.labels))
    if by in ("state", ["state"]) and len(durations) == 1:
        looks = looks_of([None if label == NO_STATE else label for label in top.labels])
    series: list[Series] = []
    open_ended = not_positive = unknown = 0
    for name in durations:
        seen = found[name]
        values = seen.values / np.timedelta64(1, "s")
        drawn = ~np.isnan(values)
        open_ended += int((~drawn).sum())
        not_positive += int((values <= 0).sum())
        unknown += len(frame) - len(seen.rows)
        for group, label in enumerate(top.labels):
            mine = drawn & (top.codes[seen.rows] == group)
            texts = [label] * bool(by) + [NAMES[name]] * (len(durations) > 1)
            look = looks[len(series)]
            series.append(Series(" · ".join(texts), look, seen.rows[mine], values[mine], seen.is_censored[mine]))
    remarks = []
    if unknown:
        remarks.append(f"{number(unknown)} without {listed([NAMES[name] for name in durations], 'or')} left out")
    if open_ended:
        remarks.append(f"{number(open_ended)} unfinished left out, as nobody knows until when they are")
    if not_positive and log:
        remarks.append(f"{number(not_positive)} of zero or negative length have no place on the logarithmic axis")
    return series, remarks
