"""A fake of the DeepSeek API: `POST /chat/completions` as documented, and every way it goes wrong.

It checks what the real one checks (key, body, the word "json" in the prompt) and answers by a
script, one act a call, then by `otherwise`. On asyncio streams, because it has to hang, send blank
lines before the body, and break off in it.

As a process of its own: `python -m tests.fakes.deepseek --port 9700 [--key KEY]`, steered by
`PUT /fake/script` (a JSON list of acts, as {"act": "say", "content": …}; {"otherwise": act} sets
what comes after them) and `GET /fake/calls` (what was asked so far).
"""

import argparse
import asyncio
import json
import sys
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

KEY = "sk-fake"
HEAD_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Say:
    """Answers; a dict is sent as JSON, a string as it is (nonsense included)."""

    content: Any
    finish_reason: str = "stop"
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Blank:
    """Sends blank lines while "queued", then the answer."""

    lines: int
    every_s: float
    then: Say


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answers with an error as the vendor words it."""

    status: int
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class Hang:
    """Takes the request and never answers; with `blank_every_s` it sends blank lines for ever."""

    blank_every_s: float | None = None


@dataclass(frozen=True, slots=True)
class BreakOff:
    """Closes the connection: before the head (0) or after so many bytes of the body."""

    after_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Raw:
    """Sends these bytes as the body of a 200, whatever they are."""

    body: bytes


Act = Say | Blank | Refuse | Hang | BreakOff | Raw
# Acts may depend on the request: lies that quote the text, answers by the words asked about.
Scripted = Act | Callable[[dict[str, Any]], Act]

_WORDS = {
    400: ("invalid_request_error", "Invalid request body format"),
    401: ("authentication_error", "Authentication Fails, Your api key is invalid"),
    402: ("unknown_error", "Insufficient Balance"),
    404: ("invalid_request_error", "Not Found"),
    422: ("invalid_request_error", "Failed to deserialize the JSON body into the target type"),
    429: ("rate_limit_error", "Rate limit reached"),
    500: ("internal_error", "Internal Server Error"),
    503: ("service_unavailable_error", "Service is too busy"),
}


@dataclass(slots=True)
class DeepSeek:
    """Serves on loopback from `start()` to `close()`; `calls` are the accepted bodies, in order."""

    key: str = KEY
    otherwise: Scripted = field(default_factory=lambda: echo)
    script: deque[Scripted] = field(default_factory=deque)
    calls: list[dict[str, Any]] = field(default_factory=list)
    open_calls: int = 0
    most_open_calls: int = 0
    port: int = 0
    _server: asyncio.Server | None = None
    _connections: set[asyncio.Task[None]] = field(default_factory=set)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def then(self, *acts: Scripted) -> None:
        """Adds acts for the next calls."""
        self.script.extend(acts)

    async def asked(self, times: int) -> None:
        """Returns once so many requests were taken."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.calls) >= times)

    async def idle(self) -> None:
        """Returns once no request waits for its answer."""
        async with self._news:
            await self._news.wait_for(lambda: self.open_calls == 0)

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
            while await self._serve_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ValueError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        request = await _read(reader)
        if request is None:
            return False
        method, path, headers, raw = request
        if path.startswith("/fake/"):
            writer.write(_whole(200, json.dumps(self._steer(method, path, raw)).encode()))
            await writer.drain()
            return True
        if (fault := self._fault(method, path, headers, raw)) is not None:
            writer.write(_error(fault))
            await writer.drain()
            return True
        body = json.loads(raw)
        async with self._news:
            self.calls.append(body)
            self._news.notify_all()
        scripted = self.script.popleft() if self.script else self.otherwise
        act = scripted(body) if callable(scripted) else scripted
        self.open_calls += 1
        self.most_open_calls = max(self.most_open_calls, self.open_calls)
        try:
            return await _until_gone(reader, _perform(act, body, writer))
        finally:
            self.open_calls -= 1
            async with self._news:
                self._news.notify_all()

    def _fault(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> Refuse | None:
        if (
            path.partition("?")[0] not in ("/chat/completions", "/v1/chat/completions")
            or method != "POST"
        ):
            return Refuse(404)
        if headers.get("authorization") != f"Bearer {self.key}":
            return Refuse(401)
        try:
            body = json.loads(raw)
        except ValueError:
            return Refuse(400)
        if not isinstance(body, dict) or not _well_formed(body):
            return Refuse(422)
        kind = (body.get("response_format") or {"type": "text"}).get("type")
        prompt = " ".join(str(message["content"]) for message in body["messages"])
        # json_schema is refused by the vendor; json_object without the word in the prompt too.
        if kind not in ("text", "json_object") or (
            kind == "json_object" and "json" not in prompt.lower()
        ):
            return Refuse(400)
        return None

    def _steer(self, method: str, path: str, raw: bytes) -> Any:
        if path == "/fake/calls":
            return self.calls
        if method == "PUT" and path == "/fake/script":
            for entry in json.loads(raw):
                if "otherwise" in entry:
                    self.otherwise = act_from(entry["otherwise"])
                else:
                    self.script.append(act_from(entry))
            return {"waiting": len(self.script)}
        return {"error": "GET /fake/calls or PUT /fake/script"}


def echo(body: dict[str, Any]) -> Act:
    """The simplest useful answer: one task titled by the whole message."""
    return Say({"intent": "create", "tasks": [{"title": message_of(body)}]})


def message_of(body: dict[str, Any]) -> str:
    """The person's message out of a request of our client: its last message is JSON."""
    return str(json.loads(body["messages"][-1]["content"])["message"])


def act_from(entry: dict[str, Any]) -> Act:
    """Parses an act from its JSON form, such as {"act": "refuse", "status": 402}."""
    kinds = {"say": Say, "blank": Blank, "refuse": Refuse, "hang": Hang, "break_off": BreakOff}
    fields = {name: value for name, value in entry.items() if name != "act"}
    if entry["act"] == "blank":
        fields["then"] = Say(**fields["then"])
    return kinds[entry["act"]](**fields)  # type: ignore[no-any-return]


def completion(content: Any, *, finish_reason: str = "stop") -> bytes:
    """The body of an answer, in the vendor's form."""
    text = content if isinstance(content, str) else json.dumps(content)
    return json.dumps(
        {
            "id": "fake-1",
            "object": "chat.completion",
            "created": 1764000000,
            "model": "deepseek-chat",
            "system_fingerprint": "fp_fake",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": finish_reason,
                    "message": {"role": "assistant", "content": text},
                }
            ],
            "usage": {
                "prompt_tokens": 400,
                "completion_tokens": 40,
                "total_tokens": 440,
                "prompt_cache_hit_tokens": 384,
                "prompt_cache_miss_tokens": 16,
            },
        }
    ).encode()


async def _perform(act: Act, body: dict[str, Any], writer: asyncio.StreamWriter) -> bool:
    """Carries out one act; returns whether the connection may be used again."""
    if isinstance(act, Refuse):
        writer.write(_error(act))
    elif isinstance(act, Say):
        await asyncio.sleep(act.delay_s)
        writer.write(_whole(200, completion(act.content, finish_reason=act.finish_reason)))
    elif isinstance(act, Raw):
        writer.write(_whole(200, act.body))
    elif isinstance(act, Blank):
        writer.write(_CHUNKED_HEAD)
        for _ in range(act.lines):
            writer.write(_chunk(b"\n"))
            await writer.drain()
            await asyncio.sleep(act.every_s)
        writer.write(
            _chunk(completion(act.then.content, finish_reason=act.then.finish_reason)) + _chunk(b"")
        )
    elif isinstance(act, BreakOff):
        if act.after_bytes:
            whole = _whole(200, completion({"intent": "create", "tasks": [{"title": "x"}]}))
            writer.write(whole[: whole.index(b"\r\n\r\n") + 4 + act.after_bytes])
            await writer.drain()
        return False
    else:
        if act.blank_every_s is not None:
            writer.write(_CHUNKED_HEAD)
        while True:
            await asyncio.sleep(act.blank_every_s or 3600)
            writer.write(_chunk(b"\n"))
            await writer.drain()
    await writer.drain()
    return True


async def _until_gone(reader: asyncio.StreamReader, work: Any) -> bool:
    """The outcome of the act, or False as soon as the client has gone away."""
    acting = asyncio.ensure_future(work)
    # A client that waits for an answer sends nothing: what can come is the end.
    gone = asyncio.ensure_future(_closed(reader))
    try:
        await asyncio.wait({acting, gone}, return_when=asyncio.FIRST_COMPLETED)
        return bool(acting.result()) if acting.done() else False
    finally:
        for task in (acting, gone):
            task.cancel()
        await asyncio.gather(acting, gone, return_exceptions=True)


async def _closed(reader: asyncio.StreamReader) -> None:
    # Not by reading: that could swallow the first byte of the connection's next request.
    while not reader.at_eof():
        await asyncio.sleep(0.01)


async def _read(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str], bytes] | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines if line)
    }
    return method, path, headers, await reader.readexactly(int(headers.get("content-length") or 0))


def _well_formed(body: dict[str, Any]) -> bool:
    messages = body.get("messages")
    return (
        isinstance(body.get("model"), str)
        and isinstance(messages, list)
        and bool(messages)
        and all(
            isinstance(m, dict)
            and m.get("role") in ("system", "user", "assistant")
            and isinstance(m.get("content"), str)
            for m in messages
        )
        and 0 <= body.get("temperature", 1) <= 2
        and 1 <= body.get("max_tokens", 1) <= 8192
    )


_CHUNKED_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
)


def _chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def _error(refusal: Refuse) -> bytes:
    kind, words = _WORDS[refusal.status]
    body = {
        "error": {"message": words, "type": kind, "param": None, "code": "invalid_request_error"}
    }
    headers = {} if refusal.retry_after is None else {"Retry-After": refusal.retry_after}
    return _whole(refusal.status, json.dumps(body).encode(), headers)


def _whole(status: int, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    every = {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **(headers or {}),
    }
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        *(f"{k}: {v}" for k, v in every.items()),
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body


async def _main(arguments: Iterable[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.deepseek")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", default=KEY)
    chosen = parser.parse_args(list(arguments))
    fake = DeepSeek(key=chosen.key)
    await fake.start(chosen.port)
    sys.stdout.write(fake.url + "\n")
    sys.stdout.flush()
    try:
        await asyncio.Event().wait()
    finally:
        await fake.close()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_main(sys.argv[1:]))
