"""Fetch a list of tasks in a process of its own: ``python -m benchmarks.longlist PORT ROWS WINDOWS STORAGE``.

It prints how much memory that took beyond the imports, how large the frame is [bytes], and how long it took [s].
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path


def main() -> None:
    """Fetch the list, and print what that took."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("port", "rows", "windows"):
        parser.add_argument(name, type=int)
    parser.add_argument("storage", choices=("pyarrow", "python"), help="what keeps text")
    options = parser.parse_args()
    if options.storage == "python":  # as if pyarrow were not installed
        sys.modules["pyarrow"] = None  # type: ignore[assignment]

    import pandas as pd

    from benchmarks import lists, sampledata
    from cijob_analysis import Client, Credentials, fetch_tasks

    if (found := pd.array(["text"], dtype="string").dtype.storage) != options.storage:
        raise RuntimeError(f"pandas keeps text by {found}, not by {options.storage}")
    credentials = Credentials("AKIDbenchmarkbenchmarkbenchmark00000", "benchmarkbenchmarkbenchmark00000")
    endpoint = f"http://127.0.0.1:{options.port}"
    with Client(sampledata.BUCKET, sampledata.REGION, credentials=credentials, endpoint=endpoint) as client:
        imported = _peak()
        began = time.perf_counter()
        frame = fetch_tasks(
            client, tag="Transcode", created_after=lists.BEGIN, created_before=lists.END, windows=options.windows
        )
        taken_s = time.perf_counter() - began
    peak = _peak() - imported
    if not len(frame) == frame["task_id"].nunique() == options.rows:
        raise RuntimeError(f"{options.rows} tasks were to be read, got {len(frame)}: {frame.attrs['ledger']}")
    print(peak, int(frame.memory_usage(deep=True).sum()), taken_s)


def _peak() -> int:
    """Return the most memory that this process has had [bytes]."""
    status = Path("/proc/self/status")
    if status.exists():  # the other figure may be that of the process that started this one
        with status.open() as lines:
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
