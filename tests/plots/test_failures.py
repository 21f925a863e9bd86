from typing import Any

import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from cijob_analysis import Snapshot, schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.failures.clusters import failure_clusters
from cijob_analysis.plots import describe
from cijob_analysis.plots.failures import plot_failures
from tests.builders import AS_OF, batch_jobs
from tests.workflow_builders import frame


def tasks(*failures: tuple[int, str | None, str | None], succeeded: int = 0) -> pd.DataFrame:
    """Return tasks that ran for 60 s: so many of each code and message, of an object each, and so many successes."""
    kinds = [(code, message) for n, code, message in failures for _ in range(n)]
    rows = [
        {"state": "Failed", "code": code, "message": message, "object_key": f"raw/{number}.mp4"}
        for number, (code, message) in enumerate(kinds)
    ]
    rows += [{"state": "Success", "object_key": f"cut/{number}.mp4"} for number in range(succeeded)]
    times = {"created_at": 0, "started_at": 0, "ended_at": 60}
    return frame(schema.TASKS, ({"task_id": f"j{number}", **row, **times} for number, row in enumerate(rows)))


def texts(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.texts]


def names(ax: Any) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


def test_a_bar_for_each_cluster_with_what_it_cost_and_the_verdict() -> None:
    ax: Any = plot_failures(tasks((6, "Broken", "no raw/1.mp4"), (2, None, None), succeeded=90))
    assert [(bar.get_x(), bar.get_width()) for bar in ax.patches] == [(0, 6), (0, 2)]
    assert {to_hex(bar.get_facecolor()).upper() for bar in ax.patches} == {"#D55E00"}
    assert names(ax) == ["Broken", "no code"]
    assert ax.yaxis_inverted()
    assert ax.get_title() == "8 failed tasks in 2 clusters"
    assert ax.get_xlabel() == "failed tasks"
    assert texts(ax)[:5] == [
        "6 tasks, 6 objects, 6 min lost",
        "2 tasks, 2 objects, 2 min lost",
        "no <path>",
        "one prefix: raw/ (6 of 6, 75 % of its tasks fail like this against 0 % elsewhere)",
        "too few to say",
    ]
    assert describe(ax) == (
        "Horizontal bars of failures by code and message: 8 of 98 tasks failed, in 2 clusters. "
        "6 Broken: one prefix: raw/ (6 of 6, 75 % of its tasks fail like this against 0 % elsewhere); "
        "2 without a code: too few to say "
        "(98 tasks as of 2026-03-01 12:00 UTC.)"
    )


def test_message_and_verdict_stand_below_their_bar() -> None:
    ax: Any = plot_failures(tasks((6, "Broken", "no raw/1.mp4"), (2, "Lost", None)))
    figure = ax.figure
    figure.draw_without_rendering()
    bars = [bar.get_window_extent() for bar in ax.patches]
    message, verdict, other = [text.get_window_extent() for text in ax.texts[2:5]]
    assert bars[0].y0 >= message.y1 > message.y0 >= verdict.y1 > verdict.y0 > bars[1].y1 > bars[1].y0 >= other.y1
    assert verdict.x1 <= figure.bbox.width


def test_small_clusters_share_a_bar() -> None:
    data = tasks(*((30 - number, f"E{chr(65 + number)}", None) for number in range(15)))
    ax: Any = plot_failures(data, most=3)
    assert names(ax) == ["EA", "EB", "EC", "12 others"]
    assert [bar.get_width() for bar in ax.patches] == [30, 29, 28, sum(range(16, 28))]
    assert texts(ax)[3] == "258 tasks"
    assert len(plot_failures(data).patches) == 13


def test_times_are_in_the_zone() -> None:
    data = tasks((40, "Broken", None), succeeded=400)
    later = pd.to_timedelta([*range(40), *range(0, 400 * 100, 100)], unit="s")
    data["ended_at"] = (data["ended_at"] + later).astype(schema.UTC)
    data["object_key"] = pd.Series([f"raw/{number}.mp4" for number in range(440)], dtype="string")
    ax = plot_failures(data, tz="Asia/Shanghai")
    assert any("one window: 2026-03-01 18:01:00–18:01:39 UTC+8" in text for text in texts(ax))
    assert "20:00 UTC+8" in describe(ax)


def test_names_are_no_mathematics_and_long_ones_are_cut() -> None:
    data = tasks((3, "$x_1$", "很" * 300), (2, "E" * 80, "$y$ {"), (1, "F" * 80, "z" * 500))
    ax: Any = plot_failures(data)
    assert names(ax)[0] == "$x_1$"
    assert all(len(name) <= 30 for name in names(ax))
    assert not any(text.get_parse_math() for text in [*ax.get_yticklabels(), *ax.texts[3:-1]])
    assert max(len(text) for text in texts(ax)[:-1]) < 150


def test_in_little_room_the_verdict_comes_first() -> None:
    data = tasks((6, "Broken", "no raw/1.mp4"), (2, "Lost", "gone"), succeeded=90)
    ax = Figure(figsize=(6, 0.8)).subplots()
    assert plot_failures(data, ax=ax) is ax
    assert "too few to say" in texts(ax)
    assert "gone" not in texts(ax)
    assert len(texts(plot_failures(data, ax=Figure(figsize=(6, 0.4)).subplots()))) == 3


def test_a_snapshot_shows_its_lowest_level_and_batch_jobs_have_no_objects() -> None:
    job = {"state": "Failed", "code": "Broken", "batch_job_id": "b1"}
    ax: Any = plot_failures(Snapshot(batch_jobs=batch_jobs(job, job), as_of=AS_OF))
    assert ax.get_xlabel() == "failed batch jobs"
    assert texts(ax)[0] == "2 batch jobs"


def test_nothing_to_show_says_so() -> None:
    assert "no tasks" in texts(plot_failures(tasks()))
    ax = plot_failures(tasks(succeeded=1_000))
    assert "none of 1\u202f000 tasks failed" in texts(ax)
    assert describe(ax).startswith("Horizontal bars of failures by code and message: None of 1\u202f000 tasks failed (")


def test_the_counts_are_those_of_the_metric() -> None:
    data = tasks((7, "A", "lost 1"), (7, "B", "lost 2"), (9, "A", "gone"))
    ax: Any = plot_failures(data)
    assert [bar.get_width() for bar in ax.patches] == [one.tasks for one in failure_clusters(data)]


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ConfigurationError, match="most=0"):
        plot_failures(tasks(), most=0)
    with pytest.raises(ConfigurationError, match="tz='Mars'"):
        plot_failures(tasks(), tz="Mars")
