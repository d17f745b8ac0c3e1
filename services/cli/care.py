"""What PostgreSQL knows of its own tables and indexes, and what is done to keep them well.

It reads PostgreSQL's own statistics, which cost nothing to read and may be some seconds old; no
table is read for it. Sizes are in bytes. Built on asyncpg alone; services are named, not imported.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import asyncpg

from services.cli.identity import PostgresError
from services.cli.migrate import SCHEMAS
from services.cli.running import present
from services.runtime.database import connection_arguments
from services.runtime.parse import SecretStr
from services.runtime.settings import Settings

LOCK_WAIT = "10s"  # for a table that is being cared for already, as by the server itself

TABLES = """
SELECT use.schemaname AS schema, use.relname AS name,
    CASE WHEN n_live_tup > 0 THEN n_live_tup ELSE greatest(reltuples, 0)::bigint END AS rows,
    n_dead_tup AS dead,
    pg_total_relation_size(relid) - pg_indexes_size(relid) - toast AS heap_bytes,
    pg_indexes_size(relid) AS index_bytes,
    toast AS toast_bytes,
    greatest(last_vacuum, last_autovacuum) AS vacuumed_at,
    greatest(last_analyze, last_autoanalyze) AS analyzed_at
FROM pg_stat_all_tables AS use
JOIN pg_class ON pg_class.oid = relid,
    LATERAL (SELECT CASE WHEN reltoastrelid = 0 THEN 0
        ELSE pg_total_relation_size(reltoastrelid) END AS toast) AS aside
WHERE use.schemaname = ANY ($1)
ORDER BY pg_total_relation_size(relid) DESC, 1, 2
"""

# When an index was used last is known since version 16.
INDEXES = """
SELECT use.schemaname AS schema, use.relname AS "table", use.indexrelname AS name,
    pg_relation_size(use.indexrelid) AS bytes, use.idx_scan AS scans,
    (to_jsonb(use) ->> 'last_idx_scan')::timestamptz AS used_at,
    indisunique OR EXISTS (SELECT FROM pg_constraint
        WHERE conindid = use.indexrelid) AS "unique",
    indisvalid AS valid
FROM pg_stat_all_indexes AS use JOIN pg_index USING (indexrelid)
WHERE use.schemaname = ANY ($1)
ORDER BY bytes DESC, 1, 3
"""

SINCE = """
SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()
"""

# The size that the rows would have if they were just written, from the widths of columns that
# ANALYZE found: a page has 8192 bytes, 24 of them its header; a row has 28 beside its columns and a
# map of its nulls, and is padded to 8.
# https://www.postgresql.org/docs/current/storage-page-layout.html
TABLE_BLOAT = """
WITH width AS (
    SELECT schemaname, tablename, sum((1 - null_frac) * avg_width) AS bytes, count(*) AS columns
    FROM pg_stats WHERE schemaname = ANY ($1) AND NOT inherited GROUP BY 1, 2
)
SELECT nspname AS schema, relname AS "table", NULL AS index,
    pg_stat_get_live_tuples(pg_class.oid) AS rows, pg_stat_get_dead_tuples(pg_class.oid) AS dead,
    pg_relation_size(pg_class.oid) AS bytes,
    CASE WHEN pg_relation_size(pg_class.oid) = 0 THEN 0
        WHEN reltuples >= 0 AND width.bytes IS NOT NULL THEN 8192 * ceil(
            reltuples * (28 + 8 * ceil((width.bytes + columns / 8) / 8))
            / ((8192 - 24) * coalesce(fillfactor, 100) / 100.0)) END AS needed
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
LEFT JOIN width ON schemaname = nspname AND tablename = relname,
    LATERAL (SELECT max(option_value)::int AS fillfactor FROM pg_options_to_table(reloptions)
        WHERE option_name = 'fillfactor') AS option
WHERE nspname = ANY ($1) AND relkind IN ('r', 'm')
"""

# The same of an index, where it is a B-tree: 16 bytes at a page's end, 12 for each entry beside its
# columns, pages filled to 90%. Entries that are the same are stored once, which this does not know:
# it is the most that the index may need.
INDEX_BLOAT = """
WITH entry AS (
    SELECT indexrelid, sum((1 - coalesce(null_frac, 0)) * avg_width) AS bytes,
        bool_and(avg_width IS NOT NULL) AS known
    FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid
    JOIN pg_class AS heap ON heap.oid = indrelid
    JOIN pg_namespace ON pg_namespace.oid = index.relnamespace AND nspname = ANY ($1)
    JOIN pg_attribute AS part ON part.attrelid = indexrelid
    LEFT JOIN pg_attribute AS col ON col.attrelid = indrelid
        AND col.attnum = indkey[part.attnum - 1] AND col.attnum > 0
    LEFT JOIN pg_stats ON schemaname = nspname AND NOT inherited
        AND tablename = CASE WHEN col.attnum IS NULL THEN index.relname ELSE heap.relname END
        AND pg_stats.attname = coalesce(col.attname, part.attname)
    GROUP BY indexrelid
)
SELECT nspname AS schema, heap.relname AS "table", index.relname AS index,
    NULL::bigint AS rows, NULL::bigint AS dead, pg_relation_size(index.oid) AS bytes,
    CASE WHEN index.reltuples >= 0 AND known AND amname = 'btree' THEN 8192 * (1 + ceil(
        index.reltuples * (12 + 8 * ceil(entry.bytes / 8))
        / ((8192 - 40) * coalesce(fillfactor, 90) / 100.0))) END AS needed
FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid
JOIN pg_class AS heap ON heap.oid = indrelid
JOIN pg_namespace ON pg_namespace.oid = index.relnamespace AND nspname = ANY ($1)
JOIN pg_am ON pg_am.oid = index.relam
JOIN entry USING (indexrelid),
    LATERAL (SELECT max(option_value)::int AS fillfactor
        FROM pg_options_to_table(index.reloptions) WHERE option_name = 'fillfactor') AS option
WHERE heap.relkind IN ('r', 'm')
"""

NAMES = """
SELECT nspname || '.' || relname AS name FROM pg_class
JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = ANY ($1) AND relkind IN ('r', 'm') ORDER BY 1
"""
STATE = """
SELECT pg_stat_get_dead_tuples($1::regclass) AS dead, pg_total_relation_size($1::regclass) AS bytes
"""


class Care(StrEnum):
    """What may be done to a table, in SQL."""

    VACUUM = "VACUUM (ANALYZE)"
    ANALYZE = "ANALYZE"


@dataclass(frozen=True, slots=True)
class Table:
    """One table; rows are an estimate."""

    schema: str
    name: str
    rows: int
    dead: int
    heap_bytes: int
    index_bytes: int
    toast_bytes: int
    vacuumed_at: datetime | None
    analyzed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Index:
    """One index, and how often a statement has gone by it."""

    schema: str
    table: str
    name: str
    bytes: int
    scans: int
    used_at: datetime | None
    unique: bool
    valid: bool

    @property
    def unused(self) -> bool:
        """Whether nothing would miss it: what holds a rule up is needed without being read."""
        return self.scans == 0 and not self.unique


@dataclass(frozen=True, slots=True)
class Bloat:
    """How much of a table, or of an index of it, is air; None where nothing is known of that."""

    schema: str
    table: str
    index: str | None
    rows: int | None
    dead: int | None
    bytes: int
    bloat_bytes: int | None

    @property
    def share(self) -> float | None:
        """The air as a share of the whole."""
        if self.bloat_bytes is None:
            return None
        return self.bloat_bytes / self.bytes if self.bytes else 0.0


@dataclass(frozen=True, slots=True)
class Cared:
    """What came of the care for one table; `refusal` says why nothing did."""

    table: str
    dead_before: int
    dead_after: int
    bytes_before: int
    bytes_after: int
    seconds: float
    refusal: str | None


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Any]:
    """Give a connection to the settings' database, else to the embedded one that runs.

    Raises PostgresError where none answers, or what is asked is refused.
    """
    if settings.database_url is None:
        run = present(settings.state_dir)
        if run is None or run.database is None:
            raise PostgresError(
                f"no database runs in {settings.state_dir}: start the system (boss up), or set "
                "DATABASE_URL to its database"
            )
        settings = settings.replace(database_url=SecretStr(run.database))
    try:
        connection = await asyncpg.connect(**connection_arguments(settings, name="boss-db"))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise PostgresError(
            f"the database does not answer: {error or repr(error)}; check DATABASE_URL and that "
            "the server runs"
        ) from error
    try:
        yield connection
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise PostgresError(f"the database refuses: {error or repr(error)}") from error
    finally:
        await connection.close()


async def tables(connection: Any) -> list[Table]:
    """Return the services' tables, the largest first."""
    return [Table(**row) for row in await connection.fetch(TABLES, SCHEMAS)]


async def indexes(connection: Any) -> list[Index]:
    """Return the services' indexes, the largest first."""
    return [Index(**row) for row in await connection.fetch(INDEXES, SCHEMAS)]


async def counted_since(connection: Any) -> datetime | None:
    """Return since when the server counts what is used; None: since it was made, or crashed."""
    since: datetime | None = await connection.fetchval(SINCE)
    return since


async def bloat(connection: Any) -> list[Bloat]:
    """Return tables and indexes, those with the most air first; no table is read for it."""
    rows = [
        row for sql in (TABLE_BLOAT, INDEX_BLOAT) for row in await connection.fetch(sql, SCHEMAS)
    ]
    found = [_bloat(**row) for row in rows]
    return sorted(found, key=lambda one: (-(one.bloat_bytes or 0), -one.bytes, one.table))


def _bloat(*, needed: float | None, **known: Any) -> Bloat:
    air = None if needed is None else max(0, known["bytes"] - int(needed))
    return Bloat(**known, bloat_bytes=air)


async def names(connection: Any) -> list[str]:
    """Return the services' tables by name, as schema.table."""
    return [row["name"] for row in await connection.fetch(NAMES, SCHEMAS)]


async def care(connection: Any, what: Care, table: str) -> Cared:
    """Do it to a table while others read and write it; it waits for no lock for long.

    What the server refuses for this one table is told in the answer.
    """
    said: list[str] = []

    def listen(_: Any, message: Any) -> None:
        said.append(message.message)

    quoted = ".".join(f'"{part}"' for part in table.split("."))
    await connection.execute(f"SET statement_timeout = 0; SET lock_timeout = '{LOCK_WAIT}'")
    before = await connection.fetchrow(STATE, quoted)
    began = time.monotonic()
    connection.add_log_listener(listen)  # who is not its owner is told so by a warning alone
    try:
        await connection.execute(f"{what.value} {quoted}")
    except asyncpg.LockNotAvailableError:
        said.append(f"in use by another such command for over {LOCK_WAIT}; try again later")
    finally:
        connection.remove_log_listener(listen)
    after = await connection.fetchrow(STATE, quoted)
    return Cared(
        table=table,
        dead_before=before["dead"],
        dead_after=after["dead"],
        bytes_before=before["bytes"],
        bytes_after=after["bytes"],
        seconds=time.monotonic() - began,
        refusal="; ".join(said) or None,
    )
