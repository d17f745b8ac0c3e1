"""The embedded PostgreSQL for tests: started once, a fresh migrated database for whoever asks."""

import asyncio
import itertools
import os
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg

from services.cli.postgres import DATABASE, Postgres
from services.runtime.database import connection_arguments
from services.runtime.migration import migrate
from services.runtime.parse import SecretStr
from services.runtime.settings import Settings

QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def start(folder: Path) -> Postgres:
    """Return a running server with its data in this folder."""
    server = Postgres(folder, settings=QUICK)
    server.start()
    return server


async def _migrate(url: str) -> None:
    """Migrate what services have migrations; in this process, as a test may use much memory."""
    arguments = connection_arguments(Settings(database_url=SecretStr(url)), name="boss-tests")
    for folder in sorted((Path(__file__).parents[1] / "services").glob("*/migrations")):
        await migrate(arguments, schema=folder.parent.name, folder=str(folder))


def _outside_of_any_loop(coroutine: Coroutine[Any, Any, None]) -> None:
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, coroutine).result()


class Databases:
    """The databases of one server; each is made from the template, in some 50 ms."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._numbers = itertools.count(1)
        self._template: str | None = None

    def new(self, *, migrated: bool = True) -> str:
        """Return the address of a new database: with all services' schemas, or empty."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        if migrated and self._template is None:
            self._template = f"template_{os.getpid()}"
            self.run(f'CREATE DATABASE "{self._template}"')
            _outside_of_any_loop(_migrate(self._address(self._template)))
        template = self._template if migrated else "template1"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self._address(name)

    def run(self, statement: str) -> None:
        """Run a statement on the server, whether or not an event loop turns in this thread."""
        _outside_of_any_loop(self._run(statement))

    def _address(self, name: str) -> str:
        return self._url.replace(f"/{DATABASE}?", f"/{name}?")

    async def _run(self, statement: str) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
