"""`ai` beside the real task service: what is written there is understood here at once."""

import asyncio
import uuid
from contextlib import suppress

import pytest
from boss.task.v1 import (
    people_service_pb2,
    person_pb2,
    task_pb2,
    task_service_pb2,
)
from boss.task.v1.people_service_pb2_grpc import PeopleServiceStub
from boss.task.v1.task_service_pb2_grpc import TaskServiceStub
from google.protobuf.field_mask_pb2 import FieldMask

from services.runtime.client import Peer
from services.runtime.parse import SecretStr
from services.task.__main__ import run as run_task
from tests.integration.ai.conftest import healthy, intent_of, running

TOKEN = "bst_" + "o" * 43


class Store:
    """The real task service, asked as the gateway does."""

    def __init__(self, peer, owner):
        self.tasks = peer.stub(TaskServiceStub)
        self.people = peer.stub(PeopleServiceStub)
        self.owner = owner

    async def person(self, name, **more):
        answer = await self.people.CreatePerson(
            people_service_pb2.CreatePersonRequest(
                person=person_pb2.Person(display_name=name, **more), request_id=str(uuid.uuid4())
            ),
            actor=self.owner,
        )
        return answer.person, answer.position

    async def rename(self, person, name):
        answer = await self.people.UpdatePerson(
            people_service_pb2.UpdatePersonRequest(
                person=person_pb2.Person(name=person.name, display_name=name),
                update_mask=FieldMask(paths=["display_name"]),
                request_id=str(uuid.uuid4()),
            ),
            actor=self.owner,
        )
        return answer.position

    async def task(self, title):
        answer = await self.tasks.CreateTask(
            task_service_pb2.CreateTaskRequest(
                task=task_pb2.Task(title=title), request_id=str(uuid.uuid4())
            ),
            actor=self.owner,
        )
        return answer.task, answer.position

    async def cancel(self, task):
        answer = await self.tasks.CancelTask(
            task_service_pb2.CancelTaskRequest(name=task.name, request_id=str(uuid.uuid4())),
            actor=self.owner,
        )
        return answer.position


@pytest.fixture
def with_database(settings, database_url):
    return settings.replace(database_url=SecretStr(database_url), api_token=SecretStr(TOKEN))


@pytest.fixture
async def store(with_database):
    work = asyncio.ensure_future(run_task(with_database))
    peer = Peer(with_database.task_address, service="gateway", settings=with_database)
    await healthy(peer, work)
    people = peer.stub(PeopleServiceStub)
    known = await people.AuthenticateToken(
        people_service_pb2.AuthenticateTokenRequest(secret=TOKEN)
    )
    yield Store(peer, int(known.person.name.rpartition("/")[2]))
    await peer.close()
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work


@pytest.fixture
async def ai(with_database, store):
    async with running(with_database) as ai:
        yield ai


async def test_a_person_just_made_is_known_by_name_and_a_new_name_counts_at_once(ai, store):
    await ai.read("hello", actor=store.owner)
    ana, position = await store.person("Ana", aliases=["Annie"])

    reading = await ai.read("Annie fix the header", actor=store.owner, min_position=position)
    assert [who.name for who in reading.tasks[0].assignees] == [ana.name]
    assert reading.as_of >= position

    position = await store.rename(ana, "Zoe")
    reading = await ai.read("Zoe fix the header", actor=store.owner, min_position=position)
    assert [who.name for who in reading.tasks[0].assignees] == [ana.name]


async def test_a_task_just_made_is_known_and_one_that_is_over_is_not(ai, store):
    task, position = await store.task("Renew the wildcard certificate")
    number = task.name.rpartition("/")[2]

    reading = await ai.read(f"start T-{number}", actor=store.owner, min_position=position)
    assert intent_of(reading) == "start"
    assert [ref.name for ref in reading.task_refs] == [task.name]

    position = await store.cancel(task)
    reading = await ai.read("start the wildcard", actor=store.owner, min_position=position)
    assert [ref.name for ref in reading.task_refs] == []


async def test_a_person_asks_by_token(ai, store):
    reading = await ai.read("I need to call the bank", token=TOKEN)

    assert [who.name for who in reading.tasks[0].assignees] == [
        f"workspaces/1/people/{store.owner}"
    ]
