"""uvicorn inside our own process: our signals, our loop, our words for what is no HTTP."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from services.gateway.answer import encode
from services.gateway.app import App
from services.gateway.problem import PROBLEM_JSON
from services.gateway.shapes import Problem
from services.runtime.errors import AddressInUse

DRAIN_S = 2
KEEP_ALIVE_S = 75
BACKLOG = 1024
UNREADABLE = encode(
    Problem(
        type="/problems/not-http",
        title="Bad Request",
        status=400,
        detail="This is no HTTP/1.1 request that can be read.",
    )
)


class Protocol(HttpToolsProtocol):
    """uvicorn's, but that even what is no HTTP is answered with problem+json."""

    def send_400_response(self, _message: str) -> None:
        """Answer and hang up."""
        head = (
            b"HTTP/1.1 400 Bad Request\r\ncontent-type: " + PROBLEM_JSON + b"\r\n"
            b"content-length: %d\r\nconnection: close\r\n\r\n" % len(UNREADABLE)
        )
        self.transport.write(head + UNREADABLE)
        self.transport.close()


class Server(uvicorn.Server):
    """uvicorn's, but told by an event when to stop, and without hands on the process's signals."""

    def __init__(self, config: uvicorn.Config, app: App, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self._app = app
        self._stopping = stopping

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """Return whether to stop; uvicorn asks ten times a second."""
        if self._stopping.is_set():
            # Streams end by themselves now: uvicorn alone would wait for them.
            self._app.stop()
            self.should_exit = True
        return await super().on_tick(counter)


def bound(host: str, port: int) -> socket.socket:
    """Return a socket for this port, on which `serve` will listen; AddressInUse where it can't."""
    taken = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
    except OSError as error:
        taken.close()
        raise AddressInUse(
            f"port {port} can't be listened on ({error.strerror}): set PORT to a free one"
        ) from error
    taken.setblocking(False)  # noqa: FBT003 -- the standard library's
    return taken


async def serve(app: App, listening: socket.socket, *, stopping: asyncio.Event) -> None:
    """Serve until told to stop; streams are ended then, requests get 2 s to finish."""
    options: dict[str, Any] = {
        "http": Protocol,
        "ws": "none",
        "lifespan": "off",
        "log_config": None,
        "access_log": False,
        "proxy_headers": False,
        "server_header": False,
        "backlog": BACKLOG,
        "timeout_keep_alive": KEEP_ALIVE_S,
        "timeout_graceful_shutdown": DRAIN_S,
    }
    await Server(uvicorn.Config(app, **options), app, stopping).serve(sockets=[listening])
