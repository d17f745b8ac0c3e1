"""Tells the open streams of the web channel that there is something new for them.

In this process directly after the commit; what other replicas stored is found by a short poll,
which asks nothing while nobody is listening. It carries no messages: each stream reads its own, so
a lost wake-up is a delay and no loss.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from services.notify import queries
from services.runtime.database import Database
from services.runtime.errors import Unavailable

POLL_S = 0.5
READ_AT_ONCE = 1000


class Feed:
    """Whoever listens, by person."""

    def __init__(self) -> None:
        self._listeners: defaultdict[int, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def listen(self, person: int) -> Iterator[asyncio.Event]:
        """Gives an event that is set whenever there may be something new for this person."""
        news = asyncio.Event()
        self._listeners[person].add(news)
        try:
            yield news
        finally:
            self._listeners[person].discard(news)
            if not self._listeners[person]:
                del self._listeners[person]

    def wake(self, people: Iterable[int]) -> None:
        """There is something new for these."""
        for person in people:
            for news in self._listeners.get(person, ()):
                news.set()

    async def follow(self, database: Database) -> None:
        """Looks for what other replicas stored, for ever."""
        last: int | None = None
        while True:
            await asyncio.sleep(POLL_S)
            try:
                last = await self._look(database, last) if self._listeners else None
            except Unavailable:
                last = None  # then all are woken once it is back

    async def _look(self, database: Database, last: int | None) -> int:
        """Wakes whom the messages after this one concern; returns the last one seen."""
        if last is None:
            found = await database.row(queries.LAST_WEB_ID)
            self.wake(list(self._listeners))  # what came before we knew where to begin
            return 0 if found is None else int(found[0])
        rows = await database.rows(queries.NEW_WEB_MESSAGES, after=last, number=READ_AT_ONCE)
        self.wake({row.person for row in rows})
        return int(rows[-1].id) if rows else last
