"""Alembic for one schema: brings it to what the code needs, under an advisory lock.

The migrations of a service lie in `<package>/migrations/versions/`, its version table in its own
schema. A schema that is at the code's version is recognised by one query, without Alembic being
imported at all; one that is newer than the code stops the start.
"""

import asyncio
import importlib.util
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg

from services.runtime import logs
from services.runtime.database import connection_arguments, role_of
from services.runtime.errors import StartError
from services.runtime.settings import Settings

LOCK = 4_021_977  # one for all services: their migrations may make the same extension
RETRY_S = 1.0
VERSION_TABLE = "alembic_version"

_REVISION = re.compile(r"^revision(?:: str)? = [\"'](\w+)[\"']", re.MULTILINE)

_log = logs.logger("migrate")


class SchemaTooNew(StartError):  # noqa: N818 -- says what it is
    """The database was migrated by a newer version of the code."""


async def upgrade(settings: Settings, *, schema: str, package: str) -> None:
    """Bring the schema to the newest migration of the package; SchemaTooNew if it is past that."""
    folder = migrations_folder(package)
    revisions = known_revisions(folder)
    arguments = connection_arguments(settings, name=f"boss-{schema}-migrate")
    present = await present_revision(arguments, schema)
    if present is not None and present not in revisions:
        raise SchemaTooNew(
            f"schema {schema!r} of the database is at {present!r}, which this version of the code "
            f"does not know (its newest is {revisions[-1]!r}): install the newer code again, or "
            f"restore a backup made before the upgrade"
        )
    if present != revisions[-1]:
        _log.info("migrating", schema=schema, present=present, to=revisions[-1])
        await _migrate(arguments, schema, folder)


async def wait_for_database(settings: Settings) -> None:
    """Return once the database takes connections; says every now and then that it waits."""
    arguments = connection_arguments(settings, name="boss-wait")
    tries = 0
    while True:
        try:
            connection = await asyncpg.connect(**arguments)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
                raise StartError(f"the database refuses DATABASE_URL's user: {error}") from error
            if tries % 10 == 0:
                _log.warning("waiting for the database", error=str(error) or repr(error))
            tries += 1
            await asyncio.sleep(min(RETRY_S, 0.1 * tries))
        else:
            await connection.close()
            return


def migrations_folder(package: str) -> Path:
    """Return the folder of a package's migrations."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        message = f"{package} is no package with an __init__.py"
        raise StartError(message)
    return Path(spec.origin).parent / "migrations"


def known_revisions(folder: Path) -> Sequence[str]:
    """Return the revisions in the order of their files, which are numbered."""
    found = [
        match.group(1)
        for path in sorted((folder / "versions").glob("[0-9]*.py"))
        if (match := _REVISION.search(path.read_text()))
    ]
    if not found:
        message = f"{folder} has no migrations"
        raise StartError(message)
    return found


async def present_revision(arguments: dict[str, Any], schema: str) -> str | None:
    """Return the revision that a schema is at, None where it was never migrated."""
    connection = await asyncpg.connect(**arguments)
    try:
        found: str | None = await connection.fetchval(
            f'SELECT version_num FROM "{schema}".{VERSION_TABLE}'  # noqa: S608 -- our own names
        )
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
        return None
    else:
        return found
    finally:
        await connection.close()


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


async def _migrate(arguments: dict[str, Any], schema: str, folder: Path) -> None:
    # Imported here: only a schema that is behind needs it, and it would cost every start 9 MB.
    from alembic.config import Config  # noqa: PLC0415
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415
    from sqlalchemy import Connection, text  # noqa: PLC0415
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    async def connect() -> Any:
        return await asyncpg.connect(**arguments)

    script = ScriptDirectory(str(folder))

    def work(connection: Connection) -> None:
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

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(work)
    finally:
        await engine.dispose()
