"""The command as a process: what it prints, writes and returns."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cijob_analysis import LocalService, Workload, read_csv, schema

FILES = {"batch_jobs.csv", "states.png", "durations.png", "workflows.png", "timeline.png"}


def cijob(*arguments: str, home: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command with an environment of its own, so that no key of this machine is found."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "cijob_analysis", *arguments],
        capture_output=True, text=True, timeout=120, check=False, cwd=home,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "COLUMNS": "160", **environ},
    )  # fmt: skip


@pytest.fixture(scope="module")
def running(workload: Workload) -> Iterator[LocalService]:
    with LocalService(workload) as service:
        yield service


def keys(service: LocalService) -> dict[str, str]:
    return {
        "TENCENTCLOUD_SECRET_ID": service.credentials.secret_id,
        "TENCENTCLOUD_SECRET_KEY": service.credentials.secret_key,
    }


def test_the_demo_leaves_csv_and_pictures(tmp_path: Path) -> None:
    done = cijob("demo", "--out", "made/here", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "made/here").iterdir()} == FILES
    frame = read_csv(tmp_path / "made/here/batch_jobs.csv")
    assert len(frame) == 240
    assert set(frame["type"]) == {"Workflow", "Job"}
    assert set(frame["state"]) == set(schema.STATES)
    assert "240 batch jobs as of" in done.stdout
    assert "Kaplan" in done.stdout
    for name in FILES - {"batch_jobs.csv"}:
        assert (tmp_path / "made/here" / name).read_bytes().startswith(b"\x89PNG")


def test_the_demo_with_nothing_to_show(tmp_path: Path) -> None:
    done = cijob("demo", "--batch-jobs", "0", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(read_csv(tmp_path / "demo-output/batch_jobs.csv")) == 0


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
