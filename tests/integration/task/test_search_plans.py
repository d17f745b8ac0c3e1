"""How often PostgreSQL plans a search: a few times for each connection, and not at each call."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from services.task.filters.filter import narrowing
from services.task.filters.grammar import parse
from services.task.lists import parameters
from services.task.model import Viewer
from services.task.search import statements as search_statements
from services.task.server.search import sought

# Five for the parameters at hand; then PostgreSQL compares those plans with the one for any.
FIRST = 5
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
async def connection(seeded):
    connection = await asyncpg.connect(seeded, server_settings={"jit": "off"})
    yield connection
    await connection.close()


@pytest.mark.parametrize(
    "query",
    [
        "invoice",
        "fix the invoice status:open",
        "invoice #urgent",
        "invoice due:week",
        "invoice is:overdue",
        "invoice created:>2026-09-26",
        "invoice project:project-2 tag:tag3",
        "invoice -customer",
    ],
)
async def test_a_search_keeps_the_plan_for_any_parameters(connection, query):
    hot, values = asked(query)
    statement = await connection.prepare(hot.sql)

    for _ in range(FIRST + 1):
        await statement.fetch(*[values[name] for name in hot.names])

    assert await connection.fetchval(
        "SELECT generic_plans FROM pg_prepared_statements WHERE statement = $1", hot.sql
    )


def asked(query):
    where = parse(query, now=NOW, zone=ZoneInfo("UTC"))
    words = sought(where, narrowing(where, {}, now=NOW))
    params, flags = parameters(words.wanted, Viewer(1, 1, sees_all=True))
    hot = search_statements.search(
        frozenset({*flags, *params}),
        words=words.has_words,
        ids=words.has_ids,
        after=False,
        limit=20,
    )
    return hot, {
        **hot.constants,
        **params,
        "workspace": 1,
        "words": words.words,
        "last": words.last,
        "exact": words.exact,
        "numbers": list(words.numbers),
        "legacy_ids": list(words.legacy_ids),
    }
