"""The database of a service, on a real PostgreSQL."""

import asyncio

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import ARRAY, BigInteger, Integer, bindparam, func, select, text
from sqlalchemy.exc import IntegrityError

from services.runtime.database import Database, Hot, Query, run, run_many
from services.runtime.driver_errors import violated
from services.runtime.errors import DeadlineExceeded, Invalid, SettingsError, Unavailable
from services.runtime.migrate import wait_for_database
from services.runtime.parse import SecretStr
from services.runtime.settings import Settings

ECHO = select(bindparam("x", type_=Integer).label("x"))
INSERT = Query("insert_thing", text("INSERT INTO thing (name) VALUES (:name)"))
COUNT = Query("count_things", text("SELECT count(*) FROM thing"))


@pytest.fixture
async def database(settings):
    opened = Database(settings, schema="thing")
    async with opened.transaction() as connection:
        await connection.exec_driver_sql("DROP TABLE IF EXISTS thing")
        await connection.exec_driver_sql(
            "CREATE TABLE thing (name text CONSTRAINT thing_name UNIQUE, size int)"
        )
    yield opened
    await opened.close()


async def test_a_named_read_returns_rows(database):
    assert [row.x for row in await database.rows(Query("echo", ECHO), x=4)] == [4]
    row = await database.row(Query("echo", ECHO), x=5)
    assert row is not None
    assert row.x == 5


async def test_a_hot_statement_returns_what_the_named_one_does(database):
    hot = Hot("echo_hot", ECHO)

    assert [record["x"] for record in await database.hot_rows(hot, x=4)] == [4]


async def test_a_hot_statement_takes_lists_and_keeps_its_constants(database):
    hot = Hot(
        "hot_any",
        select(
            (
                bindparam("x", type_=BigInteger)
                == text("ANY(:ids)").bindparams(bindparam("ids", type_=ARRAY(BigInteger)))
            ).label("found"),
            bindparam("constant", 7, Integer).label("seven"),
        ),
    )

    (record,) = await database.hot_rows(hot, x=2, ids=[1, 2])

    assert record["found"] is True
    assert record["seven"] == 7


async def test_a_hot_statement_without_its_parameter_is_refused(database):
    with pytest.raises(KeyError):
        await database.hot_rows(Hot("echo_hot", ECHO))


async def test_a_transaction_is_taken_back_on_an_error(database):
    with pytest.raises(LookupError):
        await insert_and_fail(database)

    assert (await database.rows(COUNT))[0][0] == 0


async def insert_and_fail(database) -> None:
    async with database.transaction() as connection:
        await run(connection, INSERT, name="a")
        raise LookupError


async def test_a_transaction_is_kept_without_one(database):
    async with database.transaction() as connection:
        await run_many(connection, INSERT, [{"name": "a"}, {"name": "b"}])

    assert (await database.rows(COUNT))[0][0] == 2


async def test_a_violated_constraint_is_left_to_the_writer(database):
    async with database.autocommit() as connection:
        await run(connection, INSERT, name="a")

        with pytest.raises(IntegrityError) as caught:
            await run(connection, INSERT, name="a")

    assert violated(caught.value) == "thing_name"


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
async def test_a_text_that_cannot_be_stored_is_the_callers_error(database, name):
    with pytest.raises(Invalid) as caught:
        async with database.transaction() as connection:
            await run(connection, INSERT, name=name)

    assert caught.value.reason == "VALUE_NOT_STORABLE"


async def test_a_statement_that_takes_too_long_is_ended(database):
    async with database.autocommit() as connection:
        await connection.exec_driver_sql("SET statement_timeout = 20")

        with pytest.raises(DeadlineExceeded):
            await run(connection, Query("sleep", text("SELECT pg_sleep(5)")))


async def test_two_that_lock_each_other_are_told_to_try_again(database):
    async with database.transaction() as connection:
        await run_many(connection, INSERT, [{"name": "a"}, {"name": "b"}])
    lock = Query("lock", text("SELECT * FROM thing WHERE name = :name FOR UPDATE"))
    both = asyncio.Barrier(2)

    async def writer(first: str, second: str) -> None:
        async with database.transaction() as connection:
            await run(connection, lock, name=first)
            await both.wait()
            await run(connection, lock, name=second)

    ends = await asyncio.gather(writer("a", "b"), writer("b", "a"), return_exceptions=True)

    (loser,) = [end for end in ends if end is not None]
    assert isinstance(loser, Unavailable)
    assert loser.reason == "DATABASE_CONFLICT"


async def test_connections_that_the_server_drops_are_replaced(database, databases):
    await asyncio.gather(*[database.ping() for _ in range(4)])
    databases.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'boss-thing'"
    )
    await asyncio.sleep(0)

    await until_it_works(database)

    assert [row.x for row in await database.rows(Query("echo", ECHO), x=1)] == [1]
    assert [row["x"] for row in await database.hot_rows(Hot("h", ECHO), x=1)] == [1]


async def test_a_table_that_changes_meanwhile_is_read_again(database):
    every = Query("every_thing", text("SELECT * FROM thing"))
    await database.rows(every)
    async with database.transaction() as connection:
        await connection.exec_driver_sql("ALTER TABLE thing ADD colour text")
        await run(connection, INSERT, name="a")

    with pytest.raises(Unavailable):
        await database.rows(every)

    assert [row.colour for row in await database.rows(every)] == [None]


async def test_readers_that_are_cancelled_leave_the_pool_whole(database):
    nap = Hot("nap", select(func.pg_sleep(60)))
    slow = Query("slow", text("SELECT pg_sleep(60)"))
    readers = [asyncio.create_task(database.hot_rows(nap)) for _ in range(8)]
    readers += [asyncio.create_task(database.rows(slow)) for _ in range(8)]
    await until_busy(database, 15)

    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)

    answers = await asyncio.gather(*[database.hot_rows(Hot("h", ECHO), x=n) for n in range(20)])
    assert [rows[0]["x"] for rows in answers] == list(range(20))
    assert sample("boss_db_pool_connections", state="in_use") == 0


async def until_busy(database, sleepers: int) -> None:
    naps = Query(
        "naps",
        text("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"),
    )
    while True:
        async with database.transaction() as connection:
            if (await run(connection, naps)).scalar_one() >= sleepers:
                return


async def until_it_works(database) -> None:
    """A connection that was in the air when it was cut may fail once, as an Unavailable."""
    for _ in range(10):
        try:
            await database.ping()
        except Unavailable:
            continue
        return


async def test_a_database_that_is_not_there_is_unavailable(tmp_path):
    nowhere = Settings(database_url=SecretStr(f"postgresql://x@/x?host={tmp_path}"))
    database = Database(nowhere, schema="thing")

    with pytest.raises(Unavailable) as caught:
        await database.ping()
    with pytest.raises(Unavailable):
        await database.hot_rows(Hot("h", ECHO), x=1)
    with pytest.raises(Unavailable):
        async with database.transaction():
            pass

    assert caught.value.reason == "DATABASE_UNAVAILABLE"
    await database.close()


async def test_a_used_up_pool_says_so(settings, monkeypatch):
    monkeypatch.setattr("services.runtime.database.POOL_WAIT_S", 0.05)
    database = Database(settings.replace(db_pool_size=2, db_max_overflow=0), schema="thing")

    async with database.transaction():
        with pytest.raises(Unavailable) as caught:
            async with database.transaction():
                pass

    assert caught.value.reason == "DATABASE_BUSY"
    await database.close()


async def test_queries_and_connections_are_measured(database):
    async with database.transaction():
        in_use = sample("boss_db_pool_connections", state="in_use")
        await database.rows(Query("measured", ECHO), x=1)

    assert in_use == 1
    assert sample("boss_db_pool_connections", state="limit") == 30
    assert sample("boss_db_query_duration_seconds_count", query="measured") == 1


async def test_the_share_in_use_and_those_in_line_are_measured(settings):
    database = Database(settings.replace(db_pool_size=4, db_max_overflow=0), schema="thing")
    done = asyncio.Event()

    async def write():
        async with database.transaction() as connection:
            await run(connection, COUNT)
            await done.wait()

    async with asyncio.TaskGroup() as writers:
        for _ in range(5):
            writers.create_task(write())
        while sample("boss_db_pool_utilisation") < 0.5 or sample("boss_db_pool_waiting") < 3:
            await asyncio.sleep(0)
        read = await database.rows(Query("echo", ECHO), x=1)
        share, waiting = sample("boss_db_pool_utilisation"), sample("boss_db_pool_waiting")
        done.set()

    assert [row.x for row in read] == [1]
    assert (share, waiting) == (0.5, 3)
    assert (sample("boss_db_pool_utilisation"), sample("boss_db_pool_waiting")) == (0, 0)
    await database.close()


def sample(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def test_the_session_is_set_up(database):
    row = await database.row(
        Query(
            "session",
            text(
                "SELECT current_setting('statement_timeout') AS statement,"
                " current_setting('idle_in_transaction_session_timeout') AS idle,"
                " current_setting('application_name') AS name, current_setting('TimeZone') AS zone"
            ),
        )
    )

    assert tuple(row) == ("30s", "10s", "boss-thing", "UTC")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
async def test_all_spellings_of_the_address_are_understood(settings, scheme):
    url = settings.database_url.get_secret_value().replace("postgresql", scheme, 1)
    database = Database(settings.replace(database_url=SecretStr(url)), schema="thing")

    await database.ping()

    await database.close()


def test_no_address_says_what_to_do():
    with pytest.raises(SettingsError, match="DATABASE_URL is not set"):
        Database(Settings(), schema="thing")


async def test_a_database_that_comes_up_late_is_waited_for(postgres, tmp_path):
    late = tmp_path / "s"
    address = f"postgresql://postgres@/boss?host={late}"
    waiting = asyncio.create_task(wait_for_database(Settings(database_url=SecretStr(address))))
    await asyncio.sleep(0)

    late.symlink_to(postgres.url.partition("host=")[2])

    await asyncio.wait_for(waiting, 10)
