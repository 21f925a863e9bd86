from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from cijob_analysis import Snapshot
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.plots import describe
from cijob_analysis.plots.throughput import plot_throughput
from cijob_analysis.plots.zones import on_axis
from tests.builders import batch_jobs, many_batch_jobs
from tests.plots.test_canvas import ODD, drawn, note_of
from tests.plots.test_states import legend_texts

HOUR = 1 / 24


def ended(*times: str, state: str = "Success") -> list[dict[str, str]]:
    """Rows that ended at times in UTC."""
    return [{"state": state, "ended_at": time} for time in times]


def bars(ax: Axes) -> dict[str, list[tuple[str, float, int, int]]]:
    """The bars of each state: hour and minute in UTC at which it begins, width [h], foot and height."""
    containers: Any = ax.containers
    return {
        group.get_label(): [
            (_clock(bar.get_x()), round(bar.get_width() / HOUR, 4), bar.get_y(), bar.get_height()) for bar in group
        ]
        for group in containers
    }


def _clock(x: float) -> str:
    minutes = round((x - float(on_axis(np.datetime64("2026-03-01")))) * 24 * 60)
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def test_a_bar_for_each_hour_in_which_something_ended() -> None:
    ax = plot_throughput(batch_jobs(*ended("2026-03-01 10:00", "2026-03-01 10:59", "2026-03-01 12:30")), per="hour")
    assert bars(ax) == {"Success": [("10:00", 1, 0, 2), ("12:00", 1, 0, 1)]}
    left, right = ax.get_xlim()
    assert (right - left) / HOUR == pytest.approx(3.06)  # the empty hour is there


def test_states_are_stacked_the_first_on_top() -> None:
    rows = [*ended("2026-03-01 10:00", "2026-03-01 10:10"), *ended("2026-03-01 10:20", state="Failed")]
    ax: Any = plot_throughput(batch_jobs(*rows), per="hour")
    assert bars(ax) == {"Failed": [("10:00", 1, 0, 1)], "Success": [("10:00", 1, 1, 2)]}
    assert legend_texts(ax) == ["Success", "Failed"]
    assert [to_hex(bar.get_facecolor()).upper() for bar in ax.patches] == ["#D55E00", "#0072B2"]
    assert [bar.get_hatch() for bar in ax.patches] == ["////", None]


def test_one_colour_if_the_states_do_not_matter() -> None:
    rows = [*ended("2026-03-01 10:00"), *ended("2026-03-01 10:20", state="Failed")]
    ax = plot_throughput(batch_jobs(*rows), per="hour", by=None)
    assert bars(ax) == {"finished": [("10:00", 1, 0, 2)]}
    assert ax.get_legend() is None


@pytest.mark.parametrize(
    ("last", "per"),
    [("2026-03-01 13:00", "minute"), ("2026-03-01 13:01", "hour"), ("2026-03-07 10:00", "hour"), ("2026-03-08", "day")],
)
def test_the_bars_are_as_long_as_the_span_asks_for(last: str, per: str) -> None:
    ax = plot_throughput(batch_jobs(*ended("2026-03-01 10:00", last)))
    assert ax.get_ylabel() == f"batch jobs finished per {per}"
    assert ax.get_title() == f"Batch jobs finished per {per}"


def test_an_end_counts_in_a_final_state_only() -> None:
    ax = plot_throughput(
        batch_jobs(*ended("2026-03-01 10:00"), *ended("2026-03-01 10:10", state="Running")), per="hour"
    )
    assert bars(ax) == {"Success": [("10:00", 1, 0, 1)]}


def test_days_of_the_zone_are_as_wide_as_they_last() -> None:
    # In New York 2026-03-08 has 23 hours, from 05:00 UTC to 04:00 UTC.
    ax = plot_throughput(
        batch_jobs(*ended("2026-03-08 04:59", "2026-03-08 05:00", "2026-03-09 04:00")), per="day", tz="America/New_York"
    )
    assert bars(ax) == {"Success": [("05:00", 24, 0, 1), ("05:00", 23, 0, 1), ("04:00", 24, 0, 1)]}
    assert ax.get_xlabel() == "time (America/New_York, UTC−5 and UTC−4)"


def test_the_hour_that_comes_twice_is_two_bars() -> None:
    ax = plot_throughput(
        batch_jobs(*ended("2026-11-01 05:30", "2026-11-01 06:30", "2026-11-01 06:40")),
        per="hour",
        tz="America/New_York",
    )
    assert bars(ax) == {"Success": [("05:00", 1, 0, 1), ("06:00", 1, 0, 2)]}


def test_it_says_how_many_on_average_and_at_most() -> None:
    rows = [
        *ended("2026-03-01 10:00", "2026-03-01 12:00", "2026-03-01 12:30"),
        *ended("2026-03-01 12:00", state="Cancel"),
    ]
    assert describe(plot_throughput(batch_jobs(*rows), per="hour", tz="Asia/Shanghai")).startswith(
        "Bars of 4 batch jobs finished in 3 hours: 3 Success and 1 Cancel; 1.3 per hour on average, "
        "at most 3 (2026-03-01 20:00 UTC+8)"
    )


def test_what_is_left_out_is_said() -> None:
    ax = plot_throughput(batch_jobs(*ended("2026-03-01 10:00"), {"state": "Failed"}, {"state": "Running"}))
    assert note_of(ax).endswith("; 1 finished without an end left out")


def test_many_bars_are_one_outline_and_the_busiest_stay() -> None:
    frame = many_batch_jobs(3_000, states=("Success",))
    peak = frame["ended_at"].dt.floor("min").value_counts().max()
    ax: Any = plot_throughput(frame, per="minute")
    (outline,) = ax.patches
    values, edges, _ = outline.get_data()
    assert len(values) <= 2_003
    assert values.max() == peak
    assert (np.diff(edges) > 0).all()
    assert note_of(ax).endswith("; of minutes that share a pixel the busiest is drawn")


def test_a_snapshot_is_drawn_at_its_lowest_level() -> None:
    frame = batch_jobs(*ended("2026-03-01 10:00"))
    assert bars(plot_throughput(Snapshot(batch_jobs=frame))) == bars(plot_throughput(frame))


@pytest.mark.parametrize("frame", ODD.values(), ids=ODD.keys())
def test_odd_frames_are_drawn_without_a_warning(frame: pd.DataFrame) -> None:
    before = frame.copy()
    assert drawn(plot_throughput(frame, tz="America/New_York"))
    pd.testing.assert_frame_equal(frame, before)


def test_no_rows_are_said_so() -> None:
    assert "no batch jobs" in [text.get_text() for text in plot_throughput(batch_jobs()).texts]
    unfinished = plot_throughput(batch_jobs({"state": "Running", "ended_at": "2026-03-01"}))
    assert "no batch jobs that have finished" in [text.get_text() for text in unfinished.texts]


def test_what_it_does_not_know() -> None:
    with pytest.raises(ConfigurationError, match="per='week' is none of minute, hour, day"):
        plot_throughput(batch_jobs(), per="week")
    with pytest.raises(ConfigurationError, match="by='queue_id': the bars are stacked by 'state'"):
        plot_throughput(batch_jobs(), by="queue_id")
