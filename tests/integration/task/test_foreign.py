"""Nobody sees that something exists in another workspace: every RPC says that it is not there."""

import pytest
from boss.task.v1 import people_service_pb2 as people_pb
from boss.task.v1 import person_pb2, task_pb2
from boss.task.v1 import task_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask

from services.runtime.errors import Invalid, NotFound
from tests.integration.task.world import OWNER, new_id, ref, task

STRANGER = 2
COMMANDS = ["Start", "See", "Submit", "Approve", "Reject", "Complete", "Cancel", "Delete"]


def names(made):
    """The true name of the task, and the same with the stranger's own workspace."""
    return [made.name, made.name.replace("workspaces/1/", "workspaces/2/")]


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_command_on_anothers_task(world, command):
    made = (await world.create("Secret")).task

    for name in names(made):
        with pytest.raises(NotFound) as caught:
            await world.do(command, name, by=STRANGER)
        assert caught.value.reason == "TASK_NOT_FOUND"
        assert "Secret" not in str(caught.value)


async def test_reading_and_editing_anothers_task(world):
    made = (await world.create("Secret")).task

    for name in names(made):
        with pytest.raises(NotFound):
            await world.get(name, by=STRANGER)
        with pytest.raises(NotFound):
            await world.update(name, by=STRANGER, title="Mine")
        found = await world.tasks.BatchGetTasks(
            pb.BatchGetTasksRequest(names=[name]), actor=STRANGER
        )
        assert (list(found.missing), len(found.tasks)) == ([name], 0)


async def test_lists_and_context_hold_only_the_own(world):
    ana = await world.person("Ana")
    await world.create(task("Secret", to=[ana]))

    listed = await world.tasks.ListTasks(pb.ListTasksRequest(), actor=STRANGER)
    context = await world.tasks.GetContext(pb.GetContextRequest(), actor=STRANGER)
    people = await world.people.ListPeople(people_pb.ListPeopleRequest(), actor=STRANGER)

    assert not listed.tasks
    assert [each.display_name for each in context.people] == ["Owner"]
    assert not context.open_tasks
    assert [each.name for each in people.people] == ["workspaces/2/people/2"]
    with pytest.raises(Invalid):
        await world.tasks.ListTasks(
            pb.ListTasksRequest(filter=pb.TaskFilter(assignees=[ref(ana).name])), actor=STRANGER
        )
    with pytest.raises(NotFound):
        await world.tasks.GetContext(pb.GetContextRequest(workspace="workspaces/1"), actor=STRANGER)


async def test_linking_to_anothers_things(world):
    made = (await world.create("Secret")).task
    own = task_pb2.TaskRef(name=names(made)[1])
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


async def test_people_acts_and_tokens_of_another_workspace(world):
    made = await world.create("Secret")
    token = await world.people.CreateToken(people_pb.CreateTokenRequest(label="a"), actor=OWNER)
    person = person_pb2.Person(name=ref(OWNER).name, display_name="Mine")
    calls = [
        world.people.GetPerson(people_pb.GetPersonRequest(name=person.name), actor=STRANGER),
        world.people.UpdatePerson(
            people_pb.UpdatePersonRequest(
                person=person,
                update_mask=FieldMask(paths=["display_name"]),
                request_id=new_id(),
            ),
            actor=STRANGER,
        ),
        world.people.RevokeToken(
            people_pb.RevokeTokenRequest(name=token.token.name), actor=STRANGER
        ),
        world.people.RevokeToken(
            people_pb.RevokeTokenRequest(
                name=token.token.name.replace("workspaces/1/", "workspaces/2/")
            ),
            actor=STRANGER,
        ),
        world.undo(made.act, by=STRANGER),
    ]

    for call in calls:
        with pytest.raises(NotFound):
            await call
    me = people_pb.GetPersonRequest(name="workspaces/-/people/me")
    assert (await world.people.GetPerson(me, token=token.secret)).person.name == ref(OWNER).name
