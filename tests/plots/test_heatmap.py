import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from cijob_analysis import Snapshot
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.plots import describe
from cijob_analysis.plots.canvas import Note
from cijob_analysis.plots.heatmap import plot_heatmap
from tests.builders import batch_jobs, many_batch_jobs
from tests.plots.test_canvas import ODD, drawn, note_of

DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def ended(*times: str, state: str = "Success") -> list[dict[str, str]]:
    """Rows that ended at times in UTC; 2026-03-02 is a Monday."""
    return [{"state": state, "ended_at": time} for time in times]


def cells(ax: Axes) -> Any:
    """The values, weekdays × hours; masked where hatched, -1 where white."""
    (mesh,) = [mesh for mesh in ax.collections if isinstance(mesh, QuadMesh)]
    values: Any = mesh.get_array()
    return values.reshape(7, 24)


def texts(ax: Axes) -> dict[tuple[int, int], str]:
    """What is written into which cell."""
    written = [text for text in ax.texts if not isinstance(text, Note)]
    return {(int(text.get_position()[1]), int(text.get_position()[0])): text.get_text() for text in written}


def test_a_cell_for_each_hour_of_the_week_monday_on_top() -> None:
    ax = plot_heatmap(batch_jobs(*ended("2026-03-02 10:15", "2026-03-02 10:20", "2026-03-03 00:00")))
    assert [label.get_text() for label in ax.get_yticklabels()] == DAYS
    assert [label.get_text() for label in ax.get_xticklabels()] == [str(hour) for hour in range(24)]
    assert ax.yaxis_inverted()
    found = cells(ax)
    assert (found[0, 10], found[0, 11], found[1, 0]) == (2, 0, 1)
    assert found.count() == 15  # the others did not come, and are hatched
    assert ax.patch.get_hatch() == "////"
    assert texts(ax) == {(0, 10): "2", **{(0, hour): "0" for hour in range(11, 24)}, (1, 0): "1"}


def test_cells_are_means_over_the_hours_that_came() -> None:
    monday, next_monday = "2026-03-02 10:15", "2026-03-09 10:15"
    ax = plot_heatmap(batch_jobs(*ended(monday, monday, monday, next_monday, "2026-03-03 08:00")))
    assert (cells(ax)[0, 10], cells(ax)[1, 8]) == (2, 1)
    assert cells(ax).count() == 168
    assert note_of(ax).endswith("; means over 7 d 1 h")


def test_the_hour_that_the_clocks_leave_out_is_hatched_and_the_one_that_comes_twice_is_two() -> None:
    spring = plot_heatmap(batch_jobs(*ended("2026-03-08 06:30", "2026-03-08 07:30")), tz="America/New_York")
    assert np.ma.getmaskarray(cells(spring))[6, :5].tolist() == [True, False, True, False, True]
    autumn = plot_heatmap(batch_jobs(*ended("2026-11-01 05:30", "2026-11-01 06:30")), tz="America/New_York")
    assert cells(autumn)[6, 1] == 1
    assert autumn.get_xlabel() == "hour of the day (America/New_York, UTC−4 and UTC−5)"


def test_what_has_been_created_or_started() -> None:
    row = {"state": "Running", "created_at": "2026-03-02 08:00", "started_at": "2026-03-02 09:00"}
    assert texts(plot_heatmap(batch_jobs(row), of="created")) == {(0, 8): "1"}
    ax = plot_heatmap(batch_jobs(row, {"state": "Submitted"}), of="started")
    assert texts(ax) == {(0, 9): "1"}
    assert ax.get_title() == "Batch jobs started by weekday and hour"
    assert "; 1 not started at any known time left out; " in note_of(ax)


def test_shares_of_the_failed() -> None:
    rows = [*ended("2026-03-02 10:15", "2026-03-02 12:15"), *ended("2026-03-02 10:20", state="Failed")]
    ax = plot_heatmap(batch_jobs(*rows), value="failed_share")
    assert cells(ax)[0, 10:13].tolist() == [50, -1, 0]
    assert texts(ax) == {(0, 10): "50", (0, 12): "0"}
    assert ax.get_title() == "Failed share of batch jobs finished by weekday and hour"
    assert describe(ax).startswith(
        "Heatmap of 3 batch jobs finished, by weekday and hour, over 3 h: most on Monday from 10:00 (50 % failed)"
    )


@pytest.mark.parametrize(("n", "text"), [(1, "0.25"), (41, "10"), (4_000, "1000"), (49_000, "12k")])
def test_numbers_are_short_enough_for_a_cell(n: int, text: str) -> None:
    rows = batch_jobs(*ended("2026-03-02 10:00", "2026-03-24 11:00", "2026-03-03 10:00"))  # four Tuesdays at 10
    assert texts(plot_heatmap(rows.loc[[0, 1, *[2] * n]].reset_index(drop=True)))[1, 10] == text


def test_numbers_are_left_out_where_they_have_no_room() -> None:
    ax = Figure(figsize=(2, 2)).subplots()
    plot_heatmap(many_batch_jobs(2_000), ax=ax)
    assert texts(ax) == {}


def test_colours_grow_darker_and_numbers_stay_readable() -> None:
    rows = ended("2026-03-02 10:15", "2026-03-02 10:20", "2026-03-02 10:25", "2026-03-02 11:20")
    ax = plot_heatmap(batch_jobs(*rows))
    colors = {text.get_text(): text.get_color() for text in ax.texts if not isinstance(text, Note)}
    assert colors == {"3": "white", "1": "#222222"}
    mesh: Any = ax.collections[0]
    assert sum(mesh.to_rgba(3)[:3]) < sum(mesh.to_rgba(1)[:3]) < sum(mesh.to_rgba(0)[:3])


def test_it_says_when_the_most_happens_and_names_the_zone() -> None:
    ax = plot_heatmap(
        batch_jobs(*ended("2026-03-02 10:15", "2026-03-02 10:20", "2026-03-02 11:00")), tz="Asia/Shanghai"
    )
    assert describe(ax).startswith(
        "Heatmap of 3 batch jobs finished, by weekday and hour, over 2 h: most on Monday from 18:00 (2 per hour)"
    )
    assert ax.get_xlabel() == "hour of the day (Asia/Shanghai, UTC+8)"
    assert note_of(ax).endswith("; means over 2 h; hatched hours did not come in that time")


def test_a_scale_says_what_the_colours_mean() -> None:
    ax = plot_heatmap(batch_jobs(*ended("2026-03-02 10:15")))
    (scale,) = ax.child_axes
    assert scale.get_ylabel() == "batch jobs finished per hour"


def test_a_snapshot_is_drawn_at_its_lowest_level() -> None:
    frame = batch_jobs(*ended("2026-03-02 10:15"))
    assert texts(plot_heatmap(Snapshot(batch_jobs=frame))) == {(0, 10): "1"}


@pytest.mark.parametrize("value", ["per_hour", "failed_share"])
@pytest.mark.parametrize("frame", ODD.values(), ids=ODD.keys())
def test_odd_frames_are_drawn_without_a_warning(frame: pd.DataFrame, value: str) -> None:
    before = frame.copy()
    assert drawn(plot_heatmap(frame, tz="America/New_York", value=value))
    pd.testing.assert_frame_equal(frame, before)


def test_pictures_can_be_pickled() -> None:
    ax = plot_heatmap(batch_jobs(*ended("2026-03-02 10:15")))
    assert describe(pickle.loads(pickle.dumps(ax.figure)).axes[0]) == describe(ax)


def test_no_rows_are_said_so() -> None:
    assert "no batch jobs" in [text.get_text() for text in plot_heatmap(batch_jobs()).texts]
    without_ends = plot_heatmap(batch_jobs({"state": "Success"}))
    assert "no batch jobs finished at a known time" in [text.get_text() for text in without_ends.texts]


def test_what_it_does_not_know() -> None:
    with pytest.raises(ConfigurationError, match="value='n' is none of per_hour, failed_share"):
        plot_heatmap(batch_jobs(), value="n")
    with pytest.raises(ConfigurationError, match="of='failed' is none of created, started, ended"):
        plot_heatmap(batch_jobs(), of="failed")
