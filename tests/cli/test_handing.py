"""Commands that hand a snapshot on, and those of an archive."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal

from cijob_analysis import LocalService, Snapshot, Workload, fetch_snapshot, read_csv, read_parquet, read_snapshot
from tests.cli.processes import cijob, keys, place


@pytest.fixture(scope="module")
def service() -> Iterator[LocalService]:
    """12 batch jobs in all states."""
    with LocalService(Workload.generate(batch_jobs=12, seed=7)) as service:
        yield service


@pytest.fixture(scope="module")
def snapshot(service: LocalService) -> Snapshot:
    with service.client() as client:
        return fetch_snapshot(client)


@pytest.fixture(scope="module")
def folder(snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a snapshot."""
    return snapshot.write(tmp_path_factory.mktemp("cli") / "snapshot")


def test_a_report_from_a_snapshot(folder: Path, tmp_path: Path) -> None:
    done = cijob("report", str(folder), "--title", "<Nightly>", "--compare-to", str(folder), home=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "report.html\n", "")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "<title>&lt;Nightly&gt;</title>" in page
    again = cijob("report", str(folder), home=tmp_path)
    assert again.returncode == 2
    assert again.stderr == "cijob: report.html exists; overwrite=True replaces it\n"
    assert (tmp_path / "report.html").read_text("utf-8") == page


def test_fail_on_says_by_the_exit_code_that_something_failed(folder: Path, tmp_path: Path) -> None:
    done = cijob("report", str(folder), "--fail-on", "pause", "--fail-on", "failed", home=tmp_path)
    assert done.returncode == 1
    assert (tmp_path / "report.html").exists()


def test_rows_as_tables(folder: Path, snapshot: Snapshot, tmp_path: Path) -> None:
    done = cijob("export", str(folder), "failed.csv", "--state", "failed", "--tz", "Asia/Shanghai", home=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "failed.csv\n", "")
    failed = snapshot.tasks[snapshot.tasks["state"] == "Failed"].reset_index(drop=True)
    assert len(failed)
    assert_frame_equal(read_csv(tmp_path / "failed.csv"), failed)
    assert "+08:00" in (tmp_path / "failed.csv").read_text("utf-8")

    assert cijob("export", str(folder), "runs.parquet", "--level", "executions", home=tmp_path).returncode == 0
    assert_frame_equal(read_parquet(tmp_path / "runs.parquet"), snapshot.executions)

    assert (
        cijob("export", str(folder), "jobs.csv", "--level", "batch_jobs", "--format", "excel", home=tmp_path).returncode
        == 0
    )
    assert (tmp_path / "jobs.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_rows_on_standard_output(folder: Path, snapshot: Snapshot, tmp_path: Path) -> None:
    done = cijob("export", str(folder), "-", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["task_id"] for row in rows] == snapshot.tasks["task_id"].tolist()


def test_all_tasks_for_the_tools_of_others(folder: Path, snapshot: Snapshot, tmp_path: Path) -> None:
    for name in ("trace.json.gz", "log.xes", "log.csv"):
        kind = ("--format", "event-log") if name == "log.csv" else ()
        assert cijob("export", str(folder), name, *kind, "--by", "queue", home=tmp_path).returncode == 0
    trace = json.loads(gzip.decompress((tmp_path / "trace.json.gz").read_bytes()))
    assert {event["args"]["task_id"] for event in trace["traceEvents"] if event["ph"] == "X"} == set(
        snapshot.tasks["task_id"]
    )
    assert "<trace>" in (tmp_path / "log.xes").read_text("utf-8")
    assert (tmp_path / "log.csv").read_text("utf-8").startswith("case:concept:name,")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("export", "FOLDER", "x.doc"), "x.doc does not say what it is to be"),
        (("export", "FOLDER", "x.csv", "--level", "nodes"), "--level nodes"),
        (("export", "FOLDER", "x.csv", "--state", "Broken"), "--state Broken: there is no such state"),
        (("export", "FOLDER", "x.xes", "--state", "Failed"), "a event-log is of all tasks"),
        (("export", "FOLDER", "-", "--format", "trace"), "does not go to standard output"),
        (("export", "FOLDER", "x.csv", "--format", "word"), "--format word"),
        (("export", "nowhere", "x.csv"), "nowhere is not there"),
        (("export", ".", "x.csv"), "is neither a snapshot's folder nor an archive"),
        (("report", "FOLDER", "--fail-on", "Broken"), "--fail-on Broken"),
        (("report", "FOLDER", "--tz", "Mars/Olympus"), "Mars/Olympus"),
        (("archive", "show", "nowhere"), "nowhere is not there"),
        (("archive", "dance"), "No such command"),
    ],
)
def test_bad_usage_is_one_message_and_writes_nothing(
    arguments: tuple[str, ...], message: str, folder: Path, tmp_path: Path
) -> None:
    done = cijob(*(str(folder) if word == "FOLDER" else word for word in arguments), home=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == []


def test_an_archive_is_refreshed_shown_and_taken_from(
    service: LocalService, snapshot: Snapshot, tmp_path: Path
) -> None:
    done = cijob("archive", "refresh", "kept", *place(service), "--json", home=tmp_path, **keys(service))
    assert done.returncode == 0, done.stderr
    assert "batch jobs/s" in done.stderr, "progress goes there"
    facts = json.loads(done.stdout)
    assert facts["is_complete"]
    assert sum(facts["states"]["tasks"].values()) == len(snapshot.tasks)

    shown = cijob("archive", "show", "kept", home=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "12 batch jobs" in shown.stdout
    assert cijob("archive", "snapshot", "kept", "taken", home=tmp_path).returncode == 0
    taken = read_snapshot(tmp_path / "taken").tasks
    assert set(taken["task_id"]) == set(snapshot.tasks["task_id"])
    assert cijob("report", "kept", "--fail-on", "failed", home=tmp_path).returncode == 1


def test_fetch_for_machines_writes_everything_and_prints_json_only(
    service: LocalService, snapshot: Snapshot, tmp_path: Path
) -> None:
    more = ("--snapshot", "here", "--report", "page.html", "--json", "--quiet", "--fail-on", "Failed")
    done = cijob("fetch", *place(service), *more, home=tmp_path, **keys(service))
    assert (done.returncode, done.stderr) == (1, "")
    facts = json.loads(done.stdout)
    assert all((tmp_path / name).exists() for name in facts["files"])
    assert facts["remarks"] == []
    assert not facts["is_finished"]
    assert facts["states"]["batch_jobs"] == snapshot.batch_jobs["state"].value_counts(sort=False).to_dict()
    assert_frame_equal(read_snapshot(tmp_path / "here").batch_jobs, snapshot.batch_jobs)
    assert "page.html" in facts["files"]
    again = cijob("fetch", *place(service), *more, "--out", "other", home=tmp_path, **keys(service))
    assert again.returncode == 2
    assert again.stderr == "cijob: here, page.html exist already; --overwrite replaces them\n"
