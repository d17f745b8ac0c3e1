"""An event of the log reaches the people it concerns, by Telegram and on the page."""

from boss.notify.v1 import delivery_pb2 as d
from boss.task.v1 import person_pb2, task_pb2

from services.notify.routing import NOT_CONNECTED
from tests.integration.notify.conftest import CHATS, running
from tests.integration.notify.log import ANA, BEN, DANA, OWNER, person, task


def states(found, channel=d.CHANNEL_TELEGRAM):
    return [d.DeliveryState.Name(x.state).split("_")[-1] for x in found if x.channel == channel]


async def test_an_assignee_hears_of_a_new_task_with_its_buttons(notify, log, telegram):
    log.created(task(12, "Fix the <login> & crash"))

    [message] = await telegram.until_heard(CHATS[ANA])

    assert message.text == "Dana gave you a task:\nT-12 Fix the <login> & crash"
    assert message.buttons == {"Start": "start:12", "Done": "submit:12"}
    found = await notify.settled(2)
    assert states(found) == states(found, d.CHANNEL_WEB) == ["SENT"]
    assert telegram.heard(CHATS[DANA]) == []


async def test_the_tasks_of_one_act_come_in_one_message(notify, log, telegram):
    log.created(task(1, "One"), task(2, "Two"), task(3, "Three", to=(ANA, BEN)))

    found = await notify.settled(4, channel=d.CHANNEL_TELEGRAM)

    assert [m.text.count("T-") for m in telegram.heard(CHATS[ANA])] == [3]
    assert [m.text.count("T-") for m in telegram.heard(CHATS[BEN])] == [1]
    assert sorted(states(found)) == ["MERGED", "MERGED", "SENT", "SENT"]


async def test_separate_acts_come_in_their_order(notify, log, telegram):
    for number in (1, 2, 3):
        log.created(task(number, f"Task {number}"))

    heard = await telegram.until_heard(CHATS[ANA], 3)

    assert [m.text.split()[-1] for m in heard] == ["1", "2", "3"]


async def test_a_submission_asks_those_who_may_approve(notify, log, telegram):
    of = task(5, "Footer", status=task_pb2.TASK_STATUS_IN_REVIEW, submission="done on chrome")
    log.happened("SUBMITTED", of, actor=ANA)

    for boss in (OWNER, DANA):
        [card] = await telegram.until_heard(CHATS[boss])
        assert "“done on chrome”" in card.text
        assert card.buttons == {"Approve": "approve:5", "Reject": "reject:5"}
    await notify.settled(4)
    assert telegram.heard(CHATS[ANA]) == []


async def test_a_late_delivery_shows_times_in_the_readers_zone(notify, log, telegram):
    of = task(5, "Footer")
    of.deadline.FromJsonString("2026-11-27T10:00:00Z")
    log.created(of)

    [message] = await telegram.until_heard(CHATS[ANA])

    assert "17:00" in message.text


async def test_whoever_links_telegram_later_hears_from_then_on(notify, log, telegram):
    log.people(person(7, "Nia"))
    nia = task_pb2.Task(name="workspaces/1/tasks/1", title="Before", assignees=[assignee(7, "Nia")])
    log.created(nia)
    await notify.settled(1)

    log.changed_person(person(7, "Nia", telegram_id=9007))
    telegram.open(9007)
    nia.title = "After"
    log.created(nia)

    [message] = await telegram.until_heard(9007)
    assert "After" in message.text


async def test_whoever_has_left_hears_nothing(notify, log, telegram):
    left = person_pb2.PERSON_STATUS_LEFT
    log.changed_person(person(BEN, "Ben", telegram_id=CHATS[BEN], status=left))
    log.created(task(1, "One", to=(ANA, BEN)))

    found = await notify.settled(2)

    assert {x.person_display_name for x in found} == {"Ana"}
    assert telegram.heard(CHATS[BEN]) == []


async def test_people_of_before_are_known_after_a_restart(settings, log, telegram):
    async with running(settings) as notify:
        log.created(task(1, "One"))
        await notify.settled(2)

    async with running(settings) as notify:
        log.created(task(2, "Two"))
        await notify.settled(4)

    assert [m.text.split()[-1] for m in telegram.heard(CHATS[ANA])] == ["One", "Two"]
    assert log.after[0] == 0
    assert log.after[-1] >= 5


async def test_without_a_bot_the_page_still_hears_and_the_ledger_says_why(settings, log, telegram):
    async with running(settings.replace(telegram_bot_token=None)) as notify:
        log.created(task(1, "One"))

        found = await notify.settled(2)

    assert states(found, d.CHANNEL_WEB) == ["SENT"]
    assert states(found) == ["DROPPED"]
    assert [x.last_error for x in found if x.channel == d.CHANNEL_TELEGRAM] == [NOT_CONNECTED]
    assert telegram.calls == []


def assignee(number, name):
    ref = person_pb2.PersonRef(name=f"workspaces/1/people/{number}", display_name=name)
    return task_pb2.Assignee(person=ref)
