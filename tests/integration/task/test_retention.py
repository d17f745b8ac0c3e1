"""What the log forgets in time: images and details of old events, answers to old requests."""

import asyncio
from datetime import timedelta

import sqlalchemy as sa
from boss.task.v1 import history_service_pb2 as history_pb

from services.task.commands.writing import Store
from services.task.retention import Retention
from services.task.roster import Roster
from services.task.schema import events, requests
from services.task.verify import verify
from tests.integration.task.conftest import NOON
from tests.integration.task.world import OWNER, task

DAY = timedelta(days=1)


def retention(world):
    return Retention(Store(world.database, Roster(world.database)))


async def rows(world, sql):
    async with world.database.transaction() as connection:
        return [tuple(row) for row in await connection.execute(sa.text(sql))]


async def aged(world, days):
    """Makes everything in the log so many days older."""
    async with world.database.transaction() as connection:
        for table in (events, requests):
            await connection.execute(table.update().values(at=table.c.at - timedelta(days=days)))


async def images(world):
    return await rows(
        world,
        "SELECT position, before IS NULL AND after IS NULL AND detail IS NULL, erased"
        " FROM task.events ORDER BY position",
    )


async def test_old_events_keep_who_and_when_but_no_longer_what(world, at_work):
    made = (await world.create(task("Secret plan"))).task
    await world.update(made.name, title="Secret plan B")
    await aged(world, 731)
    await world.update(made.name, description="Young")
    young = (await images(world))[-1][0]

    await retention(world).forget_old(NOON)

    assert all(blank for position, blank, _ in await images(world) if position < young)
    assert not (await images(world))[-1][1]
    told = await world.history.ListHistory(
        history_pb.ListHistoryRequest(subject=made.name), actor=OWNER
    )
    assert [each.actor.display_name for each in told.events] == ["Owner"] * 3
    assert [each.erased for each in told.events] == [False, True, True]
    summaries = await rows(world, "SELECT summary FROM task.acts ORDER BY number")
    assert summaries == [("",), ("",), ("changed T-1 “Secret plan B”",)]
    assert (await world.get(made.name)).title == "Secret plan B"
    assert (await verify(world.database)).good


async def test_a_task_whose_last_image_is_gone_is_still_changed_and_checked(world, at_work):
    made = (await world.create(task("Old"))).task
    await aged(world, 731)
    await retention(world).forget_old(NOON)
    report = await verify(world.database)

    changed = await world.update(made.name, title="New")

    assert report.good
    assert changed.task.title == "New"
    assert (await verify(world.database)).good
    async with world.database.transaction() as connection:
        await connection.execute(sa.text("UPDATE task.tasks SET title = 'Forged'"))
    assert (await verify(world.database)).tasks == ((1, 1),)


async def test_a_workspace_says_how_long_it_keeps_them(world, at_work):
    await world.settle(retention_days=30)
    await world.create(task("Short-lived"))
    await aged(world, 31)

    await retention(world).forget_old(NOON)

    assert all(
        blank
        for (blank,) in await rows(
            world,
            "SELECT before IS NULL AND after IS NULL FROM task.events WHERE workspace_id = 1",
        )
    )
    assert not all(
        blank
        for (blank,) in await rows(
            world, "SELECT after IS NULL FROM task.events WHERE workspace_id = 2"
        )
    )


async def test_two_replicas_share_the_work(world, at_work):
    for n in range(20):
        await world.create(task(f"Task {n}"))
    await aged(world, 731)
    old = len(await images(world))

    counts = await asyncio.gather(*(retention(world).forget_old(NOON) for _ in range(2)))

    requests = 20
    assert sum(counts) == old + requests
    assert await retention(world).forget_old(NOON + DAY) == 0


async def test_old_requests_are_forgotten_and_young_ones_answered_again(world, at_work):
    await world.create(task("Old"))
    await aged(world, 91)
    await world.create(task("Young"))

    await retention(world).forget_old(NOON)

    assert await rows(world, "SELECT count(*) FROM task.requests") == [(1,)]
