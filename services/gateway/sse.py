"""Server-sent events: how a piece looks on the wire, and following a stream of a service.

A stream here outlives the stream behind it: when a service goes away it is asked again from where
it broke off, so a browser sees a pause and misses nothing. Who reads and when it ends is the
edge's business (`app.py`); an empty piece gives it a chance to look.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from services.gateway.answer import encode
from services.runtime.client import Responses
from services.runtime.errors import DeadlineExceeded, Unavailable

RETRY_MS = 1_000
HEARTBEAT_S = 10.0
AGAIN_AFTER_S = 0.3
DIGITS = 18  # of a number that surely is an int64

OPENING = f"retry: {RETRY_MS}\n: hello\n\n".encode()
HEARTBEAT = b": still here\n\n"
NOTHING = b""


def piece(event: str, value: Any, number: int) -> bytes:
    """Return one event; our JSON has no line breaks, so it is one line of data."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (number, event.encode(), encode(value))


def place(number: int) -> bytes:
    """Return what tells a browser where it stands, without an event (WHATWG HTML, 9.2.6)."""
    return b": here\nid: %d\n\n" % number


def last_id(header: str | None) -> int | None:
    """Return the Last-Event-ID, None where it is none of ours."""
    if header is None or len(header) > DIGITS or not (header.isascii() and header.isdecimal()):
        return None
    return int(header)


class Pulse:
    """Tells when a heartbeat is due: when nothing was sent for a while."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last = clock()

    def sent(self) -> None:
        """Note that something was sent."""
        self._last = self._clock()

    def beat(self) -> bytes:
        """Return a heartbeat where one is due, else nothing."""
        if self._clock() - self._last < HEARTBEAT_S:
            return NOTHING
        self._last = self._clock()
        return HEARTBEAT


async def resumed(open_stream: Callable[[], Responses]) -> AsyncIterator[Any]:
    """Yield what a service tells, on and on; None where a stream broke off.

    `open_stream` opens one from where the last one ended.
    """
    while True:
        try:
            async with open_stream() as responses:
                async for told in responses:
                    yield told
        except (Unavailable, DeadlineExceeded):
            pass
        yield None
        await asyncio.sleep(AGAIN_AFTER_S)
