"""Workspaces: how they work, who makes them, who is in several."""

import asyncio

import pytest
from boss.task.v1 import event_pb2, person_pb2
from boss.task.v1 import people_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask

from services.runtime.errors import Conflict, Forbidden, Invalid, Stale
from services.task.verify import verify
from tests.integration.task.test_people import change
from tests.integration.task.world import OWNER, new_id, number, reasons, ref

OWN_ONLY = person_pb2.VISIBILITY_OWN_ONLY


async def home(world, *, by=OWNER):
    return (await world.people.GetWorkspace(pb.GetWorkspaceRequest(), actor=by)).workspace


async def make(world, name="Second shop", *, by=OWNER, request_id="", owner=None, **fields):
    request = pb.CreateWorkspaceRequest(
        workspace=person_pb2.Workspace(display_name=name, **fields),
        owner=owner,
        request_id=request_id or new_id(),
    )
    return await world.people.CreateWorkspace(request, actor=by)


async def test_a_workspace_has_the_usual_settings_until_somebody_changes_them(world):
    usual = (await home(world)).settings

    changed = await world.settle(
        visibility=OWN_ONLY, review_threshold=0, requires_approval=False, retention_days=30
    )

    assert (usual.review_threshold, usual.requires_approval, usual.retention_days) == (
        70,
        True,
        730,
    )
    assert list(usual.departments) == ["dev", "admin", "marketing", "design"]
    settings = changed.settings
    assert (settings.visibility, settings.review_threshold) == (OWN_ONLY, 0)
    assert (settings.requires_approval, settings.retention_days) == (False, 30)
    assert settings.working_hours == usual.working_hours
    assert changed == await home(world)


async def test_the_log_tells_what_was_before_and_after(world):
    before = await home(world)
    after = await world.settle(review_threshold=90)

    event = (await world.events())[-1]

    assert event.type == event_pb2.EVENT_TYPE_WORKSPACE_CHANGED
    assert list(event.changed.paths) == ["settings.review_threshold"]
    assert event.workspace_before.settings.review_threshold == before.settings.review_threshold
    assert [field.name for field, _ in event.workspace_before.settings.ListFields()] == [
        "review_threshold"
    ]
    assert event.workspace_after.settings == after.settings
    assert (await verify(world.database)).good


async def test_all_faults_of_settings_are_told_at_once(world):
    settings = person_pb2.WorkSettings(
        review_threshold=101,
        departments=["dev", "Dev", "x" * 51],
        working_days=[8],
        working_hours="9-17",
        quiet_hours="22:00-22:00",
        late_grace_minutes=241,
        retention_days=29,
        visibility=9,  # type: ignore[arg-type]
        confirm=9,  # type: ignore[arg-type]
    )
    request = pb.UpdateWorkspaceRequest(
        workspace=person_pb2.Workspace(display_name="", timezone="Mars/Base", settings=settings),
        update_mask=FieldMask(paths=["display_name", "timezone", "settings", "nonsense"]),
        request_id=new_id(),
    )

    with pytest.raises(Invalid) as caught:
        await world.people.UpdateWorkspace(request, actor=OWNER)

    inner = "confirm departments[1] departments[2] late_grace_minutes quiet_hours retention_days"
    inner += " review_threshold visibility working_days working_hours"
    expected = [f"workspace.settings.{name}" for name in inner.split()]
    expected += ["workspace.display_name", "workspace.timezone", "update_mask"]
    assert sorted(reasons(caught.value)[1]) == sorted(expected)
    assert (await home(world)).display_name == "My workspace"


async def test_more_than_fifty_departments_are_refused(world):
    with pytest.raises(Invalid) as caught:
        await world.settle(departments=[f"d{n}" for n in range(51)])

    assert "workspace.settings.departments" in reasons(caught.value)[1]


@pytest.mark.parametrize("role", ["LEAD", "MEMBER", "GUEST"])
async def test_settings_are_changed_by_bosses_alone(world, role):
    one = await world.person("One", role)

    with pytest.raises(Forbidden) as caught:
        await world.settle(by=one, review_threshold=1)

    assert "boss" in caught.value.message


async def test_a_stale_etag_of_a_workspace_is_refused(world):
    before = await home(world)
    await world.settle(review_threshold=1)
    request = pb.UpdateWorkspaceRequest(
        workspace=person_pb2.Workspace(display_name="Shop"),
        update_mask=FieldMask(paths=["display_name"]),
        etag=before.etag,
        request_id=new_id(),
    )

    with pytest.raises(Stale):
        await world.people.UpdateWorkspace(request, actor=OWNER)


async def test_a_repeated_change_is_answered_as_at_first(world):
    request = pb.UpdateWorkspaceRequest(
        workspace=person_pb2.Workspace(display_name="Shop"),
        update_mask=FieldMask(paths=["display_name"]),
        request_id=new_id(),
    )

    answers = await asyncio.gather(
        *(world.people.UpdateWorkspace(request, actor=OWNER) for _ in range(4))
    )

    assert {answer.position for answer in answers} == {answers[0].position}
    assert len([each for each in await world.events() if each.type == 30]) == 1


async def test_a_department_with_people_stays_on_the_list(world):
    await world.person("Ana", department="design")
    await world.person("Lea", "LEAD", leads=["dev"])

    for departments in (["dev"], ["design"]):
        with pytest.raises(Conflict) as caught:
            await world.settle(departments=departments)
        assert caught.value.reason == "DEPARTMENT_IN_USE"
    await world.settle(departments=["Design", "dev"])


async def test_people_are_of_the_workspaces_departments(world):
    await world.settle(departments=["Sales", "dev"])

    person = person_pb2.Person(display_name="Ben", department="design", leads=["dev", "admin"])
    with pytest.raises(Invalid) as caught:
        await world.people.CreatePerson(
            pb.CreatePersonRequest(person=person, request_id=new_id()), actor=OWNER
        )
    ana = await world.person("Ana", department="sales")

    fields = reasons(caught.value)[1]
    assert fields == ["person.department", "person.leads[1]"]
    assert "Sales, dev" in caught.value.violations[0].detail
    read = pb.GetPersonRequest(name=ref(ana).name)
    assert (await world.people.GetPerson(read, actor=OWNER)).person.department == "Sales"


async def test_a_new_person_starts_with_what_is_usual_in_the_workspace(world):
    await world.settle(
        working_days=[1, 2, 3, 4], working_hours="08:00-16:00", quiet_hours="22:00-06:00"
    )

    ana = await world.person("Ana")

    read = pb.GetPersonRequest(name=ref(ana).name)
    person = (await world.people.GetPerson(read, actor=OWNER)).person
    assert (list(person.working_days), person.working_hours) == ([1, 2, 3, 4], "08:00-16:00")
    assert person.quiet_hours == "22:00-06:00"


async def test_an_owner_makes_another_workspace_and_owns_it(world):
    await change(world, OWNER, display_name="Olga", telegram_id=7)

    made = await make(world, timezone="Asia/Bangkok")
    owner = number(made.owner.name)
    first = await world.create("First", by=owner)

    assert (made.workspace.display_name, made.workspace.timezone) == ("Second shop", "Asia/Bangkok")
    assert made.owner.name.startswith(made.workspace.name)
    assert (made.owner.display_name, made.owner.role) == ("Olga", person_pb2.ROLE_OWNER)
    assert first.task.name == f"{made.workspace.name}/tasks/1"
    assert (await home(world, by=owner)) == made.workspace
    assert made.position == (await world.events())[-1].position - 1
    assert (await verify(world.database)).good


@pytest.mark.parametrize("role", ["BOSS", "LEAD", "MEMBER", "GUEST"])
async def test_nobody_else_makes_workspaces(world, role):
    one = await world.person("One", role)

    with pytest.raises(Forbidden) as caught:
        await make(world, by=one)

    assert "owner" in caught.value.message


async def test_a_repeated_making_makes_one(world):
    request_id = new_id()

    answers = await asyncio.gather(*(make(world, request_id=request_id) for _ in range(3)))

    assert {answer.workspace.name for answer in answers} == {answers[0].workspace.name}
    assert {answer.position for answer in answers} == {answers[0].position}


async def test_the_gateway_makes_a_workspace_for_somebody(world):
    made = await make(world, by=None, owner=person_pb2.Person(display_name="Nia", telegram_id=9))

    found = await world.people.FindPeople(pb.FindPeopleRequest(telegram_id=9))
    assert [each.name for each in found.people] == [made.owner.name]
    assert not made.workspace.claimed
    assert (await home(world, by=number(made.owner.name))) == made.workspace


async def homes(world, *, by=OWNER):
    listed = await world.people.ListWorkspaces(pb.ListWorkspacesRequest(), actor=by)
    return [(each.workspace.name, each.person.name) for each in listed.memberships]


async def test_who_is_in_several_is_known_by_a_proven_telegram_account(world):
    enter = pb.UpdatePersonRequest(
        person=person_pb2.Person(name=ref(OWNER).name, telegram_id=7),
        update_mask=FieldMask(paths=["telegram_id"]),
        request_id=new_id(),
        no_act=True,
    )
    await world.people.UpdatePerson(enter, actor=OWNER)
    made = await make(world, name="A second one")

    found = await homes(world)

    assert found == [
        (made.workspace.name, made.owner.name),
        ("workspaces/1", ref(OWNER).name),
    ]


async def test_an_account_that_one_only_says_to_have_shows_nothing_of_others(world):
    await make(world, by=None, owner=person_pb2.Person(display_name="Nia", telegram_id=9))
    ana = await world.person("Ana")
    await change(world, ana, by=ana, telegram_id=9)

    assert await homes(world, by=ana) == [("workspaces/1", ref(ana).name)]


async def test_only_the_gateway_lets_somebody_in_without_an_act(world):
    token = await world.people.CreateToken(pb.CreateTokenRequest(label="a"), actor=OWNER)
    enter = pb.UpdatePersonRequest(
        person=person_pb2.Person(name=ref(OWNER).name, telegram_id=7),
        update_mask=FieldMask(paths=["telegram_id"]),
        request_id=new_id(),
        no_act=True,
    )

    with pytest.raises(Forbidden):
        await world.people.UpdatePerson(enter, token=token.secret)
