"""Templates over gRPC: the built-in ones, a workspace's own, and tasks made of them."""

import pytest
import sqlalchemy as sa
from boss.task.v1 import event_pb2, task_pb2, template_pb2
from boss.task.v1 import task_service_pb2 as tasks_pb
from boss.task.v1 import template_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask

from services.runtime.errors import AlreadyExists, Conflict, Forbidden, Invalid, NotFound, Stale
from services.task import verify
from services.task.rules.templates import BUILT_IN, MAX_TEMPLATES
from tests.integration.task.world import OWNER, new_id, reasons, task

STRANGER = 2
BUG = "workspaces/1/templates/bug"


def kind(display_name="Release", **fields):
    return template_pb2.Template(display_name=display_name, **fields)


async def make(world, template, *, by=OWNER, request_id=""):
    request = pb.CreateTemplateRequest(template=template, request_id=request_id or new_id())
    return await world.templates.CreateTemplate(request, actor=by)


async def change(world, name, *, by=OWNER, etag="", **fields):
    request = pb.UpdateTemplateRequest(
        template=template_pb2.Template(name=name, **fields),
        update_mask=FieldMask(paths=list(fields)),
        etag=etag,
        request_id=new_id(),
    )
    return await world.templates.UpdateTemplate(request, actor=by)


async def delete(world, name, *, by=OWNER, etag=""):
    request = pb.DeleteTemplateRequest(name=name, etag=etag, request_id=new_id())
    return await world.templates.DeleteTemplate(request, actor=by)


async def get(world, name, *, by=OWNER):
    return (await world.templates.GetTemplate(pb.GetTemplateRequest(name=name), actor=by)).template


async def names(world, *, by=OWNER, **page):
    found = await world.templates.ListTemplates(pb.ListTemplatesRequest(**page), actor=by)
    return [each.display_name for each in found.templates], found.next_page_token


async def use(world, template, message=None, *, by=OWNER, request_id=""):
    request = tasks_pb.CreateTaskRequest(
        task=message or task_pb2.Task(title="Login crashes"),
        template=template,
        request_id=request_id or new_id(),
    )
    return await world.tasks.CreateTask(request, actor=by)


async def test_eight_are_built_in(world):
    gus = await world.person("Gus", "GUEST")

    found, _ = await names(world, by=gus)

    assert found == sorted(BUILT_IN)
    bug = await get(world, BUG, by=gus)
    assert (bug.name, bug.built_in, bug.type) == (BUG, True, "bug")


async def test_a_task_of_a_template_has_what_it_leaves_unset_and_the_parts(world):
    made = (await use(world, "Bug")).task

    bug = BUILT_IN["bug"]
    assert (made.priority, made.type) == (bug.priority.value, "bug")
    assert tuple(made.tags) == bug.tags
    assert [each.text for each in made.criteria] == list(bug.criteria)
    assert made.estimate_minutes == bug.estimate_minutes
    assert [each.title for each in made.subtasks] == list(bug.subtasks)
    assert await world.get(made.name) == made
    assert (await verify.verify(world.database)).good


async def test_what_the_task_says_counts_and_one_undo_takes_all_back(world):
    parent = (await world.create("Whole")).task
    said = task_pb2.Task(title="Slow", priority=1, tags=["mine"], estimate_minutes=5)
    part = task_pb2.Task(title="Part", parent=task_pb2.TaskRef(name=parent.name))

    made = await use(world, "bug", said)
    below = (await use(world, BUG, part)).task

    assert (made.task.priority, list(made.task.tags), made.task.estimate_minutes) == (
        1,
        ["mine"],
        5,
    )
    assert made.task.type == "bug"
    assert not below.subtasks
    await world.undo(made.act)
    for name in (made.task.name, *(each.name for each in made.task.subtasks)):
        with pytest.raises(NotFound):
            await world.get(name)


async def test_several_tasks_each_of_its_template(world):
    new = [
        tasks_pb.NewTask(task=task("One"), template="bug", subtasks=["And mine"]),
        tasks_pb.NewTask(task=task("Two")),
        tasks_pb.NewTask(task=task("Three"), template="meeting"),
    ]
    request = tasks_pb.BatchCreateTasksRequest(tasks=new, request_id=new_id())

    one, two, three = (await world.tasks.BatchCreateTasks(request, actor=OWNER)).tasks

    titles = [each.title for each in one.subtasks]
    assert titles == [*BUILT_IN["bug"].subtasks, "And mine"]
    assert (two.type, len(two.subtasks), three.type) == ("task", 0, "meeting")
    new = [tasks_pb.NewTask(task=task(""), template="bgu")]
    with pytest.raises(Invalid) as caught:
        await world.tasks.BatchCreateTasks(
            tasks_pb.BatchCreateTasksRequest(tasks=new, request_id=new_id()), actor=OWNER
        )
    assert reasons(caught.value)[1] == ["tasks[0].template", "tasks[0].task.title"]


async def test_an_unknown_template_is_told_with_the_nearest_and_makes_nothing(world):
    with pytest.raises(Invalid) as caught:
        await use(world, "hot fix")

    assert reasons(caught.value)[1] == ["template"]
    assert "hotfix" in caught.value.violations[0].detail
    listed = await world.tasks.ListTasks(tasks_pb.ListTasksRequest(), actor=OWNER)
    assert not listed.tasks


async def test_an_own_one_takes_the_place_of_a_built_in_one_until_it_goes(world):
    own = (await make(world, kind("BUG", tags=["ours"], subtasks=["Look"]))).template

    assert (await get(world, BUG)) == own == (await get(world, own.name))
    assert "BUG" in (await names(world))[0]
    made = (await use(world, "bug")).task
    assert list(made.tags) == ["ours"]
    assert [each.title for each in made.subtasks] == ["Look"]
    await delete(world, BUG)
    assert (await get(world, BUG)).built_in
    assert list((await world.get(made.name)).tags) == ["ours"]


async def test_a_repeated_request_answers_as_at_first_even_without_the_template(world):
    ident, another = new_id(), new_id()
    first = await make(world, kind("Release", tags=["r"]), request_id=ident)
    made = await use(world, "release", request_id=another)

    assert await make(world, kind("Release", tags=["r"]), request_id=ident) == first
    await delete(world, first.template.name)
    assert await use(world, "release", request_id=another) == made
    with pytest.raises(Invalid):
        await use(world, "release")


async def test_names_are_unique_whatever_the_case_and_others_may_be_changed(world):
    one = (await make(world, kind("Release"))).template
    two = (await make(world, kind("Audit"))).template

    with pytest.raises(AlreadyExists) as caught:
        await make(world, kind("RELEASE"))
    assert reasons(caught.value) == ("TEMPLATE_EXISTS", ["template.display_name"])
    with pytest.raises(AlreadyExists):
        await change(world, two.name, display_name="release")
    after = await change(world, one.name, etag=one.etag, display_name="release", about="x")
    assert (after.template.display_name, after.template.about) == ("release", "x")
    assert after.template.etag != one.etag
    with pytest.raises(Stale):
        await change(world, one.name, etag=one.etag, about="y")
    with pytest.raises(Stale):
        await delete(world, one.name, etag=one.etag)
    assert (await change(world, one.name, about="x")).position == 0


async def test_what_is_built_in_is_not_changed(world):
    for call in (change(world, BUG, about="x"), delete(world, BUG)):
        with pytest.raises(Conflict) as caught:
            await call
        assert caught.value.reason == "TEMPLATE_BUILT_IN"


async def test_only_bosses_change_templates(world):
    lea = await world.person("Lea", "LEAD", leads=["dev"])
    dana = await world.person("Dana", "BOSS")
    own = (await make(world, kind(), by=dana)).template

    for call in (
        make(world, kind("Other"), by=lea),
        change(world, own.name, by=lea, about="x"),
        delete(world, own.name, by=lea),
    ):
        with pytest.raises(Forbidden) as caught:
            await call
        assert "boss" in caught.value.message
    assert (await use(world, "release", by=lea)).task.type == "task"


async def test_the_log_tells_what_a_template_was_and_is(world):
    own = (await make(world, kind(tags=["a"]))).template
    await change(world, own.name, tags=["b"])
    await delete(world, own.name)

    told = [each for each in await world.events() if each.WhichOneof("detail") == "template"]
    created, changed, deleted = told
    assert [each.type - event_pb2.EVENT_TYPE_TEMPLATE_CREATED for each in told] == [0, 1, 2]
    assert not created.template.HasField("template_before")
    assert created.template.template.name == own.name
    assert list(changed.template.template_before.tags) == ["a"]
    assert list(changed.template.template.tags) == ["b"]
    assert list(deleted.template.template_before.tags) == ["b"]
    assert not deleted.template.HasField("template")
    assert (await verify.verify(world.database)).good


async def test_all_faults_of_a_template_are_told_at_once(world):
    bad = kind(
        "42",
        about="x" * 201,
        priority=9,
        tags=["x" * 41],
        type="thing",
        criteria=["x"] * 31,
        estimate_minutes=0,
        subtasks=["", "x" * 201],
    )

    with pytest.raises(Invalid) as caught:
        await make(world, bad, request_id="no")

    assert reasons(caught.value)[1] == [
        "request_id",
        "template.display_name",
        "template.about",
        "template.priority",
        "template.tags[0]",
        "template.type",
        "template.criteria",
        "template.estimate_minutes",
        "template.subtasks[0]",
        "template.subtasks[1]",
    ]


async def test_a_workspace_has_at_most_a_hundred_of_its_own_on_pages(world):
    many = sa.text(
        """INSERT INTO task.templates (workspace_id, key, name, about, tags, type, criteria,
            subtasks, created_at, updated_at, version)
        SELECT 1, 'own ' || n, 'Own ' || n, '', '{}', '', '{}', '{}', now(), now(), 1
        FROM generate_series(1, :many) AS n"""
    )
    async with world.database.transaction() as connection:
        await connection.execute(many, {"many": MAX_TEMPLATES - 1})

    await make(world, kind("Last"))
    with pytest.raises(Conflict) as caught:
        await make(world, kind("Too many"))
    assert caught.value.reason == "TEMPLATES_FULL"
    found, token = [], ""
    while True:
        page, token = await names(world, page_size=30, page_token=token)
        found += page
        if not token:
            break
    assert len(found) == len(set(found)) == MAX_TEMPLATES + len(BUILT_IN)


async def test_anothers_templates_are_not_there(world):
    own = (await make(world, kind("Secret"))).template

    for name in (own.name, own.name.replace("workspaces/1", "workspaces/2")):
        for call in (
            get(world, name, by=STRANGER),
            change(world, name, by=STRANGER, about="x"),
            delete(world, name, by=STRANGER),
        ):
            with pytest.raises(NotFound) as caught:
                await call
            assert caught.value.reason == "TEMPLATE_NOT_FOUND"
        with pytest.raises((Invalid, NotFound)):
            await use(world, name, by=STRANGER)
    assert "Secret" not in (await names(world, by=STRANGER))[0]
