"""A service with nothing to do: its answers are ready, and sent after a while.

It speaks just enough HTTP for clients that ask by GET on connections that stay open. In a process of its own
(``python -m benchmarks.server details --latency 0.1``) it prints its port, and serves until its input ends.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import lists
from benchmarks.answers import Answers, Details


class Connection(asyncio.BufferedProtocol):
    """One connection; a request may come in pieces, but not before the answer to the one before."""

    def __init__(self, answers: Answers, latency_s: float) -> None:
        self._answers = answers
        self._latency_s = latency_s
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray(8192)
        self._filled = 0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - the base class's signature
        """Return where the next bytes shall go."""
        return memoryview(self._buffer)[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        """Answer, later, once the request is complete."""
        self._filled += nbytes
        if self._buffer.endswith(b"\r\n\r\n", 0, self._filled):
            answer = self._answers.to(self._buffer[: self._filled])
            self._filled = 0
            self._loop.call_later(self._latency_s, self._transport.write, answer)


@contextmanager
def serving(latency_s: float, what: str = "details", number: int = 0) -> Iterator[int]:
    """Start a server in a process of its own, and yield its port on 127.0.0.1.

    Parameters
    ----------
    latency_s : float
        From request to answer [s].
    what : {"details", "batch_jobs", "tasks"}
        What it has: any batch job by its id, or a list.
    number : int
        Of the list: the seed of the batch jobs; how many tasks.
    """
    command = [sys.executable, "-m", "benchmarks.server", what, str(number), "--latency", str(latency_s)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


async def _serve(answers: Answers, latency_s: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(answers, latency_s), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("details", "batch_jobs", "tasks"))
    parser.add_argument("number", type=int, nargs="?", default=0, help="seed of the batch jobs, or how many tasks")
    parser.add_argument("--latency", type=float, default=0.1, metavar="S", help="from request to answer [s]")
    options = parser.parse_args()
    if options.what == "details":
        made: Answers = Details()
    else:
        made = (lists.batch_jobs if options.what == "batch_jobs" else lists.tasks)(options.number)
    asyncio.run(_serve(made, options.latency))
