"""A process that writes into archives: ``python -m tests.archive.writer``.

It imports everything first, says ``ready``, and then does what each line of its input says:

- ``merge PATH FIRST TIMES`` merges snapshots, each of which overlaps the one before it; says ``done``;
- ``refresh PATH URL`` refreshes from the local service; says ``done``;
- ``kill PATH URL DELAY_S`` starts a refresh in a process of its own and kills that after so many seconds; says
  ``killed`` or, where it came to its end before, ``ended``, and how many seconds it lived.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

from cijob_analysis import Client
from cijob_analysis.archive import Archive
from cijob_analysis.fetch import changes
from cijob_analysis.local.service import DUMMY
from cijob_analysis.local.workload import Workload
from tests.archive.builders import a_snapshot
from tests.conftest import FAST

ROOT = Path(__file__).parents[2]
BUNDLE = 4
"""How many new batch jobs a part of a refresh has in such a process: few, so there are several parts."""

LATE = (
    "cijob_analysis.archive.reading",
    "cijob_analysis.archive.upsert",
    "cijob_analysis.service.direct",
    "cijob_analysis.service.http",
    "deltalake.fs",
    "pyarrow.dataset",
)
"""What a refresh imports only when it needs it; here it is there before the first fork, as it takes long."""


@contextmanager
def two_writers() -> Iterator[tuple[subprocess.Popen[str], subprocess.Popen[str]]]:
    """Start two such processes, which import at the same time; end them when both have done what they were told."""
    command = [sys.executable, "-m", "tests.archive.writer"]
    with (
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as one,
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other,
    ):
        for process in (one, other):
            assert hear(process) == ["ready"]
        try:
            yield one, other
        finally:
            for process in (one, other):
                assert process.stdin is not None
                process.stdin.close()


def tell(process: subprocess.Popen[str], *words: object) -> None:
    """Have the process do something."""
    assert process.stdin is not None
    print(*words, file=process.stdin, flush=True)


def hear(process: subprocess.Popen[str]) -> list[str]:
    """Return what it says next."""
    assert process.stdout is not None
    return process.stdout.readline().split()


def client_of(url: str) -> Client:
    return Client(Workload().bucket, Workload().region, credentials=DUMMY, endpoint=url, concurrency=4, retry=FAST)


def merge(path: str, first: str, times: str) -> str:
    for number in range(int(times)):
        Archive(path).merge(a_snapshot(3, first=int(first) + 2 * number))
    return "done"


def refresh(path: str, url: str) -> str:
    with client_of(url) as client:
        Archive(path).refresh(client)
    return "done"


def kill(path: str, url: str, delay_s: str) -> str:
    began = time.monotonic()
    child = os.fork()
    if not child:
        refresh(path, url)
        os._exit(0)
    has_ended = None
    while has_ended is None and time.monotonic() < began + float(delay_s):
        time.sleep(0.001)
        has_ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    lived_s = time.monotonic() - began
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return f"killed {lived_s}"
    return f"ended {lived_s}" if os.waitstatus_to_exitcode(status) == 0 else "failed"


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main() -> None:
    for module in LATE:
        import_module(module)
    deeds: dict[str, Callable[..., str]] = {"merge": merge, "refresh": refresh, "kill": kill}
    say("ready")
    for line in sys.stdin:
        deed, *words = line.split()
        say(deeds[deed](*words))


if __name__ == "__main__":
    with patch.object(changes, "BUNDLE", BUNDLE):
        main()
