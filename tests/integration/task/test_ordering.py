"""The order of a task's parts: new ones come last, and people put them as they want."""

import pytest
from boss.task.v1 import event_pb2, task_pb2
from boss.task.v1 import task_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask

from services.runtime.errors import Forbidden, Invalid
from services.task.verify import verify
from tests.integration.task.world import OWNER, new_id, number, reasons, ref, task


@pytest.fixture
async def whole(world):
    """A task with three parts."""
    new = pb.NewTask(task=task("Launch"), subtasks=["One", "Two", "Three"])
    request = pb.BatchCreateTasksRequest(tasks=[new], request_id=new_id())
    return (await world.tasks.BatchCreateTasks(request, actor=OWNER)).tasks[0]


def part_of(message, title="Part", **fields):
    return task(title, parent=task_pb2.TaskRef(name=message.name), **fields)


def titles(message):
    return [each.title for each in message.subtasks]


def named(message, *wanted):
    by_title = {each.title: each.name for each in message.subtasks}
    return [by_title[title] for title in wanted]


async def reorder(world, message, *wanted, by=OWNER):
    request = pb.ReorderSubtasksRequest(
        name=message.name, subtasks=named(message, *wanted), request_id=new_id()
    )
    return await world.tasks.ReorderSubtasks(request, actor=by)


async def test_parts_come_in_the_order_that_was_said(world, whole):
    answer = await reorder(world, whole, "Three", "One", "Two")

    shown = await world.get(whole.name)
    assert titles(answer.task) == titles(shown) == ["Three", "One", "Two"]
    assert answer.task.etag == shown.etag != whole.etag
    listed = await world.tasks.ListTasks(pb.ListTasksRequest(), actor=OWNER)
    assert titles(next(each for each in listed.tasks if each.name == whole.name)) == titles(shown)


async def test_it_is_one_act_with_one_event_for_each_part_that_moved(world, whole):
    answer = await reorder(world, whole, "Two", "One", "Three")

    moved = [each for each in await world.events() if each.act == answer.act]
    assert [each.task.title for each in moved] == ["Two", "One"]
    for each in moved:
        assert each.type == event_pb2.EVENT_TYPE_TASK_CHANGED
        assert list(each.changed.paths) == ["place"]
        assert whole.name in each.touches
    assert [(each.task_before.place, each.task.place) for each in moved] == [(2, 1), (1, 2)]
    assert (await verify(world.database)).good


async def test_it_is_taken_back_and_done_again_as_one(world, whole):
    answer = await reorder(world, whole, "Three", "Two", "One")

    taken = await world.undo(answer.act)
    assert titles(await world.get(whole.name)) == ["One", "Two", "Three"]
    assert "Launch" in taken.summary

    await world.redo()
    assert titles(await world.get(whole.name)) == ["Three", "Two", "One"]


async def test_parts_that_are_not_named_come_behind_in_the_order_they_had(world, whole):
    answer = await reorder(world, whole, "Three")

    assert titles(answer.task) == ["Three", "One", "Two"]


async def test_an_order_that_is_so_already_is_no_act(world, whole):
    answer = await reorder(world, whole, "One", "Two", "Three")

    assert answer.act == ""
    assert answer.task.etag == (await world.get(whole.name)).etag


async def test_a_new_part_comes_last(world, whole):
    await reorder(world, whole, "Three", "Two", "One")
    made = await world.create(part_of(whole, "Four"))
    other = (await world.create("Five")).task
    await world.update(other.name, parent=task_pb2.TaskRef(name=whole.name))

    assert titles(await world.get(whole.name)) == ["Three", "Two", "One", "Four", "Five"]
    assert made.task.place == 4


async def test_parts_that_come_at_once_come_in_their_order(world, whole):
    request = pb.BatchCreateTasksRequest(
        tasks=[pb.NewTask(task=part_of(whole, title)) for title in ("Four", "Five")],
        request_id=new_id(),
    )
    await world.tasks.BatchCreateTasks(request, actor=OWNER)

    assert titles(await world.get(whole.name)) == ["One", "Two", "Three", "Four", "Five"]


async def test_many_become_parts_in_the_order_in_which_they_are_named(world, whole):
    names = [(await world.create(title)).task.name for title in ("Five", "Four")]
    request = pb.BatchUpdateTasksRequest(
        names=names[::-1],
        task=task_pb2.Task(parent=task_pb2.TaskRef(name=whole.name)),
        update_mask=FieldMask(paths=["parent"]),
        request_id=new_id(),
    )
    await world.tasks.BatchUpdateTasks(request, actor=OWNER)

    assert titles(await world.get(whole.name)) == ["One", "Two", "Three", "Four", "Five"]


async def test_who_has_moved_a_part_since_keeps_it_there(world, whole):
    boss = await world.person("Dana", "BOSS")
    first = await reorder(world, whole, "Two", "One", "Three")
    await reorder(world, whole, "Two", "Three", "One", by=boss)

    taken = await world.undo(first.act)

    assert [list(each.fields) for each in taken.kept] == [["place"]]
    assert "Dana has changed the place" in taken.kept[0].reason


async def test_all_faults_of_an_order_are_told_at_once(world, whole):
    other = (await world.create("Another")).task.name
    request = pb.ReorderSubtasksRequest(
        name=whole.name,
        subtasks=["nonsense", *named(whole, "One", "One")],
        request_id=new_id(),
    )
    with pytest.raises(Invalid) as caught:
        await world.tasks.ReorderSubtasks(request, actor=OWNER)
    assert reasons(caught.value) == ("FIELDS_INVALID", ["subtasks[0]", "subtasks[2]"])

    strange = pb.ReorderSubtasksRequest(
        name=whole.name, subtasks=[*named(whole, "Two"), other], request_id=new_id()
    )
    with pytest.raises(Invalid) as caught:
        await world.tasks.ReorderSubtasks(strange, actor=OWNER)
    assert reasons(caught.value) == ("SUBTASK_UNKNOWN", ["subtasks[1]"])
    assert titles(await world.get(whole.name)) == ["One", "Two", "Three"]


async def test_a_repeated_request_is_answered_once(world, whole):
    request = pb.ReorderSubtasksRequest(
        name=whole.name, subtasks=named(whole, "Two"), request_id=new_id()
    )
    first = await world.tasks.ReorderSubtasks(request, actor=OWNER)
    await reorder(world, whole, "Three")

    again = await world.tasks.ReorderSubtasks(request, actor=OWNER)

    assert (again.act, again.task.etag) == (first.act, first.task.etag)
    assert titles(await world.get(whole.name)) == ["Three", "Two", "One"]


@pytest.mark.parametrize(
    ("role", "fields", "may"),
    [
        ("OWNER", {}, True),
        ("BOSS", {}, True),
        ("LEAD", {"leads": ["dev"]}, True),
        ("LEAD", {"leads": ["design"]}, False),
        ("MEMBER", {}, False),
        ("GUEST", {}, False),
    ],
)
async def test_who_may_change_a_task_may_order_its_parts(world, role, fields, may):
    ben = await world.person("Ben", department="dev")
    who = OWNER if role == "OWNER" else await world.person("Somebody", role, **fields)
    made = (await world.create(task("Launch", to=[ben]))).task
    for title in ("One", "Two"):
        await world.create(part_of(made, title, to=[ben]))
    shown = await world.get(made.name)

    if may:
        answer = await reorder(world, shown, "Two", by=who)
        assert titles(answer.task) == ["Two", "One"]
    else:
        with pytest.raises(Forbidden) as caught:
            await reorder(world, shown, "Two", by=who)
        assert "The owner, a boss, a lead of its department" in caught.value.message
        # Its assignee did not create it.
        with pytest.raises(Forbidden):
            await reorder(world, shown, "Two", by=ben)


async def test_a_member_orders_the_parts_of_an_own_task(world):
    ana = await world.person("Ana")
    made = (await world.create("Mine", by=ana)).task
    await world.update(made.name, assignees=[task_pb2.Assignee(person=ref(ana))])
    for title in ("One", "Two"):
        await world.create(part_of(made, title), by=ana)

    answer = await reorder(world, await world.get(made.name), "Two", by=ana)

    assert titles(answer.task) == ["Two", "One"]
    assert number(answer.task.name) == number(made.name)
