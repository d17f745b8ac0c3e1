"""NotifyService through its stub: the client's documentation."""

import asyncio

import pytest
from boss.notify.v1 import delivery_pb2 as d
from boss.notify.v1 import notify_service_pb2 as n

from services.runtime import metrics
from services.runtime.errors import Forbidden, Invalid, NotFound, Unauthenticated
from tests.integration.notify.conftest import CHATS
from tests.integration.notify.log import ANA, BEN, DANA, OWNER, person, task

LAG = 'boss_log_lag{consumer="notify"} 0.0'


async def watch(notify, number, *, actor=ANA, after=0):
    """That many messages of the stream."""
    found = []
    async with asyncio.timeout(10):
        request = n.WatchMessagesRequest(after_id=after)
        async with notify.stub.WatchMessages(request, actor=actor) as stream:
            async for response in stream:
                if response.HasField("message"):
                    found.append(response.message)
                if len(found) == number:
                    return found
    return found


async def test_the_page_gets_what_is_there_and_then_what_comes(notify, log):
    log.created(task(1, "One"))
    await notify.settled(2)
    seen = asyncio.ensure_future(watch(notify, 2))
    log.created(task(2, "Two"))

    first, second = await seen

    assert first.text == "Dana gave you a task:\nT-1 One"
    assert [(b.label, b.data) for row in first.rows for b in row.buttons] == [
        ("Start", "start:1"),
        ("Done", "submit:1"),
    ]
    assert (first.task, second.task) == ("workspaces/1/tasks/1", "workspaces/1/tasks/2")
    assert first.id < second.id


async def test_the_page_goes_on_after_the_last_it_has(notify, log):
    for number in (1, 2, 3):
        log.created(task(number, f"Task {number}"))
    one, two, three = await watch(notify, 3)

    assert await watch(notify, 2, after=one.id) == [two, three]


async def test_the_tasks_of_one_act_are_one_message_on_the_page(notify, log):
    log.created(task(1, "One"), task(2, "Two"))

    [message] = await watch(notify, 1)

    assert message.text == "Dana gave you 2 tasks:\n1. T-1 One\n2. T-2 Two"


async def test_a_message_is_for_its_person_alone(notify, log):
    log.created(task(1, "For Ana"))
    await notify.settled(2)
    log.created(task(2, "For Ben", to=(BEN,)))

    [message] = await watch(notify, 1, actor=BEN)

    assert "For Ben" in message.text


async def test_a_stream_says_at_once_that_it_stands(notify, log):
    request = n.WatchMessagesRequest()

    async with asyncio.timeout(5), notify.stub.WatchMessages(request, actor=BEN) as stream:
        assert not (await anext(stream)).HasField("message")


async def test_deliveries_are_listed_newest_first_in_pages(notify, log):
    for number in range(1, 6):
        log.created(task(number, f"Task {number}", to=(ANA, BEN)))
    await notify.until(lambda found: len(found) == 20)

    names, token = [], ""
    while True:
        request = n.ListDeliveriesRequest(page_size=7, page_token=token)
        page = await notify.stub.ListDeliveries(request, actor=OWNER)
        names += [x.name for x in page.deliveries]
        token = page.next_page_token
        if not token:
            break

    numbers = [int(name.rsplit("/", 1)[1]) for name in names]
    assert len(set(numbers)) == 20
    assert numbers == sorted(numbers, reverse=True)


async def test_deliveries_are_filtered(notify, log, telegram):
    telegram.block(CHATS[BEN])
    log.created(task(1, "One", to=(ANA, BEN)))
    await notify.settled(4)

    [dead] = await notify.deliveries(states=[d.DELIVERY_STATE_DEAD])
    ana = await notify.deliveries(person="workspaces/1/people/3")

    assert (dead.person_display_name, dead.task) == ("Ben", "workspaces/1/tasks/1")
    assert dead.event == 5
    assert {x.person_display_name for x in ana} == {"Ana"}


async def test_a_member_sees_own_deliveries_alone(notify, log):
    log.created(task(1, "One", to=(ANA, BEN)))
    await notify.settled(4)

    own = await notify.deliveries(ANA)

    assert {x.person_display_name for x in own} == {"Ana"}
    with pytest.raises(Forbidden):
        await notify.deliveries(ANA, person="workspaces/1/people/4")
    with pytest.raises(Forbidden):
        await notify.stub.RetryDelivery(n.RetryDeliveryRequest(name=own[0].name), actor=ANA)


async def test_another_workspace_sees_nothing(notify, log):
    log.people(person(50, "Eve", role=1, workspace=2))
    log.events[-1].workspace = "workspaces/2"
    log.created(task(1, "One"))
    found = await notify.settled(2)
    number = found[0].name.rsplit("/", 1)[1]

    assert await notify.deliveries(50) == []
    for name in (found[0].name, f"workspaces/2/deliveries/{number}"):
        with pytest.raises(NotFound):
            await notify.stub.RetryDelivery(n.RetryDeliveryRequest(name=name), actor=50)


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ({"page_size": 101}, ["page_size"]),
        ({"page_size": -1, "page_token": "x"}, ["page_size", "page_token"]),
        ({"page_token": "ZDEtLQ"}, ["page_token"]),
        ({"states": [99]}, ["states"]),
        ({"person": "people/3"}, ["person"]),
        ({"person": "workspaces/1/people/99999999999999999999"}, ["person"]),
    ],
)
async def test_what_is_wrong_with_a_request_is_named(notify, asked, fields):
    with pytest.raises(Invalid) as wrong:
        await notify.stub.ListDeliveries(n.ListDeliveriesRequest(**asked), actor=DANA)

    assert [v.field for v in wrong.value.violations] == fields


async def test_a_program_is_known_by_its_token(notify, log):
    log.created(task(1, "One"))
    await notify.settled(2)

    answer = await notify.stub.ListDeliveries(n.ListDeliveriesRequest(), token="bst_ana")

    assert len(answer.deliveries) == 2
    with pytest.raises(Unauthenticated):
        await notify.stub.ListDeliveries(n.ListDeliveriesRequest(), token="bst_nobody")
    with pytest.raises(Unauthenticated):
        await notify.stub.ListDeliveries(n.ListDeliveriesRequest())


async def test_figures_carry_no_words_of_people(notify, log, telegram):
    log.created(task(1, "Secret title"))
    await notify.settled(2)

    async with asyncio.timeout(5):
        while LAG not in (text := (await metrics.expose())[0].decode()):
            await asyncio.sleep(0.02)
    assert 'boss_deliveries_total{channel="telegram",state="sent"}' in text
    assert "Secret" not in text
    assert f'"{CHATS[ANA]}"' not in text
