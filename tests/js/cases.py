"""Timelines, scales and clocks with the answers of the Python side, for the tests that run in JavaScript."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cijob_analysis import schema
from cijob_analysis.metrics.lanes import pack_lanes
from cijob_analysis.plots.density import Layer, occupancy
from cijob_analysis.plots.pixels import Scale
from cijob_analysis.widgets.timeline import Timeline
from cijob_analysis.widgets.timeline_data import NO_START, TimelineData, bands, timeline_data
from cijob_analysis.words import number, seconds
from tests.builders import batch_jobs, many_batch_jobs
from tests.js.clocks import clock_cases, tick_cases, zone_cases
from tests.widgets.timeline_page import Page

STATES: Final = [*schema.STATES, "Frozen", None]
BEGIN: Final = np.datetime64("2026-03-01T00:00", "ms")
LANES: Final = "workflow"


def shared_cases() -> dict[str, Any]:
    """Return all cases as JSON; the same ones each time."""
    random = np.random.default_rng(5)
    return {
        "lanes": [lane_case(begin, end) for begin, end in intervals(random)],
        "timelines": [timeline_case(frame, random) for frame in frames(random)],
        "fits": [fit_case(random) for _ in range(200)],
        "ticks": list(tick_cases(random)),
        "clocks": list(clock_cases(random)),
        "zones": list(zone_cases()),
        "words": word_cases(random),
    }


# ---------------------------------------------------------------------------------------------- lanes


def intervals(random: np.random.Generator) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Yield begins and ends: none, one, at the ends of what 32 bits hold, with many ties, many."""
    yield np.array([], np.int64), np.array([], np.int64)
    yield np.array([7]), np.array([7])
    last = 2**32 - 2
    yield np.array([last, 0, last - 1, 0]), np.array([last, last, last, 0])
    for n, span, longest in [(30, 5, 3), (300, 20, 4), (300, 300, 1), (3_000, 2**31, 2**27), (5_000, 10_000, 900)]:
        begin = random.integers(0, span, n)
        yield begin, begin + random.integers(0, longest + 1, n)


def lane_case(begin: NDArray[Any], end: NDArray[Any]) -> dict[str, Any]:
    return {"begin": begin.tolist(), "end": end.tolist(), "lanes": pack_lanes(begin, end).tolist()}


# ---------------------------------------------------------------------------------------------- timelines


def frames(random: np.random.Generator) -> Iterator[pd.DataFrame]:
    """Yield frames of batch jobs.

    There are none with a time, one, many that begin and end together, many over two days, and few over so long that
    a unit of their times is more than a millisecond.
    """
    yield batch_jobs({"state": "Failed"}, {})
    yield jobs(random, 1, 1, 60_000)
    yield jobs(random, 300, 9_000, 3_000, grid=1_000)
    yield jobs(random, 9_000, 2 * 86_400_000, 900_000)
    yield jobs(random, 50, 300 * 86_400_000, 86_400_000)


def jobs(random: np.random.Generator, n: int, span_ms: int, longest_ms: int, *, grid: int = 1) -> pd.DataFrame:
    """Return batch jobs that are created in `span_ms`, in any state; some never start, or nobody knows since when."""
    steps = random.integers(0, [[span_ms // grid + 1], [longest_ms // grid + 1], [longest_ms // grid + 1]], (3, n))
    steps[1:] *= random.random((2, n)) < 0.8  # the others wait or run for no time at all
    times = np.cumsum(steps * grid, axis=0)
    state = random.integers(0, len(STATES), n)
    frame = many_batch_jobs(n, states=("Success",))
    frame["state"] = pd.Categorical([STATES[code] for code in state], schema.in_order(filter(None, STATES)))
    for name, ms, share in zip(("created_at", "started_at", "ended_at"), times, (0.97, 0.9, 0.97), strict=True):
        known = (BEGIN + ms).astype("datetime64[us]")
        known[random.random(n) > share] = np.datetime64("NaT")
        frame[name] = pd.Series(pd.DatetimeIndex(known, tz="UTC"))
    return frame


def timeline_case(frame: pd.DataFrame, random: np.random.Generator) -> dict[str, Any]:
    """Return what a page is sent of `frame`, and what it must make of that in some views."""
    timeline = Timeline(frame)
    page = Page(timeline).open()
    mask = random.random(len(frame)) < 0.4
    timeline.show(mask)
    page.say("bands", lanes=LANES)
    sent = {
        kind: {"message": message, "buffers": [b64encode(buffer).decode() for buffer in buffers]}
        for kind, (message, buffers) in ((kind, page.last(kind)) for kind in ("data", "mask", "bands"))
    }
    timeline.close()
    data = timeline_data(frame)
    shown = np.flatnonzero(mask[data.rows])
    last = float(data.end.max(initial=1))
    spans = [(-0.01, 1.01), (0.3, 0.6), (0.5, 0.5 + 40 / last), (1, 1.5), (0, 12_000 / last)]
    views = [(begin * last, end * last) for begin, end in spans]
    return {
        **sent,
        "shown": shown.tolist(),
        "order": paint_order(data),
        "views": [
            view_case(data, chosen, band, view, random)
            for chosen in (np.arange(len(data.rows)), shown)
            for band in (np.zeros(len(data.rows), np.intp), bands(frame, data.rows, LANES).codes.astype(np.intp))
            for view in views
        ],
    }


def paint_order(data: TimelineData) -> list[int]:
    """Return the states, and a wait after them, from the bottom of a stack to its top."""
    failed = data.states.index("Failed")
    return [failed, *(number for number in range(len(data.states) + 1) if number != failed)]


def view_case(
    data: TimelineData,
    chosen: NDArray[np.intp],
    band: NDArray[np.intp],
    view: tuple[float, float],
    random: np.random.Generator,
) -> dict[str, Any]:
    """Return how many bars there are in each column of pixels, which are in view, in which lanes, and where."""
    begin, end, band = data.begin[chosen].astype(np.int64), data.end[chosen].astype(np.int64), band[chosen]
    n_bands = int(band.max(initial=0)) + 1
    found = np.flatnonzero((begin < view[1]) & (end >= view[0]))
    lane = np.zeros(len(found), np.intp)
    for turn in range(n_bands):
        mine = np.flatnonzero(band[found] == turn)
        lane[mine] = pack_lanes(begin[found[mine]], end[found[mine]])
    return {
        "from": view[0],
        "to": view[1],
        "isMasked": len(chosen) < len(data.rows),
        "isBanded": n_bands > 1,
        "found": found.tolist(),
        "lane": lane.tolist(),
        **density_case(data, chosen, band, n_bands, view),
        **hit_case(begin[found], end[found], band[found], lane, found, view[0], random),
    }


def density_case(
    data: TimelineData, chosen: NDArray[np.intp], band: NDArray[np.intp], n_bands: int, view: tuple[float, float]
) -> dict[str, Any]:
    """Return what `plot_timeline` would count."""
    n_columns, place = 60, np.argsort(paint_order(data))
    begin, start, end = (values[chosen].astype(np.float64) for values in (data.begin, data.start, data.end))
    state, runs = data.state[chosen], start != NO_START
    gave_up = ~runs & ~np.array(data.is_open)[state]
    waiting = np.where(gave_up, place[state], place[-1])
    stack = band * len(place)
    layers = [
        Layer(begin[which], until[which], (stack + color)[which].astype(np.int16))
        for which, until, color in ((~runs, end, waiting), (runs & (begin < start), start, waiting))
    ]
    layers.append(Layer(start[runs], end[runs], (stack + place[state])[runs].astype(np.int16)))
    n_stacks = n_bands * len(place)
    counted = occupancy(layers, n_stacks, Scale(*view, 0, n_columns), n_columns)
    return {
        "nColumns": n_columns,
        "nStacks": n_stacks,
        "mean": counted.mean.ravel().tolist(),
        "isThere": counted.is_there.ravel().astype(int).tolist(),
    }


def hit_case(
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    band: NDArray[np.intp],
    lane: NDArray[np.intp],
    found: NDArray[np.intp],
    view_begin: float,
    random: np.random.Generator,
) -> dict[str, Any]:
    """Return what is hit at some places, by looking at each bar."""
    scale, pitch, slop = 0.25, 6, 3
    bottoms = 400 + 400 * np.arange(band.max(initial=0) + 1)
    left = (begin - view_begin) * scale
    right = np.maximum((end - view_begin) * scale, left + 1)
    below = bottoms[band] - lane * pitch
    places = random.integers(0, [[200], [bottoms[-1]]], (2, 100)).astype(np.float64)
    if len(found):  # some of them near a bar
        near = random.integers(0, len(found), 50)
        places[:, :50] = left[near] + random.integers(-5, 6, 50), below[near] - random.integers(0, pitch + 1, 50)
    hits = []
    for x, y in places.T.tolist():
        beside = np.maximum(np.maximum(left - x, x - right), 0)
        beside = np.where((below - y >= 0) & (below - y < pitch), beside, np.inf)
        is_nearest = (beside <= slop) & (beside == beside.min(initial=np.inf))
        hits.append([x, y, int(found[is_nearest][-1]) if is_nearest.any() else -1])
    return {"scale": scale, "pitch": pitch, "slop": slop, "bottoms": bottoms.tolist(), "hits": hits}


# ---------------------------------------------------------------------------------------------- bands and words


def fit_case(random: np.random.Generator) -> dict[str, Any]:
    """Return where bands lie, by the exact unit: bands that need more than the least share what these leave."""
    n = int(random.integers(1, 22))
    sizes = np.where(random.random(n) < 0.2, 0, random.integers(1, 400, n)).astype(np.float64)
    height = float(random.integers(300, 800))
    least, gap = (17.0, 5.0) if n > 1 else (0.0, 5.0)
    most = float(random.choice([1, 30, np.inf]))
    between = min(gap, max(height - n * least, 0) / max(n - 1, 1))
    room = height - between * (n - 1)
    floor = min(least, room / n)
    ordered = np.sort(sizes[sizes > 0])[::-1]
    units = [(room - floor * (n - many)) / ordered[:many].sum() for many in range(1, len(ordered) + 1)]
    fitting = [unit for unit in units if np.maximum(sizes * unit, floor).sum() <= room * (1 + 1e-12)]
    heights = np.maximum(sizes * min(max(fitting, default=0), most), floor)
    heights += (room - heights.sum()) / n
    bottoms = np.cumsum(heights + between) - between
    return {
        "sizes": sizes.tolist(), "height": height, "least": least, "gap": gap,
        "most": most if np.isfinite(most) else None,  # JSON has no infinity
        "tops": (bottoms - heights).tolist(), "bottoms": bottoms.tolist(),
    }  # fmt: skip


def word_cases(random: np.random.Generator) -> dict[str, list[tuple[float, str]]]:
    """Return numbers and durations [s] as people read them; durations have whole milliseconds."""
    counts = [0, 1, 999, 1_000, 12_480, 999_999, 1_000_000, 1_234_567_890]
    durations = [0.0, 0.001, 0.09, 0.1, 1.0, 59.9, 60.0, 61.0, 3_600.0, 3_661.0, 86_399.0, 86_400.0, 90_000.0, 2e8]
    many = np.rint(10 ** random.uniform(0, 11, 300)) / 1_000
    durations += many[8 * many % 1 > 0].tolist()  # what may be halfway is rounded up there, and here to even numbers
    return {"numbers": [(n, number(n)) for n in counts], "durations": [(s, seconds(s)) for s in durations]}
