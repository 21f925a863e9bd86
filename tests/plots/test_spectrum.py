from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.plots import describe
from cijob_analysis.plots.line_raster import LineRaster
from cijob_analysis.plots.spectrum import plot_spectrum
from tests.plots.test_canvas import note_of
from tests.plots.test_states import legend_texts
from tests.workflow_builders import W1, W2, many_executions, snapshot, task

FAST, SECOND, THIRD, SLOW, UNDER_WAY = "#f6c141", "#e8735a", "#a53a86", "#2b1257", "#56b4e9"
TEN = (np.datetime64("2026-03-01T10:00") - np.datetime64("1970-01-01")) / np.timedelta64(1, "s")

Line = tuple[float, float, float, float]


def lines_of(ax: Any) -> dict[str, list[Line]]:
    """Return for each colour the lines: seconds after ten and height where they begin and end, rounded to 1 ms."""
    found: dict[str, list[Line]] = {}
    for collection in ax.collections:
        for (x0, y0), (x1, y1) in collection.get_segments():
            ends = (round(x0 * 86_400 - TEN, 3), y0, round(x1 * 86_400 - TEN, 3), y1)
            found.setdefault(to_hex(collection.get_colors()[0]), []).append(ends)
    return {color: sorted(lines) for color, lines in found.items()}


def names_of(ax: Any) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels() if label.get_text() != "wait"]


def test_an_execution_goes_down_through_waits_and_runs() -> None:
    ax: Any = plot_spectrum(snapshot(task("Cut", 1, 3, 10), task("High", 11, 30, 70)), tz="Asia/Shanghai")
    assert names_of(ax) == ["Cut", "High"]
    assert lines_of(ax) == {FAST: [(0, 0, 3, 1), (3, 1, 10, 2), (10, 2, 30, 3), (30, 3, 70, 4)]}
    assert ax.get_ylim() == (4, 0)
    assert ax.get_xlabel() == "time (Asia/Shanghai, UTC+8)"
    assert describe(ax).startswith(
        "Performance spectrum of flow w1: 1 execution; Cut is waited for 3 s in the median, Cut runs 7 s "
        "in the median, High is waited for 20 s in the median and High runs 40 s in the median (2 tasks as of"
    )


def test_colours_are_quarters_of_each_band() -> None:
    rows = [task("Cut", 0, 10 - run, 20 + run, run=run) for run in range(1, 9)]
    ax = plot_spectrum(snapshot(*rows))
    found = lines_of(ax)
    runs = {color: [begin for begin, band, _, _ in lines if band == 1] for color, lines in found.items()}
    waits = {color: [end for _, band, end, _ in lines if band == 0] for color, lines in found.items()}
    assert runs == {FAST: [8, 9], SECOND: [6, 7], THIRD: [4, 5], SLOW: [2, 3]}
    assert waits == {FAST: [2, 3], SECOND: [4, 5], THIRD: [6, 7], SLOW: [8, 9]}
    assert legend_texts(ax) == ["fastest quarter", "second", "third", "slowest quarter"]


def test_what_is_under_way_is_dashed_down_to_half_of_its_band_until_the_snapshot_was_true() -> None:
    rows = [task("Cut", 0, 5, 50, state="Running"), task("Cut", 0, run=2, state="Submitted")]
    ax: Any = plot_spectrum(snapshot(*rows))
    assert lines_of(ax) == {FAST: [(0, 0, 5, 1)], UNDER_WAY: [(0, 0, 7200, 0.5), (5, 1, 7200, 1.5)]}
    assert ax.collections[-1].get_linestyles()[0][1] is not None
    assert legend_texts(ax)[-1] == "under way"
    assert "2 lines under way" in describe(ax)
    tasks = snapshot(*rows).tasks
    tasks.attrs = {}
    assert note_of(plot_spectrum(tasks)) == "2 tasks; 2 tasks under way nobody knows until when"


def test_a_node_that_was_not_passed_has_no_line_and_the_last_of_several_tasks_counts() -> None:
    rows = [
        task("Cut", 0, 0, 10),
        task("Cut", 0, 4, 20),
        task("Pack", 20, 25, 30),
        task("High", 5, None, 8, state="Cancel"),
    ]
    ax = plot_spectrum(snapshot(*rows), nodes=["Cut", "High", "Pack"])
    assert lines_of(ax) == {FAST: [(0, 0, 4, 1), (4, 1, 20, 2), (8, 4, 25, 5), (25, 5, 30, 6)]}


def test_nodes_from_top_to_bottom_as_they_are_given_and_a_line_back_is_drawn_as_it_is() -> None:
    rows = [task("Cut", 0, 0, 10), task("High", 10, 12, 20), task("Low", 10, 11, 15)]
    ax = plot_spectrum(snapshot(*rows).tasks, nodes=["High", "Low"])
    assert names_of(ax) == ["High", "Low"]
    assert lines_of(ax) == {FAST: [(0, 0, 12, 1), (11, 3, 15, 4), (12, 1, 20, 2), (20, 2, 11, 3)]}


def test_the_nodes_are_those_of_the_critical_path_with_most_time() -> None:
    failed = [task("Cut", 0, 0, 10, run=run, state="Failed") for run in range(2, 6)]
    long = (task("Cut", 0, 0, 10), task("High", 10, 10, 20), task("Low", 10, 10, 90), task("Pack", 90, 90, 95))
    assert names_of(plot_spectrum(snapshot(*long, *failed))) == ["Cut", "Low", "Pack"]


def test_one_workflow_and_which() -> None:
    rows = [task("Cut", 0, 1, 2, run=run) for run in (1, 2)] + [task("转码", 0, 1, 2, run=3, workflow_id=W2)]
    data = snapshot(*rows)
    assert names_of(plot_spectrum(data)) == ["Cut"]
    assert names_of(plot_spectrum(data, workflow_id=W2)) == ["转码"]
    assert note_of(plot_spectrum(data, workflow_id=W1)).startswith("2 tasks")
    with pytest.raises(ConfigurationError, match="no workflow of the snapshot"):
        plot_spectrum(data, workflow_id="w3")


@pytest.mark.parametrize(
    ("nodes", "message"),
    [(["Cut", "Oops"], "no task at 'Oops'; there are Cut"), (["Cut", "Cut"], "each node once"), ([], "each node once")],
)
def test_nodes_that_cannot_be_shown(nodes: list[str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        plot_spectrum(snapshot(task("Cut", 0, 1, 2)), nodes=nodes)


@pytest.mark.parametrize(
    "data", [snapshot(), snapshot().tasks, snapshot(task("Cut", run_id=None)), snapshot(task("Cut"))]
)
def test_nothing_to_show(data: Any) -> None:
    ax = plot_spectrum(data)
    assert "no execution has run" in [text.get_text() for text in ax.texts]
    assert ax.get_xlabel() == "time (UTC)"
    assert "without executions" in describe(ax)


def with_one_slow(n: int) -> tuple[Any, float]:
    """Return many executions, one of which ran for three hours at the node High, and when it began there [days]."""
    data = many_executions(n)
    (row,) = np.flatnonzero(data.tasks["node"] == "High")[[n // 2]]
    begin = data.tasks["started_at"].iloc[row]
    later = data.tasks["ended_at"].mask(data.tasks.index == row, begin + pd.Timedelta(hours=3))
    tasks = data.tasks.assign(ended_at=later)
    return type(data)(executions=data.executions, tasks=tasks, workflows=data.workflows, as_of=data.as_of), float(
        (begin - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)
    )


def test_so_many_lines_that_they_are_a_raster_in_which_the_slowest_are_lines() -> None:
    data, begin = with_one_slow(3_000)
    ax: Any = plot_spectrum(data, nodes=["Cut", "High", "Pack"])
    assert [type(image) for image in ax.images] == [LineRaster]
    segments = [line for collection in ax.collections for line in collection.get_segments()]
    assert len(segments) == 6 * 100
    slow = [((x0, y0), (x1, y1)) for (x0, y0), (x1, y1) in segments if x1 - x0 > 2.9 / 24 and y0 == 3]
    assert slow == [((pytest.approx(begin), 3), (pytest.approx(begin + 3 / 24), 4))]
    assert "18 000 lines, the 100 slowest of each band drawn one by one" in note_of(ax)


def raster(begin: Sequence[float], end: Sequence[float], color: Sequence[int]) -> Any:
    """Return the pixels of lines from 0 to 1 of one band, 20 columns wide and 10 rows high, the top row first."""
    figure = Figure(figsize=(0.2, 0.1), dpi=100)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set_axis_off()
    ax.set_xlim(0, 20)
    ax.set_ylim(1, 0)
    colors = np.array([[1.0, 0, 0], [0, 0, 1.0]])
    band = np.zeros(len(begin), np.intp)
    ax.add_image(LineRaster(ax, band, np.array(begin), np.array(end), np.array(color), colors, loud=1))
    png = BytesIO()
    figure.savefig(png, format="rgba", facecolor="white")
    return np.frombuffer(png.getvalue(), np.uint8).reshape(10, 20, 4)[:, :, :3].astype(int)


def test_a_line_has_a_pixel_in_each_row_and_joins_where_it_is_flat() -> None:
    pixels = raster([2, 0], [2, 19.99], [0, 1])
    blue = (pixels[:, :, 2] > pixels[:, :, 0]).nonzero()
    assert sorted(set(blue[0])) == list(range(10))
    assert {column for column in range(20) if column != 2} <= set(blue[1])
    red = pixels[:, :, 0] > pixels[:, :, 2]
    assert red[:, 2].sum() >= 8


def test_among_a_thousand_fast_ones_a_slow_one_can_be_seen_and_so_can_one_alone() -> None:
    pixels = raster([5] * 1000 + [5, 12], [5] * 1000 + [5, 12], [0] * 1000 + [1, 0])
    crowd, alone = pixels[:, 5], pixels[:, 12]
    assert (crowd[:, 2] > 5).all()  # of 255; by its number it would be none
    assert (crowd[:, 0] > 240).all()
    assert (crowd[:, 1] == 0).all()
    assert ((alone[:, 1] > 0) & (alone[:, 1] < 240)).all()  # paler, but not white
    assert (np.delete(pixels, [5, 12], axis=1) == 255).all()
