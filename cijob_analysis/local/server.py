"""uvicorn on a thread of its own."""

from __future__ import annotations

import socket
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from cijob_analysis.exceptions import ConfigurationError

if TYPE_CHECKING:
    import asyncio

    from cijob_analysis.local.app import Application

HOST = "127.0.0.1"


class BackgroundServer:
    """Serves an application on loopback until it is stopped.

    Parameters
    ----------
    application : Application
        What answers.
    port : int
        TCP port; 0 for any that is free.

    Attributes
    ----------
    port : int
        The port that it listens on.

    Raises
    ------
    ConfigurationError
        The port cannot be had.
    """

    def __init__(self, application: Application, port: int) -> None:
        try:
            listener = socket.create_server((HOST, port))
        except OSError as error:
            raise ConfigurationError(
                f"port={port} cannot be had: {error.strerror}. Give another one, or 0 for any that is free"
            ) from error
        self.port: int = listener.getsockname()[1]
        config = uvicorn.Config(
            application,
            http=_Protocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=60,
        )
        self._server = _Server(config)
        self._thread = Thread(
            target=self._server.run,
            kwargs={"sockets": [listener]},
            name=f"cijob-local-{self.port}",
            daemon=True,
        )
        self._thread.start()
        while not self._server.is_serving.wait(0.1):
            if not self._thread.is_alive():
                listener.close()
                raise ConfigurationError(f"the server on port {self.port} did not start; its thread says why")

    def stop(self) -> None:
        """Drop all connections and wait until the thread has ended."""
        self._server.should_exit = True
        self._thread.join()

    def wait(self) -> None:
        """Wait until it is stopped, by another thread or by Ctrl+C."""
        while self._thread.is_alive():
            self._thread.join(0.5)  # a wait without end cannot be interrupted on Windows


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_serving = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.is_serving.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()  # nobody reads any more; uvicorn would wait for them
        await super().shutdown(sockets=sockets)


class _Protocol(H11Protocol):
    """Leaves its transport where the application finds it."""

    app_state: dict[str, Any]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        # asyncio does so only for sockets that name their protocol. Without it a body, which uvicorn writes after the
        # head, waits 40 ms for the client's acknowledgement.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}
