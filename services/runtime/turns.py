"""Turns at the connections of a pool: first come, first served, and nobody waits for ever."""

import asyncio
from types import TracebackType

from services.runtime.driver_errors import busy


class Turns:
    """`async with turns:` while one has a connection. Raises Unavailable DATABASE_BUSY."""

    def __init__(self, many: int, *, wait_s: float) -> None:
        self._free = asyncio.Semaphore(many)
        self._wait_s = wait_s
        self.waiting = 0

    async def __aenter__(self) -> None:
        if not self._free.locked():
            await self._free.acquire()  # without waiting
            return
        self.waiting += 1
        try:
            async with asyncio.timeout(self._wait_s):
                await self._free.acquire()
        except TimeoutError as error:
            raise busy() from error
        finally:
            self.waiting -= 1

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._free.release()
