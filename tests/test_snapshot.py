"""A snapshot as a value: how much of it there is, how complete it is, whether it will change."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from cijob_analysis import schema
from cijob_analysis.frames import to_frame
from cijob_analysis.ledger import Failure, Ledger, LedgerEntry
from cijob_analysis.schema import LEVELS, TABLES
from cijob_analysis.snapshot import Snapshot

NOON = datetime(2026, 1, 31, 6, 2, tzinfo=UTC)


def frame(kind: str, *states: str, **entry: Any) -> pd.DataFrame:
    """Return a frame with a row for each state, and the ledger of one fetch."""
    names = [column.name for column in TABLES[kind]]
    rows = [
        tuple({names[0]: f"{kind}{n}", "state": state}.get(name) for name in names) for n, state in enumerate(states)
    ]
    found, _ = to_frame(rows, TABLES[kind])
    found.attrs["ledger"] = Ledger((LedgerEntry(request=f"GET /{kind}", level=kind, rows=len(rows), **entry),), NOON)
    return found


def test_nothing() -> None:
    snapshot = Snapshot()
    for kind, empty in snapshot.frames():
        assert_frame_equal(empty, schema.empty(TABLES[kind]))
    assert snapshot.is_complete
    assert snapshot.is_finished
    assert snapshot.summary() == "nothing"
    assert repr(snapshot) == "<Snapshot: nothing>"
    assert len(snapshot.ledger) == 0
    assert "Complete." in snapshot._repr_html_()


def test_a_summary_counts_each_level_by_state_from_below() -> None:
    snapshot = Snapshot(
        batch_jobs=frame("batch_jobs", "Running"),
        executions=frame("executions", "Running", "Success", "Success"),
        tasks=frame("tasks", *["Success"] * 1240, "Failed"),
        as_of=NOON,
    )
    assert snapshot.summary() == (
        "1\u202f241 tasks (1\u202f240 Success, 1 Failed) of 3 executions (1 Running, 2 Success) "
        "of 1 batch job (1 Running) as of 2026-01-31 06:02 UTC"
    )
    assert "as of 2026-01-31 14:02 UTC+8" in snapshot.summary("Asia/Shanghai")


@pytest.mark.parametrize("level", LEVELS)
def test_it_is_complete_if_all_its_frames_are(level: str) -> None:
    whole: dict[str, Any] = {kind: frame(kind, "Success") for kind in LEVELS}
    assert Snapshot(**whole).is_complete
    cut = Snapshot(**{**whole, level: frame(level, "Success", ended=False, notes=("cut off by limit=1",))})
    assert not cut.is_complete
    assert f"; {level.replace('_', ' ')} incomplete: cut off by limit=1" in cut.summary()
    assert "<strong>Not complete.</strong>" in cut._repr_html_()


def test_what_may_not_be_read_is_named_with_the_action_that_the_policy_lacks() -> None:
    action = "ci:DescribeMediaWorkflowExecutions"
    failure = Failure(what="executions of b1", error="e", is_denied=True, action=action)
    snapshot = Snapshot(
        batch_jobs=frame("batch_jobs", "Success"), executions=frame("executions", failures=(failure,)), as_of=NOON
    )
    assert snapshot.summary().endswith(
        f"executions incomplete: access denied to executions of b1 (the key's policy lacks {action})"
    )


@pytest.mark.parametrize(("state", "is_finished"), [("Success", True), ("Failed", True), ("Cancel", True)] + [
    (state, False) for state in ("Submitted", "Running", "Pause", "Melted")
])  # fmt: skip
@pytest.mark.parametrize("level", LEVELS)
def test_it_is_finished_if_every_row_is(level: str, state: str, is_finished: bool) -> None:
    assert Snapshot(**{level: frame(level, "Success", state)}).is_finished is is_finished  # type: ignore[arg-type]


def test_the_ledger_has_a_row_for_each_fetch() -> None:
    snapshot = Snapshot(
        batch_jobs=frame("batch_jobs", "Success", planned=1, requests=1),
        tasks=frame("tasks", "Success", "Failed", ended=False),
        workflows=frame("workflows", "Active"),
        as_of=NOON,
    )
    ledger = snapshot.ledger
    assert ledger["level"].tolist() == ["batch_jobs", "tasks", "workflows"]
    assert ledger["rows"].tolist() == [1, 2, 1]
    assert ledger["is_complete"].tolist() == [True, False, True]
    assert snapshot.completeness.as_of == NOON


def test_a_notebook_shows_counts_and_escapes_what_came_from_the_service() -> None:
    state = "<script>alert(1)</script>"
    failure = Failure(what="<b>b1</b>", error="e")
    snapshot = Snapshot(batch_jobs=frame("batch_jobs", state), tasks=frame("tasks", "Failed", failures=(failure,)))
    shown = snapshot._repr_html_()
    assert "<script>" not in shown
    assert "<b>" not in shown
    assert "&lt;script&gt;" in shown
    assert "batch jobs" in shown
    assert "executions" not in shown.partition("<table")[2]  # there are none
    assert "Pause" not in shown


def test_it_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Snapshot().as_of = NOON  # type: ignore[misc]
