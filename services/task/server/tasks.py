"""TaskService: authenticate (done before), convert, call, convert."""

# ruff: noqa: N802 -- RPCs have the names that the protos give them

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from boss.task.v1 import task_service_pb2 as pb
from boss.task.v1 import task_service_pb2_grpc as rpc

from services.runtime.errors import NotFound
from services.task import lists, queries
from services.task.commands import change, create
from services.task.commands.storing import Answer
from services.task.commands.writing import Outcome, Store, first_answer
from services.task.convert.checks import Faults
from services.task.convert.lists import (
    NAMES,
    filter_from,
    next_token,
    page_from,
    task_names,
)
from services.task.convert.names import legacy_target, task_target
from services.task.convert.rows import set_shown
from services.task.convert.tasks import (
    DEPENDENCIES,
    new_task,
    task_changes,
    task_to_proto,
)
from services.task.model import Task, TaskNumber, Viewer, WorkspaceId
from services.task.rules.absent import task_not_found
from services.task.server.calls import Answers, asked, need_person, viewer_of
from services.task.server.commands import Commands, act_of, one
from services.task.server.filtering import filter_meant
from services.task.server.log import Events, Log
from services.task.server.templates import NamedTemplates
from services.task.server.undo import Undoing

BATCH = 100
# Fields that name others, of which only the store knows whether they are there.
NAMING = frozenset({"assignees", "watchers", "parent", "depends_on"})
M = TypeVar("M")


class TaskServicer(Commands, Undoing, Log, rpc.TaskServiceServicer):
    """The tasks of the caller's workspace, and the log."""

    def __init__(
        self, store: Store, answers: Answers, feed: Events, *, totals: lists.Totals
    ) -> None:
        super().__init__(store, feed)
        self._store = store
        self._answers = answers
        self._totals = totals

    # --- reads ---

    async def GetTask(self, request: pb.GetTaskRequest, _context: Any) -> pb.GetTaskResponse:
        """One task."""
        viewer = await viewer_of(self._store.roster)
        workspace, number = await self._named(request.name, viewer)
        found = await queries.get_shown(self._store.database, workspace, number, viewer=viewer)
        if found is None:
            raise task_not_found(number)
        shown, as_of = found
        response = pb.GetTaskResponse(as_of=as_of, sees_all=viewer.sees_all)
        set_shown(response.task, shown)
        return response

    async def _named(self, name: str, viewer: Viewer) -> tuple[WorkspaceId, TaskNumber]:
        """The task of a name, which may be the predecessor's."""
        legacy = legacy_target(name, viewer.workspace)
        if legacy is None:
            return task_target(name, viewer.workspace)
        workspace, ident = legacy
        found = await queries.find_legacy(self._store.database, workspace, [ident])
        if ident not in found:
            raise NotFound("TASK_NOT_FOUND", f"There is no task {ident}.")
        return workspace, found[ident]

    async def BatchGetTasks(
        self, request: pb.BatchGetTasksRequest, _context: Any
    ) -> pb.BatchGetTasksResponse:
        """Tasks in the order asked for."""
        faults = Faults()
        faults.many("names", len(request.names), most=NAMES)
        viewer = await viewer_of(self._store.roster)
        workspace, numbers = task_names(request.names, viewer.workspace, faults)
        faults.raise_if_any()
        known = [number for number in numbers if number is not None]
        tasks, as_of = await queries.get_tasks(
            self._store.database, workspace, known, viewer=viewer
        )
        response = pb.BatchGetTasksResponse(as_of=as_of, sees_all=viewer.sees_all)
        for name, number in zip(request.names, numbers, strict=True):
            shown = tasks.get(number) if number is not None else None
            if shown is None:
                response.missing.append(name)
            else:
                set_shown(response.tasks.add(), shown)
        return response

    async def ListTasks(self, request: pb.ListTasksRequest, _context: Any) -> pb.ListTasksResponse:
        """One page of tasks."""
        workspace, _ = need_person()
        faults = Faults()
        wanted = filter_from(request.filter, workspace, faults)
        page = page_from(request, faults)
        if request.where:
            where = await filter_meant(self._store, request.where, faults, field="where")
            wanted = wanted.narrowed(where)
        faults.raise_if_any()
        viewer = await viewer_of(self._store.roster)
        found = await lists.list_tasks(
            self._store.database,
            self._totals,
            workspace,
            wanted,
            page,
            viewer=viewer,
        )
        response = pb.ListTasksResponse(
            next_page_token=next_token(request, found.next_key) if found.next_key else "",
            total_size=found.total,
            as_of=found.as_of,
            sees_all=viewer.sees_all,
        )
        for shown in found.tasks:
            set_shown(response.tasks.add(), shown)
        return response

    # --- writes ---

    async def CreateTask(
        self, request: pb.CreateTaskRequest, _context: Any
    ) -> pb.CreateTaskResponse:
        """Creates one task."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        templates = await NamedTemplates.of(self._store, ask.workspace, [request.template])
        settings = (await self._store.roster.workspace(ask.workspace)).settings
        filled, parts = templates.fill(request.task, request.template, faults, "template")
        task = new_task(
            filled,
            faults,
            at="task",
            workspace=ask.workspace,
            creator=ask.actor,
            now=ask.now,
            settings=settings,
        )
        # What was right when it was asked first is answered as then.
        if faults.noted and (first := await first_answer(self._store, ask)) is not None:
            return await self._answers.complete(first, pb.CreateTaskResponse, ask.workspace)
        _refuse_what_names_nothing(faults, [task])
        compose = one(pb.CreateTaskResponse)
        if parts:
            drafts = [create.Draft(task, subtasks=parts)]
            written = await create.create_many(
                self._store, ask, drafts, compose, faults=faults.noted
            )
        else:
            written = await create.create_one(self._store, ask, task, compose, faults=faults.noted)
        return await self._answers.complete(written, pb.CreateTaskResponse, ask.workspace)

    async def BatchCreateTasks(
        self, request: pb.BatchCreateTasksRequest, _context: Any
    ) -> pb.BatchCreateTasksResponse:
        """Creates tasks as one act."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        faults.many("tasks", len(request.tasks), most=BATCH)
        if not request.tasks:
            faults.add("tasks", "Give at least one task.")
        texts = [new.template for new in request.tasks[:BATCH]]
        templates = await NamedTemplates.of(self._store, ask.workspace, texts)
        settings = (await self._store.roster.workspace(ask.workspace)).settings
        drafts = []
        for index, new in enumerate(request.tasks[:BATCH]):
            at = f"tasks[{index}]"
            filled, parts = templates.fill(new.task, new.template, faults, f"{at}.template")
            task = new_task(
                filled,
                faults,
                at=f"{at}.task",
                workspace=ask.workspace,
                creator=ask.actor,
                now=ask.now,
                settings=settings,
            )
            many = len(parts) + len(new.subtasks)
            faults.many(f"{at}.subtasks", many, most=create.MAX_SUBTASKS)
            titles = tuple(
                faults.line(f"{at}.subtasks[{n}]", title, least=1, most=200)
                for n, title in enumerate(new.subtasks)
            )
            links = len(new.after) + len(new.task.depends_on)
            faults.many(f"{at}.after", links, most=DEPENDENCIES)
            among = min(len(request.tasks), BATCH)
            for n, after in enumerate(new.after):
                if not 0 <= after < among or after == index:
                    faults.add(f"{at}.after[{n}]", "Give the index of another task of these.")
            known = tuple(after for after in new.after if 0 <= after < among)
            titles = () if faults.noted else (*parts, *titles)
            drafts.append(create.Draft(task, known, titles))
        if faults.noted and (first := await first_answer(self._store, ask)) is not None:
            return await self._answers.complete(first, pb.BatchCreateTasksResponse, ask.workspace)
        _refuse_what_names_nothing(faults, [draft.task for draft in drafts])
        compose = _many(pb.BatchCreateTasksResponse)
        written = await create.create_many(self._store, ask, drafts, compose, faults=faults.noted)
        return await self._answers.complete(written, pb.BatchCreateTasksResponse, ask.workspace)

    async def UpdateTask(
        self, request: pb.UpdateTaskRequest, _context: Any
    ) -> pb.UpdateTaskResponse:
        """Replaces the fields named."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        _, number = task_target(request.task.name, ask.workspace)
        paths = list(request.update_mask.paths)
        changes = task_changes(request.task, paths, faults, ask.workspace)
        if not changes.keys() & NAMING:
            faults.raise_if_any()
        written = await change.update_task(
            self._store,
            ask,
            number,
            changes,
            etag=request.etag,
            compose=one(pb.UpdateTaskResponse),
            faults=faults.noted,
        )
        return await self._answers.complete(written, pb.UpdateTaskResponse, ask.workspace)

    async def DeleteTask(
        self, request: pb.DeleteTaskRequest, _context: Any
    ) -> pb.DeleteTaskResponse:
        """Hides a task."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        faults.raise_if_any()
        _, number = task_target(request.name, ask.workspace)

        def compose(outcome: Outcome) -> Answer:
            return pb.DeleteTaskResponse(act=act_of(outcome))

        written = await change.delete_task(
            self._store, ask, number, etag=request.etag, compose=compose
        )
        return await self._answers.complete(written, pb.DeleteTaskResponse, ask.workspace)


def _refuse_what_names_nothing(faults: Faults, tasks: Sequence[Task]) -> None:
    """Ends a request with its faults, unless people or tasks that it names may be wrong as well."""
    if not any(getattr(task, name) for task in tasks for name in NAMING):
        faults.raise_if_any()


def _many(kind: Any) -> Callable[[Outcome], Answer]:
    def compose(outcome: Outcome) -> Answer:
        tasks = [task_to_proto(view) for view in outcome.views]
        answer: Answer = kind(tasks=tasks, act=act_of(outcome))
        return answer

    return compose
