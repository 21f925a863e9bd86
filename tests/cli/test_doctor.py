"""What `cijob doctor` finds: all well, or which of the many things it is, and what to do."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cijob_analysis import LocalService, Workload
from cijob_analysis.local import Faults
from tests.cli.processes import cijob, keys, place

ACTIONS = 20
"""Permissions in the policy of the README."""


@pytest.fixture
def service() -> Iterator[LocalService]:
    with LocalService(Workload.generate(batch_jobs=3, seed=7)) as service:
        yield service


def found(service: LocalService, home: Path, *more: str, **environ: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Return the exit code, and the checks by their names."""
    done = cijob("doctor", *place(service), "--json", *more, home=home, **{**keys(service), **environ})
    assert "Traceback" not in done.stderr
    told = json.loads(done.stdout)
    assert told["is_well"] is (done.returncode == 0)
    return done.returncode, {check["name"]: check for check in told["checks"]}


def test_all_is_well(service: LocalService, tmp_path: Path) -> None:
    code, checks = found(service, tmp_path)
    assert code == 0
    assert checks["versions"]["found"].startswith("Python 3.")
    assert keys(service)["TENCENTCLOUD_SECRET_ID"][:4] + "…" in checks["configuration"]["found"]
    assert "environment TENCENTCLOUD_…" in checks["configuration"]["found"]
    assert checks["clock"]["result"] == "ok"
    allowed = [check for name, check in checks.items() if name.startswith("ci:")]
    assert [check["result"] for check in allowed] == ["ok"] * len(allowed)
    assert len(allowed) == ACTIONS

    done = cijob("doctor", *place(service), home=tmp_path, **keys(service))
    assert done.returncode == 0
    assert done.stdout.endswith("\nAll is well.\n")
    assert "\x1b" not in done.stdout
    for secret in keys(service).values():
        assert secret not in done.stdout + done.stderr


def test_a_permission_that_lacks_is_named_and_others_are_tried(service: LocalService, tmp_path: Path) -> None:
    service.faults = Faults(denied_actions=frozenset({"ci:DescribeMediaJobs", "ci:DescribeMediaQueues"}))
    code, checks = found(service, tmp_path)
    assert code == 3
    assert {name for name, check in checks.items() if check["result"] == "failed"} == service.faults.denied_actions
    assert checks["ci:DescribeMediaJobs"]["advice"] == "add ci:DescribeMediaJobs to the policy of the key"


def test_a_key_that_is_not_taken_ends_it(service: LocalService, tmp_path: Path) -> None:
    code, checks = found(service, tmp_path, TENCENTCLOUD_SECRET_ID="stranger-secret-id")
    assert code == 3
    results = [check["result"] for name, check in checks.items() if name.startswith("ci:")]
    assert results == ["failed"] + ["skipped"] * (ACTIONS - 1)
    assert "SecretidNotExist" in checks["ci:DescribeInventoryTriggerJobs"]["found"]
    assert "copy it anew" in checks["ci:DescribeInventoryTriggerJobs"]["advice"]


def test_a_wrong_clock_is_said_and_what_can_be_done(service: LocalService, tmp_path: Path) -> None:
    service.faults = Faults(clock_offset_s=7200)
    code, checks = found(service, tmp_path)
    assert code == 0, "signatures are corrected"
    assert checks["clock"]["result"] == "warning"
    assert "behind the service's" in checks["clock"]["found"]
    assert "NTP" in checks["clock"]["advice"]


def test_nobody_at_that_address(service: LocalService, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code, checks = found(service, tmp_path, "--endpoint", f"http://127.0.0.1:{port}")
    assert code == 3
    assert checks["connection"]["result"] == "failed"
    assert not any(name.startswith("ci:") for name in checks)


@pytest.mark.parametrize(
    ("arguments", "environ", "words"),
    [
        (("media", "ap-beijing"), {}, "has no APPID"),
        (("media-1250000000", "beijing!"), {}, "does not look like one"),
        (("media-1250000000", "ap-beijing"), {}, "no credentials. Looked, in this order"),
        (("media-1250000000", "ap-beijing"), {"COS_SECRET_ID": "AKIDexample"}, "secret_key"),
    ],
)
def test_what_is_written_wrong_is_said(
    arguments: tuple[str, ...], environ: dict[str, str], words: str, tmp_path: Path
) -> None:
    done = cijob("doctor", *arguments, "--json", home=tmp_path, **environ)
    assert done.returncode == 3
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert words in checks["configuration"]["found"]
