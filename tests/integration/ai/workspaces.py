"""A task service of plain dictionaries over real gRPC: what `ai` asks task, and what it asked.

Positions rise by one with each change, as in the real log; a delta tells what changed since.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from boss.task.v1 import people_service_pb2, person_pb2, task_pb2, task_service_pb2
from boss.task.v1.people_service_pb2_grpc import (
    PeopleServiceServicer,
    add_PeopleServiceServicer_to_server,
)
from boss.task.v1.task_service_pb2_grpc import (
    TaskServiceServicer,
    add_TaskServiceServicer_to_server,
)

from services.runtime.context import caller
from services.runtime.credentials import Authenticator, service_key
from services.runtime.errors import NotFound, Unauthenticated, Unavailable
from services.runtime.server import Server, Servicer

TOKENS = {"bst_ana": 7, "bst_eve": 21}


@dataclass
class Workspace:
    """One workspace and the positions of its changes."""

    number: int
    timezone: str = "Asia/Bangkok"
    people: dict[int, Any] = field(default_factory=dict)
    tasks: dict[int, Any] = field(default_factory=dict)
    closed: dict[str, int] = field(default_factory=dict)

    @property
    def name(self):
        return f"workspaces/{self.number}"


class Workspaces(TaskServiceServicer, PeopleServiceServicer):
    """All workspaces; `asked` are the requests for a context, `down` makes it UNAVAILABLE."""

    def __init__(self):
        self.position = 0
        self.asked = []
        self.callers = []
        self.down = False
        self.gate = None
        self.by_number = {}
        self._news = asyncio.Condition()

    def workspace(self, number, **more):
        self.by_number[number] = Workspace(number, **more)
        return self.by_number[number]

    def person(self, workspace, number, name, **more):
        home = self.by_number[workspace]
        person = person_pb2.Person(
            name=f"{home.name}/people/{number}",
            display_name=name,
            role=more.pop("role", person_pb2.ROLE_MEMBER),
            status=more.pop("status", person_pb2.PERSON_STATUS_ACTIVE),
            **more,
        )
        self.position += 1
        home.people[number] = (self.position, person)
        return self.position

    def task(self, workspace, number, title, **more):
        home = self.by_number[workspace]
        task = task_service_pb2.OpenTask(
            name=f"{home.name}/tasks/{number}",
            title=title,
            status=more.pop("status", task_pb2.TASK_STATUS_PENDING),
            **more,
        )
        self.position += 1
        home.tasks[number] = (self.position, task)
        return self.position

    def close_task(self, workspace, number):
        home = self.by_number[workspace]
        _, task = home.tasks.pop(number)
        self.position += 1
        home.closed[task.name] = self.position
        return self.position

    async def GetContext(self, request, _rpc):  # noqa: N802
        self.asked.append(request)
        self.callers.append(caller())
        async with self._news:
            self._news.notify_all()
        if self.gate is not None:
            await self.gate.wait()
        if self.down:
            raise Unavailable("DATABASE", "The database is away.")
        home = self._home(request)
        after = request.after_position
        return task_service_pb2.GetContextResponse(
            position=self.position,
            workspace=person_pb2.Workspace(name=home.name, timezone=home.timezone),
            people=[person for at, person in home.people.values() if at > after],
            open_tasks=[task for at, task in home.tasks.values() if at > after],
            closed_tasks=[name for name, at in home.closed.items() if after and at > after],
            full=after == 0,
        )

    async def AuthenticateToken(self, request, _rpc):  # noqa: N802
        number = TOKENS.get(request.secret)
        if number is None:
            raise Unauthenticated("TOKEN_UNKNOWN", "This API token is unknown.")
        home = next(home for home in self.by_number.values() if number in home.people)
        return people_service_pb2.AuthenticateTokenResponse(
            token=people_service_pb2.Token(name=f"{home.name}/tokens/3"),
            person=home.people[number][1],
        )

    async def been_asked(self, times):
        """Returns once so many contexts were asked for."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.asked) >= times)

    def _home(self, request):
        for home in self.by_number.values():
            if request.workspace == home.name:
                return home
            if request.person and int(request.person.rpartition("/")[2]) in home.people:
                return home
        raise NotFound("PERSON_NOT_FOUND", "There is no such person.")


async def served(workspaces, settings):
    """The running server; `await server.stop()` ends it."""

    async def bearer(_token):
        return None

    server = Server(
        settings,
        address=settings.task_address,
        servicers=[
            Servicer(add_TaskServiceServicer_to_server, workspaces),
            Servicer(add_PeopleServiceServicer_to_server, workspaces),
        ],
        authenticate=Authenticator(service_key(settings), bearer=bearer),
    )
    await server.start()
    await server.set_ready(ready=True)
    return server
