"""Undo anything: many tasks moved by a sentence are one act, taken back and done again."""

from tests.e2e.system import OWNER, until
from tests.e2e.talking import BEN, labels, message, post, press, team, texts

WORKS = ("Order chairs", "Paint the wall", "Mend the door", "Call the bank", "Sort the mail")
WEDNESDAY = {"BOSS_ENV": "test", "BOSS_TIME": "2026-11-25T10:00:00Z"}
FRIDAY, MONDAY = "2026-11-27T18:00:00Z", "2026-11-30T18:00:00Z"


async def test_all_of_somebodys_tasks_are_moved_as_one_act_and_moved_back(tmp_path):
    async with team(tmp_path, **WEDNESDAY) as (system, telegram):
        for work in WORKS:
            await system.ask("POST", "/api/tasks", {"title": work, "assignees": ["Ben"]})
        await system.ask("POST", "/api/tasks", {"title": "Buy paper", "assignees": ["Ana"]})

        await post(system, message(1, "move all of Ben's open tasks to friday"))
        await until(lambda: "5 tasks to Fri 27 Nov 18:00?" in texts(telegram, OWNER))
        assert all(work in texts(telegram, OWNER) for work in WORKS)
        assert await deadlines(system) == [None] * 6

        await press(system, telegram, OWNER, "Yes")
        await until(lambda: "5 tasks. Changed" in texts(telegram, OWNER))
        assert await deadlines(system) == [FRIDAY] * 5 + [None]

        await post(system, message(2, "/undo"))
        await until(lambda: "Taken back" in texts(telegram, OWNER))
        assert await deadlines(system) == [None] * 6

        await post(system, message(3, "/redo"))
        await until(lambda: "Done again" in texts(telegram, OWNER))
        assert await deadlines(system) == [FRIDAY] * 5 + [None]


async def test_what_somebody_has_changed_since_is_left_as_it_is_and_named(tmp_path):
    async with team(tmp_path, **WEDNESDAY) as (system, telegram):
        made = [
            await system.ask("POST", "/api/tasks", {"title": work, "assignees": ["Ben"]})
            for work in WORKS
        ]
        chosen, ben = made[2]["id"], made[2]["assignees"][0]["id"]
        await system.ask("PATCH", f"/api/people/{ben}", {"role": "boss"})
        await post(system, message(1, "move all of Ben's open tasks to friday"))
        await until(lambda: "Yes" in labels(telegram, OWNER))
        await press(system, telegram, OWNER, "Yes")
        await until(lambda: "5 tasks. Changed" in texts(telegram, OWNER))

        await post(system, message(2, f"move {chosen} to monday", sender=BEN))
        await until(lambda: "Changed: due Mon 30 Nov" in texts(telegram, BEN))
        await post(system, message(3, "/undo"))
        await until(lambda: "Taken back" in texts(telegram, OWNER))

        told = telegram.heard(OWNER)[-1].text
        assert chosen in told
        assert "Ben" in told
        kept = {one["id"]: one["deadline"] for one in await system.tasks()}
        assert kept.pop(chosen) == MONDAY
        assert set(kept.values()) == {None}


async def deadlines(system) -> list[str | None]:
    tasks = await system.tasks()
    return [one["deadline"] for one in sorted(tasks, key=lambda one: int(one["id"][2:]))]
