"""One connection, without a client around it."""

from __future__ import annotations

import gc
import socket
import ssl

import pytest

from cijob_analysis.service.direct import Line


class Turn:
    """A lock whose holder is interrupted when it wants the turn back."""

    def __init__(self) -> None:
        self.is_interrupted = False

    def release(self) -> None:
        self.is_interrupted = True

    def acquire(self) -> None:
        if self.is_interrupted:
            self.is_interrupted = False
            raise KeyboardInterrupt


def test_what_was_interrupted_while_it_connected_is_closed() -> None:
    """An open socket that nobody has would be a ResourceWarning, which is an error here."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        line = Line("http", "127.0.0.1", port, tls=ssl.create_default_context(), timeout_s=5, turn=Turn())  # type: ignore[arg-type]
        with pytest.raises(KeyboardInterrupt):
            line.get("/", [("host", "127.0.0.1")])
        accepted, _ = server.accept()
        line.close()
        with accepted:
            accepted.settimeout(5)
            assert accepted.recv(1) == b""
        del line
        gc.collect()
