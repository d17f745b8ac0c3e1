"""Time goes on: clocks change, systems stand still, and nobody has to think of it."""

import itertools

import pytest

from tests.e2e.system import running, until
from tests.e2e.talking import BEN, message, post, team, texts

# Two starts and the many steps of the clock, each a process, take their time.
pytestmark = pytest.mark.timeout(180)
numbers = itertools.count(1)
SUMMER = "2026-10-14T10:00:00+02:00"  # a Wednesday; summer time ends on the 25th


async def test_every_sunday_at_nine_stays_at_nine_and_a_standstill_brings_one(tmp_path):
    async with running(tmp_path, BOSS_ENV="test", BOSS_TIME=SUMMER) as system:
        berlin = {"timezone": "Europe/Berlin"}
        await system.ask("PATCH", "/api/workspace", berlin, If_Match="*")
        await system.ask("PATCH", "/api/people/P-1", berlin, If_Match="*")
        await system.person("Mia")

        await system.say("every sunday 9am Mia checks the backups")
        assert await dates(system) == ["2026-10-18T07:00:00Z"]

        await to(system, "2026-10-18T07:00:01Z")
        await until(lambda: many(system, 2))
        await to(system, "2026-10-25T08:00:01Z")
        await until(lambda: many(system, 3))
        winter = ["2026-10-18T07:00:00Z", "2026-10-25T08:00:00Z", "2026-11-01T08:00:00Z"]
        assert await dates(system) == winter

        await system.stop()
        system.set(BOSS_TIME="2026-11-17T12:00:00+01:00")
        await system.start()
        await until(lambda: many(system, 4))
        # What is due after it was made too, so nothing more is on its way.
        await to(system, "2026-11-22T08:00:01Z")
        await until(lambda: many(system, 5))

        assert await dates(system) == [*winter, "2026-11-22T08:00:00Z", "2026-11-29T08:00:00Z"]
        tasks = await system.tasks()
        assert {one["title"] for one in tasks} == {"Check the backups"}
        assert sorted(one["occurrence"] for one in tasks) == [1, 2, 3, 4, 5]
        assert {one["name"] for task in tasks for one in task["assignees"]} == {"Mia"}


async def to(system, moment: str) -> None:
    code, _, errors = await system.boss("clock", "set", moment)
    assert code == 0, errors


async def dates(system) -> list[str]:
    return sorted(one["deadline"] for one in await system.tasks())


async def many(system, count: int) -> bool:
    return len(await system.tasks()) == count


async def test_a_day_at_work_is_told_to_the_minute_and_a_forgotten_out_is_closed(tmp_path):
    morning = {"BOSS_ENV": "test", "BOSS_TIME": "2026-11-25T09:22:00Z"}  # a Wednesday
    async with team(tmp_path, **morning) as (system, telegram):
        due = {"title": "Renew the domain", "deadline": "2026-11-26T17:00:00Z"}
        await system.ask("POST", "/api/tasks", {**due, "assignees": ["Ben"]})

        await said(system, telegram, "in", "You are in since today 09:22, 7 min late.")
        await to(system, "2026-11-25T12:00:05Z")
        await said(system, telegram, "break", "On a break since today 12:00")
        await to(system, "2026-11-25T12:30:05Z")
        await said(system, telegram, "break", "Breaks so far: 30 min")
        await to(system, "2026-11-25T18:05:05Z")
        await said(system, telegram, "out", "Out today 18:05. Worked: 8 h 13 min, breaks 30 min.")
        assert "Due next:\nT-1 Renew the domain" in texts(telegram, BEN)

        await to(system, "2026-11-26T09:00:05Z")
        await said(system, telegram, "in", "You are in since today 09:00.")
        await to(system, "2026-11-27T09:00:05Z")
        week = await until(lambda: forgotten(system))

        assert week["worked_minutes"] == 493 + week["days"][3]["worked_minutes"]
        assert (week["break_minutes"], week["late_minutes"], week["late_days"]) == (30, 7, 1)


async def said(system, telegram, words: str, answer: str) -> None:
    await post(system, message(next(numbers), words, sender=BEN))
    await until(lambda: answer in texts(telegram, BEN), why=lambda: texts(telegram, BEN))


async def forgotten(system):
    page = await system.ask("GET", "/api/timesheet?person=Ben")
    [week] = page["timesheets"]
    return week if week["days"][3]["forgotten"] else None
