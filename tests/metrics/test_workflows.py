import pandas as pd
import pytest

from cijob_analysis.exceptions import SchemaError
from cijob_analysis.metrics import workflow_distribution
from tests.builders import batch_jobs

W1, W2 = "w" + "1" * 32, "w" + "2" * 32
RAN = {"started_at": "2026-03-01 10:00", "ended_at": "2026-03-01 10:01"}


def rows(distribution: pd.DataFrame) -> list[tuple[object, ...]]:
    return [
        tuple(None if pd.isna(value) else value for value in row)
        for row in distribution.itertuples(index=False, name=None)
    ]


def test_counts_shares_and_run_times_by_workflow_and_tag() -> None:
    frame = batch_jobs(
        {"workflow_ids": W2, "state": "Failed", **RAN},
        {"tag": "Transcode", "state": "Success", **RAN},
        {"workflow_ids": W2, "state": "Success", **RAN},
        {"workflow_ids": W2, "state": "Success", **RAN},
        {"workflow_ids": W2, "state": "Running", **RAN},
        {"state": "Cancel"},
    )
    assert rows(workflow_distribution(frame)) == [
        (W2, None, "Running", 1, 0.25, 0),
        (W2, None, "Success", 2, 0.5, 120),
        (W2, None, "Failed", 1, 0.25, 60),
        (None, "Transcode", "Success", 1, 1, 60),
        (None, None, "Cancel", 1, 1, 0),
    ]


def test_a_batch_job_of_two_workflows_counts_in_both() -> None:
    both = {"workflow_ids": f"{W1},{W2}", "state": "Success", **RAN}
    distribution = workflow_distribution(batch_jobs(both, {"workflow_ids": W2, "state": "Success"}))
    assert rows(distribution) == [(W2, None, "Success", 2, 1, 60), (W1, None, "Success", 1, 1, 60)]


def test_odd_lists_of_workflows() -> None:
    cells = (f" {W1} ,,{W1}", " , ")
    frame = batch_jobs(*({"workflow_ids": cell, "state": "Failed"} for cell in cells))
    assert [row[0] for row in rows(workflow_distribution(frame))] == [W1, None]


def test_a_tag_beside_a_workflow_makes_no_other_group() -> None:
    frame = batch_jobs(
        {"workflow_ids": W1, "tag": "Transcode", "state": "Failed"}, {"workflow_ids": W1, "state": "Failed"}
    )
    assert rows(workflow_distribution(frame)) == [(W1, None, "Failed", 2, 1, 0)]


def test_tasks_have_one_workflow_each_and_no_tag() -> None:
    frame = batch_jobs({"workflow_ids": W1, "state": "Success", **RAN})
    tasks = frame.rename(columns={"workflow_ids": "workflow_id"}).drop(columns="tag")
    assert rows(workflow_distribution(tasks)) == [(W1, None, "Success", 1, 1, 60)]


def test_unknown_and_missing_states_are_counted() -> None:
    frame = batch_jobs(*({"tag": "A", "state": state} for state in (None, "Archived", "Cancel")))
    counts = [row[2:4] for row in rows(workflow_distribution(frame))]
    assert counts == [("Cancel", 1), ("Archived", 1), (None, 1)]


def test_no_rows_and_no_workflow_column() -> None:
    empty = workflow_distribution(batch_jobs())
    assert list(empty) == ["workflow_id", "tag", "state", "n", "share", "run_time_s"]
    assert empty.empty
    full = workflow_distribution(batch_jobs({"tag": "A", "state": "Cancel"}))
    pd.testing.assert_series_equal(empty.dtypes, full.dtypes)
    with pytest.raises(SchemaError, match="workflow_ids"):
        workflow_distribution(batch_jobs().drop(columns="workflow_ids"))


def test_the_frame_is_left_as_it_was_whatever_its_index() -> None:
    frame = batch_jobs({"workflow_ids": W1, "state": "Failed"}, {"tag": "A", "state": "Failed"})
    frame.index = pd.Index([7, 7])
    before = frame.copy()
    assert workflow_distribution(frame)["n"].tolist() == [1, 1]
    pd.testing.assert_frame_equal(frame, before)
