"""What waits for something else: it can't start, is freed, and never waits in a circle."""

from tests.e2e.system import OWNER, until
from tests.e2e.talking import ANA, BEN, labels, message, post, press, team, texts

BOTH = "Ben builds the API by tuesday, then Ana tests it by thursday"


async def test_a_task_waits_until_what_it_waits_for_is_approved(tmp_path):
    async with team(tmp_path) as (system, telegram):
        await post(system, message(1, BOTH))
        await until(lambda: telegram.heard(ANA))
        build, test = await both(system)
        assert [one["id"] for one in test["depends_on"]] == [build["id"]]
        assert (build["blocked"], test["blocked"]) == (False, True)

        await post(system, message(2, "start testing the API", sender=ANA))
        await until(lambda: build["id"] in telegram.heard(ANA)[-1].text)
        assert "Build the API" in texts(telegram, ANA)
        assert (await both(system))[1]["status"] == "pending"

        await post(system, message(3, f"done with {build['id']}", sender=BEN))
        await until(lambda: "Approve" in labels(telegram, OWNER))
        assert "can start" not in texts(telegram, ANA)
        await press(system, telegram, OWNER, "Approve")

        await until(lambda: "You can start" in texts(telegram, ANA))
        await post(system, message(4, "start testing the API", sender=ANA))
        await until(lambda: "Started" in texts(telegram, ANA))
        assert (await both(system))[1]["status"] == "in_progress"


async def test_a_circle_is_refused_and_named(tmp_path):
    async with team(tmp_path) as (system, telegram):
        await post(system, message(1, BOTH))
        await until(lambda: telegram.heard(ANA))
        build, test = await both(system)

        await post(system, message(2, f"{build['id']} depends on {test['id']}"))
        await until(lambda: "circle" in texts(telegram, OWNER))

        circle = f"{build['id']} → {test['id']} → {build['id']}"
        assert circle in telegram.heard(OWNER)[-1].text
        refused = await system.call(
            "PATCH", f"/api/tasks/{build['id']}", {"depends_on": [test["id"]]}, If_Match="*"
        )
        assert refused.status_code in (409, 422)
        assert circle in refused.json()["detail"]
        assert (await both(system))[0]["depends_on"] == []


async def both(system):
    build, test = sorted(await system.tasks(), key=lambda one: int(one["id"][2:]))
    return build, test
