"""A small HTTP server for one process's /metrics and /health, on loopback, in the same loop.

It is for Prometheus on this machine and for `boss status`; it reads a request's first line, and
which form of the metrics is wanted.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from services.runtime import logs, metrics
from services.runtime.errors import AddressInUse
from services.runtime.settings import METRICS_PORTS, Settings
from services.runtime.version import VERSION

REQUEST_S = 5.0
REQUEST_BYTES = 8192

_log = logs.logger("metrics")


@asynccontextmanager
async def exposing(
    settings: Settings, *, service: str, ready: Callable[[], bool]
) -> AsyncIterator[str]:
    """Serve while inside; gives the base address. AddressInUse for a port asked for by name."""
    metrics.BUILD.labels(VERSION).set(1)
    metrics.READY.labels(service).set_function(ready)
    metrics.follow_disk(settings.state_dir)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_S):
                line = await reader.readline()
                accept = ""
                while header := (await reader.readline()).strip():
                    name, _, value = header.decode("latin-1").partition(":")
                    if name.lower() == "accept":
                        accept = value.strip()
                writer.write(await _response(line, accept, ready))
                await writer.drain()
        except (OSError, TimeoutError, ValueError):
            pass  # whoever asked has gone, or sends what is no request
        finally:
            writer.close()

    server = await _listen(
        answer, settings.metrics_host, settings.metrics_port, METRICS_PORTS[service]
    )
    try:
        yield f"http://{settings.metrics_host}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def _listen(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object],
    host: str,
    asked: int | None,
    default: int,
) -> asyncio.Server:
    try:
        return await asyncio.start_server(
            answer,  # type: ignore[arg-type]
            host,
            default if asked is None else asked,
            limit=REQUEST_BYTES,
        )
    except OSError as error:
        if asked is not None:
            raise AddressInUse(
                f"port {asked} for the metrics is in use: set BOSS_METRICS_PORT to a free one"
            ) from error
    server = await asyncio.start_server(answer, host, 0, limit=REQUEST_BYTES)  # type: ignore[arg-type]
    _log.warning("metrics port in use", wanted=default, port=server.sockets[0].getsockname()[1])
    return server


async def _response(line: bytes, accept: str, ready: Callable[[], bool]) -> bytes:
    match line.split()[:2]:
        case [b"GET", path] if path.split(b"?")[0] == b"/metrics":
            body, kind = await metrics.expose(accept)
            status = "200 OK"
        case [b"GET", b"/health"]:
            body, kind = json.dumps({"status": "ok", "ready": ready()}).encode(), "application/json"
            status = "200 OK"
        case _:
            body, kind, status = b"GET /metrics or /health\n", "text/plain", "404 Not Found"
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body
