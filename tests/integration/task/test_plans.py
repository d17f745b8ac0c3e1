"""How PostgreSQL runs every statement of the store, on a store with tasks as they are in life."""

import asyncio
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from services.task.schema import metadata
from tests.integration.task import plans

DOCUMENT = Path(__file__).parents[3] / "docs" / "database.md"
LARGE_ROWS = 1_000
# Hundreds of statements are compiled and planned, once.
pytestmark = pytest.mark.timeout(300)

# Read from beginning to end, and why that is right.
WHOLE = {
    "verify_tasks": "checks all tasks against the log, for whoever suspects something",
    "verify_people": "checks all people against the log",
    "verify_order": "checks the whole log",
    "verify_presence": "looks for a row of each task of the log",
    "verify_names": "checks all people against the names that find them",
    "verify_workspaces": "checks all workspaces against the log",
    "verify_comments": "checks all comments against the log",
    "verify_log": "counts all positions",
    "count_open": "counts the open tasks of all workspaces, for a hundredth of a process's time",
    "forget_requests": "its index is of ranges of 128 pages, and here are fewer: one range",
}
# Indexes of which no plan tells, and what reads them.
UNTOLD = {
    "texts_by_title": "read inside the function task.titles_like",
    "requests_by_time": "see forget_requests above",
    "retention_by_time": "a store of few workspaces reads all of the table instead",
}
# Tables that stay small, so that reading all of one is as good as an index.
SMALL = {
    "workspaces": "one row for each team",
    "log_head": "one row",
    "retention": "one row for each team",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """The plan of each statement, and the tables with many rows."""

    plans: dict[plans.Named, plans.Plan]
    large: set[str]


@pytest.fixture(scope="module")
def seen(seeded) -> Seen:
    """What the database says of tables and statements, asked once."""
    return asyncio.run(look(seeded))


@pytest.fixture(scope="module")
def looked_at(seen):
    """The plan of each statement, by the statement."""
    return seen.plans


@pytest.fixture(scope="module")
def large(seen):
    """The tables with many rows."""
    return seen.large


def test_no_statement_reads_a_large_table_from_beginning_to_end(looked_at, large):
    found = {
        f"{named.label} ({named.place})": sorted(plan.scanned & large)
        for named, plan in looked_at.items()
        if plan.scanned & large and named.name not in WHOLE
    }

    assert found == {}, "add an index in a migration, or say in WHOLE why it must be so"


def test_every_table_is_large_here_or_said_to_stay_small(large):
    tables = {table.name for table in metadata.tables.values()}

    assert tables - large - SMALL.keys() == set(), (
        f"fill it with {LARGE_ROWS} rows or more in tests/load/seeding.py: plans of an empty table "
        "say nothing"
    )


def test_every_function_that_makes_statements_is_looked_at():
    assert plans.makers() == plans.SHAPES.keys() | plans.CALLED_BY_OTHERS, (
        "say in plans.SHAPES of which shapes the plans are to be looked at"
    )


def test_every_index_serves_a_statement_or_keeps_something_unique(looked_at):
    used = {index for plan in looked_at.values() for index in plan.indexes}

    idle = {
        str(index.name)
        for table in metadata.tables.values()
        for index in table.indexes
        if not index.unique and index.name not in {*used, *UNTOLD}
    }

    assert idle == set(), "no statement reads it: drop it, or mend the statement it is meant for"


def test_the_document_names_every_index_and_what_reads_it(looked_at):
    readers = defaultdict(set)
    for named, plan in looked_at.items():
        for index in plan.indexes:
            readers[index].add(named.name)
    known = {named.name for named in looked_at}

    told = documented()

    assert told.keys() == {
        str(index.name) for table in metadata.tables.values() for index in table.indexes
    }
    for index, statements in told.items():
        assert statements <= known, f"{index}: no such statements"
        assert statements & readers[index] or not readers[index], f"{index} is read by others"


async def look(url: str) -> Seen:
    connection = await asyncpg.connect(
        url, server_settings={"plan_cache_mode": "force_generic_plan", "jit": "off"}
    )
    try:
        rows = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'task'::regnamespace"
            " AND relkind = 'r' AND reltuples >= $1",
            LARGE_ROWS,
        )
        looked_at = {named: await plans.explain(connection, named) for named in plans.statements()}
    finally:
        await connection.close()
    return Seen(looked_at, {row["relname"] for row in rows})


def documented() -> dict[str, set[str]]:
    """The statements beside each index in the tables of the document."""
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|", DOCUMENT.read_text(), re.MULTILINE)
    return {index: set(re.findall(r"`(\w+)`", statements)) for index, statements in rows}
