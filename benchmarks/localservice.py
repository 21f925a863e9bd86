"""The local service with one large batch job, in a process of its own.

``python -m benchmarks.localservice 20000 --latency 0.02`` prints its port and the id of the batch job. When its input
ends it prints what was asked for, as JSON: requests by path and kind of task.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cijob_analysis.local import Faults, LocalService, Workload


@dataclass
class Service:
    """A running service.

    Attributes
    ----------
    port : int
        On 127.0.0.1.
    batch_job_id : str
        Its only batch job.
    requests : dict of str to int
        What was asked for, by path and kind of task; known when it has stopped.
    """

    port: int
    batch_job_id: str
    requests: dict[str, int] = field(default_factory=dict)


@contextmanager
def serving(executions: int, latency_s: float) -> Iterator[Service]:
    """Start a service with a batch job of so many executions, three tasks each, and yield it."""
    command = [sys.executable, "-m", "benchmarks.localservice", str(executions), "--latency", str(latency_s)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            port, batch_job_id = process.stdout.readline().split()
            service = Service(int(port), batch_job_id)
            yield service
            process.stdin.close()
            service.requests = json.loads(process.stdout.readline())
        finally:
            process.terminate()


def main() -> None:
    """Serve until the standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("executions", type=int)
    parser.add_argument("--latency", type=float, default=0.02, metavar="S", help="from request to answer [s]")
    options = parser.parse_args()
    workload = Workload.of_batch(executions=options.executions)
    (batch_job,) = workload.batch_jobs
    with LocalService(workload, faults=Faults(latency_s=options.latency)) as service:
        print(service.port, batch_job.batch_job_id, flush=True)
        sys.stdin.read()
    print(json.dumps(Counter(f"{asked.path} {asked.params.get('tag', '')}".strip() for asked in service.requests)))


if __name__ == "__main__":
    main()
