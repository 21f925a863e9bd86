"""The file: what it says of snapshots of all kinds, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cijob_analysis import Client, ConfigurationError, Snapshot, failure_clusters, fetch_snapshot, write_report
from cijob_analysis.ledger import Ledger, LedgerEntry
from tests.builders import AS_OF, batch_jobs, many_batch_jobs
from tests.report.reading import Report
from tests.widgets.worlds import rows, small_snapshot


def report(snapshot: Snapshot, folder: Path, **options: Any) -> Report:
    return Report(write_report(snapshot, folder / "report.html", **options))


def tasks_of(n: int, state: str, **more: object) -> pd.DataFrame:
    """Return `n` tasks, a minute after another, each of which ran 30 s."""
    begin = pd.Timestamp("2026-03-01 01:00")
    minute = pd.Timedelta(minutes=1)
    return rows(
        "tasks",
        *(
            {"task_id": f"j{number}", "batch_job_id": "b1", "task_type": "Transcode", "state": state,
             "object_key": f"视频/{number:05}.mp4", "created_at": begin + number * minute,
             "started_at": begin + (number + 0.25) * minute, "ended_at": begin + (number + 0.75) * minute, **more}
            for number in range(n)
        ),
    )  # fmt: skip


def test_the_first_sentence_says_how_many_why_and_until_when(tmp_path: Path) -> None:
    text = report(small_snapshot(), tmp_path, tz="Asia/Shanghai").text[""]
    assert "4 tasks of 2 batch jobs; 25 % succeeded; 2 failed, 1 of them with BadInput" in text
    assert "1 unfinished; unknown when it will be finished" in text
    assert "All times are in Asia/Shanghai, UTC+8." in text


def test_what_is_over_has_its_time(tmp_path: Path) -> None:
    done = tasks_of(3, "Success")
    text = report(Snapshot(tasks=done, as_of=AS_OF), tmp_path).text[""]
    assert "3 tasks; 100 % succeeded; none failed; finished in 2 min 45 s, at 2026-03-01 01:02 UTC." in text


def test_tasks_that_are_over_do_not_make_a_running_batch_job_finished(tmp_path: Path) -> None:
    running = batch_jobs({"batch_job_id": "b1", "state": "Running", "created_at": "2026-03-01 00:30"})
    found = report(Snapshot(batch_jobs=running, tasks=tasks_of(3, "Success"), as_of=AS_OF), tmp_path)
    assert "finished in" not in found.text[""]
    assert "0 unfinished; unknown when it will be finished" in found.text[""]
    assert "eta" in found.text


@pytest.mark.parametrize(
    ("snapshot", "sections"),
    [
        (Snapshot(), {"completeness"}),
        (Snapshot(batch_jobs=many_batch_jobs(40), as_of=AS_OF), {"completeness", "states", "failures", "durations"}),
        (Snapshot(batch_jobs=batch_jobs({"state": "Running"}), as_of=AS_OF), {"completeness", "eta", "states"}),
        (Snapshot(tasks=tasks_of(1, "Success")), {"completeness", "states", "timeline"}),
        (Snapshot(tasks=tasks_of(30, "Failed", code="坏", message="文件已损坏"), as_of=AS_OF), {"failures", "rows"}),
        (Snapshot(tasks=tasks_of(9, "Submitted"), as_of=AS_OF), {"eta", "durations"}),
        (Snapshot(tasks=tasks_of(3, "Vanished"), as_of=AS_OF), {"states", "workflows"}),
    ],
    ids=["nothing", "batch jobs", "one without times", "one task", "all failed", "none finished", "unknown state"],
)
def test_any_snapshot_has_a_whole_report(snapshot: Snapshot, sections: set[str], tmp_path: Path) -> None:
    found = report(snapshot, tmp_path)
    assert found.open == []
    assert sections <= set(found.text)
    links = [link["href"] for link in found.attributes("a")]
    assert {f"#{name}" for name in found.text if name} == set(links)
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    pictures = found.attributes("img")
    assert all(picture["alt"] and (picture["src"] or "").startswith("data:image/") for picture in pictures)
    assert bool(pictures) == any(len(frame) for _, frame in snapshot.frames())


def test_a_real_snapshot(client: Client, tmp_path: Path) -> None:
    snapshot = fetch_snapshot(client)
    found = report(snapshot, tmp_path, tz="Asia/Shanghai", compare_to=snapshot, title="Nightly <1>")
    assert set(found.text) >= {
        "", "completeness", "comparison", "eta", "states", "failures", "durations", "timeline", "workflows",
        "queues", "critical-path", "rows",
    }  # fmt: skip
    assert "Nightly <1>" in found.text[""]
    assert "Complete: all that was asked for" in found.text["completeness"]
    states = {row[0]: row[-1] for row in found.tables["Rows in each state"][1:]}
    assert states == {
        name: f"{len(frame):,}".replace(",", "\u202f")
        for name, frame in (
            ("batch jobs", snapshot.batch_jobs), ("executions", snapshot.executions), ("tasks", snapshot.tasks),
        )
    }  # fmt: skip
    failed = snapshot.tasks.loc[snapshot.tasks["state"] == "Failed"]
    why, ids = (found.data["columns"].index(name) for name in ("why", "task_id"))
    assert {row[ids] for row in found.data["rows"] if row[why].startswith("failed")} == set(failed["task_id"])


def test_what_is_missing_is_said_at_the_top_and_in_its_section(tmp_path: Path) -> None:
    tasks = tasks_of(3, "Success")
    tasks.attrs["ledger"] = Ledger((LedgerEntry(request="GET /jobs", rows=3, ended=False),), AS_OF)
    found = report(Snapshot(tasks=tasks, as_of=AS_OF), tmp_path)
    assert "Not complete: see what is missing." in found.text[""]
    assert "Not complete: figures below are of what could be read." in found.text["completeness"]
    head, read = found.tables["What was read"]
    assert read[head.index("to the end")] == "no"


def test_all_keys_to_run_again_are_there(tmp_path: Path) -> None:
    tasks = tasks_of(12, "Failed", code="Timeout")
    found = report(Snapshot(tasks=tasks, as_of=AS_OF), tmp_path)
    text = found.text["failures"]
    assert [line for line in text.splitlines() if line.startswith("视频/")] == failure_clusters(tasks).rerun_keys()
    assert "Objects to run again (12)" in text


def test_more_rows_than_are_embedded_are_counted(tmp_path: Path) -> None:
    found = report(Snapshot(tasks=tasks_of(5_010, "Failed", code="Timeout"), as_of=AS_OF), tmp_path)
    assert len(found.data["rows"]) == 5_000
    assert (
        "5\u202f010 failed tasks and 0 slow tasks; the 5\u202f000 that ended last are here, 10 are left out."
        in (found.text["rows"])
    )
    assert "The rerun list has the first 5\u202f000 of 5\u202f010 object keys." in found.text["failures"]
    key = found.data["columns"].index("object_key")
    assert {row[key] for row in found.data["rows"]} == {f"视频/{number:05}.mp4" for number in range(10, 5_010)}


def test_slow_tasks_are_embedded_beside_the_failed(tmp_path: Path) -> None:
    tasks = tasks_of(40, "Success", node="Transcode_1")
    tasks.loc[7, "ended_at"] = pd.Timestamp("2026-03-01 06:00", tz="UTC")
    tasks.loc[9, "state"] = "Failed"
    found = report(Snapshot(tasks=tasks, as_of=AS_OF), tmp_path)
    why, ids = (found.data["columns"].index(name) for name in ("why", "task_id"))
    assert [(row[why], row[ids]) for row in found.data["rows"]] == [("slow", "j7"), ("failed", "j9")]
    assert "1 task took far longer" in found.text["stragglers"]


def test_a_comparison_with_nothing_says_so(tmp_path: Path) -> None:
    found = report(small_snapshot(), tmp_path, compare_to=Snapshot())
    assert "Nothing to compare: no rows before." in found.text["comparison"]


def test_times_are_in_the_zone_that_the_head_names(tmp_path: Path) -> None:
    found = report(small_snapshot(), tmp_path, tz="Asia/Shanghai")
    head, nightly, _ = found.tables["Batch jobs"]
    assert nightly[head.index("created (Asia/Shanghai)")] == "2026-03-01 09:00:00"


@pytest.mark.parametrize("value", [None, pd.DataFrame(), "snapshot"])
def test_only_a_snapshot_is_reported(value: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=rf"snapshot is a {type(value).__name__}, not a Snapshot; fetch_snap"):
        write_report(value, tmp_path / "report.html")
    if value is not None:
        with pytest.raises(ConfigurationError, match="compare_to is a"):
            write_report(Snapshot(), tmp_path / "report.html", compare_to=value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("mine")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        write_report(Snapshot(), path)
    with pytest.raises(ConfigurationError, match="Mars/Olympus"):
        write_report(Snapshot(), path, tz="Mars/Olympus", overwrite=True)
    assert path.read_text() == "mine"
    assert write_report(Snapshot(), str(path), overwrite=True) == path
    assert path.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert [found.name for found in tmp_path.iterdir()] == ["report.html"]


def test_the_snapshot_is_as_it_was(tmp_path: Path) -> None:
    snapshot, same = small_snapshot(), small_snapshot()
    report(replace(snapshot, as_of=datetime(2026, 3, 1, 12, tzinfo=UTC)), tmp_path)
    for (_, frame), (_, other) in zip(snapshot.frames(), same.frames(), strict=True):
        pd.testing.assert_frame_equal(frame, other)


def test_a_missing_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['jinja2'] = None; import cijob_analysis as ci\n"
        "try: ci.write_report(ci.Snapshot(), 'report.html')\n"
        "except ci.ConfigurationError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'needs jinja2, which is not installed: pip install "cijob-analysis[report]"' in done.stdout


def test_workflows_have_their_names(client: Client, tmp_path: Path) -> None:
    snapshot = fetch_snapshot(client)
    names = set(snapshot.workflows["name"].dropna())
    assert names
    for caption in ("Tasks by workflow and state", "Nodes on the critical path"):
        head, *lines = report(snapshot, tmp_path, overwrite=True).tables[caption]
        assert {line[head.index("workflow")] for line in lines} - {"–"} <= names
        assert any(line[head.index("workflow")] in names for line in lines)


def test_what_only_later_rows_have_stands_under_its_own_head(tmp_path: Path) -> None:
    tasks = tasks_of(60, "Failed", code="Timeout")
    tasks.loc[0, "node"] = "Transcode_1"
    found = report(Snapshot(tasks=tasks, as_of=AS_OF), tmp_path)
    assert len(found.data["heads"]) == len(found.data["numbers"]) == len(found.data["columns"])
    place = found.data["columns"].index("node")
    assert found.data["heads"][place] == "node"
    assert found.tables["Failed and slow tasks"][0] == found.data["heads"]
    assert [row[place] for row in found.data["rows"]] == [None] * 59 + ["Transcode_1"]


def test_rows_of_long_messages_are_fewer(tmp_path: Path) -> None:
    tasks = tasks_of(1_000, "Failed", message="文件" * 2_000)
    found = report(Snapshot(tasks=tasks, as_of=AS_OF), tmp_path)
    n = len(found.data["rows"])
    assert 500 < n < 700
    assert f"the {n} that ended last are here, {1_000 - n} are left out." in found.text["rows"]
