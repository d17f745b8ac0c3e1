"""Answers kept in this process, bounded in bytes: the one asked for longest ago goes first.

Tasks that a list has shown are kept by the dozen with each list, so that keeping one has to be
cheap: cachetools' TLRU, which holds ends in a heap of objects compared in Python, took 40 µs for
each. All answers of one life end in the order in which they were kept, so a queue for each life
does.
"""

import time
from collections import OrderedDict
from collections.abc import Callable

from services.gateway.caching import metrics
from services.gateway.caching.kept import Kept, Key, Life, NewEnough

KEPT_BYTES = 32_000_000


class Memory:
    """Keeps answers in memory."""

    def __init__(
        self, *, kept_bytes: int = KEPT_BYTES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = kept_bytes
        self._clock = clock
        self._bytes = 0
        # In the order in which they were asked for.
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        # When each ends, in the order in which they were kept; which is the order of their ends.
        self._ends: dict[Life, OrderedDict[Key, float]] = {life: OrderedDict() for life in Life}

    async def get(self, key: Key, _new_enough: NewEnough) -> Kept | None:
        """Return what is kept."""
        return self.near(key)

    def near(self, key: Key) -> Kept | None:
        """Return what is kept, without waiting."""
        kept = self._kept.get(key)
        if kept is None or self._ends[kept.life][key] <= self._clock():
            return None
        self._kept.move_to_end(key)
        return kept

    async def put(self, key: Key, kept: Kept) -> None:
        """Keep an answer that fits at all, unless a later one is there."""
        self.note(key, kept)
        metrics.CACHE_BYTES.set(self._bytes)
        metrics.CACHE_ENTRIES.set(len(self._kept))

    def note(self, key: Key, kept: Kept) -> None:
        """Keep an answer that fits at all, unless a later one is there."""
        before = self._kept.get(key)
        if kept.size > self._most or (before is not None and before.as_of > kept.as_of):
            return
        if before is not None:
            self._drop(key, before)
        now = self._clock()
        self._kept[key] = kept
        self._ends[kept.life][key] = now + kept.life.seconds
        self._bytes += kept.size
        self._drop_ended(now)
        while self._bytes > self._most:
            self._drop(*next(iter(self._kept.items())))
            metrics.CACHE_EVICTIONS.inc()

    async def close(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._bytes = 0
        for ends in self._ends.values():
            ends.clear()

    def _drop_ended(self, now: float) -> None:
        for ends in self._ends.values():
            while ends:
                key, at = next(iter(ends.items()))
                if at > now:
                    break
                self._drop(key, self._kept[key])

    def _drop(self, key: Key, kept: Kept) -> None:
        del self._kept[key]
        del self._ends[kept.life][key]
        self._bytes -= kept.size
