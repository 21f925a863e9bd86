from __future__ import annotations

import csv
import gzip
import io
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cijob_analysis import ConfigurationError, LocalService, Snapshot, Workload, fetch_snapshot, schema, write_event_log
from tests.traces.checks import XES, check_xes
from tests.workflow_builders import frame, task

ENDS = {"Success": "complete", "Failed": "ate_abort", "Cancel": "pi_abort"}


@pytest.fixture(scope="module")
def fetched() -> Snapshot:
    with LocalService(Workload.generate(batch_jobs=24, seed=7)) as service, service.client() as client:
        return fetch_snapshot(client)


def read(path: Path) -> list[tuple[str, list[dict[str, str]]]]:
    return check_xes(ElementTree.fromstring(path.read_bytes()))


def tasks_of(*rows: dict[str, Any]) -> pd.DataFrame:
    return frame(schema.TASKS, [{"task_id": f"j{number}", **row} for number, row in enumerate(rows)])


def steps(events: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    """Return node, transition and time of day of each event."""
    return [(event["concept:name"], event["lifecycle:transition"], event["time:timestamp"][11:19]) for event in events]


def obvious(tasks: pd.DataFrame) -> dict[str, list[tuple[str, str, str]]]:
    """Return the events of each case, one after the other: task, transition, time."""
    found: dict[str, list[tuple[pd.Timestamp, int, str, str]]] = {}
    row: Any
    for row in tasks.itertuples():
        case = row.task_id if pd.isna(row.run_id) else row.run_id
        events = [(row.created_at, 0, "schedule"), (row.started_at, 1, "start")]
        if row.state in ENDS:
            gave_up = row.state == "Cancel" and pd.isna(row.started_at)
            events.append((row.ended_at, 2, "withdraw" if gave_up else ENDS[row.state]))
        for at, order, transition in events:
            if pd.notna(at):
                found.setdefault(case, []).append((at, order, row.task_id, transition))
    return {
        case: [
            (ident, transition, at.isoformat(timespec="milliseconds")) for at, _, ident, transition in sorted(events)
        ]
        for case, events in found.items()
    }


def told(traces: list[tuple[str, list[dict[str, str]]]]) -> dict[str, list[tuple[str, str, str]]]:
    return {
        case: [(event["task_id"], event["lifecycle:transition"], event["time:timestamp"]) for event in events]
        for case, events in traces
    }


def in_any_order(cases: dict[str, list[tuple[str, str, str]]]) -> dict[str, list[tuple[str, str, str]]]:
    """Return the events of each case so that those of one instant may stand in any order."""
    return {case: sorted(events, key=lambda event: (event[2], event)) for case, events in cases.items()}


def test_all_cases_and_events_are_there(fetched: Snapshot, tmp_path: Path) -> None:
    traces = read(write_event_log(fetched, tmp_path / "x.xes"))
    assert in_any_order(told(traces)) == in_any_order(obvious(fetched.tasks))
    begins = [events[0]["time:timestamp"] for _, events in traces]
    assert begins == sorted(begins)
    queues = dict(zip(fetched.tasks["task_id"], fetched.tasks["queue_id"], strict=True))
    for _, events in traces:
        assert [event["time:timestamp"] for event in events] == sorted(event["time:timestamp"] for event in events)
        assert all(
            event.get("org:resource") == (queues[event["task_id"]] if pd.notna(queues[event["task_id"]]) else None)
            for event in events
        )


def test_an_execution_is_a_case_and_a_node_an_activity(tmp_path: Path) -> None:
    tasks = tasks_of(
        task("B", 5, 6, 9, state="Failed", code="Damaged", message="no <moov>"),
        task("A", 0, 1, 5),
        task(None, 2, None, 4, run=2, state="Cancel"),
        task("A", 2, 3, 4, run=2, state="Cancel"),
        {**task(None, 1, 2), "run_id": None, "state": "Running"},
    )
    first, alone, second = read(write_event_log(tasks, tmp_path / "x.xes"))
    assert (first[0], alone[0], second[0]) == ("i1", "j4", "i2")
    assert steps(first[1]) == [
        ("A", "schedule", "10:00:00"), ("A", "start", "10:00:01"), ("B", "schedule", "10:00:05"),
        ("A", "complete", "10:00:05"), ("B", "start", "10:00:06"), ("B", "ate_abort", "10:00:09"),
    ]  # fmt: skip
    assert steps(alone[1]) == [("Transcode", "schedule", "10:00:01"), ("Transcode", "start", "10:00:02")]
    assert [transition for _, transition, _ in steps(second[1])] == [
        "schedule",
        "schedule",
        "start",
        "withdraw",
        "pi_abort",
    ]
    assert first[1][-1]["message"] == "no <moov>"
    assert "message" not in first[1][0]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text())
def test_any_text_is_kept_as_far_as_xml_can(text: str, tmp_path: Path) -> None:
    tasks = tasks_of(task("A", 0, 1, 5))
    tasks["message"] = pd.Series([text], dtype=object)
    ((_, events),) = read(write_event_log(tasks, tmp_path / "x.xes", overwrite=True))
    allowed = {"\t", "\n", "\r"}
    expected = "".join(
        c
        if c in allowed or (ord(c) >= 32 and not 0xD800 <= ord(c) < 0xE000 and ord(c) not in (0xFFFE, 0xFFFF))
        else "\ufffd"
        for c in text
    )
    assert events[0]["message"] == expected


def test_as_csv_and_compressed_it_says_the_same(fetched: Snapshot, tmp_path: Path) -> None:
    plain = write_event_log(fetched, tmp_path / "x.xes")
    packed = write_event_log(fetched, tmp_path / "x.xes.gz")
    assert gzip.decompress(packed.read_bytes()) == plain.read_bytes()
    text = write_event_log(fetched, tmp_path / "x.csv").read_text("utf-8")
    cases: dict[str, list[tuple[str, str, str]]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        event = (row["task_id"], row["lifecycle:transition"], row["time:timestamp"])
        cases.setdefault(row["case:concept:name"], []).append(event)
    assert cases == told(read(plain))


def test_it_says_how_complete_it_is(fetched: Snapshot, tmp_path: Path) -> None:
    log = ElementTree.fromstring(write_event_log(fetched, tmp_path / "x.xes").read_bytes())
    said = {child.attrib["key"]: child.attrib["value"] for child in log if child.tag == f"{XES}string"}
    assert said["summary"] == fetched.summary()


@pytest.mark.parametrize("data", [Snapshot(), schema.empty(schema.TASKS)])
def test_without_tasks_there_are_no_cases(data: Snapshot | pd.DataFrame, tmp_path: Path) -> None:
    assert read(write_event_log(data, tmp_path / "x.xes")) == []
    assert len(write_event_log(data, tmp_path / "x.csv").read_text().splitlines()) == 1


def test_long_logs_are_written_in_parts(fetched: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = write_event_log(fetched, tmp_path / "x.xes").read_bytes()
    monkeypatch.setattr("cijob_analysis.traces.events._TASKS_AT_ONCE", 7)
    assert write_event_log(fetched, tmp_path / "y.xes").read_bytes() == whole


def test_bad_arguments(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"x\.txt ends with none of"):
        write_event_log(Snapshot(), tmp_path / "x.txt")
    (tmp_path / "x.xes").write_text("mine")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        write_event_log(Snapshot(), tmp_path / "x.xes")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]
