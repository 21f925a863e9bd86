"""The failures of a frame that was prepared once: those among any of its rows are those of these rows alone."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from cijob_analysis import schema
from cijob_analysis.metrics.failures.clusters import failure_clusters
from cijob_analysis.metrics.failures.counts import failure_counts
from cijob_analysis.metrics.failures.prepared import Failures
from tests.workflow_builders import frame


def tasks(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return frame(schema.TASKS, ({"task_id": f"j{number}", **row} for number, row in enumerate(rows)))


@st.composite
def planted(draw: st.DrawFn) -> tuple[pd.DataFrame, np.ndarray]:
    """Tasks of which some fail at random and more for one reason, and a part of them."""
    n = draw(st.sampled_from([0, 7, 100, 250]))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    folder, node = (random.choice(names, n) for names in (["a/b/", "a/c/", "d/", ""], ["Cut", "Pack", "Join", "End"]))
    created, number = random.integers(0, 5_000, n), random.integers(0, 90, n)
    key = [f"{where}{what}.mp4" for where, what in zip(folder, number, strict=True)]
    reasons = {"prefix": folder == "a/b/", "node": node == "Cut", "window": created < 400, "object": number == 7}
    failed = random.random(n) < np.where(reasons[draw(st.sampled_from(sorted(reasons)))], 0.9, 0.03)
    state = np.where(failed, "Failed", random.choice(["Success", "Success", "Success", "Cancel", "Running"], n))
    cells: dict[str, Any] = {
        "node": node,
        "object_key": [one if known else None for one, known in zip(key, random.random(n) < 0.95, strict=True)],
        "queue_id": random.choice(["p1", "p2"], n),
        "created_at": created,
        "started_at": created + 5,
        "ended_at": [one + 9 if known else None for one, known in zip(created, random.random(n) < 0.9, strict=True)],
        "state": state,
        "code": np.where(failed, random.choice(["Broken", "Broken", "Lost"], n), "Success"),
        "message": [f"no {second}" for second in created],
    }
    rows = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
    return tasks(rows), random.random(n) < draw(st.sampled_from([0.0, 0.5, 0.9, 1.0]))


@settings(max_examples=60, deadline=None)
@given(planted())
def test_a_part_of_the_rows_has_the_clusters_that_it_has_alone(case: tuple[pd.DataFrame, np.ndarray]) -> None:
    frame, mask = case
    before = frame.copy()
    found, alone = Failures(frame).among(mask), frame[mask]
    pd.testing.assert_frame_equal(found.counts, failure_counts(alone))
    for number, cluster in enumerate(failure_clusters(alone)):
        findings = found.findings(number)
        assert (found.clustered.codes[number], found.clustered.patterns[number]) == (cluster.code, cluster.pattern)
        assert frame["task_id"].iloc[found.clustered.of(number)].tolist() == list(cluster.task_ids)
        assert (tuple(findings), found.prefixes(number)) == (cluster.findings, cluster.prefixes)
        assert found.verdict(findings, number, names={}, zone=UTC) == cluster.verdict
    pd.testing.assert_frame_equal(frame, before)


def test_what_is_to_be_run_again_is_judged_by_all_rows() -> None:
    failed = {"object_key": "a", "node": "Cut", "state": "Failed", "created_at": 0}
    failures = Failures(tasks([failed, {**failed, "state": "Success", "created_at": 9}, {**failed, "object_key": "b"}]))
    among = failures.among(np.array([True, False, True]))
    assert failures.rerun_keys(among.clustered.rows) == ["b"]


def test_counting_prepares_nothing() -> None:
    rows = [{"state": "Failed" if number % 3 else "Success", "object_key": f"{number}"} for number in range(30)]
    failures = Failures(tasks(rows))
    among = failures.among()
    assert (among.counts["n"].tolist(), failures.is_prepared) == ([20], False)
    assert among.is_comparable(0)
    assert among.findings(0) == []
    assert failures.is_prepared


def test_rows_without_objects_have_none_to_run_again() -> None:
    failures = Failures(tasks([{"state": "Failed"}]).drop(columns="object_key"))
    assert failures.rerun_keys(np.array([0])) == []
    assert failures.among().counts["objects"].tolist() == [0]
