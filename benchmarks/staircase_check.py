"""``python -m benchmarks.staircase_check --peer-python PATH``: our figures of job logs beside those of `staircase`.

The logs are generated like published ones: 8 000 to 52 000 jobs that come in bursts, in whole seconds, so that many
begin and end at the same instant; some last no time, some are cancelled while they wait; clocks change on the way. We
write them as CSV, and `staircase_peer.py` reads them in an interpreter that has ``staircase`` (its own environment:
``python -m venv …``, ``pip install staircase``). It prints a table, and ends with exit code 1 unless counts are equal,
and areas and quantiles to 1e-9.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cijob_analysis.metrics import concurrency, concurrency_summary, duration_summary, makespan, throughput

ZONE = "America/New_York"
KINDS = ("running", "queued", "unfinished")
DURATIONS = ("run_time_s", "turnaround_s")
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Log:
    """A job log to be generated: how many jobs, in how many days from `first` on, a day in UTC."""

    jobs: int
    days: int
    first: str

    def __str__(self) -> str:
        return f"{self.jobs:,} jobs in {self.days} days from {self.first}"


LOGS = (  # in New York the clocks change on 2026-03-08 and on 2026-11-01
    Log(8_000, 5, "2026-03-06"),
    Log(18_000, 12, "2026-10-25"),
    Log(28_000, 30, "2026-02-20"),
    Log(52_000, 6, "2026-10-28"),
)


def generate(log: Log, seed: int) -> pd.DataFrame:
    """Return the jobs of a log, all of them ended.

    Parameters
    ----------
    log : Log
        How many, and when.
    seed : int
        Of the random numbers: the same one gives the same jobs.

    Returns
    -------
    DataFrame
        `task_id`, `queue_id`, `state` and the three times, in whole seconds.
    """
    random = np.random.default_rng(seed)
    sizes = random.geometric(1 / 15, log.jobs)
    burst = np.repeat(np.arange(log.jobs), sizes)[: log.jobs]
    at = np.sort(random.integers(0, log.days * 86_400, log.jobs))[burst * log.jobs // (burst[-1] + 1)]
    created = at + np.where(random.random(log.jobs) < 0.6, 0, random.integers(0, 20, log.jobs))
    waits = np.where(random.random(log.jobs) < 0.3, 0, random.lognormal(5, 1.5, log.jobs).astype(np.int64))
    runs = np.where(random.random(log.jobs) < 0.03, 0, random.lognormal(6, 1.6, log.jobs).astype(np.int64))
    state = random.choice(["Success", "Failed", "Cancel"], log.jobs, p=[0.88, 0.08, 0.04])
    gave_up = (state == "Cancel") & (random.random(log.jobs) < 0.5)
    begin = np.datetime64(log.first, "us")
    started, ended = created + waits, created + waits + np.where(gave_up, 0, runs)
    times = {
        name: begin + (s * 1_000_000).astype("m8[us]") for name, s in (("created_at", created), ("ended_at", ended))
    }
    times["started_at"] = np.where(gave_up, np.datetime64("NaT"), begin + (started * 1_000_000).astype("m8[us]"))
    return pd.DataFrame(
        {
            "task_id": [f"j{number:032x}" for number in range(log.jobs)],
            "queue_id": random.choice(["p1", "p2", "p3", "p4"], log.jobs, p=[0.6, 0.25, 0.1, 0.05]),
            "state": state,
            **{name: pd.Series(values).dt.tz_localize("UTC") for name, values in times.items()},
        }
    )


def figures_of(jobs: pd.DataFrame) -> dict[str, Any]:
    """Return our figures, in the shape in which the peer prints its own."""
    summary = {of: concurrency_summary(jobs, of=of).iloc[0] for of in KINDS}
    durations = duration_summary(jobs, by="queue_id")
    hours = throughput(jobs, per="hour", tz=ZONE)
    names = ["n", "p50", "p90", "p95", "p99", "max"]
    return {
        "steps": {of: _pairs(concurrency(jobs, of=of)) for of in KINDS},
        "max": {of: int(row["max"]) for of, row in summary.items()},
        "area_s": {of: float(row["area_s"]) for of, row in summary.items()},
        "quantiles": {
            name: durations[durations["duration"] == name].set_index("queue_id")[names].T.to_dict("list")
            for name in DURATIONS
        },
        "throughput": _pairs(hours),
        "makespan_s": float(makespan(jobs)["makespan_s"].iloc[0]),
    }


def _pairs(frame: pd.DataFrame) -> list[list[int]]:
    """Return when [µs since 1970 UTC], and how many."""
    at = frame["at"].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    pairs: list[list[int]] = np.stack([at.astype(np.int64), frame["n"].to_numpy()], axis=1).tolist()
    return pairs


def figures_of_peer(python: str, jobs: pd.DataFrame) -> dict[str, Any]:
    """Return what `staircase` says of the same jobs, read from a CSV."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "log.csv")
        plain = jobs.assign(
            **{name: jobs[name].dt.tz_localize(None) for name in ("created_at", "started_at", "ended_at")}
        )
        plain.to_csv(path, index=False)
        command = [python, str(Path(__file__).with_name("staircase_peer.py")), str(path), ZONE]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


@dataclass(frozen=True)
class Line:
    """One figure of ours and of the peer, as text, how far they are apart, and whether that is near enough."""

    what: str
    ours: str
    peer: str
    apart: str
    holds: bool


def compared(ours: dict[str, Any], peer: dict[str, Any]) -> Iterator[Line]:
    """Yield a line for each figure."""
    for of in KINDS:
        yield _counts(f"{of}: steps", ours["steps"][of], peer["steps"][of])
        yield _counts(f"{of}: max", ours["max"][of], peer["max"][of])
        yield _measures(f"{of}: area [s]", [ours["area_s"][of]], [peer["area_s"][of]])
    for name in DURATIONS:
        queues = sorted(ours["quantiles"][name])
        yield _counts(f"{name}: queues", queues, sorted(peer["quantiles"][name]))
        rows = [[value for queue in queues for value in found["quantiles"][name][queue]] for found in (ours, peer)]
        yield _measures(f"{name}: n, p50 … max by queue", *rows)
    yield _counts(f"throughput by hour in {ZONE}", ours["throughput"], peer["throughput"])
    yield _measures("makespan [s]", [ours["makespan_s"]], [peer["makespan_s"]])


def _counts(what: str, ours: Any, peer: Any) -> Line:
    if not isinstance(ours, list):
        return Line(what, f"{ours:,}", f"{peer:,}", f"{abs(ours - peer)}", ours == peer)
    differ = sum(a != b for a, b in zip(ours, peer, strict=False)) + abs(len(ours) - len(peer))
    return Line(what, f"{len(ours):,} rows", f"{len(peer):,} rows", f"{differ} rows", differ == 0)


def _measures(what: str, ours: list[float], peer: list[float]) -> Line:
    a, b = np.array(ours), np.array(peer)
    apart = float((np.abs(a - b) / np.maximum(np.abs(b), 1e-300)).max()) if len(a) == len(b) else np.inf
    return Line(what, _shown(ours), _shown(peer), f"{apart:.1e}", apart <= TOLERANCE)


def _shown(values: list[float]) -> str:
    return f"{values[0]:,.6f}" if len(values) == 1 else f"{len(values)} values"


def main(arguments: list[str] | None = None) -> int:
    """Compare, print the table; return 1 if a figure differs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.staircase_check", description=__doc__)
    parser.add_argument("--peer-python", required=True, metavar="PATH", help="an interpreter that has staircase")
    parser.add_argument("--seed", type=int, default=0, help="of the logs")
    options = parser.parse_args(arguments)
    holds = True
    print("| log | figure | ours | staircase | apart | equal |\n|---|---|---|---|---|---|")
    for log in LOGS:
        jobs = generate(log, options.seed)
        for line in compared(figures_of(jobs), figures_of_peer(options.peer_python, jobs)):
            verdict = "yes" if line.holds else "**no**"
            print(f"| {log} | {line.what} | {line.ours} | {line.peer} | {line.apart} | {verdict} |", flush=True)
            holds &= line.holds
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
