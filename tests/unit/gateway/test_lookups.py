"""Looking up without keeping: never older than the question, never twice at once."""

import asyncio

import pytest

from services.gateway.lookups import Lookups
from services.runtime.errors import Unavailable
from tests.unit.gateway.cached import turns


class Truth:
    """A number that can be looked up, each time when the test lets it."""

    def __init__(self) -> None:
        self.number = 0
        self.looks = 0
        self.go = asyncio.Semaphore(0)
        self.broken = False
        self._lookups = Lookups[str, int]()

    async def look(self) -> int:
        self.looks += 1
        found = self.number
        await self.go.acquire()
        if self.broken:
            raise Unavailable("UNAVAILABLE", "It is not there.")
        return found

    def ask(self, key: str = "it") -> asyncio.Task[int]:
        return asyncio.create_task(self._lookups.get(key, self.look))


@pytest.fixture
def truth():
    return Truth()


async def test_who_comes_meanwhile_is_told_what_is_true_then(truth):
    first = truth.ask()
    await turns()
    truth.number = 1
    later = [truth.ask() for _ in range(100)]
    await turns()
    truth.go.release()
    await turns()
    truth.go.release()

    assert await first == 0
    assert set(await asyncio.gather(*later)) == {1}
    assert truth.looks == 2


async def test_each_thing_is_looked_up_for_itself(truth):
    asking = [truth.ask("one"), truth.ask("other")]
    await turns()

    assert truth.looks == 2
    truth.go.release()
    truth.go.release()
    await asyncio.gather(*asking)


async def test_who_waits_hears_of_a_failure_and_the_next_looks_again(truth):
    truth.broken = True
    first = truth.ask()
    await turns()
    second, third = truth.ask(), truth.ask()
    await turns()
    truth.go.release()
    truth.go.release()

    failed = await asyncio.gather(first, second, third, return_exceptions=True)
    assert [type(each) for each in failed] == [Unavailable] * 3
    truth.broken = False
    truth.go.release()
    assert await truth.ask() == 0


@pytest.mark.parametrize("gone", [0, 1], ids=["who is looking", "who is to look next"])
async def test_who_goes_takes_nobody_along(truth, gone):
    asking = [truth.ask()]
    await turns()
    asking += [truth.ask(), truth.ask()]
    await turns()
    asking[gone].cancel()
    for _ in range(3):
        truth.go.release()

    stay = [each for each in asking if each is not asking[gone]]
    assert await asyncio.gather(*stay) == [0, 0]
