"""The memory that a long list of tasks takes, beside that of its frame; with pyarrow and without."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

from benchmarks.server import serving
from benchmarks.table import Bar

ROWS = 1_000_000
WINDOWS = 8
LIMIT = 2.5

_MB = 1e6


@dataclass(frozen=True)
class Taken:
    """What a fetch took: memory beyond the imports, the size of the frame [bytes], and time [s]."""

    peak: int
    frame: int
    seconds: float


def run(rows: int = ROWS) -> list[Bar]:
    """Fetch the list with either storage of text."""
    bars = []
    for storage in ("pyarrow", "python"):
        with serving(0.0, "tasks", rows) as port:
            taken = _taken(port, rows, storage)
        bars.append(
            Bar(
                what=f"memory: {rows:,} tasks listed, {WINDOWS} windows, text kept by {storage}",
                ours=f"{taken.peak / _MB:,.0f} MB at most, beyond the imports; {taken.seconds:.0f} s",
                floor=f"the frame {taken.frame / _MB:,.0f} MB",
                value=taken.peak / taken.frame,
                unit="× the size of the frame",
                limit=LIMIT,
                at_least=False,
            )
        )
    return bars


def _taken(port: int, rows: int, storage: str) -> Taken:
    command = [sys.executable, "-m", "benchmarks.longlist", str(port), str(rows), str(WINDOWS), storage]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    peak, frame, seconds = done.stdout.split()
    return Taken(int(peak), int(frame), float(seconds))
