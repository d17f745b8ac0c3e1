"""Writers and readers side by side over two gateways and two stores: nobody is told of less than
is promised. Own writes are seen at once, in whichever replica; others' within 1.5 s.

Each writer counts up in the title of a task of its own, so that an answer tells how old it is.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

import httpx
import pytest

from tests.integration.gateway.cache.pair import Pair

SEEN_WITHIN_S = 1.5
WRITERS, READERS, WRITES = 3, 3, 25
LIST = "/api/tasks?per_page=50"


class Check:
    """What was written and when it was acknowledged, and whether what is read is new enough."""

    def __init__(self, pair: Pair, *, outage: bool) -> None:
        self._pair = pair
        self._outage = outage
        self._acknowledged: dict[str, list[tuple[float, int]]] = {}
        self.position = 0
        self.written = 0
        self.read = 0
        self.half = asyncio.Event()
        self.over = asyncio.Event()

    async def begin(self) -> None:
        for number in range(WRITERS):
            made = await self._pair.clients[0].post("/api/tasks", json={"title": f"{number} 0"})
            assert made.status_code == httpx.codes.CREATED, made.text
            self._acknowledged[made.json()["id"]] = [(time.monotonic(), 0)]

    async def run(self, disturb: Callable[[], Awaitable[None]] | None = None) -> None:
        writing = [self._write(task, seed) for seed, task in enumerate(self._acknowledged)]
        async with asyncio.TaskGroup() as group:
            for seed in range(READERS):
                group.create_task(self._keep_reading(seed))
            if disturb is not None:
                group.create_task(disturb())
            await asyncio.gather(*writing)
            self.over.set()

    async def _write(self, task: str, seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 -- no secret
        for number in range(1, WRITES + 1):
            if not await self._written(task, number, chance.randrange(2)):
                continue
            self.written += 1
            if self.written >= WRITERS * WRITES // 2:
                self.half.set()

    async def _written(self, task: str, number: int, index: int) -> bool:
        """Write, then read it back from both gateways at once; False where a part was down."""
        try:
            answer = await self._pair.clients[index].patch(
                f"/api/tasks/{task}", json={"title": f"x {number}"}, headers={"If-Match": "*"}
            )
        except httpx.TransportError:
            assert self._outage
            return False
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            assert self._outage, answer.text
            return False
        assert answer.status_code == httpx.codes.OK, answer.text
        self._acknowledged[task].append((time.monotonic(), number))
        told = answer.headers["x-boss-position"]
        self.position = max(self.position, int(told))
        one, listed, other = await asyncio.gather(
            self._pair.get(index, f"/api/tasks/{task}"),
            self._pair.get(index, LIST),
            self._pair.get(1 - index, LIST, **{"X-Boss-Position": told}),
        )
        if one is not None:
            assert version(one) >= number, "an own write is not in the task"
        for found, where in ((listed, "here"), (other, "in the other replica")):
            if found is not None:
                assert versions(found)[task] >= number, f"an own write is not seen {where}"
        return True

    async def _keep_reading(self, seed: int) -> None:
        chance = random.Random(1_000 + seed)  # noqa: S311 -- no secret
        while not self.over.is_set():
            index, task = chance.randrange(2), chance.choice(list(self._acknowledged))
            asks = time.monotonic() - SEEN_WITHIN_S
            if chance.random() < 0.5:
                found = await self._pair.get(index, LIST)
                seen = {} if found is None else versions(found)
            else:
                found = await self._pair.get(index, f"/api/tasks/{task}")
                seen = {} if found is None else {task: version(found)}
            if found is None:
                assert self._outage, "nothing was answered"
                await asyncio.sleep(0.01)
            for each, shown in seen.items():
                least = max(
                    (n for at, n in self._acknowledged.get(each, ()) if at <= asks), default=0
                )
                assert shown >= least, f"{least} was acknowledged long ago, {shown} is told"
            self.read += 1

    async def end(self) -> None:
        """Both gateways tell the same, and of everything."""
        last = {task: acks[-1][1] for task, acks in self._acknowledged.items()}
        for index in range(2):
            found = await self._pair.get(index, LIST, **{"X-Boss-Position": str(self.position)})
            shown = versions(found)
            assert all(shown[task] >= number for task, number in last.items())


def version(task: dict[str, str]) -> int:
    return int(task["title"].rpartition(" ")[2])


def versions(page: dict[str, list[dict[str, str]]]) -> dict[str, int]:
    return {task["id"]: version(task) for task in page["tasks"]}


@pytest.fixture
async def opened(databases, tmp_path):
    made: list[Pair] = []

    async def open_pair(**more: str) -> Pair:
        pair = Pair(databases.new(), tmp_path, **more)
        made.append(pair)
        await pair.open()
        return pair

    yield open_pair
    for pair in made:
        await pair.close()


async def checked(pair: Pair, disturb: Callable[[Check], Awaitable[None]] | None = None) -> None:
    check = Check(pair, outage=disturb is not None)
    before = [await pair.hits(index) for index in range(2)]
    await check.begin()
    await check.run(None if disturb is None else lambda: disturb(check))
    for index in range(2):
        await pair.wait_kept(index)
    await check.end()
    assert check.written > WRITERS * WRITES // 4
    for index in range(2):
        assert await pair.hits(index) > before[index]


@pytest.mark.timeout(120)
async def test_writes_are_seen_as_promised_over_memory(opened):
    await checked(await opened())


@pytest.mark.timeout(120)
async def test_writes_are_seen_as_promised_over_redis_also_when_it_dies(opened, redis_server):
    pair = await opened(REDIS_URL=redis_server.url)

    async def kill_redis(check: Check) -> None:
        await check.half.wait()
        redis_server.kill()

    check = Check(pair, outage=False)
    await check.begin()
    await check.run(lambda: kill_redis(check))
    await check.end()


@pytest.mark.timeout(120)
async def test_a_store_that_dies_costs_answers_and_never_truth(opened):
    pair = await opened()

    async def kill_store(check: Check) -> None:
        await check.half.wait()
        pair.kill("task", 1)
        pair.start("task", 1)

    await checked(pair, kill_store)
