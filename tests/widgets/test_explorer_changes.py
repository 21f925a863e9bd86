"""A thousand changes of random controls: the dashboard stays consistent, and nothing in it grows."""

from __future__ import annotations

import gc
import tracemalloc
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from cijob_analysis import Explorer, LocalService, Snapshot, Workload, explore, fetch_snapshot
from cijob_analysis.widgets.controls import CHOICES
from tests.builders import many_batch_jobs
from tests.widgets.consistency import check_consistency, models

# Said of older ipywidgets by newer traitlets.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1:DeprecationWarning")

numbers = st.integers(0, 50)


class Changes(RuleBasedStateMachine):
    """Somebody who presses whatever there is."""

    snapshot: Snapshot

    def __init__(self) -> None:
        super().__init__()
        self.before = models()
        self.explorer = explore(self.snapshot, tz="Asia/Shanghai")
        self.n_models = len(models())

    def teardown(self) -> None:
        self.explorer.close()
        assert models() == self.before

    @rule(number=numbers)
    def press_a_state(self, number: int) -> None:
        buttons = list(self.explorer.controls.states.buttons.values())
        button = buttons[number % len(buttons)]
        button.value = not button.value

    @rule(name=st.sampled_from(list(CHOICES)), chosen=st.sets(st.integers(0, 7), max_size=3))
    def choose_from_a_list(self, name: str, chosen: set[int]) -> None:
        box = self.explorer.controls.choices[name]
        box.index = tuple(place for place in sorted(chosen) if place < len(box.options))

    @rule(text=st.sampled_from(["", "mp4", "MOV", "nothing at all", "<", "转"]))
    def search(self, text: str) -> None:
        self.explorer.controls.text.value = text

    @rule(hours=st.one_of(st.none(), st.integers(0, 200)), name=st.sampled_from(["created_after", "created_before"]))
    def enter_a_time(self, hours: int | None, name: str) -> None:
        picker = getattr(self.explorer.controls, name)
        first = self.explorer.frame["created_at"].min()
        local = None if hours is None else first.tz_convert("Asia/Shanghai").tz_localize(None) + timedelta(hours=hours)
        picker.value = None if local is None else local.to_pydatetime().replace(microsecond=0)

    @rule(
        duration=st.sampled_from(["queue_wait_s", "run_time_s", "turnaround_s"]),
        at_least=st.sampled_from(["", "10", "1 min"]), at_most=st.sampled_from(["", "2 min", "1 d"]),
    )  # fmt: skip
    def enter_durations(self, duration: str, at_least: str, at_most: str) -> None:
        self.explorer.controls.duration.value = duration
        self.explorer.controls.at_least.value = at_least
        self.explorer.controls.at_most.value = at_most

    @rule(begin=st.integers(0, 100), width=st.integers(1, 100))
    def brush(self, begin: int, width: int) -> None:
        times = self.explorer.frame["created_at"].astype("datetime64[ms, UTC]").astype("int64")
        first, span = int(times.min()), int(times.max() - times.min()) + 1
        self.explorer.timeline.window = [first + span * begin // 100, first + span * (begin + width) // 100]

    @rule()
    def clear_the_brush(self) -> None:
        self.explorer.timeline.window = []

    @rule(number=numbers)
    def pick_in_the_table(self, number: int) -> None:
        ids = self.explorer.frame[self.explorer.exploration.rows.key].tolist()
        one = ids[number % len(ids)]
        picked = list(self.explorer.table.picked)
        self.explorer.table.picked = [it for it in picked if it != one] if one in picked else [*picked, one]

    @rule()
    def show_only_what_is_picked(self) -> None:
        self.explorer.header.picked_button.value = not self.explorer.header.picked_button.value

    @rule(number=numbers)
    @precondition(lambda self: self.explorer.tabs.pane is self.explorer.tabs.failures)
    def press_a_cluster(self, number: int) -> None:
        buttons = [row.button for row in self.explorer.tabs.failures.rows if row.layout.display != "none"]
        if buttons:
            button = buttons[number % len(buttons)]
            button.value = not button.value

    @rule(tab=st.sampled_from([0, 0, 0, 1, 2, 3, 3, 4, 4]))
    def turn_to_a_tab(self, tab: int) -> None:
        self.explorer.tabs.selected_index = tab

    @rule(number=numbers)
    def look_at_a_level(self, number: int) -> None:
        levels = self.explorer.exploration.levels
        self.explorer.header.way.levels.value = levels[number % len(levels)]

    @rule(number=numbers)
    def open_a_row(self, number: int) -> None:
        ids = self.explorer.frame[self.explorer.exploration.rows.key].tolist()
        self.explorer.look_into(ids[number % len(ids)])

    @rule(place=st.integers(0, 2))
    def go_back(self, place: int) -> None:
        self.explorer.header.way.steps[place].value = place < len(self.explorer.exploration.steps)

    @rule()
    def reset(self) -> None:
        self.explorer.header.reset_button.click()

    @invariant()
    def all_parts_agree(self) -> None:
        check_consistency(self.explorer)
        assert len(models()) == self.n_models


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
def test_a_thousand_changes_leave_it_consistent() -> None:
    with LocalService(Workload.generate(batch_jobs=8, seed=3)) as service, service.client() as client:
        Changes.snapshot = fetch_snapshot(client)
    run_state_machine_as_test(
        Changes,
        settings=settings(
            max_examples=20, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def change_everything(explorer: Explorer) -> None:
    """Change each control, and back."""
    for tab in (0, 4):
        explorer.tabs.selected_index = tab
        explorer.controls.states.buttons["Failed"].value = True
        explorer.controls.text.value = "b1"
        explorer.controls.choices["workflows"].index = (0, 1)
        explorer.timeline.window = [1_772_326_800_000, 1_772_330_400_000]
        explorer.table.picked = [str(explorer.frame["batch_job_id"].iloc[tab])]
        explorer.header.reset_button.click()


def test_memory_and_models_do_not_grow() -> None:
    frame = many_batch_jobs(20_000)
    explorer = explore(frame)
    change_everything(explorer)
    n_models, held = len(models()), []
    tracemalloc.start()
    try:
        for _ in range(4):
            change_everything(explorer)
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert len(models()) == n_models
    # Were the selected rows of a change kept, it were some megabytes each time; pandas itself keeps some weak
    # references for a while.
    assert held[-1] - held[0] < 1_000_000
    explorer.close()
