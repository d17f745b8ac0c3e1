"""How many statements each RPC of the store takes, counted at the driver while it serves.

Reads take one or two: theirs, and one more where a total is counted. A command on tasks locks (also
the workspace's links, where those may change), reads, and stores all in one statement. What keeps
rows of its own takes as many as are written here, and may not take more. Not counted are the
beginning and the end of a transaction, and what the loops do that number and follow the log.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from boss.task.v1 import attendance_service_pb2 as attendance_pb
from boss.task.v1 import comment_service_pb2 as comments_pb
from boss.task.v1 import history_service_pb2 as history_pb
from boss.task.v1 import participation_service_pb2 as participation_pb
from boss.task.v1 import people_service_pb2 as people_pb
from boss.task.v1 import person_pb2, task_pb2
from boss.task.v1 import recurrence_service_pb2 as recurrence_pb
from boss.task.v1 import recurrence_service_pb2_grpc as recurrence_rpc
from boss.task.v1 import search_service_pb2 as search_pb
from boss.task.v1 import stats_service_pb2 as stats_pb
from boss.task.v1 import task_service_pb2 as pb
from boss.task.v1 import template_service_pb2 as templates_pb
from boss.task.v1 import transfer_service_pb2 as transfer_pb
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import Engine, event
from sqlalchemy.pool import Pool

from services.task import events, numbering, queries
from tests.integration.task.test_foreign import served, stub
from tests.integration.task.world import OWNER, World, new_id, ref, task

# Of transactions, and of loops that run beside every call.
BOUNDS = {"BEGIN;", "COMMIT;", "ROLLBACK;"}
LOOPS = {
    each.sql
    for each in (
        numbering.NUMBER_EVENTS,
        numbering.LOOK,
        numbering.FIND_POSITION,
        events.READ,
        events.RESOLVE,
    )
}
# Who calls and where, which is kept in memory for a second: a call takes them or not.
KEPT = {queries.GET_PEOPLE.sql, queries.GET_WORKSPACE.sql}
# What the driver asks about types, once for each connection.
OWN_OF_DRIVER = ("SELECT current_setting('jit')", "WITH RECURSIVE typeinfo_tree")
LATER = Timestamp(seconds=1_900_000_000)
SERIES = {"recurrence": "FREQ=DAILY", "deadline": LATER}
CRITERIA = {"criteria": [task_pb2.Criterion(text="Done")]}
FILE = task_pb2.Attachment(name="a.txt", url="https://example.org/a.txt", kind="file")
# Answered in many parts, for as long as there are any.
STREAMS = {
    "TaskService": {"WatchEvents"},
    "TransferService": {"ExportWorkspace", "ImportWorkspace", "ExportPerson"},
}

Prepare = Callable[[World], Awaitable[Any]]


@dataclass(frozen=True)
class Case:
    """An RPC's request after what it needs is there, and how many statements it may take."""

    most: int
    prepare: Prepare


def plain(request: Any, *, most: int) -> Case:
    """A request that needs nothing."""

    async def prepare(_: World) -> Any:
        return request

    return Case(most, prepare)


def of_task(kind: Any, *before: str, most: int, describe: dict[str, Any] | None = None, **fields):
    """A request that names a task, which the commands before have brought where it must be."""

    async def prepare(world: World) -> Any:
        name = await made(world, *before, **(describe or {}))
        return kind(name=name, request_id=new_id(), **fields)

    return Case(most, prepare)


async def made(world: World, *before: str, to: int = OWNER, **fields: Any) -> str:
    """The name of a new task after these commands."""
    name: str = (await world.create(task(to=[to], **fields))).task.name
    reasons: dict[str, dict[str, Any]] = {
        "Block": {"reason": "So", "block_reason": task_pb2.BLOCK_REASON_EXTERNAL},
        "Hold": {"reason": "So"},
    }
    for command in before:
        await world.do(command, name, **reasons.get(command, {}))
    return name


def prepared(most: int) -> Callable[[Prepare], Case]:
    return lambda prepare: Case(most, prepare)


def mask(*paths: str) -> FieldMask:
    return FieldMask(paths=paths)


@prepared(2)
async def get_task(world):
    return pb.GetTaskRequest(name=await made(world))


@prepared(2)
async def batch_get_tasks(world):
    return pb.BatchGetTasksRequest(names=[await made(world), await made(world)])


@prepared(3)
async def update_task(world):
    return pb.UpdateTaskRequest(
        task=task_pb2.Task(name=await made(world), title="Another"),
        update_mask=mask("title"),
        request_id=new_id(),
    )


@prepared(4)
async def batch_update_tasks(world):
    return pb.BatchUpdateTasksRequest(
        names=[await made(world), await made(world)],
        task=task_pb2.Task(priority=task_pb2.TASK_PRIORITY_HIGH),
        update_mask=mask("priority"),
        request_id=new_id(),
    )


@prepared(2)
async def batch_create_tasks(_):
    tasks = [pb.NewTask(task=task(f"Number {n}", to=[OWNER])) for n in range(5)]
    return pb.BatchCreateTasksRequest(tasks=tasks, request_id=new_id())


@prepared(4)
async def reorder_subtasks(world):
    whole = await made(world)
    link = task_pb2.TaskRef(name=whole)
    parts = [(await world.create(task(f"Part {n}", parent=link))).task.name for n in range(3)]
    return pb.ReorderSubtasksRequest(name=whole, subtasks=parts[::-1], request_id=new_id())


@prepared(10)
async def undo(world):
    await made(world, "Start")
    return pb.UndoRequest(request_id=new_id())


@prepared(10)
async def redo(world):
    await made(world, "Start")
    await world.undo()
    return pb.RedoRequest(request_id=new_id())


@prepared(6)
async def create_comment(world):
    return comments_pb.CreateCommentRequest(
        parent=await made(world), comment={"text": "Hello"}, request_id=new_id()
    )


async def comment(world: World) -> str:
    asked = await create_comment.prepare(world)
    name: str = (await world.comments.CreateComment(asked, actor=OWNER)).comment.name
    return name


@prepared(6)
async def update_comment(world):
    return comments_pb.UpdateCommentRequest(
        comment={"name": await comment(world), "text": "Hello again"},
        update_mask=mask("text"),
        request_id=new_id(),
    )


@prepared(6)
async def delete_comment(world):
    return comments_pb.DeleteCommentRequest(name=await comment(world), request_id=new_id())


@prepared(2)
async def list_comments(world):
    asked = await create_comment.prepare(world)
    await world.comments.CreateComment(asked, actor=OWNER)
    return comments_pb.ListCommentsRequest(parent=asked.parent)


def of_who_was_asked(kind: Any, *, most: int) -> Case:
    """A request for a task that a member suggests."""

    async def prepare(world: World) -> Any:
        ben = await world.person(f"Ben {new_id()[:8]}")
        name = (await world.create(task(to=[OWNER]), by=ben)).task.name
        return kind(name=name, request_id=new_id())

    return Case(most, prepare)


@prepared(3)
async def resume_recurrence(world):
    name = await made(world, **SERIES)
    pause = recurrence_pb.PauseRecurrenceRequest(name=name, request_id=new_id())
    await world.peer.stub(recurrence_rpc.RecurrenceServiceStub).PauseRecurrence(pause, actor=OWNER)
    return recurrence_pb.ResumeRecurrenceRequest(name=name, request_id=new_id())


@prepared(2)
async def preview_occurrences(world):
    return recurrence_pb.PreviewOccurrencesRequest(name=await made(world, **SERIES))


@prepared(6)
async def update_person(world):
    ana = await world.person(f"Ana {new_id()[:8]}")
    return people_pb.UpdatePersonRequest(
        person=person_pb2.Person(name=ref(ana).name, department="dev"),
        update_mask=mask("department"),
        request_id=new_id(),
    )


@prepared(2)
async def revoke_token(world):
    token = await world.people.CreateToken(people_pb.CreateTokenRequest(label="a"), actor=OWNER)
    return people_pb.RevokeTokenRequest(name=token.token.name)


@prepared(2)
async def authenticate_token(world):
    token = await world.people.CreateToken(people_pb.CreateTokenRequest(label="a"), actor=OWNER)
    return people_pb.AuthenticateTokenRequest(secret=token.secret)


@prepared(8)
async def erase_person(world):
    who = ref(await world.person(f"Ida {new_id()[:8]}")).name
    leave = people_pb.UpdatePersonRequest(
        person=person_pb2.Person(name=who, status=person_pb2.PERSON_STATUS_LEFT),
        update_mask=mask("status"),
        request_id=new_id(),
    )
    await world.people.UpdatePerson(leave, actor=OWNER)
    return transfer_pb.ErasePersonRequest(name=who, request_id=new_id())


async def template(world: World) -> str:
    asked = templates_pb.CreateTemplateRequest(
        template={"display_name": f"Kind {new_id()[:8]}"}, request_id=new_id()
    )
    name: str = (await world.templates.CreateTemplate(asked, actor=OWNER)).template.name
    return name


@prepared(2)
async def get_template(world):
    return templates_pb.GetTemplateRequest(name=await template(world))


@prepared(4)
async def update_template(world):
    return templates_pb.UpdateTemplateRequest(
        template={"name": await template(world), "about": "More"},
        update_mask=mask("about"),
        request_id=new_id(),
    )


@prepared(4)
async def delete_template(world):
    return templates_pb.DeleteTemplateRequest(name=await template(world), request_id=new_id())


@prepared(2)
async def list_history(world):
    return history_pb.ListHistoryRequest(subject=await made(world, "Start"))


async def entry(world: World) -> str:
    asked = attendance_pb.LogTimeRequest(name=await made(world), minutes=5, request_id=new_id())
    name: str = (await world.attendance.LogTime(asked, actor=OWNER)).entry.name
    return name


@prepared(5)
async def update_time(world):
    return attendance_pb.UpdateTimeRequest(
        entry={"name": await entry(world), "note": "More"},
        update_mask=mask("note"),
        request_id=new_id(),
    )


@prepared(5)
async def delete_time(world):
    return attendance_pb.DeleteTimeRequest(name=await entry(world), request_id=new_id())


@prepared(7)
async def stop_timer(world):
    asked = attendance_pb.StartTimerRequest(name=await made(world), request_id=new_id())
    await world.attendance.StartTimer(asked, actor=OWNER)
    return attendance_pb.StopTimerRequest(request_id=new_id())


@prepared(6)
async def correct_attendance(world):
    today = await world.attendance.ClockIn(
        attendance_pb.ClockInRequest(request_id=new_id()), actor=OWNER
    )
    return attendance_pb.CorrectAttendanceRequest(
        attendance={"name": today.attendance.name},
        remove=True,
        reason="He was not in.",
        request_id=new_id(),
    )


# In this order: who comes in takes a break before going, and is corrected after that.
CASES: dict[str, dict[str, Case]] = {
    "TaskService": {
        "GetTask": get_task,
        "BatchGetTasks": batch_get_tasks,
        "ListTasks": plain(pb.ListTasksRequest(), most=2),
        "CreateTask": plain(pb.CreateTaskRequest(task=task(), request_id=new_id()), most=1),
        "BatchCreateTasks": batch_create_tasks,
        "UpdateTask": update_task,
        "DeleteTask": of_task(pb.DeleteTaskRequest, most=4),
        "StartTask": of_task(pb.StartTaskRequest, most=3),
        "SeeTask": of_task(pb.SeeTaskRequest, most=3),
        "SubmitTask": of_task(pb.SubmitTaskRequest, "Start", most=4),
        "ApproveTask": of_task(pb.ApproveTaskRequest, "Start", "Submit", most=4),
        "RejectTask": of_task(
            pb.RejectTaskRequest, "Start", "Submit", most=3, feedback="Once more, please."
        ),
        "CompleteTask": of_task(pb.CompleteTaskRequest, "Start", most=4),
        "CancelTask": of_task(pb.CancelTaskRequest, most=4),
        "BlockTask": of_task(
            pb.BlockTaskRequest,
            most=3,
            reason="So",
            block_reason=task_pb2.BLOCK_REASON_EXTERNAL,
        ),
        "UnblockTask": of_task(pb.UnblockTaskRequest, "Block", most=3),
        "HoldTask": of_task(pb.HoldTaskRequest, most=3, reason="So"),
        "ResumeTask": of_task(pb.ResumeTaskRequest, "Hold", most=3),
        "ReopenTask": of_task(pb.ReopenTaskRequest, "Start", "Complete", most=3, reason="So"),
        "DelayTask": of_task(pb.DelayTaskRequest, most=3, reason="So", deadline=LATER),
        "RestoreTask": of_task(pb.RestoreTaskRequest, "Delete", most=4),
        "BatchUpdateTasks": batch_update_tasks,
        "ReorderSubtasks": reorder_subtasks,
        "Undo": undo,
        "Redo": redo,
        "GetContext": plain(pb.GetContextRequest(workspace="workspaces/1"), most=3),
    },
    "PeopleService": {
        "GetPerson": plain(people_pb.GetPersonRequest(name=ref(OWNER).name), most=2),
        "ListPeople": plain(people_pb.ListPeopleRequest(), most=2),
        "CreatePerson": plain(
            people_pb.CreatePersonRequest(
                person=person_pb2.Person(display_name="Zoe"), request_id=new_id()
            ),
            most=3,
        ),
        "UpdatePerson": update_person,
        "FindPeople": plain(people_pb.FindPeopleRequest(telegram_id=7), most=2),
        "GetWorkspace": plain(people_pb.GetWorkspaceRequest(), most=2),
        "CreateWorkspace": plain(
            people_pb.CreateWorkspaceRequest(
                workspace=person_pb2.Workspace(display_name="New", timezone="UTC"),
                owner=person_pb2.Person(display_name="Owner"),
                request_id=new_id(),
            ),
            most=6,
        ),
        "ListWorkspaces": plain(people_pb.ListWorkspacesRequest(), most=2),
        "UpdateWorkspace": plain(
            people_pb.UpdateWorkspaceRequest(
                workspace=person_pb2.Workspace(display_name="Home"),
                update_mask=mask("display_name"),
                request_id=new_id(),
            ),
            most=3,
        ),
        "CreateToken": plain(people_pb.CreateTokenRequest(label="a"), most=1),
        "ListTokens": plain(people_pb.ListTokensRequest(), most=2),
        "RevokeToken": revoke_token,
        "AuthenticateToken": authenticate_token,
    },
    "CommentService": {
        "CreateComment": create_comment,
        "UpdateComment": update_comment,
        "DeleteComment": delete_comment,
        "ListComments": list_comments,
    },
    "ParticipationService": {
        "WatchTask": of_task(participation_pb.WatchTaskRequest, most=3, watch=True),
        "TickCriterion": of_task(
            participation_pb.TickCriterionRequest, most=3, describe=CRITERIA, text="Done", done=True
        ),
        "AcceptTask": of_who_was_asked(participation_pb.AcceptTaskRequest, most=3),
        "DeclineTask": of_who_was_asked(participation_pb.DeclineTaskRequest, most=3),
        "AddAttachment": of_task(participation_pb.AddAttachmentRequest, most=3, attachment=FILE),
        "RemoveAttachment": of_task(
            participation_pb.RemoveAttachmentRequest,
            most=3,
            describe={"attachments": [FILE]},
            file_name="a.txt",
        ),
    },
    "RecurrenceService": {
        "PauseRecurrence": of_task(recurrence_pb.PauseRecurrenceRequest, most=3, describe=SERIES),
        "ResumeRecurrence": resume_recurrence,
        "SkipOccurrence": of_task(recurrence_pb.SkipOccurrenceRequest, most=3, describe=SERIES),
        "EndRecurrence": of_task(recurrence_pb.EndRecurrenceRequest, most=3, describe=SERIES),
        "PreviewOccurrences": preview_occurrences,
    },
    "SearchService": {
        "SearchTasks": plain(search_pb.SearchTasksRequest(query="login"), most=2),
    },
    "StatsService": {
        "GetStats": plain(stats_pb.GetStatsRequest(), most=2),
        "GetDashboard": plain(stats_pb.GetDashboardRequest(), most=2),
        "ListProjects": plain(stats_pb.ListProjectsRequest(), most=2),
    },
    "TemplateService": {
        "ListTemplates": plain(templates_pb.ListTemplatesRequest(), most=2),
        "GetTemplate": get_template,
        "CreateTemplate": plain(
            templates_pb.CreateTemplateRequest(
                template={"display_name": "Trip"}, request_id=new_id()
            ),
            most=4,
        ),
        "UpdateTemplate": update_template,
        "DeleteTemplate": delete_template,
    },
    "TransferService": {"ErasePerson": erase_person},
    "HistoryService": {"ListHistory": list_history},
    "AttendanceService": {
        "ClockIn": plain(attendance_pb.ClockInRequest(request_id=new_id()), most=4),
        "ToggleBreak": plain(attendance_pb.ToggleBreakRequest(request_id=new_id()), most=4),
        "ClockOut": plain(attendance_pb.ClockOutRequest(request_id=new_id()), most=6),
        "GetAttendance": plain(attendance_pb.GetAttendanceRequest(), most=2),
        "CorrectAttendance": correct_attendance,
        "StartTimer": of_task(attendance_pb.StartTimerRequest, most=8),
        "StopTimer": stop_timer,
        "LogTime": of_task(attendance_pb.LogTimeRequest, most=5, minutes=5),
        "UpdateTime": update_time,
        "DeleteTime": delete_time,
        "ListTimeEntries": plain(attendance_pb.ListTimeEntriesRequest(), most=2),
        "GetTimesheet": plain(attendance_pb.GetTimesheetRequest(), most=2),
    },
}


@pytest.fixture
def asked():
    """The statements as they are sent, of connections made from now on."""
    found: list[str] = []

    def by_driver(connection: Any, _record: Any) -> None:
        connection.driver_connection.add_query_logger(lambda one: found.append(one.query))

    # It prepares its statements first, of which the driver does not tell.
    def by_sqlalchemy(_connection: Any, _cursor: Any, sql: str, *_more: Any) -> None:
        found.append(sql)

    event.listen(Pool, "connect", by_driver)
    event.listen(Engine, "before_cursor_execute", by_sqlalchemy)
    yield found
    event.remove(Engine, "before_cursor_execute", by_sqlalchemy)
    event.remove(Pool, "connect", by_driver)


def counts(sql: str) -> bool:
    return sql not in BOUNDS | LOOPS | KEPT and not sql.strip().startswith(OWN_OF_DRIVER)


async def test_no_rpc_takes_more_statements_than_it_must(asked, world):
    await made(world, "Start")
    over = {}
    for service, cases in CASES.items():
        for method, case in cases.items():
            request = await case.prepare(world)
            await world.events()  # the loops have caught up with what was prepared
            asked.clear()
            await stub(world, service, method)(request, actor=OWNER)
            sent = [sql for sql in asked if counts(sql)]
            if len(sent) > case.most:
                over[method] = [" ".join(sql.split())[:80] for sql in sent]

    assert over == {}


async def test_every_rpc_has_its_bound(world):
    for service, methods in (await served(world)).items():
        known = CASES.get(service, {}).keys() | STREAMS.get(service, set())
        assert methods == known, f"{service}: say here how many statements it may take"
