"""Closing the last open part of a task tells that the whole can be completed."""

import pytest
from boss.task.v1 import person_pb2, task_pb2
from boss.task.v1 import task_service_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp

from tests.integration.task.world import OWNER, new_id, ref, task


@pytest.fixture
async def whole(world):
    """A task with two parts."""
    new = pb.NewTask(task=task("Launch"), subtasks=["One", "Two"])
    request = pb.BatchCreateTasksRequest(tasks=[new], request_id=new_id())
    return (await world.tasks.BatchCreateTasks(request, actor=OWNER)).tasks[0]


def parts(message):
    return [each.name for each in message.subtasks]


async def close_together(world, names, command=pb.BATCH_COMMAND_COMPLETE):
    request = pb.BatchUpdateTasksRequest(names=names, command=command, request_id=new_id())
    return await world.tasks.BatchUpdateTasks(request, actor=OWNER)


async def test_the_last_part_tells_of_its_whole_and_the_ones_before_do_not(world, whole):
    one, two = parts(whole)

    before = await world.do("Complete", one)
    last = await world.do("Complete", two)

    assert not before.HasField("parent_completable")
    assert last.parent_completable == task_pb2.TaskRef(
        name=whole.name, title="Launch", status=task_pb2.TASK_STATUS_PENDING
    )
    events = {each.task.title: each for each in await world.events() if each.act}
    assert events["Two"].closing.parent_completable == whole.name
    assert events["One"].WhichOneof("detail") is None
    again = await world.do("Complete", two)
    assert not again.HasField("parent_completable")


@pytest.mark.parametrize("command", ["Cancel", "Approve"])
async def test_every_way_to_close_it_tells(world, whole, command):
    one, two = parts(whole)
    await world.do("Cancel", one)
    if command == "Approve":
        await world.do("Submit", two)

    answer = await world.do(command, two)

    assert answer.parent_completable.name == whole.name


async def test_handing_in_tells_where_that_completes(world, whole):
    one, two = parts(whole)
    await world.do("Complete", one)

    waits = await world.do("Submit", two)
    await world.do("Reject", two, feedback="No")
    await world.update(two, requires_approval=False)
    done = await world.do("Submit", two)

    assert not waits.HasField("parent_completable")
    assert done.parent_completable.name == whole.name


async def test_many_that_are_closed_together_tell_once(world, whole):
    answer = await close_together(world, parts(whole))

    assert [each.name for each in answer.parents_completable] == [whole.name]
    told = [each for each in await world.events() if each.HasField("closing")]
    assert [each.task.title for each in told] == ["Two"]


async def test_what_is_closed_with_its_whole_tells_nothing(world, whole):
    together = await close_together(world, [whole.name, *parts(whole)])
    assert not together.parents_completable

    other = (await world.create("Other")).task
    await world.create(task("Part", parent=task_pb2.TaskRef(name=other.name)))
    closed = await world.do("Complete", other.name, open_subtasks=task_pb2.OPEN_SUBTASKS_CLOSE)
    assert not closed.HasField("parent_completable")


async def test_a_part_that_comes_again_leaves_its_whole_open(world):
    whole = (await world.create("Launch")).task
    part = await world.create(
        task(
            "Look at the figures",
            parent=task_pb2.TaskRef(name=whole.name),
            recurrence="FREQ=DAILY",
            deadline=Timestamp(seconds=1_900_000_000),
        )
    )

    done = await world.do("Complete", part.task.name)

    assert done.task.successor
    assert not done.HasField("parent_completable")


async def test_who_holds_the_last_part_alone_hears_of_its_whole(world):
    await world.settle(visibility=person_pb2.VISIBILITY_OWN_ONLY, requires_approval=False)
    ana = await world.person("Ana")
    whole = (await world.create("Secret")).task
    part = (await world.create(task("Part", parent=task_pb2.TaskRef(name=whole.name)))).task
    await world.update(part.name, assignees=[task_pb2.Assignee(person=ref(ana))])

    seen = await world.do("Complete", part.name, by=ana)

    # Who holds a part sees what it is a part of.
    assert seen.parent_completable.title == "Secret"


async def test_undoing_it_opens_it_again_and_doing_it_again_tells_again(world, whole):
    one, two = parts(whole)
    await world.do("Complete", one)
    first = await world.do("Complete", two)
    await world.undo(first.act)

    again = await world.do("Complete", two)

    assert again.parent_completable.name == whole.name
