"""Named statements, over real connections: told of when slow, begun in time, asked once more."""

import asyncio
import logging

import pytest
from asyncpg import UniqueViolationError
from prometheus_client import REGISTRY
from sqlalchemy import text

from services.runtime import statements
from services.runtime.database import Database, Hot
from services.runtime.errors import Unavailable
from services.runtime.supervise import Supervisor

NAP = Hot("take_a_nap", text("SELECT pg_sleep(0.2), CAST(:secret AS text)"))
WHO = Hot("who_am_i", text("SELECT pg_backend_pid() AS pid, now() AS began"))

TWICE = Hot("twice", text("INSERT INTO hot_thing VALUES ('a'), ('a')"))


@pytest.fixture
async def database(settings):
    opened = Database(settings, schema="thing")
    yield opened
    await opened.close()


async def test_a_slow_statement_is_told_of_with_its_plan_and_without_its_values(
    database, caplog, monkeypatch
):
    monkeypatch.setattr(statements, "SLOW_S", 0.05)

    async with Supervisor() as supervisor:
        supervisor.start("slow statements", database.tell_plans)
        with caplog.at_level(logging.WARNING, "boss.database"):
            await database.hot_rows(NAP, secret="hush")
            told = await until(caplog, "plan of a slow query")

    assert told["query"] == "take_a_nap"
    assert told["plan"].startswith("Result")
    assert "hush" not in str([record.__dict__ for record in caplog.records])


async def test_the_plan_of_a_statement_is_asked_for_once_in_a_while(database, caplog, monkeypatch):
    monkeypatch.setattr(statements, "SLOW_S", 0.05)

    async with Supervisor() as supervisor:
        supervisor.start("slow statements", database.tell_plans)
        with caplog.at_level(logging.WARNING, "boss.database"):
            await database.hot_rows(NAP, secret="one")
            await database.hot_rows(NAP, secret="two")
            await until(caplog, "plan of a slow query")

    assert events(caplog).count("slow query") == 2
    assert events(caplog).count("plan of a slow query") == 1


async def test_a_crowd_of_slow_statements_waits_for_no_plan(database, monkeypatch):
    monkeypatch.setattr(statements, "SLOW_S", -1.0)
    naps = [Hot(f"nap_{n}", text(f"SELECT {n} AS n")) for n in range(statements.MOST_WAITING + 4)]

    for nap in naps:  # nobody asks for plans: what is over the bound is left out
        await database.hot_rows(nap)


async def test_every_statement_is_logged_where_that_is_asked_for(settings, caplog):
    database = Database(settings.replace(log_queries=True), schema="thing")

    with caplog.at_level(logging.INFO, "boss.database"):
        await database.hot_rows(WHO)
    await database.close()

    (told,) = [record.fields for record in caplog.records if record.getMessage() == "query"]
    assert told["query"] == "who_am_i"
    assert told["ms"] > 0


async def test_a_hot_statement_is_part_of_the_transaction_from_the_first_on(database):
    async with database.hot_transaction() as fetch:
        (first,) = await fetch(WHO)
        (second,) = await fetch(WHO)

    assert first["began"] == second["began"]


async def test_a_write_by_a_hot_statement_is_taken_back_with_its_transaction(database):
    make = Hot("make_thing", text("CREATE TABLE hot_thing (name text UNIQUE)"))
    look = Hot("look", text("SELECT to_regclass('hot_thing') IS NULL AS gone"))

    async def make_and_fail():
        async with database.hot_transaction() as fetch:
            await fetch(make)
            await fetch(TWICE)

    with pytest.raises(UniqueViolationError):
        await make_and_fail()

    ((gone,),) = await database.hot_rows(look)
    assert gone


async def test_a_read_whose_connection_is_lost_is_asked_once_more(database, databases):
    nap = Hot("nap", text("SELECT pg_sleep(0.3), 'read' AS nap"))
    reading = asyncio.ensure_future(database.hot_rows(nap))

    databases.run(f"SELECT pg_terminate_backend({await running(database, nap)})")

    assert len(await reading) == 1


async def test_a_write_whose_connection_is_lost_is_left_to_who_knows_what_to_do(
    database, databases
):
    write = Hot("write", text("WITH w AS (SELECT pg_sleep(5)) SELECT * FROM w"))
    writing = asyncio.ensure_future(database.hot_rows(write))

    databases.run(f"SELECT pg_terminate_backend({await running(database, write)})")

    with pytest.raises(Unavailable):
        await writing


async def test_how_much_of_the_pool_is_in_use_is_measured(settings):
    database = Database(settings.replace(db_pool_size=2, db_max_overflow=2), schema="thing")
    async with database.transaction(), database.autocommit():
        in_use = REGISTRY.get_sample_value("boss_db_pool_utilisation")
    left = REGISTRY.get_sample_value("boss_db_pool_utilisation")
    await database.close()

    assert (in_use, left) == (0.5, 0.0)


def events(caplog):
    return [record.getMessage() for record in caplog.records]


async def until(caplog, event):
    """The fields of the first line that says so, once there is one."""
    async with asyncio.timeout(10):
        while True:
            for record in caplog.records:
                if record.getMessage() == event:
                    return record.fields
            await asyncio.sleep(0.01)


async def running(database, hot):
    """The number of the connection that runs this statement, once one does."""
    look = Hot(
        "look_for_connection",
        text("SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query = :sql"),
    )
    async with asyncio.timeout(10):
        while not (found := await database.hot_rows(look, sql=hot.sql)):
            await asyncio.sleep(0.005)
    return found[0]["pid"]
