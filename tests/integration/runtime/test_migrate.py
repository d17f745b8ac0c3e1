"""Migrations of one schema: applied once, in order, by whoever comes first; never backwards."""

import asyncio
import importlib
from contextlib import asynccontextmanager

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from services.runtime.database import Database, Query
from services.runtime.errors import StartError
from services.runtime.migrate import SchemaTooNew, upgrade
from services.runtime.parse import SecretStr

FIRST = '''"""First."""
from alembic import op
import sqlalchemy as sa

revision = "0001"
down_revision = None

def upgrade():
    op.create_table("thing", sa.Column("id", sa.BigInteger, primary_key=True), schema="{schema}")
'''
SECOND = '''"""Second."""
from alembic import op

revision: str = "0002"
down_revision = "0001"

def upgrade():
    op.execute("INSERT INTO {schema}.thing VALUES (1)")
'''
BROKEN = '''"""Third."""
from alembic import op

revision = "0003"
down_revision = "0002"

def upgrade():
    op.execute("INSERT INTO {schema}.thing VALUES (2)")
    op.execute("SELECT nope")
'''


class Package:
    """A package with migrations, of which some may not be there yet."""

    def __init__(self, folder, schema):
        self.schema = schema
        self.name = f"package_{schema}"
        self.folder = folder / self.name
        (self.folder / "migrations" / "versions").mkdir(parents=True)
        (self.folder / "__init__.py").touch()

    def write(self, name, text):
        path = self.folder / "migrations" / "versions" / f"{name}.py"
        path.write_text(text.format(schema=self.schema))

    def remove(self, name):
        (self.folder / "migrations" / "versions" / f"{name}.py").unlink()


@pytest.fixture
def package(tmp_path, monkeypatch, request):
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    made = Package(tmp_path, f"s{abs(hash(request.node.name)) % 10**8}")
    made.write("0001_first", FIRST)
    return made


@pytest.fixture
def migrated(settings, package):
    async def migrate():
        await upgrade(settings, schema=package.schema, package=package.name)

    return migrate


@pytest.fixture
def count(database_url, package):
    async def rows():
        connection = await asyncpg.connect(database_url)
        try:
            counting = f"SELECT count(*) FROM {package.schema}.thing"  # noqa: S608 -- our own name
            return await connection.fetchval(counting)
        finally:
            await connection.close()

    return rows


async def test_an_empty_database_gets_schema_and_tables(migrated, count):
    await migrated()

    assert await count() == 0


async def test_a_second_start_changes_nothing(migrated, count):
    await migrated()
    await migrated()

    assert await count() == 0


async def test_a_new_migration_is_applied_to_what_is_there(package, migrated, count):
    await migrated()
    package.write("0002_second", SECOND)

    await migrated()

    assert await count() == 1


async def test_replicas_that_start_at_once_migrate_once(package, migrated, count):
    package.write("0002_second", SECOND)

    await asyncio.gather(*[migrated() for _ in range(4)])

    assert await count() == 1


async def test_a_migration_that_fails_keeps_those_before_it_alone(package, migrated, count):
    await migrated()
    package.write("0002_second", SECOND)
    package.write("0003_third", BROKEN)

    with pytest.raises(Exception, match="nope"):
        await migrated()

    assert await count() == 1


async def test_older_code_does_not_touch_a_newer_schema(package, migrated):
    package.write("0002_second", SECOND)
    await migrated()
    package.remove("0002_second")

    with pytest.raises(SchemaTooNew, match=r"'0002'.*newest is '0001'.*install the newer code"):
        await migrated()


async def test_a_service_sees_its_own_schema_alone(settings, package, migrated, databases):
    await migrated()
    database = Database(settings, schema=package.schema)
    other = Query("other", text("SELECT * FROM other.secret"))
    await database.ping()
    async with connected(settings) as connection:
        await connection.execute("CREATE SCHEMA other CREATE TABLE secret (word text)")

    own = await database.rows(
        Query("own", text(f"SELECT * FROM {package.schema}.thing"))  # noqa: S608 -- our own name
    )
    with pytest.raises(ProgrammingError, match="permission denied"):
        await database.rows(other)

    assert own == []
    await database.close()


@asynccontextmanager
async def connected(settings):
    connection = await asyncpg.connect(settings.database_url.get_secret_value())
    try:
        yield connection
    finally:
        await connection.close()


async def test_a_user_who_may_make_no_roles_does_without(settings, package, count):
    url = settings.database_url.get_secret_value()
    async with connected(settings) as connection:
        name = await connection.fetchval("SELECT current_database()")
        await connection.execute("CREATE ROLE plain LOGIN")
        await connection.execute(f'GRANT CREATE ON DATABASE "{name}" TO plain')
    plain = settings.replace(database_url=SecretStr(url.replace("postgres@", "plain@")))

    await upgrade(plain, schema=package.schema, package=package.name)

    database = Database(plain, schema=package.schema)
    row = await database.row(Query("who", text("SELECT current_user AS name")))
    assert row is not None
    assert row.name == "plain"
    await database.close()


async def test_a_package_without_migrations_is_told(package, migrated):
    package.remove("0001_first")

    with pytest.raises(StartError, match="has no migrations"):
        await migrated()
