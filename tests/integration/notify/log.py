"""A real gRPC TaskService and PeopleService, as far as notify asks; the test writes the log."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from boss.task.v1 import (
    event_pb2,
    people_service_pb2,
    people_service_pb2_grpc,
    person_pb2,
    task_pb2,
    task_service_pb2,
    task_service_pb2_grpc,
)

from services.runtime.credentials import Authenticator, service_key
from services.runtime.errors import Unauthenticated, Unavailable
from services.runtime.server import Server, Servicer

AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
HEARTBEAT_S = 0.1
OWNER, DANA, ANA, BEN = 1, 2, 3, 4


def person(number, name, role=person_pb2.ROLE_MEMBER, *, telegram_id=None, workspace=1, **more):
    return person_pb2.Person(
        name=f"workspaces/{workspace}/people/{number}",
        display_name=name,
        role=role,
        timezone="Asia/Bangkok",
        telegram_id=telegram_id,
        status=more.pop("status", person_pb2.PERSON_STATUS_ACTIVE),
        **more,
    )


def ref(number):
    return person_pb2.PersonRef(name=f"workspaces/1/people/{number}", display_name=NAMES[number])


NAMES = {OWNER: "Ola", DANA: "Dana", ANA: "Ana", BEN: "Ben"}


def task(number, title, to=(ANA,), by=DANA, **more):
    return task_pb2.Task(
        name=f"workspaces/1/tasks/{number}",
        title=title,
        status=more.pop("status", task_pb2.TASK_STATUS_PENDING),
        priority=task_pb2.TASK_PRIORITY_MEDIUM,
        assignees=[task_pb2.Assignee(person=ref(p)) for p in to],
        creator=ref(by),
        **more,
    )


# Only what notify asks for is served; mypy would want all of it.
TaskServicer: Any = task_service_pb2_grpc.TaskServiceServicer
PeopleServicer: Any = people_service_pb2_grpc.PeopleServiceServicer


class Log(TaskServicer, PeopleServicer):  # type: ignore[misc]
    """The log, as a list; positions are given in the order of appending."""

    def __init__(self):
        self.events = []
        self.broken = False
        self.watchers = 0
        self.after = []
        self._news = asyncio.Event()
        self._acts = 0

    def append(self, *events, together=True):
        """Adds events, of one act unless told otherwise; returns their positions."""
        self._acts += 1
        for number, event in enumerate(events):
            event.position = len(self.events) + 1
            event.workspace = event.workspace or "workspaces/1"
            event.act = event.act or f"act-{self._acts}" + ("" if together else f"-{number}")
            if not event.HasField("time"):
                event.time.FromDatetime(AT)
            self.events.append(event)
        self._tell()
        return [event.position for event in events]

    def people(self, *people):
        return self.append(
            *(event_pb2.Event(type=event_pb2.EVENT_TYPE_PERSON_CREATED, person=p) for p in people)
        )

    def created(self, *tasks, actor=DANA, together=True):
        kind = event_pb2.EVENT_TYPE_TASK_CREATED
        events = [event_pb2.Event(type=kind, task=t, actor=ref(actor)) for t in tasks]
        return self.append(*events, together=together)

    def changed_person(self, changed):
        kind = event_pb2.EVENT_TYPE_PERSON_CHANGED
        return self.append(event_pb2.Event(type=kind, person=changed))

    def happened(self, name, of, actor=DANA, **more):
        kind = event_pb2.EventType.Value(f"EVENT_TYPE_TASK_{name}")
        return self.append(event_pb2.Event(type=kind, task=of, actor=ref(actor), **more))

    def break_streams(self):
        """Ends what is being watched, as a restart of task does."""
        self.broken = True
        self._tell()

    def mend(self):
        self.broken = False

    def _tell(self):
        self._news.set()
        self._news = asyncio.Event()

    async def WatchEvents(self, request, context):  # noqa: N802
        at = request.after_position
        self.after.append(at)
        self.watchers += 1
        try:
            while True:
                if self.broken:
                    raise Unavailable("STOPPING", "gone")
                news = self._news
                found = self.events[at:]
                at = len(self.events)
                yield task_service_pb2.WatchEventsResponse(events=found, head=at)
                with suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), HEARTBEAT_S)
        finally:
            self.watchers -= 1

    async def AuthenticateToken(self, request, context):  # noqa: N802
        if request.secret != "bst_ana":
            raise Unauthenticated("TOKEN_UNKNOWN", "unknown")
        return people_service_pb2.AuthenticateTokenResponse(
            token=people_service_pb2.Token(name="workspaces/1/tokens/1"),
            person=person(ANA, "Ana"),
        )


async def served(log, settings):
    """The log on the task address of these settings."""

    async def nobody(token):
        return None

    server = Server(
        settings,
        address=settings.task_address,
        servicers=[
            Servicer(task_service_pb2_grpc.add_TaskServiceServicer_to_server, log),
            Servicer(people_service_pb2_grpc.add_PeopleServiceServicer_to_server, log),
        ],
        authenticate=Authenticator(service_key(settings), bearer=nobody),
    )
    await server.start()
    await server.set_ready(ready=True)
    return server
