"""Taking back: one act is one undo, per task and field, and never somebody else's work."""

import asyncio
from datetime import timedelta

import pytest
from boss.task.v1 import task_pb2
from boss.task.v1 import task_service_pb2 as pb

from services.runtime import clock
from services.runtime.errors import Conflict, Forbidden, NotFound
from services.task.verify import verify
from tests.integration.task.world import OWNER, new_id, task

HIGH, LOW = task_pb2.TASK_PRIORITY_HIGH, task_pb2.TASK_PRIORITY_LOW


async def test_a_change_is_taken_back_and_done_again(world):
    made = (await world.create("Before")).task
    await world.update(made.name, title="After", priority=HIGH)

    undone = await world.undo()
    there = await world.get(made.name)
    redone = await world.redo()

    assert undone.summary == f"changed T-{made.name.rsplit('/', 1)[1]} “After”"
    assert (there.title, there.priority) == ("Before", made.priority)
    assert undone.tasks[0] == there
    assert (redone.tasks[0].title, redone.tasks[0].priority) == ("After", HIGH)
    assert redone.tasks[0] == await world.get(made.name)


async def test_a_batch_is_taken_back_as_one(world):
    request = pb.BatchCreateTasksRequest(
        tasks=[pb.NewTask(task=task(f"Task {n}"), subtasks=["Part"]) for n in range(3)],
        request_id=new_id(),
    )
    made = await world.tasks.BatchCreateTasks(request, actor=OWNER)

    undone = await world.undo(made.act)

    assert len(undone.tasks) == 6
    assert undone.summary == "created 6 tasks"
    assert not (await world.tasks.ListTasks(pb.ListTasksRequest(), actor=OWNER)).tasks
    await world.redo()
    listed = (
        await world.tasks.ListTasks(pb.ListTasksRequest(order_by="number"), actor=OWNER)
    ).tasks
    assert list(made.tasks) != []
    assert [len(each.subtasks) for each in listed if not each.HasField("parent")] == [1, 1, 1]


async def test_a_field_that_another_person_changed_since_stays_and_is_named(world):
    ben = await world.person("Ben", "BOSS")
    made = (await world.create(task(priority=LOW))).task
    act = (await world.update(made.name, title="Mine", priority=HIGH)).act
    await world.update(made.name, title="Ben's", by=ben)

    undone = await world.undo(act)

    there = await world.get(made.name)
    assert (there.title, there.priority) == ("Ben's", LOW)
    assert list(undone.kept[0].fields) == ["title"]
    assert "Ben" in undone.kept[0].reason


async def test_where_nothing_can_be_put_back_it_is_refused(world):
    ben = await world.person("Ben", "BOSS")
    made = (await world.create("First")).task
    act = (await world.update(made.name, title="Mine")).act
    await world.update(made.name, title="Ben's", by=ben)

    with pytest.raises(Conflict) as caught:
        await world.undo(act)

    assert caught.value.reason == "UNDO_CONFLICT"
    assert "Ben" in caught.value.message


async def test_a_creation_on_which_another_person_has_worked_stays(world):
    ana = await world.person("Ana")
    made = await world.create(task(to=[ana]))
    await world.do("Start", made.task.name, by=ana)

    with pytest.raises(Conflict) as caught:
        await world.undo(made.act)

    assert "Ana" in caught.value.message


async def test_one_act_cannot_be_taken_back_twice(world):
    made = await world.create("Once")
    await world.undo(made.act)

    with pytest.raises(Conflict) as caught:
        await world.undo(made.act)

    assert caught.value.reason == "ALREADY_UNDONE"


async def test_two_that_take_back_the_same_act_at_once(world):
    made = await world.create("Once")

    results = await asyncio.gather(
        *(world.undo(made.act) for _ in range(4)), return_exceptions=True
    )

    assert sorted(type(each).__name__ for each in results) == ["Conflict"] * 3 + ["UndoResponse"]


async def test_two_that_take_back_the_last_act_take_back_two_acts(world):
    first = (await world.create("First")).task
    second = (await world.create("Second")).task

    await asyncio.gather(world.undo(), world.undo())

    for each in (first, second):
        with pytest.raises(NotFound):
            await world.get(each.name)


async def test_undo_goes_back_act_by_act_and_redo_forward(world):
    made = (await world.create("0")).task
    for n in range(1, 4):
        await world.update(made.name, title=str(n))

    back = [(await world.undo()).tasks[0].title for _ in range(3)]
    forth = [(await world.redo()).tasks[0].title for _ in range(3)]

    assert (back, forth) == (["2", "1", "0"], ["1", "2", "3"])
    with pytest.raises(Conflict) as caught:
        await world.redo()
    assert caught.value.reason == "NOTHING_TO_REDO"


async def test_a_new_act_ends_what_could_be_done_again(world):
    made = (await world.create("0")).task
    await world.update(made.name, title="1")
    await world.undo()
    await world.update(made.name, title="2")

    with pytest.raises(Conflict):
        await world.redo()


async def test_an_act_that_was_done_again_is_taken_back_by_its_own_button(world):
    made = await world.create("Once")
    await world.undo(made.act)
    await world.redo()

    await world.undo(made.act)

    with pytest.raises(NotFound):
        await world.get(made.task.name)


async def test_a_completion_is_taken_back_whole(world):
    ana = await world.person("Ana")
    made = (await world.create(task(to=[ana]))).task
    act = (await world.do("Complete", made.name)).act

    await world.undo(act)

    there = await world.get(made.name)
    assert there.status == task_pb2.TASK_STATUS_PENDING
    assert not there.HasField("complete_time")
    assert there.assignees[0].mark == task_pb2.MARK_ASSIGNED


async def test_a_deletion_is_taken_back_with_the_parts(world):
    whole = (await world.create("Whole")).task
    await world.create(task("Part", parent=task_pb2.TaskRef(name=whole.name)))
    deleted = await world.do("Delete", whole.name)

    undone = await world.undo(deleted.act)

    there = await world.get(whole.name)
    assert [part.title for part in there.subtasks] == ["Part"]
    assert there in list(undone.tasks)


async def test_a_reassignment_is_taken_back_with_the_former_mark(world):
    ana, ben = await world.person("Ana"), await world.person("Ben")
    made = (await world.create(task(to=[ana]))).task
    await world.do("See", made.name, by=ana)
    act = (await world.update(made.name, assignees=task(to=[ben]).assignees)).act
    await world.do("See", made.name, by=ben)

    await world.undo(act)

    (there,) = (await world.get(made.name)).assignees
    assert (there.person.display_name, there.mark) == ("Ana", task_pb2.MARK_SEEN)


async def test_only_who_did_it_can_take_it_back(world):
    ana = await world.person("Ana", "BOSS")
    made = await world.create("Mine")

    with pytest.raises(Forbidden):
        await world.undo(made.act, by=ana)
    with pytest.raises(NotFound):
        await world.undo(made.act, by=2)
    with pytest.raises(Conflict) as caught:
        await world.undo(by=ana)
    assert caught.value.reason == "NOTHING_TO_UNDO"


async def test_only_the_last_twenty_acts_can_be_taken_back(world):
    made = await world.create("First")
    for n in range(20):
        await world.update(made.task.name, title=str(n))

    with pytest.raises(Conflict) as caught:
        await world.undo(made.act)

    assert caught.value.reason == "NOTHING_TO_UNDO"


async def test_after_seven_days_an_act_stays(world, task_settings):
    made = await world.create("Old")
    later = clock.now() + timedelta(days=7, seconds=1)
    clock.follow(task_settings.replace(env="test", time=later))

    with pytest.raises(Conflict) as caught:
        await world.undo(made.act)

    assert caught.value.reason == "NOTHING_TO_UNDO"


async def test_log_and_state_agree_after_undos(world):
    made = (await world.create("Task")).task
    await world.do("Start", made.name)
    await world.undo()
    await world.redo()
    await world.undo()

    assert (await verify(world.database)).good
