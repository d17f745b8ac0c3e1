"""Connections that stay out of their pool for some seconds, for the statements that run most.

SQLAlchemy's pool belongs to a greenlet: to take a connection and to give it back costs about as
much as a small read. Those that come back in good order are lent again, the one used last first;
each goes through its pool every few seconds, which pings it and renews it in time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy.util import greenlet_spawn

from services.runtime.driver_errors import connecting

KEPT_S = 5.0


@dataclass(frozen=True, slots=True)
class Lent:
    """A connection of a pool, and since when it is out of it."""

    fairy: Any
    since: float

    @property
    def driver(self) -> Any:
        """The connection as asyncpg knows it."""
        return self.fairy.driver_connection

    def is_fresh(self, now: float) -> bool:
        """Whether it may stay out of its pool."""
        return now - self.since < KEPT_S and not self.driver.is_closed()


class Connections:
    """Lends the connections of one pool; whoever lends must not want more than it has."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._kept: list[Lent] = []

    def __len__(self) -> int:
        """How many are kept, not lent."""
        return len(self._kept)

    async def lend(self) -> Lent:
        """Raises Unavailable where none can be had."""
        now = time.perf_counter()
        while self._kept:
            kept = self._kept.pop()
            if kept.is_fresh(now):
                return kept
            await greenlet_spawn(kept.fairy.close)
        with connecting():
            return Lent(await greenlet_spawn(self._pool.connect), now)

    async def take_back(self, lent: Lent, *, good: bool) -> None:
        """Keep it where nothing has gone wrong with it, else let the pool see to it."""
        if good and lent.is_fresh(time.perf_counter()):
            self._kept.append(lent)
            return
        if lent.driver.is_in_transaction():
            # Whatever broke off while it was being rolled back: its locks end with it.
            lent.driver.terminate()
        await greenlet_spawn(lent.fairy.close)

    async def return_all(self) -> None:
        """Give the kept ones back to their pool, for others who use it."""
        while self._kept:
            await greenlet_spawn(self._kept.pop().fairy.close)
