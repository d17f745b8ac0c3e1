"""The log's newest events in memory, read once for all who watch, and their waking.

Watchers within the last thousand events read from here, those further behind from the
database; so a slow reader costs nobody else anything and holds nothing. What is told of the head
was read after a numbering pass, and says since when it was so: a heartbeat is never a guess.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from services.runtime.errors import Conflict
from services.task import metrics

BATCH = 500
KEPT = 1_024
HEARTBEAT_S = 0.25
AHEAD_S = 2.0
# How old what a heartbeat says may be. Who hears it trusts it for a second (the gateway's
# watch.py): together that is what a kept answer may be behind at worst.
FRESH_S = 0.5
# Between reads: each costs us two statements, and each watcher a message and more. With many who
# watch it is longer, so that they leave the writers nine tenths of the time (tests/load/log.py).
PACE_S, PACE_MOST_S, PACE_EACH_S = 0.02, 0.035, 0.000_2

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Numbered(Generic[T]):
    """An event in the form that watchers get, with its place in the log."""

    position: int
    event: T


Read = Callable[[int, int], Awaitable[Sequence[Numbered[T]]]]


class Feed(Generic[T]):
    """The end of the log; `run` is its loop, `watch` a reader's view of it."""

    def __init__(self, read: Read[T]) -> None:
        """`read` gives the events behind a position, so many at most."""
        self._read = read
        self._kept: deque[Numbered[T]] = deque(maxlen=KEPT)
        # The events read last, and the position before them: most who watch want just these.
        self._newest: Sequence[Numbered[T]] = ()
        self._before_newest = -1
        self._head: int | None = None
        self._told = 0
        self._told_at = 0.0
        self._fresh_at = 0.0
        self._beats = 0
        self._beat_at = 0.0
        self._watchers = 0
        metrics.HEAD_AGE.set_function(self.age_s)
        self._wake = asyncio.Event()
        self._moved = asyncio.Event()

    @property
    def fresh(self) -> bool:
        """Whether the end of the log is known as of just now."""
        return self.age_s() < FRESH_S

    def age_s(self) -> float:
        """How long ago the end of the log was known for sure."""
        return time.monotonic() - self._fresh_at

    def tell(self, head: int, since: float) -> None:
        """The log reached `head`, as was read at `since` (monotonic) or later."""
        if self._head is None:
            self._head = head
        self._told, self._told_at = max(self._told, head), since
        self._wake.set()

    async def run(self) -> None:
        """Reads what is new as long as the process lives."""
        read_at = -PACE_MOST_S
        while True:
            await self._wake.wait()
            pace_s = min(PACE_MOST_S, max(PACE_S, self._watchers * PACE_EACH_S))
            if (early_s := read_at + pace_s - time.monotonic()) > 0:
                await asyncio.sleep(early_s)
            self._wake.clear()
            told, since = self._told, self._told_at
            while self._head is not None and self._head < told:
                read_at = time.monotonic()
                batch = await self._read(self._head, BATCH)
                if not batch:
                    break
                self._kept.extend(batch)
                self._newest, self._before_newest = batch, self._head
                self._head = batch[-1].position
                self._turn()
            self._fresh_at = since
            metrics.HEAD.set(self._head or 0)
            if time.monotonic() - self._beat_at >= HEARTBEAT_S:
                self._beat_at = time.monotonic()
                self._beats += 1
                self._turn()

    def _turn(self) -> None:
        """Wakes all who watch, at once: a timer of each one's own costs more than its message."""
        self._moved.set()
        self._moved = asyncio.Event()

    async def watch(self, after: int | None) -> AsyncIterator[tuple[Sequence[Numbered[T]], int]]:
        """Events behind `after` (None: from the head on) with the position that they reach.

        Every 250 ms an empty batch comes as a heartbeat; nothing comes while the database does not
        tell where the head is. Raises Conflict POSITION_AHEAD for a position that the log has not
        reached and does not reach soon.
        """
        began, beats = time.monotonic(), -1
        self._watchers += 1
        try:
            while self._head is None:
                await self._moved.wait()
            cursor = self._head if after is None else after
            while True:
                if cursor < self._head:
                    batch = self._from_memory(cursor) or await self._read(cursor, BATCH)
                    if batch:
                        cursor = batch[-1].position
                        yield batch, cursor
                        continue
                elif cursor > self._head and time.monotonic() - began > AHEAD_S:
                    raise _ahead(cursor, self._head)
                elif cursor == self._head and beats < self._beats and self.fresh:
                    beats = self._beats
                    yield (), cursor
                    continue
                await self._moved.wait()
        finally:
            self._watchers -= 1

    def _from_memory(self, cursor: int) -> Sequence[Numbered[T]]:
        """The next events behind the cursor if they are all in memory, else none."""
        if cursor == self._before_newest:
            return self._newest
        kept = self._kept
        if not kept or kept[0].position > cursor + 1:
            return ()
        begin = cursor + 1 - kept[0].position
        return list(islice(kept, begin, begin + BATCH))


def _ahead(cursor: int, head: int) -> Conflict:
    return Conflict(
        "POSITION_AHEAD",
        f"The log ends at {head}, before {cursor}: it is not the one that this position is of. "
        "Begin again from 0.",
    )
