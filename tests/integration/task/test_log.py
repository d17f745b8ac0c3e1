"""The log: gapless, in the true order of each task, resumable, whatever dies in between."""

import asyncio

import pytest
import sqlalchemy as sa
from boss.task.v1 import event_pb2
from boss.task.v1 import task_service_pb2 as pb

from services.runtime.database import Hot
from services.runtime.errors import Conflict, DeadlineExceeded, Unavailable
from services.task.verify import verify
from tests.integration.task.conftest import running
from tests.integration.task.world import OWNER, new_id, task

CURRENT = Hot("current_database", sa.text("SELECT current_database() AS name"))


async def collect(world, *, after, until, by=None, types=()):
    """All that a watcher gets up to a position, and the heads that came with it."""
    found = []
    async with world.tasks.WatchEvents(
        pb.WatchEventsRequest(after_position=after, types=types), actor=by
    ) as stream:
        async for response in stream:
            found += response.events
            if response.head >= until:
                return found
    return found


async def test_concurrent_writers_lose_nothing_and_the_log_has_no_gap(world):
    made = [(await world.create(f"Task {i}")).task for i in range(4)]

    async def write(worker):
        return [
            await world.update(made[(worker + turn) % 4].name, title=f"{worker} {turn}")
            for turn in range(8)
        ]

    written = [each for many in await asyncio.gather(*map(write, range(8))) for each in many]

    events = await world.events()
    assert [event.position for event in events] == list(range(1, len(events) + 1))
    assert {each.act for each in written} <= {event.act for event in events}
    by_position = {event.position: event for event in events}
    for each in written:
        assert by_position[each.position].task.title == each.task.title
    assert (await verify(world.database)).good


async def test_each_change_of_a_task_begins_where_the_one_before_ended(world):
    made = (await world.create("0")).task
    await asyncio.gather(*(world.update(made.name, title=str(n)) for n in range(1, 25)))

    titles = [(e.task_before.title, e.task.title) for e in (await world.events())[3:]]

    assert len(titles) == 24
    assert [before for before, _ in titles[1:]] == [after for _, after in titles[:-1]]


async def test_a_watcher_that_resumes_skips_nothing_and_doubles_nothing(world):
    stop = asyncio.Event()
    positions: list[int] = []

    async def write(worker):
        turn = 0
        while not stop.is_set():
            await world.create(f"{worker} {turn}")
            turn += 1

    async def watch():
        while len(positions) < 150:
            cursor = positions[-1] if positions else 0
            async with world.tasks.WatchEvents(
                pb.WatchEventsRequest(after_position=cursor)
            ) as stream:
                async for response in stream:
                    positions.extend(event.position for event in response.events)
                    if len(positions) - cursor > 20:
                        break
        stop.set()

    async with asyncio.TaskGroup() as group:
        for worker in range(6):
            group.create_task(write(worker))
        group.create_task(watch())

    assert positions == list(range(1, len(positions) + 1))


async def test_events_of_a_writer_that_died_before_the_numbering_are_numbered_by_another(
    task_settings,
):
    async with running(task_settings, loops=()) as dying:
        request = pb.CreateTaskRequest(task=task("Orphan"), request_id=new_id())
        with pytest.raises(DeadlineExceeded):
            await dying.tasks.CreateTask(request, actor=OWNER, timeout=0.5)

    async with running(task_settings) as world:
        again = await world.tasks.CreateTask(request, actor=OWNER)
        events = await world.events()

    assert [e.task.title for e in events if e.type == event_pb2.EVENT_TYPE_TASK_CREATED] == [
        "Orphan"
    ]
    assert again.position == events[-1].position


async def test_replicas_number_one_log_together(task_settings):
    async with running(task_settings) as one, running(task_settings) as other:
        await asyncio.gather(
            *(one.create(f"one {n}") for n in range(20)),
            *(other.create(f"other {n}") for n in range(20)),
        )
        seen = await collect(one, after=0, until=42)
        elsewhere = await collect(other, after=0, until=42)

        assert (await verify(one.database)).good
    assert [event.position for event in seen] == list(range(1, 43))
    assert seen == elsewhere


async def test_a_person_hears_the_own_workspace_and_a_service_hears_all(world):
    await world.create("Here")
    await world.create(task("Elsewhere", workspace=2), by=2)

    own = await world.events(by=OWNER)
    every = await collect(world, after=0, until=4)

    assert {event.workspace for event in own} == {"workspaces/1"}
    assert {event.workspace for event in every} == {"workspaces/1", "workspaces/2"}


async def test_a_filter_leaves_out_events_but_moves_the_head(world):
    made = await world.create("Task")
    await world.do("Start", made.task.name)

    found = await collect(world, after=0, until=4, types=[event_pb2.EVENT_TYPE_TASK_STARTED])

    assert [event.type for event in found] == [event_pb2.EVENT_TYPE_TASK_STARTED]


async def test_an_event_tells_what_changed_and_what_was_before(world):
    ana = await world.person("Ana")
    made = (await world.create("Before")).task
    await world.update(made.name, title="After", assignees=task(to=[ana]).assignees)

    event = (await world.events())[-1]

    assert sorted(event.changed.paths) == ["assignees", "title"]
    assert (event.task_before.title, event.task.title) == ("Before", "After")
    assert not event.task_before.assignees
    assert event.task.assignees[0].person.display_name == "Ana"
    assert list(event.touches) == [made.name]
    assert event.actor.display_name == "Owner"


async def test_a_heartbeat_tells_the_head_while_nothing_happens(world):
    made = await world.create("Task")
    heads = []
    request = pb.WatchEventsRequest(after_position=made.position)
    async with world.tasks.WatchEvents(request) as stream:
        async for response in stream:
            heads.append((len(response.events), response.head))
            if len(heads) == 3:
                break

    assert heads == [(0, made.position)] * 3


async def test_a_position_that_the_log_has_never_reached_is_refused(world):
    with pytest.raises(Conflict) as caught:
        await collect(world, after=10_000, until=10_000)

    assert caught.value.reason == "POSITION_AHEAD"


async def test_no_heartbeat_comes_while_the_head_cannot_be_read(world, databases):
    async with world.tasks.WatchEvents(pb.WatchEventsRequest()) as stream:
        async for _ in stream:
            break
        name = (await world.database.hot_rows(CURRENT))[0]["name"]
        databases.run(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        databases.run(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608 -- a name of our own
        )
        late = []

        async def listen():
            late.extend([response async for response in stream])

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(listen(), 1.5)
        with pytest.raises(Unavailable):
            await world.create("Lost")
        databases.run(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')

    assert len(late) <= 2
    assert (await world.create("Kept")).position > 0
