"""The service as an ASGI application: HTTP around a handler, whole or broken on request."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from starlette.requests import Request as HTTPRequest
from starlette.responses import Response

from cijob_analysis.local.handler import Answer, Handler, Request

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

CHUNK: Final = 1 << 16

_RESET_ON_CLOSE: Final = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
"""``SO_LINGER`` of no time: closing drops what is unsent and sends a RST."""


class Application:
    """The ASGI application of a handler.

    ``scope["state"]["transport"]`` must be the connection's transport: ASGI has no words for an answer that
    breaks in the middle.
    """

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = HTTPRequest(_with_path_only(scope))
        answer = self._handler.answer(
            Request(request.method, request.scope["path"], dict(request.query_params), dict(request.headers))
        )
        if answer.delay_s:
            with suppress(TimeoutError):
                async with asyncio.timeout(answer.delay_s):
                    await _disconnected(receive)
                    return
        if answer.broken:
            await _send_half(answer, scope, receive, send)
        elif answer.length > len(answer.body):
            await _send_filled(answer, send)
        else:
            await Response(answer.body, answer.status, answer.headers)(scope, receive, send)


def _with_path_only(scope: Scope) -> Scope:
    """Return `scope` without the authority that a client writes into the request line for its proxy."""
    scheme, found, rest = scope["path"].partition("://")
    if not found or "/" in scheme:
        return scope
    authority, _, path = rest.partition("/")
    host = (b"host", authority.encode("latin-1", "replace"))
    headers = [host, *(pair for pair in scope["headers"] if pair[0] != b"host")]
    return {**scope, "path": f"/{path}", "headers": headers}


async def _send_half(answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    """Announce the whole body, send half of it, and end the connection."""
    await _send_head(answer, len(answer.body), send)
    half = answer.body[: len(answer.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    transport: asyncio.Transport = scope["state"]["transport"]
    if answer.broken == "reset":
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        transport.abort()
    else:
        transport.close()
    await _disconnected(receive)


async def _send_filled(answer: Answer, send: Send) -> None:
    """Send the body, and blanks up to its length."""
    await _send_head(answer, answer.length, send)
    await send({"type": "http.response.body", "body": answer.body, "more_body": True})
    left = answer.length - len(answer.body)
    while left:
        chunk = b" " * min(left, CHUNK)
        left -= len(chunk)
        await send({"type": "http.response.body", "body": chunk, "more_body": bool(left)})


async def _send_head(answer: Answer, length: int, send: Send) -> None:
    headers = {**answer.headers, "Content-Length": str(length)}
    pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": pairs})


async def _disconnected(receive: Receive) -> None:
    """Wait until the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
