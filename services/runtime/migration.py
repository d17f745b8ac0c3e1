"""One schema's migrations, run by Alembic in a process of its own: `python -m …migration`.

Alembic takes 10 MB that a service would never give back, and is needed on one start in a hundred.
What to do comes on standard input as JSON (never as arguments: other users see those), so that the
address's password stays hidden. `migrate.py` starts it; nothing else does.

An empty schema is made in one transaction. One that is in use is migrated under its readers and
writers: each revision in a transaction that waits for no lock for long, then its online steps
(ddl.py) outside any. One session holds the advisory lock all the while, so two replicas that start
together never migrate together.
"""

import asyncio
import json
import random
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import asyncpg
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, exc, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from services.runtime.database import role_of
from services.runtime.ddl import LOCK_WAIT
from services.runtime.driver_errors import sqlstate
from services.runtime.migrate import STEPS_TABLE

LOCK = 4_021_977  # one for all services: their migrations may make the same extension
LOOK_S = 0.1
TRIES = 60
PAUSE_S = 0.5
# A lock that was not to be had in time, a deadlock with a writer, a row that moved.
_AGAIN = {"55P03", "40P01", "40001"}

_T = TypeVar("_T")


async def migrate(
    arguments: Mapping[str, Any], *, schema: str, folder: str, to: str = "head"
) -> None:
    """Bring a schema to the head of the folder's migrations, or to the revision `to`."""
    script = ScriptDirectory(folder)
    driver: Any = None

    async def connect() -> Any:
        nonlocal driver
        driver = await asyncpg.connect(**arguments)
        return driver

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await _take_lock(driver)
            await driver.execute("SET statement_timeout = 0")
            await _in_transaction(connection, _prepare, schema)
            await _take_steps(driver, schema)
            while await _in_transaction(connection, _upgrade, schema, script, to):
                await _take_steps(driver, schema)
    finally:
        await engine.dispose()


async def _take_lock(driver: Any) -> None:
    # Asked for again and again, never waited for: a statement that waits has a snapshot, for
    # whose end the first replica's CREATE INDEX CONCURRENTLY would wait in turn.
    while not await driver.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):  # noqa: ASYNC110 -- another process has it
        await asyncio.sleep(LOOK_S)


async def _in_transaction(
    connection: AsyncConnection, work: Callable[..., _T], *arguments: Any
) -> _T:
    """What the work returns; it is done again from its beginning where it met a lock."""

    async def attempt() -> _T:
        async with connection.begin():
            await connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
            return await connection.run_sync(work, *arguments)

    return await _until_locks_allow(attempt)


async def _until_locks_allow(attempt: Callable[[], Awaitable[_T]]) -> _T:
    for tries in range(1, TRIES + 1):
        try:
            return await attempt()
        except (exc.DBAPIError, asyncpg.PostgresError) as error:
            if sqlstate(error) not in _AGAIN or tries == TRIES:
                raise
        # Longer than what queued up behind us takes to go on, and never in step with it.
        await asyncio.sleep(PAUSE_S * random.uniform(0.5, 1.5))  # noqa: S311 -- no secret
    raise AssertionError


def _prepare(connection: Connection, schema: str) -> None:
    """Make the schema and what migrations need in it, and give its role the use of it."""
    connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
    connection.execute(
        text(
            f'CREATE TABLE IF NOT EXISTS "{schema}".{STEPS_TABLE} (number bigserial PRIMARY KEY,'
            " name text NOT NULL, kind text NOT NULL, sql text NOT NULL)"
        )
    )
    for statement in role_statements(schema):
        connection.execute(text(statement))


def _upgrade(connection: Connection, schema: str, script: ScriptDirectory, to: str) -> bool:
    """Whether a revision was lacking and has been run; of an empty schema all are run at once."""
    ran = False

    def lacking(present: Any, _: Any) -> Sequence[Any]:
        nonlocal ran
        # What alembic.command.upgrade itself does, which needs an env.py around it.
        steps = script._upgrade_revs(to, present)  # noqa: SLF001
        ran = bool(steps)
        return steps[:1] if present else steps

    with EnvironmentContext(Config(), script, fn=lacking) as context:
        context.configure(connection=connection, version_table_schema=schema)
        context.run_migrations()
    return ran


async def _take_steps(driver: Any, schema: str) -> None:
    """Do what revisions have written down to be done outside of their transactions."""
    steps = await driver.fetch(f'SELECT * FROM "{schema}".{STEPS_TABLE} ORDER BY number')  # noqa: S608 -- our own names
    for step in steps:
        if step["kind"] == "index":
            await _make_index(driver, schema, step["name"], step["sql"])
        else:
            await _run_batches(driver, step["sql"])
        await driver.execute(
            f'DELETE FROM "{schema}".{STEPS_TABLE} WHERE number = $1',  # noqa: S608 -- our own names
            step["number"],
        )


async def _make_index(driver: Any, schema: str, name: str, sql: str) -> None:
    async def attempt() -> None:
        valid = await driver.fetchval(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)",
            f"{schema}.{name}",
        )
        if valid:
            return
        if valid is not None:  # cut off in the middle: all writers keep it up, no reader uses it
            await driver.execute(f'DROP INDEX CONCURRENTLY "{schema}"."{name}"')
        await driver.execute(sql)

    await _until_locks_allow(attempt)


async def _run_batches(driver: Any, sql: str) -> None:
    async def batch() -> str:
        done: str = await driver.execute(sql)
        return done

    while (await _until_locks_allow(batch)).rpartition(" ")[2] != "0":
        pass


def role_statements(schema: str) -> Sequence[str]:
    """Return what gives a service a role of its own, which may use its schema and no other.

    `Database` takes the role on where it is there. Where the user that connects may not make
    roles, it stays that user's right to give one, and the service works without. What later
    revisions make is its own by default.
    """
    role = role_of(schema)
    return (
        f"""
        DO $$ BEGIN
            IF (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) THEN
                CREATE ROLE {role} NOLOGIN;
                EXECUTE format('GRANT {role} TO %I', current_user);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- another database of this server has the same services
        END $$
        """,  # noqa: S608 -- our own names
        f"""
        DO $$ BEGIN
            IF to_regrole('{role}') IS NOT NULL THEN
                GRANT USAGE, CREATE ON SCHEMA "{schema}" TO {role};
                GRANT ALL ON ALL TABLES IN SCHEMA "{schema}" TO {role};
                GRANT ALL ON ALL SEQUENCES IN SCHEMA "{schema}" TO {role};
                ALTER DEFAULT PRIVILEGES IN SCHEMA "{schema}" GRANT ALL ON TABLES TO {role};
                ALTER DEFAULT PRIVILEGES IN SCHEMA "{schema}" GRANT ALL ON SEQUENCES TO {role};
            END IF;
        END $$
        """,
    )


if __name__ == "__main__":
    try:
        asyncio.run(migrate(**json.load(sys.stdin)))
    except (exc.DBAPIError, asyncpg.PostgresError) as error:
        statement = getattr(error, "statement", None) or ""
        sys.exit(f"{' '.join(statement.split())}: {getattr(error, 'orig', error)}")
