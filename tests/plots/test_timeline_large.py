"""Timelines of so many bars that they are counted and not laid into lanes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cijob_analysis.plots import describe, plot_timeline
from cijob_analysis.plots.bars import most_at_once
from cijob_analysis.plots.density import Density
from tests.builders import many_batch_jobs
from tests.plots.test_canvas import note_of
from tests.plots.test_states import legend_texts
from tests.plots.test_timeline import is_failed, pixels_of

WAIT, SUCCESS = (0xC9, 0xC9, 0xC9), (0x00, 0x72, 0xB2)
STATES = pd.CategoricalDtype(["Success", "Failed"])
BEGIN = np.datetime64("2026-03-01T00:00", "us")


def crowd(created: NDArray[np.float64], waits_s: float, runs_s: float) -> pd.DataFrame:
    """Return batch jobs that succeeded: created so many seconds after midnight, they waited and ran so long."""
    frame = many_batch_jobs(len(created), states=("Success", "Failed")).assign(state="Success")
    frame["state"] = frame["state"].astype(STATES)
    seconds = np.cumsum(
        [created, np.broadcast_to(waits_s, len(created)), np.broadcast_to(runs_s, len(created))], axis=0
    )
    for name, values in zip(("created_at", "started_at", "ended_at"), seconds, strict=True):
        frame[name] = pd.Series(BEGIN + (values * 1e6).astype("m8[us]")).dt.tz_localize("UTC")
    return frame


def columns_of(ax: Any, times: pd.Series) -> Any:
    """Return in which columns of `pixels_of` the times lie."""
    days = (times - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)
    x = ax.transData.transform(np.column_stack([days, np.zeros(len(days))]))[:, 0]
    return np.floor(x - np.ceil(ax.bbox.x0)).astype(int)


def test_every_single_second_that_failed_among_a_million_has_its_pixel() -> None:
    n = 1_000_000
    frame = many_batch_jobs(n, states=("Success", "Failed"))
    failed = np.random.default_rng(5).choice(n, 60, replace=False)
    frame["state"] = pd.Categorical.from_codes(np.isin(np.arange(n), failed).astype(int), dtype=STATES)
    ends = frame["started_at"].iloc[failed] + pd.Timedelta(seconds=1)
    frame["ended_at"] = frame["ended_at"].where(frame["state"] == "Success", frame["started_at"] + pd.Timedelta("1s"))
    ax: Any = plot_timeline(frame)
    orange = is_failed(pixels_of(ax))
    columns = columns_of(ax, ends)
    for column in columns:
        assert orange[:, max(column - 1, 0) : column + 2].any()
    for column in np.flatnonzero(orange.any(axis=0)):
        assert np.abs(columns - column).min() <= 1, "a column is orange in which nothing failed"
    assert "60 Failed" in describe(ax)


def test_the_height_is_how_many_there_are_and_its_parts_are_shares() -> None:
    seconds = np.arange(60_000.0)  # one a second, of which each waits 100 s and runs 300 s: 400 side by side
    ax: Any = plot_timeline(crowd(seconds, 100, 300))
    pixels = pixels_of(ax)
    middle = pixels[:, pixels.shape[1] // 2]
    per_task = ax.transData.transform([(0, 1)])[0, 1] - ax.transData.transform([(0, 0)])[0, 1]
    for color, n in ((SUCCESS, 300), (WAIT, 100)):
        assert abs((middle == color).all(axis=1).sum() - n * per_task) <= 2
    assert np.flatnonzero((middle == WAIT).all(axis=1)).max() < np.flatnonzero((middle == SUCCESS).all(axis=1)).min()
    assert "at most 400 at once" in describe(ax)
    assert "drawn as how many there were at once, on average over each pixel" in note_of(ax)
    assert legend_texts(ax) == ["Success", "wait"]


def test_short_ones_that_follow_each_other_fill_what_they_use() -> None:
    seconds = np.repeat(np.arange(30_000.0), 2)  # two begin each second, and run for half of it
    ax: Any = plot_timeline(crowd(seconds, 0, 0.5))
    pixels = pixels_of(ax)
    one_high = (pixels == SUCCESS).all(axis=2)[:, pixels.shape[1] // 2].sum()
    per_task = ax.transData.transform([(0, 1)])[0, 1] - ax.transData.transform([(0, 0)])[0, 1]
    assert one_high == pytest.approx(per_task, rel=0.02)  # the half seconds do not end with the pixels
    assert "at most 2 at once" in describe(ax)


def test_each_group_has_a_band_and_its_failures_in_it() -> None:
    frame = crowd(np.arange(60_000.0), 0, 50)
    frame["tag"] = pd.Series(np.where(np.arange(60_000) % 3, "many", "few"), dtype="string")
    frame.loc[30_000, "state"] = "Failed"  # one of the few
    ax: Any = plot_timeline(frame, by="tag")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["many", "few"]
    upper, lower = ax.get_yticks()
    assert upper > lower
    pixels = pixels_of(ax)
    row = np.argwhere(is_failed(pixels))[:, 0].max()
    ground = ax.transData.transform([(0, ax.images[0].bounds[1, 0])])[0, 1] - np.ceil(ax.bbox.y0)
    assert pixels.shape[0] - 1 - row == pytest.approx(ground, abs=1.5)


def test_what_waits_and_gave_up_is_in_its_colour_and_zero_lengths_are_seen() -> None:
    frame = crowd(np.arange(60_000.0), 0, 0)
    frame.loc[20_000:39_999, "started_at"] = pd.NaT
    frame.loc[20_000:39_999, "state"] = "Failed"
    frame.loc[20_000:39_999, "ended_at"] += pd.Timedelta(seconds=500)
    pixels = pixels_of(plot_timeline(frame))
    left, middle = pixels[:, 50], pixels[:, pixels.shape[1] // 2]
    assert (left == SUCCESS).all(axis=1).sum() == 1
    assert is_failed(middle).sum() > 200


def test_what_has_no_state_is_seen_too() -> None:
    frame = crowd(np.arange(60_000.0), 0, 100)
    frame["state"] = frame["state"].where(frame.index % 2 == 0)
    pixels = pixels_of(plot_timeline(frame))
    assert (pixels[:, pixels.shape[1] // 4] == 0).all(axis=1).sum() > 50  # not known to have ended, they pile up


def test_a_raster_of_each_kind() -> None:
    ax: Any = plot_timeline(many_batch_jobs(50_001))
    assert [type(image) for image in ax.images] == [Density]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), min_size=1, max_size=30), st.sampled_from([1, 10**9]))
def test_the_most_at_once(cases: list[tuple[int, int]], unit: int) -> None:
    begin, length = np.array(cases, np.int64).T * unit
    end = begin + length
    most = max(sum(1 for b, e in zip(begin, end, strict=True) if b <= now < e) for now in begin)
    assert most_at_once(begin, end) == most
