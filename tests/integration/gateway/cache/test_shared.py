"""Answers kept in a real Redis, by two gateways of one installation."""

import time

import pytest
from prometheus_client import REGISTRY

from services.gateway.answer import json
from services.gateway.caching.kept import Kept, Key, Life, NewEnough
from services.gateway.caching.memory import Memory
from services.gateway.caching.shared import Shared
from services.runtime.errors import SettingsError
from services.runtime.parse import SecretStr
from services.runtime.settings import Settings
from services.runtime.shared import FAILURES

KEY = Key(1, 7, "/api/tasks", b"per_page=5")


def kept(as_of: int, **more) -> Kept:
    answer = json({"at": as_of}, headers=((b"etag", b'"1"'),), as_of=as_of, **more)
    return Kept(answer, as_of, time.time(), Life.RESPONSE)


def since(position: int) -> NewEnough:
    return lambda found: found.as_of >= position


def settings(key: str) -> Settings:
    return Settings(service_key=SecretStr(key))


@pytest.fixture
async def gateways(redis_server):
    key = settings("k" * 40)
    made = [Shared.at(redis_server.url, key, Memory()) for _ in range(2)]
    yield made
    for each in made:
        await each.close()


async def test_what_one_gateway_keeps_another_gives(gateways):
    one, other = gateways
    await one.put(KEY, kept(5, clocked=True))

    found = await other.get(KEY, since(5))

    assert found is not None
    assert found.as_of == 5
    assert found.answer.body == b'{"at":5}'
    assert found.answer.headers == ((b"etag", b'"1"'),)
    assert found.answer.clocked
    assert found.life is Life.RESPONSE


async def test_what_is_old_here_may_be_new_there(gateways):
    one, other = gateways
    await one.put(KEY, kept(5))
    await other.put(KEY, kept(9))

    found = await one.get(KEY, since(8))

    assert found is not None
    assert found.as_of == 9


async def test_another_installation_in_the_same_redis_has_its_own(gateways, redis_server):
    await gateways[0].put(KEY, kept(5))
    stranger = Shared.at(redis_server.url, settings("x" * 40), Memory())

    assert await stranger.get(KEY, since(0)) is None

    await stranger.close()


async def test_a_killed_redis_leaves_each_what_it_has_itself(gateways, redis_server):
    one, other = gateways
    await one.put(KEY, kept(5))

    redis_server.kill()

    found = await one.get(KEY, since(5))
    assert found is not None
    assert found.as_of == 5
    assert await other.get(KEY, since(0)) is None
    await other.put(KEY, kept(6))
    assert await other.get(KEY, since(6)) is not None


async def test_a_redis_that_hangs_is_soon_left_alone(gateways, redis_server):
    one, _ = gateways
    await one.put(KEY, kept(5))
    redis_server.hang()
    for _ in range(FAILURES):
        assert await one.get(Key(1, 8, "/", b""), since(0)) is None

    assert REGISTRY.get_sample_value("boss_breaker_open", {"api": "redis"}) == 1


def test_an_address_that_is_none_stops_the_start():
    with pytest.raises(SettingsError, match="REDIS_URL"):
        Shared.at("http://nowhere", settings("k" * 40), Memory())
