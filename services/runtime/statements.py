"""Named statements, how long they take, and how the server runs those that take too long.

Nobody waits for this: a statement over a second is told of at once, and its plan is asked for
afterwards, on a connection of its own and once in a while for each name. The plan is the generic
one, so that no log has anybody's values.
"""

import asyncio
import time
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import asyncpg
from sqlalchemy import Executable, exc
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from services.runtime import logs, metrics

SLOW_S = 1.0
PLAN_EVERY_S = 300.0
PLAN_WITHIN_S = 5.0
MOST_WAITING = 8

_log = logs.logger("database")


def columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """Return rows, at least one, as the parameters of a statement that unnests one for each column.

    `names` are in the order of a row.
    """
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


@dataclass(frozen=True, slots=True)
class Query:
    """A statement and its name: the same in code, logs and the `query` label of the metrics."""

    name: str
    statement: Executable

    @property
    def sql(self) -> str:
        """The text as the server gets it; compiled at each call."""
        return str(_compiled(self.statement, render_postcompile=True))


@dataclass(frozen=True, slots=True)
class Hot:
    """A statement compiled once, for the driver itself.

    Its parameters are passed as they are, so only types that asyncpg knows (no Enum, no JSON), and
    lists by `= ANY(:ids)`, never `IN`.
    """

    name: str
    statement: Executable
    sql: str = field(init=False)
    names: tuple[str, ...] = field(init=False)
    constants: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        compiled = _compiled(self.statement)
        if compiled.post_compile_params:
            message = f"{self.name}: a hot statement has no expanding parameters, use = ANY()"
            raise ValueError(message)
        object.__setattr__(self, "sql", str(compiled))
        object.__setattr__(self, "names", tuple(compiled.positiontup or ()))
        constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        object.__setattr__(self, "constants", constants)

    def arguments(self, params: Mapping[str, Any]) -> list[Any]:
        """The values in the order of the statement's places. Raises KeyError where one lacks."""
        values = {**self.constants, **params} if self.constants else params
        return [values[name] for name in self.names]

    @property
    def only_reads(self) -> bool:
        """Whether it may be run again where nobody knows if it has been run."""
        return self.sql.lstrip()[:6].upper() == "SELECT"


class Watch:
    """What is known of the statements of one database: measured, and told of where slow."""

    def __init__(self, arguments: Mapping[str, Any], *, log_all: bool) -> None:
        self._arguments = arguments
        self._log_all = log_all
        self._slow: asyncio.Queue[Hot | Query] = asyncio.Queue(MOST_WAITING)
        self._asked_at: dict[str, float] = {}

    def took(self, statement: Hot | Query, seconds: float) -> None:
        """Note how long a statement took."""
        name = statement.name
        if not metrics.off():
            child = _durations.get(name)
            if child is None:
                child = _durations[name] = metrics.QUERY_DURATION.labels(name)
            child.observe(seconds)
        if self._log_all:
            _log.info("query", query=name, ms=round(seconds * 1000, 2))
        if seconds > SLOW_S:
            _log.warning("slow query", query=name, seconds=round(seconds, 3))
            self._ask_later(statement)

    def _ask_later(self, statement: Hot | Query) -> None:
        now = time.monotonic()
        if now - self._asked_at.get(statement.name, -PLAN_EVERY_S) < PLAN_EVERY_S:
            return
        if not self._slow.full():
            self._asked_at[statement.name] = now
            self._slow.put_nowait(statement)

    async def tell_plans(self) -> None:
        """Log the plan of each slow statement, for as long as the process lives."""
        while True:
            statement = await self._slow.get()
            try:
                async with asyncio.timeout(PLAN_WITHIN_S):
                    plan = await self._plan(statement.sql)
            except (
                OSError,  # a TimeoutError too
                asyncpg.PostgresError,
                asyncpg.InterfaceError,
                exc.SQLAlchemyError,
            ) as error:
                _log.warning("slow query without a plan", query=statement.name, error=str(error))
            else:
                _log.warning("plan of a slow query", query=statement.name, plan=plan)

    async def _plan(self, sql: str) -> str:
        connection = await asyncpg.connect(**self._arguments)
        try:
            await connection.execute("SET plan_cache_mode = force_generic_plan")
            await connection.execute(f"PREPARE slow AS {sql}")
            many = await connection.fetchval(
                "SELECT cardinality(parameter_types) FROM pg_prepared_statements"
                " WHERE name = 'slow'"
            )
            given = f" ({', '.join(['NULL'] * many)})" if many else ""
            rows = await connection.fetch(f"EXPLAIN EXECUTE slow{given}")
        finally:
            await connection.close()
        return "\n".join(row[0] for row in rows)


_durations: dict[str, Any] = {}


def _compiled(statement: Executable, **options: bool) -> Any:
    dialect: Any = PGDialect_asyncpg
    return statement.compile(dialect=dialect(), compile_kwargs=options)  # type: ignore[attr-defined]


class Fetch(Protocol):
    """Runs hot statements within one transaction: `await fetch(GET_TASK, number=7)`."""

    def __call__(self, hot: Hot, **params: Any) -> Awaitable[Any]:
        """The rows, as the driver gives them."""
