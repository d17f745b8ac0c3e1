"""Creating, reading, changing and deleting tasks, through the stubs."""

import asyncio
from datetime import UTC, datetime

import pytest
from boss.task.v1 import people_service_pb2 as people_pb
from boss.task.v1 import person_pb2, task_pb2
from boss.task.v1 import task_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from services.runtime.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from tests.integration.task.world import OWNER, new_id, number, reasons, ref, task


async def test_what_a_writer_is_answered_is_what_a_reader_sees(world):
    ana = await world.person("Ana")
    written = await world.create(
        task(
            "Fix the login",
            to=[ana],
            description="two\nlines",
            priority=task_pb2.TASK_PRIORITY_URGENT,
            deadline=Timestamp(seconds=1_800_000_000, nanos=123_456_000),
            estimate_minutes=90,
            tags=["web", "login", "web"],
            project="Shop",
            type="bug",
            criteria=[task_pb2.Criterion(text="works on Safari")],
            recurrence="FREQ=WEEKLY;BYDAY=MO",
            requires_approval=False,
            watchers=[ref(OWNER)],
            attachments=[task_pb2.Attachment(name="a.png", kind="photo", size_bytes=12)],
        )
    )

    read = await world.get(written.task.name)

    assert read == written.task
    assert list(read.tags) == ["web", "login"]
    assert read.assignees[0].person.display_name == "Ana"
    assert written.position > 0
    assert written.act


async def test_all_faults_of_a_request_are_told_at_once(world):
    message = task(
        " ",
        tags=["x" * 41],
        type="dream",
        estimate_minutes=0,
        recurrence="FREQ=SECONDLY",
        description="a\0b",
        watchers=[ref(OWNER, workspace=2)],
    )

    with pytest.raises(Invalid) as caught:
        await world.create(message)

    assert reasons(caught.value) == (
        "FIELDS_INVALID",
        [
            "task.title",
            "task.description",
            "task.estimate_minutes",
            "task.tags[0]",
            "task.type",
            "task.recurrence",
            "task.watchers[0]",
        ],
    )


async def test_an_unknown_assignee_is_named(world):
    with pytest.raises(Invalid) as caught:
        await world.create(task(to=[OWNER, 999]))

    assert reasons(caught.value) == ("PERSON_UNKNOWN", ["task.assignees[1]"])


async def test_only_the_fields_of_the_mask_change(world):
    made = (await world.create(task(description="old", tags=["a"]))).task

    changed = (await world.update(made.name, description="new", tags=[])).task

    assert changed.title == made.title
    assert changed.description == "new"
    assert not changed.tags
    assert changed.etag != made.etag
    assert changed == await world.get(made.name)


async def test_an_edit_that_is_true_already_changes_nothing(world):
    made = (await world.create("Fix it")).task

    again = await world.update(made.name, title="Fix it")

    assert (again.act, again.position, again.task) == ("", 0, made)


async def test_a_stale_etag_is_refused_with_the_present_one(world):
    made = (await world.create("Fix it")).task
    present = (await world.update(made.name, title="Fix it well")).task

    with pytest.raises(Stale) as caught:
        await world.update(made.name, title="Lost", etag=made.etag)

    assert caught.value.metadata["etag"] == present.etag
    assert (await world.update(made.name, title="Kept", etag=present.etag)).task.title == "Kept"


async def test_an_etag_changes_with_everything_shown(world):
    ana = await world.person("Ana")
    first = (await world.create("First")).task
    then = (await world.create(task("Then", to=[ana], depends_on=[ref_to(first)]))).task
    seen = [then.etag]

    async def etag():
        seen.append((await world.get(then.name)).etag)

    await world.update(first.name, title="At first")
    await etag()
    await world.do("Complete", first.name)
    await etag()
    await world.create(task("Part", parent=ref_to(then)))
    await etag()
    await rename(world, ana, "Anna")
    await etag()

    assert len(set(seen)) == len(seen)


async def test_a_deleted_task_is_gone_and_its_parts_with_it(world):
    whole = (await world.create("Whole")).task
    part = (await world.create(task("Part", parent=ref_to(whole)))).task

    await world.do("Delete", whole.name)

    for name in (whole.name, part.name):
        with pytest.raises(NotFound):
            await world.get(name)
    listed = await world.tasks.ListTasks(pb.ListTasksRequest(with_total=True), actor=OWNER)
    assert (len(listed.tasks), listed.total_size) == (0, 0)
    assert (await world.do("Delete", whole.name)).act == ""


async def test_a_batch_is_created_whole_with_its_links(world):
    request = pb.BatchCreateTasksRequest(
        tasks=[
            pb.NewTask(task=task("Build the API"), subtasks=["Model", "Routes"]),
            pb.NewTask(task=task("Test it"), after=[0]),
        ],
        request_id=new_id(),
    )

    made = await world.tasks.BatchCreateTasks(request, actor=OWNER)

    build, test = made.tasks
    assert [part.title for part in build.subtasks] == ["Model", "Routes"]
    assert [on.name for on in test.depends_on] == [build.name]
    assert test.blocked
    assert [await world.get(each.name) for each in made.tasks] == list(made.tasks)
    assert (await world.get(build.subtasks[0].name)).parent.name == build.name


async def test_one_fault_in_a_batch_creates_none(world):
    request = pb.BatchCreateTasksRequest(
        tasks=[pb.NewTask(task=task("Good")), pb.NewTask(task=task("Bad", to=[999]), after=[5])],
        request_id=new_id(),
    )

    with pytest.raises(Invalid) as caught:
        await world.tasks.BatchCreateTasks(request, actor=OWNER)

    assert reasons(caught.value)[1] == ["tasks[1].after[0]", "tasks[1].task.assignees[0]"]
    listed = await world.tasks.ListTasks(pb.ListTasksRequest(), actor=OWNER)
    assert not listed.tasks


async def test_a_circle_of_dependencies_is_refused_and_named(world):
    first = (await world.create("First")).task
    second = (await world.create(task("Second", depends_on=[ref_to(first)]))).task
    third = (await world.create(task("Third", depends_on=[ref_to(second)]))).task

    with pytest.raises(Invalid) as caught:
        await world.update(first.name, depends_on=[ref_to(third)])

    assert caught.value.reason == "DEPENDENCY_CYCLE"
    circle = [number(each.name) for each in (first, third, second, first)]
    assert caught.value.metadata["cycle"] == ",".join(f"T-{each}" for each in circle)


async def test_a_circle_within_a_batch_is_refused(world):
    request = pb.BatchCreateTasksRequest(
        tasks=[
            pb.NewTask(task=task("First"), after=[1]),
            pb.NewTask(task=task("Second"), after=[0]),
        ],
        request_id=new_id(),
    )

    with pytest.raises(Invalid) as caught:
        await world.tasks.BatchCreateTasks(request, actor=OWNER)

    assert reasons(caught.value) == ("DEPENDENCY_CYCLE", ["tasks[0].after"])


async def test_two_edits_that_would_close_a_circle_together_do_not_both_succeed(world):
    first = (await world.create("First")).task
    second = (await world.create("Second")).task

    results = await asyncio.gather(
        world.update(first.name, depends_on=[ref_to(second)]),
        world.update(second.name, depends_on=[ref_to(first)]),
        return_exceptions=True,
    )

    assert sorted(type(result).__name__ for result in results) == ["Invalid", "UpdateTaskResponse"]


async def test_parts_go_one_level_deep(world):
    whole = (await world.create("Whole")).task
    part = (await world.create(task("Part", parent=ref_to(whole)))).task

    with pytest.raises(Invalid) as caught:
        await world.create(task("Part of a part", parent=ref_to(part)))

    assert reasons(caught.value) == ("LINK_INVALID", ["task.parent"])


async def test_tasks_come_in_the_order_asked_for(world):
    made = [(await world.create(f"Task {i}")).task for i in range(3)]
    names = [made[2].name, "workspaces/1/tasks/999", made[0].name]

    found = await world.tasks.BatchGetTasks(pb.BatchGetTasksRequest(names=names), actor=OWNER)

    assert [each.name for each in found.tasks] == [made[2].name, made[0].name]
    assert list(found.missing) == ["workspaces/1/tasks/999"]


async def test_a_member_may_not_give_work_to_others(world):
    ana, ben = await world.person("Ana"), await world.person("Ben")
    made = (await world.create(task(to=[ana]), by=ana)).task

    with pytest.raises(Forbidden) as caught:
        await world.update(made.name, by=ana, assignees=task(to=[ana, ben]).assignees)

    assert "Ben" in caught.value.message
    asked = (await world.create(task(to=[ben]), by=ana)).task
    assert [each.display_name for each in asked.suggested] == ["Ben"]


async def test_a_wrong_state_says_what_it_is_since_when_by_whom_and_what_can_be_done(world):
    made = (await world.create("Fix it")).task
    await world.do("Cancel", made.name, reason="no longer needed")

    with pytest.raises(Conflict) as caught:
        await world.do("Start", made.name)

    error = caught.value
    assert error.reason == "TASK_STATE"
    assert (error.metadata["status"], error.metadata["by"]) == ("cancelled", "Owner")
    assert datetime.fromisoformat(error.metadata["since"]).tzinfo is UTC or error.metadata["since"]


async def test_a_task_with_an_open_dependency_cannot_start_and_is_freed_by_its_end(world):
    first = (await world.create("Build the API")).task
    then = (await world.create(task("Test it", depends_on=[ref_to(first)]))).task

    with pytest.raises(Conflict) as caught:
        await world.do("Start", then.name)
    await world.do("Complete", first.name)

    assert caught.value.reason == "TASK_BLOCKED"
    assert "Build the API" in caught.value.message
    freed = [event for event in await world.events() if event.type == 11]
    assert [event.task.name for event in freed] == [then.name]
    assert (await world.do("Start", then.name)).task.status == task_pb2.TASK_STATUS_IN_PROGRESS


async def test_two_last_dependencies_that_end_at_once_free_the_task_once(world):
    ends = [(await world.create(f"End {i}")).task for i in range(2)]
    then = (await world.create(task("Then", depends_on=[ref_to(each) for each in ends]))).task

    await asyncio.gather(*(world.do("Complete", each.name) for each in ends))

    freed = [event for event in await world.events() if event.type == 11]
    assert [event.task.name for event in freed] == [then.name]


async def test_a_task_of_several_is_submitted_when_all_are_done(world):
    ana, ben = await world.person("Ana"), await world.person("Ben")
    made = (await world.create(task(to=[ana, ben]))).task

    first = (await world.do("Submit", made.name, by=ana)).task
    second = (await world.do("Submit", made.name, by=ben, notes="done")).task

    assert [each.mark for each in first.assignees] == [task_pb2.MARK_DONE, task_pb2.MARK_ASSIGNED]
    assert first.status == task_pb2.TASK_STATUS_PENDING
    assert second.status == task_pb2.TASK_STATUS_IN_REVIEW
    assert second.submission == "done"


async def test_rejecting_counts_a_revision_and_approving_completes(world):
    ana = await world.person("Ana")
    made = (await world.create(task(to=[ana]))).task
    await world.do("Submit", made.name, by=ana)

    rejected = (await world.do("Reject", made.name, feedback="the footer moved")).task
    await world.do("Submit", made.name, by=ana)
    approved = (await world.do("Approve", made.name)).task

    assert (rejected.revision_count, rejected.feedback) == (1, "the footer moved")
    assert rejected.status == task_pb2.TASK_STATUS_NEEDS_REVISION
    assert approved.status == task_pb2.TASK_STATUS_COMPLETED
    assert approved.HasField("complete_time")
    assert (await world.do("Approve", made.name)).act == ""


async def test_an_assignee_marks_a_task_as_seen_and_undo_does_not_know_it(world):
    ana = await world.person("Ana")
    made = await world.create(task(to=[ana]))

    seen = await world.do("See", made.task.name, by=ana)

    assert seen.task.assignees[0].mark == task_pb2.MARK_SEEN
    with pytest.raises(Conflict):
        await world.undo(by=ana)
    assert not (await world.undo(made.act)).kept


def ref_to(message):
    return task_pb2.TaskRef(name=message.name)


async def rename(world, person, name):
    request = people_pb.UpdatePersonRequest(
        person=person_pb2.Person(name=f"workspaces/1/people/{person}", display_name=name),
        update_mask=FieldMask(paths=["display_name"]),
        request_id=new_id(),
    )
    await world.people.UpdatePerson(request, actor=OWNER)
