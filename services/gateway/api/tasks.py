"""/api/tasks: list, create, get, change, delete, and several at once."""

import zlib
from collections.abc import Sequence
from typing import Any

from boss.task.v1 import task_service_pb2 as pb

from services.gateway import present, shapes
from services.gateway.answer import Answer, Header, entity_tag, json, tags
from services.gateway.api import task_protos
from services.gateway.api.task_input import (
    Ids,
    NewTask,
    NewTasks,
    TaskChange,
    TaskQuery,
)
from services.gateway.caching.kept import Life
from services.gateway.clients import Clients
from services.gateway.directory import Directory, names_caller
from services.gateway.fields import any_task_name, task_name, task_number_of
from services.gateway.operation import Call, Operation
from services.gateway.problem import Refused, answer
from services.gateway.rendered import Rendered
from services.runtime.errors import Stale

PATH = "/api/tasks"
ONE = "/api/tasks/{id}"
ANY_VERSION = "*"


def position(number: int) -> Header:
    """Return the header that tells where in the log a write stands."""
    return (b"x-boss-position", str(number).encode())


def act(name: str) -> tuple[Header, ...]:
    """Return the header that names an act, for /api/undo; none where nothing was done."""
    return ((b"x-boss-act", name.encode()),) if name else ()


def completable(told: Any) -> tuple[Header, ...]:
    """Return the header that names the parent whose last open subtask was closed, if it was."""
    if "parent_completable" not in told.DESCRIPTOR.fields_by_name:
        return ()
    if not told.HasField("parent_completable"):
        return ()
    whole = present.task_id(told.parent_completable.name)
    return ((b"x-boss-parent-completable", whole.encode()),)


class Tasks:
    """The tasks of the caller's workspace."""

    def __init__(self, clients: Clients, directory: Directory, rendered: Rendered) -> None:
        self._task = clients.task
        self._directory = directory
        self._rendered = rendered

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation(
                "GET", ONE, self.get, "One task", {200: shapes.Task},
                headers=("If-None-Match",), problems=(404,), kept=Life.TASK, alike=True,
            ),
            Operation(
                "GET", PATH, self.list, "Tasks that a filter lets through",
                {200: shapes.TaskPage}, query=TaskQuery, headers=("If-None-Match",),
                kept=Life.RESPONSE, alike=True,
            ),
            Operation(
                "POST", PATH, self.create, "Create a task", {201: shapes.Task},
                body=NewTask, headers=("Idempotency-Key",),
            ),
            Operation(
                "PATCH", ONE, self.change, "Change fields of a task", {200: shapes.Task},
                body=TaskChange, headers=("If-Match", "Idempotency-Key"),
                problems=(404, 409, 412, 428),
            ),
            Operation(
                "DELETE", ONE, self.delete, "Hide a task; it is erased after 30 days",
                {204: None}, headers=("If-Match", "Idempotency-Key"), problems=(404, 409, 412),
            ),
            Operation(
                "POST", "/api/tasks:batchCreate", self.create_many,
                "Create several tasks as one act, all or none", {200: shapes.TaskList},
                body=NewTasks, headers=("Idempotency-Key",),
            ),
            Operation(
                "POST", "/api/tasks:batchGet", self.get_many, "Several tasks, in the order asked",
                {200: shapes.FoundTasks}, body=Ids,
            ),
        )  # fmt: skip

    async def list(self, call: Call, query: TaskQuery) -> Answer:
        """Answer with a page of tasks."""
        known = self._directory.head
        people = await self._directory.find(task_protos.people_asked(query), call.who)
        request = task_protos.list_request(query, people)
        told = await self._task.ListTasks(request, actor=call.person)
        # What a filter lets through changes with the hour too: "due:today" has no version.
        headers: tuple[Header, ...] = ()
        # A filter's days are those of its asker.
        for_all = told.sees_all and query.filter is None and not names_caller(query.assignee)
        if query.filter is None:
            version = _version_of_list(call, told.as_of, for_all=for_all)
            headers = (entity_tag(version),)
            if version in tags(call.header(b"if-none-match")):
                return Answer(304, headers=headers)
        by_page = query.cursor is None
        shown = self._rendered.shown(told.tasks)
        page = shapes.TaskPage(
            tasks=[one.raw for one in shown],
            page=(query.page or 1) if by_page else None,
            per_page=query.per_page,
            total=told.total_size if told.HasField("total_size") else None,
            next_cursor=told.next_page_token or None,
        )
        return json(
            page,
            headers=headers,
            as_of=min(told.as_of, known) if people else told.as_of,
            clocked=query.filter is not None,
            for_all=for_all,
            shown=shown,
        )

    async def create(self, call: Call, body: NewTask) -> Answer:
        """Create a task."""
        (task,) = await task_protos.protos([body], call.who, self._directory, places=("",))
        request = pb.CreateTaskRequest(
            task=task, template=body.template_name, request_id=call.request_id()
        )
        told = await self._task.CreateTask(request, actor=call.person)
        place = f"{PATH}/{present.task_id(told.task.name)}".encode()
        return json(
            self._rendered.task(told.task),
            201,
            headers=(
                (b"location", place),
                entity_tag(told.task.etag),
                position(told.position),
                *act(told.act),
            ),
        )

    async def get(self, call: Call) -> Answer:
        """Answer with one task."""
        name = any_task_name(call.params["id"], call.who.workspace)
        told = await self._task.GetTask(pb.GetTaskRequest(name=name), actor=call.person)
        etag = told.task.etag
        asked = tags(call.header(b"if-none-match"))
        if etag in asked or ANY_VERSION in asked:
            return Answer(304, headers=(entity_tag(etag),))
        return json(
            self._rendered.task(told.task),
            headers=(entity_tag(etag),),
            as_of=told.as_of,
            of_task=told.task.name if told.sees_all else "",
            for_all=told.sees_all,
        )

    async def change(self, call: Call, body: TaskChange) -> Answer:
        """Change fields of a task that is still as the caller last saw it."""
        name = task_name(call.params["id"], call.who.workspace)
        if call.header(b"if-match") is None:
            detail = (
                "Say which version you change: send If-Match with the ETag that GET answers, "
                "or If-Match: * to change whatever is there."
            )
            raise Refused(428, "IF_MATCH_MISSING", detail)
        etag = await self._wanted_version(call, name)
        (task,) = await task_protos.protos([body], call.who, self._directory, places=("",))
        task.name = name
        request = pb.UpdateTaskRequest(
            task=task, update_mask=task_protos.mask(body), etag=etag, request_id=call.request_id()
        )
        try:
            told = await self._task.UpdateTask(request, actor=call.person)
        except Stale as stale:
            return await self._stale(call, name, stale)
        return changed(told, self._rendered)

    async def delete(self, call: Call) -> Answer:
        """Hide a task."""
        name = task_name(call.params["id"], call.who.workspace)
        etag = await self._wanted_version(call, name)
        request = pb.DeleteTaskRequest(name=name, etag=etag, request_id=call.request_id())
        try:
            told = await self._task.DeleteTask(request, actor=call.person)
        except Stale as stale:
            return await self._stale(call, name, stale)
        return Answer(204, headers=(position(told.position), *act(told.act)))

    async def create_many(self, call: Call, body: NewTasks) -> Answer:
        """Create tasks as one act."""
        places = [f"tasks[{index}]." for index in range(len(body.tasks))]
        made = await task_protos.protos(body.tasks, call.who, self._directory, places=places)
        request = pb.BatchCreateTasksRequest(
            tasks=[
                pb.NewTask(
                    task=task,
                    after=said.after,
                    subtasks=said.subtasks,
                    template=said.template_name,
                )
                for task, said in zip(made, body.tasks, strict=True)
            ],
            request_id=call.request_id(),
        )
        told = await self._task.BatchCreateTasks(request, actor=call.person)
        tasks = shapes.TaskList([self._rendered.task(one) for one in told.tasks])
        return json(tasks, headers=(position(told.position), *act(told.act)))

    async def get_many(self, call: Call, body: Ids) -> Answer:
        """Answer with several tasks."""
        numbers = {text: task_number_of(text) for text in body.ids}
        prefix = f"workspaces/{call.who.workspace}/tasks/"
        names = {text: f"{prefix}{number}" for text, number in numbers.items() if number}
        told = await self._task.BatchGetTasks(
            pb.BatchGetTasksRequest(names=list(dict.fromkeys(names.values()))), actor=call.person
        )
        shown = self._rendered.shown(told.tasks)
        found = {one.name: one.raw for one in shown}
        tasks = [found[names[text]] for text in body.ids if names.get(text) in found]
        missing = [text for text in body.ids if names.get(text) not in found]
        return json(
            shapes.FoundTasks(tasks, missing),
            as_of=told.as_of,
            for_all=told.sees_all,
            shown=shown,
        )

    async def _wanted_version(self, call: Call, name: str) -> str:
        """Return the etag to demand, empty for any; of several the one that is present."""
        asked = tags(call.header(b"if-match"))
        if not asked or ANY_VERSION in asked:
            return ""
        if len(asked) == 1:
            return asked[0]
        told = await self._task.GetTask(pb.GetTaskRequest(name=name), actor=call.person)
        return told.task.etag if told.task.etag in asked else asked[0]

    async def _stale(self, call: Call, name: str, stale: Stale) -> Answer:
        """Answer 412 with the present version."""
        told = await self._task.GetTask(pb.GetTaskRequest(name=name), actor=call.person)
        return answer(
            412,
            stale.reason,
            stale.message,
            headers=(entity_tag(told.task.etag),),
            current=self._rendered.task(told.task),
        )


def changed(told: Any, rendered: Rendered) -> Answer:
    """Answer with a task as a write left it; `told` is the answer to any RPC that changes one."""
    return json(
        rendered.task(told.task),
        headers=(
            entity_tag(told.task.etag),
            position(told.position),
            *act(told.act),
            *completable(told),
        ),
    )


def _version_of_list(call: Call, as_of: int, *, for_all: bool) -> str:
    """Return the version of a list: it depends on the log, on who asks, and on what was asked.

    Whoever sees all tasks gets the same one as the others who do.
    """
    viewer = -call.who.workspace if for_all else call.person
    asked = zlib.crc32(call.scope["query_string"], viewer & 0xFFFFFFFF)
    return f"{as_of}-{asked:x}"
