"""A request id: the first answer again, whatever came between, and one effect."""

import asyncio
from typing import Any

import pytest
from boss.task.v1 import people_service_pb2 as people_pb
from boss.task.v1 import person_pb2
from boss.task.v1 import task_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask

from services.runtime.errors import Invalid
from tests.integration.task.world import OWNER, new_id, task


async def test_the_same_request_again_is_answered_as_at_first(world):
    request = pb.CreateTaskRequest(task=task("Once"), request_id=new_id())
    first = await world.tasks.CreateTask(request, actor=OWNER)
    await world.update(first.task.name, title="Changed since")

    again = await world.tasks.CreateTask(request, actor=OWNER)

    assert again == first
    assert len((await world.tasks.ListTasks(pb.ListTasksRequest(), actor=OWNER)).tasks) == 1


async def test_concurrent_duplicates_have_one_effect_and_one_answer(world):
    request = pb.CreateTaskRequest(task=task("Once"), request_id=new_id())

    answers = await asyncio.gather(
        *(world.tasks.CreateTask(request, actor=OWNER) for _ in range(8))
    )

    assert all(answer == answers[0] for answer in answers)
    assert len((await world.tasks.ListTasks(pb.ListTasksRequest(), actor=OWNER)).tasks) == 1


async def test_concurrent_duplicates_of_a_command_have_one_effect(world):
    made = (await world.create("Once")).task
    request = pb.StartTaskRequest(name=made.name, request_id=new_id())

    answers = await asyncio.gather(*(world.tasks.StartTask(request, actor=OWNER) for _ in range(8)))

    assert all(answer == answers[0] and answer.act for answer in answers)
    assert len([event for event in await world.events() if event.type == 3]) == 1


async def test_a_repeated_command_is_answered_although_its_state_has_passed(world):
    made = (await world.create("Once")).task
    request = pb.StartTaskRequest(name=made.name, request_id=new_id())
    first = await world.tasks.StartTask(request, actor=OWNER)
    await world.do("Cancel", made.name)

    assert await world.tasks.StartTask(request, actor=OWNER) == first


async def test_a_command_that_changed_nothing_is_answered_the_same_again(world):
    made = (await world.create("Once")).task
    await world.do("Start", made.name)
    request = pb.StartTaskRequest(name=made.name, request_id=new_id())
    first = await world.tasks.StartTask(request, actor=OWNER)
    await world.do("Cancel", made.name)

    again = await world.tasks.StartTask(request, actor=OWNER)

    assert again == first
    assert again.act == ""


async def test_another_body_under_the_same_id_is_refused(world):
    request_id = new_id()
    await world.tasks.CreateTask(
        pb.CreateTaskRequest(task=task("One"), request_id=request_id), actor=OWNER
    )

    with pytest.raises(Invalid) as caught:
        await world.tasks.CreateTask(
            pb.CreateTaskRequest(task=task("Two"), request_id=request_id), actor=OWNER
        )

    assert caught.value.reason == "REQUEST_ID_REUSED"


async def test_two_people_may_use_the_same_id(world):
    ana = await world.person("Ana")
    request_id = new_id()
    for by, to in ((OWNER, ()), (ana, (ana,))):
        request = pb.CreateTaskRequest(task=task(to=to), request_id=request_id)
        await world.tasks.CreateTask(request, actor=by)

    assert len((await world.tasks.ListTasks(pb.ListTasksRequest(), actor=OWNER)).tasks) == 2


async def test_every_write_is_answered_the_same_again(world):
    made = (await world.create("Once")).task
    name = made.name
    person = person_pb2.Person(display_name="Ana")
    workspace = person_pb2.Workspace(display_name="Shop")
    tasks, people = world.tasks, world.people
    writes: list[tuple[Any, Any]] = [
        (
            tasks.UpdateTask,
            pb.UpdateTaskRequest(task=task(), update_mask=FieldMask(paths=["tags"])),
        ),
        (tasks.BatchCreateTasks, pb.BatchCreateTasksRequest(tasks=[pb.NewTask(task=task())])),
        (tasks.SubmitTask, pb.SubmitTaskRequest(name=name)),
        (tasks.RejectTask, pb.RejectTaskRequest(name=name)),
        (tasks.StartTask, pb.StartTaskRequest(name=name)),
        (tasks.CompleteTask, pb.CompleteTaskRequest(name=name)),
        (tasks.Undo, pb.UndoRequest()),
        (tasks.Redo, pb.RedoRequest()),
        (tasks.DeleteTask, pb.DeleteTaskRequest(name=name)),
        (people.CreatePerson, people_pb.CreatePersonRequest(person=person)),
        (
            people.UpdateWorkspace,
            people_pb.UpdateWorkspaceRequest(
                workspace=workspace, update_mask=FieldMask(paths=["display_name"])
            ),
        ),
    ]
    writes[0][1].task.name = name
    for call, request in writes:
        request.request_id = new_id()
        first = await call(request, actor=OWNER)
        head = first.position

        again = await call(request, actor=OWNER)

        assert again == first, request
        assert head == (await world.events())[-1].position or not head
