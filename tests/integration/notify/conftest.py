"""A notify that runs whole: real PostgreSQL, real gRPC on both sides, Telegram over sockets."""

import asyncio
import uuid
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest
from boss.notify.v1 import delivery_pb2, notify_service_pb2, notify_service_pb2_grpc
from boss.task.v1 import person_pb2

from services.notify.__main__ import main
from services.runtime import clock, migrate
from services.runtime.client import Peer
from services.runtime.errors import ServiceError
from services.runtime.settings import Settings, load_settings
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.integration.notify import log as logs
from tests.integration.notify.log import ANA, BEN, DANA, OWNER, Log, person

WAITING = {delivery_pb2.DELIVERY_STATE_PENDING, delivery_pb2.DELIVERY_STATE_RETRYING}
CHATS = {OWNER: 9001, DANA: 9002, ANA: 9003, BEN: 9004}


@pytest.fixture(scope="session")
def template(databases, tmp_path_factory):
    """The name of a database with the schema, of which each test gets a copy."""
    settings = settings_for(databases.new(), tmp_path_factory.mktemp("state"))
    asyncio.run(migrate.upgrade(settings, schema="notify", package="services.notify"))
    return name_in(settings.database_url.get_secret_value())


def name_in(url):
    return url.split("?")[0].rsplit("/", 1)[1]


def settings_for(url, state, **more):
    return load_settings(
        {"DATABASE_URL": url, "BOSS_STATE_DIR": str(state), "BOSS_DB_POOL_SIZE": "6", **more}
    )


@pytest.fixture
def database(postgres, databases, template):
    """The address of a database of the test's own."""
    name = f"notify_{uuid.uuid4().hex}"
    databases.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return postgres.url.replace(f"/{name_in(postgres.url)}?", f"/{name}?")


@pytest.fixture
async def telegram():
    async with FakeTelegram() as telegram:
        telegram.open(*CHATS.values())
        yield telegram


@pytest.fixture
def state(tmp_path_factory):
    return tmp_path_factory.mktemp("s")


@pytest.fixture
def settings(database, telegram, state):
    """Settings whose business time begins when the log's events happen, whatever the day is."""
    settings = settings_for(
        database,
        state,
        TELEGRAM_BOT_TOKEN=TOKEN,
        TELEGRAM_API_URL=telegram.url,
        BOSS_TASK_ADDRESS=f"unix:{state}/task.sock",
        BOSS_NOTIFY_ADDRESS=f"unix:{state}/notify.sock",
        BOSS_ENV="test",
        BOSS_TIME=logs.AT.isoformat(),
    ).replace(metrics_port=0)
    clock.follow(settings)
    return settings


@pytest.fixture
async def log(settings):
    log = Log()
    log.people(
        person(OWNER, "Ola", person_pb2.ROLE_OWNER, telegram_id=CHATS[OWNER]),
        person(DANA, "Dana", person_pb2.ROLE_BOSS, telegram_id=CHATS[DANA]),
        person(ANA, "Ana", telegram_id=CHATS[ANA]),
        person(BEN, "Ben", telegram_id=CHATS[BEN]),
    )
    server = await logs.served(log, settings)
    yield log
    await server.stop()


@dataclass
class Notify:
    """A replica in this process, and a client of it."""

    settings: Settings
    stub: Any
    boss: int = DANA

    async def deliveries(self, actor=None, **asked):
        answer = await self.stub.ListDeliveries(
            notify_service_pb2.ListDeliveriesRequest(page_size=100, **asked),
            actor=actor or self.boss,
        )
        return list(reversed(answer.deliveries))

    async def until(self, condition, *, within_s=15.0):
        """The deliveries, once the condition holds for them."""
        async with asyncio.timeout(within_s):
            while True:
                with suppress(ServiceError):
                    if condition(found := await self.deliveries()):
                        return found
                await asyncio.sleep(0.02)

    async def settled(self, number, *, channel=None, within_s=15.0):
        """The deliveries, once that many (of a channel) are there and none waits."""

        def chosen(found):
            return [d for d in found if channel in (None, d.channel)]

        found = await self.until(
            lambda found: (
                len(chosen(found)) >= number and not any(d.state in WAITING for d in found)
            ),
            within_s=within_s,
        )
        return chosen(found)


@asynccontextmanager
async def running(settings, *, boss=DANA):
    """A replica of notify with these settings; it is stopped in order at the end."""
    stopping = asyncio.Event()
    peer = Peer(settings.notify_address, service="gateway", settings=settings)
    stub = peer.stub(notify_service_pb2_grpc.NotifyServiceStub)
    work = asyncio.ensure_future(main(settings, stopping=stopping))
    try:
        yield Notify(settings, stub, boss)
    finally:
        stopping.set()
        await work
        await peer.close()


@pytest.fixture
async def notify(settings, log):
    async with running(settings) as notify:
        await notify.until(lambda found: True)
        yield notify
