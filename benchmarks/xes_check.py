"""Event logs, XES and CSV, read by pm4py in an environment of its own: the same cases and events as the tasks have.

``python -m benchmarks.xes_check --peer-python PATH`` prints a table, and returns 1 if something differs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cijob_analysis import LocalService, Workload, fetch_snapshot, write_event_log

if TYPE_CHECKING:
    from cijob_analysis import Snapshot

NOW = datetime(2026, 6, 30, 2, tzinfo=UTC)
ENDS = {"Success": "complete", "Failed": "ate_abort", "Cancel": "pi_abort"}
Cases = dict[str, list[tuple[str, str, str]]]


def main(arguments: list[str] | None = None) -> int:
    """Write the logs, have them read, and compare."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.xes_check", description=__doc__)
    parser.add_argument("--peer-python", required=True, metavar="PATH", help="an interpreter that has pm4py")
    options = parser.parse_args(arguments)
    workload = Workload.generate(batch_jobs=120, seed=3, now=NOW)
    with LocalService(workload, clock=NOW.timestamp) as service, service.client(clock=NOW.timestamp) as client:
        snapshot = fetch_snapshot(client)
    wanted = obvious(snapshot)
    print("| file | cases | events | differ |\n|---|---|---|---|")
    is_same = True
    with tempfile.TemporaryDirectory() as folder:
        for ending in ("xes", "xes.gz", "csv"):
            path = write_event_log(snapshot, Path(folder, f"log.{ending}"))
            command = [options.peer_python, str(Path(__file__).with_name("xes_peer.py")), str(path)]
            read = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
            found = {case: sorted(map(tuple, events)) for case, events in read.items()}
            differ = [case for case in wanted.keys() | found.keys() if wanted.get(case) != found.get(case)]
            events = sum(map(len, found.values()))
            print(f"| log.{ending} | {len(found):,} | {events:,} | {len(differ)} cases |", flush=True)
            is_same &= not differ
    return 0 if is_same else 1


def obvious(snapshot: Snapshot) -> Cases:
    """Return the events of each case, one task after the other: activity, transition, time."""
    cases: Cases = defaultdict(list)
    for row in snapshot.tasks.astype(object).to_dict("records"):
        end = "withdraw" if row["state"] == "Cancel" and pd.isna(row["started_at"]) else ENDS.get(row["state"])
        for name, transition in (("created_at", "schedule"), ("started_at", "start"), ("ended_at", end)):
            if transition and pd.notna(row[name]):
                activity = row["task_type"] if pd.isna(row["node"]) else row["node"]
                case = row["task_id"] if pd.isna(row["run_id"]) else row["run_id"]
                cases[case].append((activity, transition, row[name].isoformat()))
    return {case: sorted(events) for case, events in cases.items()}


if __name__ == "__main__":
    sys.exit(main())
