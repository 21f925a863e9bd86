from collections import defaultdict
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis import schema
from cijob_analysis.exceptions import SchemaError
from cijob_analysis.metrics.failures.counts import failure_counts
from cijob_analysis.metrics.failures.masking import masked
from tests.builders import batch_jobs
from tests.workflow_builders import frame, second, snapshot, task

COLUMNS = ["code", "pattern", "n", "objects", "first_at", "last_at", "run_time_s"]
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "state": st.sampled_from(["Failed", "Failed", "Success", "Running", "Cancel", "Archived", None]),
            "code": st.sampled_from(["A", "B", "", None]),
            "message": st.sampled_from(["no a/1.mp4", "no b/22.mp4", "lost 7", "lost 8 ", "", None]),
            "object_key": st.sampled_from(["a/1.mp4", "b/22.mp4", "", None]),
            "started_at": st.sampled_from([0, 1.5, 60, None]),
            "ended_at": st.sampled_from([0, 0.25, 90, 90, None]),
        }
    ),
    max_size=20,
)


def cells(counts: pd.DataFrame) -> list[tuple[Any, ...]]:
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in counts.itertuples(index=False, name=None)]


def test_failures_with_the_same_code_and_pattern_count_together() -> None:
    tasks = frame(
        schema.TASKS,
        [
            task(None, 0, 10, 70, state="Failed", code="Broken", message="no v/1.mp4", object_key="v/1.mp4"),
            task(None, 0, 20, 50, state="Failed", code="Broken", message="no v/2.mp4", object_key="v/2.mp4"),
            task(None, 0, 20, 51, state="Failed", code="Broken", message="no v/2.mp4", object_key="v/2.mp4"),
            task(None, 0, None, 99, state="Failed", code="Lost", message="worker 3 lost", object_key="v/2.mp4"),
            task(None, 0, 10, 500, state="Success", code="Success", message="", object_key="v/1.mp4"),
            task(None, 0, 10, 500, state="Running", code="Broken", message="no v/3.mp4"),
        ],
    )
    assert cells(failure_counts(tasks)) == [
        ("Broken", "no <path>", 3, 2, second(50), second(70), 121),
        ("Lost", "worker <n> lost", 1, 1, second(99), second(99), 0),
    ]


@given(ROWS)
def test_the_counts_are_those_of_a_dictionary(rows: list[dict[str, Any]]) -> None:
    expected = defaultdict(list)
    for row in rows:
        if row["state"] == "Failed":
            expected[row["code"] or "", masked([row["message"] or ""])[0]].append(row)
    ordered = sorted(expected.items(), key=lambda item: (-len(item[1]), item[0]))
    assert cells(failure_counts(frame(schema.TASKS, rows))) == [(*key, *totals(alike)) for key, alike in ordered]


def totals(failed: list[dict[str, Any]]) -> tuple[Any, ...]:
    ends = [row["ended_at"] for row in failed if row["ended_at"] is not None]
    ran = [(row["started_at"], row["ended_at"]) for row in failed]
    objects = {row["object_key"] for row in failed} - {None}
    run_time_s = sum(end - start for start, end in ran if start is not None and end is not None)
    return len(failed), len(objects), second(min(ends, default=None)), second(max(ends, default=None)), run_time_s


def test_what_says_neither_code_nor_message_counts_as_one_kind() -> None:
    executions = frame(schema.EXECUTIONS, [{"run_id": "i1", "state": "Failed", "object_key": "a"}, {"state": "Failed"}])
    assert cells(failure_counts(executions)) == [("", "", 2, 1, None, None, 0)]


def test_batch_jobs_have_no_objects() -> None:
    jobs = batch_jobs({"state": "Failed", "code": "Broken", "message": "no manifest"}, {"state": "Failed"})
    assert [row[:4] for row in cells(failure_counts(jobs))] == [("", "", 1, 0), ("Broken", "no manifest", 1, 0)]


def test_a_snapshot_counts_by_its_tasks() -> None:
    failed = task("High", 0, 1, 2, state="Failed", code="Broken")
    assert cells(failure_counts(snapshot(failed, task("Low", 0, 1, 2))))[0][:3] == ("Broken", "", 1)


def test_without_failures_the_columns_are_the_same() -> None:
    none, some = failure_counts(frame(schema.TASKS, [])), failure_counts(frame(schema.TASKS, [{"state": "Failed"}]))
    assert list(none) == COLUMNS
    assert none.empty
    pd.testing.assert_series_equal(none.dtypes, some.dtypes)


def test_the_frame_is_left_as_it_was_whatever_its_index() -> None:
    tasks = frame(schema.TASKS, [{"state": "Failed", "message": "lost 7"}, {"state": "Failed", "message": "lost 8"}])
    tasks.index = pd.Index([7, 7])
    before = tasks.copy()
    assert failure_counts(tasks)["n"].tolist() == [2]
    pd.testing.assert_frame_equal(tasks, before)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(SchemaError, match="ended_at"):
        failure_counts(frame(schema.TASKS, []).drop(columns="ended_at"))
