from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.comparison.comparing import compare
from cijob_analysis.plots import describe
from cijob_analysis.plots.canvas import Picture
from cijob_analysis.plots.comparison import plot_comparison
from tests.metrics.test_compare import WORKFLOWS, life, tasks
from tests.plots.test_canvas import drawn, note_of

SURE, CHANCE = "#332288", "#777777"


def names_of(ax: Any) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


def scattered(ax: Any) -> list[Any]:
    """Return what was drawn at points: the marks, and the smaller arrows."""
    return [points for points in ax.collections if isinstance(points, PathCollection) and len(points.get_offsets())]  # type: ignore[arg-type]


def marks_of(ax: Any) -> dict[int, tuple[Any, bool]]:
    """Return for each row where its mark is, and whether it is filled."""
    found: dict[int, tuple[Any, bool]] = {}
    for marks in scattered(ax):
        if marks.get_sizes()[0] > 40:
            is_filled = to_hex(marks.get_facecolors()[0]) != "#ffffff"
            found |= {round(y): (x, is_filled) for x, y in marks.get_offsets().tolist()}
    return found


def intervals_of(ax: Any) -> dict[int, tuple[float, float, str]]:
    """Return for each row where its interval begins and ends, and its colour."""
    lines: Any
    (lines,) = [lines for lines in ax.collections if isinstance(lines, LineCollection)]
    colors = [to_hex(color) for color in lines.get_colors()]
    segments = [segment.tolist() for segment in lines.get_segments()]
    return {round(low[1]): (low[0], high[0], color) for (low, high), color in zip(segments, colors, strict=True)}


def texts_of(ax: Any) -> list[str]:
    return [text.get_text().replace("\u202f", " ") for text in ax.texts]


def test_a_row_for_each_group_the_whole_first_then_what_is_significant() -> None:
    found = compare(life(3000, 1), life(3000, 2, waits=1))
    ax: Any = plot_comparison(found, measure="queue_wait_s")
    names = names_of(ax)
    assert (names[0], names[1][:12], len(names)) == ("all", "workflow wbb", 1 + 3 + 9 + 3)
    rows = found.frame[(found.frame["measure"] == "queue_wait_s") & (found.frame["statistic"] == "median")]
    by_group = rows.set_index("group")
    marks, intervals = marks_of(ax), intervals_of(ax)
    for place, group in ((0, "all"), (1, WORKFLOWS[1])):
        row = by_group.loc[group]
        assert marks[place] == (pytest.approx(100 * row["relative"]), True)
        low, high, color = intervals[place]
        assert (low, high) == pytest.approx((100 * row["relative_low"], 100 * row["relative_high"]))
        assert color == SURE
    filled = [is_filled for _, (_, is_filled) in sorted(marks.items())]
    assert sum(filled) == rows["is_significant"].sum()
    assert filled[1:] == sorted(filled[1:], reverse=True)
    assert {color for place, (*_, color) in intervals.items() if not filled[place]} == {CHANCE}


def test_values_and_numbers_of_rows_stand_at_the_right() -> None:
    a, b = tasks([0] * 30, [10] * 30), tasks([0] * 40, [15] * 40)
    ax: Any = plot_comparison(a, b, measure="run_time_s", labels=("last week", "this week"))
    assert {"last week → this week", "10 s → 15 s", "n", "30 → 40"} <= set(texts_of(ax))
    assert ax.get_title() == "Run time, median: this week against last week"
    assert ax.get_xlabel() == "difference of the median run time [%]\n● significant    ○ may be chance"
    assert marks_of(ax) == {0: (pytest.approx(50), True)}


def test_failure_rates_differ_by_points() -> None:
    a = tasks([1] * 100, [1] * 100, state=["Failed"] * 10 + ["Success"] * 90)
    b = tasks([1] * 100, [1] * 100, state=["Failed"] * 30 + ["Success"] * 70)
    ax: Any = plot_comparison(a, b, measure="failure_rate")
    assert marks_of(ax) == {0: (pytest.approx(20), True)}
    assert "[points]" in ax.get_xlabel()
    assert "10 % → 30 %" in texts_of(ax)
    assert describe(ax).startswith(
        "Forest plot of the difference of the failure rate of tasks, after against before, with 95 % intervals: "
        "all +20 points ("
    )


def test_what_began_at_nothing_differs_by_seconds() -> None:
    ax: Any = plot_comparison(tasks([0] * 30, [1] * 30), tasks([7] * 30, [1] * 30), measure="queue_wait_s")
    assert marks_of(ax) == {0: (pytest.approx(7), True)}
    assert "[s]" in ax.get_xlabel()


def test_why_there_is_no_interval() -> None:
    a = tasks([1] * 41, [2] * 41, workflow_id=["w1"] * 30 + ["w2"] * 10 + ["w3"])
    b = tasks([1] * 41, [2] * 41, workflow_id=["w1"] * 30 + ["w2"] * 10 + ["w4"])
    ax: Any = plot_comparison(a, b, labels=("May", "June"))
    assert names_of(ax)[:3] == ["all", "workflow w1", "workflow w2"]
    assert set(intervals_of(ax)) == {0, 1}
    assert {"too few", "only May", "only June"} <= set(texts_of(ax))
    assert set(marks_of(ax)) == {0, 1, 2}


def test_throughput_has_no_intervals_and_says_so() -> None:
    ax: Any = plot_comparison(life(300, 1), life(300, 2), measure="throughput_per_h")
    assert intervals_of(ax) == {}
    assert ax.get_xlabel().endswith("\nwithout intervals: what ends in batches is no sample")


def test_quantiles_and_pairs() -> None:
    keys = [f"k{number}" for number in range(120)]
    a, b = tasks([1] * 120, range(1, 121), object_key=keys), tasks([1] * 120, range(2, 242, 2), object_key=keys)
    found = compare(a, b)
    paired: Any = plot_comparison(found, measure="run_time_s", statistic="paired median")
    assert marks_of(paired) == {0: (pytest.approx(100), True)}
    assert paired.get_title() == "Run time, paired median: after against before"
    p95: Any = plot_comparison(found, measure="run_time_s", statistic="p95")
    assert marks_of(p95) == {0: (pytest.approx(100), True)}


def test_intervals_that_are_too_long_end_in_arrows() -> None:
    random = np.random.default_rng(0)
    a, b = tasks([1] * 25, random.lognormal(0, 4, 25)), tasks([1] * 25, random.lognormal(0, 4, 25))
    ax: Any = plot_comparison(a, b, measure="run_time_s")
    left, right = ax.get_xlim()
    low, high, _ = intervals_of(ax)[0]
    point = marks_of(ax)[0][0]
    assert left < point < right
    assert high == pytest.approx(right)
    assert low >= left
    assert [right, 0.0] in [points.get_offsets().tolist()[0] for points in scattered(ax)]


def test_the_groups_that_have_no_room_are_counted() -> None:
    groups = [f"w{number}" for number in range(30) for _ in range(20)]
    a = tasks([1] * 600, [1] * 600, workflow_id=groups)
    ax: Any = plot_comparison(a, a)
    assert len(names_of(ax)) == 21
    assert note_of(ax) == (
        "before: 600 tasks as of 2026-03-01 12:00 UTC; after: 600 tasks as of 2026-03-01 12:00 UTC; 10 groups not shown"
    )


def test_remarks_of_both_sides_stand_below_in_the_zone_asked_for() -> None:
    a = tasks([1] * 40, [1] * 40)
    b = tasks([1] * 40, [1] * 40, state=["Cancel"] * 2 + ["Success"] * 38)
    ax = plot_comparison(a, b, labels=("上周", "本周"), tz="Asia/Shanghai")
    assert note_of(ax) == (
        "上周: 40 tasks as of 2026-03-01 20:00 UTC+8; 本周: 40 tasks as of 2026-03-01 20:00 UTC+8; "
        "2 cancelled tasks left out of durations and failure rates"
    )
    assert drawn(ax)


def test_it_draws_on_the_axes_it_is_given() -> None:
    ax, other = Figure(figsize=(12, 3)).subplots(1, 2)
    ax.set_title("mine")
    assert plot_comparison(tasks([1] * 30, [1] * 30), tasks([1] * 30, [2] * 30), ax=ax) is ax
    assert ax.get_title() == "mine"
    assert not other.has_data()


@pytest.mark.parametrize("rows", [(0, 0), (0, 3), (1, 1), (30, 30), (5000, 5000)])
def test_any_number_of_rows(rows: tuple[int, int]) -> None:
    ax: Any = plot_comparison(life(rows[0], 1), life(rows[1], 2))
    assert isinstance(ax, Picture)
    assert ax._repr_mimebundle_()[1]["image/png"]["alt"] == describe(ax)
    assert ("no tasks to compare" in texts_of(ax)) == (rows == (0, 0))


def test_everything_failed_and_names_are_long() -> None:
    a, b = life(200, 1), life(200, 2)
    for frame in (a, b):
        frame["state"] = pd.Categorical(["Failed"] * 200, categories=schema.STATES)
        frame["workflow_id"] = frame["workflow_id"].str[:1] + "_$高清转码工作流_" * 9 + frame["workflow_id"].str[-1:]
    ax: Any = plot_comparison(a, b, measure="failure_rate", statistic="rate")
    assert max(map(len, names_of(ax))) <= 38
    assert not any(is_filled for _, is_filled in marks_of(ax).values())
    assert ax._repr_mimebundle_()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"measure": "runtime"}, "measure='runtime' is none of queue_wait_s, run_time_s"),
        ({"statistic": "p99"}, "statistic='p99' of turnaround_s is none of median, p95"),
        ({"b": None}, "b is missing"),
        ({"tz": "Nowhere"}, "tz='Nowhere' is no time zone"),
    ],
)
def test_what_cannot_be_drawn(options: dict[str, Any], message: str) -> None:
    a = tasks([1], [1])
    with pytest.raises(ConfigurationError, match=message):
        plot_comparison(a, **{"b": a, **options})


def test_a_comparison_has_both_sides() -> None:
    a = tasks([1], [1])
    with pytest.raises(ConfigurationError, match="leave out b and by"):
        plot_comparison(compare(a, a), a)
