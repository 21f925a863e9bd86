"""A service with nothing to do: it answers each request, after a while, with the job that it asks for.

It speaks just enough HTTP for clients that ask by GET on connections that stay open. In a process of its own
(``python -m benchmarks.server --latency 0.1``) it prints its port, and serves until its input ends.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import sampledata

_PLACEHOLDER = "b" + "0" * (sampledata.ID_LENGTH - 1)
_REQUEST = re.compile(rb"GET (?:http://[^/ ]+)?/inventorytriggerjob/(b[0-9a-f]{32})[ ?]")
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class Answers:
    """Ready-made answers: only the id is put in."""

    def __init__(self, variety: int = 500) -> None:
        self._halves = [self._halved(body) for body in sampledata.documents([_PLACEHOLDER] * variety)]

    def to(self, head: bytes | bytearray) -> bytes:
        """Return the answer to a request, head and body."""
        asked = _REQUEST.match(head)
        if asked is None:
            return _NOT_FOUND
        before, after = self._halves[int(asked[1][-4:], 16) % len(self._halves)]
        return b"".join((before, asked[1], after))

    @staticmethod
    def _halved(body: bytes) -> tuple[bytes, bytes]:
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nServer: tencent-ci\r\n"
            f"x-ci-request-id: NjBiZDU1ZmZfOTBmYTUwNjQ=\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        before, after = body.split(_PLACEHOLDER.encode())
        return head.encode() + before, after


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
def serving(latency_s: float) -> Iterator[int]:
    """Start a server in a process of its own, and yield its port on 127.0.0.1."""
    command = [sys.executable, "-m", "benchmarks.server", "--latency", str(latency_s)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


async def _serve(latency_s: float) -> None:
    answers = Answers()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(answers, latency_s), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.1, metavar="S", help="from request to answer [s]")
    asyncio.run(_serve(parser.parse_args().latency))
