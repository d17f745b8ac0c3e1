"""Named coroutines that live as long as their process: one that dies is logged, counted, restarted.

The one place that makes tasks which nobody awaits, so none is lost and none dies silently.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from services.runtime import logs, metrics

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 10.0
HEALTHY_AFTER_S = 30.0
STOP_S = 1.0

_log = logs.logger("supervise")


def pause_s(deaths: int, *, chance: float) -> float:
    """Return how long to wait after this many deaths in a row; `chance` from 0 to 1 spreads it."""
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(deaths - 1, 20))
    return longest * (0.5 + chance / 2)


class Supervisor:
    """Owns long-lived coroutines; `close` cancels them and waits for their end."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Run this until it returns, again and again after errors, until `close`."""
        metrics.RESTARTS.labels(name)
        task = asyncio.get_running_loop().create_task(_keep(name, run), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Cancel all and wait for them, a second at most."""
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=STOP_S)
            for task in late:
                _log.error("does not stop", name=task.get_name())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


async def _keep(name: str, run: Callable[[], Awaitable[None]]) -> None:
    deaths = 0
    while True:
        began = time.monotonic()
        try:
            await run()
        except Exception:  # noqa: BLE001 -- the edge of a coroutine
            deaths = 1 if time.monotonic() - began > HEALTHY_AFTER_S else deaths + 1
            wait_s = pause_s(deaths, chance=random.random())  # noqa: S311 -- no secret
            metrics.RESTARTS.labels(name).inc()
            _log.exception("died, begins again", name=name, again_in_s=round(wait_s, 2))
            await asyncio.sleep(wait_s)
        else:
            return
