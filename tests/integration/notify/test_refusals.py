"""What Telegram refuses, and what becomes of the delivery: the ledger tells the story."""

import asyncpg
import pytest
from boss.notify.v1 import delivery_pb2 as d
from boss.notify.v1 import notify_service_pb2

from services.notify.retries import ATTEMPTS
from services.runtime.errors import Conflict
from tests.integration.notify.conftest import CHATS
from tests.integration.notify.log import ANA, BEN, DANA, task

TELEGRAM = d.CHANNEL_TELEGRAM
CHAT = CHATS[ANA]


def telegram_of(found):
    return [x for x in found if x.channel == TELEGRAM]


async def test_what_fails_twice_arrives_once_and_the_row_tells_its_story(notify, log, telegram):
    telegram.fail(status=500, times=2)
    log.created(task(1, "One"))

    [row] = await notify.settled(1, channel=TELEGRAM)

    assert (row.state, row.attempts, row.last_error) == (d.DELIVERY_STATE_SENT, 3, "")
    assert len(telegram.heard(CHAT)) == 1


async def test_an_answer_that_never_comes_is_a_failure_like_any_other(notify, log, telegram):
    telegram.fail(drop=True)
    log.created(task(1, "One"))

    [row] = await notify.settled(1, channel=TELEGRAM)

    assert row.attempts == 2
    assert len(telegram.heard(CHAT)) == 1


async def test_patience_is_kept_as_long_as_telegram_asks(notify, log, telegram):
    telegram.fail(status=429, description="Too Many Requests: retry after 2", retry_after=2)
    log.created(task(1, "One"))

    await notify.settled(1, channel=TELEGRAM)

    refused, taken = telegram.called("sendMessage")
    assert taken.at - refused.at >= 2


async def test_patience_is_kept_for_the_one_chat_alone(notify, log, telegram):
    telegram.fail(chat=CHAT, status=429, description="Too Many Requests", retry_after=3)
    log.created(task(1, "One", to=(ANA, BEN)))

    await notify.settled(2, channel=TELEGRAM)

    [ana], [ben] = telegram.heard(CHAT), telegram.heard(CHATS[BEN])
    assert ana.sent_at - ben.sent_at > 1


async def test_a_later_message_waits_for_the_earlier_one(notify, log, telegram):
    telegram.fail(status=500, times=2)
    log.created(task(1, "One"))
    log.created(task(2, "Two"))

    heard = await telegram.until_heard(CHAT, 2)

    assert [m.text.split()[-1] for m in heard] == ["One", "Two"]


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        ({"status": 403, "description": "Forbidden: bot was blocked by the user"}, "blocked"),
        ({"status": 400, "description": "Bad Request: chat not found"}, "chat not found"),
    ],
)
async def test_what_no_time_will_heal_is_dead_at_once(notify, log, telegram, failure, reason):
    telegram.fail(**failure)
    log.created(task(1, "One"))
    log.created(task(2, "Two"))

    first, second = await notify.settled(2, channel=TELEGRAM)

    assert (first.state, first.attempts) == (d.DELIVERY_STATE_DEAD, 1)
    assert reason in first.last_error
    assert second.state == d.DELIVERY_STATE_SENT


async def test_a_dead_delivery_is_sent_again_on_request(notify, log, telegram):
    telegram.block(CHAT)
    log.created(task(1, "One"))
    [dead] = await notify.settled(1, channel=TELEGRAM)
    telegram.unblock(CHAT)

    request = notify_service_pb2.RetryDeliveryRequest(name=dead.name)
    answer = await notify.stub.RetryDelivery(request, actor=DANA)

    assert answer.delivery.state == d.DELIVERY_STATE_PENDING
    [row] = await notify.settled(1, channel=TELEGRAM)
    assert row.state == d.DELIVERY_STATE_SENT
    with pytest.raises(Conflict, match="DELIVERY_STATE"):
        await notify.stub.RetryDelivery(request, actor=DANA)


async def test_after_its_last_attempt_it_is_dead(notify, log, telegram, database):
    telegram.fail(status=500, times=2)
    log.created(task(1, "One"))
    await notify.until(lambda found: any(x.state == d.DELIVERY_STATE_RETRYING for x in found))
    connection = await asyncpg.connect(database)
    await connection.execute(
        "UPDATE notify.deliveries SET attempts = $1 WHERE state = 'retrying'", ATTEMPTS - 1
    )
    await connection.close()

    [row] = await notify.settled(1, channel=TELEGRAM)

    assert (row.state, row.attempts) == (d.DELIVERY_STATE_DEAD, ATTEMPTS)
    assert row.last_error.startswith(f"given up after {ATTEMPTS} attempts")


async def test_a_chat_that_moved_is_followed(notify, log, telegram):
    telegram.open(-100777)
    telegram.fail(
        status=400,
        description="Bad Request: group chat was upgraded to a supergroup chat",
        migrate_to_chat_id=-100777,
    )
    log.created(task(1, "One"))
    log.created(task(2, "Two"))

    await notify.settled(2, channel=TELEGRAM)

    assert len(telegram.heard(-100777)) == 2
    assert telegram.heard(CHAT) == []


async def test_a_refused_token_kills_no_delivery(notify, log, telegram):
    telegram.fail(status=401, description="Unauthorized", times=99)
    log.created(task(1, "One"))

    found = await notify.until(lambda found: any(x.last_error for x in found))

    [row] = telegram_of(found)
    assert (row.state, row.attempts) == (d.DELIVERY_STATE_RETRYING, 0)
    assert "TELEGRAM_BOT_TOKEN" in row.last_error


async def test_while_telegram_is_down_nothing_is_given_up(notify, log, telegram):
    telegram.fail(status=502, times=5)
    for number in range(1, 4):
        log.created(task(number, f"Task {number}", to=(ANA, BEN)))

    found = await notify.settled(6, channel=TELEGRAM, within_s=40)

    assert {x.state for x in found} == {d.DELIVERY_STATE_SENT}
    assert [m.text.split()[-1] for m in telegram.heard(CHAT)] == ["1", "2", "3"]
