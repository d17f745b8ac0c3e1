"""Taking back what was done to people, the workspace and comments."""

import pytest
from boss.task.v1 import comment_pb2, person_pb2
from boss.task.v1 import comment_service_pb2 as comments_pb
from boss.task.v1 import people_service_pb2 as pb
from boss.task.v1 import template_service_pb2 as templates_pb
from google.protobuf.field_mask_pb2 import FieldMask

from services.runtime.errors import Conflict, Forbidden
from services.task.verify import verify
from tests.integration.task.test_people import change, read
from tests.integration.task.world import OWNER, new_id, number, ref, task

LEFT, ACTIVE = person_pb2.PERSON_STATUS_LEFT, person_pb2.PERSON_STATUS_ACTIVE
MEMBER, LEAD, BOSS = person_pb2.ROLE_MEMBER, person_pb2.ROLE_LEAD, person_pb2.ROLE_BOSS


async def test_a_change_of_a_person_is_taken_back_and_done_again(world):
    ana = await world.person("Ana")
    await change(world, ana, department="dev", skills=["python"])

    undone = await world.undo()
    before = await read(world, ana)
    await world.redo()

    assert undone.summary == "changed Ana"
    assert list(undone.people) == [before]
    assert (before.department, list(before.skills)) == ("", [])
    assert (await read(world, ana)).department == "dev"
    assert (await verify(world.database)).good


async def test_what_another_person_changed_of_somebody_since_stays(world):
    boss = await world.person("Dana", "BOSS")
    ana = await world.person("Ana", by=boss)
    await change(world, ana, department="dev", language="de")
    (act, *_) = await world.acts()
    await change(world, ana, by=boss, department="design")

    undone = await world.undo(act)

    there = await read(world, ana)
    assert (there.department, there.language) == ("design", "en")
    assert [(k.name, list(k.fields)) for k in undone.kept] == [(ref(ana).name, ["department"])]
    assert "Dana" in undone.kept[0].reason


async def test_who_was_added_by_mistake_has_left_and_the_name_is_free(world):
    ana = await world.person("Ana", telegram_id=7)

    await world.undo()

    assert (await read(world, ana)).status == LEFT
    other = await world.person("Ana", telegram_id=7)
    assert other != ana


async def test_somebody_is_not_taken_back_whose_name_is_anothers_by_now(world):
    ana = await world.person("Ana")
    await change(world, ana, status=LEFT)
    (act, *_) = await world.acts()
    await world.person("Ana")

    with pytest.raises(Conflict) as caught:
        await world.undo(act)

    assert caught.value.reason == "UNDO_CONFLICT"
    assert "Ana" in caught.value.message


async def test_who_has_been_at_work_since_is_not_taken_away(world):
    boss = await world.person("Dana", "BOSS")
    await world.create("Hers", by=boss)

    with pytest.raises(Conflict) as caught:
        await world.undo()

    assert "at work" in caught.value.message


async def test_a_leaving_is_taken_back(world):
    ana = await world.person("Ana")
    await change(world, ana, status=LEFT)

    undone = await world.undo()

    assert undone.people[0].status == ACTIVE
    await world.create("Back at work", by=ana)


async def test_an_undo_needs_no_more_right_than_the_act_did(world):
    boss = await world.person("Dana", "BOSS")
    ana = await world.person("Ana", by=boss)
    await change(world, ana, by=boss, department="dev")
    await change(world, boss, role=MEMBER)

    await world.undo(by=boss)

    assert (await read(world, ana)).department == ""


async def test_who_left_takes_nothing_back(world):
    boss = await world.person("Dana", "BOSS")
    await world.create("Hers", by=boss)
    await change(world, boss, status=LEFT)

    with pytest.raises(Forbidden) as caught:
        await world.undo(by=boss)

    assert caught.value.reason == "PERSON_LEFT"


async def test_the_last_owner_stays_owner(world):
    other = await world.person("Other")
    await change(world, other, role=person_pb2.ROLE_OWNER)
    await change(world, OWNER, by=other, status=LEFT)
    await change(world, OWNER, by=other, status=ACTIVE)
    await change(world, OWNER, by=other, role=MEMBER)

    with pytest.raises(Conflict) as caught:
        await world.undo(by=OWNER)

    assert "owner" in caught.value.message
    assert (await read(world, other)).role == person_pb2.ROLE_OWNER


async def test_settings_are_taken_back_field_by_field(world):
    boss = await world.person("Dana", "BOSS")
    await world.settle(review_threshold=90, visibility=person_pb2.VISIBILITY_OWN_ONLY)
    await world.settle(by=boss, review_threshold=80)

    acts = await world.acts()
    undone = await world.undo(acts[0])

    settings = (await world.people.GetWorkspace(pb.GetWorkspaceRequest(), actor=OWNER)).workspace
    assert undone.workspace == settings
    assert settings.settings.visibility == person_pb2.VISIBILITY_EVERYBODY
    assert settings.settings.review_threshold == 80
    assert list(undone.kept[0].fields) == ["settings.review_threshold"]
    assert undone.kept[0].name == "workspaces/1"


async def test_a_department_comes_back_and_goes_only_where_nobody_is_in_it(world):
    await world.settle(departments=["dev", "sales"])
    ana = await world.person("Ana", department="sales")
    acts = await world.acts()

    with pytest.raises(Conflict) as caught:
        await world.undo(acts[1])
    await change(world, ana, department="")
    await world.undo(acts[1])

    assert "Ana" in caught.value.message
    found = await world.people.GetWorkspace(pb.GetWorkspaceRequest(), actor=OWNER)
    assert list(found.workspace.settings.departments) == ["dev", "admin", "marketing", "design"]


async def comment(world, name, text, *, by=OWNER):
    request = comments_pb.CreateCommentRequest(
        parent=name, comment=comment_pb2.Comment(text=text), request_id=new_id()
    )
    return (await world.comments.CreateComment(request, actor=by)).comment


async def texts(world, name):
    listed = await world.comments.ListComments(
        comments_pb.ListCommentsRequest(parent=name), actor=OWNER
    )
    return [each.text for each in listed.comments]


async def test_a_comment_is_taken_back_and_made_again(world):
    made = (await world.create("Task")).task
    said = await comment(world, made.name, "Hello")

    undone = await world.undo()
    gone = await texts(world, made.name)
    await world.redo()

    assert (list(undone.others), gone) == ([said.name], [])
    assert await texts(world, made.name) == ["Hello"]


async def test_an_edit_and_a_deletion_of_a_comment_are_taken_back(world):
    made = (await world.create("Task")).task
    said = await comment(world, made.name, "First")
    await world.comments.UpdateComment(
        comments_pb.UpdateCommentRequest(
            comment=comment_pb2.Comment(name=said.name, text="Second"),
            update_mask=FieldMask(paths=["text"]),
            request_id=new_id(),
        ),
        actor=OWNER,
    )
    await world.comments.DeleteComment(
        comments_pb.DeleteCommentRequest(name=said.name, request_id=new_id()), actor=OWNER
    )

    seen = []
    for _ in range(3):
        await world.undo()
        seen.append(await texts(world, made.name))

    assert seen == [["Second"], ["First"], []]


async def test_a_comment_stands_in_the_way_of_a_creation_alone(world):
    ana = await world.person("Ana")
    made = await world.create(task(to=[ana]))
    changed = await world.update(made.task.name, title="Renamed")
    await comment(world, made.task.name, "Mine now", by=ana)

    await world.undo(changed.act)
    with pytest.raises(Conflict) as caught:
        await world.undo(made.act)

    assert "Ana has said" in caught.value.message
    assert number(made.task.name)


async def own_templates(world):
    listed = await world.templates.ListTemplates(
        templates_pb.ListTemplatesRequest(page_size=50), actor=OWNER
    )
    return [(each.display_name, each.about) for each in listed.templates if not each.built_in]


async def test_a_template_is_taken_back_step_by_step_and_made_again(world):
    template = {"display_name": "Visit", "about": "First"}
    made = await world.templates.CreateTemplate(
        templates_pb.CreateTemplateRequest(template=template, request_id=new_id()), actor=OWNER
    )
    name = made.template.name
    await world.templates.UpdateTemplate(
        templates_pb.UpdateTemplateRequest(
            template={"name": name, "about": "Second"},
            update_mask=FieldMask(paths=["about"]),
            request_id=new_id(),
        ),
        actor=OWNER,
    )
    await world.templates.DeleteTemplate(
        templates_pb.DeleteTemplateRequest(name=name, request_id=new_id()), actor=OWNER
    )

    back, forth = [], []
    for _ in range(3):
        assert list((await world.undo()).others) == [name]
        back.append(await own_templates(world))
    for _ in range(3):
        await world.redo()
        forth.append(await own_templates(world))

    assert back == [[("Visit", "Second")], [("Visit", "First")], []]
    assert forth == [[("Visit", "First")], [("Visit", "Second")], []]


async def test_a_template_whose_name_is_anothers_by_now_is_not_made_again(world):
    template = {"display_name": "Visit"}
    for _ in range(2):
        made = await world.templates.CreateTemplate(
            templates_pb.CreateTemplateRequest(template=template, request_id=new_id()),
            actor=OWNER,
        )
        if len(await world.acts()) == 1:
            await world.templates.DeleteTemplate(
                templates_pb.DeleteTemplateRequest(name=made.template.name, request_id=new_id()),
                actor=OWNER,
            )
    acts = await world.acts()

    with pytest.raises(Conflict) as caught:
        await world.undo(acts[1])

    assert "Visit" in caught.value.message
