"""A million tasks as CSV, with pyarrow and without it, and as Parquet, beside what pandas does.

``python -m benchmarks.writing N`` writes N tasks in a process of its own, and prints what memory that took.
"""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

from benchmarks.manytasks import many_tasks
from benchmarks.table import Bar
from benchmarks.timing import Rounds, in_turn, memory_mb, processor_s
from cijob_analysis import write_csv, write_parquet

if TYPE_CHECKING:
    import pandas as pd

ROWS, MANY = 1_000_000, 5_000_000
ROUNDS: Final = 5
FAST_LIMIT, PLAIN_LIMIT, PARQUET_LIMIT, MEMORY_LIMIT = 15.0, 3.0, 1.5, 250.0


def run() -> list[Bar]:
    """Write the same frame in turn, each way."""
    frame = many_tasks(ROWS)
    with TemporaryDirectory() as folder:
        path = Path(folder, "x.csv")
        rounds = in_turn(
            {
                "csv": partial(processor_s, partial(write_csv, frame, path, overwrite=True)),
                "zone": partial(processor_s, partial(write_csv, frame, path, tz="Asia/Shanghai", overwrite=True)),
                "plain": partial(processor_s, partial(_without_pyarrow, frame, path)),
                "parquet": partial(processor_s, partial(write_parquet, frame, path, overwrite=True)),
                "theirs": partial(processor_s, partial(frame.to_parquet, path)),
            },
            rounds=ROUNDS,
        )
        to_csv = Rounds({"to_csv": [processor_s(partial(frame.to_csv, path, index=False))]})
    peer = to_csv.shown("to_csv", "s", label="DataFrame.to_csv")
    bars = [
        Bar(
            what=f"CSV of {ROWS:,} tasks, {what}",
            ours=rounds.shown(name, "s"),
            peer=peer,
            value=to_csv.median("to_csv") / rounds.median(name),
            unit="× as fast as DataFrame.to_csv",
            limit=limit,
            at_least=True,
        )
        for name, what, limit in (
            ("csv", "with pyarrow", FAST_LIMIT),
            ("zone", "with pyarrow, on the clock of Asia/Shanghai", FAST_LIMIT),
            ("plain", "without pyarrow", PLAIN_LIMIT),
        )
    ]
    memory = float(
        subprocess.run(
            [sys.executable, "-m", "benchmarks.writing", str(MANY)], capture_output=True, text=True, check=True
        ).stdout
    )
    return [
        *bars,
        Bar(
            what=f"Parquet of {ROWS:,} tasks",
            ours=rounds.shown("parquet", "s"),
            peer=rounds.shown("theirs", "s", label="DataFrame.to_parquet"),
            value=rounds.ratio("parquet", "theirs"),
            unit="× DataFrame.to_parquet",
            limit=PARQUET_LIMIT,
            at_least=False,
        ),
        Bar(
            what=f"CSV of {MANY:,} tasks: memory",
            ours=f"{memory:.0f} MB at most",
            value=memory,
            unit="MB beyond the frame",
            limit=MEMORY_LIMIT,
            at_least=False,
        ),
    ]


def _without_pyarrow(frame: pd.DataFrame, path: Path) -> None:
    with patch.dict(sys.modules, {"pyarrow.csv": None}):
        write_csv(frame, path, overwrite=True)


def main(n: int) -> None:
    """Write `n` tasks, and print by how much the memory of this process has grown at most [MB]."""
    frame = many_tasks(n)
    with TemporaryDirectory() as folder:
        write_csv(frame.head(), Path(folder, "first.csv"))  # what is imported is not of the frame
        print(memory_mb(lambda: write_csv(frame, Path(folder, "x.csv"))))


if __name__ == "__main__":
    main(int(sys.argv[1]))
