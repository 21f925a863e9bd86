"""Each control of the dashboard changes the numbers, the table, the timeline and the pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import pytest

from cijob_analysis import Snapshot, add_durations
from cijob_analysis.metrics.inputs import workflow_names
from tests.browser.bench import ZONE, Bench
from tests.browser.dashboard import Dashboard

pytestmark = pytest.mark.browser

STATES = "States and durations"
FROM, UNTIL = "2026-06-14T08:00", "2026-06-19T14:30"


@dataclass(frozen=True)
class Filter:
    """What is done with a control, and which tasks are left then."""

    act: Callable[[Dashboard], None]
    passes: Callable[[Snapshot], pd.Series]


def click(*names: str) -> Callable[[Dashboard], None]:
    def act(dashboard: Dashboard) -> None:
        for name in names:
            dashboard.button(name).click()

    return act


def choose(label: str, *values: str) -> Callable[[Dashboard], None]:
    return lambda dashboard: dashboard.choose(label, *values)


def fill(label: str, text: str) -> Callable[[Dashboard], None]:
    return lambda dashboard: dashboard.fill(label, text)


def turnaround(dashboard: Dashboard) -> None:
    dashboard.choose("Duration", "turnaround")
    dashboard.fill("At least", "1 min 30 s")
    dashboard.fill("At most", "5 min")


def workflow_id_of(snapshot: Snapshot, name: str) -> str:
    return next(ident for ident, known in workflow_names(snapshot).items() if known == name)


def created(snapshot: Snapshot) -> pd.Series:
    return snapshot.tasks["created_at"]


FILTERS = {
    "a state": Filter(click("Failed"), lambda it: it.tasks["state"] == "Failed"),
    "two states": Filter(click("Failed", "Cancel"), lambda it: it.tasks["state"].isin(["Failed", "Cancel"])),
    "types": Filter(
        choose("Type", "Snapshot", "Animation"), lambda it: it.tasks["task_type"].isin(["Snapshot", "Animation"])
    ),
    "a workflow": Filter(
        choose("Workflow", "hls-ladder"), lambda it: it.tasks["workflow_id"] == workflow_id_of(it, "hls-ladder")
    ),
    "a node": Filter(choose("Node", "Segment_1720984"), lambda it: it.tasks["node"] == "Segment_1720984880807"),
    "no queue": Filter(choose("Queue", "(none)"), lambda it: it.tasks["queue_id"].isna()),
    "text": Filter(fill("Text", "MOOV ATOM"), lambda it: it.tasks["message"].str.contains("moov atom").fillna(False)),
    "created from": Filter(
        fill("Created from", FROM), lambda it: created(it) >= pd.Timestamp(FROM, tz=ZONE)
    ),
    "created until": Filter(
        fill("Created until", UNTIL), lambda it: created(it) <= pd.Timestamp(UNTIL, tz=ZONE)
    ),
    "a range of durations": Filter(
        turnaround, lambda it: add_durations(it.tasks)["turnaround_s"].between(90, 300)
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FILTERS.values(), ids=FILTERS)
def test_a_filter_changes_numbers_and_pictures(bench: Bench, case: Filter) -> None:
    dashboard, tasks = bench.dashboard, bench.snapshot.tasks
    wanted = tasks[case.passes(bench.snapshot)]
    assert 0 < len(wanted) < len(tasks)
    bars = dashboard.looks()
    dashboard.open(STATES)
    dashboard.expect_drawn()
    before = dashboard.looks()

    case.act(dashboard)
    dashboard.expect_selected(wanted)
    dashboard.expect_other_looks(before)
    dashboard.open("Timeline")
    dashboard.expect_other_looks(bars)

    dashboard.button("Reset").click()
    dashboard.expect_selected(tasks)
    dashboard.open(STATES)
    dashboard.expect_looks(before)
