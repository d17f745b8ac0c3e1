"""A process that dies in the middle of a message: what was decided is done once, by another."""

import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime

import asyncpg
import pytest
from boss.task.v1 import person_pb2, task_pb2
from boss.task.v1 import task_service_pb2 as pb

from services.gateway.api.messages import WebFace
from services.gateway.clients import Clients
from services.gateway.dialog.acquaintances import Acquaintances
from services.gateway.dialog.converse import Conversations
from services.gateway.dialog.fetch import Fetcher
from services.gateway.dialog.perform import House, Performer
from services.gateway.directory import Directory
from services.gateway.inbox import Inbox
from services.gateway.watch import Watch
from services.runtime import claims
from services.runtime.errors import Unavailable
from services.task.__main__ import run as task
from tests.fakes.telegram import FakeTelegram
from tests.integration.gateway.inbox.system import serving, settings_for

OWNER = 1


class Killed(BaseException):
    """The process is gone: nothing of it runs on, not even what handles errors."""


class Mortal:
    """The task service as seen by a process that dies at a certain call, before or after it."""

    def __init__(self, stub, *, dies_at: int, after: bool) -> None:
        self._stub = stub
        self._left = dies_at
        self._after = after

    def __getattr__(self, name):
        real = getattr(self._stub, name)

        async def call(*given, **more):
            self._left -= 1
            if self._left == 0 and not self._after:
                raise Killed
            answer = await real(*given, **more)
            if self._left == 0:
                raise Killed
            return answer

        return call


async def say_nothing(_reply) -> None:
    """There is nobody to announce to."""


@pytest.fixture
def database_url(databases):
    """A database for each test: tasks are counted from 1."""
    return databases.new()


@pytest.fixture
async def world(gateway_settings, tmp_path):
    """A running task service with two tasks; settings, clients."""
    async with FakeTelegram() as telegram:
        settings = settings_for(
            gateway_settings.database_url.get_secret_value(),
            gateway_settings.state_dir,
            telegram,
        )
        async with serving(settings, task):
            clients = Clients(settings)
            me = person_pb2.PersonRef(name="workspaces/1/people/1")
            new = [
                pb.NewTask(
                    task=task_pb2.Task(title=title, assignees=[task_pb2.Assignee(person=me)])
                )
                for title in ("one", "two")
            ]
            request = pb.BatchCreateTasksRequest(tasks=new)
            async with asyncio.timeout(20):
                while True:
                    with suppress(Unavailable):
                        await clients.task.BatchCreateTasks(request, actor=OWNER)
                        break
                    await asyncio.sleep(0.05)
            yield settings, clients
            await clients.close()


def conversations(inbox, database, clients, *, task_stub):
    watch = Watch()
    acquaintances = Acquaintances(clients.people, Directory(clients.people, watch))

    class Seen:
        task = task_stub
        people = clients.people
        participation = clients.participation
        attendance = clients.attendance
        ai = clients.ai

    performer = Performer(
        Seen,
        database,
        acquaintances=acquaintances,
        watch=watch,
        house=House("http://localhost", lambda: None, say_nothing),
    )
    return Conversations(
        inbox,
        database,
        acquaintances=acquaintances,
        fetcher=Fetcher(Seen, database, acquaintances=acquaintances, watch=watch),
        performer=performer,
        faces=lambda _: WebFace(acquaintances),
    )


async def accept(inbox, text):
    await inbox.accept(
        source="token:1",
        external_id="one",
        chat="web:1",
        body=json.dumps({"workspace": 1, "person": OWNER, "text": text}),
        received_at=datetime(2026, 11, 25, 3, 0, tzinfo=UTC),
    )


async def run_until_done(inbox, queue):
    async with asyncio.TaskGroup() as group:
        loop = group.create_task(
            claims.run("test", queue, wake=inbox.wake, concurrency=4, poll_s=0.02)
        )
        async with asyncio.timeout(20):
            while (await inbox.find("token:1", "one"))["state"] == "waiting":
                await asyncio.sleep(0.02)
        loop.cancel()


async def events(settings):
    connection = await asyncpg.connect(settings.database_url.get_secret_value())
    found = await connection.fetch("SELECT type, act FROM task.events ORDER BY id")
    await connection.close()
    return found


@pytest.mark.parametrize(
    ("dies_at", "after"),
    [(1, False), (1, True), (2, False), (2, True)],
    ids=["before the first effect", "after the first", "before the second", "after both"],
)
async def test_what_a_dead_process_had_decided_is_done_once(world, database, dies_at, after):
    settings, clients = world
    dying = Inbox(database, lease_s=0.2)
    await accept(dying, "/done 1 2")
    before = len(await events(settings))
    queue = conversations(
        dying,
        database,
        clients,
        task_stub=Mortal(clients.task, dies_at=dies_at, after=after),
    )
    (claim,) = await dying.claim(10)
    with pytest.raises(Killed):
        await queue.handle(claim)
    row = await dying.find("token:1", "one")
    assert row["state"] == "waiting"

    alive = Inbox(database)
    await run_until_done(alive, conversations(alive, database, clients, task_stub=clients.task))

    done = (await events(settings))[before:]
    assert len(done) == 2
    answer = json.loads((await alive.find("token:1", "one"))["answer"])
    assert {one["status"] for one in answer["tasks"]} == {"completed"}
    assert "Completed T-1 one" in answer["messages"][0]["text"]
    assert "Completed T-2 two" in answer["messages"][0]["text"]


async def test_a_retry_replays_what_was_decided_instead_of_deciding_anew(world, database):
    _, clients = world
    dying = Inbox(database, lease_s=0.2)
    await accept(dying, "/done 1")
    mortal = Mortal(clients.task, dies_at=1, after=False)
    queue = conversations(dying, database, clients, task_stub=mortal)
    (claim,) = await dying.claim(10)
    with pytest.raises(Killed):
        await queue.handle(claim)

    # Meanwhile somebody else does it by another way: deciding anew would read another world.
    request = pb.CompleteTaskRequest(name="workspaces/1/tasks/1")
    await clients.task.CompleteTask(request, actor=OWNER)
    alive = Inbox(database)
    await run_until_done(alive, conversations(alive, database, clients, task_stub=clients.task))

    answer = json.loads((await alive.find("token:1", "one"))["answer"])
    assert "it was so already" in answer["messages"][0]["text"]


async def test_while_the_store_is_away_a_message_waits_and_is_answered_then(world, database):
    _, clients = world
    inbox = Inbox(database)
    away = Mortal(clients.task, dies_at=0, after=False)

    calls = 0

    class Away:
        def __getattr__(self, name):
            async def call(*given, **more):
                nonlocal calls
                calls += 1
                if calls <= 2:
                    raise Unavailable("UNAVAILABLE", "The store does not answer.")
                return await getattr(away, name)(*given, **more)

            return call

    await accept(inbox, "/done 1")
    await run_until_done(inbox, conversations(inbox, database, clients, task_stub=Away()))

    row = await inbox.find("token:1", "one")
    assert row["state"] == "done"
    assert calls == 3
