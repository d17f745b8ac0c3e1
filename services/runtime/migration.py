"""One schema's migrations, run by Alembic in a process of its own: `python -m …migration`.

Alembic takes 10 MB that a service would never give back, and is needed on one start in a hundred.
What to do comes on standard input as JSON (never as arguments: other users see those), so that the
address's password stays hidden. `migrate.py` starts it; nothing else does.
"""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, exc, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from services.runtime.database import role_of

LOCK = 4_021_977  # one for all services: their migrations may make the same extension


async def migrate(arguments: Mapping[str, Any], *, schema: str, folder: str) -> None:
    """Bring a schema to the head of the folder's migrations, in one transaction."""

    async def connect() -> Any:
        return await asyncpg.connect(**arguments)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(upgrade, schema, ScriptDirectory(folder))
    finally:
        await engine.dispose()


def upgrade(connection: Connection, schema: str, script: ScriptDirectory) -> None:
    """Make the schema, run what it lacks, and give its role the use of it."""
    # Whoever comes second waits here, then finds nothing left to do.
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
    steps = EnvironmentContext(
        Config(),
        script,
        # What alembic.command.upgrade itself does, which needs an env.py around it.
        fn=lambda revision, _: script._upgrade_revs("head", revision),  # noqa: SLF001
    )
    with steps:
        steps.configure(connection=connection, version_table_schema=schema)
        steps.run_migrations()
    for statement in role_statements(schema):
        connection.execute(text(statement))


def role_statements(schema: str) -> Sequence[str]:
    """Return what gives a service a role of its own, which may use its schema and no other.

    `Database` takes the role on where it is there. Where the user that connects may not make
    roles, it stays that user's right to give one, and the service works without.
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
    except exc.DBAPIError as error:
        sys.exit(f"{' '.join((error.statement or '').split())}: {error.orig}")
