"""Timers, time logged by hand and timesheets, through the stubs."""

import asyncio

import pytest
from boss.task.v1 import attendance_service_pb2 as pb
from boss.task.v1 import event_pb2
from google.protobuf.field_mask_pb2 import FieldMask

from services.runtime.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from services.task.verify import verify
from tests.integration.task.conftest import running
from tests.integration.task.days import (
    ZONE,
    close_due,
    come,
    correct,
    entries,
    go,
    log,
    pause,
    presence,
    set_time,
    sheets,
    start,
    statements_of,
    stop,
    told,
)
from tests.integration.task.world import OWNER, new_id, reasons, ref, task

STRANGER = 2
WEEK = {"from_date": "2026-11-23", "to_date": "2026-11-29"}


async def made(world, title, *, to=()):
    return (await world.create(task(title, to=list(to)))).task.name


async def change(world, name, *, by, etag="", spent="", **fields):
    request = pb.UpdateTimeRequest(
        entry={"name": name, **fields},
        update_mask=FieldMask(paths=list(fields)),
        spent=spent,
        etag=etag,
        request_id=new_id(),
    )
    return await world.attendance.UpdateTime(request, actor=by)


async def delete(world, name, *, by):
    request = pb.DeleteTimeRequest(name=name, request_id=new_id())
    return await world.attendance.DeleteTime(request, actor=by)


async def types(world):
    """The kinds of the events that tell of time."""
    names = [event_pb2.EventType.Name(each.type) for each in await world.events()]
    return [name.removeprefix("EVENT_TYPE_") for name in names if "TIME" in name]


# --- timers ---


async def test_a_timer_on_another_task_stops_the_first(world, at_work):
    ben = await world.person("Ben", **ZONE)
    slides, report = await made(world, "Slides", to=[ben]), await made(world, "Report", to=[ben])

    await start(world, ben, slides, "2026-11-25 09:00")
    second = await start(world, ben, report, "2026-11-25 09:50", note="The figures")
    stopped = await stop(world, ben, "2026-11-25 10:20")

    assert (second.stopped.task.title, second.stopped.minutes) == ("Slides", 50)
    assert (second.entry.task.title, second.entry.note) == ("Report", "The figures")
    assert (stopped.entry.task.title, stopped.entry.minutes) == ("Report", 30)
    assert told(stopped.entry.end_time) == "2026-11-25 10:20"
    assert await types(world) == [
        "TIMER_STARTED", "TIMER_STOPPED", "TIMER_STARTED", "TIMER_STOPPED",
    ]  # fmt: skip
    assert (await verify(world.database)).good


async def test_of_timers_started_at_once_one_runs(world, at_work):
    ben = await world.person("Ben", **ZONE)
    names = [await made(world, f"Task {n}", to=[ben]) for n in range(4)]
    set_time("2026-11-25 09:00")

    await asyncio.gather(*(start(world, ben, name) for name in names))

    found = (await entries(world, by=ben)).entries
    assert len(found) == 4
    assert sum(not each.HasField("end_time") for each in found) == 1


async def test_starting_again_changes_nothing_and_stopping_needs_a_timer(world, at_work):
    ben = await world.person("Ben", **ZONE)
    slides, other = await made(world, "Slides", to=[ben]), await made(world, "Other", to=[ben])

    first = await start(world, ben, slides, "2026-11-25 09:00")
    again = await start(world, ben, slides, "2026-11-25 09:30")
    with pytest.raises(Conflict) as wrong:
        await stop(world, ben, name=other)
    await stop(world, ben, name=slides)
    with pytest.raises(Conflict) as none:
        await stop(world, ben)

    assert again.entry.name == first.entry.name
    assert again.entry.minutes == 30
    assert reasons(wrong.value)[0] == reasons(none.value)[0] == "NO_TIMER"


async def test_a_closed_task_and_somebody_elses_take_no_timer(world, at_work):
    ben = await world.person("Ben", **ZONE)
    closed, others = await made(world, "Closed", to=[ben]), await made(world, "Others")
    await world.do("Cancel", closed)

    with pytest.raises(Conflict):
        await start(world, ben, closed)
    with pytest.raises(Forbidden):
        await start(world, ben, others)
    with pytest.raises(NotFound):
        await start(world, STRANGER, closed)


async def test_a_forgotten_timer_is_stopped_once_by_two_replicas(task_settings, at_work):
    async with (
        running(task_settings) as one,
        running(task_settings, loops=("numbering", "feed")) as two,
    ):
        ben = await one.person("Ben", **ZONE)
        slides = await made(one, "Slides", to=[ben])
        await start(one, ben, slides, "2026-11-25 16:00")
        set_time("2026-11-26 09:00")

        closed = await asyncio.gather(close_due(one), close_due(two))

        (entry,) = (await entries(one, by=ben)).entries
        assert sum(closed) == 1
        assert (entry.forgotten, entry.minutes) == (True, 120)
        assert told(entry.end_time) == "2026-11-25 18:00"
        assert (await types(one)).count("TIMER_STOPPED") == 1


# --- by hand ---


@pytest.mark.parametrize(
    ("spent", "minutes"), [("2h30m", 150), ("1.5h", 90), ("45m", 45), ("1d", 480)]
)
async def test_time_is_logged_as_people_write_it(world, at_work, spent, minutes):
    ben = await world.person("Ben", **ZONE)
    slides = await made(world, "Slides", to=[ben])

    logged = await log(world, ben, slides, spent, date="2026-11-24", note="Drafts")

    assert (logged.entry.minutes, logged.entry.date) == (minutes, "2026-11-24")
    assert (logged.entry.note, logged.entry.person.display_name) == ("Drafts", "Ben")


async def test_logged_time_is_changed_taken_away_and_taken_back(world, at_work):
    ben = await world.person("Ben", **ZONE)
    slides = await made(world, "Slides", to=[ben])
    entry = (await log(world, ben, slides, "2h")).entry

    changed = await change(world, entry.name, by=ben, spent="45m", note="Less", etag=entry.etag)
    with pytest.raises(Stale):
        await change(world, entry.name, by=ben, note="Late", etag=entry.etag)
    gone = await delete(world, entry.name, by=ben)
    left = (await entries(world, by=ben)).total_size
    await world.undo(gone.act, by=ben)

    assert (changed.entry.minutes, changed.entry.note) == (45, "Less")
    assert left == 0
    (back,) = (await entries(world, by=ben)).entries
    assert (back.minutes, back.note) == (45, "Less")
    assert await types(world) == ["TIME_LOGGED", "TIME_CHANGED", "TIME_REMOVED", "TIME_LOGGED"]


async def test_a_repeated_request_logs_once(world, at_work):
    ben = await world.person("Ben", **ZONE)
    request = pb.LogTimeRequest(
        name=await made(world, "Slides", to=[ben]), spent="1h", request_id=new_id()
    )

    first, second = await asyncio.gather(
        *(world.attendance.LogTime(request, actor=ben) for _ in range(2))
    )

    assert first.entry.name == second.entry.name
    assert (await entries(world, by=ben)).total_size == 1


async def test_bosses_log_for_others_and_members_do_not(world, at_work):
    ben, ana = await world.person("Ben", **ZONE), await world.person("Ana", **ZONE)
    slides = await made(world, "Slides", to=[ben, ana])

    logged = await log(world, OWNER, slides, "1h", person=ref(ben).name)
    with pytest.raises(Forbidden):
        await log(world, ana, slides, "1h", person=ref(ben).name)
    with pytest.raises(Forbidden):
        await change(world, logged.entry.name, by=ana, note="Mine")
    with pytest.raises(Forbidden):
        await delete(world, logged.entry.name, by=ana)

    assert logged.entry.person.display_name == "Ben"
    assert (await entries(world, by=ana)).total_size == 0


async def test_bad_time_names_every_field(world, at_work):
    ben = await world.person("Ben", **ZONE)
    slides = await made(world, "Slides", to=[ben])

    for spent, fields, wrong in (
        ("soon", {}, ["spent"]),
        ("", {}, ["minutes"]),
        ("", {"minutes": 24 * 60 + 1, "date": "25.11.2026"}, ["minutes", "date"]),
        ("1h", {"note": "x" * 501}, ["note"]),
        ("1h", {"minutes": 5}, ["spent"]),
    ):
        with pytest.raises(Invalid) as caught:
            await log(world, ben, slides, spent, **fields)
        assert sorted(reasons(caught.value)[1]) == sorted(wrong)
    assert (await entries(world, by=ben)).total_size == 0


async def test_entries_have_pages_and_filters(world, at_work):
    ben = await world.person("Ben", **ZONE)
    slides, report = await made(world, "Slides", to=[ben]), await made(world, "Report", to=[ben])
    for day in (23, 24, 25):
        await log(world, ben, slides, "1h", date=f"2026-11-{day}")
    await log(world, ben, report, "2h", date="2026-11-24")

    first = await entries(world, page_size=3)
    rest = await entries(world, page_size=3, page_token=first.next_page_token)
    of_report = await entries(world, task=report)
    of_day = await entries(world, from_date="2026-11-24", to_date="2026-11-24")

    assert [each.date for each in (*first.entries, *rest.entries)] == [
        "2026-11-25", "2026-11-24", "2026-11-24", "2026-11-23",
    ]  # fmt: skip
    assert (first.total_size, rest.next_page_token) == (4, "")
    assert [each.minutes for each in of_report.entries] == [120]
    assert of_day.total_size == 2


# --- timesheets ---


async def test_a_week_is_right_to_the_minute(world, at_work):
    ben = await world.person("Ben", **ZONE)
    slides, report = await made(world, "Slides", to=[ben]), await made(world, "Report", to=[ben])
    await come(world, ben, "2026-11-25 09:22")
    await start(world, ben, slides, "2026-11-25 09:30")
    await pause(world, ben, "2026-11-25 12:01")
    await pause(world, ben, "2026-11-25 12:44")
    await go(world, ben, "2026-11-25 18:05")
    await log(world, ben, report, "1h30m", date="2026-11-24")

    (sheet,) = (await sheets(world, by=ben, person=ref(ben).name, **WEEK)).timesheets

    days = {each.date: each for each in sheet.days}
    assert len(days) == 7
    wednesday = days["2026-11-25"]
    assert (told(wednesday.in_time), told(wednesday.out_time)) == (
        "2026-11-25 09:22", "2026-11-25 18:05",
    )  # fmt: skip
    assert (wednesday.worked_minutes, wednesday.break_minutes) == (523 - 43, 43)
    assert (wednesday.late_minutes, sheet.late_days) == (7, 1)
    assert days["2026-11-24"].logged_minutes == 90
    assert [(each.task.title, each.minutes) for each in sheet.tasks] == [
        ("Slides", 515), ("Report", 90),
    ]  # fmt: skip
    assert (sheet.worked_minutes, sheet.break_minutes, sheet.logged_minutes) == (480, 43, 605)


async def test_the_night_on_which_the_clocks_go_back_has_an_hour_more(world, at_work):
    ben = await world.person("Ben", **ZONE)
    night = presence("2026-10-24 22:00", "2026-10-25 06:00", person=ben)
    await correct(world, night)

    (sheet,) = (
        await sheets(world, person=ref(ben).name, from_date="2026-10-24", to_date="2026-10-25")
    ).timesheets

    assert [each.worked_minutes for each in sheet.days] == [2 * 60, 7 * 60]


async def test_whose_timesheets_one_sees(world, at_work):
    ben = await world.person("Ben", department="dev", **ZONE)
    lead = await world.person("Lena", "LEAD", department="dev", leads=["dev"], **ZONE)
    mia = await world.person("Mia", department="design", **ZONE)

    async def seen(who):
        page = await sheets(world, by=who, **WEEK)
        return [each.person.display_name for each in page.timesheets]

    assert await seen(OWNER) == ["Ben", "Lena", "Mia", "Owner"]
    assert await seen(lead) == ["Ben", "Lena"]
    assert await seen(ben) == ["Ben"]
    with pytest.raises(Forbidden):
        await sheets(world, by=ben, person=ref(mia).name, **WEEK)
    with pytest.raises(NotFound):
        await sheets(world, by=STRANGER, person=ref(mia).name, **WEEK)


async def test_a_span_has_its_limits(world, at_work):
    for first, last in (("2026-11-25", "2026-11-24"), ("2026-01-01", "2026-11-25")):
        with pytest.raises(Invalid) as caught:
            await sheets(world, from_date=first, to_date=last)
        assert reasons(caught.value)[1] == ["to_date"]


async def test_a_timesheet_takes_one_statement(world, at_work):
    await sheets(world, **WEEK)

    assert len(await statements_of(sheets(world, **WEEK))) == 1
