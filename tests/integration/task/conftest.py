"""A store that runs whole: real PostgreSQL, a real gRPC server, the stubs."""

import asyncio
import uuid
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.runtime import clock, migrate
from services.runtime.client import Peer
from services.runtime.credentials import service_key
from services.runtime.database import Database
from services.runtime.parse import SecretStr
from services.runtime.server import Server
from services.runtime.settings import Settings
from services.runtime.supervise import Supervisor
from services.task import bootstrap
from services.task.service import Service
from tests.integration.task.world import World
from tests.load.seeding import seed

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
TOKEN = "bst_" + "x" * 43


def name_in(url):
    return url.split("?")[0].rsplit("/", 1)[1]


def settings_for(url, state):
    return Settings(
        database_url=SecretStr(url),
        state_dir=state,
        timezone="UTC",
        db_pool_size=8,
        db_max_overflow=2,
        metrics_port=None,
    )


async def prepare(settings):
    """Migrations, and two workspaces with their owners: people 1 and 2."""
    await migrate.upgrade(settings, schema="task", package="services.task")
    database = Database(settings, schema="task")
    await bootstrap.bootstrap(
        database, owner_token=TOKEN, owner_telegram_id=None, timezone="UTC", now=NOON
    )
    async with database.hot_transaction() as fetch:
        await bootstrap.found(fetch, 2, name="Elsewhere", timezone="UTC", now=NOON)
    await database.close()


@pytest.fixture(scope="session")
def template(databases, tmp_path_factory):
    """The name of a database with schema and workspaces, of which each test gets a copy."""
    settings = settings_for(databases.new(), tmp_path_factory.mktemp("state"))
    asyncio.run(prepare(settings))
    return name_in(settings.database_url.get_secret_value())


@pytest.fixture(scope="session")
def seeded(databases):
    """The address of a store with 25,000 tasks in 20 workspaces; for reading alone."""
    url = databases.new()
    asyncio.run(seed(url, tasks=25_000, workspaces=20, people=60))
    return url


@pytest.fixture
def task_settings(postgres, databases, template, tmp_path):
    """Settings with a database of the test's own."""
    name = f"task_{uuid.uuid4().hex}"
    databases.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    url = postgres.url.replace(f"/{name_in(postgres.url)}?", f"/{name}?")
    return settings_for(url, tmp_path / "state")


@asynccontextmanager
async def running(settings, *, loops=("numbering", "feed"), deadlines=None):
    """A store that serves; with fewer loops it is one that has just been killed in the middle."""
    database = Database(settings, schema="task")
    service = Service(database, key=service_key(settings), cache=settings.cache)
    server = Server(
        settings,
        address="127.0.0.1:0",
        servicers=service.servicers,
        authenticate=service.authenticate,
        deadlines=deadlines,
    )
    async with Supervisor() as supervisor:
        for each in service.background:
            if each.name in loops:
                supervisor.start(each.name, each.run)
        await server.start()
        peer = Peer(server.address, service="gateway", settings=settings)
        try:
            yield World(peer, database, server.address)
        finally:
            await peer.close()
            await server.stop(grace_s=0.2)
    await database.close()


@pytest.fixture
async def world(task_settings):
    async with running(task_settings) as world:
        yield world


@pytest.fixture
def at_work(task_settings):
    """Business time that the test moves, from a Wednesday morning on."""
    settings = replace(task_settings, env="test")
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    clock.follow(settings)
    clock.set_business_time(NOON - timedelta(hours=5))
    yield
    clock.follow(task_settings)
