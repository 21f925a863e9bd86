import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cijob_analysis import Snapshot, Workload, schema
from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.metrics.failures.clusters import failure_clusters
from cijob_analysis.metrics.failures.counts import failure_counts
from tests.builders import batch_jobs
from tests.fetch.expected import tasks_of
from tests.workflow_builders import W1, frame, second, snapshot, task

HOUR = 3_600


def tasks(*rows: dict[str, Any]) -> pd.DataFrame:
    return frame(schema.TASKS, ({"task_id": f"j{number}", **row} for number, row in enumerate(rows)))


def day(n: int, failing: Any, *, seed: int = 0, **columns: Any) -> pd.DataFrame:
    """Return `n` tasks of one day, of which those `failing` broke; `columns` are cells that are not as everywhere.

    The files lie in ten folders, every other one is a .mov; there are four nodes and two queues.
    """
    random = np.random.default_rng(seed)
    number = np.arange(n)
    cells = {
        "task_id": [f"j{k}" for k in number],
        "node": [f"Transcode_{k}" for k in random.integers(0, 4, n)],
        "queue_id": [f"p{k}" for k in random.integers(0, 2, n)],
        "object_key": [f"videos/{k % 10}/clip_{k:05}.{('mp4', 'mov')[k // 10 % 2]}" for k in number],
        "workflow_id": [W1] * n,
        "state": np.where(failing, "Failed", "Success"),
        "code": np.where(failing, "Broken", "Success"),
        "message": [f"videos/{k % 10}/clip_{k:05}.mp4 is broken" for k in number],
    }
    made = schema.empty(schema.TASKS).reindex(range(n))
    for name, values in (cells | columns).items():
        made[name] = pd.Series(values, dtype=object).astype("string" if name != "state" else "category")
    created = pd.Timestamp("2026-03-01", tz="UTC") + pd.to_timedelta(np.sort(random.integers(0, 24 * HOUR, n)), "s")
    for name, later in (("created_at", 0), ("started_at", 10), ("ended_at", 70)):
        made[name] = pd.Series(created + pd.Timedelta(seconds=later)).astype(schema.UTC)
    return made


def only(data: pd.DataFrame | Snapshot) -> Any:
    (cluster,) = failure_clusters(data)
    return cluster


def test_a_cluster_has_the_facts() -> None:
    clusters = failure_clusters(
        tasks(
            task("High", 0, 10, 70, state="Failed", code="Broken", message="no v1/1.mp4", object_key="v1/1.mp4"),
            task("Low", 0, 20, 90, state="Failed", code="Broken", message="no v1/2.mp4", object_key="v1/2.mp4"),
            task("High", 0, 20, 50, state="Failed", code="Broken", message="no v1/1.mp4", object_key="v1/1.mp4"),
            task("High", 0, None, 99, state="Failed"),
            task("High", 0, 10, 70, state="Success", code="Success"),
        )
    )
    assert (len(clusters), clusters.failed, clusters.rows) == (2, 4, 5)
    one = clusters[0]
    assert (one.cluster, one.code, one.pattern, one.tasks, one.objects, one.share) == (
        0,
        "Broken",
        "no <path>",
        3,
        2,
        0.75,
    )
    assert (one.workflows, one.nodes, one.types) == ({W1: 3}, {"High": 2, "Low": 1}, {"Transcode": 3})
    assert (one.first_at, one.last_at, one.run_time_lost_s) == (second(50), second(90), 160)
    assert (one.example_id, one.example_object, one.example_message) == ("j1", "v1/2.mp4", "no v1/2.mp4")
    assert one.task_ids == ("j0", "j1", "j2")
    assert one.verdict == "too few to say"
    other = clusters[-1]
    assert (other.code, other.pattern, other.objects, other.example_object) == ("", "", 0, "")
    assert clusters.describe() == (
        "4 of 5 tasks failed, in 2 clusters. 3 Broken: too few to say; 1 without a code: too few to say."
    )
    assert clusters[:1] == (one,)


def test_the_frame_has_a_row_for_each_cluster() -> None:
    data = day(600, np.arange(600) % 10 == 3)
    table = failure_clusters(data).frame
    assert table[["cluster", "code", "tasks", "objects", "nodes", "workflows", "prefix"]].to_numpy().tolist() == [
        [0, "Broken", 60, 60, 4, 1, "videos/3/"],
    ]  # fmt: skip
    counts = failure_counts(data)
    assert table["tasks"].tolist() == counts["n"].tolist()
    assert table["run_time_lost_s"].tolist() == counts["run_time_s"].tolist() == [3600.0]
    pd.testing.assert_series_equal(table.dtypes, failure_clusters(data.iloc[:0]).frame.dtypes)


def test_one_prefix() -> None:
    failing = (np.arange(2_000) % 10 == 3) & (np.arange(2_000) % 50 != 3)  # four of five below videos/3/
    failing[[11, 512, 914]] = True
    one = only(day(2_000, failing))
    assert one.verdict == "one prefix: videos/3/ (160 of 163, 80 % of its tasks fail like this against 0.2 % elsewhere)"
    assert one.prefixes == (("videos/3/", 160 / 163),)
    (finding,) = one.findings
    assert (finding.kind, finding.values, finding.hits, finding.of_hits) == ("prefix", ("videos/3/",), 160, 163)
    assert finding.rate_inside == 0.8
    assert finding.rate_outside == 3 / 1_800
    assert finding.p_value < 1e-100


def test_the_longest_of_equal_prefixes_is_named() -> None:
    keys = [f"a/b/{'raw' if k % 20 == 7 else 'cut'}/{k}" if k % 10 == 7 else f"c/{k}" for k in range(1_000)]
    assert only(day(1_000, np.arange(1_000) % 20 == 7, object_key=keys)).prefixes == (("a/b/raw/", 1.0),)


def test_a_prefix_may_end_within_a_name() -> None:
    failing = np.arange(1_000) % 10 == 3
    keys = [f"holiday/{'raw' if bad else 'cut'}-{number:04}.mp4" for number, bad in enumerate(failing)]
    assert only(day(1_000, failing, object_key=keys)).prefixes == (("holiday/raw-", 1.0),)


def test_three_prefixes() -> None:
    one = only(day(2_000, np.isin(np.arange(2_000) % 10, [1, 5, 8])))
    assert dict(one.prefixes) == {"videos/1/": 1 / 3, "videos/5/": 1 / 3, "videos/8/": 1 / 3}
    assert one.verdict.startswith("3 prefixes: videos/")
    assert "(600 of 600, 100 % of its tasks fail like this against 0 % elsewhere)" in one.verdict


def test_one_node_and_there_one_file_type() -> None:
    nodes = [f"Transcode_{k % 7}" for k in range(2_000)]
    is_mov = np.arange(2_000) // 10 % 2 == 1
    failing = is_mov & (np.arange(2_000) % 7 == 5) & (np.arange(2_000) % 3 > 0)
    one = only(day(2_000, failing, node=nodes))
    assert [(found.of, found.kind, found.values) for found in one.findings] == [
        ("all", "node", ("Transcode_5",)),
        ("inside", "file type", (".mov",)),
    ]
    assert "; there one file type: .mov (" in one.verdict


def test_one_folder_name_in_many_folders() -> None:
    keys = [f"videos/{k % 10}/{'damaged' if k % 20 > 17 else 'good'}/{k:05}.mp4" for k in range(2_000)]
    keys = [f"{k % 97}/{key}" for k, key in enumerate(keys)]
    one = only(day(2_000, np.arange(2_000) % 20 > 17, object_key=keys))
    assert (
        one.verdict == "one folder name: damaged/ (200 of 200, 100 % of its tasks fail like this against 0 % elsewhere)"
    )


def test_one_window() -> None:
    data = day(3_000, np.zeros(3_000, bool))
    ended = data["ended_at"]
    is_in = (ended >= pd.Timestamp("2026-03-01T14:00Z")) & (ended < pd.Timestamp("2026-03-01T14:30Z"))
    failing = is_in.to_numpy() & (np.arange(3_000) % 4 > 0)
    failing[[5, 2_990]] = True
    data = day(3_000, failing)
    first, last = ended[failing & is_in].min(), ended[failing & is_in].max()
    (cluster,) = failure_clusters(data, tz="Asia/Shanghai")
    begin, end = (time.tz_convert("Asia/Shanghai") for time in (first, last))
    assert cluster.verdict.startswith(f"one window: {begin:%Y-%m-%d %H:%M}–{end:%H:%M} UTC+8 ({failing.sum() - 2} of ")
    assert failure_clusters(data)[0].findings[0].values == (
        f"{first:%Y-%m-%dT%H:%M:%S.%f}",
        f"{last:%Y-%m-%dT%H:%M:%S.%f}",
    )


def test_one_object_again_and_again_is_no_evidence_of_a_prefix() -> None:
    data = day(1_000, np.arange(1_000) < 40)
    data.loc[:39, "object_key"] = "videos/3/bad.mp4"
    assert only(data).findings[0].kind == "object"
    data.loc[20:39, "object_key"] = "videos/3/worse.mp4"
    assert {found.kind for found in only(data).findings} == {"object"}


def test_several_faults_in_one_cluster_are_told_apart() -> None:
    nodes = np.array([f"Transcode_{k % 7}" for k in range(3_000)])
    failing = (np.arange(3_000) % 10 == 3) | (nodes == "Transcode_5")
    findings = only(day(3_000, failing, node=nodes)).findings
    assert {(found.kind, found.values) for found in findings[:2]} == {
        ("node", ("Transcode_5",)),
        ("prefix", ("videos/3/",)),
    }
    assert findings[1].of == "rest"


@pytest.mark.parametrize("share", [0.004, 0.02, 0.3])
def test_what_fails_by_chance_is_scattered(share: float) -> None:
    days = [day(1_500, np.random.default_rng(seed).random(1_500) < share, seed=seed) for seed in range(20)]
    assert {only(data).verdict for data in days} <= {"scattered", "too few to say"}


def test_without_a_success_there_is_nothing_to_compare_with() -> None:
    assert only(day(50, np.ones(50, bool))).verdict == "nothing to compare with: none succeeded"


def test_names_of_workflows_and_batch_jobs_are_said_where_they_are_known() -> None:
    rows = [task("High", 0, 1, 2, workflow_id="w2" * 8, state="Failed", object_key=f"{k}") for k in range(20)]
    rows += [task("High", 0, 1, 2, workflow_id="w3" * 8, object_key=f"{k}") for k in range(200)]
    (cluster,) = failure_clusters(snapshot(*rows, workflows={"w2" * 8: "{}"}))
    assert cluster.verdict.startswith("one workflow: flow w2 (w2w2w2w2…) (20 of 20, 100 % of its tasks")


def test_what_has_succeeded_since_is_not_to_be_run_again() -> None:
    bad: dict[str, Any] = {"state": "Failed", "code": "Broken"}
    clusters = failure_clusters(
        tasks(
            task("High", 0, 1, 2, object_key="made good", **bad),
            task("High", 9, 10, 11, object_key="made good"),
            task("High", 5, 6, 7, object_key="was good before", **bad),
            task("High", 0, 1, 2, object_key="was good before"),
            task("High", 0, 1, 2, object_key="good elsewhere", **bad),
            task("Low", 9, 10, 11, object_key="good elsewhere"),
            task("High", 9, 10, 11, object_key="good elsewhere", workflow_id="w3"),
            task("High", 0, 1, 2, object_key="tried again", **bad),
            task("High", 9, 10, None, object_key="tried again", state="Running"),
            task("High", 0, 1, 2, object_key="failed twice", **bad),
            task("High", 9, 10, 11, object_key="failed twice", state="Failed", code="Lost"),
            task("High", None, 1, 2, object_key="at no time", **bad),
            task("High", 9, 10, 11, object_key="at no time"),
            task("High", 0, 1, 2, object_key=None, **bad),
            task("High", 9, 10, 11, object_key=None),
            task(None, 0, 1, 2, object_key="a single job", workflow_id=None, **bad),
            task(None, 9, 10, 11, object_key="a single job", workflow_id=None),
        )
    )
    broken = ["at no time", "failed twice", "good elsewhere", "tried again", "was good before"]
    assert [cluster.rerun_keys() for cluster in clusters] == [broken, ["failed twice"]]
    assert clusters.rerun_keys() == broken


CELLS = st.fixed_dictionaries(
    {
        "state": st.sampled_from(["Failed", "Success", "Running"]),
        "node": st.sampled_from(["High", "Low", None]),
        "task_type": st.sampled_from(["Transcode", "Snapshot"]),
        "workflow_id": st.sampled_from([W1, None]),
        "object_key": st.sampled_from(["a", "b/c", "", None]),
        "created_at": st.sampled_from([0, 1, 2, None]),
    }
)


@settings(max_examples=40)
@given(st.lists(CELLS, max_size=12))
def test_keys_to_run_again_are_those_that_a_search_finds(rows: list[dict[str, Any]]) -> None:
    def is_made_good(failed: dict[str, Any]) -> bool:
        work = ("node", "task_type", "workflow_id", "object_key")
        return failed["created_at"] is not None and any(
            row["state"] == "Success" and all(row[name] == failed[name] for name in work)
            and row["created_at"] is not None and row["created_at"] > failed["created_at"]
            for row in rows
        )  # fmt: skip

    wanted = {row["object_key"] for row in rows if row["state"] == "Failed" and not is_made_good(row)} - {None}
    assert failure_clusters(tasks(*rows)).rerun_keys() == sorted(wanted)


@settings(max_examples=40)
@given(st.lists(CELLS, max_size=12))
def test_no_odd_row_is_lost(rows: list[dict[str, Any]]) -> None:
    odd = [row | {"ended_at": 5, "started_at": 7} for row in rows]
    clusters = failure_clusters(tasks(*odd))
    assert clusters.failed == sum(row["state"] == "Failed" for row in rows)


def test_executions_and_batch_jobs_have_clusters_too() -> None:
    runs = frame(schema.EXECUTIONS, [{"run_id": f"i{k}", "state": "Failed", "object_key": f"a/{k}"} for k in range(3)])
    assert (only(runs).code, only(runs).task_ids, only(runs).rerun_keys()) == (
        "",
        ("i0", "i1", "i2"),
        ["a/0", "a/1", "a/2"],
    )
    job = only(batch_jobs({"state": "Failed", "code": "Broken", "batch_job_id": "b1"}))
    assert (job.task_ids, job.objects, job.rerun_keys(), job.prefixes) == (("b1",), 0, [], ())


def test_nothing_failed() -> None:
    clusters = failure_clusters(day(3, np.zeros(3, bool)))
    assert (len(clusters), clusters.rerun_keys(), clusters.describe()) == (0, [], "None of 3 tasks failed.")
    assert clusters._repr_html_() == "<p>None of 3 tasks failed.</p>"


def test_html_is_escaped_and_says_what_it_leaves_out() -> None:
    rows = [task("High", 0, 1, 2, state="Failed", code=f"<b>{chr(65 + k)}", message="<script>") for k in range(23)]
    text = failure_clusters(tasks(*rows))._repr_html_()
    assert "<b>" not in text
    assert "<script>" not in text
    assert "&lt;b&gt;A" in text
    assert "and 3 smaller clusters" in text


def test_it_can_be_kept_and_leaves_the_frame_as_it_was() -> None:
    data = day(200, np.arange(200) % 10 == 3)
    before = data.copy()
    clusters = failure_clusters(data)
    pd.testing.assert_frame_equal(data, before)
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(clusters)).frame, clusters.frame)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ConfigurationError, match="tz='Mars'"):
        failure_clusters(tasks(), tz="Mars")
    with pytest.raises(ConfigurationError, match="list"):
        failure_clusters([])  # type: ignore[arg-type]
    with pytest.raises(SchemaError, match="created_at"):
        failure_clusters(tasks(task("High", state="Failed", object_key="a")).drop(columns="created_at"))


@pytest.mark.parametrize("seed", range(4))
def test_the_planted_faults_of_a_workload_are_found_and_named(seed: int) -> None:
    clusters = failure_clusters(tasks_of(Workload.generate(batch_jobs=240, seed=seed)))
    findings = {(finding.kind, finding.values) for cluster in clusters for finding in cluster.findings}
    assert {("folder name", ("damaged/",)), ("prefix", ("uploads/legacy-avi/",)), ("file type", (".mov",))} <= findings
    assert any(kind == "window" for kind, _ in findings)
    damaged = next(cluster for cluster in clusters if "is damaged" in cluster.pattern)
    assert damaged.verdict.startswith("one folder name: damaged/ (")
    assert "one prefix: uploads/legacy-avi/ (" in damaged.verdict
