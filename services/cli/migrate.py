"""`boss migrate`: brings the schemas of the services to the form that this version needs.

Each service does the same at its start; this is for doing it beforehand. The services' packages are
named, not imported.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import asyncpg
import typer

from services.cli.postgres import Postgres
from services.cli.running import Lock, present
from services.cli.terminal import emit, fail, plainly
from services.runtime import logs
from services.runtime import migrate as migrations
from services.runtime.database import connection_arguments
from services.runtime.parse import SecretStr
from services.runtime.settings import Settings, load_settings

SCHEMAS = ("task", "notify", "gateway")

app = typer.Typer(add_completion=False)


@app.command()
def migrate(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Bring the database to this version's form; it is safe to repeat.

    Example: DATABASE_URL=postgresql://boss:secret@db/boss boss migrate
    """
    with plainly():
        settings = load_settings()
        logs.configure("cli", level="warning")
        try:
            with _database(settings) as reachable:
                revisions = asyncio.run(_upgrade(reachable))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise fail(f"the database cannot be reached: {error}") from error
        if as_json:
            emit({"schemas": revisions})
        else:
            for schema, revision in revisions.items():
                print(f"{schema:<8} at {revision}")


async def _upgrade(settings: Settings) -> dict[str, str | None]:
    arguments = connection_arguments(settings, name="boss-migrate")
    done = {}
    for schema in SCHEMAS:
        await migrations.upgrade(settings, schema=schema, package=f"services.{schema}")
        done[schema] = await migrations.present_revision(arguments, schema)
    return done


@contextmanager
def _database(settings: Settings) -> Iterator[Settings]:
    """Give settings whose database is reachable: the embedded one is started where it is not."""
    if settings.database_url is not None:
        yield settings
        return
    run = present(settings.state_dir)
    if run is not None and run.database is not None:
        yield settings.replace(database_url=SecretStr(run.database))
        return
    settings.state_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
    lock = Lock(settings.state_dir)
    if not lock.take():
        raise fail("a system is just starting or stopping in this state folder; try again")
    postgres = Postgres(settings.state_dir)
    try:
        yield settings.replace(database_url=SecretStr(postgres.start()))
    finally:
        postgres.stop()
        lock.release()
