"""The commands that ask a service, as processes: what they print, write and return."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cijob_analysis import LocalService, Snapshot, Workload, failure_clusters, fetch_snapshot, read_csv, schema
from cijob_analysis.cli.tables import summary
from cijob_analysis.local import Faults
from tests.builders import batch_jobs
from tests.cli.processes import cijob, command, environment, keys, place

LEVELS = ("batch_jobs", "executions", "tasks")
CSV = {f"{level}.csv" for level in LEVELS}
SCHEMAS = {f"{level}.schema.json" for level in LEVELS}
PICTURES = {"states.png", "durations.png", "workflows.png", "timeline.png"}
ESCAPE = "\x1b"


@pytest.fixture(scope="module")
def running(workload: Workload) -> Iterator[LocalService]:
    with LocalService(workload) as service:
        yield service


@pytest.fixture
def going_on() -> Iterator[LocalService]:
    """A service with one batch job that runs."""
    with LocalService(Workload.of_batch(executions=40, tags=("Transcode", "Snapshot"), state="Running")) as service:
        yield service


def follow_of(service: LocalService) -> list[str]:
    """Return the words that follow the only batch job of `service`."""
    return command("follow", *place(service), service.workload.batch_jobs[0].batch_job_id, "--every", "0.1")


def test_the_demo_leaves_csv_and_pictures(tmp_path: Path) -> None:
    done = cijob("demo", "--batch-jobs", "60", "--out", "made/here", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "made/here").iterdir()} == CSV | SCHEMAS | PICTURES | {"report.html"}
    jobs, executions, tasks = (read_csv(tmp_path / "made/here" / f"{level}.csv") for level in schema.LEVELS)
    assert len(jobs) == 60
    assert set(jobs["type"]) == {"Workflow", "Job"}
    assert set(jobs["state"]) == set(schema.STATES)
    assert set(executions["batch_job_id"]) <= set(jobs["batch_job_id"])
    assert set(tasks["run_id"].dropna()) <= set(executions["run_id"])
    assert "of 60 batch jobs as of" in done.stdout
    assert "Kaplan" in done.stdout
    assert ESCAPE not in done.stdout
    for name in PICTURES:
        assert (tmp_path / "made/here" / name).read_bytes().startswith(b"\x89PNG")


def test_the_demo_with_nothing_to_show(tmp_path: Path) -> None:
    done = cijob("demo", "--batch-jobs", "0", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "no batch jobs as of" in done.stdout
    assert [len(read_csv(tmp_path / "demo-output" / name)) for name in CSV] == [0, 0, 0]


def test_fetch_from_a_bucket(running: LocalService, tmp_path: Path) -> None:
    arguments = (
        "fetch",
        running.bucket,
        running.region,
        "--endpoint",
        running.url,
        "--state",
        "Failed",
        "--state",
        "Cancel",
    )
    done = cijob(*arguments, home=tmp_path, **keys(running))
    assert done.returncode == 0, done.stderr
    assert set(read_csv(tmp_path / "cijob-output/batch_jobs.csv")["state"]) == {"Failed", "Cancel"}
    again = cijob(*arguments, home=tmp_path, **keys(running))
    assert again.returncode == 2
    assert "--overwrite replaces them" in again.stderr


def test_what_is_incomplete_is_said_by_the_exit_code(running: LocalService, tmp_path: Path) -> None:
    limited = cijob(
        "fetch",
        running.bucket,
        running.region,
        "--endpoint",
        running.url,
        "--limit",
        "5",
        home=tmp_path,
        **keys(running),
    )
    assert limited.returncode == 4
    assert "incomplete: cut off by limit=5" in limited.stdout


def test_fetch_goes_as_deep_as_it_is_told(going_on: LocalService, tmp_path: Path) -> None:
    done = cijob("fetch", *place(going_on), "--depth", "executions", home=tmp_path, **keys(going_on))
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "cijob-output").iterdir()} == {
        name for name in CSV | SCHEMAS | PICTURES if not name.startswith("tasks.")
    }
    seen = going_on.workload.executions_of()
    assert set(read_csv(tmp_path / "cijob-output/executions.csv")["run_id"]) == {run.run_id for run in seen}
    assert not any(request.path.startswith("/jobs") for request in going_on.requests)


def test_a_level_that_may_not_be_read_is_said_with_the_permission_that_lacks(
    going_on: LocalService, tmp_path: Path
) -> None:
    going_on.faults = Faults(denied_actions=frozenset({"ci:DescribeMediaWorkflowExecutions"}))
    done = cijob("fetch", *place(going_on), home=tmp_path, **keys(going_on))
    assert done.returncode == 4
    assert "executions incomplete: access denied" in done.stdout
    assert "ci:DescribeMediaWorkflowExecutions" in done.stdout
    assert len(read_csv(tmp_path / "cijob-output/batch_jobs.csv")) == 1


def test_follow_ends_when_all_is_finished(going_on: LocalService, tmp_path: Path) -> None:
    with subprocess.Popen(
        follow_of(going_on), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment(tmp_path, **keys(going_on)),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        first = process.stdout.readline()
        going_on.workload = going_on.workload.at(going_on.workload.now + timedelta(days=1))
        rest, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "of 1 batch job (1 Running) as of" in first
    assert "80 tasks (80 Success) of 40 executions (40 Success) of 1 batch job (1 Success)" in rest.splitlines()[-1]
    assert ESCAPE not in first + rest


def test_follow_on_a_terminal_replaces_its_picture(going_on: LocalService, tmp_path: Path) -> None:
    terminal, its_end = pty.openpty()
    with subprocess.Popen(
        follow_of(going_on), stdout=its_end, stderr=subprocess.PIPE, env=environment(tmp_path, **keys(going_on))
    ) as process:
        os.close(its_end)
        with os.fdopen(terminal, encoding="utf-8") as screen:
            first = [screen.readline() for _ in range(6)]
            going_on.workload = going_on.workload.at(going_on.workload.now + timedelta(days=1))
            rest = ""
            while "all is in a final state" not in rest:
                rest += screen.readline()
        process.wait(60)
    assert process.returncode == 0
    assert "again every 0.1 s; Ctrl-C stops" in first[-1]
    assert f"{ESCAPE}[{len(first)}A{ESCAPE}[J" in rest


def test_follow_stops_at_ctrl_c(going_on: LocalService, tmp_path: Path) -> None:
    with subprocess.Popen(
        follow_of(going_on), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment(tmp_path, **keys(going_on)),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert errors == "stopped; the service goes on with it\n"


def test_follow_something_unknown(going_on: LocalService, tmp_path: Path) -> None:
    done = cijob("follow", *place(going_on), f"b{0:032x}", home=tmp_path, **keys(going_on))
    assert done.returncode == 0
    assert "1 id unknown to the service" in done.stdout


def test_ids_instead_of_a_list(running: LocalService, workload: Workload, tmp_path: Path) -> None:
    ids = [job.batch_job_id for job in workload.batch_jobs[:2]]
    done = cijob(
        "fetch", running.bucket, running.region, *ids, "--endpoint", running.url, home=tmp_path, **keys(running)
    )
    assert done.returncode == 0, done.stderr
    assert read_csv(tmp_path / "cijob-output/batch_jobs.csv")["batch_job_id"].tolist() == ids


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("fetch", "media", "ap-beijing"), "has no APPID"),
        (("fetch", "media-1250000000", "ap-beijing"), "no credentials. Looked, in this order"),
        (("fetch", "media-1250000000", "ap-beijing", "--after", "yesterday"), "no credentials"),
        (("fetch", "media-1250000000"), "Missing argument"),
        (("fetch", "media-1250000000", "ap-beijing", "--depth", "nodes"), "no credentials"),
        (("follow", "media-1250000000", "ap-beijing"), "Missing argument"),
        (("demo", "--tz", "Mars/Olympus"), "Mars/Olympus"),
        (("dance",), "No such command"),
    ],
)
def test_bad_usage_is_one_message_and_exit_code_2(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    done = cijob(*arguments, home=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_service_that_refuses_is_exit_code_3_and_shows_no_key(running: LocalService, tmp_path: Path) -> None:
    done = cijob(
        "fetch", running.bucket, running.region, "--endpoint", running.url, home=tmp_path,
        TENCENTCLOUD_SECRET_ID="stranger-secret-id", TENCENTCLOUD_SECRET_KEY="stranger-secret-key",
    )  # fmt: skip
    assert done.returncode == 3
    assert "SecretidNotExist" in done.stderr
    assert "Traceback" not in done.stderr
    assert "stranger-secret-key" not in done.stderr + done.stdout


def test_serve_says_how_to_use_it_and_ends_at_ctrl_c(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "cijob_analysis", "serve", "--port", "0", "--batch-jobs", "30"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(4)]
        environ = dict(line.removeprefix("export ").split("=") for line in lines[1:3])
        command = lines[3].split()
        done = cijob(*command[1:], home=tmp_path, **environ)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert done.returncode == 0, done.stderr
    assert len(read_csv(tmp_path / "cijob-output/batch_jobs.csv")) == 30
    assert process.returncode in (0, 130)
    assert "Traceback" not in errors


def test_a_summary_has_a_row_for_each_kind_and_counts_what_failed(workload: Workload) -> None:
    ids = [job.batch_job_id for job in workload.batch_jobs if job.state in ("Failed", "Running")][:12]
    with LocalService(workload) as service, service.client() as client:
        snapshot = fetch_snapshot(client, ids)
    head, states, durations, failures = summary(snapshot, "UTC").split("\n\n")
    assert head.endswith("UTC")
    assert [line.split()[0] for line in states.splitlines()[1:]] == ["batch", "executions", "tasks"]
    assert len(durations.splitlines()) <= 11
    largest = snapshot.tasks["task_type"].value_counts()
    assert durations.splitlines()[1].split()[:2] == [largest.index[0], str(largest.iloc[0])]
    counts = [int(n) for n in re.findall(r"^(?: {0,11}|and )(\d+) ", failures, re.MULTILINE)]
    assert sum(counts) == (snapshot.tasks["state"] == "Failed").sum()
    assert failure_clusters(snapshot)[0].verdict in " ".join(failures.split())


def test_a_summary_of_few_rows_and_of_none() -> None:
    assert summary(Snapshot(), "UTC") == "no batch jobs"
    ended = {"state": "Success", "created_at": "2026-03-01 10:00", "started_at": "2026-03-01 10:01"}
    jobs = batch_jobs({**ended, "type": "Job", "ended_at": "2026-03-01 10:03:30"}, {"state": "Running"})
    lines = summary(Snapshot(batch_jobs=jobs), "UTC").splitlines()
    assert lines[0] == "2 batch jobs"
    assert lines[-3].startswith("Job ")
    assert re.split(r"\s{2,}", lines[-3])[1:] == ["1", "0", "1 min", "1 min", "2 min 30 s", "2 min 30 s"]
    assert lines[-2].split()[:3] == ["unknown", "1", "1"]
