"""The fake Telegram is as strict as the real one where our code could go wrong."""

import asyncio

import httpx
import pytest

from tests.fakes.telegram import TOKEN, FakeTelegram

ANA = 9002


@pytest.fixture
async def telegram():
    async with FakeTelegram() as telegram:
        yield telegram


@pytest.fixture
async def call(telegram):
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:

        async def call(method, **body):
            answer = await client.post(f"{telegram.url}/bot{TOKEN}/{method}", json=body)
            return answer.status_code, answer.json()

        yield call


@pytest.mark.parametrize(
    ("body", "description"),
    [
        ({"text": ""}, "text is empty"),
        ({"text": "  \n"}, "text is empty"),
        ({"text": "x" * 4097}, "too long"),
        ({"text": "😀" * 2049}, "too long"),
        ({"text": "a < b", "parse_mode": "HTML"}, "can't parse entities"),
        ({"text": "<script>x</script>", "parse_mode": "HTML"}, "can't parse entities"),
        ({"text": "<b>x", "parse_mode": "HTML"}, "can't parse entities"),
        ({"text": "<b><i>x</b></i>", "parse_mode": "HTML"}, "can't parse entities"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "A"}]]}}, "inline keyboard"),
        (
            {
                "text": "x",
                "reply_markup": {"inline_keyboard": [[{"text": "A", "callback_data": "é" * 33}]]},
            },
            "BUTTON_DATA_INVALID",
        ),
    ],
)
async def test_what_telegram_refuses_is_refused(telegram, call, body, description):
    telegram.open(ANA)

    status, answer = await call("sendMessage", chat_id=ANA, **body)

    assert status == 400
    assert description in answer["description"]
    assert telegram.heard(ANA) == []


async def test_markup_does_not_count_into_the_length(telegram, call):
    telegram.open(ANA)

    status, _ = await call(
        "sendMessage", chat_id=ANA, text="<b>" + "x" * 4096 + "</b>", parse_mode="HTML"
    )

    assert status == 200


async def test_nobody_is_written_to_first_and_the_blocked_stay_blocked(telegram, call):
    assert (await call("sendMessage", chat_id=ANA, text="x"))[1][
        "description"
    ] == "Bad Request: chat not found"

    telegram.open(ANA)
    telegram.block(ANA)

    assert (await call("sendMessage", chat_id=ANA, text="x"))[0] == 403


async def test_an_edit_that_changes_nothing_is_refused(telegram, call):
    telegram.open(ANA)
    _, sent = await call("sendMessage", chat_id=ANA, text="x")
    number = sent["result"]["message_id"]

    same = await call("editMessageText", chat_id=ANA, message_id=number, text="x")
    other = await call("editMessageText", chat_id=ANA, message_id=number, text="y")

    assert "not modified" in same[1]["description"]
    assert other[0] == 200
    assert telegram.heard(ANA)[0].texts == ["x", "y"]


async def test_too_many_messages_to_one_chat_are_told_to_wait(telegram, call):
    telegram.open(ANA)

    statuses = [(await call("sendMessage", chat_id=ANA, text=str(n)))[0] for n in range(25)]

    assert statuses.count(200) in range(20, 23)
    assert (await call("sendMessage", chat_id=ANA, text="x"))[1]["parameters"]["retry_after"] >= 1


async def test_a_lost_answer_leaves_the_message_sent(telegram, call):
    telegram.open(ANA)
    telegram.fail(drop=True, after=True)

    with pytest.raises(httpx.HTTPError):
        await call("sendMessage", chat_id=ANA, text="x")

    assert [m.text for m in telegram.heard(ANA)] == ["x"]


async def test_updates_are_polled_until_they_are_confirmed(telegram, call):
    update = telegram.message(ANA, "hello")

    first = await call("getUpdates", timeout=5)
    again = await call("getUpdates")
    after = await call("getUpdates", offset=update["update_id"] + 1)

    assert first[1]["result"] == again[1]["result"] == [update]
    assert after[1]["result"] == []


async def test_a_waiting_poll_hears_of_news(telegram, call):
    async with asyncio.TaskGroup() as group:
        poll = group.create_task(call("getUpdates", timeout=30))
        await _until(lambda: telegram.called("getUpdates"))
        telegram.message(ANA, "hello")

    assert poll.result()[1]["result"][0]["message"]["text"] == "hello"


async def test_of_two_pollers_the_first_is_turned_away(telegram, call):
    async with asyncio.TaskGroup() as group:
        first = group.create_task(call("getUpdates", timeout=30))
        await _until(lambda: telegram.called("getUpdates"))
        second = group.create_task(call("getUpdates", timeout=30))
        await _until(first.done)
        telegram.message(ANA, "hello")

    assert first.result()[0] == 409
    assert second.result()[0] == 200


async def test_polling_is_refused_while_a_webhook_is_set(telegram, call):
    await call("setWebhook", url="http://127.0.0.1:1/webhook", secret_token="s")

    assert (await call("getUpdates"))[0] == 409

    await call("deleteWebhook")

    assert (await call("getUpdates"))[0] == 200


async def test_a_button_is_answered_once(telegram, call):
    telegram.open(ANA)
    await call(
        "sendMessage",
        chat_id=ANA,
        text="x",
        reply_markup={"inline_keyboard": [[{"text": "Done", "callback_data": "submit:1"}]]},
    )
    update = telegram.press(ANA, "submit:1")
    query = update["callback_query"]["id"]

    assert (await call("answerCallbackQuery", callback_query_id=query))[0] == 200
    assert (await call("answerCallbackQuery", callback_query_id=query))[0] == 400
    assert (await call("answerCallbackQuery", callback_query_id="forged"))[0] == 400


async def _until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)
