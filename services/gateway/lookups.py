"""Looking things up without keeping them, once for all who ask meanwhile.

A look-up that is on its way when somebody asks may have left too early to know what they know, so
they wait for the next one, which is for all who have come by then. What is told is never older than
the question, and however many ask, one look-up of a thing is on its way.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Lookups(Generic[K, V]):
    """Look-ups of one kind, by what is looked up."""

    def __init__(self) -> None:
        self._running: dict[K, asyncio.Future[V]] = {}
        self._next: dict[K, asyncio.Future[V]] = {}

    async def get(self, key: K, look: Callable[[], Awaitable[V]]) -> V:
        """Return what `look` finds, or what that of another who came meanwhile found."""
        coming = self._next.get(key)
        if coming is None:
            return await self._looked(key, look)
        try:
            return await asyncio.shield(coming)
        except asyncio.CancelledError:
            if not coming.cancelled():
                raise
            # Whoever was to look has gone.
            return await self.get(key, look)

    async def _looked(self, key: K, look: Callable[[], Awaitable[V]]) -> V:
        mine: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        try:
            before = self._running.get(key)
            if before is not None:
                self._next[key] = mine
                await asyncio.wait([before])
                del self._next[key]
            self._running[key] = mine
            found = await look()
        except Exception as error:
            mine.set_exception(error)
            # Nobody may be waiting, and then nobody fetches it.
            mine.exception()
            raise
        except asyncio.CancelledError:
            mine.cancel()
            raise
        else:
            mine.set_result(found)
            return found
        finally:
            for where in (self._running, self._next):
                if where.get(key) is mine:
                    del where[key]
