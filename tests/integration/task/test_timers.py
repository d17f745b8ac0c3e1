"""Time as a writer: reminders, silence, archive and the end of what was deleted, each said once."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa
from boss.task.v1 import comment_service_pb2 as comments_pb
from boss.task.v1 import event_pb2
from boss.task.v1 import task_service_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp

from services.runtime import clock
from services.runtime.database import Hot
from services.runtime.errors import NotFound, ServiceError
from services.task import metrics as own
from services.task.commands.writing import Store
from services.task.numbering import MOST, NUMBER_EVENTS
from services.task.roster import Roster
from services.task.timers import Timers
from services.task.verify import verify
from tests.integration.task.conftest import NOON, running
from tests.integration.task.traces import traces
from tests.integration.task.world import new_id, number, task

pytestmark = pytest.mark.usefixtures("at_work")

# Wednesday, 2026-11-25 07:00 UTC; the deadline is on Friday at noon.
MORNING = NOON - timedelta(hours=5)
FRIDAY = NOON + timedelta(days=2)
# Not by pg_stat_activity, which stays the same within a transaction.
STUCK = sa.text("SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'task.events'::regclass")
SAID = {
    event_pb2.EVENT_TYPE_TASK_DUE_SOON: "due soon",
    event_pb2.EVENT_TYPE_TASK_OVERDUE: "overdue",
    event_pb2.EVENT_TYPE_TASK_QUIET: "quiet",
}


def stamp(moment):
    found = Timestamp()
    found.FromDatetime(moment)
    return found


def at(moment):
    """It is a second after this."""
    clock.set_business_time(moment + timedelta(seconds=1))


def timers(world):
    return Timers(Store(world.database, Roster(world.database)))


async def tick(world, moment):
    """What the clock does at this time."""
    at(moment)
    return await say_due(world)


async def say_due(world):
    """How many tasks the clock has worked off; its events have their positions."""
    done = await timers(world).say_due(clock.now())
    await world.database.hot_rows(NUMBER_EVENTS, most=MOST)
    return done


async def said(world, name=None):
    """What the clock has said so far, with the step: "overdue 1"."""
    return [
        f"{SAID[event.type]} {event.clock.step}"
        for event in await world.events()
        if event.type in SAID and name in {None, event.subject}
    ]


async def due_friday(world, **fields):
    return (await world.create(task(deadline=stamp(FRIDAY), **fields))).task


async def test_a_deadline_is_reminded_of_a_day_two_hours_and_half_an_hour_before(world):
    await due_friday(world)

    told = []
    for before in (timedelta(hours=25), timedelta(hours=24), timedelta(hours=3),
                   timedelta(hours=2), timedelta(minutes=31), timedelta(minutes=30)):  # fmt: skip
        await tick(world, FRIDAY - before)
        told.append(await said(world))

    assert [len(each) for each in told] == [0, 1, 1, 2, 2, 3]
    assert told[-1] == ["due soon 1440", "due soon 120", "due soon 30"]


async def test_a_task_is_overdue_at_once_and_after_one_three_and_seven_days(world):
    await due_friday(world)
    await tick(world, FRIDAY - timedelta(minutes=20))

    for days in range(9):
        await tick(world, FRIDAY + timedelta(days=days))

    assert (await said(world))[1:] == ["overdue 0", "overdue 1", "overdue 3", "overdue 7"]
    assert await tick(world, FRIDAY + timedelta(days=300)) == 0


async def test_a_deadline_an_hour_ahead_is_reminded_of_once(world):
    await world.create(task(deadline=stamp(MORNING + timedelta(hours=1))))

    await tick(world, MORNING + timedelta(minutes=10))
    await tick(world, MORNING + timedelta(minutes=30))

    assert await said(world) == ["due soon 30"]


async def test_after_a_standstill_only_the_last_step_of_each_kind_is_said(world):
    await due_friday(world)

    await tick(world, FRIDAY - timedelta(minutes=5))
    assert await said(world) == ["due soon 30"]
    await tick(world, FRIDAY + timedelta(days=4))

    assert await said(world) == ["due soon 30", "overdue 3"]


async def test_what_is_overdue_is_not_said_to_be_due_soon(world):
    await due_friday(world)

    await tick(world, FRIDAY + timedelta(minutes=1))

    assert await said(world) == ["overdue 0"]


async def test_a_new_deadline_moves_all_reminders(world):
    made = await due_friday(world)
    await tick(world, FRIDAY - timedelta(hours=24))
    await world.update(made.name, deadline=stamp(FRIDAY + timedelta(days=3)))

    await tick(world, FRIDAY + timedelta(hours=1))
    assert await said(world) == ["due soon 1440"]
    await tick(world, FRIDAY + timedelta(days=2))

    assert await said(world) == ["due soon 1440", "due soon 1440"]


async def test_a_word_that_a_writer_came_before_is_said_all_the_same(world):
    made = await due_friday(world)
    at(FRIDAY)
    await world.update(made.name, title="Changed before the clock came by")

    await say_due(world)

    assert await said(world) == ["overdue 0"]


@pytest.mark.parametrize("paused", ["Hold", "Submit", "Complete", "Cancel"])
async def test_what_is_held_reviewed_or_closed_reminds_nobody(world, paused):
    ana = await world.person("Ana")
    made = await due_friday(world, to=[ana])
    more = {"reason": "Later"} if paused in {"Hold", "Cancel"} else {}
    await world.do(paused, made.name, by=ana if paused == "Submit" else 1, **more)

    await tick(world, FRIDAY - timedelta(hours=2))
    await tick(world, FRIDAY + timedelta(days=2))

    assert await said(world) == []


async def test_what_is_blocked_is_still_reminded_of(world):
    made = await due_friday(world)
    await world.do("Block", made.name, reason="Waiting for the key", block_reason=2)

    await tick(world, FRIDAY - timedelta(hours=2))

    assert await said(world) == ["due soon 120"]


async def test_reminders_go_on_after_a_hold_with_the_next_step(world):
    made = await due_friday(world)
    await world.do("Hold", made.name, reason="Later")
    await tick(world, FRIDAY - timedelta(hours=3))
    await world.do("Resume", made.name)

    await tick(world, FRIDAY - timedelta(hours=2))

    assert await said(world) == ["due soon 120"]


async def test_silence_of_eight_working_hours_is_said_twice_and_then_no_more(world):
    ana = await world.person("Ana", timezone="UTC")
    made = (await world.create(task(to=[ana]))).task
    at(NOON)
    await world.do("Start", made.name, by=ana)

    # She works from nine to six: six hours that day, two the next.
    assert await tick(world, NOON + timedelta(hours=22, minutes=58)) == 0
    await tick(world, NOON + timedelta(hours=23, minutes=1))
    assert await said(world) == ["quiet 1"]
    await tick(world, NOON + timedelta(days=1, hours=21, minutes=58))
    assert await said(world) == ["quiet 1"]
    # Of sixteen hours one is left for Friday.
    await tick(world, NOON + timedelta(days=1, hours=22, minutes=1))
    assert await said(world) == ["quiet 1", "quiet 2"]

    assert await tick(world, NOON + timedelta(days=30)) == 0


async def test_a_comment_ends_the_silence(world):
    ana = await world.person("Ana")
    made = (await world.create(task(to=[ana]))).task
    at(NOON)
    await world.do("Start", made.name, by=ana)
    at(NOON + timedelta(hours=5))
    await world.comments.CreateComment(
        comments_pb.CreateCommentRequest(
            parent=made.name, comment={"text": "Half of it is done"}, request_id=new_id()
        ),
        actor=ana,
    )

    await tick(world, NOON + timedelta(hours=24))
    assert await said(world) == []
    # One hour was left of that day, and seven of the next.
    await tick(world, NOON + timedelta(days=1, hours=4, minutes=1))

    assert await said(world) == ["quiet 1"]


async def test_what_is_completed_goes_to_the_archive_after_thirty_days(world):
    made = (await world.create("Old")).task
    await world.do("Complete", made.name)

    await tick(world, MORNING + timedelta(days=29, hours=23))
    assert not (await world.get(made.name)).HasField("archive_time")
    await tick(world, MORNING + timedelta(days=30))

    archived = (await world.events())[-1]
    assert archived.type == event_pb2.EVENT_TYPE_TASK_ARCHIVED
    assert (archived.origin, archived.actor.name) == ("clock", "")
    assert (await world.get(made.name)).HasField("archive_time")
    assert (await verify(world.database)).good


async def test_what_was_deleted_thirty_days_ago_is_gone_with_what_was_said_of_it(world):
    made = (await world.create(task("Secret", description="Very"))).task
    waits = (await world.create(task("Waits", depends_on=[{"name": made.name}]))).task
    await world.comments.CreateComment(
        comments_pb.CreateCommentRequest(
            parent=made.name, comment={"text": "Secret too"}, request_id=new_id()
        ),
        actor=1,
    )
    await world.do("Delete", made.name)
    head = (await world.events())[-1].position

    await tick(world, MORNING + timedelta(days=29))
    assert (await world.do("Restore", made.name)).task.name == made.name
    await world.do("Delete", made.name)
    await tick(world, MORNING + timedelta(days=59, seconds=10))

    with pytest.raises(NotFound):
        await world.do("Restore", made.name)
    assert not (await world.get(waits.name)).depends_on
    events = await world.events()
    assert [e.type for e in events if e.position > head][-1] == event_pb2.EVENT_TYPE_TASK_ERASED
    of_task = [event for event in events if event.subject == made.name]
    assert of_task[0].type == event_pb2.EVENT_TYPE_TASK_CREATED
    assert of_task[0].actor.name.endswith("/1")
    assert not any(word in str(of_task) for word in ("Secret", "Very"))
    # Made, talked of, deleted, restored and deleted again; then the erasure itself.
    assert [event.erased for event in of_task] == [True] * 5 + [False]
    assert (await verify(world.database)).good
    await world.update(waits.name, title="Waits no more")
    assert (await verify(world.database)).good


async def test_no_table_keeps_a_word_of_what_was_erased(world):
    whole = (await world.create(task("Whole"))).task
    made = (
        await world.create(task("Secret", description="Very", parent={"name": whole.name}))
    ).task
    part = pb.CreateTaskRequest(
        task=task("Waits", depends_on=[{"name": made.name}]), request_id=new_id()
    )
    waits = (await world.tasks.CreateTask(part, actor=1)).task
    await world.update(whole.name, title="Whole of it")
    await world.do("Delete", made.name)
    other = pb.UpdateTaskRequest(
        task={"name": waits.name, "title": "Waits still"},
        update_mask={"paths": ["title"]},
        request_id=new_id(),
    )
    later = await world.tasks.UpdateTask(other, actor=1)

    await tick(world, MORNING + timedelta(days=30, seconds=10))

    assert await traces(world, "secret", "very") == set()
    assert await world.tasks.UpdateTask(other, actor=1) == later
    assert (await verify(world.database)).good


async def test_subtasks_are_erased_with_their_parent(world):
    whole = (await world.create("Whole")).task
    part = (await world.create(task("Part", parent={"name": whole.name}))).task
    await world.do("Delete", whole.name)

    assert await tick(world, MORNING + timedelta(days=31)) == 2

    for name in (whole.name, part.name):
        with pytest.raises(NotFound):
            await world.get(name)
    assert (await verify(world.database)).good


async def test_two_replicas_at_once_say_everything_once(task_settings):
    async with running(task_settings) as one, running(task_settings) as other:
        names = [(await due_friday(one, title=f"Task {i}")).name for i in range(240)]
        at(FRIDAY)

        done = await asyncio.gather(
            *(timers(world).say_due(clock.now()) for world in (one, other, one, other))
        )

        await say_due(one)
        assert sum(done) == len(names)
        assert await said(one) == ["overdue 0"] * len(names)
        assert {event.subject for event in await one.events() if event.type in SAID} == set(names)


async def test_a_replica_that_dies_in_the_middle_has_said_nothing_and_another_says_it(world):
    await due_friday(world)
    at(FRIDAY)
    operator = await world.database._writes.connect()
    async with operator.begin() as held:
        await operator.exec_driver_sql("RESET ROLE")
        await operator.exec_driver_sql("LOCK TABLE task.events IN EXCLUSIVE MODE")
        dying = asyncio.create_task(timers(world).say_due(clock.now()))
        while not (stuck := (await operator.execute(STUCK)).scalars().all()):
            await asyncio.sleep(0)

        # It holds the task and is about to write; another replica has nothing to do.
        assert await timers(world).say_due(clock.now()) == 0
        await operator.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": stuck[0]})
        await held.rollback()
    await operator.close()
    with pytest.raises(ServiceError):
        await dying
    assert await said(world) == []

    await say_due(world)
    await say_due(world)

    assert await said(world) == ["overdue 0"]


async def test_a_task_that_breaks_the_clock_stops_no_other_and_is_tried_again(world):
    broken = (await due_friday(world, title="Broken", recurrence="FREQ=WEEKLY")).name
    for i in range(3):
        await due_friday(world, title=f"Task {i}")
    rule = Hot(
        "break",
        sa.text(
            "UPDATE task.tasks SET recurrence = CAST(:rule AS text)"
            " WHERE number = CAST(:number AS bigint)"
        ),
    )
    await world.database.hot_rows(rule, rule="FREQ=NEVER", number=number(broken))
    failures = own.CLOCK_FAILURES._value.get()

    assert await tick(world, FRIDAY) == 3
    assert await said(world) == ["overdue 0"] * 3
    assert own.CLOCK_FAILURES._value.get() == failures + 1
    await world.database.hot_rows(rule, rule="FREQ=WEEKLY", number=number(broken))

    assert await say_due(world) == 1
    assert await said(world, broken) == ["overdue 0"]


async def test_the_loop_follows_business_time_that_is_moved(task_settings):
    async with running(task_settings, loops=("numbering", "feed", "clock")) as world:
        made = await due_friday(world)
        at(FRIDAY)

        async with world.tasks.WatchEvents(pb.WatchEventsRequest(after_position=0)) as stream:
            async for response in stream:
                if any(event.type in SAID for event in response.events):
                    break

        assert await said(world, made.name) == ["overdue 0"]
