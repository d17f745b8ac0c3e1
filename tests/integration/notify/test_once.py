"""Each event has its deliveries once: whatever breaks, repeats, or runs beside."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from boss.notify.v1 import delivery_pb2 as d
from boss.task.v1 import event_pb2, person_pb2, task_pb2

from services.notify import cursor
from services.notify.consumer import Consumer
from services.notify.cursor import LeaseLost
from services.notify.feed import Feed
from services.notify.model import Channel
from services.runtime import clock
from services.runtime.claims import Wake
from services.runtime.database import Database
from tests.integration.notify.conftest import CHATS, running
from tests.integration.notify.log import ANA, BEN, person, task

TELEGRAM = d.CHANNEL_TELEGRAM
ROOT = Path(__file__).resolve().parents[3]


async def test_a_broken_stream_goes_on_where_it_broke(notify, log, telegram):
    for number in range(1, 4):
        log.created(task(number, f"Task {number}"))
        await notify.settled(number, channel=TELEGRAM)
        log.break_streams()
        await until(lambda: log.watchers == 0)
        log.mend()

    assert [m.text.split()[-1] for m in telegram.heard(CHATS[ANA])] == ["1", "2", "3"]
    assert log.after == sorted(log.after)


async def test_two_replicas_share_the_work_without_doubling_it(settings, log, telegram, state):
    telegram.limits = False
    crowd = range(100, 130)
    log.people(*(person(n, f"P{n}", telegram_id=9000 + n) for n in crowd))
    telegram.open(*(9000 + n for n in crowd))
    second = settings.replace(notify_address=f"unix:{state}/second.sock")

    async with running(settings) as notify, running(second):
        for round_ in (1, 2):
            for n in crowd:
                log.created(for_one(n, round_ * 1000 + n))
        found = await notify.until(
            lambda found: sum(x.state == d.DELIVERY_STATE_SENT for x in found) == len(found) == 100
        )

    texts = [m.text for m in telegram.messages.values()]
    assert len(texts) == len(set(texts)) == 60
    assert all(x.attempts <= 1 for x in found)
    for n in crowd:
        assert [int(m.text.split()[-1]) for m in telegram.heard(9000 + n)] == [1000 + n, 2000 + n]


async def test_another_replica_takes_over_the_reading(settings, log, telegram, state):
    second = settings.replace(notify_address=f"unix:{state}/second.sock")
    async with running(second) as other:
        async with running(settings) as notify:
            log.created(task(1, "One"))
            await notify.settled(2)

        log.created(task(2, "Two"))
        await other.settled(4)

    assert len(telegram.heard(CHATS[ANA])) == 2


@pytest.fixture
async def opened(settings):
    database = Database(settings, schema="notify")
    yield database
    await database.close()


def consumer(database, *tasks):
    def unwatched(_position):
        raise AssertionError("the test itself gives the events")

    async def known(names):
        return [one for one in tasks if one.name in names]

    return Consumer(
        database, unwatched, known, connected=list(Channel), now=clock.now, feed=Feed(), wake=Wake()
    )


async def taken(database):
    held = await cursor.take(database)
    assert held is not None
    return held


def events(*numbers):
    ana = event_pb2.Event(
        position=1,
        workspace="workspaces/1",
        type=event_pb2.EVENT_TYPE_PERSON_CREATED,
        person=person(ANA, "Ana", telegram_id=CHATS[ANA]),
    )
    made = [
        event_pb2.Event(
            position=number,
            workspace="workspaces/1",
            type=event_pb2.EVENT_TYPE_TASK_CREATED,
            task=task(number, f"Task {number}"),
            act=f"act-{number}",
        )
        for number in numbers
    ]
    return [ana, *made]


async def rows(database):
    async with database.autocommit() as connection:
        found = await connection.exec_driver_sql(
            "SELECT source, channel, target FROM notify.deliveries ORDER BY id"
        )
        return [tuple(row) for row in found]


async def test_events_that_come_again_are_passed_over(opened):
    held = await taken(opened)
    await consumer(opened).store(held, events(2, 3))
    once = await rows(opened)

    await consumer(opened).store(held, events(2, 3))

    assert await rows(opened) == once
    assert len(once) == 4
    assert held.position == 3


@pytest.mark.parametrize("known", [True, False])
async def test_no_event_whatever_it_is_or_lacks_stops_the_reading(opened, known):
    held, of = await taken(opened), task(7, "Mend the gate")
    every = [number for number in event_pb2.EventType.values() if number]
    bare = [event_pb2.Event(type=number) for number in every]
    about = [event_pb2.Event(type=number, subject=of.name) for number in every]
    shown = [event_pb2.Event(type=number, task=of, act="a") for number in every]
    broken = [
        event_pb2.Event(type=number, task=task_pb2.Task(name="workspaces/1/tasks/x"))
        for number in every
    ]
    strange = [event_pb2.Event(type=4711, subject=of.name)]
    log = [*bare, *about, *shown, *broken, *strange]
    for position, event in enumerate(log, start=2):
        event.position, event.workspace = position, "workspaces/1"

    await consumer(opened, *([of] if known else [])).store(held, [*events(), *log])

    assert held.position == len(log) + 1
    assert await rows(opened)


async def test_a_reader_without_the_lease_stores_nothing(opened):
    held = await taken(opened)
    assert await cursor.take(opened) is None
    await held.free(opened)
    newer = await taken(opened)
    await consumer(opened).store(newer, events(2))

    with pytest.raises(LeaseLost):
        await consumer(opened).store(held, events(2, 3))
    with pytest.raises(LeaseLost):
        await held.renew(opened)

    assert len(await rows(opened)) == 2


async def test_a_position_that_is_not_the_readers_stops_it(opened):
    held = await taken(opened)
    await consumer(opened).store(held, events(2))
    held.position = 1

    with pytest.raises(LeaseLost):
        await consumer(opened).store(held, events(2, 3))

    assert len(await rows(opened)) == 2


async def test_a_kill_between_sending_and_noting_repeats_at_most_that_one(settings, log, telegram):
    """Telegram takes no idempotency key: here, and here alone, a message may come twice."""
    telegram.fail(chat=CHATS[ANA], after=True, hang_s=30)
    log.created(task(1, "One"), together=False)
    log.created(task(2, "Two", to=(ANA, BEN)), together=False)
    process = await process_of(settings)
    await until(lambda: telegram.heard(CHATS[ANA]))
    await noted(settings, BEN)
    process.kill()
    await process.wait()

    await expire_leases(settings)
    async with running(settings) as notify:
        found = await notify.settled(3, channel=TELEGRAM)

    assert {x.state for x in found} == {d.DELIVERY_STATE_SENT}
    assert len(telegram.heard(CHATS[BEN])) == 1
    texts = [m.text.split()[-1] for m in telegram.heard(CHATS[ANA])]
    assert texts == ["One", "One", "Two"]


async def process_of(settings):
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "protos/gen")]),
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "BOSS_STATE_DIR": str(settings.state_dir),
        "TELEGRAM_BOT_TOKEN": settings.telegram_bot_token.get_secret_value(),
        "TELEGRAM_API_URL": settings.telegram_api_url,
        "BOSS_TASK_ADDRESS": settings.task_address,
        "BOSS_NOTIFY_ADDRESS": f"unix:{settings.state_dir}/killed.sock",
        "BOSS_DB_POOL_SIZE": "4",
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.notify",
        cwd=settings.state_dir,
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def expire_leases(settings):
    """As if the leases of the killed one had run out."""
    database = Database(settings, schema="notify")
    async with database.autocommit() as connection:
        await connection.exec_driver_sql("UPDATE notify.cursors SET lease_until = now()")
        await connection.exec_driver_sql("UPDATE notify.destinations SET lease_until = now()")
    await database.close()


async def noted(settings, person):
    """Waits until the ledger knows that this person's message by Telegram is sent."""
    database = Database(settings, schema="notify")
    async with database.autocommit() as connection, asyncio.timeout(15):
        sent = None
        while not sent:
            found = await connection.exec_driver_sql(
                "SELECT 1 FROM notify.deliveries"
                " WHERE channel = 'telegram' AND state = 'sent' AND person = $1",
                (person,),
            )
            sent = found.first()
    await database.close()


def for_one(number, title):
    made = task(title, f"Task {title}", to=())
    ref = person_pb2.PersonRef(name=f"workspaces/1/people/{number}", display_name=f"P{number}")
    made.assignees.append(task_pb2.Assignee(person=ref))
    return made


async def until(condition, within_s=15):
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.01)
