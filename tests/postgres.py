"""The embedded PostgreSQL for tests: started once, a fresh database for whoever asks."""

import asyncio
import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg

from services.cli.postgres import DATABASE, Postgres

QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def start(folder: Path) -> Postgres:
    """Return a running server with its data in this folder."""
    server = Postgres(folder, settings=QUICK)
    server.start()
    return server


class Databases:
    """The databases of one server; each is made from the template, in some 50 ms."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._numbers = itertools.count(1)

    def new(self) -> str:
        """Return the address of a new, empty database."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.run(f'CREATE DATABASE "{name}"')
        return self._url.replace(f"/{DATABASE}?", f"/{name}?")

    def run(self, statement: str) -> None:
        """Run a statement on the server, whether or not an event loop turns in this thread."""
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, self._run(statement)).result()

    async def _run(self, statement: str) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
