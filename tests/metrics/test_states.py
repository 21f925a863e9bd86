import pandas as pd
import pytest

from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.metrics import state_counts
from cijob_analysis.schema import STATES
from tests.builders import batch_jobs


def test_every_known_state_has_a_row_in_its_order() -> None:
    counts = state_counts(batch_jobs({"state": "Failed"}, {"state": "Running"}, {"state": "Failed"}))
    assert counts["state"].tolist() == list(STATES)
    assert counts["state"].dtype == pd.CategoricalDtype(list(STATES))
    assert counts["n"].tolist() == [0, 1, 0, 0, 2, 0]
    assert counts["n"].dtype == "int64"
    assert counts["share"].tolist() == [0, 1 / 3, 0, 0, 2 / 3, 0]


def test_unknown_and_missing_states_come_after_the_known_ones() -> None:
    counts = state_counts(batch_jobs({"state": "Archived"}, {"state": None}, {"state": "Cancel"}))
    assert counts["state"].astype(object).tolist()[:-1] == [*STATES, "Archived"]
    assert counts["state"].isna().tolist() == [False] * 7 + [True]
    assert counts["n"].tolist() == [0, 0, 0, 0, 0, 1, 1, 1]


def test_an_unknown_state_that_no_row_has_any_more_is_not_shown() -> None:
    frame = batch_jobs({"state": "Archived"}, {"state": "Cancel"})
    assert state_counts(frame[frame["state"] == "Cancel"])["state"].tolist() == list(STATES)


def test_plain_text_will_do_for_the_states() -> None:
    frame = pd.DataFrame({"state": ["Success", "Zebra", "Apple"]})
    assert state_counts(frame)["state"].tolist() == [*STATES, "Apple", "Zebra"]


def test_groups_have_all_states_each_and_shares_of_their_own() -> None:
    frame = batch_jobs(
        {"type": "Workflow", "state": "Success"},
        {"type": "Job", "state": "Failed"},
        {"type": "Workflow", "state": "Failed"},
        {"state": "Failed"},
    )
    counts = state_counts(frame, by="type")
    assert list(counts) == ["type", "state", "n", "share"]
    assert counts["type"].dtype == frame["type"].dtype
    there = counts[counts["n"] > 0]
    assert there["type"].fillna("none").tolist() == ["Job", "Workflow", "Workflow", "none"]
    assert there["state"].tolist() == ["Failed", "Success", "Failed", "Failed"]
    assert there["share"].tolist() == [1, 0.5, 0.5, 1]
    assert len(counts) == 3 * len(STATES)


def test_groups_by_several_columns() -> None:
    frame = batch_jobs({"type": "Job", "tag": "A"}, {"type": "Job", "tag": "B"}, {"type": "Job", "tag": "B"})
    counts = state_counts(frame, by=["type", "tag"])
    assert counts[counts["n"] > 0][["tag", "n"]].to_numpy().tolist() == [["A", 1], ["B", 2]]


def test_no_rows() -> None:
    counts = state_counts(batch_jobs())
    assert counts["n"].tolist() == [0] * 6
    assert counts["share"].tolist() == [0] * 6
    grouped = state_counts(batch_jobs(), by="type")
    assert list(grouped) == ["type", "state", "n", "share"]
    assert grouped.empty


def test_the_frame_is_left_as_it_was() -> None:
    frame = batch_jobs({"state": "Failed"}).set_index("batch_job_id")
    before = frame.copy()
    state_counts(frame, by="type")
    pd.testing.assert_frame_equal(frame, before)


def test_what_cannot_be_grouped_by() -> None:
    with pytest.raises(SchemaError, match="lacks colour"):
        state_counts(batch_jobs({}), by="colour")
    for by in ("state", ["type", "state"]):
        with pytest.raises(ConfigurationError, match="other columns"):
            state_counts(batch_jobs({}), by=by)
