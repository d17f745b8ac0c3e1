"""Nobody sees that something exists in another workspace: every RPC says that it is not there.

The services and their methods are asked of the server, so that an RPC without a case here fails.
"""

import asyncio
import importlib
from dataclasses import dataclass

import grpc
import pytest
from boss.task.v1 import attendance_service_pb2 as attendance_pb
from boss.task.v1 import comment_service_pb2 as comments_pb
from boss.task.v1 import history_service_pb2 as history_pb
from boss.task.v1 import participation_service_pb2 as participation_pb
from boss.task.v1 import people_service_pb2 as people_pb
from boss.task.v1 import person_pb2, task_pb2
from boss.task.v1 import recurrence_service_pb2 as recurrence_pb
from boss.task.v1 import stats_service_pb2 as stats_pb
from boss.task.v1 import task_service_pb2 as pb
from boss.task.v1 import template_service_pb2 as templates_pb
from boss.task.v1 import transfer_service_pb2 as transfer_pb
from google.protobuf import descriptor_pool
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from services.runtime.errors import Invalid, NotFound
from tests.integration.task.world import OWNER, new_id, ref, task

STRANGER = 2
PACKAGE = "boss.task.v1."


@dataclass(frozen=True)
class Things:
    """The names of things of workspace 1, or the same with the stranger's own workspace."""

    task: str
    person: str
    token: str
    comment: str
    template: str
    act: str
    entry: str = "workspaces/1/timeEntries/1"
    attendance: str = "workspaces/1/attendance/1"

    def as_own(self):
        return Things(
            **{
                name: getattr(self, name).replace("workspaces/1/", "workspaces/2/")
                for name in self.__dataclass_fields__
            }
        )


def by_name(*kinds, **fields):
    """Requests that name a task in `name`, and need no more than these fields."""
    return {
        kind.DESCRIPTOR.name.removesuffix("Request"): lambda t, kind=kind: kind(
            name=t.task, request_id=new_id(), **fields
        )
        for kind in kinds
    }


def mask(*paths):
    return FieldMask(paths=paths)


# A request for each RPC that names something of another workspace, to be answered NOT_FOUND.
CASES = {
    "TaskService": {
        **by_name(
            pb.DeleteTaskRequest,
            pb.StartTaskRequest,
            pb.SeeTaskRequest,
            pb.SubmitTaskRequest,
            pb.ApproveTaskRequest,
            pb.CompleteTaskRequest,
            pb.CancelTaskRequest,
            pb.UnblockTaskRequest,
            pb.ResumeTaskRequest,
            pb.RestoreTaskRequest,
        ),
        **by_name(pb.RejectTaskRequest, feedback="No"),
        **by_name(pb.BlockTaskRequest, reason="So", block_reason=task_pb2.BLOCK_REASON_EXTERNAL),
        **by_name(pb.HoldTaskRequest, pb.ReopenTaskRequest, reason="So"),
        **by_name(pb.DelayTaskRequest, reason="So", deadline=Timestamp(seconds=1_900_000_000)),
        "GetTask": lambda t: pb.GetTaskRequest(name=t.task),
        "UpdateTask": lambda t: pb.UpdateTaskRequest(
            task=task_pb2.Task(name=t.task, title="Mine"),
            update_mask=mask("title"),
            request_id=new_id(),
        ),
        "ReorderSubtasks": lambda t: pb.ReorderSubtasksRequest(
            name=t.task, subtasks=[t.task.replace("/1/", "/2/")], request_id=new_id()
        ),
        "Undo": lambda t: pb.UndoRequest(act=t.act, request_id=new_id()),
    },
    "PeopleService": {
        "GetPerson": lambda t: people_pb.GetPersonRequest(name=t.person),
        "UpdatePerson": lambda t: people_pb.UpdatePersonRequest(
            person=person_pb2.Person(name=t.person, display_name="Mine"),
            update_mask=mask("display_name"),
            request_id=new_id(),
        ),
        "UpdateWorkspace": lambda t: people_pb.UpdateWorkspaceRequest(
            workspace=person_pb2.Workspace(name="workspaces/1", display_name="Mine"),
            update_mask=mask("display_name"),
            request_id=new_id(),
        ),
        "RevokeToken": lambda t: people_pb.RevokeTokenRequest(name=t.token),
    },
    "CommentService": {
        "CreateComment": lambda t: comments_pb.CreateCommentRequest(
            parent=t.task, comment={"text": "Hello"}, request_id=new_id()
        ),
        "UpdateComment": lambda t: comments_pb.UpdateCommentRequest(
            comment={"name": t.comment, "text": "Mine"},
            update_mask=mask("text"),
            request_id=new_id(),
        ),
        "DeleteComment": lambda t: comments_pb.DeleteCommentRequest(
            name=t.comment, request_id=new_id()
        ),
        "ListComments": lambda t: comments_pb.ListCommentsRequest(parent=t.task),
    },
    "ParticipationService": {
        **by_name(participation_pb.WatchTaskRequest, watch=True),
        **by_name(participation_pb.TickCriterionRequest, text="Done", done=True),
        **by_name(participation_pb.AcceptTaskRequest, participation_pb.DeclineTaskRequest),
        **by_name(
            participation_pb.AddAttachmentRequest,
            attachment={"name": "a.txt", "url": "https://example.org/a.txt", "kind": "file"},
        ),
        **by_name(participation_pb.RemoveAttachmentRequest, file_name="a.txt"),
    },
    "RecurrenceService": {
        **by_name(
            recurrence_pb.PauseRecurrenceRequest,
            recurrence_pb.ResumeRecurrenceRequest,
            recurrence_pb.SkipOccurrenceRequest,
            recurrence_pb.EndRecurrenceRequest,
        ),
        "PreviewOccurrences": lambda t: recurrence_pb.PreviewOccurrencesRequest(name=t.task),
    },
    "TemplateService": {
        "GetTemplate": lambda t: templates_pb.GetTemplateRequest(name=t.template),
        "UpdateTemplate": lambda t: templates_pb.UpdateTemplateRequest(
            template={"name": t.template, "about": "Mine"},
            update_mask=mask("about"),
            request_id=new_id(),
        ),
        "DeleteTemplate": lambda t: templates_pb.DeleteTemplateRequest(
            name=t.template, request_id=new_id()
        ),
    },
    "TransferService": {
        "ErasePerson": lambda t: transfer_pb.ErasePersonRequest(name=t.person, request_id=new_id()),
    },
    "HistoryService": {
        "ListHistory": lambda t: history_pb.ListHistoryRequest(subject=t.task),
    },
    "AttendanceService": {
        **by_name(attendance_pb.StartTimerRequest, attendance_pb.StopTimerRequest),
        **by_name(attendance_pb.LogTimeRequest, minutes=5),
        "UpdateTime": lambda t: attendance_pb.UpdateTimeRequest(
            entry={"name": t.entry, "note": "Mine"}, update_mask=mask("note"), request_id=new_id()
        ),
        "DeleteTime": lambda t: attendance_pb.DeleteTimeRequest(name=t.entry, request_id=new_id()),
        "GetAttendance": lambda t: attendance_pb.GetAttendanceRequest(
            person=t.person, date="2026-11-25"
        ),
        "CorrectAttendance": lambda t: attendance_pb.CorrectAttendanceRequest(
            attendance={"name": t.attendance}, remove=True, reason="So", request_id=new_id()
        ),
        "ListTimeEntries": lambda t: attendance_pb.ListTimeEntriesRequest(person=t.person),
        "GetTimesheet": lambda t: attendance_pb.GetTimesheetRequest(person=t.person),
    },
    "StatsService": {
        "GetStats": lambda t: stats_pb.GetStatsRequest(people=[t.person]),
    },
}
STREAMED = {
    "TransferService": {
        "ExportPerson": lambda t: transfer_pb.ExportPersonRequest(name=t.person),
    },
}
# RPCs that name nothing, or nothing that is a subject of theirs: a test of its own shows that what
# they give or take is the caller's alone.
NAMELESS = {
    "TaskService": {
        "BatchGetTasks",
        "ListTasks",
        "CreateTask",
        "BatchCreateTasks",
        "BatchUpdateTasks",
        "Redo",
        "WatchEvents",
        "GetContext",
    },
    "PeopleService": {
        "ListPeople",
        "CreatePerson",
        "FindPeople",
        "GetWorkspace",
        "CreateWorkspace",
        "ListWorkspaces",
        "CreateToken",
        "ListTokens",
        "AuthenticateToken",
    },
    "TemplateService": {"ListTemplates", "CreateTemplate"},
    "AttendanceService": {"ClockIn", "ClockOut", "ToggleBreak"},
    "TransferService": {"ExportWorkspace", "ImportWorkspace"},
    "SearchService": {"SearchTasks"},
    "StatsService": {"GetDashboard", "ListProjects"},
}


async def served(world):
    """The methods that the server says it has, by service."""

    def names():
        with grpc.insecure_channel(world.address) as channel:
            return ProtoReflectionDescriptorDatabase(channel).get_services()

    pool = descriptor_pool.Default()
    found = [name for name in await asyncio.to_thread(names) if name.startswith(PACKAGE)]
    return {
        name.removeprefix(PACKAGE): {method.name for method in pool.FindServiceByName(name).methods}
        for name in found
    }


async def secrets(world):
    """Things of workspace 1, and their names as the stranger may try them."""
    made = await world.create("Secret")
    token = await world.people.CreateToken(people_pb.CreateTokenRequest(label="a"), actor=OWNER)
    comment = await world.comments.CreateComment(
        comments_pb.CreateCommentRequest(
            parent=made.task.name, comment={"text": "Secret"}, request_id=new_id()
        ),
        actor=OWNER,
    )
    template = await world.templates.CreateTemplate(
        templates_pb.CreateTemplateRequest(
            template={"display_name": "Secret"}, request_id=new_id()
        ),
        actor=OWNER,
    )
    true = Things(
        task=made.task.name,
        person=ref(OWNER).name,
        token=token.token.name,
        comment=comment.comment.name,
        template=template.template.name,
        act=made.act,
    )
    return [true, true.as_own()]


def snake(service):
    return service.removesuffix("Service").lower() + "_service"


def stub(world, service, method):
    """What calls this method, of whichever of the world's stubs has it."""
    module = importlib.import_module(f"boss.task.v1.{snake(service)}_pb2_grpc")
    return getattr(world.peer.stub(getattr(module, f"{service}Stub")), method)


async def test_every_rpc_has_a_case(world):
    for service, methods in (await served(world)).items():
        known = CASES.get(service, {}).keys() | NAMELESS.get(service, set())
        known |= STREAMED.get(service, {}).keys()
        assert methods == known, f"{service}: add a case here for what is new"


async def test_what_another_workspace_has_is_not_there(world):
    present = await served(world)

    for things in await secrets(world):
        for service in present:
            for method, request in CASES.get(service, {}).items():
                with pytest.raises(NotFound) as caught:
                    await stub(world, service, method)(request(things), actor=STRANGER)
                assert "Secret" not in str(caught.value), method
        for service, methods in STREAMED.items():
            for method, request in methods.items():
                with pytest.raises(NotFound):
                    async for _ in stub(world, service, method)(request(things), actor=STRANGER):
                        pass
    assert (await world.get(things.task.replace("workspaces/2/", "workspaces/1/"))).title


async def test_the_history_of_anothers_people_and_workspace_is_not_there(world):
    await secrets(world)

    for subject in (ref(OWNER).name, "workspaces/1", "workspaces/1/people/999"):
        with pytest.raises(NotFound):
            await world.history.ListHistory(
                history_pb.ListHistoryRequest(subject=subject), actor=STRANGER
            )


async def test_batches_name_what_is_missing(world):
    for things in await secrets(world):
        found = await world.tasks.BatchGetTasks(
            pb.BatchGetTasksRequest(names=[things.task]), actor=STRANGER
        )
        assert (list(found.missing), len(found.tasks)) == ([things.task], 0)
        update = pb.BatchUpdateTasksRequest(
            names=[things.task],
            task=task_pb2.Task(title="Mine"),
            update_mask=mask("title"),
            request_id=new_id(),
        )
        with pytest.raises((Invalid, NotFound)) as caught:
            await world.tasks.BatchUpdateTasks(update, actor=STRANGER)
        assert "Secret" not in str(caught.value)


async def test_lists_and_context_hold_only_the_own(world):
    ana = await world.person("Ana")
    await world.create(task("Secret", to=[ana]))
    await secrets(world)

    listed = await world.tasks.ListTasks(pb.ListTasksRequest(), actor=STRANGER)
    context = await world.tasks.GetContext(pb.GetContextRequest(), actor=STRANGER)
    people = await world.people.ListPeople(people_pb.ListPeopleRequest(), actor=STRANGER)
    templates = await world.templates.ListTemplates(
        templates_pb.ListTemplatesRequest(page_size=50), actor=STRANGER
    )
    tokens = await world.people.ListTokens(people_pb.ListTokensRequest(), actor=STRANGER)
    homes = await world.people.ListWorkspaces(people_pb.ListWorkspacesRequest(), actor=STRANGER)
    home = await world.people.GetWorkspace(people_pb.GetWorkspaceRequest(), actor=STRANGER)

    assert not listed.tasks
    assert [each.display_name for each in context.people] == ["Owner"]
    assert not context.open_tasks
    assert [each.name for each in people.people] == ["workspaces/2/people/2"]
    assert "Secret" not in str(templates)
    assert not tokens.tokens
    assert [each.workspace.name for each in homes.memberships] == ["workspaces/2"]
    assert home.workspace.name == "workspaces/2"
    assert {each.workspace for each in await world.events(by=STRANGER)} <= {"workspaces/2"}
    with pytest.raises(Invalid):
        await world.tasks.ListTasks(
            pb.ListTasksRequest(filter=pb.TaskFilter(assignees=[ref(ana).name])), actor=STRANGER
        )
    with pytest.raises(NotFound):
        await world.tasks.GetContext(pb.GetContextRequest(workspace="workspaces/1"), actor=STRANGER)


async def test_figures_hold_only_the_own(world):
    ana = await world.person("Ana")
    await world.create(task("Secret", to=[ana], project="Secret"))

    board = await world.stats.GetDashboard(stats_pb.GetDashboardRequest(), actor=STRANGER)
    projects = await world.stats.ListProjects(stats_pb.ListProjectsRequest(), actor=STRANGER)
    told = await world.stats.GetStats(stats_pb.GetStatsRequest(project="Secret"), actor=STRANGER)

    assert [each.person.display_name for each in board.workload] == ["Owner"]
    assert (board.standing.total, told.standing.total, projects.total_size) == (0, 0, 0)
    assert (board.flow.created, told.flow.created) == (0, 0)
    assert "Secret" not in f"{board}{projects}"


async def test_linking_to_anothers_things(world):
    made = (await world.create("Secret")).task
    own = task_pb2.TaskRef(name=made.name.replace("workspaces/1/", "workspaces/2/"))
    other = task_pb2.TaskRef(name=made.name)

    for fields in (
        {"depends_on": [own]},
        {"depends_on": [other]},
        {"parent": own},
        {"parent": other},
        {"watchers": [ref(OWNER, workspace=2)]},
        {"watchers": [ref(OWNER)]},
    ):
        with pytest.raises(Invalid):
            await world.create(task("Mine", **fields), by=STRANGER)
        batch = pb.BatchCreateTasksRequest(
            tasks=[pb.NewTask(task=task("Mine", **fields))], request_id=new_id()
        )
        with pytest.raises(Invalid):
            await world.tasks.BatchCreateTasks(batch, actor=STRANGER)


async def test_a_token_of_another_workspace_still_works_for_its_own(world):
    token = await world.people.CreateToken(people_pb.CreateTokenRequest(label="a"), actor=OWNER)
    with pytest.raises(NotFound):
        await world.people.RevokeToken(
            people_pb.RevokeTokenRequest(name=token.token.name), actor=STRANGER
        )

    me = people_pb.GetPersonRequest(name="workspaces/-/people/me")
    assert (await world.people.GetPerson(me, token=token.secret)).person.name == ref(OWNER).name
