"""Reads a stream of the log ahead of the storing: all that has come meanwhile goes together.

It stops reading where too much waits; the stream's own flow control holds `task` back then.
"""

import asyncio
from collections import deque
from dataclasses import dataclass

from boss.task.v1 import event_pb2

from services.runtime.client import Responses
from services.runtime.errors import ServiceError

# What is stored in one transaction at most; as much again may wait.
TOGETHER = 200


@dataclass(frozen=True, slots=True)
class Told:
    """Events that follow each other, none for a heartbeat; `head`: how far the log goes."""

    events: tuple[event_pb2.Event, ...]
    head: int


class Ahead:
    """What a stream has told and nobody has taken yet; `read` runs beside whoever takes."""

    def __init__(self, stream: Responses) -> None:
        self._stream = stream
        self._waiting: deque[event_pb2.Event] = deque()
        self._head = 0
        self._ended = False
        self._broken: ServiceError | None = None
        self._news = asyncio.Event()
        self._room = asyncio.Event()

    async def read(self) -> None:
        """Read until the stream ends or breaks."""
        try:
            async for response in self._stream:
                self._waiting.extend(response.events)
                self._head = response.head
                self._news.set()
                while len(self._waiting) > TOGETHER:
                    self._room.clear()
                    await self._room.wait()
        except ServiceError as error:
            self._broken = error
        finally:
            self._ended = True
            self._news.set()

    async def take(self) -> Told | None:
        """Return what waits, as soon as the stream tells anything; None where it has ended.

        Raises what the stream broke by, once all that it told before is taken.
        """
        await self._news.wait()
        if self._ended and not self._waiting:
            if self._broken is not None:
                raise self._broken
            return None
        number = min(len(self._waiting), TOGETHER)
        taken = tuple(self._waiting.popleft() for _ in range(number))
        if not (self._waiting or self._ended):
            self._news.clear()
        self._room.set()
        return Told(taken, self._head)
