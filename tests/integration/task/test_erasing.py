"""What is kept of a person: given out to whom it is about, and erased when they have left."""

import json

import pytest
from boss.task.v1 import event_pb2, person_pb2
from boss.task.v1 import people_service_pb2 as people_pb
from boss.task.v1 import task_service_pb2 as tasks_pb
from boss.task.v1 import transfer_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask

from services.runtime.errors import Conflict, Forbidden, NotFound
from services.task.verify import verify
from tests.integration.task.days import come, go, log
from tests.integration.task.traces import traces
from tests.integration.task.world import OWNER, new_id, ref, task

LEFT = person_pb2.PERSON_STATUS_LEFT
NAME = "Zebulon"
# By which the person's traces are found.
WORDS = ("zeb", "zither", "77077")


async def zebulon(world):
    """Somebody whose traces are easily found."""
    return await world.person(
        NAME,
        aliases=["Zebbie"],
        email="zeb@example.org",
        telegram_username="zebtg",
        telegram_id=77_077,
        skills=["zithering"],
        department="dev",
    )


async def change(world, who, *, by=OWNER, **fields):
    request = people_pb.UpdatePersonRequest(
        person=person_pb2.Person(name=ref(who).name, **fields),
        update_mask=FieldMask(paths=list(fields)),
        request_id=new_id(),
    )
    return (await world.people.UpdatePerson(request, actor=by)).person


async def erase(world, who, *, by=OWNER, request_id=""):
    request = pb.ErasePersonRequest(name=ref(who).name, request_id=request_id or new_id())
    return await world.transfer.ErasePerson(request, actor=by)


async def given_out(world, who, *, by):
    content = b""
    async with world.transfer.ExportPerson(
        pb.ExportPersonRequest(name=ref(who).name), actor=by
    ) as pieces:
        async for piece in pieces:
            content += piece.content
    return [json.loads(line) for line in content.splitlines()]


async def test_who_has_left_is_erased_from_every_table(world, at_work):
    who = await zebulon(world)
    made = (await world.create(task("Fix it", to=[who]))).task
    await log(world, who, made.name, "1h", note="Zeb's hour")
    await come(world, who, "2026-11-25 09:00")
    await go(world, who, "2026-11-25 17:00")
    await change(world, who, email="zebulon@example.org")
    await change(world, who, status=LEFT)
    await world.update(made.name, title="Fix it soon")
    assert {"people", "events", "acts", "requests"} <= await traces(world, *WORDS)

    erased = await erase(world, who)

    assert erased.person.display_name == "former member"
    assert not erased.person.aliases
    assert await traces(world, *WORDS) == set()
    shown = (await world.get(made.name)).assignees[0].person
    assert (shown.name, shown.display_name) == (ref(who).name, "former member")
    last = (await world.events())[-1]
    assert last.type == event_pb2.EVENT_TYPE_PERSON_ERASED
    assert (last.person.display_name, last.position) == ("former member", erased.position)
    assert not last.HasField("person_before")
    assert next(each.erased for each in await world.events() if each.subject == ref(who).name)
    assert (await verify(world.database)).good


async def test_a_repeated_request_is_told_that_its_answer_showed_somebody_erased(world, at_work):
    who = await zebulon(world)
    request = tasks_pb.CreateTaskRequest(task=task("Fix it", to=[who]), request_id=new_id())
    made = (await world.tasks.CreateTask(request, actor=OWNER)).task
    await change(world, who, status=LEFT)
    await erase(world, who)

    with pytest.raises(Conflict) as caught:
        await world.tasks.CreateTask(request, actor=OWNER)

    assert caught.value.reason == "ANSWER_ERASED"
    assert (await world.get(made.name)).title == "Fix it"


async def test_answers_that_show_nobody_who_was_erased_are_kept(world, at_work):
    who, ana = await zebulon(world), await world.person("Ana")
    request = tasks_pb.CreateTaskRequest(task=task("Of Ana", to=[ana]), request_id=new_id())
    made = await world.tasks.CreateTask(request, actor=OWNER)
    await change(world, who, status=LEFT)

    await erase(world, who)

    assert await world.tasks.CreateTask(request, actor=OWNER) == made


async def test_what_was_done_to_the_person_cannot_be_taken_back(world, at_work):
    who = await zebulon(world)
    await change(world, who, status=LEFT)
    await erase(world, who)

    with pytest.raises(Conflict):
        await world.undo()

    assert NAME not in str(await world.events())


async def test_erasing_twice_changes_nothing_more(world, at_work):
    who = await zebulon(world)
    await change(world, who, status=LEFT)
    key = new_id()

    first = await erase(world, who, request_id=key)
    again = await erase(world, who, request_id=key)
    other = await erase(world, who)

    assert first == again
    assert other.position == 0


async def test_the_name_is_free_and_the_table_of_people_stays_right(world, at_work):
    who = await zebulon(world)
    await change(world, who, status=LEFT)
    await erase(world, who)

    another = await zebulon(world)

    assert another != who


async def test_who_is_here_is_not_erased_and_only_owners_erase(world, at_work):
    who, boss = await zebulon(world), await world.person("Bo", "BOSS")

    with pytest.raises(Conflict) as caught:
        await erase(world, who)
    await change(world, who, status=LEFT)
    with pytest.raises(Forbidden):
        await erase(world, who, by=boss)
    with pytest.raises(NotFound):
        await erase(world, 999)

    assert caught.value.reason == "NOT_LEFT"


async def test_a_person_gets_everything_that_is_kept_of_them(world, at_work):
    who, other = await zebulon(world), await world.person("Ana")
    made = (await world.create(task("Fix it", to=[who]))).task
    await world.create(task("Not theirs", to=[other]))
    await log(world, who, made.name, "1h")
    await come(world, who, "2026-11-25 09:00")

    own = await given_out(world, who, by=who)

    kinds = [each["kind"] for each in own]
    assert (kinds[0], kinds[-1]) == ("person", "end")
    assert (own[0]["email"], own[0]["skills"]) == ("zeb@example.org", ["zithering"])
    assert [each["title"] for each in own if each["kind"] == "task"] == ["Fix it"]
    assert {"time", "attendance", "event"} <= set(kinds)
    assert "Not theirs" not in str(own)
    assert await given_out(world, who, by=OWNER)
    with pytest.raises(Forbidden):
        await given_out(world, who, by=other)
