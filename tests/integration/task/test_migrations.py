"""A store of each earlier version comes to the present form while people go on reading and writing.

The rows are few, so time tells nothing here; what would take long with many of them is noticed by
its kind: a table that is written anew, an index that is not made concurrently.
"""

import asyncio
import itertools
import random
import uuid
from contextlib import asynccontextmanager
from dataclasses import asdict

import asyncpg
import msgspec
import pytest

from services.runtime.database import Database, connection_arguments
from services.runtime.migrate import known_revisions, migrations_folder
from services.runtime.migration import migrate
from services.task.model import EventType, Person, Task
from services.task.schema import IMAGE
from services.task.verify import verify
from tests.integration.task.conftest import NOON, name_in, settings_for

FOLDER = migrations_folder("services.task")
REVISIONS = known_revisions(FOLDER)
EARLIER = REVISIONS[:-1]
TASKS, PEOPLE = 150, 4
# Longer than a revision waits for a lock, and what it does then, and far shorter than an hour.
PATIENCE = "5s"

# What an image of this version held: the fields that have a column, and the three lists.
COLUMNS = """
SELECT array_agg(column_name::text) FROM information_schema.columns
WHERE table_schema = 'task' AND table_name = $1 AND is_generated = 'NEVER'
"""
SEED_WORKSPACE = """
INSERT INTO task.workspaces (id, display_name, timezone, claimed, created_at)
VALUES (1, 'Home', 'UTC', true, $1) ON CONFLICT DO NOTHING
"""
SEED_PEOPLE = """
WITH made AS (
    SELECT nextval('task.people_id_seq') AS id, nextval('task.events_id_seq') AS event, n
    FROM generate_series(1, $1::int) AS n
), told AS (
    SELECT made.*, $3::jsonb || jsonb_build_object('display_name', 'Person ' || id,
        'telegram_id', 1000 + id, 'status', CASE n WHEN 1 THEN 3 ELSE 1 END) AS after FROM made
), person AS (
    INSERT INTO task.people SELECT row.* FROM told, jsonb_populate_record(NULL::task.people,
        after || jsonb_build_object('id', id, 'workspace_id', 1, 'touched', event)) AS row
), named AS (
    -- Who has left has no name any more, from 0007 on.
    INSERT INTO task.person_names SELECT 1, lower(after ->> 'display_name'), id FROM told
    WHERE n > 1 OR $5 < '0007'
), token AS (
    INSERT INTO task.tokens (workspace_id, person_id, label, sha256, created_at)
    SELECT 1, id, 'laptop', sha256(id::text::bytea), $2 FROM told
)
INSERT INTO task.events (id, workspace_id, type, person_id, at, touches, changed, after, undo)
SELECT event, 1, $4, id, $2, '{}', '{}', after, false FROM told
"""
SEED_TASKS = """
WITH made AS (
    SELECT n, nextval('task.events_id_seq') AS event, $3::jsonb || jsonb_build_object(
        'title', 'Mend the login ' || n, 'description', 'Before Friday', 'status', 1 + n % 8,
        'tags', jsonb_build_array('t' || n % 7), 'project', (ARRAY['', 'Web'])[1 + n % 2],
        'creator', person, 'parent', CASE n % 10 WHEN 1 THEN NULL ELSE n - (n - 1) % 10 END,
        'depends_on', CASE n % 10 WHEN 1 THEN '[]' ELSE jsonb_build_array(n - 1) END,
        'watchers', jsonb_build_array(person),
        'assignees', jsonb_build_array(jsonb_build_object('person', person, 'mark', 1))) AS after
    FROM generate_series($1::bigint, $2::bigint) AS n, LATERAL (
        SELECT id AS person FROM task.people WHERE status = 1 ORDER BY id
        LIMIT 1 OFFSET n % 3) AS someone
), task AS (
    INSERT INTO task.tasks ({columns}) SELECT {values}
    FROM made, jsonb_populate_record(NULL::task.tasks,
        after || jsonb_build_object('workspace_id', 1, 'number', n, 'touched', event)) AS row
), assignee AS (
    INSERT INTO task.task_assignees
    SELECT 1, n, (after -> 'assignees' -> 0 ->> 'person')::bigint, 1, 1, $4 FROM made
), watcher AS (
    INSERT INTO task.task_watchers SELECT 1, n, (after -> 'watchers' ->> 0)::bigint, 1 FROM made
), link AS (
    INSERT INTO task.task_dependencies
    SELECT 1, n, (after -> 'depends_on' ->> 0)::bigint, 1 FROM made WHERE n % 10 <> 1
), act AS (
    INSERT INTO task.acts (id, workspace_id, actor_id, at, kind, summary, events)
    SELECT gen_random_uuid(), 1, 1, $4, 1, 'Created', ARRAY[event] FROM made
), request AS (
    INSERT INTO task.requests (workspace_id, actor_id, request_id, method, body_hash, answer, at)
    SELECT 1, 1, gen_random_uuid(), 'CreateTask', sha256('x'), '', $4 FROM made
)
INSERT INTO task.events (id, workspace_id, type, task_number, actor_id, at, touches, changed,
    after, undo)
SELECT event, 1, $5, n, 1, $4, ARRAY[n], '{{}}', after, false FROM made
"""
# What later versions have in tables of their own, from the one on that made them.
SEED_MORE = {
    "0004": """
INSERT INTO task.attendance (workspace_id, person_id, day, came_at, left_at, breaks, ends_at,
    closes_at, forgotten, corrected, version)
SELECT 1, 1, $1::date - n, $1 - make_interval(days => n), $1, '[]', $1, $1, false, false, 1
FROM generate_series(1, 50) AS n;
INSERT INTO task.time_entries (workspace_id, person_id, task_number, day, minutes, note, forgotten,
    created_at, updated_at, version)
SELECT 1, 1, n, $1::date, n, '', false, $1, $1, 1 FROM generate_series(1, 50) AS n
""",
    "0008": """
INSERT INTO task.comments (workspace_id, task_number, author, text, at, mentions, attachments)
SELECT 1, n, 1, 'Said of ' || n, $1, '{}', '[]' FROM generate_series(1, 100) AS n
""",
}
NUMBER = "SELECT head FROM task.number_events(100000)"

# What keeps others away for as long as there are rows.
NOTE_WHAT_LASTS = """
CREATE TABLE lasting (what text);
CREATE FUNCTION note_rewrite() RETURNS event_trigger LANGUAGE plpgsql AS $$ DECLARE found boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', pg_event_trigger_table_rewrite_oid()::regclass)
        INTO found;
    IF found THEN
        INSERT INTO lasting VALUES (pg_event_trigger_table_rewrite_oid()::regclass || ' rewritten');
    END IF;
END $$;
CREATE FUNCTION note_index() RETURNS event_trigger LANGUAGE plpgsql AS $$ DECLARE
    made record; found boolean;
BEGIN
    FOR made IN SELECT object_identity, indrelid::regclass AS heap
        FROM pg_event_trigger_ddl_commands() JOIN pg_index ON indexrelid = objid
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', made.heap) INTO found;
        IF found AND current_query() NOT ILIKE '%concurrently%' THEN
            INSERT INTO lasting VALUES (made.object_identity || ' under a lock');
        END IF;
    END LOOP;
END $$;
CREATE EVENT TRIGGER on_rewrite ON table_rewrite EXECUTE FUNCTION note_rewrite();
CREATE EVENT TRIGGER on_index ON ddl_command_end WHEN TAG IN ('CREATE INDEX')
    EXECUTE FUNCTION note_index();
"""

# All that a version makes, but for the order of columns.
FORM = """
SELECT 'column', attrelid::regclass::text, attname, format_type(atttypid, atttypmod)
    || CASE WHEN attnotnull THEN ' not null ' ELSE ' ' END
    || coalesce(pg_get_expr(adbin, adrelid), '')
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relnamespace = 'task'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
UNION ALL SELECT 'index', indrelid::regclass::text, indisvalid::text, pg_get_indexdef(indexrelid)
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE relnamespace = 'task'::regnamespace
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'task'::regnamespace
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(pg_trigger.oid)
FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE relnamespace = 'task'::regnamespace AND NOT tgisinternal
UNION ALL SELECT 'function', '', proname, pg_get_functiondef(oid)
FROM pg_proc WHERE pronamespace = 'task'::regnamespace
"""

# Tasks and comments that a search would not find by their present words.
UNFOUND = """
SELECT number FROM task.tasks AS task WHERE NOT EXISTS (SELECT FROM task.texts AS text
    WHERE text.workspace_id = task.workspace_id AND text.task_number = task.number
        AND comment_id = 0 AND text.title = task.title)
UNION ALL SELECT id FROM task.comments AS comment WHERE NOT EXISTS (SELECT FROM task.texts AS text
    WHERE text.workspace_id = comment.workspace_id AND text.task_number = comment.task_number
        AND comment_id = comment.id)
"""
READ = (
    "SELECT count(title), max(updated_at) FROM task.tasks WHERE workspace_id = 1",
    "SELECT after ->> 'title' FROM task.events WHERE workspace_id = 1 AND task_number = 7",
    "SELECT task_number FROM task.task_assignees WHERE workspace_id = 1 AND person_id = 2",
)
# As a replica of an earlier version writes: with the columns of the first.
RENAME = """
WITH drawn AS MATERIALIZED (SELECT nextval('task.events_id_seq') AS event), changed AS (
    UPDATE task.tasks SET title = $2, touched = drawn.event
    FROM drawn WHERE workspace_id = 1 AND number = $1 RETURNING touched
)
INSERT INTO task.events (id, workspace_id, type, task_number, actor_id, at, touches, changed,
    before, after, undo)
SELECT touched, 1, 2, $1, 1, last.at, ARRAY[$1], ARRAY['title'],
    jsonb_build_object('title', last.after ->> 'title'),
    last.after || jsonb_build_object('title', $2::text), false
FROM changed, LATERAL (
    SELECT at, after FROM task.events WHERE workspace_id = 1 AND task_number = $1
    ORDER BY id DESC LIMIT 1) AS last
"""
LOCK = "SELECT FROM task.tasks WHERE workspace_id = 1 AND number = $1 FOR UPDATE"


@asynccontextmanager
async def connected(settings):
    connection = await asyncpg.connect(**connection_arguments(settings, name="test"))
    try:
        yield connection
    finally:
        await connection.close()


async def to(revision, settings):
    arguments = connection_arguments(settings, name="test")
    await migrate(arguments, schema="task", folder=str(FOLDER), to=revision)


def image(kind, present):
    """What the log of a version that has these columns says of something in its default state."""
    moments = {"created_at": NOON, "updated_at": NOON}
    made = kind(title="", status_since=NOON, **moments) if kind is Task else kind("", **moments)
    lists = {"assignees", "watchers", "depends_on"}
    fields = msgspec.to_builtins(made)
    return msgspec.json.encode(
        {k: v for k, v in fields.items() if k in {*present, *lists}}
    ).decode()


async def add_rows(settings):
    """Some of all that the version has which the database is at, as that version writes them."""
    async with connected(settings) as connection, connection.transaction():
        at = await connection.fetchval("SELECT version_num FROM task.alembic_version")
        people = await connection.fetchval(COLUMNS, "people")
        columns = await connection.fetchval(COLUMNS, "tasks")
        first = 1 + await connection.fetchval("SELECT coalesce(max(number), 0) FROM task.tasks")
        await connection.execute(SEED_WORKSPACE, NOON)
        created = EventType.PERSON_CREATED.value
        await connection.execute(SEED_PEOPLE, PEOPLE, NOON, image(Person, people), created, at)
        own = {"workspace_id", "number", "touched"}
        names = [name for name in columns if name in own or name in IMAGE]
        sql = SEED_TASKS.format(
            columns=", ".join(names), values=", ".join(f"row.{name}" for name in names)
        )
        last = first + TASKS - 1
        created = EventType.TASK_CREATED.value
        await connection.execute(sql, first, last, image(Task, columns), NOON, created)
        for since, statements in SEED_MORE.items():
            for statement in statements.split(";") if at >= since else ():
                await connection.execute(statement, NOON)
        await connection.execute(NUMBER)


@pytest.fixture(scope="module")
def earlier(databases, tmp_path_factory):
    """By revision the address of a database that is at it, with rows of all versions up to it."""
    state = tmp_path_factory.mktemp("state")
    url = databases.new(migrated=False)
    settings = settings_for(url, state)
    made = {}
    for revision in EARLIER:
        asyncio.run(to(revision, settings))
        asyncio.run(add_rows(settings))
        made[revision] = copy_of(url, databases)
    return made


def copy_of(url, databases):
    """The address of a copy of a database that nobody is connected to."""
    name = f"copy_{uuid.uuid4().hex}"
    databases.run(f'CREATE DATABASE "{name}" TEMPLATE "{name_in(url)}"')
    return url.replace(f"/{name_in(url)}?", f"/{name}?")


class Life:
    """Somebody who reads and somebody who writes, without a pause, till they are told to stop."""

    def __init__(self, settings):
        self.settings = settings
        self.stopped = asyncio.Event()
        self.renamed = {}
        self.reads = 0

    @asynccontextmanager
    async def going_on(self):
        async with asyncio.TaskGroup() as group:
            group.create_task(self.read())
            group.create_task(self.write())
            while not (self.reads and self.renamed):
                await asyncio.sleep(0)
            try:
                yield self
            finally:
                self.stopped.set()

    async def read(self):
        async with connected(self.settings) as connection:
            await connection.execute(f"SET lock_timeout = '{PATIENCE}'")
            while not self.stopped.is_set():
                async with connection.transaction():
                    for statement in READ:
                        await connection.fetch(statement)
                self.reads += 1

    async def write(self):
        chance = random.Random(5)  # noqa: S311 -- no secret
        async with connected(self.settings) as connection:
            await connection.execute(f"SET lock_timeout = '{PATIENCE}'")
            for turn in itertools.count():
                if self.stopped.is_set():
                    return
                task, title = chance.randrange(1, TASKS + 1), f"Renamed {turn}"
                async with connection.transaction():
                    await connection.execute(LOCK, task)
                    await connection.execute(RENAME, task, title)
                self.renamed[task] = title


async def form_of(connection):
    return {tuple(row) for row in await connection.fetch(FORM)}


async def form_when_new(url, state):
    async with connected(settings_for(url, state)) as connection:
        return await form_of(connection)


async def what_differs(settings):
    """Where the log and the rows are at odds."""
    database = Database(settings, schema="task")
    try:
        report = await verify(database)
    finally:
        await database.close()
    return {name: found for name, found in asdict(report).items() if found}


@pytest.mark.parametrize("revision", EARLIER)
async def test_it_comes_to_the_present_form_beside_readers_and_writers(
    earlier, database_url, tmp_path, revision
):
    settings = settings_for(earlier[revision], tmp_path)
    async with connected(settings) as connection:
        await connection.execute(NOTE_WHAT_LASTS)
        before = await connection.fetchval("SELECT count(*) FROM task.tasks")

        async with Life(settings).going_on() as life:
            await to("head", settings)
            reads, writes = life.reads, len(life.renamed)

        await connection.execute(NUMBER)
        assert [row["what"] for row in await connection.fetch("SELECT * FROM lasting")] == []
        assert await form_of(connection) == await form_when_new(database_url, tmp_path)
        assert await connection.fetchval("SELECT count(*) FROM task.online_steps") == 0
        assert await connection.fetchval("SELECT count(*) FROM task.tasks") == before
        titles = dict(await connection.fetch("SELECT number, title FROM task.tasks"))
        assert life.renamed.items() <= titles.items()
        assert await connection.fetch(UNFOUND) == []
    assert reads > 1
    assert writes > 1
    assert await what_differs(settings) == {}
