"""What a request is answered with: a whole body, or a stream that runs until somebody ends it.

Bodies are encoded by msgspec and, when they are over 1,000 bytes and the asker takes it,
compressed here, once, instead of by a middleware that would wrap each answer.
"""

import zlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from starlette.types import Scope, Send

Header = tuple[bytes, bytes]

JSON = b"application/json"
EVENTS = b"text/event-stream; charset=utf-8"
GZIP_OVER_BYTES = 1000
GZIP_LEVEL = 4
_GZIP_WINDOW = 31  # zlib's way to say: the largest window, in a gzip envelope

encode = msgspec.json.Encoder().encode


class Packed:
    """The compressed form of a body that is sent more than once, made when first asked for."""

    __slots__ = ("_body", "_packed")

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._packed: bytes | None = None

    def get(self) -> bytes:
        """Return the compressed body."""
        if self._packed is None:
            self._packed = _compressed(self._body)
        return self._packed


class Shown(NamedTuple):
    """A task that an answer shows whole: its name, its version, its JSON.

    `raw` is the JSON as a msgspec.Raw, which may stand wherever a shapes.Task may.
    """

    name: str
    etag: str
    body: bytes
    raw: Any


class Span(NamedTuple):
    """From when until when the clock leaves an answer as it is: business time, in seconds."""

    begins: float
    ends: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a whole body, and what headers go with it besides type and length.

    With `as_of`, the head of the log that it was read at, it may be kept; `clocked` where it
    depends on the time of day too, for this `span` where that is known; and with `of_task` where
    only what touches this task changes it. With `for_all` it is the same, word for word, for
    whoever sees all tasks of the workspace; then the tasks that it has `shown` are known as well.
    """

    status: int
    body: bytes = b""
    headers: tuple[Header, ...] = ()
    media_type: bytes = JSON
    as_of: int | None = None
    clocked: bool = False
    of_task: str = ""
    packed: Packed | None = None
    span: Span | None = None
    for_all: bool = False
    shown: Sequence[Shown] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """Server-sent events, or a file, each a piece as it goes out.

    A `whole` one is of use only to its end: where it breaks off, so does the connection.
    """

    pieces: AsyncIterator[bytes]
    headers: tuple[Header, ...] = ()
    media_type: bytes = EVENTS
    whole: bool = False


def json(
    value: Any,
    status: int = 200,
    *,
    headers: tuple[Header, ...] = (),
    as_of: int | None = None,
    clocked: bool = False,
    of_task: str = "",
    span: Span | None = None,
    for_all: bool = False,
    shown: Sequence[Shown] = (),
) -> Answer:
    """Return an answer with this value as its JSON body."""
    return Answer(
        status,
        encode(value),
        headers,
        as_of=as_of,
        clocked=clocked,
        of_task=of_task,
        span=span,
        for_all=for_all,
        shown=shown,
    )


NO_CONTENT = Answer(204)


def header(scope: Scope, name: bytes) -> str | None:
    """Return the last header of this (lower-case) name, None where there is none."""
    found = None
    for key, value in scope["headers"]:
        if key == name:
            found = value
    return None if found is None else found.decode("latin-1")


def entity_tag(etag: str) -> Header:
    """Return the ETag header of something whose version this is."""
    return (b"etag", b'"' + etag.encode("ascii", "replace") + b'"')


def tags(header: str | None) -> list[str]:
    """Return the versions in If-Match or If-None-Match, without quotes and W/; "*" stays."""
    if header is None:
        return []
    return [tag.strip().removeprefix("W/").strip('"') for tag in header.split(",") if tag.strip()]


async def send(answer: Answer, scope: Scope, outgoing: Send, *, extra: list[Header]) -> None:
    """Send a whole answer; a HEAD gets the headers alone."""
    body = answer.body
    headers = [*extra, *answer.headers]
    if body or answer.status not in (204, 304):
        headers.append((b"content-type", answer.media_type))
        if len(body) > GZIP_OVER_BYTES:
            headers.append((b"vary", b"accept-encoding"))
            if takes_gzip(scope) and not _encoded(answer.headers):
                body = _compressed(body) if answer.packed is None else answer.packed.get()
                headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-length", str(len(body)).encode()))
    await outgoing({"type": "http.response.start", "status": answer.status, "headers": headers})
    if scope["method"] == "HEAD":
        body = b""
    await outgoing({"type": "http.response.body", "body": body})


def takes_gzip(scope: Scope) -> bool:
    """Return whether the asker takes gzip."""
    accepted = header(scope, b"accept-encoding")
    if accepted is None or "gzip" not in accepted:
        return False
    for coding in accepted.split(","):
        name, _, weight = coding.partition(";")
        if name.strip() == "gzip":
            return weight.strip().replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _encoded(headers: tuple[Header, ...]) -> bool:
    return any(name == b"content-encoding" for name, _ in headers)


def _compressed(body: bytes) -> bytes:
    packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    return packer.compress(body) + packer.flush()
