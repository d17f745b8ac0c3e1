"""A store that runs whole, and the people of two workspaces who use it through the stubs."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from boss.task.v1 import attendance_service_pb2_grpc as attendance_rpc
from boss.task.v1 import comment_service_pb2_grpc as comments_rpc
from boss.task.v1 import history_service_pb2_grpc as history_rpc
from boss.task.v1 import participation_service_pb2_grpc as participation_rpc
from boss.task.v1 import people_service_pb2 as people_pb
from boss.task.v1 import people_service_pb2_grpc as people_rpc
from boss.task.v1 import person_pb2, task_pb2
from boss.task.v1 import stats_service_pb2_grpc as stats_rpc
from boss.task.v1 import task_service_pb2 as pb
from boss.task.v1 import task_service_pb2_grpc as rpc
from boss.task.v1 import template_service_pb2_grpc as templates_rpc
from boss.task.v1 import transfer_service_pb2_grpc as transfer_rpc
from google.protobuf.field_mask_pb2 import FieldMask

from services.runtime.client import Peer
from services.runtime.database import Database, Hot

OWNER = 1
UNNUMBERED = Hot(
    "unnumbered", sa.text("SELECT count(*) AS many FROM task.events WHERE position IS NULL")
)


def new_id() -> str:
    return str(uuid.uuid4())


def ref(person: int, workspace: int = 1) -> person_pb2.PersonRef:
    return person_pb2.PersonRef(name=f"workspaces/{workspace}/people/{person}")


def number(name: str) -> int:
    return int(name.rsplit("/", 1)[1])


def task(
    title: str = "Fix the login", *, to: Sequence[int] = (), workspace: int = 1, **fields: Any
):
    return task_pb2.Task(
        title=title,
        assignees=[task_pb2.Assignee(person=ref(each, workspace)) for each in to],
        **fields,
    )


@dataclass
class World:
    """What a test has: stubs, the database behind them, and short ways to ask."""

    peer: Peer
    database: Database
    address: str

    def __post_init__(self) -> None:
        self.tasks = self.peer.stub(rpc.TaskServiceStub)
        self.people = self.peer.stub(people_rpc.PeopleServiceStub)
        self.comments = self.peer.stub(comments_rpc.CommentServiceStub)
        self.participation = self.peer.stub(participation_rpc.ParticipationServiceStub)
        self.templates = self.peer.stub(templates_rpc.TemplateServiceStub)
        self.attendance = self.peer.stub(attendance_rpc.AttendanceServiceStub)
        self.stats = self.peer.stub(stats_rpc.StatsServiceStub)
        self.history = self.peer.stub(history_rpc.HistoryServiceStub)
        self.transfer = self.peer.stub(transfer_rpc.TransferServiceStub)

    async def person(
        self, name: str, role: str = "MEMBER", *, by: int = OWNER, **fields: Any
    ) -> int:
        """The number of a new person."""
        message = person_pb2.Person(
            display_name=name, role=person_pb2.Role.Value(f"ROLE_{role}"), **fields
        )
        request = people_pb.CreatePersonRequest(person=message, request_id=new_id())
        return number((await self.people.CreatePerson(request, actor=by)).person.name)

    async def create(self, message: task_pb2.Task | str, *, by: int = OWNER) -> Any:
        described = task(message) if isinstance(message, str) else message
        request = pb.CreateTaskRequest(task=described, request_id=new_id())
        return await self.tasks.CreateTask(request, actor=by)

    async def get(self, name: str, *, by: int = OWNER) -> Any:
        return (await self.tasks.GetTask(pb.GetTaskRequest(name=name), actor=by)).task

    async def update(self, name: str, *, by: int = OWNER, etag: str = "", **fields: Any):
        request = pb.UpdateTaskRequest(
            task=task_pb2.Task(name=name, **fields),
            update_mask=FieldMask(paths=list(fields)),
            etag=etag,
            request_id=new_id(),
        )
        return await self.tasks.UpdateTask(request, actor=by)

    async def do(self, command: str, name: str, *, by: int = OWNER, **fields: Any):
        """A command by its verb: `do("Start", name)`."""
        kind = getattr(pb, f"{command}TaskRequest")
        request = kind(name=name, request_id=new_id(), **fields)
        return await getattr(self.tasks, f"{command}Task")(request, actor=by)

    async def settle(self, *, by: int = OWNER, **settings: Any) -> Any:
        """The workspace after its settings of these names were changed."""
        request = people_pb.UpdateWorkspaceRequest(
            workspace=person_pb2.Workspace(settings=person_pb2.WorkSettings(**settings)),
            update_mask=FieldMask(paths=[f"settings.{name}" for name in settings]),
            request_id=new_id(),
        )
        return (await self.people.UpdateWorkspace(request, actor=by)).workspace

    async def undo(self, act: str = "", *, by: int = OWNER) -> Any:
        return await self.tasks.Undo(pb.UndoRequest(act=act, request_id=new_id()), actor=by)

    async def redo(self, *, by: int = OWNER) -> Any:
        return await self.tasks.Redo(pb.RedoRequest(request_id=new_id()), actor=by)

    async def acts(self, *, of: int = OWNER) -> list[str]:
        """What somebody has done, the newest act first."""
        me = ref(of).name
        found = [each.act for each in await self.events() if each.actor.name == me and each.act]
        return list(dict.fromkeys(reversed(found)))

    async def events(self, *, after: int = 0, by: int | None = None) -> list[Any]:
        """All events behind a position, of whatever is committed now."""
        async with asyncio.timeout(10):
            while (await self.database.hot_rows(UNNUMBERED))[0]["many"]:
                await asyncio.sleep(0.005)
        found: list[Any] = []
        head = (
            await self.tasks.GetContext(pb.GetContextRequest(workspace="workspaces/1"))
        ).position
        async with self.tasks.WatchEvents(
            pb.WatchEventsRequest(after_position=after), actor=by
        ) as stream:
            async for response in stream:
                found += response.events
                if response.head >= head:
                    return found
        return found


def reasons(error: Any) -> tuple[str, list[str]]:
    """An error's reason and the fields that it names."""
    return error.reason, [violation.field for violation in error.violations]
