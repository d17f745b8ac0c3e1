"""A little of all that the product does, so that each of its metrics has something to tell."""

import asyncio
import contextlib
import itertools
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.system import OWNER, System, running, until
from tests.fakes.deepseek import KEY, DeepSeek
from tests.fakes.telegram import TOKEN as BOT
from tests.fakes.telegram import FakeTelegram
from tests.integration.gateway.cache.conftest import RedisServer

ANA = 9002
CLEAR = "Ana fix the checkout bug by friday 5pm, urgent"
# The grammar is not sure of it, so the model is asked.
UNCLEAR = "could somebody perhaps see to that thing with the printer, you know which"


class Traffic:
    """A boss, Ana, and a program; `round` does everything once.

    Whether they are answered in time is asked elsewhere: the machine may be busy, and a request
    that was not answered is followed by no other.
    """

    def __init__(self, system: System, telegram: FakeTelegram) -> None:
        self._system, self._telegram = system, telegram
        self._numbers = itertools.count(1)

    async def begin(self) -> None:
        """Let there be people."""
        await until(self._ana, within_s=60)

    async def _ana(self) -> bool:
        await self._ask("POST", "/api/people", {"name": "Ana", "telegram_id": ANA})
        told = await self._ask("GET", "/api/people")
        return told is not None and any(one["name"] == "Ana" for one in told["people"])

    async def round(self) -> None:
        """Writes, reads, messages, and what follows from them."""
        await asyncio.gather(self._work(), self._talk(), self._look())

    async def _ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The body of a success, else nothing."""
        answer = await self._system.call(method, path, body, **headers)
        return answer.json() if answer.is_success else None

    async def _work(self) -> None:
        number = next(self._numbers)
        due = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
        body = {"title": f"Check invoice {number}", "assignees": ["Ana"], "deadline": due}
        if task := await self._ask("POST", "/api/tasks", body):
            path = f"/api/tasks/{task['id']}"
            await self._ask("PATCH", path, {"priority": "high"}, If_Match="*")
            await self._ask("POST", f"{path}/comments", {"text": "The client called again."})
            await self._ask("POST", f"{path}:start", {})
            for _ in range(2):
                await self._ask("GET", path)
        batch = [{"title": f"Part {part} of {number}"} for part in range(3)]
        if made := await self._ask("POST", "/api/tasks:batchCreate", {"tasks": batch}):
            ids = [one["id"] for one in made["tasks"]]
            await self._ask("POST", "/api/tasks:batchGet", {"ids": ids})

    async def _talk(self) -> None:
        number = next(self._numbers)
        await self._ask("POST", "/api/messages", {"text": CLEAR.replace("bug", f"bug {number}")})
        await self._ask("POST", "/api/messages", {"text": f"{UNCLEAR} {number}"})
        self._telegram.message(OWNER, f"Ana call client {number} tomorrow")

    async def _look(self) -> None:
        paths = (
            *("/api/tasks", "/api/stats", "/api/dashboard", "/api/me"),
            *("/api/search?q=invoice", "/api/deliveries"),
        )
        for path in paths:
            await asyncio.gather(*(self._ask("GET", path) for _ in range(3)))
        # What a caller does wrong is counted, too.
        await self._ask("GET", "/api/tasks/999999")


@asynccontextmanager
async def whole_system(folder: Path) -> AsyncIterator[tuple[System, Traffic]]:
    """A system that is connected with all that it can be connected with."""
    model, redis_folder = DeepSeek(), tempfile.TemporaryDirectory(prefix="boss-redis-")
    redis = RedisServer(Path(redis_folder.name))
    try:
        redis.start()
        await model.start()
        async with FakeTelegram(open_all=True, limits=False) as telegram:
            outside = {
                "TELEGRAM_BOT_TOKEN": BOT,
                "TELEGRAM_API_URL": telegram.url,
                "DEEPSEEK_API_KEY": KEY,
                "DEEPSEEK_API_URL": model.url,
                "REDIS_URL": redis.url,
            }
            async with running(folder, **outside) as system:
                traffic = Traffic(system, telegram)
                await traffic.begin()
                yield system, traffic
    finally:
        await model.close()
        redis.kill()
        redis_folder.cleanup()


@asynccontextmanager
async def follower(system: System) -> AsyncIterator[None]:
    """Somebody who follows what happens, for as long as the context is open."""
    headers = {"Authorization": f"Bearer {system.token}"}

    async def follow() -> None:
        async with system.client.stream("GET", f"{system.url}/api/events", headers=headers) as told:
            async for _ in told.aiter_lines():
                pass

    following = asyncio.create_task(follow())
    try:
        yield
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError, httpx.TransportError):
            await following
