"""PostgreSQL for one service: two engines over one budget, named statements, pool gauges.

Reads run in autocommit and skip the pool's reset; writes are transactions. The hottest statements
are compiled once and go through the driver's connection (`Hot`), at a third of the cost of
SQLAlchemy's execution. A connection is pinged when it has been idle, not at each checkout: a ping
is a round trip, and one that the server has dropped is known to be closed without it.
"""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import asyncpg
from sqlalchemy import Row, event, exc
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from services.runtime import metrics
from services.runtime.connections import Connections, Lent
from services.runtime.driver_errors import asking, connecting, worth_another_try
from services.runtime.errors import ServiceError, SettingsError
from services.runtime.settings import Settings
from services.runtime.statements import Fetch, Hot, Query, Watch
from services.runtime.turns import Turns

__all__ = [
    "Database",
    "Fetch",
    "Hot",
    "Query",
    "connection_arguments",
    "role_of",
    "run",
    "run_many",
]

CONNECT_S = 5.0
POOL_WAIT_S = 5.0
RECYCLE_S = 3600
STATEMENT_MS = 30_000
IDLE_IN_TRANSACTION_MS = 10_000
PING_AFTER_S = 5.0

# What writes read is found by keys, whatever they are, and for an array of keys the planner would
# make a plan anew at each call, at thrice the cost of the reading.
PLANNED_ONCE = {"plan_cache_mode": "force_generic_plan"}

# One statement that does nothing where the migrations could not make the role.
_TAKE_ROLE = """
SELECT set_config('role', rolname, false) FROM pg_roles
WHERE rolname = '{role}' AND pg_has_role(oid, 'MEMBER')
AND has_schema_privilege(oid, to_regnamespace('{schema}'), 'USAGE')
"""


class Database:
    """The connections of one service to its schema; `close` it at the end."""

    def __init__(self, settings: Settings, *, schema: str) -> None:
        self.schema = schema
        arguments = connection_arguments(settings, name=f"boss-{schema}")
        take_role = _TAKE_ROLE.format(role=role_of(schema), schema=schema)
        size, overflow = settings.db_pool_size, settings.db_max_overflow
        self._watch = Watch(arguments, log_all=settings.log_queries)
        # Halves of one budget; the odd one goes to the reads. Theirs are all kept once opened: one
        # that is opened for each peak costs the server a process and every plan anew.
        self._reads = _engine(
            arguments,
            take_role,
            size=size - size // 2 + overflow - overflow // 2,
            overflow=0,
            options={
                "pool_reset_on_return": None,
                "isolation_level": "AUTOCOMMIT",
                "execution_options": {"watch": self._watch},
            },
        )
        self._writes = _engine(
            {**arguments, "server_settings": {**arguments["server_settings"], **PLANNED_ONCE}},
            take_role,
            size=max(1, size // 2),
            overflow=overflow // 2,
            options={"execution_options": {"watch": self._watch}},
        )
        self._hot_reads = Connections(self._reads.sync_engine.pool)
        self._hot_writes = Connections(self._writes.sync_engine.pool)
        # In front of the pools, whose own queue lets newcomers overtake: with 32 callers on 15
        # connections, single ones waited for over 5 s while the others took turns.
        reads = size - size // 2 + overflow - overflow // 2
        self._read_turns = Turns(reads, wait_s=POOL_WAIT_S)
        self._write_turns = Turns(max(1, size // 2) + overflow // 2, wait_s=POOL_WAIT_S)
        self._gauge(size + overflow)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection in a transaction: committed at the end, rolled back on any error."""
        async with self._connection(self._writes) as connection:
            with asking():
                async with connection.begin():
                    yield connection

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection on which each statement stands for itself."""
        async with self._connection(self._reads) as connection:
            yield connection

    async def rows(self, query: Query, **params: Any) -> Sequence[Row[Any]]:
        """Return the rows of one statement on a connection of its own."""
        async with self._connection(self._reads) as connection:
            return (await run(connection, query, **params)).all()

    async def row(self, query: Query, **params: Any) -> Row[Any] | None:
        """Return the first row of one statement, None where there is none."""
        async with self._connection(self._reads) as connection:
            return (await run(connection, query, **params)).first()

    async def hot_rows(self, hot: Hot, **params: Any) -> Sequence[Any]:
        """Return the rows of a hot statement, in autocommit, as the driver gives them (records).

        What only reads is asked once more where its connection is lost.
        """
        async with self._read_turns:
            try:
                return await self._fetch_alone(hot, params)
            except ServiceError as error:
                if not (hot.only_reads and worth_another_try(error)):
                    raise
            return await self._fetch_alone(hot, params)

    @asynccontextmanager
    async def hot_transaction(self) -> AsyncIterator[Fetch]:
        """Give what runs hot statements in one transaction, committed or rolled back as above."""
        async with self._write_turns:
            lent = await self._hot_writes.lend()
            good = False
            try:
                with asking():
                    async with lent.driver.transaction():
                        yield partial(self._fetch, lent)
                good = True
            finally:
                await self._hot_writes.take_back(lent, good=good)

    async def _fetch_alone(self, hot: Hot, params: Mapping[str, Any]) -> Sequence[Any]:
        lent = await self._hot_reads.lend()
        good = False
        try:
            found = await self._fetch(lent, hot, **params)
            good = True
        finally:
            await self._hot_reads.take_back(lent, good=good)
        return found

    async def _fetch(self, lent: Lent, hot: Hot, **params: Any) -> Sequence[Any]:
        began = time.perf_counter()
        try:
            with asking():
                found: Sequence[Any] = await lent.driver.fetch(hot.sql, *hot.arguments(params))
                return found
        finally:
            self._watch.took(hot, time.perf_counter() - began)

    async def tell_plans(self) -> None:
        """Log how slow statements are run, afterwards; for as long as the process lives."""
        await self._watch.tell_plans()

    async def ping(self) -> None:
        """Ask the database for a sign of life; Unavailable where there is none."""
        async with self._connection(self._reads) as connection:
            with asking():
                await connection.exec_driver_sql("SELECT 1")

    async def close(self) -> None:
        """Close all connections."""
        await self._hot_reads.return_all()
        await self._hot_writes.return_all()
        await self._reads.dispose()
        await self._writes.dispose()

    def _gauge(self, limit: int) -> None:
        engines = (self._reads, self._writes)
        pools = [each.pool for each in engines if isinstance(each.pool, QueuePool)]

        def kept() -> int:
            return len(self._hot_reads) + len(self._hot_writes)

        def in_use() -> int:
            return sum(pool.checkedout() for pool in pools) - kept()

        gauge = metrics.POOL_CONNECTIONS
        gauge.labels("in_use").set_function(in_use)
        gauge.labels("idle").set_function(lambda: sum(pool.checkedin() for pool in pools) + kept())
        gauge.labels("limit").set(limit)
        metrics.POOL_UTILISATION.set_function(lambda: in_use() / limit)
        turns = (self._read_turns, self._write_turns)
        metrics.POOL_WAITING.set_function(lambda: sum(each.waiting for each in turns))

    @asynccontextmanager
    async def _connection(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        reads = engine is self._reads
        async with self._read_turns if reads else self._write_turns:
            await (self._hot_reads if reads else self._hot_writes).return_all()
            connection = engine.connect()
            with connecting():
                await connection.start()
            try:
                yield connection
            finally:
                await connection.close()


async def run(connection: AsyncConnection, query: Query, **params: Any) -> CursorResult[Any]:
    """Return the result of a named statement, timed; errors of the driver become our kinds."""
    began = time.perf_counter()
    try:
        with asking():
            return await connection.execute(query.statement, params)
    finally:
        _watch_of(connection).took(query, time.perf_counter() - began)


async def run_many(
    connection: AsyncConnection, query: Query, rows: Sequence[Mapping[str, Any]]
) -> CursorResult[Any] | None:
    """Run a named statement for many rows of parameters at once; nothing for none."""
    if not rows:
        return None
    began = time.perf_counter()
    try:
        with asking():
            return await connection.execute(query.statement, rows)
    finally:
        _watch_of(connection).took(query, time.perf_counter() - began)


def _watch_of(connection: AsyncConnection) -> Watch:
    watch: Watch = connection.sync_engine.get_execution_options()["watch"]
    return watch


def connection_arguments(settings: Settings, *, name: str) -> dict[str, Any]:
    """Return what asyncpg.connect takes to reach the database of these settings."""
    if settings.database_url is None:
        raise SettingsError(
            "DATABASE_URL is not set: `boss up` starts a PostgreSQL of its own and sets it; "
            "else write postgresql://user:password@host:5432/boss"
        )
    url = settings.database_url.get_secret_value()
    return {
        "dsn": "postgresql://" + url.split("://", 1)[1],
        "timeout": CONNECT_S,
        # Lists and searches have hundreds of shapes, some longer than the driver would keep.
        "statement_cache_size": 500,
        "max_cacheable_statement_size": 0,
        "server_settings": {
            "application_name": name,
            "timezone": "UTC",
            "statement_timeout": str(STATEMENT_MS),
            "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_MS),
            # Our statements are short: compiling them costs more than it ever saves.
            "jit": "off",
        },
    }


def role_of(schema: str) -> str:
    """Return the name of the role that owns nothing and may use this schema alone."""
    return f"boss_{schema}"


def _engine(
    arguments: Mapping[str, Any],
    take_role: str,
    *,
    size: int,
    overflow: int,
    options: Mapping[str, Any],
) -> AsyncEngine:
    async def connect() -> Any:
        connection = await asyncpg.connect(**arguments)
        await connection.execute(take_role)
        return connection

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=size,
        max_overflow=overflow,
        pool_timeout=POOL_WAIT_S,
        pool_recycle=RECYCLE_S,
        pool_use_lifo=True,
        **options,
    )
    dialect = engine.sync_engine.dialect

    def note_return(_connection: Any, record: Any) -> None:
        record.info["idle_since"] = time.monotonic()

    def check(connection: Any, record: Any, _proxy: Any) -> None:
        if connection.driver_connection.is_closed():
            raise exc.DisconnectionError("the server has closed this connection")
        since = record.info.get("idle_since")
        if since is not None and time.monotonic() - since > PING_AFTER_S:
            try:
                dialect.do_ping(connection)
            except (exc.DBAPIError, dialect.loaded_dbapi.Error, OSError) as error:
                raise exc.InvalidatePoolError("a connection died while it was idle") from error

    event.listen(engine.sync_engine.pool, "checkin", note_return)
    event.listen(engine.sync_engine.pool, "checkout", check)
    return engine
