"""What is looked at: levels, filters, the way down and back; no widget is needed for it."""

from __future__ import annotations

import pandas as pd
import pytest

from cijob_analysis import ConfigurationError, SchemaError, Snapshot
from cijob_analysis.widgets.exploration import Exploration, Step
from cijob_analysis.widgets.selection import Selection
from tests.builders import batch_jobs
from tests.widgets.worlds import FAR, NEAR, small_snapshot


@pytest.fixture
def exploration() -> Exploration:
    return Exploration(small_snapshot())


def ids(exploration: Exploration) -> list[str]:
    return list(exploration.selected[exploration.rows.key])


def test_it_begins_with_all_of_the_lowest_level(exploration: Exploration) -> None:
    assert exploration.levels == ("batch_jobs", "executions", "tasks")
    assert exploration.steps == (Step("tasks"),)
    assert ids(exploration) == ["j1", "j2", "j3", "j4"]


def test_a_change_sets_one_filter_and_leaves_the_others(exploration: Exploration) -> None:
    exploration.change(states=("Failed",))
    exploration.change(types=("Transcode",))
    assert exploration.selection == Selection(states=("Failed",), types=("Transcode",))
    assert ids(exploration) == ["j3"]
    exploration.reset()
    assert exploration.selection == Selection()


def test_down_to_a_task_and_back_with_the_filters_that_were_there(exploration: Exploration) -> None:
    exploration.look_at("batch_jobs")
    exploration.change(states=("Failed",))
    assert exploration.open(0)
    assert exploration.steps[-1] == Step("executions", Selection(batch_jobs=(FAR,)), "batch job nightly")
    assert ids(exploration) == ["i1", "i2"]
    exploration.change(states=("Failed",))
    assert exploration.open(1)
    assert exploration.steps[-1] == Step("tasks", Selection(executions=("i2",)), "execution b.mov")
    assert ids(exploration) == ["j3"]
    assert not exploration.open(2), "there is nothing below a task"
    assert len(exploration.steps) == 3
    exploration.reset()
    assert ids(exploration) == ["j3"], "what one went down into is no filter that is taken back"
    exploration.back()
    assert (exploration.level, exploration.selection.states, ids(exploration)) == ("executions", ("Failed",), ["i2"])
    exploration.back()
    assert (exploration.level, exploration.selection.states) == ("batch_jobs", ("Failed",))
    exploration.back()
    assert exploration.level == "batch_jobs"


def test_a_batch_job_without_executions_opens_its_tasks(exploration: Exploration) -> None:
    exploration.look_at("batch_jobs")
    assert exploration.open(1)
    assert exploration.steps[-1] == Step("tasks", Selection(batch_jobs=(NEAR,)), "batch job 转码")
    assert ids(exploration) == ["j4"]


def test_another_level_keeps_what_was_opened_above_it(exploration: Exploration) -> None:
    exploration.look_at("batch_jobs")
    exploration.open(0)
    exploration.look_at("tasks")
    assert ids(exploration) == ["j1", "j2", "j3"]
    assert [step.level for step in exploration.steps] == ["batch_jobs", "executions", "tasks"]
    exploration.back(0)
    assert exploration.steps == (Step("batch_jobs"),)
    exploration.look_at("tasks")
    assert len(ids(exploration)) == 4
    exploration.look_at("executions")
    assert exploration.steps[-1] == Step("executions")


def test_a_level_that_was_visited_is_gone_back_to(exploration: Exploration) -> None:
    exploration.look_at("batch_jobs")
    exploration.change(text="nightly")
    exploration.open(0)
    exploration.look_at("batch_jobs")
    assert exploration.steps == (Step("batch_jobs", Selection(text="nightly")),)


def test_one_frame_has_one_level() -> None:
    exploration = Exploration(batch_jobs({"state": "Success"}, {"state": "Failed"}))
    assert exploration.levels == ("batch_jobs",)
    assert not exploration.open(0)
    with pytest.raises(ConfigurationError, match="level='tasks' is none of batch_jobs"):
        exploration.look_at("tasks")


def test_the_frames_are_copies() -> None:
    snapshot = small_snapshot()
    exploration = Exploration(snapshot)
    snapshot.tasks["state"] = "Success"
    exploration.change(states=("Failed",))
    assert ids(exploration) == ["j2", "j3"]


def test_a_filter_without_its_column_changes_nothing(exploration: Exploration) -> None:
    exploration.look_at("batch_jobs")
    with pytest.raises(SchemaError, match="node"):
        exploration.change(nodes=("Transcode_1",))
    assert exploration.selection == Selection()


def test_an_empty_snapshot_has_empty_batch_jobs() -> None:
    exploration = Exploration(Snapshot())
    assert (exploration.levels, len(exploration.selected)) == (("batch_jobs",), 0)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (["b1"], "takes a Snapshot or a DataFrame, as fetch_snapshot returns, and no list"),
        (pd.DataFrame({"queue_id": ["p1"]}), "batch jobs, executions or tasks, and no queues"),
    ],
)
def test_what_cannot_be_explored_is_refused(data: object, error: str) -> None:
    with pytest.raises(ConfigurationError, match=error):
        Exploration(data)  # type: ignore[arg-type]
