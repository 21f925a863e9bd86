"""The Interrupt button of a notebook: it stops a fetch at once, and what was read is in reach."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

FETCH = """
import sys, threading
from cijob_analysis import LocalService, Workload, fetch_snapshot
from cijob_analysis.local import Faults
service = LocalService(Workload.generate(batch_jobs=60), faults=Faults(latency_s=0.2)).start()
client = service.client(concurrency=4)
def tell():
    while service.requests.count(path="/workflowexecution") < 3:
        threading.Event().wait(0.01)
    service.faults = Faults(latency_s=600)  # so that it cannot come to an end before it is interrupted
    print("reading")
threading.Thread(target=tell).start()
fetch_snapshot(client)
"""
LOOK = """
partial = sys.last_value.partial
workers = [thread for thread in threading.enumerate() if thread.name == "cijob-worker"]
seen = len(partial.batch_jobs), partial.is_complete, len(workers)
client.close(); service.close()
"""


@pytest.fixture
def kernel() -> Iterator[Any]:
    manager = KernelManager()
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()


def test_interrupt_stops_at_once_and_keeps_what_was_read(kernel: Any) -> None:
    printed: list[str] = []

    def hook(message: dict[str, Any]) -> None:
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])
        if message["msg_type"] == "error":
            printed.extend(message["content"]["traceback"])

    kernel.execute(FETCH)
    while "reading" not in "".join(printed):  # the batch jobs have been read, and not everything below them
        hook(kernel.get_iopub_msg(timeout=60))
    began = time.monotonic()
    kernel.parent.interrupt_kernel()
    reply = kernel.get_shell_msg(timeout=60)["content"]
    assert time.monotonic() - began < 10
    assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
    # What is printed may come after the kernel has said that it is idle; an expression's value is in the reply.
    kernel.execute(LOOK, user_expressions={"seen": "seen"})
    reply = kernel.get_shell_msg(timeout=60)["content"]
    assert reply["status"] == "ok", reply
    assert reply["user_expressions"]["seen"]["data"]["text/plain"] == "(60, False, 0)"
