from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from cijob_analysis import Snapshot
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.plots import describe, plot_states
from cijob_analysis.schema import STATES
from tests.builders import batch_jobs


def legend_texts(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def test_a_bar_for_each_state_in_its_colour_with_count_and_share() -> None:
    ax: Any = plot_states(batch_jobs(*({"state": state} for state in ["Failed", "Success", "Success", "Archived"])))
    assert [label.get_text() for label in ax.get_xticklabels()] == [*STATES, "Archived"]
    assert [bar.get_height() for bar in ax.patches] == [0, 0, 0, 2, 1, 0, 1]
    assert [to_hex(bar.get_facecolor()).upper() for bar in ax.patches[3:5]] == ["#0072B2", "#D55E00"]
    assert [text.get_text() for text in ax.texts[3:5]] == ["2\n50 %", "1\n25 %"]
    assert ax.get_ylabel() == "batch jobs"
    assert describe(ax).startswith(
        "Bar chart of 4 batch jobs by state: 2 Success (50 %), 1 Failed (25 %) and 1 Archived"
    )


def test_what_has_no_state_has_a_bar() -> None:
    ax: Any = plot_states(batch_jobs({"state": None}))
    assert ax.get_xticklabels()[-1].get_text() == "no state"
    assert ax.patches[-1].get_height() == 1


def test_stacked_bars_by_group_the_largest_first() -> None:
    rows = [
        ("Job", "Failed"),
        ("Workflow", "Success"),
        ("Workflow", "Failed"),
        ("Workflow", "Success"),
        (None, "Cancel"),
    ]
    ax: Any = plot_states(batch_jobs(*({"type": kind, "state": state} for kind, state in rows)), by="type")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Workflow", "Job", "no type"]
    assert ax.yaxis_inverted()
    stacks = {bars.get_label(): [(bar.get_x(), bar.get_width()) for bar in bars] for bars in ax.containers}
    assert stacks == {
        "Success": [(0, 2), (0, 0), (0, 0)],
        "Failed": [(2, 1), (0, 1), (0, 0)],
        "Cancel": [(3, 0), (1, 0), (0, 1)],
    }
    assert legend_texts(ax) == ["Success", "Failed", "Cancel"]
    assert [text.get_text() for text in ax.texts[:3]] == ["3, 33.3 % failed", "1, 100 % failed", "1"]


def test_small_groups_share_a_bar() -> None:
    rows = [{"name": f"job {number:02}", "state": "Success"} for number in range(25)]
    ax: Any = plot_states(batch_jobs(*rows, {"name": "job 24", "state": "Success"}), by="name")
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert (len(names), names[0], names[-1]) == (21, "job 24", "5 others")
    assert [bar.get_width() for bar in ax.patches] == [2] + [1] * 19 + [5]


def test_names_are_no_mathematics_and_stay_distinct() -> None:
    names = ["$x_1$ 50% {", "y" * 199 + "1", "y" * 199 + "2", "y" * 100 + "z" + "y" * 98 + "1"]
    ax: Any = plot_states(batch_jobs(*({"name": name} for name in names)), by="name")
    labels = ax.get_yticklabels()
    assert "$x_1$ 50% {" in [label.get_text() for label in labels]
    assert len({label.get_text() for label in labels}) == 4
    assert not any(label.get_parse_math() for label in labels)


def test_the_states_are_not_to_be_grouped_by() -> None:
    with pytest.raises(ConfigurationError, match="stacked by state"):
        plot_states(batch_jobs(), by=["type", "state"])


def test_a_snapshot_is_drawn_at_its_lowest_level() -> None:
    jobs, tasks = batch_jobs({"state": "Success"}), batch_jobs({"state": "Failed"}, {"state": "Failed"})
    ax: Any = plot_states(Snapshot(batch_jobs=jobs))
    assert [bar.get_height() for bar in ax.patches] == [0, 0, 0, 1, 0, 0]
    ax = plot_states(Snapshot(batch_jobs=jobs, tasks=tasks.assign(task_id=["j1", "j2"])))
    assert [bar.get_height() for bar in ax.patches] == [0, 0, 0, 0, 2, 0]
    assert ax.get_ylabel() == "tasks"


def test_what_is_neither_a_frame_nor_a_snapshot() -> None:
    with pytest.raises(ConfigurationError, match="a DataFrame or a Snapshot is needed, not list"):
        plot_states([])  # type: ignore[arg-type]
