"""Fetching jobs by their ids, 64 in flight, beside the SDK, the limit of the latency and bare sockets."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from benchmarks import rawclient, sampledata
from benchmarks.server import serving
from benchmarks.table import Bar
from benchmarks.timing import in_turn
from cijob_analysis import Client, Credentials, fetch_batch_jobs

IN_FLIGHT = 64
ROUNDS = 3

SLOW_S = 0.1
SLOW_IDS = 60 * IN_FLIGHT
LIMIT_SHARE = 92.0
PEER_LIMIT = 55.0
PEER_IDS = 40

FAST_S = 0.02
FAST_IDS = 200 * IN_FLIGHT
RAW_SHARE = 75.0


def run(peer_python: str = sys.executable) -> list[Bar]:
    """Measure the fetch at two latencies.

    Parameters
    ----------
    peer_python : str
        The interpreter of an environment that has the SDK.
    """
    return [*_slow(peer_python), _fast()]


def _slow(peer_python: str) -> list[Bar]:
    ids = sampledata.ids(SLOW_IDS)
    with serving(SLOW_S) as port:
        _rate(port, ids[:IN_FLIGHT])
        contestants = {
            "ours": partial(_rate, port, ids),
            "SDK": partial(_rate_of_peer, peer_python, port, ids[: PEER_IDS + 1]),
        }
        rounds = in_turn(contestants, ROUNDS)
    what = f"fetch {SLOW_IDS:,} ids to a frame, {SLOW_S * 1e3:g} ms, {IN_FLIGHT} in flight"
    limit = IN_FLIGHT / SLOW_S
    return [
        Bar(
            what=what,
            ours=rounds.shown("ours", "jobs/s"),
            floor=f"in flight / latency {limit:g} jobs/s",
            value=100 * rounds.median("ours") / limit,
            unit="% of the limit",
            limit=LIMIT_SHARE,
            at_least=True,
        ),
        Bar(
            what=what,
            ours=rounds.shown("ours", "jobs/s"),
            peer=rounds.shown("SDK", "jobs/s", label="SDK, one after the other"),
            value=rounds.ratio("ours", "SDK"),
            unit="× as fast as the SDK",
            limit=PEER_LIMIT,
            at_least=True,
        ),
    ]


def _fast() -> Bar:
    ids = sampledata.ids(FAST_IDS)
    with serving(FAST_S) as port:
        _rate(port, ids[:IN_FLIGHT])
        contestants = {
            "ours": partial(_rate, port, ids),
            "raw": partial(rawclient.fetch_rate, port, ids, IN_FLIGHT),
        }
        rounds = in_turn(contestants, ROUNDS)
    return Bar(
        what=f"fetch {FAST_IDS:,} ids to a frame, {FAST_S * 1e3:g} ms, {IN_FLIGHT} in flight",
        ours=rounds.shown("ours", "jobs/s"),
        floor=rounds.shown("raw", "jobs/s", label="bare sockets"),
        value=100 * rounds.ratio("ours", "raw"),
        unit="% of bare sockets",
        limit=RAW_SHARE,
        at_least=True,
    )


def _rate(port: int, ids: list[str]) -> float:
    """Return how many ids per second become rows of a frame, connections included."""
    credentials = Credentials("AKIDbenchmarkbenchmarkbenchmark00000", "benchmarkbenchmarkbenchmark00000")
    began = time.perf_counter()
    with Client(
        sampledata.BUCKET,
        sampledata.REGION,
        credentials=credentials,
        endpoint=f"http://127.0.0.1:{port}",
        concurrency=IN_FLIGHT,
    ) as client:
        frame = fetch_batch_jobs(client, ids)
    taken_s = time.perf_counter() - began
    if frame["batch_job_id"].tolist() != ids:
        raise RuntimeError(f"asked for {len(ids)} ids, got {len(frame)}: {frame.attrs['ledger']}")
    return len(ids) / taken_s


def _rate_of_peer(python: str, port: int, ids: list[str]) -> float:
    command = [python, str(Path(__file__).with_name("peer.py")), str(port), sampledata.BUCKET, sampledata.REGION]
    direct = {**os.environ, "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(command, input="\n".join(ids), env=direct, check=True, capture_output=True, text=True)
    return float(done.stdout)
