from typing import Any

from cijob_analysis.plots import describe, plot_workflows
from tests.builders import batch_jobs
from tests.plots.test_canvas import note_of

W1, W2 = "w" + "1" * 32, "w" + "2" * 32


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
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert [name[:3] for name in names] == ["w22", "tag", "w11", "no "]
    assert [bar.get_width() for bar in ax.patches] == [3, 2, 1, 1]
    assert note_of(ax).endswith("; 1 batch job of several workflows counted in each")
    assert describe(ax).startswith("Horizontal bars of batch jobs by workflow or tag, stacked by state: w222")


def test_twenty_bars_and_one_for_the_others() -> None:
    ids = [f"w{number:032x}" for number in range(23) for _ in range(number + 1)]
    ax: Any = plot_workflows(batch_jobs(*({"workflow_ids": name, "state": "Failed"} for name in ids)))
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert (len(names), len(set(names)), names[-1]) == (21, 21, "3 others")
    assert [bar.get_width() for bar in ax.patches] == [*range(23, 3, -1), 1 + 2 + 3]
    assert ax.get_xlabel() == "batch jobs"
