"""Brings the schema of one service to what its code needs.

The migrations lie in `<package>/migrations/versions/`, the version table in the schema itself. A
schema that is at the code's version and has no step left is recognised by two queries; one that is
behind is migrated by Alembic in a process of its own (migration.py), under an advisory lock; one
that is newer than the code stops the start.
"""

import asyncio
import importlib.util
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg

from services.runtime import logs
from services.runtime.database import connection_arguments
from services.runtime.errors import StartError
from services.runtime.settings import Settings

RETRY_S = 1.0
VERSION_TABLE = "alembic_version"
STEPS_TABLE = "online_steps"  # what is still to be done outside of transactions (ddl.py)

_REVISION = re.compile(r"^revision(?:: str)? = [\"'](\w+)[\"']", re.MULTILINE)

_log = logs.logger("migrate")


class SchemaTooNew(StartError):  # noqa: N818 -- says what it is
    """The database was migrated by a newer version of the code."""


class MigrationFailed(StartError):  # noqa: N818 -- says what it is
    """A migration broke: what it did in its transaction is undone, those before it are kept."""


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
    if present != revisions[-1] or await _has_steps(arguments, schema):
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


async def _has_steps(arguments: dict[str, Any], schema: str) -> bool:
    """Whether an earlier run was cut off between a revision and the steps that it left."""
    connection = await asyncpg.connect(**arguments)
    try:
        left: bool = await connection.fetchval(
            f'SELECT EXISTS (SELECT FROM "{schema}".{STEPS_TABLE})'  # noqa: S608 -- our own names
        )
    except asyncpg.UndefinedTableError:
        return False
    else:
        return left
    finally:
        await connection.close()


async def _migrate(arguments: dict[str, Any], schema: str, folder: Path) -> None:
    told = json.dumps({"arguments": arguments, "schema": schema, "folder": str(folder)})
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "services.runtime.migration"),
        cwd=Path(__file__).parents[2],  # where `services` is found, however this process found it
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await child.communicate(told.encode())
    except asyncio.CancelledError:
        child.kill()
        await child.wait()
        raise
    if child.returncode != 0:
        words = said.decode(errors="replace").strip()
        _log.error("migration failed", schema=schema, said=words)
        raise MigrationFailed(
            f"schema {schema!r} could not be migrated further and is whole at its last revision: "
            f"{words.rpartition(chr(10))[2] or child.returncode}"
        )
