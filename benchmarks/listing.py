"""Listing batch jobs that came in a bunch, in windows of creation time, beside the SDK's walk from page to page."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from benchmarks import lists, sampledata
from benchmarks.server import serving
from benchmarks.table import Bar
from benchmarks.timing import Rounds
from cijob_analysis import Client, Credentials, fetch_batch_jobs
from cijob_analysis.service.requests import PAGE_SIZE

LATENCY_S = 0.1
IN_FLIGHT = 32
LIMITS = {8: 6.0, 32: 18.0}
"""By the number of windows: how many times as fast as the SDK."""

WORLDS = (1, 2, 3)
REPEATS = 5

_PERIOD = (lists.BEGIN.isoformat(), lists.END.isoformat())


def run(peer_python: str = sys.executable) -> list[Bar]:
    """Measure the list with few and with many windows, where the bunch is at one place and at another.

    Parameters
    ----------
    peer_python : str
        The interpreter of an environment that has the SDK.
    """
    figures: dict[str, list[float]] = {"SDK": [], **{str(windows): [] for windows in LIMITS}}
    for seed in WORLDS:
        with serving(LATENCY_S, "batch_jobs", seed) as port:
            figures["SDK"].append(_walk_s_of_peer(peer_python, port))
            _walk_s(port, 8)
            for windows in LIMITS:
                figures[str(windows)].append(median(_walk_s(port, windows) for _ in range(REPEATS)))
    rounds = Rounds(figures)
    return [
        Bar(
            what=f"list {lists.BATCH_JOBS:,} jobs to a frame, 90 % of them in 5 % of the period, "
            f"{LATENCY_S * 1e3:g} ms, {windows} windows",
            ours=rounds.shown(str(windows), "s"),
            peer=rounds.shown("SDK", "s", label="SDK, page after page"),
            floor=f"latency × pages / windows {LATENCY_S * lists.BATCH_JOBS / PAGE_SIZE / windows:g} s",
            value=rounds.ratio("SDK", str(windows)),
            unit="× as fast as the SDK",
            limit=limit,
            at_least=True,
        )
        for windows, limit in LIMITS.items()
    ]


def _walk_s(port: int, windows: int) -> float:
    """Return how long it takes until all jobs are rows of a frame, connections included [s]."""
    credentials = Credentials("AKIDbenchmarkbenchmarkbenchmark00000", "benchmarkbenchmarkbenchmark00000")
    endpoint = f"http://127.0.0.1:{port}"
    began = time.perf_counter()
    with Client(
        sampledata.BUCKET, sampledata.REGION, credentials=credentials, endpoint=endpoint, concurrency=IN_FLIGHT
    ) as client:
        frame = fetch_batch_jobs(client, created_after=_PERIOD[0], created_before=_PERIOD[1], windows=windows)
    taken_s = time.perf_counter() - began
    _check(len(frame), frame["batch_job_id"].nunique())
    return taken_s


def _walk_s_of_peer(python: str, port: int) -> float:
    script = str(Path(__file__).with_name("peer.py"))
    command = [python, script, str(port), sampledata.BUCKET, sampledata.REGION, "--list", *_PERIOD]
    direct = {**os.environ, "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(command, env=direct, check=True, capture_output=True, text=True)
    different, taken_s = done.stdout.split()
    _check(int(different), int(different))
    return float(taken_s)


def _check(rows: int, different: int) -> None:
    """Raise unless each job was read once: otherwise there is nothing to compare."""
    if not rows == different == lists.BATCH_JOBS:
        raise RuntimeError(f"{lists.BATCH_JOBS} jobs were to be read, got {rows} rows with {different} ids")
