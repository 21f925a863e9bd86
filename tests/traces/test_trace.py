from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cijob_analysis import (
    ConfigurationError,
    LocalService,
    SchemaError,
    Snapshot,
    Workload,
    add_durations,
    concurrency,
    fetch_snapshot,
    schema,
    write_trace,
)
from tests.builders import AS_OF
from tests.traces.checks import check_trace
from tests.workflow_builders import DIAMOND, frame, snapshot, task, topology_text


@pytest.fixture(scope="module")
def fetched() -> Snapshot:
    """24 batch jobs of both types in all states, with what is below them."""
    with LocalService(Workload.generate(batch_jobs=24, seed=7)) as service, service.client() as client:
        return fetch_snapshot(client)


def read(path: Path) -> list[dict[str, Any]]:
    return check_trace(json.loads(path.read_text("utf-8")))


def slices(events: list[dict[str, Any]], category: str) -> list[dict[str, Any]]:
    return [event for event in events if event["ph"] == "X" and event["cat"] == category]


def lasting(events: list[dict[str, Any]], category: str) -> list[int]:
    return sorted(event["dur"] for event in slices(events, category))


def known(seconds: pd.Series) -> list[int]:
    """Return durations in µs, those that are missing or below zero left out."""
    values = np.rint(seconds.dropna().to_numpy() * 1e6).astype(int)
    return sorted(values[values >= 0].tolist())


def assert_adds_up(events: list[dict[str, Any]], tasks: pd.DataFrame, as_of: datetime | None) -> None:
    """Assert that waits and runs last as long as `add_durations` says; a wait of no time need not be shown."""
    timed = add_durations(tasks, as_of=as_of)
    assert [dur for dur in lasting(events, "wait") if dur] == [dur for dur in known(timed["queue_wait_s"]) if dur]
    assert lasting(events, "run") == known(timed["run_time_s"])
    gave_up = timed["state"].isin(schema.TERMINAL) & timed["started_at"].isna()
    shown = (timed["queue_wait_s"] >= 0) | (timed["run_time_s"] >= 0) | (gave_up & (timed["turnaround_s"] >= 0))
    assert {event["args"]["task_id"] for event in events if event["ph"] == "X"} == set(timed.loc[shown, "task_id"])


@pytest.mark.parametrize("by", ["workflow", "queue"])
def test_slices_add_up_to_the_durations_of_the_frame(fetched: Snapshot, by: str, tmp_path: Path) -> None:
    events = read(write_trace(fetched, tmp_path / "x.json", by=by))
    assert_adds_up(events, fetched.tasks, fetched.as_of)
    assert len({event["args"]["task_id"] for event in events if event["ph"] == "X"}) == len(fetched.tasks)
    of_tasks = fetched.tasks.set_index("task_id")
    titles = {event["pid"]: event["args"]["name"] for event in events if event["name"] == "process_name"}
    names = fetched.workflows.set_index("workflow_id")["name"]
    for event in slices(events, "run"):
        row = of_tasks.loc[event["args"]["task_id"]]
        assert event["name"] == (row["node"] if pd.notna(row["node"]) else row["task_type"])
        key = row["workflow_id"] if by == "workflow" else row["queue_id"]
        assert titles[event["pid"]] == (f"no {by}" if pd.isna(key) else names.get(key, key))


def test_counters_are_the_exact_steps(fetched: Snapshot, tmp_path: Path) -> None:
    events = read(write_trace(fetched, tmp_path / "x.json", by="queue"))
    titles = {event["pid"]: event["args"]["name"] for event in events if event["name"] == "process_name"}
    for name, of in (("running", "running"), ("waiting", "queued")):
        told: dict[str, list[tuple[int, int]]] = {}
        for event in events:
            if event["ph"] == "C" and event["name"] == name:
                told.setdefault(titles[event["pid"]], []).append((event["ts"], event["args"]["tasks"]))
        steps = concurrency(fetched.tasks, of=of, by="queue_id", as_of=fetched.as_of)
        wanted: dict[str, list[tuple[int, int]]] = {}
        for queue, at, n in zip(steps["queue_id"].fillna("no queue"), steps["at"], steps["n"], strict=True):
            wanted.setdefault(str(queue), []).append((round(at.timestamp() * 1e6), n))
        assert told == wanted


def test_arrows_lead_along_the_topology(tmp_path: Path) -> None:
    tasks = [
        task("Cut", 0, 1, 5, run=1),
        task("High", 5, 6, 9, run=1),
        task("Low", 4, 8, 9, run=1),  # created before Cut ended
        task("Pack", 9, 9, 12, run=1),
        task("Cut", 0, 1, 3, run=2),
        task("Pack", 0, None, None, run=2, state="Submitted"),
    ]
    data = snapshot(*tasks)
    events = read(write_trace(data, tmp_path / "x.json"))
    at = {}
    for event in (event for event in events if event["ph"] in "sf"):
        (name,) = {
            one["name"].removeprefix("wait: ")
            for one in events
            if one["ph"] == "X"
            and (one["pid"], one["tid"]) == (event["pid"], event["tid"])
            and one["ts"] <= event["ts"] < one["ts"] + one["dur"]
        }
        at[event["id"], event["ph"]] = name
    pairs = sorted((name, at[number, "f"]) for (number, phase), name in at.items() if phase == "s")
    assert pairs == [("Cut", "High"), ("Cut", "Low"), ("High", "Pack"), ("Low", "Pack")]


def test_what_ended_without_a_start_and_what_contradicts_itself_is_not_lost(tmp_path: Path) -> None:
    tasks = frame(
        schema.TASKS,
        [
            {"task_id": "gave up", **task(None, 0, None, 7, state="Cancel")},
            {"task_id": "backwards", **task("A", 5, 3, 9)},
            {"task_id": "no time", **task("A")},
        ],
    )
    path = write_trace(tasks, tmp_path / "x.json")
    events = read(path)
    (never,) = slices(events, "never_started")
    assert (never["args"]["task_id"], never["dur"], never["name"]) == (
        "gave up", 7_000_000, "never started: Transcode",
    )  # fmt: skip
    assert lasting(events, "wait") == []
    assert [event["args"]["task_id"] for event in slices(events, "run")] == ["backwards"]
    other = json.loads(path.read_text("utf-8"))["otherData"]
    assert (other["without a slice"], other["with a wait or a run only"]) == ("1 task", "1 task")
    assert "3 tasks" in other["summary"]


def test_any_text_is_kept_and_none_breaks_out(tmp_path: Path) -> None:
    wild = 'a"b\\c</script>\n节点 😀 \ud800'
    tasks = frame(schema.TASKS, [{"task_id": "j1", **task("n", 0, 1, 2)}])
    tasks["node"] = pd.Series([wild], dtype=object)
    path = write_trace(tasks, tmp_path / "x.json")
    wait, run = (event["name"] for category in ("wait", "run") for event in slices(read(path), category))
    assert (wait, run) == (f"wait: {wild}", wild)
    assert "节点 😀" in path.read_text("utf-8"), "Perfetto would show escapes as they stand there"


def test_what_lasts_no_time_stands_beside_and_not_within_another(tmp_path: Path) -> None:
    data = snapshot(
        task("Cut", 0, 5, 5), task("High", 5, 5, 9), task("Low", 5, 5, 5), task("Pack", 9, 10, 20),
        task("Cut", 5, 5, 5, run=2), task("Cut", 5, 6, 8, run=3),
    )  # fmt: skip
    events = read(write_trace(data, tmp_path / "x.json"))
    assert lasting(events, "run") == [0, 0, 0, 2_000_000, 4_000_000, 10_000_000]
    assert lasting(events, "wait") == [1_000_000, 1_000_000, 5_000_000], "what has not waited has no slice for that"
    assert sum(event["ph"] == "s" for event in events) == 4


def test_long_traces_are_written_in_parts(fetched: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def comparable(path: Path) -> list[str]:
        events = read(path)
        of_flow: dict[int, list[Any]] = {}
        for event in events:
            if event["ph"] in "sf":
                of_flow.setdefault(event.pop("id"), []).append(event)
        return sorted(map(str, [*of_flow.values(), *(event for event in events if event["ph"] not in "sf")]))

    whole = comparable(write_trace(fetched, tmp_path / "x.json"))
    for module in ("trace", "slices"):
        monkeypatch.setattr(f"cijob_analysis.traces.{module}._ROWS_AT_ONCE", 7)
    monkeypatch.setattr("cijob_analysis.traces.trace._EVENTS_AT_ONCE", 5)
    assert comparable(write_trace(fetched, tmp_path / "y.json")) == whole
    assert any("'bp': 'e'" in event for event in whole)


def test_it_may_be_compressed(fetched: Snapshot, tmp_path: Path) -> None:
    plain = write_trace(fetched, tmp_path / "x.json").read_bytes()
    packed = write_trace(fetched, tmp_path / "x.json.gz").read_bytes()
    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain) / 5
    assert write_trace(fetched, tmp_path / "x.json.gz", overwrite=True).read_bytes() == packed


@pytest.mark.parametrize("data", [Snapshot(), schema.empty(schema.TASKS)])
def test_without_tasks_there_are_no_events(data: Snapshot | pd.DataFrame, tmp_path: Path) -> None:
    assert read(write_trace(data, tmp_path / "x.json")) == []


def test_bad_arguments(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="by='node' is none of workflow, queue"):
        write_trace(Snapshot(), tmp_path / "x.json", by="node")
    with pytest.raises(ConfigurationError, match=r"x\.txt ends with neither \.json nor \.json\.gz"):
        write_trace(Snapshot(), tmp_path / "x.txt")
    with pytest.raises(SchemaError, match="queue_id"):
        write_trace(schema.empty(schema.TASKS).drop(columns="queue_id"), tmp_path / "x.json")
    with pytest.raises(ConfigurationError, match="not list"):
        write_trace([], tmp_path / "x.json")  # type: ignore[arg-type]
    (tmp_path / "x.json").write_text("mine")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        write_trace(Snapshot(), tmp_path / "x.json")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


SECONDS = st.none() | st.integers(0, 20)
TASKS = st.lists(
    st.fixed_dictionaries(
        {
            "node": st.sampled_from([None, "Cut", "High", "Low", "Pack"]),
            "times": st.tuples(SECONDS, SECONDS, SECONDS),
            "run": st.integers(1, 3),
            "state": st.sampled_from([*schema.STATES, "Archived"]),
            "workflow_id": st.sampled_from([None, "w1", "w2"]),
        }
    ),
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=TASKS)
def test_any_tasks_make_a_trace(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    made = [
        {**task(row["node"], *row["times"], run=row["run"], state=row["state"]), "workflow_id": row["workflow_id"]}
        for row in rows
    ]
    data = snapshot(*made, workflows={key: topology_text(DIAMOND) for key in ("w1", "w2")})
    events = read(write_trace(data, tmp_path / "x.json", overwrite=True))
    assert_adds_up(events, data.tasks, AS_OF)
