"""Executions of four tasks as a trace and as an event log: how fast, and how much memory beside the frame.

``python -m benchmarks.tracing ENDING N`` writes N tasks in a process of its own, and prints what memory that took, and
what the frame takes [MB].
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from benchmarks.table import Bar
from benchmarks.timing import in_turn, memory_mb, processor_s
from cijob_analysis import write_event_log, write_trace
from tests.workflow_builders import many_executions

if TYPE_CHECKING:
    from cijob_analysis import Snapshot

ROWS, MANY = 200_000, 2_000_000
ROUNDS: Final = 3
SPEED_LIMIT: Final = 2.0
MEMORY_LIMITS: Final = {"json": 1.5, "xes": 0.5, "csv": 0.5}


def run() -> list[Bar]:
    """Write the slices of the same tasks in turn, and each format by itself."""
    snapshot = many_executions(ROWS // 4)
    with TemporaryDirectory() as folder:
        path = Path(folder, "x.json")
        rounds = in_turn(
            {
                "ours": partial(processor_s, partial(write_trace, snapshot, path, overwrite=True)),
                "naive": partial(processor_s, partial(_naive, snapshot, Path(folder, "y.json"))),
            },
            rounds=ROUNDS,
        )
    speed = Bar(
        what=f"trace of {ROWS:,} tasks, with lanes, counters and arrows",
        ours=rounds.shown("ours", "s"),
        peer=rounds.shown("naive", "s", label="its slices alone, json.dump of a dict for each"),
        value=rounds.ratio("naive", "ours"),
        unit="× as fast",
        limit=SPEED_LIMIT,
        at_least=True,
    )
    return [speed, *(_memory_bar(ending, limit) for ending, limit in MEMORY_LIMITS.items())]


def _memory_bar(ending: str, limit: float) -> Bar:
    command = [sys.executable, "-m", "benchmarks.tracing", ending, str(MANY)]
    taken, frame = map(float, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    return Bar(
        what=f"{'trace' if ending == 'json' else 'event log'} of {MANY:,} tasks as {ending}: memory",
        ours=f"{taken:.0f} MB at most",
        floor=f"the frame {frame:.0f} MB",
        value=taken / frame,
        unit="× the frame, beside it",
        limit=limit,
        at_least=False,
    )


def _naive(snapshot: Snapshot, path: Path) -> None:
    """Write waits and runs row by row, in one lane."""
    events = []
    row: Any
    for row in snapshot.tasks.itertuples():
        own = {"name": row.node, "pid": 1, "tid": 1, "args": {"task_id": row.task_id, "run_id": row.run_id}}
        at = [int(time.timestamp() * 1e6) for time in (row.created_at, row.started_at, row.ended_at)]
        events.append({"ph": "X", "cat": "wait", "ts": at[0], "dur": at[1] - at[0], **own})
        events.append({"ph": "X", "cat": "run", "ts": at[1], "dur": at[2] - at[1], **own})
    with path.open("w") as file:
        json.dump({"traceEvents": events}, file)


def main(ending: str, n: int) -> None:
    """Write `n` tasks; print by how much the memory of this process has grown at most, and the frame's size [MB]."""
    snapshot, few = many_executions(n // 4), many_executions(2)
    write = write_trace if ending == "json" else write_event_log
    with TemporaryDirectory() as folder:
        write(few, Path(folder, f"first.{ending}"))  # what is imported is not of the frame
        taken = memory_mb(lambda: write(snapshot, Path(folder, f"x.{ending}")))
    print(taken, snapshot.tasks.memory_usage(deep=True).sum() / 1e6)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
