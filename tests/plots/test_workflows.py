from typing import Any

import pandas as pd
import pytest
from matplotlib.axes import Axes

from cijob_analysis import Snapshot, schema
from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.metrics import workflow_distribution
from cijob_analysis.plots import describe, plot_workflows
from tests.builders import AS_OF, batch_jobs, many_batch_jobs
from tests.plots.test_canvas import ODD, drawn, note_of

W1, W2, W3 = "w" + "1" * 32, "w" + "2" * 32, "w" + "3" * 32


def names(ax: Axes) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


def widths(ax: Axes) -> dict[str, list[float]]:
    """How long the bars of each state are, the upper one first."""
    containers: Any = ax.containers
    return {bars.get_label(): [bar.get_width() for bar in bars] for bars in containers}


def sums(ax: Axes) -> list[str]:
    """What is written at the ends of the bars."""
    return [text.get_text() for text in ax.texts[: len(names(ax))]]


def task(state: str, created: int, started: int | None, ended: int | None, **cells: Any) -> dict[str, Any]:
    """A row of times in minutes before noon, and its other cells."""
    times = {"created_at": created, "started_at": started, "ended_at": ended}
    at = {name: AS_OF - pd.Timedelta(minutes=minutes) for name, minutes in times.items() if minutes is not None}
    return {"state": state, **{name: f"{time:%Y-%m-%d %H:%M}" for name, time in at.items()}, **cells}


def tasks(*rows: dict[str, Any]) -> pd.DataFrame:
    """Tasks, of whose own cells `workflow_id`, `node` and `task_type` are taken."""
    frame = batch_jobs(*rows).drop(columns=["workflow_ids", "tag", "type"])
    own = {
        name: pd.array([row.get(name) for row in rows], dtype=schema.TEXT)
        for name in ("workflow_id", "node", "task_type")
    }
    return frame.assign(task_id=[f"j{number}" for number in range(len(rows))], **own)


def test_a_bar_for_each_workflow_and_tag_the_largest_first() -> None:
    cells = [
        {"workflow_ids": W2},
        {"workflow_ids": f"{W1},{W2}"},
        {"workflow_ids": W2},
        {"tag": "转码"},
        {"tag": "转码"},
        {},
    ]
    ax: Any = plot_workflows(batch_jobs(*({**cell, "state": "Success"} for cell in cells)))
    assert [name[:3] for name in names(ax)] == ["w22", "tag", "w11", "no "]
    assert [bar.get_width() for bar in ax.patches] == [3, 2, 1, 1]
    assert note_of(ax).endswith("; 1 batch job of several workflows counted in each")
    assert describe(ax).startswith("Horizontal bars of batch jobs by workflow or tag, stacked by state: w222")


def test_twenty_bars_and_one_for_the_others() -> None:
    ids = [f"w{number:032x}" for number in range(23) for _ in range(number + 1)]
    ax: Any = plot_workflows(batch_jobs(*({"workflow_ids": name, "state": "Failed"} for name in ids)))
    assert (len(names(ax)), len(set(names(ax))), names(ax)[-1]) == (21, 21, "3 others")
    assert [bar.get_width() for bar in ax.patches] == [*range(23, 3, -1), 1 + 2 + 3]
    assert ax.get_xlabel() == "batch jobs"


def test_tasks_without_a_workflow_go_by_their_type() -> None:
    frame = tasks(*[{"state": "Success", "task_type": "Transcode"}] * 2, {"state": "Success", "workflow_id": W1})
    ax = plot_workflows(frame)
    assert names(ax)[0] == "type Transcode"
    assert ax.get_title() == "Tasks by workflow or type and state"


def test_a_snapshot_names_its_workflows_and_tells_those_of_one_name_apart() -> None:
    workflows = pd.DataFrame(
        {"workflow_id": [W1, W2, W3], "name": ["夜间转码", "Nightly", "Nightly"]}, dtype=schema.TEXT
    )
    ids = [W1, W1, W1, W2, W2, W3, "w" + "4" * 32]
    frame = tasks(*({"state": "Success", "workflow_id": name} for name in ids))
    ax = plot_workflows(Snapshot(tasks=frame, workflows=workflows))
    assert widths(ax) == {"Success": [3, 2, 1, 1]}
    assert names(ax)[0] == "夜间转码"
    assert [name[:8] for name in names(ax)] == ["夜间转码", "Nightly ", "Nightly ", "w4444444"]
    assert len(set(names(ax))) == 4


def test_by_node_and_by_type() -> None:
    rows = [
        ("Transcode_1", "Transcode"),
        ("Transcode_2", "Transcode"),
        ("Transcode_2", "Transcode"),
        (None, "Snapshot"),
    ]
    frame = tasks(*({"state": "Success", "node": node, "task_type": kind} for node, kind in rows))
    ax = plot_workflows(frame, by="node")
    assert dict(zip(names(ax), widths(ax)["Success"], strict=True)) == {
        "Transcode_2": 2,
        "Transcode_1": 1,
        "no node": 1,
    }
    assert ax.get_title() == "Tasks by node and state"
    ax = plot_workflows(frame, by="type")
    assert dict(zip(names(ax), widths(ax)["Success"], strict=True)) == {"Transcode": 3, "Snapshot": 1}
    assert names(plot_workflows(batch_jobs({"type": "Job"}), by="type")) == ["Job"]


def test_run_times_are_added_up_by_state_the_longest_first() -> None:
    frame = tasks(
        task("Success", 300, 290, 280, node="Snapshot"),
        task("Success", 300, 290, 200, node="Transcode"),
        task("Failed", 300, 290, 260, node="Transcode"),
    )
    ax = plot_workflows(frame, by="node", value="run_time")
    assert names(ax) == ["Transcode", "Snapshot"]
    assert widths(ax) == {"Success": [90 * 60, 10 * 60], "Failed": [30 * 60, 0]}
    assert sums(ax) == ["2 h, 25 % of it in failed", "10 min"]
    assert ax.get_xlabel() == "run time of tasks in all"
    assert ax.get_title() == "Run time of tasks by node and state"
    assert describe(ax).startswith(
        "Horizontal bars of the run time of tasks by node, stacked by state: "
        "Transcode 2 h (25 % failed), Snapshot 10 min (0 % failed)"
    )


def test_queue_waits_are_added_up() -> None:
    frame = tasks(task("Success", 300, 290, 280), task("Running", 300, 280, None))
    ax = plot_workflows(frame, by="node", value="queue_wait")
    assert widths(ax) == {"Running": [1_200], "Success": [600]}
    assert ax.get_xlabel() == "queue wait of tasks in all"


def test_times_that_are_not_known_are_left_out_and_counted() -> None:
    rows = [task("Running", 70, 60, 50), task("Submitted", 30, None, None), task("Success", 70, 60, 65)]
    ax = plot_workflows(tasks(*rows, task("Failed", 70, 60, 50)), by="node", value="run_time")
    assert widths(ax) == {"Failed": [600]}
    assert note_of(ax).endswith("; 2 without run time left out; 1 of negative length left out")
    ax = plot_workflows(tasks(*rows[:2]), by="node", value="run_time")
    assert "no tasks with a run time" in [text.get_text() for text in ax.texts]


def test_the_times_are_those_of_the_table() -> None:
    frame = many_batch_jobs(500)
    table = workflow_distribution(frame).pivot_table(
        index="state", columns="workflow_id", values="run_time_s", observed=True
    )
    found = widths(plot_workflows(frame, value="run_time"))
    assert {state: sorted(amounts) for state, amounts in found.items()} == {
        state: pytest.approx(sorted(row)) for state, row in zip(table.index, table.to_numpy().tolist(), strict=True)
    }


def test_a_batch_job_of_several_workflows_takes_its_time_in_each() -> None:
    ax = plot_workflows(batch_jobs(task("Success", 70, 60, 50, workflow_ids=f"{W1},{W2}")), value="run_time")
    assert widths(ax) == {"Success": [600, 600]}


@pytest.mark.parametrize("value", ["run_time", "queue_wait"])
@pytest.mark.parametrize("frame", ODD.values(), ids=ODD.keys())
def test_odd_frames_are_drawn_without_a_warning(frame: pd.DataFrame, value: str) -> None:
    before = frame.copy()
    assert drawn(plot_workflows(frame, value=value, tz="America/New_York"))
    assert drawn(plot_workflows(frame, by="type", value=value))
    pd.testing.assert_frame_equal(frame, before)


def test_what_it_does_not_know() -> None:
    with pytest.raises(ConfigurationError, match="by='queue' is none of workflow, node, type"):
        plot_workflows(batch_jobs(), by="queue")
    with pytest.raises(ConfigurationError, match="value='cost' is none of count, run_time, queue_wait"):
        plot_workflows(batch_jobs(), value="cost")
    with pytest.raises(SchemaError, match="lacks node"):
        plot_workflows(batch_jobs(), by="node")
