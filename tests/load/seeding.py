"""Fills a store with tasks as they are in life: `python -m tests.load.seeding URL 100000`.

All is made by SQL from the tasks' ordinal numbers, so that the same call makes the same rows, and
written as the store itself would have: each row equals the last image in the log, positions have
no gaps, `boss verify` holds. What a later version adds to tasks has its default here. A million
tasks take some minutes and 5 GB; indexes are made after the rows.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec

from services.task.model import EventType, Person, Status, Task
from services.task.schema import IMAGE
from tests.load.vocabulary import OBJECTS, PLACES, VERBS, sentences

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PEOPLE = 12
CHUNK = 10_000
CONNECTIONS = 2
DAYS = 730

# Each twenty tasks in turn; those that are closed have a second event, which closed them.
STATUSES = (7, 1, 7, 2, 7, 7, 3, 7, 1, 8, 7, 5, 7, 1, 7, 4, 7, 2, 7, 6)
CLOSED = [status in (Status.COMPLETED.value, Status.CANCELLED.value) for status in STATUSES]
# How many of the twenty before this one are closed.
BEFORE = [sum(CLOSED[:place]) for place in range(len(STATUSES))]

# A number below `most`, always the same for an ordinal and a salt.
FUNCTIONS = """
CREATE OR REPLACE FUNCTION pg_temp.pick(ordinal bigint, salt bigint, most bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$ SELECT (hashint8extended(ordinal, salt) & 4611686018427387903) % most $$;
CREATE OR REPLACE FUNCTION pg_temp.share(ordinal bigint, salt bigint) RETURNS float8
LANGUAGE sql IMMUTABLE AS $$ SELECT ((hashint8extended(ordinal, salt) & 1048575) / 1048576.0)::float8 $$
"""

WORDS = """
CREATE TEMP TABLE words (kind text, place bigint, word text);
CREATE TEMP TABLE crews (workspace_id bigint PRIMARY KEY, ids bigint[])
"""

WORKSPACES = """
INSERT INTO task.workspaces (id, display_name, timezone, claimed, created_at)
SELECT n, 'Workspace ' || n, 'UTC', true, $2 FROM generate_series(1, $1::bigint) AS n
ON CONFLICT DO NOTHING
"""

NUMBERS = """
DO $$ DECLARE workspace bigint; BEGIN
    FOR workspace IN SELECT id FROM task.workspaces LOOP
        EXECUTE format('CREATE SEQUENCE IF NOT EXISTS task.task_number_%s', workspace);
    END LOOP;
END $$
"""

CREW = f"""
WITH drawn AS (
    SELECT w, p, nextval('task.people_id_seq') AS id, nextval('task.events_id_seq') AS event,
        $2::jsonb || jsonb_build_object(
            'display_name', (ARRAY['Ann','Ben','Cleo','Dan','Eve','Finn','Gwen','Hal','Ida','Jon',
                'Kim','Leo','Mia','Ned','Ola','Pia','Quin','Rob','Sue','Tom'])[1 + (p - 1) % 20]
                || ' ' || chr(65 + (w % 26)::int) || (p - 1) / 20,
            'role', (ARRAY[1, 2, 3, 3, 5])[p],
            'telegram_id', 1000000 + w * 1000 + p,
            'department', (ARRAY['dev', 'admin', 'marketing', 'design'])[1 + p % 4],
            'leads', CASE WHEN p IN (3, 4) THEN jsonb_build_array((ARRAY['dev', 'admin',
                'marketing', 'design'])[1 + p % 4]) ELSE '[]' END
        ) AS image
    FROM generate_series(1, $1::bigint) AS w, generate_series(1, $3::int) AS p
), told AS (
    SELECT *, CASE WHEN p > 5 THEN image || '{{"role": 4}}' ELSE image END AS after FROM drawn
), person AS (
    INSERT INTO task.people
    SELECT (jsonb_populate_record(NULL::task.people, after || jsonb_build_object(
        'id', id, 'workspace_id', w, 'touched', event))).*
    FROM told
), named AS (
    INSERT INTO task.person_names (workspace_id, key, person_id)
    SELECT w, lower(after ->> 'display_name'), id FROM told
)
INSERT INTO task.events (id, workspace_id, type, person_id, at, touches, changed, after, undo)
SELECT event, w, {EventType.PERSON_CREATED.value}, id, $4, '{{}}', '{{}}', after, false FROM told
"""

POSITIONS = """
WITH placed AS (
    SELECT id, (SELECT position FROM task.log_head) + row_number() OVER (ORDER BY id) AS position
    FROM task.events WHERE position IS NULL
)
UPDATE task.events SET position = placed.position FROM placed WHERE events.id = placed.id
"""

# $1 and $2: the ordinals from and to; $3: how many workspaces; $4: now; $5: a task's default image;
# $6: the log's head so far. Ordinals go round the workspaces, so all of them are equally old.
TASKS = f"""
WITH ordinal AS (
    SELECT g, 1 + (g - 1) % $3::bigint AS w, 1 + (g - 1) / $3::bigint AS n,
        ((g - 1) / $3::bigint) % 20 AS turn, (g - 1) / $3::bigint / 20 AS round,
        $7::bigint AS each,
        $4::timestamptz - make_interval(secs => {DAYS} * 86400.0 * (1 - g / $8::float8)
            - pg_temp.share(g, 1) * 3600) AS created
    FROM generate_series($1::bigint, $2::bigint) AS g
), shaped AS (
    SELECT o.*, ids, cardinality(ids) AS many,
        (CAST($9 AS int[]))[1 + turn] AS status,
        -- The closed ones before this one: of whole rounds, of this round, of this turn.
        $6::bigint + g + $3::bigint * (round * {sum(CLOSED)} + (CAST($10 AS int[]))[1 + turn])
            + CASE WHEN (CAST($9 AS int[]))[1 + turn] IN (7, 8) THEN w - 1 ELSE 0 END AS event,
        least($4::timestamptz, created + make_interval(secs =>
            3600 + power(pg_temp.share(g, 2), 3) * 40 * 86400)) AS moved
    FROM ordinal AS o JOIN crews ON workspace_id = w
), made AS MATERIALIZED (
    SELECT s.*, status IN (7, 8) AS closed,
        ids[1 + floor(many * power(pg_temp.share(g, 3), 2))] AS one,
        CASE WHEN pg_temp.share(g, 4) < 0.25
            THEN ids[1 + floor(many * power(pg_temp.share(g, 5), 2))] END AS two,
        ids[1 + pg_temp.pick(g, 6, 3)] AS creator,
        CASE WHEN n % 10 = 1 AND n > 1 THEN n - 1 END AS parent,
        CASE WHEN pg_temp.share(g, 7) < 0.06 AND n > 5 THEN n - 1 - pg_temp.pick(g, 8, 4) END AS on_n,
        verb.word || ' ' || object.word || ' ' || place.word AS title,
        a.word || ' ' || b.word || ' ' || c.word
            || CASE WHEN pg_temp.share(g, 9) < 0.5 THEN ' ' || d.word ELSE '' END AS description
    FROM shaped AS s
    JOIN words AS verb ON verb.kind = 'verb' AND verb.place = pg_temp.pick(g, 10, $11)
    JOIN words AS object ON object.kind = 'object' AND object.place = pg_temp.pick(g, 11, $12)
    JOIN words AS place ON place.kind = 'place' AND place.place = pg_temp.pick(g, 12, $13)
    JOIN words AS a ON a.kind = 'sentence' AND a.place = pg_temp.pick(g, 13, $14)
    JOIN words AS b ON b.kind = 'sentence' AND b.place = pg_temp.pick(g, 14, $14)
    JOIN words AS c ON c.kind = 'sentence' AND c.place = pg_temp.pick(g, 15, $14)
    JOIN words AS d ON d.kind = 'sentence' AND d.place = pg_temp.pick(g, 16, $14)
), imaged AS MATERIALIZED (
    SELECT w, n, g, event, closed, created, moved, creator, status, two, on_n,
        CASE WHEN pg_temp.share(g, 17) < 0.9 THEN one END AS one,
        CASE WHEN pg_temp.share(g, 18) < 0.1 THEN ids[1 + pg_temp.pick(g, 19, many)] END AS watcher,
        CASE WHEN NOT closed AND pg_temp.share(g, 20) < 0.6
            THEN $4::timestamptz + make_interval(secs => (pg_temp.share(g, 21) - 0.1) * 30 * 86400)
            END AS clock_at,
        $5::jsonb || jsonb_build_object(
            'title', title, 'description', description, 'status', status,
            'status_since', moved, 'status_by', creator, 'creator', creator,
            'created_at', created, 'updated_at', moved,
            'priority', (ARRAY[1, 2, 2, 3, 2, 2, 3, 2, 1, 2, 3, 2, 2, 4, 2, 1, 2, 3, 2, 2])
                [1 + pg_temp.pick(g, 22, 20)],
            'deadline', CASE WHEN pg_temp.share(g, 20) < 0.6
                THEN created + make_interval(secs => (1 + pg_temp.share(g, 23) * 45) * 86400) END,
            'estimate_minutes', CASE WHEN pg_temp.share(g, 24) < 0.4
                THEN 15 * (1 + pg_temp.pick(g, 25, 32)) END,
            'tags', CASE pg_temp.pick(g, 26, 3) WHEN 0 THEN '[]'::jsonb
                WHEN 1 THEN jsonb_build_array('tag' || floor(40 * power(pg_temp.share(g, 27), 2)))
                ELSE jsonb_build_array('tag' || floor(20 * power(pg_temp.share(g, 28), 2)),
                    'tag' || 20 + pg_temp.pick(g, 29, 20)) END,
            'project', CASE WHEN pg_temp.share(g, 30) < 0.7
                THEN 'project-' || floor(12 * power(pg_temp.share(g, 31), 2)) ELSE '' END,
            'parent', parent, 'place', CASE WHEN parent IS NULL THEN 0 ELSE 1 END,
            'depends_on', CASE WHEN on_n IS NULL THEN '[]'::jsonb ELSE jsonb_build_array(on_n) END,
            'completed_at', CASE WHEN status = 7 THEN moved END,
            'revision_count', CASE WHEN pg_temp.share(g, 32) < 0.1 THEN 1 ELSE 0 END,
            'delay_count', CASE WHEN pg_temp.share(g, 33) < 0.1 THEN 1 ELSE 0 END,
            'recurrence', CASE WHEN pg_temp.share(g, 34) < 0.01 THEN 'FREQ=WEEKLY' ELSE '' END,
            'archived_at', CASE WHEN closed AND moved < $4::timestamptz - interval '400 days'
                THEN moved + interval '30 days' END,
            'deleted_at', CASE WHEN pg_temp.share(g, 35) < 0.01 THEN moved END
        ) AS image
    FROM made
), whole AS MATERIALIZED (
    SELECT *, image || jsonb_build_object(
        'assignees', CASE
            WHEN one IS NULL THEN '[]'::jsonb
            WHEN two IS NULL OR two = one
                THEN jsonb_build_array(jsonb_build_object('person', one, 'mark', 1))
            ELSE jsonb_build_array(jsonb_build_object('person', one, 'mark', 1),
                jsonb_build_object('person', two, 'mark', 2)) END,
        'watchers', CASE WHEN watcher IS NULL THEN '[]'::jsonb
            ELSE jsonb_build_array(watcher) END) AS after
    FROM imaged
), task_rows AS (
    INSERT INTO task.tasks (workspace_id, number, touched, clock_at, {", ".join(IMAGE)})
    SELECT w, n, CASE WHEN closed THEN event + 1 ELSE event END, whole.clock_at,
        {", ".join(f"row.{name}" for name in IMAGE)}
    FROM whole, jsonb_populate_record(NULL::task.tasks, after) AS row
), assignee_rows AS (
    INSERT INTO task.task_assignees
        (workspace_id, task_number, person_id, place, mark, created_at)
    SELECT w, n, one, 1, 1, created FROM whole WHERE one IS NOT NULL
    UNION ALL
    SELECT w, n, two, 2, 2, created FROM whole WHERE one IS NOT NULL AND two <> one
), watcher_rows AS (
    INSERT INTO task.task_watchers (workspace_id, task_number, person_id, place)
    SELECT w, n, watcher, 1 FROM whole WHERE watcher IS NOT NULL
), link_rows AS (
    INSERT INTO task.task_dependencies (workspace_id, task_number, on_number, place)
    SELECT w, n, on_n, 1 FROM whole WHERE on_n IS NOT NULL
), told AS MATERIALIZED (
    SELECT event AS id, w, n, {EventType.TASK_CREATED.value} AS type, creator, created AS at,
        '{{}}'::text[] AS changed, NULL::jsonb AS before,
        CASE WHEN closed
            THEN after || '{{"status": 1, "completed_at": null, "archived_at": null}}'
            ELSE after END AS after, gen_random_uuid() AS act, after ->> 'title' AS title
    FROM whole
    UNION ALL
    SELECT event + 1, w, n, CASE status WHEN 7 THEN {EventType.TASK_COMPLETED.value}
            ELSE {EventType.TASK_CANCELLED.value} END, coalesce(one, creator), moved,
        '{{status,completed_at}}', '{{"status": 1, "completed_at": null}}', after,
        gen_random_uuid(), after ->> 'title'
    FROM whole WHERE closed
), act_rows AS (
    INSERT INTO task.acts (id, workspace_id, actor_id, at, kind, summary, events)
    SELECT act, w, creator, at, 1, title, ARRAY[id] FROM told
), request_rows AS (
    INSERT INTO task.requests (workspace_id, actor_id, request_id, method, body_hash, answer, act, at)
    SELECT w, creator, act, 'seeded', '', '', act, at FROM told
    WHERE at > $4::timestamptz - interval '90 days'
)
INSERT INTO task.events (id, position, workspace_id, type, task_number, actor_id, at, act,
    request_id, touches, changed, before, after, undo)
SELECT id, id - $15::bigint, w, type, n, creator, at, act, act, ARRAY[n], changed, before, after,
    false
FROM told
"""

COMMENTS = """
INSERT INTO task.comments (workspace_id, task_number, author, text, at, mentions, attachments)
SELECT task.workspace_id, task.number,
    ids[1 + pg_temp.pick(task.touched + turn, 40, cardinality(ids))], word,
    task.created_at + make_interval(hours => turn), '{}', '[]'
FROM task.tasks AS task
JOIN crews USING (workspace_id)
CROSS JOIN generate_series(1, 3) AS turn
JOIN words ON kind = 'sentence' AND words.place = pg_temp.pick(task.touched + turn, 41, $1)
WHERE pg_temp.share(task.touched * 4 + turn, 42) < 0.15
"""

# Of every fifth person-day one that somebody logged by hand, a few still run.
TIME = """
INSERT INTO task.time_entries (workspace_id, person_id, task_number, day, minutes, note, began_at,
    ended_at, ends_at, closes_at, forgotten, created_at, updated_at, deleted_at, version)
SELECT w, person, 1 + pg_temp.pick(person * 1000 + back, 50, $1::bigint), ($2::timestamptz)::date
        - back, 5 * (1 + pg_temp.pick(person * 1000 + back, 51, 48)), '', NULL, NULL, NULL, NULL,
    false, $2::timestamptz - make_interval(days => back), $2::timestamptz
        - make_interval(days => back), NULL, 1
FROM crews AS crew (w, ids), unnest(ids) AS person, generate_series(1, 180, 5) AS back
WHERE pg_temp.share(person * 1000 + back, 52) < 0.5
"""
ATTENDANCE = """
INSERT INTO task.attendance (workspace_id, person_id, day, came_at, left_at, breaks, late_from,
    ends_at, closes_at, forgotten, corrected, version)
SELECT w, person, day, day + interval '9 hours', CASE WHEN back > 0 THEN day + interval '17 hours'
        END, '[]', day + interval '555 minutes', day + interval '17 hours',
    day + interval '19 hours', false, false, 1
FROM crews AS crew (w, ids), unnest(ids) AS person, generate_series(0, 180, 7) AS back,
    date_trunc('day', $1::timestamptz - make_interval(days => back)) AS day
WHERE pg_temp.share(person * 1000 + back, 53) < 0.7
"""
TOKENS = """
INSERT INTO task.tokens (workspace_id, person_id, label, sha256, created_at)
SELECT w, person, 'script ' || n, sha256(convert_to(person || '-' || n, 'UTF8')), $1::timestamptz
FROM crews AS crew (w, ids), unnest(ids) AS person, generate_series(1, 2) AS n
"""
ACCOUNTS = """
INSERT INTO task.telegram_accounts (person_id, telegram_id, proven_at)
SELECT id, telegram_id, created_at FROM task.people WHERE telegram_id IS NOT NULL
"""
TEMPLATES = """
INSERT INTO task.templates (workspace_id, key, name, about, tags, type, criteria, subtasks,
    created_at, updated_at, version)
SELECT id, 'template ' || n, 'Template ' || n, 'again', '{}', '', '{}', '{}', $1::timestamptz,
    $1::timestamptz, 1
FROM task.workspaces, generate_series(1, 60) AS n
"""

ENDS = """
DO $$ DECLARE workspace bigint; BEGIN
    FOR workspace IN SELECT id FROM task.workspaces LOOP
        PERFORM setval('task.task_number_' || workspace,
            coalesce((SELECT max(number) FROM task.tasks WHERE workspace_id = workspace), 1));
    END LOOP;
    PERFORM setval('task.events_id_seq', (SELECT max(id) FROM task.events));
    PERFORM setval('task.workspaces_id_seq', (SELECT max(id) FROM task.workspaces));
    UPDATE task.log_head SET position = (SELECT max(position) FROM task.events);
END $$
"""

# What would be kept up row by row, and is made much sooner afterwards.
SLOW_TABLES = (
    *("tasks", "events", "acts", "requests", "task_assignees", "comments"),
    *("time_entries", "attendance", "texts"),
)
INDEXES = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made
FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
WHERE relnamespace = 'task'::regnamespace AND relname = ANY ($1::text[])
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""
FOREIGN_KEYS = """
SELECT conrelid::regclass::text AS holder, quote_ident(conname) AS name,
    pg_get_constraintdef(oid) AS made
FROM pg_constraint WHERE contype = 'f' AND confrelid = 'task.tasks'::regclass
"""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What there is now: people by workspace, whose tasks have the numbers from 1 to `each`."""

    tasks: int
    each: int
    people: dict[int, Sequence[int]]


async def seed(
    url: str, *, tasks: int, workspaces: int = 1, people: int = PEOPLE, now: datetime = NOW
) -> Seeded:
    """Fill a store that has no tasks yet; `tasks` is made a multiple of the workspaces."""
    each = tasks // workspaces
    total = each * workspaces
    first = await _connect(url)
    try:
        head = await _found(first, workspaces, people=people, now=now)
        put_back = await _put_aside(first)
        offset = await first.fetchval("SELECT max(id) - $1::bigint FROM task.events", head)
        starts = iter(range(1, total + 1, CHUNK))

        async def fill(connection: asyncpg.Connection) -> None:
            for start in starts:
                await connection.execute(
                    TASKS,
                    *(start, min(start + CHUNK - 1, total), workspaces, now, _image()),
                    *(head + offset, each, total, list(STATUSES), BEFORE),
                    *(len(VERBS), len(OBJECTS), len(PLACES), len(sentences()), offset),
                )

        others = [await _connect(url) for _ in range(CONNECTIONS - 1)]
        await asyncio.gather(*(fill(connection) for connection in (first, *others)))
        for other in others:
            await other.close()
        await first.execute(COMMENTS, len(sentences()))
        await first.execute(TIME, each, now)
        await first.execute(ATTENDANCE, now)
        for some in (TOKENS, TEMPLATES):
            await first.execute(some, now)
        await first.execute(ACCOUNTS)
        for statement in put_back:
            await first.execute(statement)
        await first.execute(ENDS)
        await first.execute("VACUUM ANALYZE")
        crews = await first.fetch("SELECT workspace_id, ids FROM crews")
    finally:
        await first.close()
    return Seeded(total, each, {crew["workspace_id"]: crew["ids"] for crew in crews})


async def _connect(url: str) -> asyncpg.Connection:
    connection = await asyncpg.connect(
        url,
        server_settings={
            "timezone": "UTC",
            "jit": "off",
            "synchronous_commit": "off",
            "work_mem": "128MB",
            "maintenance_work_mem": "512MB",
        },
    )
    await connection.execute(FUNCTIONS)
    await connection.execute(WORDS)
    kinds = {"verb": VERBS, "object": OBJECTS, "place": PLACES, "sentence": sentences()}
    rows = [(kind, place, word) for kind, some in kinds.items() for place, word in enumerate(some)]
    await connection.copy_records_to_table("words", records=rows)
    await connection.execute(
        "INSERT INTO crews SELECT workspace_id, array_agg(id ORDER BY id) FROM task.people GROUP BY 1"
    )
    await connection.execute("CREATE INDEX ON words (kind, place); ANALYZE words; ANALYZE crews")
    return connection


async def _found(
    connection: asyncpg.Connection, workspaces: int, *, people: int, now: datetime
) -> int:
    """Make workspaces and people; return the head of the log, which has them."""
    if await connection.fetchval("SELECT EXISTS (SELECT FROM task.tasks)"):
        message = "the store has tasks already: seed an empty one"
        raise ValueError(message)
    began = now - timedelta(days=DAYS + 1)
    await connection.execute(WORKSPACES, workspaces, began)
    await connection.execute(NUMBERS)
    person = msgspec.json.encode(Person("", began, began)).decode()
    await connection.execute(CREW, workspaces, person, people, began)
    await connection.execute(POSITIONS)
    await connection.execute("TRUNCATE crews")
    await connection.execute(
        "INSERT INTO crews SELECT workspace_id, array_agg(id ORDER BY id) FROM task.people GROUP BY 1"
    )
    head: int = await connection.fetchval("SELECT coalesce(max(position), 0) FROM task.events")
    return head


async def _put_aside(connection: asyncpg.Connection) -> list[str]:
    """Drop slow indexes and foreign keys; return what makes them again."""
    again = []
    for index in await connection.fetch(INDEXES, list(SLOW_TABLES)):
        again.append(index["made"])
        await connection.execute(f"DROP INDEX {index['name']}")
    for key in await connection.fetch(FOREIGN_KEYS):
        again.append(f"ALTER TABLE {key['holder']} ADD CONSTRAINT {key['name']} {key['made']}")
        await connection.execute(f"ALTER TABLE {key['holder']} DROP CONSTRAINT {key['name']}")
    return again


def _image() -> str:
    return msgspec.json.encode(Task("", NOW, NOW, NOW)).decode()


def main() -> None:
    """Seed the store of an address and tell how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("tasks", type=int)
    parser.add_argument("--workspaces", type=int, default=1)
    asked = parser.parse_args()
    began = time.monotonic()
    made = asyncio.run(seed(asked.url, tasks=asked.tasks, workspaces=asked.workspaces))
    print(f"{made.tasks} tasks in {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
