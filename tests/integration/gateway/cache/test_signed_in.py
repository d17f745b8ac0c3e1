"""Sessions that are in use: asked for seldom, ended at once here and within a second elsewhere."""

from datetime import timedelta

import asyncpg
import pytest

from services.gateway import sessions
from services.gateway.schema import SCHEMA
from services.gateway.signed_in import HOLDS_S, USED_WITHIN_S, SignedIn
from services.runtime import migrate
from services.runtime.database import Database
from services.runtime.errors import NotFound


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def database(settings):
    await migrate.upgrade(settings, schema=SCHEMA, package="services.gateway")
    database = Database(settings, schema=SCHEMA)
    yield database
    await database.close()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def signed_in(database, clock):
    return SignedIn(database, clock=clock)


@pytest.fixture
async def browser(database):
    return await sessions.begin(database, workspace=1, person=7, user_agent="a browser")


async def end_elsewhere(database, browser):
    """As another gateway does."""
    await sessions.end(database, browser.id, person=7)


async def test_a_session_that_is_in_use_is_not_looked_up_again(database, signed_in, browser):
    first = await signed_in.find(browser.secret)
    await end_elsewhere(database, browser)

    assert first == await signed_in.find(browser.secret) == sessions.Signed(browser.id, 1, 7)


async def test_what_another_gateway_ends_ends_within_a_second(database, signed_in, browser, clock):
    await signed_in.find(browser.secret)
    await end_elsewhere(database, browser)

    clock.now += HOLDS_S

    assert await signed_in.find(browser.secret) is None


async def test_a_look_at_all_in_use_finds_what_has_ended(database, signed_in, browser):
    other = await sessions.begin(database, workspace=1, person=7, user_agent="another")
    for each in (browser, other):
        await signed_in.find(each.secret)
    await end_elsewhere(database, browser)

    await signed_in.check()

    assert await signed_in.find(browser.secret) is None
    assert await signed_in.find(other.secret) is not None


async def test_a_look_at_all_in_use_lets_them_hold_for_longer(signed_in, database, browser, clock):
    await signed_in.find(browser.secret)
    clock.now += HOLDS_S / 2
    await signed_in.check()
    await end_elsewhere(database, browser)
    clock.now += HOLDS_S / 2

    assert await signed_in.find(browser.secret) is not None


async def test_what_is_ended_here_ends_at_once(signed_in, browser):
    await signed_in.find(browser.secret)

    with pytest.raises(NotFound):
        await signed_in.end(browser.id, person=8)
    await signed_in.end(browser.id, person=7)

    assert await signed_in.find(browser.secret) is None


async def test_what_nobody_uses_any_more_is_looked_up(database, signed_in, browser, clock):
    await signed_in.find(browser.secret)
    clock.now += USED_WITHIN_S
    await end_elsewhere(database, browser)
    await signed_in.check()

    assert await signed_in.find(browser.secret) is None


async def test_a_use_is_noted_though_nobody_looks_it_up(settings, database, signed_in, browser):
    await signed_in.find(browser.secret)
    connection = await asyncpg.connect(settings.database_url.get_secret_value())
    try:
        await connection.execute(
            "UPDATE gateway.sessions SET used_at = used_at - $1::interval", timedelta(hours=1)
        )
        await signed_in.check()
        used = await connection.fetchval(
            "SELECT now() - used_at FROM gateway.sessions WHERE id = $1", browser.id
        )
    finally:
        await connection.close()

    assert used < timedelta(minutes=1)


async def test_without_caches_each_session_is_looked_up(database, browser):
    signed_in = SignedIn(database, kept=False)
    await signed_in.find(browser.secret)
    await end_elsewhere(database, browser)

    assert await signed_in.find(browser.secret) is None
