"""Whole conversations: real task, ai and gateway on one database; Telegram is the fake."""

import asyncio

import asyncpg
import pytest

from services.ai.__main__ import main as ai
from services.gateway.__main__ import main as gateway
from services.task.__main__ import run as task
from tests.fakes.telegram import FakeTelegram
from tests.integration.gateway.inbox.system import ANA, OWNER, System, running, settings_for

FIX = "Ana fix the checkout bug by Friday 5pm, urgent"


@pytest.fixture
async def telegram():
    async with FakeTelegram(limits=False) as telegram:
        yield telegram


@pytest.fixture
async def system(databases, tmp_path, telegram):
    settings = settings_for(databases.new(), tmp_path / "state", telegram)
    async with running(settings, telegram, task, ai, gateway) as system:
        await system.person("Ana", telegram_id=ANA, aliases=["Anna"])
        await system.person("Ben")
        yield system


def buttons(answer):
    return {
        button["label"]: button["data"]
        for message in answer["messages"]
        for row in message["buttons"]
        for button in row
    }


def text(answer):
    return "\n".join(message["text"] for message in answer["messages"])


# Over HTTP -------------------------------------------------------------------------------------


async def test_a_sentence_becomes_a_task_and_undo_takes_it_back(system: System):
    made = await system.say(FIX)

    (made_task,) = made["tasks"]
    assert made_task["title"].lower() == "fix the checkout bug"
    assert [one["name"] for one in made_task["assignees"]] == ["Ana"]
    assert made_task["priority"] == "urgent"
    assert made["understood"]["intent"] == "create"
    taken = {
        span["field"]: FIX[span["start"] : span["end"]] for span in made["understood"]["spans"]
    }
    assert "riday" in taken["deadline"]
    assert "urgent" in text(made)

    undone = await system.say(button=buttons(made)["Undo"])

    assert await system.tasks() == []
    assert undone["messages"][0]["edits"] == made["messages"][0]["id"]

    again = await system.say(button=buttons(made)["Undo"])
    assert again["messages"][0]["edits"] is None
    assert await system.tasks() == []


async def test_a_history_tells_through_what_somebody_spoke(system: System):
    await system.heard(system.update("Ana fix the checkout bug"))
    (made,) = await system.tasks()
    await system.say(f"make {made['id']} urgent")

    told = await system.http.get(f"/api/tasks/{made['id']}/history")
    assert [event["origin"] for event in told.json()["events"]] == ["api", "telegram"]


async def test_the_same_key_is_answered_the_same_and_done_once(system: System):
    answers = await asyncio.gather(*[system.say(FIX, key="one") for _ in range(5)])

    assert all(one == answers[0] for one in answers)
    assert len(await system.tasks()) == 1


async def test_a_message_that_writes_tells_where_in_the_log_it_stands(system: System):
    before = await system.http.get("/api/tasks")

    answer = await system.http.post("/api/messages", json={"text": FIX})

    reached = answer.headers["x-boss-position"]
    assert int(reached) > int(before.headers["etag"].strip('"').partition("-")[0])
    seen = await system.http.get("/api/tasks", headers={"X-Boss-Position": reached})
    assert seen.json()["total"] == before.json()["total"] + 1


async def test_the_same_key_with_other_words_is_refused(system: System):
    await system.say(FIX, key="one")

    other = await system.http.post(
        "/api/messages", json={"text": "other"}, headers={"Idempotency-Key": "one"}
    )

    assert other.status_code == 422


@pytest.mark.parametrize(
    "body", [{}, {"text": ""}, {"text": "a", "button": "b"}, {"text": "x" * 8001}, {"text": "\0"},
             {"text": 5}, {"button": "x" * 65}, {"words": "x"}]
)  # fmt: skip
async def test_what_is_no_message_is_refused_with_its_field(system: System, body):
    answer = await system.http.post("/api/messages", json=body)

    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")


async def test_a_boss_may_speak_as_another_and_a_member_may_not(system: System):
    made = await system.say("call the bank tomorrow", **{"as": "Ana"})

    assert [one["name"] for one in made["tasks"][0]["assignees"]] == ["Ana"]


async def test_two_people_of_one_name_are_asked_about_and_nothing_is_made(system: System):
    await system.person("Anna K")
    asked = await system.say("Anna checks the invoices")
    assert await system.tasks() == []
    choices = buttons(asked)
    assert {"Ana", "Anna K", "Cancel"} <= set(choices)

    made = await system.say(button=choices["Anna K"])
    twice = await system.say(button=choices["Anna K"])

    (only,) = await system.tasks()
    assert [one["name"] for one in only["assignees"]] == ["Anna K"]
    assert made["messages"][0]["edits"] == asked["messages"][0]["id"]
    assert only["title"] in text(twice)


async def test_an_unknown_name_is_asked_about(system: System):
    asked = await system.say("Zoe checks the invoices by friday")

    assert await system.tasks() == [] or "nobody" in text(asked).lower()


async def test_an_honest_answer_to_what_is_not_understood(system: System):
    answer = await system.say("the colour of the sky is a strange thing, don't you think?")

    assert answer["messages"]
    assert await system.tasks() == []


async def test_done_and_approval_by_words_and_buttons(system: System):
    await system.say("Ana fix the header")
    submitted = await system.say("done with 1", **{"as": "Ana"})
    assert submitted["tasks"][0]["status"] == "in_review"

    shown = await system.say("/show 1")
    asked = await system.say(button=buttons(shown)["Reject"])
    assert "better" in text(asked)
    rejected = await system.say("the footer moved")
    assert rejected["tasks"][0]["status"] == "needs_revision"
    assert "the footer moved" in text(rejected)

    await system.say("/done 1", **{"as": "Ana"})
    approved = await system.say("/approve 1")
    assert approved["tasks"][0]["status"] == "completed"


async def test_a_refusal_is_a_sentence(system: System):
    await system.say("Ben fix the header")

    refused = await system.say("/approve 1", **{"as": "Ana"})

    assert refused["tasks"] == []
    assert "approve" in text(refused).lower()


async def test_a_message_of_another_person_is_not_shown(system: System):
    answer = await system.http.get("/api/messages/999999")

    assert answer.status_code == 404


# In Telegram -----------------------------------------------------------------------------------


async def test_a_telegram_message_becomes_a_task_and_its_card_can_be_undone(system: System):
    card = await system.heard(system.update(FIX))
    assert "fix the checkout bug" in card.text.lower()

    undone = await system.heard(system.pressed(card.buttons["Undo"], message=card.id))

    assert undone.id == card.id
    assert await system.tasks() == []


async def test_the_same_update_five_times_at_once_is_one_task(system: System):
    update = system.update(FIX)

    answers = await asyncio.gather(*[system.post(update) for _ in range(5)])
    await until_quiet(system)

    assert [one.status_code for one in answers] == [200] * 5
    assert len(await system.tasks()) == 1
    assert system.sends(OWNER) == 1


async def test_an_edit_that_comes_first_waits_and_then_changes_the_task(system: System):
    message = system.update("Ana fix the footer by friday", message_id=77)
    edit = system.update("Ana fix the footer by friday, urgent", message_id=77, edit=True)

    await system.post(edit)
    await system.post(message)
    await until_quiet(system)

    (only,) = await system.tasks()
    assert only["priority"] == "urgent"
    assert "edit is applied" in system.telegram.heard(OWNER)[-1].text


async def test_edits_go_from_the_last_one_on(system: System):
    await system.heard(system.update("Ana fix the footer, urgent", message_id=77))
    await system.heard(system.update("Ana fix the footer, low", message_id=77, edit=True))

    card = await system.heard(system.update("Ana fix the footer, urgent", message_id=77, edit=True))

    assert "edit is applied" in card.text
    assert (await system.tasks())[0]["priority"] == "urgent"


async def test_a_stranger_is_answered_once_and_the_owner_is_told(system: System):
    system.telegram.open(OWNER)

    answer = await system.heard(system.update("delete all tasks", sender=666), chat=666)
    await system.post(system.update("please", sender=666))
    await until_quiet(system)

    assert "don't know you" in answer.text
    assert len(system.telegram.heard(666)) == 1
    assert any("whom I don't know" in one.text for one in system.telegram.heard(OWNER))


async def test_an_invitation_lets_somebody_in(system: System):
    links = await system.say("/invite Mia design")
    link = next(line for line in text(links).splitlines() if "t.me" in line)
    token = link.rsplit("start=", 1)[1]

    welcome = await system.heard(system.update(f"/start {token}", sender=9100), chat=9100)
    again = await system.heard(system.update(f"/start {token}", sender=9200), chat=9200)

    assert "Hello Mia" in welcome.text
    assert "used already" in again.text
    made = await system.heard(system.update("call the bank tomorrow", sender=9100), chat=9100)
    assert "Mia" in made.text


async def test_the_owner_claims_the_workspace_from_telegram(databases, tmp_path, telegram):
    settings = settings_for(databases.new(), tmp_path / "state", telegram, owner_telegram_id=None)
    async with running(settings, telegram, task, ai, gateway) as system:
        links = (await system.http.post("/api/links", json={})).json()
        token = links["telegram_url"].rsplit("start=", 1)[1]

        stranger = await system.heard(system.update("hello", sender=9400), chat=9400)
        welcome = await system.heard(system.update(f"/start {token}", sender=9300), chat=9300)
        await system.post(system.update("hello", sender=9500))
        await until_quiet(system)

        assert "don't know you" in stranger.text
        assert "You own this workspace now" in welcome.text
        assert "Hello U9300" in welcome.text
        assert any("whom I don't know" in one.text for one in telegram.heard(9300))


async def test_a_button_of_a_card_that_another_service_sent_is_answered_anew(system: System):
    await system.say("Ana fix the header")

    seen = await system.heard(system.pressed("seen:1", sender=ANA, message=5), chat=ANA)
    done = await system.heard(system.pressed("submit:1", sender=ANA, message=5), chat=ANA)
    again = await system.heard(system.pressed("submit:1", sender=ANA, message=5), chat=ANA)

    assert "Seen" in seen.text
    assert "Submitted" in done.text
    assert "so already" in again.text
    assert len({seen.id, done.id, again.id}) == 3


@pytest.mark.parametrize("secret", ["wrong", None, ""])
async def test_a_wrong_secret_is_refused_and_nothing_is_kept(system: System, secret):
    answer = await system.post(system.update(FIX), secret=secret)

    assert answer.status_code == 401
    assert await system.tasks() == []


async def test_what_is_no_update_is_refused_and_an_unknown_kind_is_kept_as_dead(system: System):
    refused = await system.post({"hello": "world"})
    kept = await system.post({"update_id": 5, "poll": {"id": "1"}})
    malformed = await system.post({"update_id": 6, "message": {"text": "x"}})

    async with asyncio.timeout(10):
        while True:
            dead = (await system.http.get("/api/inbox/dead")).json()["messages"]
            if len(dead) == 2:
                break
            await asyncio.sleep(0.05)

    assert (refused.status_code, kept.status_code, malformed.status_code) == (400, 200, 200)
    assert {one["reason"] for one in dead} == {
        "unknown kind of update: poll",
        "malformed message: has no chat",
    }


async def test_a_person_who_blocked_the_bot_does_not_stop_the_chat(system: System):
    system.telegram.block(ANA)

    await system.post(system.update("call the bank", sender=ANA))
    await system.post(system.update("call the plumber", sender=ANA))
    async with asyncio.timeout(10):
        while len(await system.tasks()) < 2:
            await asyncio.sleep(0.05)


async def test_html_of_a_person_is_text(system: System):
    card = await system.heard(system.update("Ana fix <b>x</b> <script>alert(1)</script>"))

    assert "<script>" in card.text


async def until_quiet(system: System) -> None:
    """Until nothing waits in the inbox any more."""
    connection = await asyncpg.connect(system.settings.database_url.get_secret_value())
    waiting = "SELECT count(*) FROM gateway.inbox WHERE state = 'waiting'"
    async with asyncio.timeout(15):
        while await connection.fetchval(waiting):
            await asyncio.sleep(0.02)
    await connection.close()
