"""The bot, the poller and the face, against a fake that refuses what Telegram refuses."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest

from services.gateway.dialog.answers import Answer
from services.gateway.dialog.face import NotNow, Where
from services.gateway.dialog.reply import Button, bold, line, reply
from services.gateway.inbox import Inbox
from services.gateway.telegram.bot import Bot, Failed, Later, Pace
from services.gateway.telegram.connection import Connection
from services.gateway.telegram.poll import Poller, introduce, register
from services.gateway.telegram.sender import TelegramFace
from services.runtime.outbound import Outbound
from tests.fakes.telegram import TOKEN, FakeTelegram

DANA = 9001


@pytest.fixture
async def telegram():
    async with FakeTelegram(limits=False) as telegram:
        telegram.open(DANA)
        yield telegram


@pytest.fixture
async def bot(telegram):
    bot = Bot(TOKEN, Outbound("telegram", telegram.url), rate=1000)
    yield bot
    await bot.close()


@pytest.fixture
def face(bot):
    return TelegramFace(bot, acquaintances=None)


CHAT = str(DANA)


def answer(text, *buttons, new=False):
    rows = [[Button(label, data) for label, data in buttons]]
    return Answer(reply(line(bold(text)), rows=rows), new)


# Saying ----------------------------------------------------------------------------------------


async def test_an_answer_is_sent_as_html_with_its_buttons(face, telegram):
    said = await face.say(CHAT, [answer("<b>", ("Undo", "undo:1"))], Where())

    (message,) = telegram.heard(DANA)
    assert said.messages == (str(message.id),)
    assert message.text == "<b>"
    assert message.buttons == {"Undo": "undo:1"}


async def test_the_answer_replaces_the_note(face, telegram):
    note = await face.think(CHAT)
    said = await face.say(CHAT, [answer("done")], Where(note=note))

    (message,) = telegram.heard(DANA)
    assert said.messages == (note,)
    assert message.texts == ["Thinking …", "done"]


async def test_an_answer_about_an_own_card_replaces_it_unless_it_must_be_new(face, telegram):
    (card,) = (await face.say(CHAT, [answer("card")], Where())).messages

    await face.say(CHAT, [answer("undone")], Where(card))
    await face.say(CHAT, [answer("is undone already", new=True)], Where(card))

    first, second = telegram.heard(DANA)
    assert first.texts == ["card", "undone"]
    assert second.text == "is undone already"


async def test_a_card_that_reads_so_already_is_fine(face, telegram):
    (card,) = (await face.say(CHAT, [answer("card")], Where())).messages

    said = await face.say(CHAT, [answer("card")], Where(card))

    assert (said.messages, said.problem) == ((card,), "")
    assert len(telegram.heard(DANA)) == 1


async def test_a_card_that_is_gone_is_answered_by_a_new_message(face, telegram):
    said = await face.say(CHAT, [answer("anew")], Where("12345"))

    assert said.messages == (str(telegram.heard(DANA)[0].id),)


async def test_a_person_who_blocked_the_bot_is_a_problem_to_note(face, telegram):
    telegram.block(DANA)

    said = await face.say(CHAT, [answer("hello")], Where())

    assert said.messages == ()
    assert "blocked" in said.problem


@pytest.mark.parametrize(
    ("failure", "after_s"),
    [({"status": 429, "retry_after": 3}, 3.0), ({"status": 502}, None), ({"drop": True}, None)],
)
async def test_what_may_work_later_is_tried_later(face, telegram, failure, after_s):
    telegram.fail(**failure)

    with pytest.raises(NotNow) as later:
        await face.say(CHAT, [answer("hello")], Where())

    assert later.value.after_s == after_s


async def test_a_group_that_became_another_is_followed(face, telegram):
    telegram.open(-100)
    telegram.fail(
        status=400, description="group chat was upgraded", migrate_to_chat_id=-100, chat=-5
    )
    telegram.open(-5)

    said = await face.say("-5", [answer("hello")], Where())

    assert said.messages == (str(telegram.heard(-100)[0].id),)


async def test_a_press_is_answered_and_one_that_is_too_old_does_no_harm(face, telegram):
    telegram.message(DANA, "x")
    await face.say(CHAT, [answer("card", ("Undo", "undo:1"))], Where())
    query = telegram.press(DANA, "undo:1")["callback_query"]["id"]

    await face.toast(query, "already undone")
    await face.toast(query, "already undone")

    first, second = telegram.called("answerCallbackQuery")
    assert first.body["text"] == "already undone"
    assert (first.status, second.status) == (200, 400)


async def test_the_owner_is_told_and_where_nobody_is_known_nothing_breaks(
    telegram, inbox, database, gateway_settings
):
    settings = gateway_settings.replace(telegram_api_url=telegram.url)
    connection = Connection(settings, TOKEN, inbox=inbox, database=database, acquaintances=None)

    for account in (DANA, None, 666):

        async def owner(known=account):
            return known

        await connection.announce(reply("a stranger wrote"), owner)

    assert [message.text for message in telegram.heard(DANA)] == ["a stranger wrote"]
    await connection.close()


# The bot ---------------------------------------------------------------------------------------


async def test_the_bot_tells_its_name(bot):
    assert bot.link_name() is None

    await introduce(bot)

    assert bot.link_name() == "boss_fake_bot"


async def test_a_wrong_token_is_refused_for_good(telegram):
    bot = Bot("2:wrong", Outbound("telegram", telegram.url), rate=10)

    with pytest.raises(Failed) as refused:
        await bot.get_me()

    assert refused.value.status == 401
    await bot.close()


async def test_the_webhook_is_registered_with_its_secret_and_kinds(bot, telegram):
    await register(bot, url="https://boss.example/webhook", secret="abc")

    assert telegram.webhook["url"] == "https://boss.example/webhook"
    assert telegram.webhook["secret_token"] == "abc"
    assert "callback_query" in telegram.webhook["allowed_updates"]


async def test_an_answer_that_is_none_is_tried_again(telegram):
    telegram.fail("getMe", status=500)
    bot = Bot(TOKEN, Outbound("telegram", telegram.url), rate=10)

    with pytest.raises(Later):
        await bot.get_me()
    assert (await bot.get_me()).username == "boss_fake_bot"
    await bot.close()


async def test_the_pace_lets_a_burst_through_and_then_spreads_the_calls():
    loop = asyncio.get_running_loop()
    pace = Pace(50)
    began = loop.time()

    for _ in range(60):
        await pace.turn(1.0)

    # 50 at once after a silence, 10 more at 50 a second.
    assert loop.time() - began >= 0.15


# Polling ---------------------------------------------------------------------------------------


@asynccontextmanager
async def polling(*pollers):
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(loop())
            for poller in pollers
            for loop in (poller.keep_lease, poller.run)
        ]
        yield
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)


async def claimed(inbox, number=1):
    found = []
    async with asyncio.timeout(15):
        while len(found) < number:
            found += await inbox.claim(10)
            await asyncio.sleep(0.01)
    return found


async def test_updates_are_polled_into_the_inbox_and_then_confirmed(bot, telegram, inbox, database):
    async with polling(Poller(bot, inbox, database)):
        update = telegram.message(DANA, "Ana fix it")
        (claim,) = await claimed(inbox)

        async with asyncio.timeout(10):
            while not any(
                call.body.get("offset") == update["update_id"] + 1
                for call in telegram.called("getUpdates")
            ):
                await asyncio.sleep(0.01)

    assert claim.row.external_id == str(update["update_id"])
    assert claim.row.chat == f"telegram:1:{DANA}"


async def test_a_webhook_of_an_earlier_life_is_deleted_first(bot, telegram, inbox, database):
    telegram.webhook = {"url": "https://old.example/webhook"}

    async with polling(Poller(bot, inbox, database)):
        telegram.message(DANA, "hello")
        await claimed(inbox)

    assert telegram.webhook == {}


async def test_one_of_two_replicas_polls(bot, telegram, inbox, database):
    pollers = [Poller(bot, inbox, database), Poller(bot, Inbox(database), database)]

    async with polling(*pollers):
        for number in range(5):
            telegram.message(DANA + number, "hello")
        await claimed(inbox, 5)

    assert all(call.status in (200, 0) for call in telegram.called("getUpdates"))


async def test_another_replica_polls_when_the_first_stops(bot, telegram, inbox, database):
    first, second = Poller(bot, inbox, database), Poller(bot, inbox, database)
    async with polling(first):
        telegram.message(DANA, "one")
        await claimed(inbox)
    await first.close()

    async with polling(second):
        telegram.message(DANA + 1, "two")
        await claimed(inbox)


async def test_polling_goes_on_after_telegram_was_away(bot, telegram, inbox, database):
    telegram.fail("getUpdates", times=2, status=502)

    async with polling(Poller(bot, inbox, database)):
        telegram.message(DANA, "hello")
        await claimed(inbox)
