"""The six-figure report over more tasks than memory is allowed: from the archive, through DuckDB."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.table import Bar

ROWS = 10_000_000
MONTHS = 10
MEMORY_LIMIT = "1GB"


def run(rows: int = ROWS) -> list[Bar]:
    """Keep so many tasks in an archive, ask DuckDB and pandas, and compare the answers."""
    with TemporaryDirectory() as folder:
        archive = Path(folder) / "archive"
        _step("write", str(archive), str(rows // MONTHS), str(MONTHS))
        out_of_core = _step("duckdb", str(archive), folder, MEMORY_LIMIT)
        in_memory = _step("pandas", str(archive), folder)
        differences = _step("compare", folder)
    return [
        Bar(
            what=f"out of core: the report over {rows:,} tasks of an archive, DuckDB with {MEMORY_LIMIT}",
            ours=f"{out_of_core['seconds']:.0f} s, {out_of_core['peak'] / 1e6:,.0f} MB at most beyond the imports",
            peer=f"pandas in memory {in_memory['seconds']:.0f} s, {in_memory['peak'] / 1e6:,.0f} MB",
            value=differences["differences"],
            unit="cells that differ",
            limit=0,
            at_least=False,
        )
    ]


def _step(*arguments: str) -> dict[str, float]:
    """Do a part of it in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", "benchmarks.outofcoresteps", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures
