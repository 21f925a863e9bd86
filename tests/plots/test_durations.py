from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.plots import describe, plot_durations
from cijob_analysis.snapshot import Snapshot
from tests.builders import batch_jobs, many_batch_jobs
from tests.plots.test_canvas import note_of
from tests.plots.test_states import legend_texts


def ran(seconds: float | None, state: str = "Success", **more: Any) -> dict[str, Any]:
    """A batch job that started at 11:00, ended `seconds` later, and is looked at at 12:00."""
    ended = (
        None
        if seconds is None
        else str(np.datetime64("2026-03-01T11:00", "us") + np.timedelta64(int(seconds * 1e6), "us"))
    )
    return {
        "state": state,
        "created_at": "2026-03-01 10:59",
        "started_at": "2026-03-01 11:00",
        "ended_at": ended,
        **more,
    }


def test_a_histogram_is_stacked_by_state_and_holds_every_row() -> None:
    frame = batch_jobs(*(ran(seconds) for seconds in (10, 10, 100)), ran(10, "Failed"), ran(None, "Running"))
    ax: Any = plot_durations(frame)
    heights = {bars.get_label(): [bar.get_height() for bar in bars] for bars in ax.containers}
    assert heights == {"Success": [2, 1], "Failed": [1], "Running, so far": [1]}
    failed, so_far = ax.containers[1][0], ax.containers[2][0]
    assert failed.get_y() == 2
    assert to_hex(failed.get_facecolor()).upper() == "#D55E00"
    assert (so_far.get_facecolor()[3], so_far.get_hatch()) == (0, "////")
    assert so_far.get_x() + so_far.get_width() == pytest.approx(3600)
    assert legend_texts(ax) == ["Success", "Failed", "Running, so far"]
    assert (ax.get_xscale(), ax.get_xlabel(), ax.get_ylabel()) == ("log", "run time (logarithmic)", "batch jobs")
    assert ", median" not in note_of(ax)
    assert "median 10 s" in describe(ax)


def test_a_large_histogram_holds_every_row() -> None:
    ax: Any = plot_durations(many_batch_jobs(3_000))
    assert sum(bar.get_height() for bar in ax.patches) == 3_000
    assert len(ax.containers[0]) <= 40


def test_several_durations_are_outlines() -> None:
    ax: Any = plot_durations(batch_jobs(ran(5), ran(50), ran(None, "Running")), duration=["queue_wait_s", "run_time_s"])
    sums = [patch.get_data().values.sum() for patch in ax.patches if hasattr(patch, "get_data")]
    assert sums == [3, 2]
    assert legend_texts(ax) == ["queue wait", "run time (hatched: 1 so far)"]


def test_a_linear_axis() -> None:
    ax: Any = plot_durations(batch_jobs(ran(0), ran(-5), ran(20)), log=False)
    assert ax.get_xscale() == "linear"
    assert sum(bar.get_height() for bar in ax.patches) == 3


def test_what_has_no_place_on_the_axis_is_counted() -> None:
    ax: Any = plot_durations(batch_jobs(ran(0), ran(-5), ran(20), {"state": "Submitted"}))
    assert sum(bar.get_height() for bar in ax.patches) == 1
    assert "1 without run time left out; 2 of zero or negative length" in note_of(ax)
    silent: Any = plot_durations(batch_jobs(ran(None, "Running"), ran(20), as_of=None))
    assert "1 unfinished left out, as nobody knows" in note_of(silent)
    given: Any = plot_durations(batch_jobs(ran(None, "Running"), as_of=None), as_of="2026-03-01T12:00Z")
    assert sum(bar.get_height() for bar in given.patches) == 1


def test_the_cumulative_distribution_by_group() -> None:
    frame = batch_jobs(*(ran(seconds, tag="A") for seconds in (1, 2, 4)), ran(8, tag="B"), ran(0, tag="B"))
    ax: Any = plot_durations(frame, kind="ecdf", by="tag")
    first, second = ax.lines
    assert [first.get_label(), second.get_label()] == ["A", "B"]
    assert first.get_xydata() == pytest.approx(np.array([[1, 0], [1, 1 / 3], [2, 2 / 3], [4, 1], [4, 1]]))
    assert second.get_xydata() == pytest.approx(np.array([[8, 0.5], [8, 1], [8, 1]]))
    assert first.get_drawstyle() == "steps-post"


def test_unfinished_ones_are_ticks_on_the_kaplan_meier_curve() -> None:
    frame = batch_jobs(ran(1), ran(7_200), ran(None, "Running"), ran(9_000), as_of=None)
    ax: Any = plot_durations(frame, kind="ecdf", as_of="2026-03-01T12:00Z")
    curve, ticks = ax.lines
    assert ticks.get_xydata() == pytest.approx(np.array([[3_600, 0.25]]))
    assert curve.get_xydata()[:, 1] == pytest.approx([0, 0.25, 0.25 + 0.75 / 2, 1, 1])
    assert legend_texts(ax) == ["unfinished, so far"]


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    ax: Any = plot_durations(many_batch_jobs(9_000), kind="ecdf")
    (curve,) = ax.lines
    assert len(curve.get_xydata()) < 2_100
    assert curve.get_ydata()[-1] == 1


def test_boxes_show_quartiles_and_how_many() -> None:
    frame = batch_jobs(*(ran(seconds, tag="A") for seconds in (10, 20, 30, 40, 50)), ran(7, tag="B"))
    ax: Any = plot_durations(frame, kind="box", by="tag")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["A", "B"]
    box = ax.patches[0]
    assert (box.get_x(), box.get_width()) == pytest.approx((20, 20))
    assert [text.get_text() for text in ax.texts[:2]] == ["n = 5", "n = 1"]


def test_a_box_that_is_not_known_to_its_end_has_an_arrow() -> None:
    frame = batch_jobs(*(ran(seconds) for seconds in (1, 2, 3)), ran(None, "Running"))
    ax: Any = plot_durations(frame, kind="box")
    assert [(line.get_marker(), line.get_xdata()[0]) for line in ax.lines] == [(">", 3_600)]
    assert ax.texts[0].get_text() == "n = 3, 1 unfinished"


def violins_of(ax: Any) -> list[Any]:
    """Return the corners of each violin."""
    return [shape.get_paths()[0].vertices for shape in ax.collections if isinstance(shape, PolyCollection)]


def test_violins_are_mirrored_as_wide_each_and_widest_where_most_are() -> None:
    tags = {"A": [10, 19, 20, 20, 20, 21, 40], "B": [100, 100, 200, 400, 400, 400, 800, 900]}
    frame = batch_jobs(*(ran(seconds, tag=tag) for tag, values in tags.items() for seconds in values))
    ax: Any = plot_durations(frame, kind="violin", by="tag")
    for place, (corners, values) in enumerate(zip(violins_of(ax), reversed(tags.values()), strict=True)):
        x, above = corners[:, 0], corners[:, 1] - place
        assert (x.min(), x.max()) == pytest.approx((min(values), max(values)))
        assert (above.min(), above.max()) == pytest.approx((-0.36, 0.36))
        assert x[above.argmax()] == pytest.approx(np.median(values), rel=0.1)
        assert np.sort(above) == pytest.approx(-np.sort(-above)[::-1])
    assert [line.get_xdata()[0] for line in ax.lines] == [400, 20]
    assert [text.get_text() for text in ax.texts[:2]] == ["n = 8", "n = 7"]
    assert "Violin plot" in describe(ax)


def test_the_widths_of_a_violin_are_a_density() -> None:
    random = np.random.default_rng(3)
    values = np.concatenate([random.normal(100, 10, 300), random.normal(200, 20, 600)])
    ax: Any = plot_durations(batch_jobs(*(ran(value) for value in values)), kind="violin", log=False)
    (corners,) = violins_of(ax)
    half = len(corners) // 2
    x, width = corners[1:half, 0], np.abs(corners[1:half, 1])
    bandwidth = 0.9 * np.std(values) * len(values) ** -0.2
    slow = np.exp(-0.5 * ((x[:, None] - values) / bandwidth) ** 2).sum(axis=1)
    assert width == pytest.approx(0.36 * slow / slow.max(), abs=0.003)


def test_whole_seconds_make_no_dents() -> None:
    values = np.ceil(np.random.default_rng(3).lognormal(1, 0.6, 3_000))
    ax: Any = plot_durations(batch_jobs(*(ran(value) for value in values)), kind="violin")
    (corners,) = violins_of(ax)
    x, above = corners[1:512].T
    half = np.abs(above[(x > 1.5) & (x < 8)])
    assert (np.diff(np.sign(np.diff(half))) > 0).sum() == 0, "between two seconds it is narrower than at both"


def test_few_values_are_dots_and_equal_ones_a_narrow_violin() -> None:
    frame = batch_jobs(ran(30, tag="A"), ran(50, tag="A"), *(ran(20, tag="B") for _ in range(6)))
    ax: Any = plot_durations(frame, kind="violin", by="tag")
    median, dots = ax.lines
    assert dots.get_xydata().tolist() == [[30, 1], [50, 1]]
    (corners,) = violins_of(ax)
    assert 18 < corners[:, 0].min() < 20 < corners[:, 0].max() < 22
    assert median.get_xydata().tolist() == [[20, 0]]


def test_what_is_unfinished_is_ticks_below_a_violin() -> None:
    frame = batch_jobs(*(ran(seconds) for seconds in (1, 2, 2, 3, 3, 3)), *(ran(None, "Running") for _ in range(9)))
    ax: Any = plot_durations(frame, kind="violin")
    arrow, median, ticks = ax.lines
    assert (arrow.get_marker(), arrow.get_xdata()[0]) == (">", 3_600)
    assert np.isnan(median.get_xdata()[0])
    assert (ticks.get_marker(), ticks.get_xydata().tolist()) == ("|", [[3_600, 0.43]])
    assert ax.texts[0].get_text() == "n = 6, 9 unfinished (ticks)"


def test_the_unfinished_make_the_long_end_of_a_violin_heavier() -> None:
    long_and_short = [ran(60)] * 20 + [ran(3_000)] * 5 + [ran(5_000)] * 5
    still_running = [ran(None, "Running")] * 15  # for 3 600 s by now

    def width_at_5_000(rows: list[dict[str, Any]]) -> float:
        (corners,) = violins_of(plot_durations(batch_jobs(*rows), kind="violin"))
        return float(corners[corners[:, 0] > 4_900, 1].max())

    assert width_at_5_000(long_and_short + still_running) > 1.5 * width_at_5_000(long_and_short)


def test_of_a_snapshot_the_lowest_level_is_drawn() -> None:
    snapshot = Snapshot(batch_jobs=batch_jobs(ran(5), ran(50)))
    assert "Histogram of the run time of 2 batch jobs" in describe(plot_durations(snapshot))


def test_states_have_their_colours_and_order() -> None:
    frame = batch_jobs(ran(2, "Cancel"), ran(1, "Success"), ran(2, "Cancel"))
    ax: Any = plot_durations(frame, kind="ecdf", by="state")
    assert [(line.get_label(), str(line.get_color()).upper()) for line in ax.lines] == [
        ("Success", "#0072B2"),
        ("Cancel", "#999999"),
    ]


def test_small_groups_are_one_series() -> None:
    ax: Any = plot_durations(batch_jobs(*(ran(5, tag=f"tag {n}") for n in range(12))), kind="ecdf", by="tag")
    assert legend_texts(ax)[-1] == "4 others"
    assert len(ax.lines) == 9


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "pie"}, "kind='pie' is none of hist, ecdf, box, violin"),
        ({"duration": "run_time"}, "duration='run_time' is none of queue_wait_s, run_time_s, turnaround_s"),
        ({"duration": []}, "is none of"),
        ({"as_of": "2026-03-01"}, "which zone"),
    ],
)
def test_what_cannot_be_drawn(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        plot_durations(batch_jobs(ran(5)), **options)
