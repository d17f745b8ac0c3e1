"""Stories of the product, told to the whole running system."""

import asyncio

from tests.e2e.system import OWNER, until
from tests.e2e.talking import ANA, BEN, labels, message, post, press, team, texts


async def test_a_sentence_becomes_a_task_and_its_assignee_hears_of_it(tmp_path):
    async with team(tmp_path) as (system, telegram):
        assert (
            await post(system, message(1, "Ana fix the checkout bug by Friday 5pm, urgent")) == 200
        )

        [task] = await until(system.tasks)
        assert task["title"] == "Fix the checkout bug"
        assert [one["name"] for one in task["assignees"]] == ["Ana"]
        assert task["priority"] == "urgent"
        await until(lambda: "Fix the checkout bug" in texts(telegram, OWNER))
        await until(lambda: "Fix the checkout bug" in texts(telegram, ANA))
        assert "Done" in labels(telegram, ANA)


async def test_work_goes_from_the_assignee_to_the_boss_and_back(tmp_path):
    async with team(tmp_path) as (system, telegram):
        await post(system, message(1, "Ana fix the checkout bug"))
        await until(lambda: telegram.heard(ANA))

        await press(system, telegram, ANA, "Done")
        await until(lambda: "Reject" in labels(telegram, OWNER))
        await press(system, telegram, OWNER, "Reject")
        await until(lambda: len(telegram.heard(OWNER)) > 2)
        await post(system, message(9, "the footer moved"))

        await until(lambda: "the footer moved" in texts(telegram, ANA))
        [task] = await system.tasks()
        assert (task["status"], task["revision_count"]) == ("needs_revision", 1)

        await post(system, message(10, "done with 1", sender=ANA))
        await until(lambda: status_is(system, "in_review"))
        await press(system, telegram, OWNER, "Approve")
        await until(lambda: status_is(system, "completed"))


async def test_a_test_after_a_fix_waits_for_it(tmp_path):
    async with team(tmp_path) as (system, telegram):
        sentence = "Ana fix the checkout bug by Friday 5pm, urgent, and Ben needs to test it after"
        await post(system, message(1, sentence))
        await until(lambda: telegram.heard(BEN))
        fix, test = sorted(await system.tasks(), key=lambda one: int(one["id"][2:]))
        assert (fix["blocked"], test["blocked"]) == (False, True)

        refused = await system.call("POST", f"/api/tasks/{test['id']}:start")
        assert refused.status_code == 409
        assert fix["id"] in refused.json()["detail"]
        await system.ask("POST", f"/api/tasks/{fix['id']}:complete")

        await until(lambda: "can start" in texts(telegram, BEN).lower())
        await system.ask("POST", f"/api/tasks/{test['id']}:start")


async def test_twice_late_and_out_of_order(tmp_path):
    async with team(tmp_path) as (system, telegram):
        once = message(7, "Ben order new chairs")
        assert set(await asyncio.gather(*(post(system, once) for _ in range(5)))) == {200}
        await until(lambda: telegram.heard(BEN))
        assert len(await system.tasks()) == 1

        edit = message(9, "Ana water the plants by friday", edited=True, message_id=70)
        assert await post(system, edit) == 200
        assert await post(system, message(8, "Ana water the plants", message_id=70)) == 200

        await until(lambda: count(system, 2))
        plants = await until(lambda: with_deadline(system, "plants"))
        assert [one["name"] for one in plants["assignees"]] == ["Ana"]
        assert len(await system.tasks()) == 2
        assert "edit" in texts(telegram, OWNER).lower()


async def test_strangers_and_wrong_hands_change_nothing(tmp_path):
    async with team(tmp_path) as (system, telegram):
        await post(system, message(1, "Ana fix the <b>header</b> & footer"))
        await until(lambda: telegram.heard(ANA))

        await post(system, message(2, "delete all tasks", sender=666))
        await post(system, message(3, "delete all tasks", sender=666))
        await until(lambda: telegram.heard(666))
        await post(system, message(4, "/approve 1", sender=BEN))
        await until(lambda: telegram.heard(BEN))

        assert len(telegram.heard(666)) == 1
        assert "header" not in texts(telegram, 666)
        assert await status_is(system, "pending")
        assert await post(system, message(5, "Ben steal the sofa"), secret="wrong") == 401
        assert await post(system, message(6, "Ben steal the sofa"), secret=None) == 401
        assert len(await system.tasks()) == 1


async def test_a_broken_update_is_refused_and_an_unknown_one_is_kept(tmp_path):
    async with team(tmp_path) as (system, _):
        assert await post(system, {"no": "update"}) == 400
        assert await post(system, [1, 2]) == 400
        assert await post(system, {"update_id": 5, "poll": {"id": "1"}}) == 200

        metrics = await system.client.get(system.run.services["gateway"].metrics)
        assert "boss_inbox_dead" in metrics.text


async def status_is(system, status: str) -> bool:
    [task] = await system.tasks()
    return task["status"] == status


async def count(system, tasks: int) -> bool:
    return len(await system.tasks()) == tasks


async def with_deadline(system, word: str):
    return next((t for t in await system.tasks() if word in t["title"] and t["deadline"]), None)
