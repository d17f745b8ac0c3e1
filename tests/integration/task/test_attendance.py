"""In, break, out, the day's list, what the clock closes and what a boss corrects."""

import asyncio

import pytest
from boss.task.v1 import attendance_pb2, event_pb2, person_pb2
from boss.task.v1 import attendance_service_pb2 as pb
from boss.task.v1 import people_service_pb2 as people_pb
from boss.task.v1 import task_service_pb2 as task_pb
from google.protobuf.field_mask_pb2 import FieldMask

from services.runtime.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from services.task.verify import verify
from tests.integration.task.conftest import running
from tests.integration.task.days import (
    ZONE,
    close_due,
    come,
    correct,
    day,
    go,
    pause,
    presence,
    set_time,
    stamp,
    start,
    statements_of,
    told,
)
from tests.integration.task.world import OWNER, new_id, reasons, ref, task

STRANGER = 2
IN, OUT = event_pb2.EVENT_TYPE_ATTENDANCE_IN, event_pb2.EVENT_TYPE_ATTENDANCE_OUT
BREAK_STARTED = event_pb2.EVENT_TYPE_ATTENDANCE_BREAK_STARTED
BREAK_ENDED = event_pb2.EVENT_TYPE_ATTENDANCE_BREAK_ENDED
CORRECTED = event_pb2.EVENT_TYPE_ATTENDANCE_CORRECTED
FORGOTTEN = event_pb2.EVENT_TYPE_ATTENDANCE_FORGOTTEN


def state(name):
    return attendance_pb2.AttendanceState.Value(f"ATTENDANCE_STATE_{name}")


async def attendance_events(world):
    """What the log tells of attendance."""
    return [each for each in await world.events() if 80 <= each.type < 90]


async def test_a_day_as_ben_has_it(world, at_work):
    ben = await world.person("Ben", **ZONE)
    for title, due in (
        ("Later", None),
        ("Report", "2026-11-27 12:00"),
        ("Slides", "2026-11-26 17:00"),
    ):
        deadline = {} if due is None else {"deadline": stamp(due)}
        await world.create(task(title, to=[ben], **deadline))
    await world.create("Somebody else's")

    came = await come(world, ben, "2026-11-25 09:22")
    first = await pause(world, ben, "2026-11-25 12:00")
    second = await pause(world, ben, "2026-11-25 12:40")
    gone = await go(world, ben, "2026-11-25 18:05")

    assert came.attendance.late_minutes == 7
    assert came.attendance.date == "2026-11-25"
    assert (first.on_break, second.on_break) == (True, False)
    assert (gone.worked_minutes, gone.break_minutes) == (523 - 40, 40)
    assert [due.ref.title for due in gone.due_next] == ["Slides", "Report", "Later"]
    assert told(gone.due_next[0].deadline) == "2026-11-26 17:00"
    assert gone.more_due == 0
    events = await attendance_events(world)
    assert [event.type for event in events] == [IN, BREAK_STARTED, BREAK_ENDED, OUT]
    assert [event.subject for event in events] == [ref(ben).name] * 4
    assert events[0].attendance.late_minutes == 7
    assert told(events[3].attendance.at) == "2026-11-25 18:05"
    assert events[0].attendance.attendance == came.attendance.name
    assert events[-1].position == gone.position
    assert (await verify(world.database)).good


async def test_five_tasks_that_are_due_next_and_how_many_more(world, at_work):
    ben = await world.person("Ben", **ZONE)
    for number in range(7):
        await world.create(task(f"Task {number}", to=[ben]))
    done = (await world.create(task("Done", to=[ben]))).task
    await world.do("Complete", done.name)
    await come(world, ben, "2026-11-25 09:00")

    gone = await go(world, ben)

    assert [due.ref.title for due in gone.due_next] == [f"Task {n}" for n in range(5)]
    assert gone.more_due == 2


async def test_in_again_changes_nothing_and_ends_a_break(world, at_work):
    ben = await world.person("Ben", **ZONE)

    first = await come(world, ben, "2026-11-25 09:00")
    again = await come(world, ben, "2026-11-25 09:30")
    await pause(world, ben, "2026-11-25 10:00")
    back = await come(world, ben, "2026-11-25 10:10")

    assert again.attendance.in_time == first.attendance.in_time
    assert again.position == 0
    assert back.attendance.name == first.attendance.name
    assert back.attendance.break_minutes == 10
    assert [event.type for event in await attendance_events(world)] == [
        IN,
        BREAK_STARTED,
        BREAK_ENDED,
    ]


async def test_a_break_that_is_named_may_be_said_twice(world, at_work):
    ben = await world.person("Ben", **ZONE)
    await come(world, ben, "2026-11-25 09:00")

    once = await pause(world, ben, "2026-11-25 10:00", on_break=True)
    twice = await pause(world, ben, "2026-11-25 10:05", on_break=True)

    assert (once.on_break, twice.on_break, twice.position) == (True, True, 0)


async def test_out_and_break_when_out_say_what_can_be_done(world, at_work):
    ben = await world.person("Ben", **ZONE)

    with pytest.raises(Conflict) as never:
        await go(world, ben, "2026-11-25 09:00")
    await come(world, ben, "2026-11-25 09:05")
    await go(world, ben, "2026-11-25 18:05")
    with pytest.raises(Conflict) as caught:
        await pause(world, ben, "2026-11-25 18:10")

    assert (never.value.reason, caught.value.reason) == ("NOT_IN", "NOT_IN")
    assert caught.value.message == (
        "You are out since 18:05 of 25 November: say “in” first, then you can take a break."
    )
    assert len(await attendance_events(world)) == 2


async def test_a_repeated_request_is_answered_as_at_first(world, at_work):
    ben = await world.person("Ben", **ZONE)
    set_time("2026-11-25 09:22")
    request = pb.ClockInRequest(request_id=new_id())

    first = await world.attendance.ClockIn(request, actor=ben)
    set_time("2026-11-25 12:00")
    await go(world, ben)
    again = await world.attendance.ClockIn(request, actor=ben)

    assert again == first
    assert len(await attendance_events(world)) == 2


async def test_of_many_who_say_in_at_once_one_counts(world, at_work):
    ben = await world.person("Ben", **ZONE)
    set_time("2026-11-25 09:22")

    answers = await asyncio.gather(*(come(world, ben) for _ in range(8)))

    assert len({answer.attendance.name for answer in answers}) == 1
    assert [event.type for event in await attendance_events(world)] == [IN]


async def test_guests_have_no_part(world, at_work):
    gus = await world.person("Gus", "GUEST")

    for call in (come(world, gus), go(world, gus), pause(world, gus), day(world, by=gus)):
        with pytest.raises(Forbidden):
            await call


async def test_an_undo_passes_over_attendance(world, at_work):
    ben = await world.person("Ben", **ZONE)
    made = (await world.create("Mine", by=ben)).task
    await come(world, ben)

    await world.undo(by=ben)

    with pytest.raises(NotFound):
        await world.get(made.name, by=ben)


# --- the day's list ---


async def test_the_days_list(world, at_work):
    people = {
        name: await world.person(name, **ZONE)
        for name in ("Ana", "Ben", "Cem", "Dan", "Eva", "Fay")
    }
    await world.person("Gus", "GUEST", **ZONE)
    await world.person("Hal", working_days=[6, 7], **ZONE)
    await world.people.UpdatePerson(
        people_pb.UpdatePersonRequest(
            person=person_pb2.Person(
                name=ref(people["Dan"]).name,
                status=person_pb2.PERSON_STATUS_AWAY,
                away_until=stamp("2026-11-27 00:00"),
            ),
            update_mask=FieldMask(paths=["status", "away_until"]),
            request_id=new_id(),
        ),
        actor=OWNER,
    )
    await come(world, people["Ana"], "2026-11-25 08:55")
    await come(world, people["Ben"], "2026-11-25 09:22")
    await come(world, people["Eva"], "2026-11-25 09:00")
    await pause(world, people["Eva"], "2026-11-25 09:20")
    await come(world, people["Fay"], "2026-11-25 08:00")
    await go(world, people["Fay"], "2026-11-25 09:25")
    set_time("2026-11-25 09:30")

    found = await day(world)

    shown = {each.person.display_name: each for each in found.days}
    assert {name: each.state for name, each in shown.items()} == {
        "Ana": state("IN"),
        "Ben": state("IN"),
        "Cem": state("ABSENT"),
        "Dan": state("AWAY"),
        "Eva": state("ON_BREAK"),
        "Fay": state("OUT"),
        "Hal": state("DAY_OFF"),
        "Owner": state("EXPECTED"),
    }
    assert {name: each.late_minutes for name, each in shown.items() if each.late_minutes} == {
        "Ben": 7,
        "Cem": 15,
    }
    assert told(shown["Dan"].away_until) == "2026-11-27 00:00"
    assert told(shown["Cem"].start_time) == "2026-11-25 09:00"
    assert shown["Fay"].worked_minutes == 85
    assert found.total_size == 8


async def test_a_past_day_and_one_person(world, at_work):
    ben = await world.person("Ben", **ZONE)
    await come(world, ben, "2026-11-24 09:00")
    await go(world, ben, "2026-11-24 17:00")
    await come(world, ben, "2026-11-25 09:00")
    set_time("2026-11-25 12:00")

    tuesday = (await day(world, by=ben, date="2026-11-24")).days
    today = (await day(world, by=ben, person=ref(ben).name)).days

    assert [(each.state, each.worked_minutes) for each in tuesday] == [(state("OUT"), 480)]
    assert [(each.date, each.state) for each in today] == [("2026-11-25", state("IN"))]


async def test_whose_day_one_may_see(world, at_work):
    lea = await world.person("Lea", "LEAD", department="dev", leads=["dev"], **ZONE)
    ana = await world.person("Ana", department="dev", **ZONE)
    mia = await world.person("Mia", department="design", **ZONE)

    async def names(by):
        return [each.person.display_name for each in (await day(world, by=by)).days]

    assert await names(OWNER) == ["Ana", "Lea", "Mia", "Owner"]
    assert await names(lea) == ["Ana", "Lea"]
    assert await names(ana) == ["Ana"]
    assert [each.person.display_name for each in (await day(world, department="DEV")).days] == [
        "Ana",
        "Lea",
    ]
    for by, person in ((lea, mia), (ana, lea), (mia, ana)):
        with pytest.raises(Forbidden):
            await day(world, by=by, person=ref(person).name)
    with pytest.raises(NotFound):
        await day(world, by=STRANGER, person=ref(ana).name)
    with pytest.raises(NotFound):
        await day(world, by=STRANGER, person=ref(ana, workspace=2).name)


async def test_a_service_asks_for_a_workspace(world, at_work):
    await world.person("Ana", **ZONE)

    found = await world.attendance.GetAttendance(pb.GetAttendanceRequest(workspace="workspaces/1"))

    assert [each.person.display_name for each in found.days] == ["Ana", "Owner"]
    with pytest.raises(NotFound):
        await day(world, by=STRANGER, workspace="workspaces/1")


async def test_the_list_has_pages(world, at_work):
    for name in ("Ana", "ana b", "Ben", "cem"):
        await world.person(name, **ZONE)

    names, token = [], ""
    while True:
        page = await day(world, page_size=2, page_token=token)
        names += [each.person.display_name for each in page.days]
        assert page.total_size == 5
        token = page.next_page_token
        if not token:
            break

    assert names == ["Ana", "ana b", "Ben", "cem", "Owner"]


async def test_bad_requests_name_every_field(world, at_work):
    for fields, wrong in (
        ({"date": "yesterday", "page_size": 501}, ["date", "page_size"]),
        ({"date": "2026-02-30"}, ["date"]),
        ({"date": "0001-01-01"}, ["date"]),
        ({"date": "20261125"}, ["date"]),
        ({"person": "ben"}, ["name"]),
        ({"page_token": "nonsense"}, ["page_token"]),
    ):
        with pytest.raises(Invalid) as caught:
            await day(world, **fields)
        assert reasons(caught.value)[1] == wrong


# --- what is forgotten ---


async def test_a_forgotten_out_is_closed_once_at_the_end_of_the_hours(world, at_work):
    ben = await world.person("Ben", **ZONE)
    eva = await world.person("Eva", **ZONE)
    await come(world, ben, "2026-11-25 09:22")
    await come(world, eva, "2026-11-25 19:30")

    set_time("2026-11-25 23:58")
    early = await close_due(world)
    set_time("2026-11-28 10:00")
    closed = await asyncio.gather(*(close_due(world) for _ in range(4)))

    # Who reads the position of a write reads all that was told before it.
    await world.create("Later")
    assert (early, sum(closed)) == (0, 2)
    days = {each.person.display_name: each for each in (await day(world, date="2026-11-25")).days}
    assert told(days["Ben"].attendances[0].out_time) == "2026-11-25 18:00"
    assert told(days["Eva"].attendances[0].out_time) == "2026-11-26 00:00"
    assert (days["Ben"].forgotten, days["Eva"].forgotten) == (True, True)
    told_of = [event for event in await attendance_events(world) if event.type == FORGOTTEN]
    assert sorted(event.subject for event in told_of) == [ref(ben).name, ref(eva).name]
    assert {event.origin for event in told_of} == {"clock"}
    assert not any(event.HasField("actor") for event in told_of)
    assert (await verify(world.database)).good


async def test_who_comes_again_before_the_clock_has_closed_begins_anew(world, at_work):
    ben = await world.person("Ben", **ZONE)
    await come(world, ben, "2026-11-25 09:00")

    with pytest.raises(Conflict) as caught:
        await go(world, ben, "2026-11-26 09:05")
    again = await come(world, ben, "2026-11-26 09:20")

    assert caught.value.message.startswith("You are out since 18:00 of 25 November")
    assert (again.attendance.date, again.attendance.late_minutes) == ("2026-11-26", 5)
    types = [event.type for event in await attendance_events(world)]
    assert types == [IN, FORGOTTEN, IN]
    assert await close_due(world) == 0


async def test_the_loop_of_a_running_store_closes(task_settings, at_work):
    async with running(task_settings, loops=("numbering", "feed", "attendance")) as world:
        ben = await world.person("Ben", **ZONE)
        await come(world, ben, "2026-11-25 09:00")
        set_time("2026-11-26 00:01")

        async with asyncio.timeout(20):
            async with world.tasks.WatchEvents(
                task_pb.WatchEventsRequest(after_position=0)
            ) as stream:
                async for response in stream:
                    if any(event.type == FORGOTTEN for event in response.events):
                        break


# --- corrections ---


async def test_a_correction_keeps_what_was_before_and_why(world, at_work):
    ben = await world.person("Ben", **ZONE)
    came = await come(world, ben, "2026-11-25 09:22")
    await go(world, ben, "2026-11-25 18:05")

    fixed = await correct(
        world,
        presence(
            "2026-11-25 09:00",
            "2026-11-25 17:30",
            ("2026-11-25 12:00", "2026-11-25 12:30"),
            name=came.attendance.name,
        ),
        "in_time",
        "out_time",
        "breaks",
        reason="The phone was flat.",
    )

    now = fixed.attendance
    assert (now.late_minutes, now.worked_minutes, now.break_minutes) == (0, 480, 30)
    assert now.corrected
    assert now.person.display_name == "Ben"
    event = (await attendance_events(world))[-1]
    assert (event.type, event.subject) == (CORRECTED, ref(ben).name)
    assert event.actor.name == ref(OWNER).name
    assert event.attendance.reason == "The phone was flat."
    assert told(event.attendance.before.in_time) == "2026-11-25 09:22"
    assert told(event.attendance.after.in_time) == "2026-11-25 09:00"
    assert told(event.attendance.after.breaks[0].end_time) == "2026-11-25 12:30"
    assert (await day(world, date="2026-11-25", person=ref(ben).name)).days[0].attendances == [now]


async def test_a_forgotten_out_is_corrected_and_no_longer_flagged(world, at_work):
    ben = await world.person("Ben", **ZONE)
    came = await come(world, ben, "2026-11-25 09:00")
    set_time("2026-11-26 08:00")
    await close_due(world)

    fixed = await correct(
        world, presence(left="2026-11-25 19:10", name=came.attendance.name), "out_time"
    )

    assert (fixed.attendance.forgotten, fixed.attendance.worked_minutes) == (False, 610)


async def test_a_presence_is_added_and_the_later_one_is_late_no_more(world, at_work):
    ben = await world.person("Ben", **ZONE)
    await come(world, ben, "2026-11-25 13:00")
    set_time("2026-11-25 14:00")

    added = await correct(world, presence("2026-11-25 09:20", "2026-11-25 12:00", person=ben))

    found = (await day(world, person=ref(ben).name)).days[0]
    assert added.attendance.late_minutes == 5
    assert [each.late_minutes for each in found.attendances] == [5, 0]
    assert (found.late_minutes, found.worked_minutes, found.state) == (5, 220, state("IN"))


async def test_a_presence_is_taken_away(world, at_work):
    ben = await world.person("Ben", **ZONE)
    came = await come(world, ben, "2026-11-25 09:22")

    gone = await correct(world, presence(name=came.attendance.name), remove=True)

    assert not gone.HasField("attendance")
    assert not (await day(world, person=ref(ben).name)).days[0].attendances
    assert (await come(world, ben)).attendance.name != came.attendance.name
    with pytest.raises(NotFound) as caught:
        await correct(world, presence(name=came.attendance.name), remove=True)
    assert caught.value.reason == "ATTENDANCE_NOT_FOUND"


async def test_a_correction_that_changes_nothing_tells_nothing(world, at_work):
    ben = await world.person("Ben", **ZONE)
    came = await come(world, ben, "2026-11-25 09:22")

    same = await correct(world, came.attendance, "in_time")

    assert same.position == 0
    assert [event.type for event in await attendance_events(world)] == [IN]


async def test_only_bosses_correct_and_only_what_they_have_seen(world, at_work):
    lea = await world.person("Lea", "LEAD", department="dev", leads=["dev"], **ZONE)
    ben = await world.person("Ben", department="dev", **ZONE)
    dana = await world.person("Dana", "BOSS", **ZONE)
    came = await come(world, ben, "2026-11-25 09:22")
    wanted = presence("2026-11-25 09:10", name=came.attendance.name)

    for by in (lea, ben):
        with pytest.raises(Forbidden):
            await correct(world, wanted, "in_time", by=by)
    with pytest.raises(NotFound):
        await correct(world, wanted, "in_time", by=STRANGER)
    await correct(world, wanted, "in_time", by=dana, etag=came.attendance.etag)
    with pytest.raises(Stale):
        await correct(world, wanted, "in_time", by=dana, etag=came.attendance.etag)


async def test_corrections_that_cannot_be(world, at_work):
    ben = await world.person("Ben", **ZONE)
    came = await come(world, ben, "2026-11-25 09:22")
    await go(world, ben, "2026-11-25 12:00")
    await come(world, ben, "2026-11-25 13:00")
    set_time("2026-11-25 14:00")
    name = came.attendance.name
    early = presence("2026-11-25 09:00")

    for message, paths, more, wrong in (
        (presence(name=name), ["in_time"], {}, ["attendance.in_time"]),
        (presence(name=name), ["out_time"], {"reason": ""}, ["attendance.out_time", "reason"]),
        (presence(name=name), [], {}, ["update_mask"]),
        (presence(name=name), ["late_minutes"], {}, ["update_mask"]),
        (presence(person=ben), [], {}, ["attendance.in_time"]),
        (presence("1970-01-01 00:00", person=ben), [], {}, ["attendance.in_time"]),
        (early, [], {}, ["name"]),
        (presence(person=ben), [], {"remove": True}, ["attendance.name"]),
        (presence("2026-11-25 09:00", name=name), ["in_time"], {"reason": "x" * 501}, ["reason"]),
    ):
        with pytest.raises(Invalid) as caught:
            await correct(world, message, *paths, **more)
        assert reasons(caught.value)[1] == wrong
    for message, paths, reason in (
        (presence(left="2026-11-25 13:30", name=name), ["out_time"], "ATTENDANCE_OVERLAPS"),
        (presence(left="2026-11-25 08:00", name=name), ["out_time"], "ATTENDANCE_DISORDERED"),
        (presence("2026-11-25 09:00", person=ben), [], "ATTENDANCE_OVERLAPS"),
        (presence("2026-11-24 09:00", person=ben), [], "ATTENDANCE_DISORDERED"),
    ):
        with pytest.raises(Conflict) as refused:
            await correct(world, message, *paths)
        assert refused.value.reason == reason
    with pytest.raises(NotFound):
        await correct(world, presence("2026-11-24 09:00", "2026-11-24 10:00", person=STRANGER))
    assert len(await attendance_events(world)) == 3


async def test_who_has_left_was_there_then(world, at_work):
    ben = await world.person("Ben", **ZONE)
    await come(world, ben, "2026-11-24 09:00")
    await go(world, ben, "2026-11-24 17:00")
    await world.people.UpdatePerson(
        people_pb.UpdatePersonRequest(
            person=person_pb2.Person(name=ref(ben).name, status=person_pb2.PERSON_STATUS_LEFT),
            update_mask=FieldMask(paths=["status"]),
            request_id=new_id(),
        ),
        actor=OWNER,
    )
    set_time("2026-11-25 12:00")

    then = await day(world, date="2026-11-24")
    now = await day(world)

    assert [each.person.display_name for each in then.days] == ["Ben", "Owner"]
    assert [each.person.display_name for each in now.days] == ["Owner"]
    with pytest.raises(Forbidden):
        await come(world, ben)


async def test_out_stops_the_timer(world, at_work):
    ben = await world.person("Ben", **ZONE)
    made = (await world.create(task("Slides", to=[ben]))).task
    await come(world, ben, "2026-11-25 09:00")
    await start(world, ben, made.name, "2026-11-25 16:00")

    gone = await go(world, ben, "2026-11-25 17:30")

    assert (gone.stopped.minutes, gone.stopped.task.title) == (90, "Slides")
    assert (await world.events())[-1].type == event_pb2.EVENT_TYPE_TIMER_STOPPED
    assert gone.stopped.task.name == made.name


async def test_reading_a_day_takes_one_statement(world, at_work):
    ben = await world.person("Ben", **ZONE)
    await come(world, ben, "2026-11-25 09:00")
    await day(world)

    assert await statements_of(day(world)) == ["read_attendance"]
