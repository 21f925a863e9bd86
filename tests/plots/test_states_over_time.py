from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex

from cijob_analysis import Snapshot
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.state_history import states_over_time
from cijob_analysis.plots import describe
from cijob_analysis.plots.states_over_time import plot_states_over_time
from cijob_analysis.plots.thinning import MOST_STEPS
from cijob_analysis.plots.zones import on_axis
from tests.builders import batch_jobs, many_batch_jobs
from tests.plots.test_canvas import ODD, drawn, note_of
from tests.plots.test_states import legend_texts

DONE = {
    "state": "Success",
    "created_at": "2026-03-01 10:00",
    "started_at": "2026-03-01 10:10",
    "ended_at": "2026-03-01 10:40",
}
BROKEN = {**DONE, "state": "Failed", "ended_at": "2026-03-01 10:20"}


def areas(ax: Axes) -> dict[str, Any]:
    return {str(area.get_label()): area for area in ax.collections if isinstance(area, PolyCollection)}


def band(area: Any, time: str) -> tuple[float, float]:
    """From which height to which an area reaches at a time in UTC."""
    x, corners = on_axis(np.datetime64(time)), area.get_paths()[0].vertices.tolist()
    heights = [y for (left, y), (right, _) in pairwise(corners) if min(left, right) < x < max(left, right)]
    return min(heights), max(heights)


def test_areas_are_stacked_the_first_state_on_top() -> None:
    ax = plot_states_over_time(batch_jobs(DONE, DONE, BROKEN))
    found = areas(ax)
    assert list(found) == ["Failed", "Success", "Running", "Submitted"]  # from the ground up
    assert legend_texts(ax) == ["Submitted", "Running", "Success", "Failed"]
    assert band(found["Submitted"], "2026-03-01T10:05") == (0, 3)
    assert band(found["Running"], "2026-03-01T10:15") == (0, 3)
    assert band(found["Failed"], "2026-03-01T10:30") == (0, 1)
    assert band(found["Running"], "2026-03-01T10:30") == (1, 3)


def test_a_state_has_its_colour_and_hatch() -> None:
    found = areas(plot_states_over_time(batch_jobs(DONE, BROKEN)))
    assert to_hex(found["Failed"].get_facecolor()[0]).upper() == "#D55E00"
    assert to_hex(found["Success"].get_facecolor()[0]).upper() == "#0072B2"
    assert (found["Failed"].get_hatch(), found["Success"].get_hatch()) == ("////", None)


def test_it_says_the_counts_at_the_end_and_the_peaks() -> None:
    text = describe(plot_states_over_time(batch_jobs(DONE, BROKEN), tz="Asia/Shanghai"))
    assert text.startswith(
        "Stacked steps of 2 batch jobs by state over 40 min: at the end 1 Success and 1 Failed; "
        "at most 2 Submitted (2026-03-01 18:00 UTC+8) and 2 Running (2026-03-01 18:10 UTC+8)"
    )


def test_axes_name_what_they_are_and_the_zone() -> None:
    ax = plot_states_over_time(batch_jobs(DONE), tz="Asia/Shanghai")
    assert ax.get_ylabel() == "batch jobs"
    assert ax.get_xlabel() == "time (Asia/Shanghai, UTC+8)"
    assert ax.get_title() == "Batch jobs by state over time"


def test_with_something_unfinished_the_picture_ends_at_as_of_with_a_dotted_line() -> None:
    frame = batch_jobs(DONE, {**DONE, "state": "Running"})
    for options, end in (({}, "2026-03-01T12:00"), ({"as_of": "2026-03-01T11:00Z"}, "2026-03-01T11:00")):
        ax = plot_states_over_time(frame, **options)  # type: ignore[arg-type]
        (line,) = [line for line in ax.lines if line.get_linestyle() == ":"]
        assert line.get_xdata()[0] == on_axis(np.datetime64(end))  # type: ignore[index]
        assert band(areas(ax)["Running"], "2026-03-01T10:55") == (1, 2)


def test_where_nobody_knows_until_when_it_ends_at_the_last_event_and_says_so() -> None:
    ax = plot_states_over_time(batch_jobs({**DONE, "state": "Running"}, DONE, as_of=None))
    assert band(areas(ax)["Running"], "2026-03-01T10:39") == (0, 2)
    assert note_of(ax).endswith("; unfinished ones drawn up to the last event")


def test_with_everything_finished_it_ends_soon_after_the_last_event() -> None:
    ax = plot_states_over_time(batch_jobs(DONE))
    assert not [line for line in ax.lines if line.get_linestyle() == ":"]
    assert ax.get_xlim()[1] < on_axis(np.datetime64("2026-03-01T10:45"))


def test_what_is_left_out_is_said() -> None:
    ax = plot_states_over_time(batch_jobs(DONE, {"state": "Submitted"}))
    assert note_of(ax).endswith("; 1 of which nobody knows since when left out")


def test_a_snapshot_is_drawn_at_its_lowest_level_until_its_own_time() -> None:
    frame = batch_jobs({**DONE, "state": "Running"}, as_of=None)
    as_of = pd.Timestamp("2026-03-01T11:00Z").to_pydatetime()
    ax = plot_states_over_time(Snapshot(batch_jobs=frame, as_of=as_of))
    assert band(areas(ax)["Running"], "2026-03-01T10:59") == (0, 1)


@pytest.mark.parametrize("frame", ODD.values(), ids=ODD.keys())
def test_odd_frames_are_drawn_without_a_warning(frame: pd.DataFrame) -> None:
    before = frame.copy()
    assert drawn(plot_states_over_time(frame, tz="America/New_York"))
    pd.testing.assert_frame_equal(frame, before)


def test_no_rows_are_said_so() -> None:
    assert "no batch jobs" in [text.get_text() for text in plot_states_over_time(batch_jobs()).texts]
    without_times = plot_states_over_time(batch_jobs({"state": "Success"}))
    assert "no batch jobs with a time" in [text.get_text() for text in without_times.texts]


def test_many_steps_are_thinned() -> None:
    frame = many_batch_jobs(3_000)
    ax = plot_states_over_time(frame)
    assert len(states_over_time(frame)) > 2 * MOST_STEPS
    assert len(areas(ax)["Running"].get_paths()[0].vertices) < 4.1 * MOST_STEPS
    assert ax.lines[0].get_ydata()[-1] == 3_000  # type: ignore[index]


def test_a_naive_as_of_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="which zone"):
        plot_states_over_time(batch_jobs(DONE), as_of="2026-03-01")
