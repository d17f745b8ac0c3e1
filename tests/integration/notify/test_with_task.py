"""notify beside the real store: what is done in one is told by the other."""

import asyncio
import uuid
from contextlib import asynccontextmanager, suppress

import pytest
from boss.notify.v1 import delivery_pb2 as d
from boss.task.v1 import (
    comment_pb2,
    comment_service_pb2,
    comment_service_pb2_grpc,
    participation_service_pb2,
    participation_service_pb2_grpc,
    people_service_pb2,
    people_service_pb2_grpc,
    person_pb2,
    task_pb2,
    task_service_pb2,
    task_service_pb2_grpc,
)

from services.runtime.client import Peer
from services.runtime.errors import Unavailable
from services.task.__main__ import run
from tests.integration.notify.conftest import running

OWNER, OWNER_CHAT, ANA_CHAT, BEN_CHAT = 1, 9001, 9003, 9004


class Store:
    """The store, driven through its stubs as the gateway drives it."""

    def __init__(self, settings):
        peer = self._peer = Peer(settings.task_address, service="gateway", settings=settings)
        self.tasks = peer.stub(task_service_pb2_grpc.TaskServiceStub)
        self.people = peer.stub(people_service_pb2_grpc.PeopleServiceStub)
        self.comments = peer.stub(comment_service_pb2_grpc.CommentServiceStub)
        self.taking = peer.stub(participation_service_pb2_grpc.ParticipationServiceStub)
        self.close = peer.close

    async def person(self, name, telegram_id):
        made = person_pb2.Person(display_name=name, telegram_id=telegram_id)
        made.role = person_pb2.ROLE_MEMBER
        request = people_service_pb2.CreatePersonRequest(person=made, request_id=new_id())
        answer = await self.people.CreatePerson(request, actor=OWNER)
        return answer.person

    async def create(self, *titles, to, actor=OWNER):
        ref = person_pb2.PersonRef(name=to.name)
        new = [
            task_service_pb2.NewTask(
                task=task_pb2.Task(title=title, assignees=[task_pb2.Assignee(person=ref)])
            )
            for title in titles
        ]
        request = task_service_pb2.BatchCreateTasksRequest(tasks=new, request_id=new_id())
        return (await self.tasks.BatchCreateTasks(request, actor=actor)).tasks

    async def comment(self, task, text, *, actor=OWNER):
        said = comment_pb2.Comment(text=text)
        request = comment_service_pb2.CreateCommentRequest(
            parent=task.name, comment=said, request_id=new_id()
        )
        return await self.comments.CreateComment(request, actor=actor)

    async def answer(self, verb, task, *, actor, **more):
        request = getattr(participation_service_pb2, f"{verb}TaskRequest")(
            name=task.name, request_id=new_id(), **more
        )
        return await getattr(self.taking, f"{verb}Task")(request, actor=actor)

    async def do(self, verb, task, *, actor, **more):
        request = getattr(task_service_pb2, f"{verb}TaskRequest")(
            name=task.name, request_id=new_id(), **more
        )
        return await getattr(self.tasks, f"{verb}Task")(request, actor=actor)


def new_id():
    return str(uuid.uuid4())


@asynccontextmanager
async def storing(settings):
    work = asyncio.ensure_future(run(settings))
    store = Store(settings)
    try:
        async with asyncio.timeout(15):
            while True:
                with suppress(Unavailable):
                    await store.people.ListPeople(
                        people_service_pb2.ListPeopleRequest(), actor=OWNER
                    )
                    break
                await asyncio.sleep(0.05)
        yield store
    finally:
        await store.close()
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


@pytest.fixture
def settings(settings):
    return settings.replace(owner_telegram_id=OWNER_CHAT)


async def test_from_a_new_task_to_its_approval(settings, telegram):
    async with storing(settings) as store, running(settings, boss=OWNER) as notify:
        ana = await store.person("Ana", ANA_CHAT)
        number = int(ana.name.rsplit("/", 1)[1])
        one, two = await store.create("One", "Two", to=ana)
        [told] = await telegram.until_heard(ANA_CHAT)
        await store.do("Submit", one, actor=number, notes="done on chrome")
        [card] = await telegram.until_heard(OWNER_CHAT)
        await store.do("Reject", one, actor=OWNER, feedback="the footer moved")
        await telegram.until_heard(ANA_CHAT, 2)
        await store.do("Submit", one, actor=number, notes="moved it back")
        await store.do("Approve", one, actor=OWNER)
        await store.do("Cancel", two, actor=OWNER)
        await notify.settled(7, channel=d.CHANNEL_TELEGRAM)

    assert told.text == "Owner gave you 2 tasks:\n1. T-1 One\n2. T-2 Two"
    assert "“done on chrome”" in card.text
    assert card.buttons == {"Approve": "approve:1", "Reject": "reject:1"}
    assert [m.text.split("\n")[0] for m in telegram.heard(ANA_CHAT)[1:]] == [
        "Owner asks for changes to:",
        "Owner approved:",
        "Owner cancelled:",
    ]
    assert "“the footer moved”" in telegram.heard(ANA_CHAT)[1].text
    assert "revision 1" in telegram.heard(OWNER_CHAT)[-1].text


async def test_a_restart_of_the_store_loses_and_repeats_nothing(settings, telegram):
    async with running(settings, boss=OWNER) as notify:
        async with storing(settings) as store:
            ana = await store.person("Ana", ANA_CHAT)
            await store.create("Before", to=ana)
            await telegram.until_heard(ANA_CHAT)
        async with storing(settings) as store:
            await store.create("After", to=ana)
            await notify.settled(2, channel=d.CHANNEL_TELEGRAM)

    assert [m.text.split()[-1] for m in telegram.heard(ANA_CHAT)] == ["Before", "After"]


async def test_what_is_said_of_a_task_reaches_its_people_with_the_words(settings, telegram):
    async with storing(settings) as store, running(settings, boss=OWNER) as notify:
        ana = await store.person("Ana", ANA_CHAT)
        number = int(ana.name.rsplit("/", 1)[1])
        [one] = await store.create("Mend the gate", to=ana)
        await notify.settled(1, channel=d.CHANNEL_TELEGRAM)
        await store.comment(one, "@Ana the hinge is here")
        await notify.settled(2, channel=d.CHANNEL_TELEGRAM)
        await store.comment(one, "Thanks", actor=number)
        await store.do("Block", one, actor=number, reason="no screws")
        await notify.settled(4, channel=d.CHANNEL_TELEGRAM)

    assert telegram.heard(ANA_CHAT)[-1].text == (
        "Owner mentions you on:\nT-1 Mend the gate\n\n“@Ana the hinge is here”"
    )
    assert [m.text for m in telegram.heard(OWNER_CHAT)] == [
        "Ana comments on:\nT-1 Mend the gate\n\n“Thanks”",
        "Ana says that this is blocked:\nT-1 Mend the gate\n\n“no screws”",
    ]


async def test_who_is_asked_to_take_a_task_and_who_asked_hear_of_it(settings, telegram):
    async with storing(settings) as store, running(settings, boss=OWNER) as notify:
        ana = await store.person("Ana", ANA_CHAT)
        ben = await store.person("Ben", BEN_CHAT)
        asking, asked = (int(one.name.rsplit("/", 1)[1]) for one in (ben, ana))
        [one] = await store.create("Mend the gate", to=ana, actor=asking)
        [card] = await telegram.until_heard(ANA_CHAT)
        await store.answer("Decline", one, actor=asked, reason="on holiday")
        await notify.settled(3, channel=d.CHANNEL_TELEGRAM)

    assert card.text == "Ben asks you to take this:\nT-1 Mend the gate"
    assert card.buttons == {"Accept": "accept:1", "Decline": "decline:1"}
    assert telegram.heard(BEN_CHAT)[-1].text == (
        "Ana does not take the task that you suggested:\nT-1 Mend the gate\n\n“on holiday”"
    )
