"""A small HTTP/1.1 server for fakes: keep-alive, JSON, forms and multipart in, any answer out.

It is written on asyncio streams and not on a web framework because a fake of an outside API has to
do what frameworks prevent: hang, answer garbage, or close the connection after it did the work.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email import policy
from email.parser import BytesParser
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

BODY_LIMIT = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def fields(self) -> dict[str, Any]:
        """Parameters as such servers read them: query, then JSON, form or multipart body."""
        kind = self.headers.get("content-type", "")
        found: dict[str, Any] = dict(self.query)
        if "json" in kind and self.body:
            decoded = json.loads(self.body)
            if not isinstance(decoded, dict):
                raise ValueError("the body is no object")
            found.update(decoded)
        elif "x-www-form-urlencoded" in kind:
            found.update(parse_qsl(self.body.decode(), keep_blank_values=True))
        elif "multipart" in kind:
            head = b"Content-Type: " + kind.encode() + b"\r\n\r\n"
            for part in (
                BytesParser(policy=policy.default).parsebytes(head + self.body).iter_parts()
            ):
                name = str(part.get_param("name", header="content-disposition"))
                text = part.get_content_maintype() == "text" and not part.get_filename()
                found[name] = part.get_content() if text else part.get_payload(decode=True)
        return found


@dataclass(frozen=True, slots=True)
class Answer:
    """`drop`: the connection is closed instead of answered."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False


Respond = Callable[[Request], Awaitable[Answer]]


class Wire:
    """Serves `respond` on loopback until it is closed; a port of 0 takes a free one."""

    def __init__(self, respond: Respond) -> None:
        self._respond = respond
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while (request := await _read(reader)) is not None:
                answer = await self._until_gone(request, reader)
                if answer is None or answer.drop:
                    break
                writer.write(_bytes(answer, head=request.method == "HEAD"))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ValueError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _until_gone(self, request: Request, reader: asyncio.StreamReader) -> Answer | None:
        """The answer, or None where the client went away first: its long poll must end then."""
        work = asyncio.ensure_future(self._respond(request))
        gone = asyncio.ensure_future(_closed(reader))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            return work.result() if work.done() else None
        finally:
            for task in (work, gone):
                task.cancel()
            await asyncio.gather(work, gone, return_exceptions=True)


async def _closed(reader: asyncio.StreamReader) -> None:
    # A client that waits for an answer sends nothing, so end of file is the one thing that can
    # come.
    while not reader.at_eof():
        await asyncio.sleep(0.02)


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {
        k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines if line)
    }
    if "chunked" in headers.get("transfer-encoding", ""):
        body = b""
        while size := int((await reader.readline()).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
    else:
        size = int(headers.get("content-length") or 0)
        if size > BODY_LIMIT:
            raise ValueError("too large for a fake")
        body = await reader.readexactly(size)
    parts = urlsplit(target)
    return Request(method, parts.path, dict(parse_qsl(parts.query)), headers, body)


def _bytes(answer: Answer, *, head: bool) -> bytes:
    body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **answer.headers,
    }
    phrase = HTTPStatus(answer.status).phrase
    lines = [
        f"HTTP/1.1 {answer.status} {phrase}",
        *(f"{k}: {v}" for k, v in headers.items()),
        "",
        "",
    ]
    return "\r\n".join(lines).encode("latin-1") + (b"" if head else body)
