import json
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.ledger import Ledger
from cijob_analysis.metrics.forecast.estimate import eta
from cijob_analysis.metrics.forecast.value import Eta
from cijob_analysis.snapshot import Snapshot
from tests.metrics.batches import BEGIN, Batch, first_come_first_served, random_batch


def at(second: float) -> pd.Timestamp:
    return BEGIN + pd.Timedelta(seconds=second)


def seconds_of(*times: pd.Timestamp | None) -> list[float]:
    return [np.nan if time is None else (time - BEGIN).total_seconds() for time in times]


def seen(batch: Batch, share: float, **options: Any) -> Eta:
    """The estimate when `share` of the time has gone by."""
    now = np.floor(share * batch.end)
    return eta(batch.at(now), as_of=at(now), **options)


def alike(n: int, lasts: float, places: int, nodes: int = 1) -> Batch:
    """Objects that are all there at the beginning, and tasks that all take as long."""
    return first_come_first_served(np.zeros(n), np.full((nodes, n), lasts), np.zeros((nodes, n), bool), places)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_80_percent_of_the_ends_are_in_the_interval_of_80_percent(share: float) -> None:
    is_in, widths = [], []
    for seed in range(120):
        batch = random_batch(seed, objects=60 + seed % 60, places=2 + seed % 7, nodes=1 + (seed % 5 == 0))
        found = seen(batch, share)
        if found.is_known:
            low, high = seconds_of(found.low, found.high)
            is_in.append(low <= np.floor(batch.end) <= high)
            widths.append((high - low) / (batch.end - np.floor(share * batch.end)))
    assert len(is_in) >= 100
    assert 0.7 <= np.mean(is_in) <= 0.9
    assert np.median(widths) < 0.75


def test_more_certain_is_wider_and_the_same_seed_says_the_same() -> None:
    batch = random_batch(3, objects=100, places=8, nodes=1)
    half, most = seen(batch, 0.5, level=0.5), seen(batch, 0.5, level=0.95)
    assert most.low < half.low < half.middle < half.high < most.high  # type: ignore[operator]
    assert half.middle == most.middle
    again, other = seen(batch, 0.5), seen(batch, 0.5, seed=1)
    assert (again.low, again.high) == (seen(batch, 0.5).low, seen(batch, 0.5).high)
    assert (again.low, again.high) != (other.low, other.high)


def test_tasks_that_all_take_as_long_end_when_they_must() -> None:
    found = seen(alike(100, 60, places=10), 0.35)
    assert seconds_of(found.low, found.middle, found.high) == [600, 600, 600]
    assert found.remaining == 70
    assert found.reason == "run times of 30 finished tasks"


def test_nodes_that_are_to_come_are_left_to_do_and_come_after_those_before_them() -> None:
    # 12 objects in 4 places: node 0 ends at 30, 60 and 90; node 1 at 120, 150 and 180.
    batch = alike(12, 30, places=4, nodes=2)
    found = eta(batch.at(155), as_of=at(155))
    assert (found.remaining, seconds_of(found.middle)) == (4, [180])
    # Two executions have ended node 0, and their tasks of node 1 are not there yet: they are still to come.
    is_missing = batch.rows["object"].isin([10, 11]) & (batch.rows["node"] == 1)
    found = eta(Batch(batch.rows[~is_missing]).at(155), as_of=at(155))
    assert (found.remaining, seconds_of(found.middle)) == (4, [185])


def test_many_tasks_are_put_together_and_end_at_the_same_time() -> None:
    found = seen(alike(20_000, 60, places=50), 0.5)
    (middle,) = seconds_of(found.middle)
    assert middle == pytest.approx(24_000, rel=0.01)
    low, high = seconds_of(found.low, found.high)
    assert high - low < 600


def test_a_queue_that_others_use_gives_fewer_places() -> None:
    # 40 of 100 tasks are ours, and we get 4 of the 10 places: the other tasks are not in the frame.
    batch = alike(200, 60, places=10)
    ours = Batch(batch.rows[batch.rows["object"] % 5 < 2])
    found = eta(ours.at(600), as_of=at(600), queues=queues(10))
    assert seconds_of(found.middle) == [pytest.approx(1200, abs=70)]


def queues(cap: int, state: str = "Active") -> pd.DataFrame:
    return pd.DataFrame({"queue_id": ["p1", "p2"], "max_concurrent": pd.array([cap, None], "Int64"), "state": state})


def test_a_cap_counts_where_nothing_has_waited() -> None:
    # Each task was alone until now; then 40 were created at once, of which the cap lets 4 run.
    alone = [(number, 0, number * 100.0, number * 100.0, number * 100.0 + 60, False) for number in range(10)]
    burst = [(number, 0, 1000.0, 1000.0, 1060.0, False) for number in range(10, 14)]
    waiting = [(number, 0, 1000.0, 2000.0, 2060.0, False) for number in range(14, 50)]
    batch = Batch(
        pd.DataFrame([*alone, *burst, *waiting], columns=["object", "node", "created", "started", "ended", "fails"])
    )
    found = eta(batch.at(1001), as_of=at(1001), queues=queues(4))
    assert (found.remaining, seconds_of(found.middle)) == (40, [1600])


def test_cancelled_tasks_neither_remain_nor_tell_how_long_one_takes() -> None:
    batch = alike(100, 60, places=10)
    frame = batch.at(210)
    cancelled = (
        batch.at(210)
        .iloc[:50]
        .assign(
            task_id=[f"jx{number}" for number in range(50)],
            run_id=[f"ix{number}" for number in range(50)],
            state=pd.Categorical(["Cancel"] * 50, categories=schema.STATES),
            started_at=at(0),
            ended_at=at(1),
            queue_id="p2",
        )
    )
    found = eta(pd.concat([frame, cancelled], ignore_index=True), as_of=at(210))
    assert (found.remaining, seconds_of(found.middle)) == (70, [600])


def test_what_has_run_for_long_goes_on_for_long() -> None:
    random = np.random.default_rng(0)
    lasts = random.lognormal(3, 0.5, (1, 60))
    lasts[0, 30] = 3000
    batch = first_come_first_served(np.zeros(60), lasts, np.zeros((1, 60), bool), 6)
    found = eta(batch.at(500), as_of=at(500))
    assert found.remaining == 1
    low, high = seconds_of(found.low, found.high)
    assert 505 < low < 700
    assert high > 900


def test_an_execution_is_over_when_a_node_has_failed() -> None:
    batch = alike(40, 30, places=4, nodes=2)
    frame = batch.at(500)
    runs = frame["run_id"].isin(frame.loc[frame["state"] == "Running", "run_id"])
    frame.loc[runs & (frame["node"] == "node 1"), "state"] = "Failed"
    frame.loc[frame["state"] == "Failed", "ended_at"] = at(500)
    assert eta(frame, as_of=at(500)).remaining == eta(batch.at(500), as_of=at(500)).remaining - 4


def snapshot(batch: Batch, second: float, edges: dict[str, str], **options: Any) -> Snapshot:
    """A snapshot with a topology, by the nodes that follow each node."""
    tasks = batch.at(second)
    first = tasks.drop_duplicates("run_id")
    executions = first[["run_id", "batch_job_id", "workflow_id", "created_at"]].assign(state="Running", topology=None)
    nodes = {name for names in edges.values() for name in names.split(",")} - {"End"}
    topology = {
        "Dependencies": {key.replace(" ", ""): value.replace(" ", "") for key, value in edges.items()},
        "Nodes": {name.replace(" ", ""): {"Type": "Type" + name[-1]} for name in sorted(nodes)},
    }
    workflows = pd.DataFrame({"workflow_id": ["w1"], "name": ["w"], "topology": [json.dumps(topology)]})
    batch_jobs = pd.DataFrame(
        {
            "batch_job_id": ["b1"],
            "state": [options.get("state", "Running")],
            "ended_at": pd.DatetimeIndex(["NaT"], tz="UTC"),
        }
    )
    return Snapshot(
        batch_jobs=batch_jobs,
        executions=executions.reset_index(drop=True),
        tasks=tasks.assign(node=tasks["node"].str.replace(" ", "")),
        workflows=workflows,
        as_of=at(second).to_pydatetime(),
    )


CHAIN = {"Start": "node 0", "node 0": "node 1", "node 1": "End"}


def test_the_topology_of_a_snapshot_tells_what_is_to_come() -> None:
    batch = alike(12, 30, places=4, nodes=2)
    assert eta(snapshot(batch, 20, CHAIN)).remaining == 24
    found = eta(snapshot(batch, 155, CHAIN))
    assert (found.remaining, seconds_of(found.middle)) == (4, [180])


def test_branches_run_side_by_side_and_a_join_waits_for_both() -> None:
    # Each node takes 10 s: nodes 1 and 2 follow node 0, node 3 waits for both. 20 objects are at node 0.
    diamond = {"Start": "node 0", "node 0": "node 1,node 2", "node 1": "node 3", "node 2": "node 3", "node 3": "End"}
    rows = [(number, node, begin, begin, begin + 10.0, False) for number in range(10) for node, begin in BRANCHES]
    rows += [(number, 0, 100.0, 100.0, 110.0, False) for number in range(10, 30)]
    batch = Batch(pd.DataFrame(rows, columns=["object", "node", "created", "started", "ended", "fails"]))
    found = eta(snapshot(batch, 105, diamond), queues=queues(40))
    assert (found.remaining, seconds_of(found.middle)) == (80, [130])
    assert seconds_of(eta(snapshot(batch, 105, diamond)).middle) == [140]  # 20 at once have been seen, not more


BRANCHES = ((0, 0.0), (1, 10.0), (2, 10.0), (3, 20.0))


def test_an_execution_that_has_ended_has_nothing_to_come() -> None:
    whole = snapshot(alike(20, 30, places=4, nodes=2), 100, CHAIN)
    assert eta(whole).remaining == 28
    executions = whole.executions.assign(state="Cancel")
    ended = Snapshot(tasks=whole.tasks, executions=executions, workflows=whole.workflows, as_of=whole.as_of)
    assert eta(ended).remaining == 20  # whose tasks are there, those of node 0 that wait and run, and of node 1


@pytest.mark.parametrize("second", [400, 100_000])
def test_what_has_finished_has_its_end_as_an_answer(second: float) -> None:
    found = eta(alike(10, 30, places=1).at(second), as_of=at(second))
    assert seconds_of(found.low, found.middle, found.high) == [300, 300, 300]
    assert (found.remaining, found.reason, found.is_known) == (0, "finished", True)
    assert found.describe() == "finished at 2026-03-01 00:05 UTC"


def test_unknown_without_a_time() -> None:
    found = eta(alike(10, 30, places=1).at(150))
    assert (found.is_known, found.low, found.reason) == (
        False,
        None,
        "nobody knows when the data were true: give as_of",
    )
    assert found.remaining == 5


def test_the_ledger_and_the_snapshot_tell_the_time() -> None:
    batch = alike(20, 30, places=2)
    frame = batch.at(160)
    frame.attrs["ledger"] = Ledger((), datetime(2026, 3, 1, 0, 2, 40, tzinfo=UTC))
    assert seconds_of(eta(frame).middle) == [300]
    assert seconds_of(eta(Snapshot(tasks=batch.at(160), as_of=at(160).to_pydatetime())).middle) == [300]


def test_unknown_if_too_few_have_finished() -> None:
    assert seen(alike(10, 30, places=2), 0.1).reason == "no Type0 task has finished"
    assert seen(alike(10, 30, places=1), 0.45).reason == "only 4 Type0 tasks finished so far, 5 are needed"


def test_others_of_the_type_will_do_where_too_few_of_the_node_have_finished() -> None:
    frame = seen_by_types(alike(20, 30, places=2))
    assert eta(frame, as_of=at(160)).is_known


def seen_by_types(batch: Batch) -> pd.DataFrame:
    frame = batch.at(160)
    other = frame["object_key"] = frame["run_id"]
    return frame.assign(workflow_id=np.where(other.isin(["i18", "i19"]), "w2", "w1"))


@pytest.mark.parametrize("how", ["state of the queue", "state of the tasks"])
def test_unknown_in_a_paused_queue(how: str) -> None:
    frame = alike(20, 30, places=2).at(160)
    if how == "state of the queue":
        found = eta(frame, as_of=at(160), queues=queues(2, "Paused"))
        assert found.reason == "10 tasks in a paused queue"
    else:
        frame.loc[frame["state"] == "Submitted", "state"] = "Pause"
        assert eta(frame, as_of=at(160)).reason == "8 tasks in a paused queue"


def test_unknown_if_nothing_happens_any_more() -> None:
    frame = alike(20, 30, places=2).at(160)
    assert eta(frame, as_of=at(100_000)).reason == "nothing has started or ended since 2026-03-01 00:02 UTC"
    waiting = frame[frame["state"] != "Running"]
    assert eta(waiting, as_of=at(160)).is_known
    assert not eta(waiting, as_of=at(300)).is_known


def test_unknown_while_executions_are_being_created() -> None:
    batch = first_come_first_served(np.arange(100) * 10.0, np.full((1, 100), 8.0), np.zeros((1, 100), bool), 4)
    found = seen(batch, 0.5)
    assert found.reason == "executions are still being created, and nobody knows how many are to come"
    whole = snapshot(batch, 500, {"Start": "node 0", "node 0": "End"}, state="Success")
    assert eta(whole).is_known  # a batch job that is over creates no more


def test_a_batch_job_without_tasks() -> None:
    none = Snapshot(
        batch_jobs=pd.DataFrame(
            {
                "batch_job_id": ["b1", "b2"],
                "state": ["Running", "Success"],
                "ended_at": pd.DatetimeIndex(["NaT", "2026-03-01 01:00"], tz="UTC"),
            }
        ),
        as_of=at(0).to_pydatetime(),
    )
    found = eta(none)
    assert (found.reason, found.is_known) == ("no task has been created yet (1 of 2 batch jobs not known)", False)
    assert found.frame["reason"].tolist() == ["no task has been created yet", "finished"]
    assert found.frame["middle"].tolist()[1] == pd.Timestamp("2026-03-01 01:00", tz="UTC")


def test_executions_of_which_no_task_is_known() -> None:
    whole = snapshot(alike(12, 30, places=4, nodes=2), 155, CHAIN)
    bare = Snapshot(batch_jobs=whole.batch_jobs, executions=whole.executions, as_of=whole.as_of)
    assert eta(bare).reason == "executions are running whose tasks are not known"


def test_tasks_of_which_no_execution_is_known() -> None:
    whole = snapshot(alike(12, 30, places=4, nodes=2), 155, CHAIN)
    part = Snapshot(
        executions=whole.executions.iloc[:6], tasks=whole.tasks, workflows=whole.workflows, as_of=whole.as_of
    )
    assert (eta(part).remaining, eta(part).middle) == (eta(whole).remaining, eta(whole).middle)


def test_finished_without_an_end() -> None:
    frame = alike(10, 30, places=1).at(400).assign(ended_at=pd.Series(pd.NaT, range(10)).dt.tz_localize("UTC"))
    found = eta(frame, as_of=at(400))
    assert (found.is_known, found.remaining) == (False, 0)
    assert found.describe() == "finished, but nobody knows when"


def test_nothing_at_all() -> None:
    for found in (eta(Snapshot()), eta(schema.empty(schema.TASKS))):
        assert (found.is_known, found.remaining, found.reason) == (False, 0, "there are no tasks")
        assert found.frame.empty
        assert np.isnan(found.rate_per_h)


def test_a_row_for_each_batch_job_and_the_last_end_in_all() -> None:
    frame = alike(40, 30, places=2).at(310)
    number = frame["run_id"].str[1:].astype(int)
    frame["batch_job_id"] = np.where(number < 10, "b1", np.where(number < 30, "b2", "b3"))
    found = eta(frame, as_of=at(310))
    assert found.frame["batch_job_id"].tolist() == ["b1", "b2", "b3"]
    assert found.frame["remaining"].tolist() == [0, 10, 10]
    assert seconds_of(*found.frame["middle"]) == [150, 450, 600]
    assert found.frame["reason"].tolist() == ["finished", *["run times of 20 finished tasks"] * 2]
    assert found.frame.dtypes.astype(str).tolist()[1:5] == ["int64", *["datetime64[us, UTC]"] * 3]
    assert seconds_of(found.middle) == [600]


def test_one_unknown_makes_all_unknown_but_not_the_others() -> None:
    frame = alike(20, 30, places=2).at(160)
    odd = frame[frame["state"] == "Submitted"].assign(
        batch_job_id="b2", task_type="Rare", node="rare", queue_id="p9", workflow_id="w2"
    )
    odd = odd.assign(run_id=odd["run_id"] + "x", task_id=odd["task_id"] + "x")
    found = eta(pd.concat([frame, odd], ignore_index=True), as_of=at(160))
    assert found.reason == "no Rare task has finished (1 of 2 batch jobs not known)"
    assert seconds_of(*found.frame["middle"])[0] == 300
    shared = eta(pd.concat([frame, odd.assign(queue_id="p1")], ignore_index=True), as_of=at(160))
    assert shared.frame["reason"].tolist()[0].startswith("its queue has tasks of another batch job")


def test_odd_rows_are_no_reason_to_fail() -> None:
    frame = alike(20, 30, places=2).at(160).astype({"state": object})
    frame.loc[0, "ended_at"] = at(-5)
    frame.loc[1, ["run_id", "node", "task_type", "queue_id", "batch_job_id"]] = None
    frame.loc[frame.index[-1], "state"] = None
    frame.loc[frame.index[-2], "state"] = "Archived"
    frame.loc[frame["state"] == "Running", "started_at"] = pd.NaT
    before = frame.copy(deep=True)
    found = eta(frame, as_of=at(160))
    assert found.remaining == 10
    pd.testing.assert_frame_equal(frame, before)


def test_sentences() -> None:
    found = seen(random_batch(3, objects=100, places=8, nodes=1), 0.5)
    assert found.describe().endswith(f"UTC, {found.remaining} tasks left")
    assert "(80 %), most likely" in found.describe()
    assert "UTC+8, " in found.describe("Asia/Shanghai")
    assert repr(found) == f"<Eta: {found.describe()}>"
    assert "tasks finished per hour" in found._repr_html_()
    unknown = eta(alike(10, 30, places=1).at(150))
    assert unknown.describe().startswith("unknown when it will be finished, 5 tasks left: nobody knows")


def test_the_zone_changes_the_day() -> None:
    low, middle, high = (datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (15, 17, 18))
    empty = pd.DataFrame()
    times: dict[str, Any] = {"low": low, "middle": middle, "high": high, "as_of": low - timedelta(hours=1)}
    times = {name: pd.Timestamp(time) for name, time in times.items()}
    found = Eta(**times, level=0.9, remaining=1, rate_per_h=1.0, reason="", frame=empty)
    assert found.describe() == "between 15:00 and 18:00 (90 %), most likely 17:00 UTC, 1 task left"
    shown = "between 2026-03-01 23:00 and 2026-03-02 02:00 (90 %), most likely 2026-03-02 01:00 UTC+8, 1 task left"
    assert found.describe("Asia/Shanghai") == shown
    with pytest.raises(FrozenInstanceError):
        found.level = 0.5  # type: ignore[misc]


def test_html_is_escaped() -> None:
    frame = alike(20, 30, places=2).at(160)
    frame["batch_job_id"] = np.where(frame.index < 5, "<b>", "b2")
    assert "<b>" not in eta(frame, as_of=at(160))._repr_html_()


def test_bad_arguments() -> None:
    frame = alike(10, 30, places=1).at(150)
    with pytest.raises(ConfigurationError, match="level=1"):
        eta(frame, level=1)
    with pytest.raises(ConfigurationError, match="which zone"):
        eta(frame, as_of="2026-03-01 00:02")
    with pytest.raises(SchemaError, match="task_type"):
        eta(frame.drop(columns="task_type"), as_of=at(150))
    with pytest.raises(SchemaError, match="max_concurrent"):
        eta(frame, as_of=at(150), queues=pd.DataFrame({"queue_id": []}))
