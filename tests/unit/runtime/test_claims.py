"""The claim loop: bounded, woken, and not to be stopped by one claim's error."""

import asyncio

import pytest

from services.runtime import claims
from services.runtime.claims import Wake, retry_at, run
from services.runtime.errors import Unavailable


class Heap:
    """A queue over a list; it is what a table with leases is to the loop."""

    def __init__(self, *claims):
        self.waiting = list(claims)
        self.asked = []
        self.done = []
        self.broken = []
        self.failed = []
        self.at_once = 0
        self.most_at_once = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.news = asyncio.Condition()

    async def claim(self, limit):
        self.asked.append(limit)
        if self.broken:
            raise self.broken.pop()
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return taken

    async def handle(self, claim):
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.gate.wait()
            if claim.startswith("bad"):
                raise ValueError(claim)
        finally:
            self.at_once -= 1
        await self.note(self.done, claim)

    async def fail(self, claim, error):
        if claim == "bad twice":
            raise Unavailable("DATABASE_UNAVAILABLE", "…")
        await self.note(self.failed, (claim, type(error)))

    async def note(self, where, what):
        async with self.news:
            where.append(what)
            self.news.notify_all()

    async def until(self, condition):
        async with self.news:
            await asyncio.wait_for(self.news.wait_for(condition), 5)


@pytest.fixture
async def working():
    tasks = []

    def start(heap, *, wake=None, concurrency=4, poll_s=60.0):
        loop = run("test", heap, wake=wake or Wake(), concurrency=concurrency, poll_s=poll_s)
        tasks.append(asyncio.create_task(loop))

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_all_that_waits_is_worked_off(working):
    heap = Heap(*"abcdefghij")

    working(heap, concurrency=3)
    await heap.until(lambda: len(heap.done) == 10)

    assert sorted(heap.done) == list("abcdefghij")


async def test_no_more_are_handled_at_once_than_told(working):
    heap = Heap(*"abcdefghij")
    heap.gate.clear()

    working(heap, concurrency=3)
    await settled()
    assert heap.at_once == 3
    heap.gate.set()
    await heap.until(lambda: len(heap.done) == 10)

    assert heap.most_at_once == 3
    assert max(heap.asked) == 3


async def test_one_error_stops_nothing(working):
    heap = Heap("a", "bad", "b", "bad twice", "c")

    working(heap, concurrency=1)
    await heap.until(lambda: len(heap.done) == 3)

    assert heap.failed == [("bad", ValueError)]


async def test_what_is_in_hand_is_settled_when_the_loop_ends():
    heap, wake = Heap("a", "b"), Wake()
    heap.gate.clear()
    loop = asyncio.create_task(run("test", heap, wake=wake, concurrency=1, poll_s=60.0))
    await settled()

    loop.cancel()
    await settled()
    heap.gate.set()
    await asyncio.gather(loop, return_exceptions=True)

    assert (heap.done, heap.waiting) == (["a"], ["b"])
    assert loop.cancelled()


async def test_what_takes_too_long_is_cut_off_when_the_loop_ends(monkeypatch):
    monkeypatch.setattr(claims, "SETTLE_S", 0.01)
    heap = Heap("a")
    heap.gate.clear()
    loop = asyncio.create_task(run("test", heap, wake=Wake(), concurrency=1, poll_s=60.0))
    await settled()

    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)

    assert (heap.done, heap.at_once) == ([], 0)


async def test_it_sleeps_until_woken(working):
    heap, wake = Heap(), Wake()
    working(heap, wake=wake)
    await settled()
    asked = len(heap.asked)
    await settled()
    assert len(heap.asked) == asked

    heap.waiting.append("a")
    wake.set()
    await heap.until(lambda: heap.done == ["a"])


async def test_nothing_is_asked_for_again_where_less_was_found_than_asked_for(working):
    heap = Heap("a", "b")

    working(heap, concurrency=3)
    await heap.until(lambda: len(heap.done) == 2)
    await settled()

    assert heap.asked == [3]


async def test_it_looks_by_itself_when_the_poll_is_due(working):
    heap = Heap()
    working(heap, poll_s=0.001)
    await settled()

    heap.waiting.append("a")

    await heap.until(lambda: heap.done == ["a"])


async def test_a_slow_claim_delays_no_other(working):
    heap = Heap("a")
    heap.gate.clear()
    wake = Wake()
    working(heap, wake=wake, concurrency=2)
    await settled()

    heap.waiting.append("b")
    wake.set()
    await settled()

    assert heap.at_once == 2


async def test_a_database_that_goes_away_is_asked_again(working):
    heap = Heap("a")
    heap.broken.append(Unavailable("DATABASE_UNAVAILABLE", "…"))

    working(heap)

    await heap.until(lambda: heap.done == ["a"])


async def test_cancelling_the_loop_cancels_what_it_handles(working):
    heap = Heap("a")
    heap.gate.clear()
    loop = asyncio.create_task(run("test", heap, wake=Wake(), concurrency=1, poll_s=60))
    await settled()
    assert heap.at_once == 1

    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)

    assert heap.at_once == 0
    assert heap.failed == []


async def settled():
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("attempt", "least", "most"),
    [(1, 0.5, 1), (2, 1, 2), (5, 8, 16), (30, 1800, 3600), (999, 1800, 3600)],
)
def test_retries_come_ever_later_and_spread(attempt, least, most):
    assert retry_at(attempt, chance=0.0).total_seconds() == least
    assert retry_at(attempt, chance=1.0).total_seconds() == most
    assert least <= retry_at(attempt).total_seconds() <= most
