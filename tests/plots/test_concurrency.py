from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.plots.canvas import describe
from cijob_analysis.plots.concurrency import plot_concurrency
from cijob_analysis.plots.step_curves import COLUMNS, MOST_STEPS, Curve, columns_of, periods, shares
from cijob_analysis.snapshot import Snapshot
from tests.builders import many_batch_jobs
from tests.metrics.queue_tasks import MIDNIGHT, clock, task, tasks
from tests.plots.test_canvas import note_of
from tests.plots.test_states import legend_texts

TWO = (task(0, 10, 30), task(0, 20, 40))


def at(seconds: float) -> float:
    """Return the place of an instant on the axis: days since 1970."""
    return (MIDNIGHT.timestamp() + seconds) / 86_400


def curve_of(ax: Any, label: str) -> list[tuple[float, float]]:
    """Return the corners of a line: seconds after midnight, and how many from then on."""
    (line,) = [line for line in ax.lines if line.get_label() == label]
    assert line.get_drawstyle() == "steps-post"
    x, y = line.get_data()
    return [(round((place - at(0)) * 86_400), float(n)) for place, n in zip(x, y, strict=True)]


def shading_of(ax: Any) -> list[Any]:
    """Return what is drawn over the whole height."""
    return [
        each for each in ax.collections if isinstance(each, PolyCollection) and each.get_transform() != ax.transData
    ]


def shaded(ax: Any) -> list[tuple[int, int]]:
    """Return from when to when the picture is shaded [seconds after midnight]."""
    places = [np.asarray(path.vertices)[:, 0] for area in shading_of(ax) for path in area.get_paths()]
    return [(round((x.min() - at(0)) * 86_400), round((x.max() - at(0)) * 86_400)) for x in places]


def test_running_is_an_area_and_queued_a_line_of_exact_steps() -> None:
    ax: Any = plot_concurrency(tasks(*TWO))
    assert curve_of(ax, "running") == [(10, 0), (10, 1), (20, 2), (30, 1), (40, 0), (40, 0)]
    assert curve_of(ax, "queued") == [(0, 0), (0, 2), (10, 1), (20, 0), (40, 0)]
    assert len(ax.collections) == 1
    assert legend_texts(ax) == ["running", "queued"]
    assert ax.get_ylabel() == "tasks at once"
    assert ax.get_title() == "Tasks running and queued"
    assert ax.get_ylim() == pytest.approx((0, 2.16))


def test_what_is_unfinished_may_be_drawn_alone() -> None:
    ax: Any = plot_concurrency(tasks(*TWO), of="unfinished")
    assert curve_of(ax, "unfinished") == [(0, 0), (0, 2), (30, 1), (40, 0), (40, 0)]
    assert len(ax.lines) == 1


def test_the_cap_is_a_line_with_its_name_and_periods_at_it_are_shaded() -> None:
    ax: Any = plot_concurrency(tasks(*TWO, task(40, 40, 60), task(50, 50, 70)), cap=2)
    (cap,) = [line for line in ax.lines if line.get_label() == "cap 2"]
    assert list(cap.get_ydata()) == [2, 2]
    assert "cap 2" in [text.get_text() for text in ax.texts]
    assert shaded(ax) == [(20, 30), (50, 60)]
    assert legend_texts(ax) == ["running", "queued", "cap 2", "at the cap"]
    assert "at the cap of 2 for 28.6 % of the time" in describe(ax)


def test_a_cap_that_is_never_reached_is_drawn_and_shades_nothing() -> None:
    ax: Any = plot_concurrency(tasks(*TWO), cap=10)
    assert shaded(ax) == []
    assert ax.get_ylim()[1] == pytest.approx(10.8)
    assert "at the cap of 10 for 0 % of the time" in describe(ax)


def test_the_sentence_says_the_most_and_the_mean() -> None:
    text = describe(plot_concurrency(tasks(*TWO)))
    assert text.startswith("Step lines of 2 tasks over 40 s: running at most 2, on average 1; queued at most 2, on av")


def test_what_is_unfinished_goes_on_until_the_frame_was_true() -> None:
    frame = tasks(task(0, 5, state="Running"), task(0, 0, 20), as_of=60)
    ax: Any = plot_concurrency(frame)
    assert curve_of(ax, "running") == [(0, 0), (0, 1), (5, 2), (20, 1), (60, 1)]
    assert [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == ":"] == pytest.approx([at(60)])
    earlier: Any = plot_concurrency(frame, as_of=clock(30))
    assert curve_of(earlier, "running")[-1] == (30, 1)
    frame.attrs = {}
    of_snapshot: Any = plot_concurrency(Snapshot(tasks=frame, as_of=clock(60)))
    assert curve_of(of_snapshot, "running")[-1] == (60, 1)


def test_if_nobody_knows_when_it_was_true_the_last_event_counts() -> None:
    ax: Any = plot_concurrency(tasks(task(0, 5, state="Running"), task(0, 0, 20)))
    assert curve_of(ax, "running")[-1] == (20, 1)
    assert "1 unfinished drawn up to the last event" in note_of(ax)
    alone: Any = plot_concurrency(tasks(task(0, 5, state="Running")), of="running")
    assert curve_of(alone, "running") == [(5, 0), (5, 1), (5, 1)]


def test_odd_times_are_counted() -> None:
    ax = plot_concurrency(tasks(*TWO, task(None, 0, 5), task(0, 8, 3)))
    assert "2 with times missing or in the wrong order" in note_of(ax)


def test_if_far_more_wait_than_run_they_have_a_scale_of_their_own() -> None:
    ax: Any = plot_concurrency(tasks(*(task(0, 10 * k, 10 * k + 10) for k in range(6))), cap=1)
    beside = next(axes for axes in ax.figure.axes if axes is not ax)
    assert curve_of(beside, "queued (scale at the right)")[1] == (0, 5)
    assert beside.get_ylim() == pytest.approx((0, 5.4))
    assert ax.get_ylim() == pytest.approx((0, 1.08))
    ax.figure.savefig(BytesIO(), format="png")
    legend = ax.get_legend().get_window_extent()
    assert all(legend.x0 > label.get_window_extent().x1 for label in beside.get_yticklabels())


def test_groups_are_lines_the_small_ones_pooled() -> None:
    rows = [task(0, 0, 10 + size, task_type=f"T{size}") for size in range(10) for _ in range(size + 1)]
    ax: Any = plot_concurrency(tasks(*rows), by="task_type", cap=3)
    assert legend_texts(ax) == [*(f"T{size}" for size in range(9, 1, -1)), "2 others", "cap 3"]
    assert curve_of(ax, "T9") == [(0, 0), (0, 10), (19, 0), (19, 0)]
    assert curve_of(ax, "2 others")[1:3] == [(0, 3), (10, 2)]
    assert shaded(ax) == []
    assert ax.get_title() == "Tasks running by task type"
    assert "T9 running at most 10" in describe(ax)


def test_the_zone_is_named() -> None:
    assert plot_concurrency(tasks(*TWO), tz="Asia/Shanghai").get_xlabel() == "time (Asia/Shanghai, UTC+8)"


def test_no_rows_say_so() -> None:
    for frame in (tasks(), schema.empty(schema.BATCH_JOBS)):
        ax = plot_concurrency(frame, cap=3)
        assert next(text.get_text() for text in ax.texts) == f"no {schema.noun_of(frame)}s"
    ax = plot_concurrency(tasks(task(0, None, 5, state="Cancel")), of="running")
    assert next(text.get_text() for text in ax.texts) == "no tasks running for any time"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"of": "ready"}, "none of running, queued, unfinished"),
        ({"of": []}, "none of running, queued, unfinished"),
        ({"of": ["running", "queued"], "by": "queue_id"}, "give one of"),
        ({"cap": 0}, "give how many"),
        ({"tz": "Nowhere"}, "no time zone"),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        plot_concurrency(tasks(*TWO), **options)


def test_it_draws_where_it_is_told_and_leaves_the_rest_alone() -> None:
    ax, other = Figure().subplots(1, 2)
    frame = tasks(*TWO)
    before = frame.copy(deep=True)
    assert plot_concurrency(frame, ax=ax) is ax
    assert not other.has_data()
    pd.testing.assert_frame_equal(frame, before)


def test_of_many_steps_no_peak_is_lost() -> None:
    frame = many_batch_jobs(20_000)
    spike = many_batch_jobs(50, seed=1)
    moment = pd.Timestamp("2026-02-28 03:00", tz="UTC")
    spike = spike.assign(created_at=moment, started_at=moment, ended_at=moment + pd.Timedelta(milliseconds=1))
    ax: Any = plot_concurrency(pd.concat([frame, spike], ignore_index=True), of="running")
    corners = np.asarray(ax.collections[0].get_paths()[0].vertices)
    top = corners[corners[:, 1].argmax()]
    assert top[1] >= 50
    assert top[0] == pytest.approx(moment.timestamp() / 86_400, abs=3 / COLUMNS)
    assert len(corners) < 5 * COLUMNS
    assert "bands reach from the lowest to the highest" in note_of(ax)


STEPS = st.lists(st.tuples(st.integers(0, 900), st.integers(0, 9)), min_size=1, max_size=30)


@settings(max_examples=25)
@given(STEPS)
def test_columns_hold_the_lowest_highest_and_mean_number(steps: list[tuple[int, int]]) -> None:
    by_time = dict(sorted(steps))
    curve = Curve("running", "", np.array(list(by_time)), np.array(list(by_time.values())))
    found = columns_of(curve, 0, 1_000 * COLUMNS // 800)
    per_unit = np.zeros(1_000, int)
    for when, n in by_time.items():
        per_unit[when:] = n
    for low, high, mean, begin, end in zip(
        found.low, found.high, found.mean, found.edges[:-1], found.edges[1:], strict=True
    ):
        inside = per_unit[int(begin) : int(np.ceil(end))]
        assert (low, high) == (inside.min(), inside.max())
        weights = [min(end, unit + 1) - max(begin, unit) for unit in range(int(begin), int(np.ceil(end)))]
        assert mean == pytest.approx(np.dot(inside, weights) / (end - begin), abs=1e-9)


def test_many_periods_at_the_cap_are_shaded_as_much_as_they_cover() -> None:
    rows = [task(4 * k, 4 * k, 4 * k + 1) for k in range(2 * MOST_STEPS)]
    ax: Any = plot_concurrency(tasks(*rows), of="running", cap=1)
    (area,) = shading_of(ax)
    assert len(area.get_paths()) <= COLUMNS
    assert np.median(np.asarray(area.get_facecolor())[:, 3]) == pytest.approx(0.55 / 4, rel=0.1)


def test_periods_and_what_they_cover() -> None:
    curve = Curve("running", "", np.array([0, 2, 4, 8]), np.array([1, 2, 1, 3]))
    found = periods(curve, 2, 10)
    assert found.tolist() == [[2, 4], [8, 10]]
    assert shares(found, np.array([0.0, 3.0, 6.0, 12.0])).tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3])
    assert periods(curve, 9, 10).tolist() == []
