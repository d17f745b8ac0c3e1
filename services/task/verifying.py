"""`python -m services.task.verifying`: checks the log against the state, and prints what it found.

Whose database it is, as a URL, comes on standard input, so that no list of processes shows it. All
is read as it was at one moment, in a transaction of its own that may take as long as it needs; it
keeps nobody from reading or writing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import asyncpg
import msgspec
import uvloop

from services.runtime.database import Hot, connection_arguments
from services.runtime.parse import SecretStr
from services.runtime.settings import Settings, load_settings
from services.task.verify import Report, verify

UNLIMITED = "SET LOCAL statement_timeout = 0"


class _Snapshot:
    """One transaction, read as a database is."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def hot_rows(self, hot: Hot, **params: Any) -> Sequence[Any]:
        """The rows of a statement."""
        rows: Sequence[Any] = await self._connection.fetch(hot.sql, *hot.arguments(params))
        return rows


async def report(settings: Settings) -> Report:
    """What differs in the settings' database."""
    connection = await asyncpg.connect(**connection_arguments(settings, name="boss-verify"))
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.execute(UNLIMITED)
            return await verify(_Snapshot(connection))
    finally:
        await connection.close()


def main() -> None:
    """Prints the report as JSON; ends with 1 where log and state differ."""
    settings = load_settings().replace(database_url=SecretStr(sys.stdin.readline().strip()))
    found = uvloop.run(report(settings))
    sys.stdout.buffer.write(msgspec.json.encode({"good": found.good, **asdict(found)}) + b"\n")
    sys.exit(0 if found.good else 1)


if __name__ == "__main__":
    main()
