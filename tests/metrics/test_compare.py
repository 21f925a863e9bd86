from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.ledger import Ledger, LedgerEntry
from cijob_analysis.metrics import duration_summary
from cijob_analysis.metrics.comparison.comparing import compare
from cijob_analysis.metrics.comparison.value import Comparison
from cijob_analysis.snapshot import Snapshot
from tests.builders import AS_OF

CREATED = np.datetime64("2026-03-01T00:00", "us")
WORKFLOWS = ("w" + "a" * 32, "w" + "b" * 32, "w" + "c" * 32)


def seconds(values: Any) -> Any:
    return np.round(np.asarray(values, dtype=np.float64) * 1e6).astype("m8[us]")


def tasks(waits: Sequence[float] | Any, runs: Sequence[float] | Any, **columns: Any) -> pd.DataFrame:
    """Tasks created one a second; NaN for a task that did not start, or did not end."""
    n = len(waits)
    created = CREATED + seconds(np.arange(n))
    started = created + seconds(waits)
    cells = {
        "task_id": [f"j{number:032x}" for number in range(n)],
        "state": ["Success"] * n,
        **{name: [value] * n if isinstance(value, str) else list(value) for name, value in columns.items()},
    }
    frame = pd.DataFrame({name: pd.Series(values, dtype="string") for name, values in cells.items()})
    for name, times in (("created_at", created), ("started_at", started), ("ended_at", started + seconds(runs))):
        frame[name] = pd.Series(times).dt.tz_localize("UTC")
    frame["state"] = frame["state"].astype(pd.CategoricalDtype(schema.in_order(frame["state"].dropna())))
    frame.attrs["ledger"] = Ledger((LedgerEntry(request="GET /jobs", rows=n),), AS_OF)
    return frame


def life(n: int, seed: int, **planted: Any) -> pd.DataFrame:
    """Tasks of three workflows of three nodes each; `slow` has its node 1.3 times slower, `waits` has its workflow
    wait a minute longer, `fails` has its workflow fail six times as often."""
    random = np.random.default_rng(seed)
    workflow, node = random.integers(0, 3, n), random.integers(0, 3, n)
    waits = random.lognormal(3, 1, n) + 60 * (workflow == planted.get("waits"))
    runs = random.lognormal(4, 0.5, n) * np.where(3 * workflow + node == planted.get("slow"), 1.3, 1)
    fails = random.random(n) < np.where(workflow == planted.get("fails"), 0.06, 0.01)
    kinds = np.array(["Transcode", "Snapshot", "Animation"])[node]
    return tasks(
        waits,
        runs,
        state=np.where(fails, "Failed", "Success"),
        workflow_id=np.array(WORKFLOWS)[workflow],
        node=[f"{kind}_{number}" for kind, number in zip(kinds, workflow, strict=True)],
        task_type=kinds,
    )


def row_of(found: Comparison, measure: str, statistic: str, group: str = "all") -> Any:
    frame = found.frame
    mine = (frame["measure"] == measure) & (frame["statistic"] == statistic) & (frame["group"] == group)
    (row,) = frame[mine].to_dict("records")
    return row


# ---- the figures


def test_medians_quantiles_and_their_differences() -> None:
    a, b = tasks([10, 20, 30], [1, 2, 6]), tasks([20, 30, 40, 50], [3, 3, 3, 3])
    wait = row_of(compare(a, b), "queue_wait_s", "median")
    assert (wait["n_a"], wait["n_b"], wait["a"], wait["b"]) == (3, 4, 20, 35)
    assert (wait["difference"], wait["relative"]) == (15, 0.75)
    run = row_of(compare(a, b, quantile=0.9), "run_time_s", "p90")
    assert (run["a"], run["b"], run["difference"]) == pytest.approx((5.2, 3, -2.2))
    assert set(compare(a, b, quantile=0.5).frame["statistic"]) == {"median", "rate"}
    turnaround = row_of(compare(a, b), "turnaround_s", "median")
    assert (turnaround["a"], turnaround["b"]) == (22, 38)


def test_the_quantiles_are_those_of_the_summary() -> None:
    a, b = life(300, 1), life(200, 2)
    found = compare(a, b, by="workflow_id")
    for side, frame in (("a", a), ("b", b)):
        summary = duration_summary(frame, by="workflow_id").set_index(["workflow_id", "duration"])
        rows = found.frame[(found.frame["level"] == "workflow_id") & found.frame["statistic"].isin(["median", "p95"])]
        rows = rows[rows["measure"].isin(schema.DURATIONS)]
        for row in rows.to_dict("records"):
            expected = summary.loc[(row["workflow_id"], row["measure"])]
            assert row[side] == pytest.approx(expected["p50" if row["statistic"] == "median" else "p95"])
            assert row[f"n_{side}"] == expected["n"]


def test_failures_are_among_what_has_succeeded_or_failed() -> None:
    states = ["Failed", "Success", "Success", "Cancel", "Running", "Submitted", "Strange", None]
    found = compare(tasks([1] * 8, [1] * 8), tasks([1] * 8, [1] * 8, state=states))
    rate = row_of(found, "failure_rate", "rate")
    assert (rate["n_a"], rate["n_b"], rate["a"], rate["b"]) == (8, 3, 0, pytest.approx(1 / 3))
    assert (rate["censored_a"], rate["censored_b"]) == (0, 4)
    assert row_of(found, "run_time_s", "median")["n_b"] == 3


def test_throughput_is_what_came_to_an_end_per_hour_without_an_interval() -> None:
    a = tasks([0, 0], [3600, 3599], workflow_id=["w1", "w2"])  # both end after an hour
    b = tasks([0, 0, 0], [7200, 10, 20], state=["Success", "Cancel", "Running"], workflow_id="w1")
    found = compare(a, b)
    whole = row_of(found, "throughput_per_h", "rate")
    assert (whole["a"], whole["b"], whole["n_b"], whole["note"]) == (2, 1, 2, "not tested")
    assert np.isnan([whole["low"], whole["p_value"]]).all()
    assert row_of(found, "throughput_per_h", "rate", "w1")["a"] == 1
    assert "Throughput: 2 per hour → 1 per hour." in found.sentences()


def test_what_lacks_a_time_counts_where_it_can() -> None:
    a = tasks([np.nan, 5, 5], [1, np.nan, 1], state=["Failed", "Success", "Success"])
    found = compare(a, a)
    assert row_of(found, "queue_wait_s", "median")["n_a"] == 2
    assert row_of(found, "turnaround_s", "median")["n_a"] == 1
    assert "a: 2 tasks finished without all times, left out of the durations that lack one" in found.remarks


def test_ends_before_starts_are_counted_as_they_are_and_said() -> None:
    found = compare(tasks([5] * 30, [-2] * 30), tasks([5] * 30, [4] * 30))
    run = row_of(found, "run_time_s", "median")
    assert (run["a"], run["difference"], run["note"]) == (-2, 6, "")
    assert np.isnan([run["relative"], run["relative_low"]]).all()
    assert "a: 30 tasks with times in the wrong order, counted as they are" in found.remarks


# ---- what counts


def test_many_unfinished_ones_make_durations_too_low_and_that_is_said() -> None:
    few, many = ["Running"] + ["Success"] * 99, ["Running"] * 10 + ["Success"] * 90
    found = compare(tasks([1] * 100, [1] * 100, state=few), tasks([1] * 100, [1] * 100, state=many))
    assert found.remarks == (
        "a: 1 unfinished task left out of the durations",
        "b: 10 % (10) of the tasks are unfinished: the long ones are missing in the durations, which are too low",
    )
    assert found.remarks[1] in repr(found)


def test_cancelled_ones_are_left_out_and_said() -> None:
    a = tasks([1, 1, 900], [1, 1, 900], state=["Success", "Success", "Cancel"])
    found = compare(a, a)
    assert row_of(found, "turnaround_s", "p95")["a"] == 2
    assert "a: 1 cancelled task left out of durations and failure rates" in found.remarks


def test_what_is_incomplete_is_said() -> None:
    a, b = tasks([1], [1]), tasks([1], [1])
    b.attrs["ledger"] = Ledger((LedgerEntry(request="GET /jobs", ended=False),))
    assert compare(a, b).remarks == ("b: incomplete: GET /jobs did not end by itself",)


def test_with_few_rows_there_is_no_interval() -> None:
    a, b = life(150, 1), life(19, 2)
    wait = row_of(compare(a, b), "queue_wait_s", "median")
    assert wait["note"] == "too few"
    assert np.isnan([wait["low"], wait["high"], wait["p_value"]]).all()
    assert not wait["is_significant"]
    assert row_of(compare(a, b, min_n=15), "queue_wait_s", "median")["low"] < wait["difference"]
    assert row_of(compare(a, life(99, 3)), "queue_wait_s", "p95")["note"] == "too few"
    assert row_of(compare(a, life(100, 3)), "queue_wait_s", "p95")["note"] == ""


def test_groups_that_one_side_has() -> None:
    found = compare(tasks([1], [1], workflow_id="w1"), tasks([1], [1], workflow_id="w2"))
    assert row_of(found, "run_time_s", "median", "w1")["note"] == "only in a"
    assert row_of(found, "run_time_s", "median", "w2")["note"] == "only in b"


def test_the_levels_are_the_columns_that_both_have() -> None:
    a, b = life(50, 1), life(50, 2)
    assert list(dict.fromkeys(compare(a, b).frame["level"])) == ["all", "workflow", "node", "type"]
    assert list(dict.fromkeys(compare(a, b.drop(columns="node")).frame["level"])) == ["all", "workflow", "type"]
    found = compare(a, b, by=["task_type", "state"]).frame
    assert list(dict.fromkeys(found["level"])) == ["all", "task_type, state"]
    assert {"task_type", "state"} <= set(found)
    assert "Snapshot · Success" in set(found["group"])


def test_groups_may_be_numbers_and_may_be_missing() -> None:
    a = tasks([1, 2, 3], [1, 1, 1]).assign(attempt=pd.array([1, 2, None], dtype="Int64"))
    found = compare(a, a, by="attempt").frame
    assert found["attempt"].isna().sum() == 2 * (3 * 2 + 2)
    assert set(found["group"]) == {"all", "1", "2", "no attempt"}


def test_workflows_go_by_their_names_and_nodes_by_their_workflow_if_need_be() -> None:
    workflows = pd.DataFrame({"workflow_id": WORKFLOWS[:2], "name": ["转码", "转码"]}, dtype="string")
    frame = tasks([1, 1, 1], [1, 1, 1], workflow_id=WORKFLOWS, node=["Transcode", "Transcode", "Snapshot"])
    snapshot = Snapshot(tasks=frame, workflows=workflows)
    groups = compare(snapshot, snapshot).frame.groupby("level")["group"].unique()
    assert set(groups["workflow"]) == {f"转码 ({WORKFLOWS[0]})", f"转码 ({WORKFLOWS[1]})", WORKFLOWS[2]}
    assert "Snapshot" in groups["node"]


def test_two_snapshots_are_compared_at_the_lowest_level_that_both_have() -> None:
    of_tasks = tasks([1], [1])
    executions = of_tasks.rename(columns={"task_id": "run_id"})
    both, only = Snapshot(tasks=of_tasks, executions=executions), Snapshot(executions=executions)
    assert compare(both, both).noun == "task"
    assert compare(both, only).noun == "execution"
    assert compare(both, executions).noun == "execution"
    with pytest.raises(ConfigurationError, match="a has tasks and b has executions"):
        compare(of_tasks, executions)


def test_without_starts_the_turnaround_is_compared_alone() -> None:
    a, b = (life(400, seed, waits=waits).assign(started_at=None) for seed, waits in ((1, None), (2, 0)))
    found = compare(a, b)
    assert row_of(found, "queue_wait_s", "median")["n_a"] == 0
    (top,) = found.top(1).to_dict("records")
    assert (top["level"], top["group"], top["measure"]) == ("workflow", WORKFLOWS[0], "turnaround_s")


@pytest.mark.parametrize("rows", [(0, 0), (0, 5), (5, 0), (1, 1)])
def test_no_row_is_no_reason_to_fail(rows: tuple[int, int]) -> None:
    found = compare(life(rows[0], 1), life(rows[1], 2))
    assert not found.frame["is_significant"].any()
    assert found.top().empty
    assert "Nothing differs at the 95 % level" in found.sentences()[-1]
    full = compare(life(50, 1), life(50, 2)).frame
    assert list(found.frame) == list(full)
    assert found.frame.dtypes.drop(["is_significant"]).equals(full.dtypes.drop(["is_significant"]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quantile": 95}, "quantile=95 is not between 0 and 1"),
        ({"level": 1}, "level=1 is not between 0 and 1"),
        ({"min_n": 1}, "min_n=1 is too small; give 2 or more"),
        ({"n_boot": 10}, "n_boot=10 is too small"),
    ],
)
def test_options_out_of_range(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        compare(tasks([1], [1]), tasks([1], [1]), **options)


def test_missing_columns_and_other_things() -> None:
    a = tasks([1], [1])
    with pytest.raises(SchemaError, match="lacks template_id"):
        compare(a, a, by="template_id")
    with pytest.raises(SchemaError, match="lacks object_key"):
        compare(a, a, paired=True)
    with pytest.raises(SchemaError, match="lacks state"):
        compare(a, a.drop(columns="state"))
    with pytest.raises(ConfigurationError, match="not int"):
        compare(a, 7)  # type: ignore[arg-type]


def test_the_arguments_stay_as_they_are_and_equal_seeds_give_equal_results() -> None:
    a, b = life(300, 1), life(300, 2)
    kept = a.copy(), b.copy()
    first, second, other = (compare(a, b, seed=seed).frame for seed in (5, 5, 6))
    pd.testing.assert_frame_equal(a, kept[0])
    pd.testing.assert_frame_equal(b, kept[1])
    pd.testing.assert_frame_equal(first, second)
    assert not first["low"].equals(other["low"])
    assert first["p_value"].equals(other["p_value"])


# ---- chance


def test_a_batch_and_itself_never_differ() -> None:
    frame = life(150, 4)
    for seed in range(200):
        found = compare(frame, frame, by="workflow_id", seed=seed, n_boot=100).frame
        tested = found[found["p_value"].notna()]
        assert not found["is_significant"].any()
        assert ((tested["low"] <= 0) & (tested["high"] >= 0)).all()
        assert (tested["difference"] == 0).all()


def test_two_halves_of_a_batch_hardly_ever_differ_anywhere_in_the_table() -> None:
    frame, clean = life(400, 5), 0
    for seed in range(200):
        is_first = np.random.default_rng(seed).random(len(frame)) < 0.5
        found = compare(frame[is_first], frame[~is_first], by="workflow_id", seed=seed, n_boot=100)
        clean += not found.frame["is_significant"].any()
    assert clean >= 0.93 * 200


# ---- what is planted is found


def test_a_slower_node_is_found() -> None:
    found = compare(life(4000, 6), life(4000, 7, slow=4))
    first = found.top().iloc[0]
    assert (first["level"], first["group"], first["measure"]) == ("node", "Snapshot_1", "run_time_s")
    assert first["relative_low"] < 0.3 < first["relative_high"]
    assert any(text.startswith("Node Snapshot_1: run time ") for text in found.sentences())


def test_a_workflow_that_waits_longer_is_found_and_explains_it_all() -> None:
    found = compare(life(4000, 6), life(4000, 7, waits=2))
    (first,) = found.top().to_dict("records")  # nodes and types of the workflow say the same, and are not repeated
    assert (first["level"], first["group"], first["measure"]) == ("workflow", WORKFLOWS[2], "queue_wait_s")
    assert first["low"] < 60 < first["high"]
    assert first["share_explained"] == pytest.approx(1, abs=0.15)
    whole = row_of(found, "turnaround_s", "p95")
    assert whole["is_significant"]
    assert whole["share_of_wait"] > 0.8
    assert "of it queue wait" in found.sentences()[0]
    assert any(text.startswith(f"Workflow {WORKFLOWS[2]}: queue wait ") for text in found.sentences())


def test_a_workflow_that_fails_more_is_found() -> None:
    found = compare(life(4000, 6), life(4000, 7, fails=0))
    first = found.top().iloc[0]
    assert (first["level"], first["group"], first["measure"]) == ("workflow", WORKFLOWS[0], "failure_rate")
    assert first["low"] < 0.05 < first["high"]
    told = next(text for text in found.sentences() if text.startswith(f"Workflow {WORKFLOWS[0]}"))
    assert "points [" in told
    assert "of the change of the failure rate." in told


def test_what_gets_faster_works_against_what_gets_slower() -> None:
    workflow = ["w1"] * 200 + ["w2"] * 200
    a = tasks([1] * 400, [100.0] * 400, workflow_id=workflow)
    b = tasks([1] * 400, [300.0] * 200 + [60.0] * 200, workflow_id=workflow)
    told = compare(a, b).sentences(2)
    assert told[-2] == (
        "Workflow w1: run time median 100 s → 300 s, +200 % [+200, +200]; "
        "explains more than all of the change of the mean turnaround."
    )
    assert told[-1].endswith("60 s, −40 % [−40, −40]; works against the change of the mean turnaround.")


# ---- what explains it


def test_the_parts_of_the_mean_sum_up_to_its_change() -> None:
    found = compare(life(800, 8), life(900, 9, waits=1, slow=2))
    whole = found.attribution[found.attribution["level"] == "all"].set_index("measure")
    change = whole["mean_b"] - whole["mean_a"]
    for measure in (*schema.DURATIONS, "failure_rate"):
        rows = found.attribution[found.attribution["measure"] == measure]
        total = (rows["within"] + rows["mix"]).groupby(rows["level"]).sum()
        assert list(total) == pytest.approx([change[measure]] * 4)
    assert change["queue_wait_s"] + change["run_time_s"] == pytest.approx(change["turnaround_s"])
    shares = found.attribution[found.attribution["measure"].isin(["queue_wait_s", "run_time_s"])]
    sums = shares.groupby("level")[["share_explained", "share_mix"]].sum().sum(axis="columns")
    assert list(sums) == pytest.approx([1] * 4)


def test_another_mix_is_told_from_a_change_within() -> None:
    short, long = [1.0] * 300, [101.0] * 300
    a = tasks([0] * 400, short[:300] + long[:100], workflow_id=["w1"] * 300 + ["w2"] * 100)
    b = tasks([0] * 400, short[:100] + long[:300], workflow_id=["w1"] * 100 + ["w2"] * 300)
    found = compare(a, b)
    runs = found.attribution[
        (found.attribution["level"] == "workflow") & (found.attribution["measure"] == "run_time_s")
    ]
    assert list(runs["within"]) == [0, 0]
    assert list(runs["mix"]) == [25, 25]
    assert (
        "The mix of workflows is another one, which explains 100 % of the change of the mean turnaround."
        in found.sentences()
    )


@pytest.mark.parametrize(("wait", "run", "share"), [(60, 0, 1), (0, 60, 0), (45, 15, 0.75)])
def test_a_quantile_of_the_turnaround_is_split_into_wait_and_run(wait: float, run: float, share: float) -> None:
    random = np.random.default_rng(3)
    waits, runs = random.exponential(20, 600), random.exponential(30, 600)
    found = compare(tasks(waits, runs), tasks(waits + wait, runs + run))
    for statistic in ("median", "p95"):
        assert row_of(found, "turnaround_s", statistic)["share_of_wait"] == pytest.approx(share)
        assert row_of(found, "turnaround_s", statistic)["difference"] == pytest.approx(60)


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.integers(0, 60), st.integers(0, 60))
def test_any_two_frames_can_be_compared(seed: int, n_a: int, n_b: int) -> None:
    random = np.random.default_rng(seed)

    def odd(n: int) -> pd.DataFrame:
        def some(values: Any) -> Any:
            return np.where(random.random(n) < 0.2, np.nan, values)

        states = random.choice(["Success", "Failed", "Cancel", "Running", "Odd", None], n)  # type: ignore[arg-type]
        keys = random.choice(["x", "y", None], n)  # type: ignore[arg-type]
        return tasks(
            some(random.integers(-3, 9, n)), some(random.integers(-3, 9, n)), state=states, workflow_id=keys,
            node=random.permutation(keys), task_type=random.permutation(keys), object_key=random.choice(["o", "p"], n),
        )  # fmt: skip

    a, b = odd(n_a), odd(n_b)
    found = compare(a, b, min_n=2, n_boot=100)
    whole = found.frame[found.frame["level"] == "all"]
    for measure in ("run_time_s", "failure_rate"):
        n = whole.loc[whole["measure"] == measure, ["n_a", "n_b"]].iloc[0].sum()
        for level in ("workflow", "node", "type"):
            rows = found.frame[(found.frame["level"] == level) & (found.frame["measure"] == measure)]
            rows = rows[rows["statistic"].isin(["median", "rate"])]
            assert rows[["n_a", "n_b"]].sum().sum() == n
    assert found.frame["is_significant"].equals(found.frame["p_adjusted"] <= 0.05)
    assert found.sentences()


# ---- pairs


def test_pairs_show_what_all_the_others_hide() -> None:
    random = np.random.default_rng(11)
    sizes, keys = random.lognormal(4, 2, 80), [f"videos/{number}.mp4" for number in range(80)]
    a = tasks([1] * 80, sizes, object_key=keys)
    b = tasks([1] * 80, sizes * 1.1 * random.lognormal(0, 0.02, 80), object_key=keys).sample(frac=1, random_state=0)
    found = compare(a, b)
    assert not row_of(found, "run_time_s", "median")["is_significant"]
    pairs = row_of(found, "run_time_s", "paired median")
    assert pairs["is_significant"]
    assert (pairs["n_a"], pairs["n_b"]) == (80, 80)
    assert pairs["relative_low"] < 0.1 < pairs["relative_high"] < 0.12
    assert any(text.startswith("Run time on the same 80 objects: paired median ") for text in found.sentences())
    assert "paired median" not in set(compare(a, b, paired=False).frame["statistic"])


def test_the_last_run_on_an_object_counts_and_only_in_the_same_node() -> None:
    a = tasks([1, 1, 1], [10, 20, 30], object_key=["x", "x", "y"], node="n1", workflow_id="w1")
    b = tasks([1, 1], [40, 90], object_key=["x", "y"], node=["n1", "n2"], workflow_id="w1")
    pairs = row_of(compare(a, b, paired=True), "run_time_s", "paired median")
    assert (pairs["n_a"], pairs["a"], pairs["b"], pairs["relative"]) == (1, 20, 40, pytest.approx(1))
    assert pairs["note"] == "too few"
    assert "paired median" not in set(compare(a, b).frame["statistic"])


# ---- as people see it


def test_nothing_to_tell() -> None:
    frame = life(150, 1)
    found = compare(frame, frame)
    assert found.sentences()[-1].startswith("Nothing differs at the 95 % level, in ")
    assert repr(found).startswith("<Comparison of 150 tasks (b) with 150 tasks (a)>\nTurnaround of all tasks: ")


def test_a_difference_reads_as_one_says_it() -> None:
    a = tasks(np.arange(200) / 10, [10.0] * 200)
    b = tasks(np.arange(200) / 10 + 60, [10.0] * 200)
    told, *others = compare(a, b).sentences()
    assert told.startswith("Turnaround of all tasks: median 19.9 s → 80 s, +301 % [+2")
    assert "; p95 28.9 s → 88.9 s, +208 % [+" in told
    assert told.endswith("], all of it queue wait.")
    assert others[0] == "Failure rate of all tasks: 0 % → 0 %, 0 points [−1, +1.1]."


def test_the_html_is_escaped() -> None:
    a, b = life(400, 1), life(400, 2, waits=0)
    for frame in (a, b):
        frame["workflow_id"] = frame["workflow_id"].where(frame["workflow_id"] != WORKFLOWS[0], "<b>&")
    page = compare(a, b)._repr_html_()
    assert "<b>" not in page
    assert "Workflow &lt;b&gt;&amp;: queue wait" in page
    assert page.count("<table") == 1
