"""A process that writes into an archive: ``python -m tests.archive.writer PATH {kill,race}``.

It imports everything first, says ``ready``, and then does what each line of its input says.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from functools import cache
from pathlib import Path

import cijob_analysis.archive.reading
import cijob_analysis.archive.upsert  # noqa: F401 - with deltalake and pyarrow, before the first fork
from cijob_analysis.archive import Archive
from cijob_analysis.snapshot import Snapshot
from tests.archive.builders import a_snapshot
from tests.builders import AS_OF

ROOT = Path(__file__).parents[2]


@cache
def step(number: int) -> Snapshot:
    """Return the snapshot after `number` refreshes: each changes all states, every fifth adds a batch job."""
    state = ("Running", "Success", "Archived")[number % 3]
    return a_snapshot(2 + number // 5, state=state, as_of=AS_OF + timedelta(minutes=number))


def start(path: object, mode: str) -> subprocess.Popen[str]:
    """Start such a process and wait until it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.archive.writer", str(path), mode],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def ask(process: subprocess.Popen[str], *words: object) -> str:
    """Have the process do something, and return what it answers."""
    assert process.stdin is not None
    assert process.stdout is not None
    print(*words, file=process.stdin, flush=True)
    return process.stdout.readline().strip()


def say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def merge_and_be_killed(archive: Archive, number: int, delay_s: float) -> None:
    """Merge a step in a process of its own, kill that after `delay_s` [s], and say how long it lived [s]."""
    snapshot = step(number)
    began = time.monotonic()
    child = os.fork()
    if not child:
        archive.merge(snapshot)
        os._exit(0)
    while time.monotonic() < began + delay_s and not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    say(time.monotonic() - began)


def main(path: str, mode: str) -> None:
    archive = Archive(path)
    say("ready")
    for line in sys.stdin:
        first, second = line.split()
        if mode == "kill":
            merge_and_be_killed(archive, int(first), float(second))
        else:
            for number in range(int(second)):
                archive.merge(a_snapshot(3, first=int(first) + 2 * number))
            say("done")


if __name__ == "__main__":
    main(*sys.argv[1:])
