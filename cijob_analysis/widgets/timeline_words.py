"""What a timeline shows, in words: for screen readers, and the line below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cijob_analysis import schema
from cijob_analysis.ledger import ledger_of
from cijob_analysis.plots.style import NO_STATE
from cijob_analysis.plots.zones import zone_label
from cijob_analysis.widgets.timeline_data import TimelineData, instant_of, offset_s
from cijob_analysis.words import listed, number, plural

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    import pandas as pd
    from numpy.typing import NDArray


def label_of(
    frame: pd.DataFrame, data: TimelineData, shown: NDArray[np.bool_] | None, window: Sequence[int], zone: tzinfo
) -> str:
    """Return how many bars there are in which state, from when to when, which window is selected, and what is missing.

    Parameters
    ----------
    frame : DataFrame
        What the timeline shows.
    data : TimelineData
        Its bars.
    shown : array of bool, or None
        Which of the bars are shown; None for all.
    window : list of int
        Begin and end of the selected window [ms since 1970-01-01 UTC], or nothing.
    zone : tzinfo
        Zone in which times are told.
    """
    noun = schema.noun_of(frame)
    state = data.state if shown is None else data.state[shown]
    n = np.bincount(state, minlength=len(data.states))
    states = [f"{number(n[code])} {data.states[code] or NO_STATE}" for code in np.flatnonzero(n)]
    sentences = [
        f"{plural(len(state), noun)} of {number(len(frame))} on the timeline" + (f": {listed(states)}" * bool(states))
    ]
    if len(data.rows):
        sentences.append(f"From {_span(data.origin_ms, data.last_ms, zone)}")
    if window:
        sentences.append(f"Window selected: from {_span(window[0], window[1], zone)}")
    line = ledger_of(frame).line(len(frame), noun, zone)
    completeness = [*([] if line == plural(len(frame), noun) else [line]), *data.remarks]
    if completeness:
        text = "; ".join(completeness)
        sentences.append(text[0].upper() + text[1:])
    return ". ".join(sentences) + "."


def _span(begin_ms: int, end_ms: int, zone: tzinfo) -> str:
    begin, end = (_clock(time_ms, zone) for time_ms in (begin_ms, end_ms))
    return f"{begin} to {end} ({zone_label(zone, [instant_of(begin_ms), instant_of(end_ms)])})"


def _clock(time_ms: int, zone: tzinfo) -> str:
    """Return what the clocks of `zone` show; numpy knows more years than `datetime`."""
    return str(np.datetime64(time_ms // 1_000 + offset_s(zone, time_ms), "s")).replace("T", " ")
