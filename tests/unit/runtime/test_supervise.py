"""Long-lived coroutines: begun again when they die, ended when told."""

import asyncio

import pytest

from services.runtime.supervise import Supervisor, pause_s


async def test_one_that_dies_begins_again():
    lives = []
    third = asyncio.Event()

    async def mortal():
        lives.append(1)
        if len(lives) == 3:
            third.set()
            await asyncio.Event().wait()
        raise ValueError

    async with Supervisor() as supervisor:
        supervisor.start("mortal", mortal)
        await asyncio.wait_for(third.wait(), 5)

    assert len(lives) == 3


async def test_one_that_returns_is_done():
    lives = []
    done = asyncio.Event()

    async def short():
        lives.append(1)
        done.set()

    async with Supervisor() as supervisor:
        supervisor.start("short", short)
        await done.wait()
        await asyncio.sleep(0)

    assert lives == [1]


async def test_closing_cancels_and_waits():
    began, ended = asyncio.Event(), []

    async def lasting():
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(1)

    async with Supervisor() as supervisor:
        supervisor.start("lasting", lasting)
        await began.wait()

    assert ended == [1]


@pytest.mark.parametrize(("deaths", "least", "most"), [(1, 0.05, 0.1), (2, 0.1, 0.2), (99, 5, 10)])
def test_the_pause_grows_to_a_limit(deaths, least, most):
    assert pause_s(deaths, chance=0.0) == least
    assert pause_s(deaths, chance=1.0) == most
