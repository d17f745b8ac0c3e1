"""Having answers made before somebody waits for them: at the start, and after bulk changes.

At the start these are the first page and the dashboard of those whose browsers asked last, which
also opens the connections and makes the plans of the store. After a bulk change, such as an import,
these are the questions that were asked of the workspace last.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from services.gateway import sessions
from services.gateway.caching import metrics
from services.gateway.caching.cache import Cache
from services.gateway.operation import Identity
from services.gateway.problem import Refused
from services.gateway.watch import SETTLES_S, Watch
from services.runtime.database import Database
from services.runtime.errors import ServiceError

PATHS = ("/api/tasks", "/api/dashboard")
# A bulk change goes on for a while: what is made in the middle of it is old at once.
QUIET_S = 0.5

Warm = Callable[[Identity, str], Awaitable[None]]


class Warming:
    """Warms a cache for the life of the process."""

    def __init__(self, cache: Cache, watch: Watch, database: Database, warm: Warm) -> None:
        self._cache = cache
        self._watch = watch
        self._database = database
        self._warm = warm

    async def run(self) -> None:
        """Warm at the start, then after each bulk change."""
        await self._watch.begun.wait()
        # Nothing that is made before is given later.
        await asyncio.sleep(SETTLES_S)
        await self.start()
        while True:
            changed = {await self._watch.bulks.get()}
            with suppress(TimeoutError):
                while True:
                    changed.add(await asyncio.wait_for(self._watch.bulks.get(), QUIET_S))
            for workspace in changed:
                await self._cache.again(workspace)

    async def start(self) -> None:
        """Warm for those whose browsers asked last."""
        for signed in await sessions.latest(self._database):
            who = Identity(signed.workspace, signed.person, session=signed.id)
            for path in PATHS:
                with suppress(ServiceError, Refused):
                    await self._warm(who, path)
                    metrics.CACHE_WARMED.inc()
