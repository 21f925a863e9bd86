"""How commands end when something comes between: a closed pipe, Ctrl-C, a full disk, a folder that takes nothing."""

from __future__ import annotations

import os
import pty
import resource
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import pytest

from cijob_analysis import LocalService, Snapshot, Workload, fetch_snapshot
from cijob_analysis.local import Faults
from tests.cli.processes import cijob, command, environment, keys, place

CLOSED_PIPE, INTERRUPTED = 141, 130


@pytest.fixture(scope="module")
def service() -> Iterator[LocalService]:
    with LocalService(Workload.generate(batch_jobs=40, seed=7)) as service:
        yield service


@pytest.fixture(scope="module")
def folder(service: LocalService, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a snapshot whose tables are larger than a pipe holds."""
    with service.client() as client:
        snapshot: Snapshot = fetch_snapshot(client)
    return snapshot.write(tmp_path_factory.mktemp("cli") / "snapshot")


def test_who_has_seen_enough_gets_no_trace(folder: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        command("export", str(folder), "-"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(tmp_path), cwd=tmp_path,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b'"task_id"')
        process.stdout.close()
        errors = process.stderr.read()
        process.wait(60)
    assert (process.returncode, errors) == (CLOSED_PIPE, b"")


def test_ctrl_c_while_fetching_leaves_no_file(tmp_path: Path) -> None:
    with (
        LocalService(Workload.generate(batch_jobs=40, seed=7), faults=Faults(latency_s=0.5)) as slow,
        subprocess.Popen(
            command("fetch", *place(slow), "--snapshot", "kept"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment(tmp_path, **keys(slow)), cwd=tmp_path, text=True,
        ) as process,
    ):  # fmt: skip
        while not slow.requests.count():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED
    assert out == ""
    assert "\ncijob: interrupted\n" in errors
    assert "Traceback" not in errors
    assert [path for path in tmp_path.rglob("*") if path.is_file() and ".cache" not in path.parts] == []


def small_files() -> None:
    """Let this process write files of 10 000 bytes at the most, as if the disk were full then."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))


EXPORTS = ["x.csv", "x.parquet", "x.json", "x.json.gz", "x.xes"]


@pytest.mark.parametrize("arguments", [*(("export", name) for name in EXPORTS), ("report", "--out", "x.html")], ids=str)
def test_on_a_full_disk_no_half_file_is_left(arguments: tuple[str, ...], folder: Path, tmp_path: Path) -> None:
    name, *rest = arguments
    done = subprocess.run(
        command(name, str(folder), *rest), capture_output=True, text=True, check=False, cwd=tmp_path, timeout=120,
        preexec_fn=small_files,
        # Nothing else may be cut off: neither Python's compiled files nor matplotlib's list of fonts.
        env=environment(tmp_path, PYTHONDONTWRITEBYTECODE="1", MPLCONFIGDIR=matplotlib.get_cachedir()),
    )  # fmt: skip
    assert done.returncode == 2
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("export", "file/x.csv"),
        ("export", "file/x.parquet"),
        ("export", "file/x.json"),
        ("report", "--out", "file/x.html"),
    ],
    ids=str,
)
def test_where_nothing_can_be_written_that_is_said(arguments: tuple[str, ...], folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    name, *rest = arguments
    done = cijob(name, str(folder), *rest, home=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "cijob: file is no folder\n"
    assert (tmp_path / "file").read_text() == "no folder"


def test_fetch_into_no_folder_asks_for_nothing(service: LocalService, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    before = service.requests.count()
    done = cijob("fetch", *place(service), "--out", "file/here", home=tmp_path, **keys(service))
    assert done.returncode == 2
    assert done.stderr == "cijob: file/here: Not a directory\n"
    assert service.requests.count() == before


@pytest.mark.parametrize(("environ", "is_colored"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colours_are_for_terminals_that_want_them(environ: dict[str, str], is_colored: bool, tmp_path: Path) -> None:
    terminal, its_end = pty.openpty()
    with subprocess.Popen(
        command("doctor", "media-1250000000", "ap-beijing"), stdout=its_end, stderr=subprocess.PIPE,
        env=environment(tmp_path, TERM="xterm", **environ),
    ) as process:  # fmt: skip
        os.close(its_end)
        shown = b""
        while chunk := read(terminal):
            shown += chunk
        process.wait(60)
    os.close(terminal)
    assert b"no credentials" in shown
    assert (b"\x1b[" in shown) is is_colored


def read(terminal: int) -> bytes:
    """Return what a terminal shows next; nothing at its end, which Linux takes for an error."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""
