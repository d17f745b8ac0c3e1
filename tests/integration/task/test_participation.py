"""Taking part in a task: watching, ticking, suggestions, files; each can be taken back."""

import pytest
from boss.task.v1 import event_pb2, task_pb2
from boss.task.v1 import participation_service_pb2 as pb
from boss.task.v1 import task_service_pb2 as tasks_pb

from services.runtime.errors import Forbidden, Invalid, NotFound, Stale
from services.task import verify
from tests.integration.task.world import OWNER, new_id, reasons, task

STRANGER = 2


async def take(world, step, name, *, by=OWNER, request_id="", **fields):
    """A step by its verb: `take(world, "AcceptTask", name)`."""
    kind = getattr(pb, f"{step}Request")
    request = kind(name=name, request_id=request_id or new_id(), **fields)
    return await getattr(world.participation, step)(request, actor=by)


def people(refs):
    return [each.display_name for each in refs]


def assigned(message):
    return [each.person.display_name for each in message.assignees]


async def test_a_member_suggests_to_others_who_accept_or_decline(world):
    ana, ben = await world.person("Ana"), await world.person("Ben")
    mia = await world.person("Mia")

    made = (await world.create(task(to=[ana, ben, mia]), by=ana)).task
    assert (assigned(made), people(made.suggested)) == (["Ana"], ["Ben", "Mia"])
    assert await world.get(made.name) == made
    start = (await take(world, "AcceptTask", made.name, by=ben)).position
    after = (await take(world, "DeclineTask", made.name, by=mia, reason="On leave")).task

    assert (assigned(after), people(after.suggested)) == (["Ana", "Ben"], [])
    accepted, declined = await world.events(after=start - 1)
    assert {each.type for each in (accepted, declined)} == {event_pb2.EVENT_TYPE_TASK_CHANGED}
    assert accepted.answer.accepted
    assert (declined.answer.accepted, declined.answer.reason) == (False, "On leave")
    assert declined.actor.display_name == "Mia"
    assert people(declined.task_before.suggested) == ["Mia"]
    assert (await verify.verify(world.database)).good


async def test_an_answer_can_be_taken_back_and_given_again(world):
    ana, ben = await world.person("Ana"), await world.person("Ben")
    made = (await world.create(task(to=[ben]), by=ana)).task

    await take(world, "AcceptTask", made.name, by=ben)
    (undone,) = (await world.undo(by=ben)).tasks
    assert (assigned(undone), people(undone.suggested)) == ([], ["Ben"])
    (redone,) = (await world.redo(by=ben)).tasks

    assert (assigned(redone), people(redone.suggested)) == (["Ben"], [])


async def test_a_repeated_acceptance_answers_as_at_first(world):
    ana, ben = await world.person("Ana"), await world.person("Ben")
    made = (await world.create(task(to=[ben]), by=ana)).task
    ident = new_id()

    first = await take(world, "AcceptTask", made.name, by=ben, request_id=ident)
    again = await take(world, "AcceptTask", made.name, by=ben, request_id=ident)
    anew = await take(world, "AcceptTask", made.name, by=ben)

    assert again == first
    assert (anew.act, anew.position) == ("", 0)
    with pytest.raises(Forbidden) as caught:
        await take(world, "AcceptTask", made.name, by=ana)
    assert caught.value.reason == "NOT_ASKED"


async def test_suggestions_hold_for_tasks_made_together_and_their_parts(world):
    ana, ben = await world.person("Ana"), await world.person("Ben")
    new = tasks_pb.NewTask(task=task(to=[ana, ben]), subtasks=["Part"])

    told = await world.tasks.BatchCreateTasks(
        tasks_pb.BatchCreateTasksRequest(tasks=[new], request_id=new_id()), actor=ana
    )

    (made,) = told.tasks
    part = await world.get(made.subtasks[0].name)
    for each in (made, part):
        assert (assigned(each), people(each.suggested)) == (["Ana"], ["Ben"])
    assert await world.get(made.name) == made


async def test_anybody_watches_and_stops_watching(world):
    gus = await world.person("Gus", "GUEST")
    made = (await world.create("Watched")).task

    watched = await take(world, "WatchTask", made.name, by=gus, watch=True)
    again = await take(world, "WatchTask", made.name, by=gus, watch=True)
    stopped = await take(world, "WatchTask", made.name, by=gus, watch=False)

    assert people(watched.task.watchers) == ["Gus"]
    assert (again.act, again.task.etag) == ("", watched.task.etag)
    assert not stopped.task.watchers
    (back,) = (await world.undo(by=gus)).tasks
    assert people(back.watchers) == ["Gus"]


async def test_a_criterion_is_ticked_where_it_still_stands(world):
    ana, ben = await world.person("Ana"), await world.person("Ben")
    criteria = [task_pb2.Criterion(text="Fast"), task_pb2.Criterion(text="Right")]
    made = (await world.create(task(to=[ana], criteria=criteria))).task

    ticked = await take(world, "TickCriterion", made.name, by=ana, index=1, text="Right", done=True)

    assert [each.done for each in ticked.task.criteria] == [False, True]
    with pytest.raises(Stale) as caught:
        await take(world, "TickCriterion", made.name, by=ana, index=0, text="Right", done=True)
    assert caught.value.reason == "CRITERION_CHANGED"
    with pytest.raises(Forbidden):
        await take(world, "TickCriterion", made.name, by=ben, index=0, text="Fast", done=True)
    with pytest.raises(Invalid) as caught:
        await take(world, "TickCriterion", made.name, by=ana, index=-1, request_id="no")
    assert reasons(caught.value) == ("FIELDS_INVALID", ["request_id", "index", "text"])


async def test_files_are_added_and_taken_away(world):
    ana = await world.person("Ana")
    made = (await world.create(task(to=[ana]))).task
    file = task_pb2.Attachment(name="plan.pdf", url="https://x.org/plan.pdf", kind="link")

    added = await take(world, "AddAttachment", made.name, by=ana, attachment=file)
    again = await take(world, "AddAttachment", made.name, by=ana, attachment=file)
    removed = await take(
        world, "RemoveAttachment", made.name, by=ana, index=0, file_name="plan.pdf"
    )

    assert list(added.task.attachments) == [file]
    assert again.act == ""
    assert not removed.task.attachments
    with pytest.raises(Stale):
        await take(world, "RemoveAttachment", made.name, by=ana, index=0, file_name="plan.pdf")
    with pytest.raises(Invalid) as caught:
        await take(world, "AddAttachment", made.name, by=ana)
    assert reasons(caught.value)[1] == ["attachment.name"]


STEPS = {
    "WatchTask": {"watch": True},
    "TickCriterion": {"text": "Fast"},
    "AcceptTask": {},
    "DeclineTask": {},
    "AddAttachment": {"attachment": task_pb2.Attachment(name="a")},
    "RemoveAttachment": {"file_name": "a"},
}


@pytest.mark.parametrize("step", STEPS)
async def test_anothers_task_is_not_there(world, step):
    made = (await world.create("Secret")).task

    for name in (made.name, made.name.replace("workspaces/1", "workspaces/2")):
        with pytest.raises(NotFound) as caught:
            await take(world, step, name, by=STRANGER, **STEPS[step])
        assert caught.value.reason == "TASK_NOT_FOUND"
