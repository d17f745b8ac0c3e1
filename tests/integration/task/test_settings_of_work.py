"""What a workspace's settings mean for new tasks: approval unless said otherwise, and deadlines."""

import pytest
from boss.task.v1 import task_pb2
from boss.task.v1 import task_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from services.runtime.errors import Invalid
from tests.integration.task.world import OWNER, new_id, reasons, task

LATER = Timestamp(seconds=1_900_000_000)


@pytest.mark.parametrize("usual", [True, False])
async def test_a_task_needs_approval_as_the_workspace_has_it(world, usual):
    await world.settle(requires_approval=usual)

    made = (await world.create("Usual")).task
    said = (await world.create(task("Said", requires_approval=not usual))).task
    batch = pb.BatchCreateTasksRequest(
        tasks=[pb.NewTask(task=task("Whole"), subtasks=["Part"])], request_id=new_id()
    )
    whole = (await world.tasks.BatchCreateTasks(batch, actor=OWNER)).tasks[0]
    part = await world.get(whole.subtasks[0].name)

    assert [each.requires_approval for each in (made, said, whole, part)] == [
        usual,
        not usual,
        usual,
        usual,
    ]


async def test_a_task_without_approval_is_completed_by_its_assignee(world):
    await world.settle(requires_approval=False)
    ana = await world.person("Ana")
    made = await world.create(task(to=[ana]))

    done = await world.do("Submit", made.task.name, by=ana)

    assert done.task.status == task_pb2.TASK_STATUS_COMPLETED


async def test_a_deadline_is_demanded_where_the_workspace_says_so(world):
    await world.settle(deadline_required=True)

    with pytest.raises(Invalid) as caught:
        await world.create(task("", description="x" * 10_001))
    assert reasons(caught.value) == (
        "FIELDS_INVALID",
        ["task.title", "task.description", "task.deadline"],
    )
    assert "Give a deadline" in caught.value.violations[2].detail
    two = [pb.NewTask(task=task("With", deadline=LATER)), pb.NewTask(task=task("Without"))]
    with pytest.raises(Invalid) as caught:
        await world.tasks.BatchCreateTasks(
            pb.BatchCreateTasksRequest(tasks=two, request_id=new_id()), actor=OWNER
        )
    assert reasons(caught.value)[1] == ["tasks[1].task.deadline"]
    assert not (await world.tasks.ListTasks(pb.ListTasksRequest(), actor=OWNER)).tasks


async def test_a_demanded_deadline_stays_and_subtasks_need_none(world):
    await world.settle(deadline_required=True)
    whole = (await world.create(task("Whole", deadline=LATER))).task
    part = (await world.create(task("Part", parent=task_pb2.TaskRef(name=whole.name)))).task

    with pytest.raises(Invalid) as caught:
        await world.update(whole.name, deadline=None)
    assert reasons(caught.value) == ("DEADLINE_REQUIRED", ["task.deadline"])
    many = pb.BatchUpdateTasksRequest(
        names=[whole.name], update_mask=FieldMask(paths=["deadline"]), request_id=new_id()
    )
    with pytest.raises(Invalid):
        await world.tasks.BatchUpdateTasks(many, actor=OWNER)
    await world.update(part.name, title="Another")
    assert (await world.get(whole.name)).deadline == LATER


async def test_what_was_made_before_a_deadline_was_demanded_is_answered_as_then(world):
    request = pb.CreateTaskRequest(task=task("Early"), request_id=new_id())
    first = await world.tasks.CreateTask(request, actor=OWNER)
    await world.settle(deadline_required=True)

    again = await world.tasks.CreateTask(request, actor=OWNER)
    renamed = await world.update(first.task.name, title="Still without")

    assert again.task.name == first.task.name
    assert renamed.task.title == "Still without"
