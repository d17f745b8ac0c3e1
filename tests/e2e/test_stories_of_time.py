"""Time goes on: clocks change, systems stand still, and nobody has to think of it."""

from tests.e2e.system import running, until

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
