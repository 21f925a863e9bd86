"""A snapshot of a large batch job: how many requests it takes, beside one for each execution."""

from __future__ import annotations

import time

from benchmarks import localservice
from benchmarks.table import Bar
from cijob_analysis import Client, Snapshot, fetch_snapshot
from cijob_analysis.local import Workload
from cijob_analysis.local.service import DUMMY
from cijob_analysis.service.requests import PAGE_SIZE

EXECUTIONS = 20_000
NODES = 3
LATENCY_S = 0.02

LIST_LIMIT = 1.05
DETAIL_LIMIT = 25.0


def run() -> list[Bar]:
    """Fetch all levels of one batch job, and compare what the service counted with what was needed and planned."""
    with localservice.serving(EXECUTIONS, LATENCY_S) as service:
        world = Workload.of_batch(executions=1)
        endpoint = f"http://127.0.0.1:{service.port}"
        with Client(world.bucket, world.region, credentials=DUMMY, endpoint=endpoint) as client:
            began = time.perf_counter()
            snapshot = fetch_snapshot(client, service.batch_job_id)
            taken_s = time.perf_counter() - began
            plan = client.plan(snapshot.batch_jobs, executions=snapshot.executions, workflows=snapshot.workflows)
    _check(snapshot)
    asked = sum(service.requests.values())
    lists = {name: n for name, n in service.requests.items() if name.startswith(("/workflowexecution", "/jobs"))}
    pages = EXECUTIONS / PAGE_SIZE
    one_by_one = 1 + pages + EXECUTIONS
    what = f"snapshot of {EXECUTIONS:,} executions, {NODES} tasks each, {LATENCY_S * 1e3:g} ms"
    ours = f"{asked:,} requests, {taken_s:.1f} s"
    return [
        Bar(
            what=what,
            ours=", ".join(f"{name} {n}" for name, n in lists.items()),
            floor=f"rows / {PAGE_SIZE} {pages:g} each",
            value=max(lists.values()) / pages if len(lists) == 1 + NODES else float("inf"),
            unit="× the fewest requests, of the list that took most",
            limit=LIST_LIMIT,
            at_least=False,
        ),
        Bar(
            what=what,
            ours=ours,
            peer=f"a request for each execution {one_by_one:,.0f} requests",
            value=one_by_one / asked,
            unit="times fewer requests",
            limit=DETAIL_LIMIT,
            at_least=True,
        ),
        Bar(
            what=f"{what}: the plan",
            ours=f"{plan.requests:,} planned, {asked:,} came",
            value=abs(plan.requests - asked),
            unit="requests beside the plan",
            limit=0,
            at_least=False,
        ),
    ]


def _check(snapshot: Snapshot) -> None:
    """Raise unless everything is there once, and joined."""
    executions, tasks = snapshot.executions, snapshot.tasks
    counts = (executions["run_id"].nunique(), len(executions), tasks["task_id"].nunique(), len(tasks))
    if not snapshot.is_complete or counts != (EXECUTIONS, EXECUTIONS, NODES * EXECUTIONS, NODES * EXECUTIONS):
        raise RuntimeError(f"not all of the batch job is there once: {snapshot.summary()}")
    own = snapshot.batch_jobs["batch_job_id"].iloc[0]
    joined = tasks["run_id"].isin(executions["run_id"]) & (tasks["batch_job_id"] == own)
    if not (joined.all() and (executions["batch_job_id"] == own).all()):
        raise RuntimeError("there are rows without their parents' keys")
