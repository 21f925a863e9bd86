from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch, Rectangle

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.paths.topology import Topology
from cijob_analysis.plots import describe
from cijob_analysis.plots.layers import BOX_WIDTH, layers_of
from cijob_analysis.plots.topology import plot_topology
from tests.plots.test_canvas import note_of
from tests.plots.test_states import legend_texts
from tests.workflow_builders import DIAMOND, W1, W2, many_executions, snapshot, task, topology_text

RUN = (task("Cut", 0, 0, 10), task("High", 10, 10, 90), task("Low", 10, 10, 30), task("Pack", 90, 95, 100))


def artists(ax: Any, kind: type) -> list[Any]:
    return [patch for patch in ax.patches if type(patch) is kind]


def boxes(ax: Any) -> dict[str, tuple[float, float, list[str]]]:
    """Return the middle of each box, and the lines of text in it, by their first line."""
    found = {}
    for box in artists(ax, FancyBboxPatch):
        left, top, width, height = box.get_bbox().bounds
        inside = [
            text
            for text in ax.texts
            if left <= text.get_position()[0] <= left + width and top <= text.get_position()[1] <= top + height
        ]
        lines = [text.get_text() for text in sorted(inside, key=lambda text: text.get_position()[1])]
        found[lines[0]] = (round(left + width / 2, 6), round(top + height / 2, 6), lines[1:])
    return found


def test_boxes_stand_from_left_to_right_and_say_what_the_nodes_did() -> None:
    failed = [task("High", 10, 10, 60, run=2, state="Failed"), task("Cut", 0, 2, 10, run=2)]
    ax: Any = plot_topology(snapshot(*RUN, *failed))
    assert boxes(ax) == {
        "Cut": (0, 1, ["Transcode", "n = 2 · run 9 s", "12 % of critical time"]),
        "High": (1, 0.5, ["Transcode", "n = 2 · run 1 min 5 s", "50 % failed", "81 % of critical time"]),
        "Low": (1, 1.5, ["Transcode", "n = 1 · run 20 s"]),
        "Pack": (2, 1, ["Transcode", "n = 1 · run 5 s", "6 % of critical time"]),
    }
    assert ax.get_title() == "Topology of flow w1"
    assert legend_texts(ax) == ["share that failed", "critical in all", "in half of them", "in none"]
    assert describe(ax).startswith(
        "Topology of flow w1: 4 nodes, 4 edges; High takes 81 % of the critical time; at High 1 of 2 tasks failed (6 t"
    )


def test_a_hatched_bar_is_as_long_as_the_share_that_failed_and_the_box_the_redder() -> None:
    runs = [task("Cut", 0, 0, 10, run=run, state="Failed" if run == 1 else "Success") for run in range(4)]
    ax: Any = plot_topology(snapshot(*runs))
    (bar,) = artists(ax, Rectangle)
    assert bar.get_width() == pytest.approx(BOX_WIDTH / 4)
    assert (to_hex(bar.get_facecolor()).upper(), bar.get_hatch()) == ("#D55E00", "////")
    cut, high, *_ = artists(ax, FancyBboxPatch)
    assert to_hex(high.get_facecolor()) == "#ffffff"
    assert 0.5 < cut.get_facecolor()[1] < 1


def test_a_line_is_the_wider_the_more_often_it_is_on_the_critical_path() -> None:
    other = [task("Cut", 0, 0, 10, run=2), task("High", 10, 10, 20, run=2), task("Low", 10, 10, 90, run=2)]
    third = [task("Cut", 0, 0, 10, run=3), task("High", 10, 10, 20, run=3)]
    ax: Any = plot_topology(snapshot(*RUN, *other, *third))
    widths = {}
    for line in artists(ax, PathPatch):
        (_, begin), (_, end) = line.get_path().vertices[0], line.get_path().vertices[-1]
        widths[begin, end] = line.get_linewidth()
    none, step = 0.9, 3.6 / 3
    assert widths == pytest.approx(
        {(1, 0.5): none + 2 * step, (1, 1.5): none + step, (0.5, 1): none + step, (1.5, 1): none}
    )
    assert to_hex(artists(ax, PathPatch)[0].get_edgecolor()) == "#9a9a9a"


def test_the_workflow_with_most_executions_or_the_one_that_is_asked_for() -> None:
    texts = {W1: topology_text(DIAMOND), W2: topology_text({"Start": "转码", "转码": "End"})}
    rows = [task("转码", 0, 1, 2, run=run, workflow_id=W2, state="Failed") for run in (5, 6)]
    data = snapshot(*RUN, *rows, workflows=texts)
    assert list(boxes(plot_topology(data))) == ["转码"]
    assert list(boxes(plot_topology(data, workflow_id=W1))) == ["Cut", "High", "Low", "Pack"]
    with pytest.raises(ConfigurationError, match=f"'w3' is no workflow of the snapshot; there are {W2}, {W1}"):
        plot_topology(data, workflow_id="w3")


def test_executions_of_another_topology_and_tasks_elsewhere_are_counted() -> None:
    older = topology_text({"Start": "Old", "Old": "End"})
    runs = [{"run_id": f"i{run}", "workflow_id": W1, "state": "Success", "created_at": 0} for run in (1, 2)]
    runs.append({"run_id": "i3", "workflow_id": W1, "state": "Success", "topology": older, "created_at": 0})
    rows = [task("Old", 0, 1, 2, run=3), task("Elsewhere", 0, 1, 2, run=2), task("Cut", 0, 1, 2, run=2)]
    ax = plot_topology(snapshot(*RUN, *rows, executions=runs))
    assert note_of(ax).startswith("6 tasks as of")
    assert note_of(ax).endswith("; 1 task at nodes that are not in it; 1 execution with another topology left out")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (snapshot(*RUN).tasks, "no topology is known"),
        (snapshot(*RUN, workflows={}), "no topology is known"),
        (snapshot(workflows={}), "no workflow"),
    ],
)
def test_without_a_topology_it_says_so(data: Any, text: str) -> None:
    ax = plot_topology(data)
    assert text in [each.get_text() for each in ax.texts]
    assert "which is not known" in describe(ax)


def test_a_workflow_that_has_not_run() -> None:
    ax = plot_topology(snapshot(), tz="Asia/Shanghai")
    assert [lines for _, _, lines in boxes(ax).values()] == [["Transcode", "nothing ran"]] * 4
    assert note_of(ax) == "0 tasks as of 2026-03-01 20:00 UTC+8"


def test_thirty_nodes_go_on_below_and_their_texts_fit() -> None:
    names = [f"Transcode_17223232323{number:02}" for number in range(30)]
    chain = dict(zip(["Start", *names], [*names, "End"], strict=True))
    rows = [task(name, number, number, number + 1) for number, name in enumerate(names)]
    ax: Any = plot_topology(snapshot(*rows, workflows={W1: topology_text(chain)}))
    figure = ax.figure
    assert isinstance(figure, Figure)
    figure.canvas.draw()
    found = boxes(ax)
    assert len(found) == 30
    assert {place[0] for place in found.values()} == {0, 1, 2, 3}
    widest = max(text.get_window_extent().width for text in ax.texts[:-1])
    (left, _), (right, _) = ax.transData.transform([(0, 0), (BOX_WIDTH, 0)])
    assert widest <= right - left


def test_where_there_is_no_room_only_the_names_are_written() -> None:
    figure = Figure(figsize=(2.4, 1.6))
    ax = plot_topology(snapshot(*RUN), ax=figure.subplots())
    assert [text.get_text() for text in ax.texts[:-1]] == ["Cut", "High", "Low", "Pack"]


def test_many_executions_make_no_more_artists() -> None:
    few, many = plot_topology(many_executions(30)), plot_topology(many_executions(3_000))
    assert len(few.get_children()) == len(many.get_children())


dags = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=20).map(
    lambda pairs: sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]} | {(0, 1)})
)


@given(dags, st.integers(1, 6))
def test_no_two_nodes_share_a_place_and_no_line_runs_through_a_node(edges: list[tuple[int, int]], most: int) -> None:
    following: dict[str, str] = {}
    for begin, end in edges:
        following[f"N{begin}"] = ",".join(filter(None, [following.get(f"N{begin}"), f"N{end}"]))
    topology = Topology.from_json(topology_text(following))
    assert topology is not None
    layers = layers_of(topology, most)
    assert layers.n_columns <= most
    middles = np.array(list(layers.places.values()))
    assert (middles[:, 1] < layers.height).all()
    for number, (x, y) in enumerate(middles):
        others = np.delete(middles, number, axis=0)
        assert not ((others[:, 0] == x) & (np.abs(others[:, 1] - y) < 1 - 1e-9)).any()
    for (first, last), pieces in layers.routes.items():
        assert pieces[0][0] == pytest.approx((layers.places[first][0] + BOX_WIDTH / 2, layers.places[first][1]))
        assert pieces[-1][-1] == pytest.approx((layers.places[last][0] - BOX_WIDTH / 2, layers.places[last][1]))
        through = [piece for piece in pieces if len(piece) == 2 and piece[0][1] == piece[1][1]]
        for (left, y), (right, _) in through:
            inside = (middles[:, 0] > left) & (middles[:, 0] < right) & (np.abs(middles[:, 1] - y) < 0.5)
            assert not inside.any()
