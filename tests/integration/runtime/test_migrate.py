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

INDEXED = '''"""Second, with an index of a table that is there."""
from alembic import op
from services.runtime.ddl import create_index

revision = "0002"
down_revision = "0001"

def upgrade():
    op.execute("ALTER TABLE {schema}.thing ADD COLUMN word text DEFAULT 'a'")
    create_index("thing_word", on="{schema}.thing (word)", unique=True)
'''
FILLED = '''"""Second, with a column that is filled in batches."""
from alembic import op
from services.runtime.ddl import in_batches

revision = "0002"
down_revision = "0001"

def upgrade():
    op.execute("ALTER TABLE {schema}.thing ADD COLUMN twice bigint")
    in_batches("thing_twice", table="{schema}.thing", sql="UPDATE {schema}.thing SET twice = 2 * id"
        " WHERE id IN (SELECT id FROM {schema}.thing WHERE twice IS NULL LIMIT 3)")
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


async def test_an_index_that_was_cut_off_is_made_again_at_the_next_start(
    settings, package, migrated
):
    await migrated()
    package.write("0002_second", INDEXED)
    table = f"{package.schema}.thing"
    async with connected(settings) as connection:
        await connection.execute(f"INSERT INTO {table} VALUES (1), (2)")  # noqa: S608 -- our own name
        with pytest.raises(StartError, match=r"Key .*duplicated"):
            await migrated()
        left = await validity(connection, package)
        await connection.execute(f"UPDATE {table} SET word = id::text")  # noqa: S608 -- our own name

        await migrated()

        assert left is False
        assert await validity(connection, package) is True


async def validity(connection, package):
    return await connection.fetchval(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)",
        f"{package.schema}.thing_word",
    )


async def test_a_revision_that_meets_a_reader_lets_others_pass_and_comes_again(
    settings, package, migrated
):
    await migrated()
    package.write("0002_second", INDEXED)
    read = f"SELECT count(*) FROM {package.schema}.thing"  # noqa: S608 -- our own name
    async with connected(settings) as reader, connected(settings) as other:
        await reader.execute(f"BEGIN; {read}")
        migration = asyncio.create_task(migrated())
        await until_lock_is(other, package, waited_for=True)

        # In line behind the revision, which gives up soon; the reader itself stays where it is.
        await other.execute(f"SET statement_timeout = '5s'; {read}")

        assert not migration.done()
        await reader.execute("COMMIT")
        await migration
        assert await validity(other, package) is True


async def until_lock_is(connection, package, *, waited_for):
    waiting = (
        "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = to_regclass($1) AND NOT granted)"
    )
    while await connection.fetchval(waiting, f"{package.schema}.thing") is not waited_for:
        await asyncio.sleep(0)


async def test_a_large_table_is_filled_in_batches(settings, package, migrated):
    await migrated()
    package.write("0002_second", FILLED)
    table = f"{package.schema}.thing"
    async with connected(settings) as connection:
        await connection.execute(f"INSERT INTO {table} SELECT generate_series(1, 10)")

        await migrated()

        filled = f"SELECT count(*) FROM {table} WHERE twice = 2 * id"  # noqa: S608 -- our own name
        assert await connection.fetchval(filled) == 10


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
