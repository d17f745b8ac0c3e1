"""Commands on one task and on many, as their callers see them."""

import pytest
from boss.task.v1 import event_pb2, task_pb2
from boss.task.v1 import task_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask

from services.runtime.errors import Conflict, Forbidden, Invalid, NotFound
from services.task.verify import verify
from tests.integration.task.world import new_id, ref, task

CLOSE, LEAVE = task_pb2.OPEN_SUBTASKS_CLOSE, task_pb2.OPEN_SUBTASKS_LEAVE


async def bulk(world, names, *, by=1, **fields):
    request = pb.BatchUpdateTasksRequest(names=names, request_id=new_id(), **fields)
    return await world.tasks.BatchUpdateTasks(request, actor=by)


async def parent_with_two(world):
    parent = (await world.create("Launch")).task
    for title in ("Poster", "Mail"):
        await world.create(task(title, parent=task_pb2.TaskRef(name=parent.name)))
    return await world.get(parent.name)


async def test_a_task_is_blocked_with_a_reason_and_goes_on_where_it_was(world):
    made = (await world.create("Shop")).task
    await world.do("Start", made.name)

    blocked = (
        await world.do(
            "Block", made.name, reason="no API key", block_reason=task_pb2.BLOCK_REASON_EXTERNAL
        )
    ).task
    again = await world.do("Block", made.name, reason="no API key")
    after = (await world.do("Unblock", made.name)).task

    assert (blocked.status, blocked.reason) == (task_pb2.TASK_STATUS_BLOCKED, "no API key")
    assert blocked.block_reason == task_pb2.BLOCK_REASON_EXTERNAL
    assert again.act == ""
    assert after.status == task_pb2.TASK_STATUS_IN_PROGRESS
    assert not after.reason
    kinds = [event.type for event in await world.events() if event.task.name == made.name]
    assert kinds[-2:] == [event_pb2.EVENT_TYPE_TASK_BLOCKED, event_pb2.EVENT_TYPE_TASK_UNBLOCKED]
    assert (await verify(world.database)).good


async def test_a_task_is_held_resumed_and_reopened(world):
    made = (await world.create("Shop")).task

    held = (await world.do("Hold", made.name, reason="budget")).task
    resumed = (await world.do("Resume", made.name)).task
    await world.do("Complete", made.name)
    reopened = (await world.do("Reopen", made.name, reason="it broke")).task

    assert (held.status, held.reason) == (task_pb2.TASK_STATUS_ON_HOLD, "budget")
    assert resumed.status == task_pb2.TASK_STATUS_PENDING
    assert (reopened.status, reopened.reopen_count) == (task_pb2.TASK_STATUS_PENDING, 1)


async def test_a_deadline_is_put_off_for_a_reason_by_its_assignee(world):
    ana = await world.person("Ana")
    made = (await world.create(task(to=[ana]))).task
    deadline = {"seconds": 1_800_000_000}

    after = (await world.do("Delay", made.name, by=ana, deadline=deadline, reason="parts")).task

    assert (after.delay_count, after.delay_reason) == (1, "parts")
    assert after.deadline.seconds == 1_800_000_000
    with pytest.raises(Invalid) as caught:
        await world.do("Delay", made.name, by=ana)
    assert {each.field for each in caught.value.violations} == {"reason", "deadline"}


async def test_completing_a_parent_asks_what_becomes_of_its_open_subtasks(world):
    parent = await parent_with_two(world)

    with pytest.raises(Conflict) as caught:
        await world.do("Complete", parent.name)
    closed = await world.do("Complete", parent.name, open_subtasks=CLOSE)

    assert caught.value.reason == "SUBTASKS_OPEN"
    assert "Poster" in caught.value.message
    assert {part.status for part in closed.task.subtasks} == {task_pb2.TASK_STATUS_COMPLETED}
    assert closed.task == await world.get(parent.name)
    await world.undo()
    restored = await world.get(parent.name)
    assert {part.status for part in restored.subtasks} == {task_pb2.TASK_STATUS_PENDING}


async def test_a_parent_is_cancelled_and_its_subtasks_stay(world):
    parent = await parent_with_two(world)

    after = (await world.do("Cancel", parent.name, open_subtasks=LEAVE)).task

    assert after.status == task_pb2.TASK_STATUS_CANCELLED
    assert {part.status for part in after.subtasks} == {task_pb2.TASK_STATUS_PENDING}


async def test_a_deleted_task_is_restored_with_the_subtasks_that_went_with_it(world):
    parent = await parent_with_two(world)
    await world.do("Delete", parent.name)
    with pytest.raises(NotFound):
        await world.get(parent.name)

    restored = (await world.do("Restore", parent.name)).task

    assert restored == await world.get(parent.name)
    assert [part.title for part in restored.subtasks] == ["Poster", "Mail"]


async def test_many_tasks_are_changed_as_one_act_and_taken_back_as_one(world):
    ben = await world.person("Ben")
    names = [(await world.create(f"Task {n}")).task.name for n in range(5)]
    described = task_pb2.Task(assignees=[task_pb2.Assignee(person=ref(ben))], priority=4)

    answer = await bulk(
        world, names, task=described, update_mask=FieldMask(paths=["assignees", "priority"])
    )

    assert [each.name for each in answer.tasks] == names
    assert {each.priority for each in answer.tasks} == {4}
    assert list(answer.tasks) == [await world.get(name) for name in names]
    taken_back = await world.undo()
    assert len(taken_back.tasks) == 5
    assert {(await world.get(name)).priority for name in names} == {2}


async def test_one_that_cannot_be_changed_refuses_all_and_is_named(world):
    names = [(await world.create(f"Task {n}")).task.name for n in range(3)]
    await world.do("Cancel", names[1])

    with pytest.raises(Invalid) as caught:
        await bulk(world, names, command=pb.BATCH_COMMAND_COMPLETE)

    assert caught.value.reason == "BATCH_REFUSED"
    assert [each.field for each in caught.value.violations] == ["names[1]"]
    assert (await world.get(names[0])).status == task_pb2.TASK_STATUS_PENDING


async def test_what_cannot_be_changed_is_left_out_where_that_is_asked_for(world):
    names = [(await world.create(f"Task {n}")).task.name for n in range(3)]
    await world.do("Cancel", names[1])

    answer = await bulk(world, names, command=pb.BATCH_COMMAND_COMPLETE, skip_refused=True)

    assert [each.name for each in answer.tasks] == [names[0], names[2]]
    assert [(each.name, each.reason) for each in answer.refused] == [(names[1], "TASK_STATE")]
    assert (await verify(world.database)).good


async def test_many_are_deleted_by_their_own_rules(world):
    ana = await world.person("Ana")
    names = [(await world.create(task(f"Task {n}", to=[ana]))).task.name for n in range(2)]

    with pytest.raises(Invalid):
        await bulk(world, names, by=ana, command=pb.BATCH_COMMAND_DELETE)
    await bulk(world, names, command=pb.BATCH_COMMAND_DELETE)

    with pytest.raises(NotFound):
        await world.get(names[0])
    with pytest.raises(Invalid) as caught:
        await bulk(world, [], command=pb.BATCH_COMMAND_DELETE)
    assert "names" in {each.field for each in caught.value.violations}


async def test_a_member_who_holds_nothing_may_not_block(world):
    ana = await world.person("Ana")
    made = (await world.create("Shop")).task

    with pytest.raises(Forbidden) as caught:
        await world.do("Block", made.name, by=ana)

    assert "assignee" in caught.value.message
