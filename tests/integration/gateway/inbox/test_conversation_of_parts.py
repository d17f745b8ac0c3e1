"""Conversations on templates, parts, and what the workspace wants of a task."""

import pytest

from services.ai.__main__ import main as ai
from services.gateway.__main__ import main as gateway
from services.task.__main__ import run as task
from tests.fakes.telegram import FakeTelegram
from tests.integration.gateway.inbox.system import ANA, System, running, settings_for
from tests.integration.gateway.inbox.test_conversation import buttons, text


@pytest.fixture
async def system(databases, tmp_path):
    async with FakeTelegram(limits=False) as telegram:
        settings = settings_for(databases.new(), tmp_path / "state", telegram)
        async with running(settings, telegram, task, ai, gateway) as system:
            await system.person("Ana", telegram_id=ANA)
            yield system


async def test_a_bug_gets_what_its_template_holds(system: System):
    answer = await system.say("bug: Ana login crashes for guests, by Friday")

    (made,) = answer["tasks"]
    assert (made["type"], made["priority"], made["tags"]) == ("bug", "high", ["bug"])
    assert [each["name"] for each in made["assignees"]] == ["Ana"]
    assert len(made["subtasks"]) == len(made["criteria"]) == 4
    assert made["estimate_minutes"] == 240
    assert "From the template “bug”" in text(answer)
    await system.say(button=buttons(answer)["Undo"])
    assert await system.tasks() == []


async def test_the_last_part_offers_to_complete_the_whole(system: System):
    whole = (await system.http.post("/api/tasks", json={"title": "Launch"})).json()["id"]
    part = await system.http.post("/api/tasks", json={"title": "Write it", "parent": whole})

    answer = await system.say(f"done with {part.json()['id']}")
    assert f"All parts of {whole} “Launch” are closed" in text(answer)

    closed = await system.say(button=buttons(answer)[f"Done {whole}"])
    assert [(each["id"], each["status"]) for each in closed["tasks"]] == [(whole, "completed")]


async def test_a_task_without_the_deadline_that_is_wanted_is_refused_in_words(system: System):
    changed = await system.http.patch(
        "/api/workspace", json={"settings": {"deadline_required": True}}, headers={"If-Match": "*"}
    )
    assert changed.status_code == 200, changed.text

    refused = await system.say("Ana fix the header")
    made = await system.say("Ana fix the header by Friday")

    assert text(refused) == "Give a deadline: this workspace wants one for every task."
    assert [each["title"] for each in made["tasks"]] == ["Fix the header"]
