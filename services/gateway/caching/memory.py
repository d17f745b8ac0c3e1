"""Answers kept in this process, bounded in bytes: the one asked for longest ago goes first."""

import time
from collections.abc import Callable
from typing import Any

from cachetools import TLRUCache

from services.gateway.caching import metrics
from services.gateway.caching.kept import Kept, Key, NewEnough

KEPT_BYTES = 32_000_000


class _Bounded(TLRUCache[Key, Kept]):
    """cachetools', counting what it has to drop for want of room."""

    def popitem(self) -> tuple[Key, Kept]:
        metrics.CACHE_EVICTIONS.inc()
        return super().popitem()


class Memory:
    """Keeps answers in memory."""

    def __init__(
        self, *, kept_bytes: int = KEPT_BYTES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._largest = kept_bytes
        self._kept: _Bounded = _Bounded(maxsize=kept_bytes, ttu=_ends, timer=clock, getsizeof=_size)

    async def get(self, key: Key, _new_enough: NewEnough) -> Kept | None:
        """Return what is kept."""
        return self.near(key)

    def near(self, key: Key) -> Kept | None:
        """Return what is kept, without waiting."""
        try:
            return self._kept[key]
        except KeyError:
            return None

    async def put(self, key: Key, kept: Kept) -> None:
        """Keep an answer that fits at all, unless a later one is there."""
        self.note(key, kept)

    def note(self, key: Key, kept: Kept) -> None:
        """Keep an answer that fits at all, unless a later one is there."""
        before = self.near(key)
        if kept.size <= self._largest and (before is None or before.as_of <= kept.as_of):
            self._kept[key] = kept
        metrics.CACHE_BYTES.set(self._kept.currsize)
        metrics.CACHE_ENTRIES.set(len(self._kept))

    async def close(self) -> None:
        """Forget everything."""
        self._kept.clear()


def _ends(_key: Key, kept: Kept, now: Any) -> Any:
    return now + kept.life.seconds


def _size(kept: Kept) -> int:
    return kept.size
