"""What is written while a statement is under way goes together in the next one."""

import asyncio

import pytest

from services.gateway.together import Together
from services.runtime.errors import Invalid, Unavailable


class Store:
    """Writes numbers; the test lets each statement end, and says what is refused."""

    def __init__(self, *, most=64):
        self.groups = []
        self.gate = asyncio.Semaphore(0)
        self.refused = {}
        self.at_end = []
        self.write = Together(self._write, most=most)

    async def _write(self, numbers):
        self.groups.append(list(numbers))
        await self.gate.acquire()
        for callback in self.at_end:
            asyncio.get_running_loop().call_soon(callback)
        for number in numbers:
            if number in self.refused:
                raise self.refused[number]
        return [number * 10 for number in numbers]

    def go(self, statements=100):
        for _ in range(statements):
            self.gate.release()


async def settled(*tasks):
    return await asyncio.gather(*tasks, return_exceptions=True)


async def turns(number=5):
    for _ in range(number):
        await asyncio.sleep(0)


async def test_one_alone_is_written_at_once():
    store = Store()
    store.go()

    assert await store.write(1) == 10
    assert await store.write(2) == 20
    assert store.groups == [[1], [2]]


async def test_what_comes_meanwhile_is_written_together_and_each_gets_its_own_result():
    store = Store()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(store.write(number)) for number in range(1, 6)]
        await turns()
        store.go()

    assert [task.result() for task in tasks] == [10, 20, 30, 40, 50]
    assert store.groups == [[1], [2, 3, 4, 5]]


async def test_no_statement_takes_more_than_the_most():
    store = Store(most=2)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(store.write(number)) for number in range(1, 7)]
        await turns()
        store.go()

    assert [task.result() for task in tasks] == [10, 20, 30, 40, 50, 60]
    assert store.groups == [[1], [2, 3], [4, 5], [6]]


async def test_a_value_that_cannot_be_stored_fails_its_own_caller_alone():
    store = Store()
    store.refused[3] = Invalid("VALUE_NOT_STORABLE", "no")
    async with asyncio.TaskGroup() as group:
        together = group.create_task(settled(*map(store.write, range(1, 5))))
        await turns()
        store.go()

    assert together.result() == [10, 20, store.refused[3], 40]


async def test_a_database_that_is_away_is_told_to_all_of_a_statement():
    store = Store()
    store.refused[2] = Unavailable("DATABASE_UNAVAILABLE", "away")
    async with asyncio.TaskGroup() as group:
        together = group.create_task(settled(*map(store.write, range(1, 5))))
        await turns()
        store.go()

    assert together.result() == [10, *3 * [store.refused[2]]]
    assert await store.write(5) == 50


async def test_those_whom_a_cancelled_one_wrote_for_are_written_again():
    store = Store()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(store.write(1))
        others = [group.create_task(store.write(number)) for number in (2, 3)]
        await turns()
        store.go(1)
        await first
        await turns()
        others[0].cancel()
        await turns()
        store.go()

    assert others[1].result() == 30
    assert store.groups == [[1], [2, 3], [3]]


@pytest.mark.parametrize("gone", [1, 2, 3])
async def test_one_who_waits_and_is_cancelled_keeps_nobody_from_writing(gone):
    store = Store()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(store.write(number)) for number in range(4)]
        await turns()
        tasks[gone].cancel()
        store.go()

    left = [number for number in range(4) if number != gone]
    assert [tasks[number].result() for number in left] == [number * 10 for number in left]
    assert store.groups == [[0], left[1:]]


async def test_one_who_is_cancelled_as_its_turn_comes_passes_it_on():
    store = Store()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(store.write(number)) for number in range(3)]
        await turns()
        store.at_end.append(tasks[1].cancel)
        store.go()

    assert tasks[2].result() == 20
    assert tasks[1].cancelled()


async def test_a_defect_is_raised_to_each():
    store = Store()
    store.refused.update(dict.fromkeys(range(4), ValueError("a defect")))
    async with asyncio.TaskGroup() as group:
        together = group.create_task(settled(*map(store.write, range(4))))
        await turns()
        store.go()

    assert all(isinstance(error, ValueError) for error in together.result())
