"""The report of 100 000 tasks as one HTML file, beside the table of these tasks by ``DataFrame.to_html``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.table import Bar
from benchmarks.timing import Rounds, in_turn
from cijob_analysis import write_report

if TYPE_CHECKING:
    from cijob_analysis import Snapshot

TASKS = 100_000
ROUNDS = 5
TIME_LIMIT, SIZE_LIMIT = 5.0, 5.0

_MB = 1e6


def run() -> list[Bar]:
    """Write the report some times, and the table once."""
    snapshot = _snapshot(TASKS)
    with TemporaryDirectory() as folder:
        path, table = Path(folder, "report.html"), Path(folder, "table.html")
        rounds = in_turn({"ours": lambda: _seconds(lambda: write_report(snapshot, path, overwrite=True))}, ROUNDS)
        naive = Rounds({"table": [_seconds(lambda: snapshot.tasks.to_html(table))]})
        size, naive_size = path.stat().st_size / _MB, table.stat().st_size / _MB
    what = f"report of {len(snapshot.tasks):,} tasks"
    return [
        Bar(
            what=f"{what}: time",
            ours=rounds.shown("ours", "s"),
            peer=naive.shown("table", "s", label="to_html"),
            value=rounds.median("ours"),
            unit="s",
            limit=TIME_LIMIT,
            at_least=False,
        ),
        Bar(
            what=f"{what}: size",
            ours=f"{size:.2f} MB",
            peer=f"to_html {naive_size:.0f} MB",
            value=size,
            unit="MB",
            limit=SIZE_LIMIT,
            at_least=False,
        ),
    ]


def _seconds(write: Callable[[], object]) -> float:
    began = time.perf_counter()
    write()
    return time.perf_counter() - began


def _snapshot(n: int) -> Snapshot:
    """Return the snapshot of the gallery: three workflows, failures that cluster, a daily rhythm."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))
    made: Snapshot = import_module("gallery_data").snapshot(n)
    return made
