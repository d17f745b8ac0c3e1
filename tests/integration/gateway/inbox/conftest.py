"""A gateway's schema in a database of the test's own."""

import asyncpg
import pytest

from services.gateway.inbox import Inbox
from services.gateway.schema import SCHEMA
from services.runtime import migrate
from services.runtime.database import Database


@pytest.fixture
async def gateway_settings(settings):
    """Settings of a gateway whose tables are there and empty."""
    await migrate.upgrade(settings, schema=SCHEMA, package="services.gateway")
    yield settings
    connection = await asyncpg.connect(settings.database_url.get_secret_value())
    for table in ("inbox", "chats", "drafts", "leases"):
        await connection.execute(f"TRUNCATE gateway.{table}")
    await connection.close()


@pytest.fixture
async def database(gateway_settings):
    database = Database(gateway_settings, schema=SCHEMA)
    yield database
    await database.close()


@pytest.fixture
def inbox(database):
    return Inbox(database)
