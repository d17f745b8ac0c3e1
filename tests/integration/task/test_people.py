"""People, tokens, the workspace, and who is who to whom."""

import asyncio
from datetime import UTC, timedelta

import pytest
from boss.task.v1 import people_service_pb2 as pb
from boss.task.v1 import person_pb2
from boss.task.v1 import task_service_pb2 as task_pb
from google.protobuf.field_mask_pb2 import FieldMask

from services.runtime import clock
from services.runtime.errors import (
    AlreadyExists,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Stale,
    Unauthenticated,
)
from services.task import bootstrap
from services.task.verify import verify
from tests.integration.task.conftest import NOON, TOKEN, running
from tests.integration.task.world import OWNER, new_id, reasons, ref, task


async def change(world, person, *, by=OWNER, etag="", **fields):
    request = pb.UpdatePersonRequest(
        person=person_pb2.Person(name=ref(person).name, **fields),
        update_mask=FieldMask(paths=list(fields)),
        etag=etag,
        request_id=new_id(),
    )
    return (await world.people.UpdatePerson(request, actor=by)).person


async def read(world, person, *, by=OWNER):
    return (
        await world.people.GetPerson(pb.GetPersonRequest(name=ref(person).name), actor=by)
    ).person


async def test_a_person_needs_only_a_name(world):
    request = pb.CreatePersonRequest(
        person=person_pb2.Person(display_name=" Ana "), request_id=new_id()
    )

    made = (await world.people.CreatePerson(request, actor=OWNER)).person

    assert (made.display_name, made.role) == ("Ana", person_pb2.ROLE_MEMBER)
    assert (made.working_hours, made.quiet_hours) == ("09:00-18:00", "20:00-08:00")
    assert (list(made.working_days), made.timezone) == ([1, 2, 3, 4, 5], "UTC")
    assert (
        made == (await world.people.GetPerson(pb.GetPersonRequest(name=made.name), actor=1)).person
    )


async def test_names_and_aliases_are_nobody_elses(world):
    await world.person("Ana", aliases=["Anna", "an"], telegram_username="ana")

    for fields in (
        {"display_name": "ANNA"},
        {"display_name": "Ben", "aliases": ["Ana"]},
        {"display_name": "Ben", "telegram_username": "Ana"},
    ):
        request = pb.CreatePersonRequest(person=person_pb2.Person(**fields), request_id=new_id())
        with pytest.raises(AlreadyExists) as caught:
            await world.people.CreatePerson(request, actor=OWNER)
        assert caught.value.reason == "NAME_TAKEN"
        assert "Ana" in caught.value.violations[0].detail


async def test_a_telegram_account_is_one_persons_in_a_workspace(world):
    ana = await world.person("Ana", telegram_id=7)

    with pytest.raises(AlreadyExists) as caught:
        await world.person("Ben", telegram_id=7)

    assert caught.value.reason == "TELEGRAM_TAKEN"
    found = await world.people.FindPeople(pb.FindPeopleRequest(telegram_id=7))
    assert [each.name for each in found.people] == [ref(ana).name]


async def test_a_name_that_was_given_up_is_free(world):
    ana = await world.person("Ana")
    await change(world, ana, display_name="Anastasia")

    assert await world.person("Ana") != ana


async def test_everybody_changes_the_own_settings_and_nothing_else(world):
    ana, ben = await world.person("Ana"), await world.person("Ben")

    changed = await change(world, ana, by=ana, timezone="Asia/Bangkok", language="th")

    assert (changed.timezone, changed.language) == ("Asia/Bangkok", "th")
    for person, fields in ((ana, {"role": person_pb2.ROLE_BOSS}), (ben, {"language": "th"})):
        with pytest.raises(Forbidden):
            await change(world, person, by=ana, **fields)


async def test_only_the_owner_makes_and_ends_bosses(world):
    boss, ana = await world.person("Boss", "BOSS"), await world.person("Ana")

    with pytest.raises(Forbidden):
        await change(world, ana, by=boss, role=person_pb2.ROLE_BOSS)
    with pytest.raises(Forbidden):
        await change(world, OWNER, by=boss, status=person_pb2.PERSON_STATUS_LEFT)
    assert (await change(world, ana, by=boss, role=person_pb2.ROLE_LEAD)).role == 3
    assert (await change(world, ana, role=person_pb2.ROLE_BOSS)).role == person_pb2.ROLE_BOSS


async def test_the_last_owner_stays(world):
    with pytest.raises(Conflict) as caught:
        await change(world, OWNER, role=person_pb2.ROLE_MEMBER)

    assert caught.value.reason == "LAST_OWNER"


async def test_two_owners_cannot_end_each_other(world):
    other = await world.person("Other", "OWNER")

    results = await asyncio.gather(
        change(world, OWNER, by=other, role=person_pb2.ROLE_MEMBER),
        change(world, other, by=OWNER, role=person_pb2.ROLE_MEMBER),
        return_exceptions=True,
    )

    assert sum(isinstance(each, Exception) for each in results) == 1


async def test_who_left_can_do_nothing_and_is_given_nothing(world):
    ana = await world.person("Ana")
    made = (await world.create(task(to=[ana]))).task
    await change(world, ana, status=person_pb2.PERSON_STATUS_LEFT)

    with pytest.raises(Forbidden) as caught:
        await world.get(made.name, by=ana)
    assert caught.value.reason == "PERSON_LEFT"
    with pytest.raises(Invalid) as refused:
        await world.create(task(to=[ana]))
    assert "Ana has left" in refused.value.violations[0].detail
    assert (await world.get(made.name)).assignees[0].person.display_name == "Ana"


async def test_a_changed_role_counts_at_once(world):
    ana = await world.person("Ana", "BOSS")
    await world.create("Warm up", by=ana)
    await change(world, ana, role=person_pb2.ROLE_GUEST)

    with pytest.raises(Forbidden):
        await world.create("No more", by=ana)


async def test_a_stale_etag_of_a_person_is_refused(world):
    ana = await world.person("Ana")
    before = await read(world, ana)
    await change(world, ana, department="dev")

    with pytest.raises(Stale):
        await change(world, ana, department="design", etag=before.etag)


async def test_all_faults_of_a_person_are_told_at_once(world):
    person = person_pb2.Person(
        display_name="",
        role=99,  # type: ignore[arg-type]
        language="!",
        working_days=[9],
        working_hours="9-18",
        timezone="Mars/Base",
        telegram_id=-1,
        telegram_username="a b",
        discord_id="x",
        email="nobody",
        status=9,  # type: ignore[arg-type]
        skills=["a\nb"],
    )

    with pytest.raises(Invalid) as caught:
        await world.people.CreatePerson(
            pb.CreatePersonRequest(person=person, request_id="no uuid"), actor=OWNER
        )

    fields = "display_name discord_id email language role skills[0] status telegram_id"
    fields += " telegram_username timezone working_days working_hours"
    expected = [*(f"person.{each}" for each in fields.split()), "request_id"]
    assert sorted(reasons(caught.value)[1]) == sorted(expected)


async def test_people_are_listed_by_name_in_pages(world):
    for name in ("ben", "Ana", "Carl"):
        await world.person(name)

    first = await world.people.ListPeople(pb.ListPeopleRequest(page_size=2), actor=OWNER)
    rest = await world.people.ListPeople(
        pb.ListPeopleRequest(page_size=2, page_token=first.next_page_token), actor=OWNER
    )

    names = [each.display_name for each in (*first.people, *rest.people)]
    assert names == ["Ana", "ben", "Carl", "Owner"]
    assert (first.total_size, rest.next_page_token) == (4, "")


async def test_who_left_is_listed_when_asked_for(world):
    ana = await world.person("Ana")
    await change(world, ana, status=person_pb2.PERSON_STATUS_LEFT)

    now = await world.people.ListPeople(pb.ListPeopleRequest(), actor=OWNER)
    all_of_them = await world.people.ListPeople(pb.ListPeopleRequest(with_left=True), actor=OWNER)

    assert [len(now.people), len(all_of_them.people)] == [1, 2]


async def test_a_token_is_a_way_in_until_it_is_revoked(world):
    ana = await world.person("Ana")
    made = await world.people.CreateToken(pb.CreateTokenRequest(label="script"), actor=ana)

    me = pb.GetPersonRequest(name="workspaces/-/people/me")
    assert (await world.people.GetPerson(me, token=made.secret)).person.display_name == "Ana"
    told = await world.people.AuthenticateToken(pb.AuthenticateTokenRequest(secret=made.secret))
    assert (told.person.display_name, told.token.label) == ("Ana", "script")
    listed = await world.people.ListTokens(pb.ListTokensRequest(), actor=ana)
    assert [each.name for each in listed.tokens] == [made.token.name]
    await world.people.RevokeToken(pb.RevokeTokenRequest(name=made.token.name), actor=ana)
    await world.people.RevokeToken(pb.RevokeTokenRequest(name=made.token.name), actor=ana)
    with pytest.raises(Unauthenticated):
        await world.people.GetPerson(me, token=made.secret)
    with pytest.raises(Unauthenticated):
        await world.people.AuthenticateToken(pb.AuthenticateTokenRequest(secret=made.secret))


async def test_a_token_is_ended_by_whose_it_is_or_a_boss(world):
    ana, ben = await world.person("Ana"), await world.person("Ben")
    made = await world.people.CreateToken(pb.CreateTokenRequest(label="script"), actor=ana)
    end = pb.RevokeTokenRequest(name=made.token.name)

    with pytest.raises(Forbidden):
        await world.people.RevokeToken(end, actor=ben)
    await world.people.RevokeToken(end, actor=OWNER)


async def test_a_person_may_not_ask_whose_a_token_is(world):
    with pytest.raises(Forbidden):
        await world.people.AuthenticateToken(pb.AuthenticateTokenRequest(secret="x"), token=TOKEN)
    with pytest.raises(Forbidden):
        await world.people.FindPeople(pb.FindPeopleRequest(telegram_id=1), token=TOKEN)


async def test_an_unknown_actor_is_nobody(world):
    with pytest.raises(Unauthenticated):
        await world.get("workspaces/1/tasks/1", by=999)


async def test_a_service_reads_for_itself_but_a_write_needs_a_person(world):
    made = (await world.create("Task")).task

    assert (await world.tasks.GetTask(task_pb.GetTaskRequest(name=made.name))).task == made
    with pytest.raises(Forbidden) as caught:
        await world.tasks.CreateTask(task_pb.CreateTaskRequest(task=task(), request_id=new_id()))
    assert caught.value.reason == "ACTOR_NEEDED"


async def test_the_workspace_is_changed_by_bosses(world):
    ana = await world.person("Ana")
    request = pb.UpdateWorkspaceRequest(
        workspace=person_pb2.Workspace(display_name="Shop", timezone="Asia/Bangkok", claimed=True),
        update_mask=FieldMask(paths=["display_name", "timezone", "claimed"]),
        request_id=new_id(),
    )

    with pytest.raises(Forbidden):
        await world.people.UpdateWorkspace(request, actor=ana)
    changed = await world.people.UpdateWorkspace(request, actor=OWNER)

    assert changed.workspace.display_name == "Shop"
    there = await world.people.GetWorkspace(pb.GetWorkspaceRequest(), actor=ana)
    assert there.workspace == changed.workspace
    assert [each.type for each in await world.events()][-1] == 30


async def test_what_happened_to_people_is_in_the_log(world):
    ana = await world.person("Ana")
    await change(world, ana, department="dev")

    created, changed = (await world.events())[-2:]

    assert (created.person.display_name, created.person.department) == ("Ana", "")
    assert list(changed.changed.paths) == ["department"]
    assert (changed.person_before.department, changed.person.department) == ("", "dev")
    assert (await verify(world.database)).good


async def test_the_start_makes_everything_once_even_twice_at_once(task_settings):
    async with running(task_settings) as world:
        for _ in range(3):
            await asyncio.gather(
                *(
                    bootstrap.bootstrap(
                        world.database,
                        owner_token=TOKEN,
                        owner_telegram_id=77,
                        timezone="UTC",
                        now=NOON,
                    )
                    for _ in range(2)
                )
            )
        owner = await read(world, OWNER)
        people = await world.people.ListPeople(pb.ListPeopleRequest(), token=TOKEN)

        assert owner.telegram_id == 77
        assert people.total_size == 1
        assert (await verify(world.database)).good


async def test_a_person_of_another_workspace_is_not_there(world):
    with pytest.raises(NotFound):
        await read(world, 2)
    with pytest.raises(NotFound):
        await change(world, 2, display_name="Mine now")


async def test_who_leaves_is_answered_with_the_open_tasks(world):
    ana = await world.person("Ana")
    open_ones = [(await world.create(task(f"Open {n}", to=[ana]))).task for n in range(3)]
    done = (await world.create(task("Done", to=[ana], requires_approval=False))).task
    await world.do("Complete", done.name)
    gone = (await world.create(task("Gone", to=[ana]))).task
    await world.do("Delete", gone.name)
    request = pb.UpdatePersonRequest(
        person=person_pb2.Person(name=ref(ana).name, status=person_pb2.PERSON_STATUS_LEFT),
        update_mask=FieldMask(paths=["status"]),
        request_id=new_id(),
    )

    left = await world.people.UpdatePerson(request, actor=OWNER)

    assert left.open_task_count == 3
    assert [each.name for each in left.open_tasks] == [each.name for each in open_ones][::-1]
    assert left == await world.people.UpdatePerson(request, actor=OWNER)


async def test_who_leaves_has_no_token_any_more_also_when_back(world):
    ana = await world.person("Ana")
    made = await world.people.CreateToken(pb.CreateTokenRequest(label="script"), actor=ana)
    me = pb.GetPersonRequest(name="workspaces/-/people/me")
    assert (await world.people.GetPerson(me, token=made.secret)).person.display_name == "Ana"

    await change(world, ana, status=person_pb2.PERSON_STATUS_LEFT)
    with pytest.raises(Unauthenticated):
        await world.people.GetPerson(me, token=made.secret)
    await change(world, ana, status=person_pb2.PERSON_STATUS_ACTIVE)

    with pytest.raises(Unauthenticated):
        await world.people.GetPerson(me, token=made.secret)
    assert (await world.create("Back", by=ana)).task.title == "Back"
    assert 41 in [each.type for each in await world.events()]


async def test_who_left_frees_names_and_account_and_gets_them_back_only_if_free(world):
    ana = await world.person("Ana", telegram_id=7)
    await change(world, ana, status=person_pb2.PERSON_STATUS_LEFT)
    other = await world.person("Ana", telegram_id=7)

    with pytest.raises(AlreadyExists):
        await change(world, ana, status=person_pb2.PERSON_STATUS_ACTIVE)
    await change(world, other, display_name="Anna", telegram_id=8)

    assert (await change(world, ana, status=person_pb2.PERSON_STATUS_ACTIVE)).telegram_id == 7


async def test_who_watches_and_leaves_hears_no_more(world):
    ana = await world.person("Ana")
    async with world.tasks.WatchEvents(task_pb.WatchEventsRequest(), actor=ana) as stream:
        heard = aiter(stream)
        await anext(heard)
        await change(world, ana, status=person_pb2.PERSON_STATUS_LEFT)
        with pytest.raises(Forbidden) as caught:
            async for _ in heard:
                pass

    assert caught.value.reason == "PERSON_LEFT"


async def test_who_is_away_is_back_when_the_time_has_passed(world, task_settings):
    ana = await world.person("Ana")
    until = clock.now() + timedelta(days=2)
    away = await change(world, ana, by=ana, away_until=until)

    clock.follow(task_settings.replace(env="test", time=until - timedelta(minutes=1)))
    still = await read(world, ana)
    clock.follow(task_settings.replace(env="test", time=until + timedelta(seconds=1)))
    back = await read(world, ana)

    assert away.status == still.status == person_pb2.PERSON_STATUS_AWAY
    assert back.status == person_pb2.PERSON_STATUS_ACTIVE
    assert not back.HasField("away_until")
    assert back.etag != still.etag
    assert (await change(world, ana, etag=back.etag, department="dev")).department == "dev"
    assert (await verify(world.database)).good


async def test_one_is_not_away_until_a_time_that_has_passed(world):
    ana = await world.person("Ana")

    with pytest.raises(Invalid) as caught:
        await change(world, ana, away_until=clock.now() - timedelta(minutes=1))

    assert reasons(caught.value)[1] == ["person.away_until"]


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"skills": [f"s{n}" for n in range(31)]}, "person.skills"),
        ({"skills": ["x" * 41]}, "person.skills[0]"),
        ({"aliases": [f"a{n}" for n in range(21)]}, "person.aliases"),
        ({"display_name": "x" * 101}, "person.display_name"),
        ({"working_hours": "09:00-09:00"}, "person.working_hours"),
        ({"quiet_hours": "25:00-08:00"}, "person.quiet_hours"),
        ({"timezone": "Berlin"}, "person.timezone"),
        ({"leads": ["nowhere"]}, "person.leads[0]"),
        ({"email": "x" * 250 + "@example.org"}, "person.email"),
    ],
)
async def test_each_limit_of_a_person(world, fields, fault):
    person = person_pb2.Person(**{"display_name": "Ana", **fields})

    with pytest.raises(Invalid) as caught:
        await world.people.CreatePerson(
            pb.CreatePersonRequest(person=person, request_id=new_id()), actor=OWNER
        )

    assert reasons(caught.value)[1] == [fault]


async def test_hours_may_go_over_midnight(world):
    ana = await world.person("Ana", working_hours="22:00-06:00", quiet_hours="07:00-24:00")

    found = await read(world, ana)

    assert (found.working_hours, found.quiet_hours) == ("22:00-06:00", "07:00-24:00")


async def test_the_last_use_of_a_token_is_known_to_the_minute(world, task_settings):
    made = await world.people.CreateToken(pb.CreateTokenRequest(label="script"), actor=OWNER)
    me = pb.GetPersonRequest(name="workspaces/-/people/me")
    noon = clock.now()

    async def used(at):
        clock.follow(task_settings.replace(env="test", time=at))
        await world.people.GetPerson(me, token=made.secret)
        listed = await world.people.ListTokens(pb.ListTokensRequest(), actor=OWNER)
        (token,) = [each for each in listed.tokens if each.name == made.token.name]
        return token.last_use_time.ToDatetime(UTC)

    first = await used(noon + timedelta(seconds=10))
    again = await used(noon + timedelta(seconds=40))
    later = await used(noon + timedelta(seconds=120))

    assert first == again
    assert later - first >= timedelta(seconds=100)


async def test_another_preset_token_ends_the_former(task_settings):
    async with running(task_settings) as world:
        made = await world.people.CreateToken(pb.CreateTokenRequest(label="owner"), actor=OWNER)

        await bootstrap.bootstrap(
            world.database,
            owner_token="bst_" + "y" * 43,
            owner_telegram_id=None,
            timezone="UTC",
            now=NOON,
        )

        me = pb.GetPersonRequest(name="workspaces/-/people/me")
        with pytest.raises(Unauthenticated):
            await world.people.GetPerson(me, token=TOKEN)
        for secret in ("bst_" + "y" * 43, made.secret):
            assert (await world.people.GetPerson(me, token=secret)).person.name == ref(OWNER).name
