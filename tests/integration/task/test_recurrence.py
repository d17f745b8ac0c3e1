"""Repeated tasks: when the next occurrence comes, what it is like, and what becomes of a series."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from boss.task.v1 import event_pb2, person_pb2, task_pb2
from boss.task.v1 import people_service_pb2 as people_pb
from boss.task.v1 import recurrence_service_pb2 as pb
from boss.task.v1 import recurrence_service_pb2_grpc as rpc
from boss.task.v1 import task_service_pb2 as tasks_pb
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from services.runtime import clock
from services.runtime.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from services.task.commands.writing import Store
from services.task.numbering import MOST, NUMBER_EVENTS
from services.task.roster import Roster
from services.task.timers import Timers
from services.task.verify import verify
from tests.integration.task.conftest import running
from tests.integration.task.world import OWNER, new_id, number, ref, task

pytestmark = pytest.mark.usefixtures("at_work")

BERLIN = ZoneInfo("Europe/Berlin")
AFTER_COMPLETION = task_pb2.REPEAT_AFTER_COMPLETION


def berlin(text):
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def stamp(text):
    found = Timestamp()
    found.FromDatetime(berlin(text))
    return found


def shown(message):
    """A time as the people in Berlin see it, with its weekday."""
    return f"{message.ToDatetime(UTC).astimezone(BERLIN):%a %Y-%m-%d %H:%M}"


def at(text):
    """It is a second after this in Berlin."""
    clock.set_business_time(berlin(text) + timedelta(seconds=1))


async def tick(world, text=""):
    """What the clock does, then or now; its events have their positions."""
    if text:
        at(text)
    await Timers(Store(world.database, Roster(world.database))).say_due(clock.now())
    await world.database.hot_rows(NUMBER_EVENTS, most=MOST)


@pytest.fixture
async def team(world):
    """The workspace in Berlin, on a Monday in October."""
    at("2026-10-12 08:00")
    await in_berlin(world)
    return world


async def in_berlin(world):
    request = people_pb.UpdateWorkspaceRequest(
        workspace=person_pb2.Workspace(timezone="Europe/Berlin"),
        update_mask=FieldMask(paths=["timezone"]),
        request_id=new_id(),
    )
    await world.people.UpdateWorkspace(request, actor=OWNER)


async def backups(world, rule="FREQ=WEEKLY;BYDAY=SU", deadline="2026-10-18 09:00", **fields):
    message = task("Check the backups", recurrence=rule, **fields)
    if deadline:
        message.deadline.CopyFrom(stamp(deadline))
    return (await world.create(message)).task


async def series(world):
    """Every occurrence that is there, in order."""
    request = tasks_pb.ListTasksRequest(page_size=100)
    found = (await world.tasks.ListTasks(request, actor=OWNER)).tasks
    return sorted(found, key=lambda each: number(each.name))


async def deadlines(world):
    return [shown(each.deadline) for each in await series(world)]


async def do(world, method, name, *, by=OWNER, **fields):
    stub = world.peer.stub(rpc.RecurrenceServiceStub)
    request = getattr(pb, f"{method}Request")(name=name, request_id=new_id(), **fields)
    return await getattr(stub, method)(request, actor=by)


async def previewed(world, name, many=0):
    stub = world.peer.stub(rpc.RecurrenceServiceStub)
    request = pb.PreviewOccurrencesRequest(name=name, page_size=many)
    found = await stub.PreviewOccurrences(request, actor=OWNER)
    return [shown(each) for each in found.times], found.more


async def test_every_sunday_at_nine_stays_at_nine_when_summer_time_ends(task_settings):
    """Story S10, as far as the store has it: with a standstill of three days."""
    async with running(task_settings) as world:
        at("2026-10-12 08:00")
        await in_berlin(world)
        mia = await world.person("Mia")
        await backups(world, to=[mia])
        await tick(world, "2026-10-18 09:00")
        assert await deadlines(world) == ["Sun 2026-10-18 09:00", "Sun 2026-10-25 09:00"]
        await tick(world, "2026-10-24 20:00")

    # Down over the end of summer time and the next occurrence.
    async with running(task_settings) as world:
        await tick(world, "2026-10-27 20:00")
        await tick(world)

        assert await deadlines(world) == [
            "Sun 2026-10-18 09:00",
            "Sun 2026-10-25 09:00",
            "Sun 2026-11-01 09:00",
        ]
        newest = (await series(world))[-1]
        assert newest.deadline.ToDatetime(UTC).hour == 8
        assert [each.person.name for each in newest.assignees] == [ref(mia).name]
        assert newest.occurrence == 3
        assert (await verify(world.database)).good


async def test_after_a_standstill_of_many_dates_one_occurrence_is_made_and_it_is_to_come(team):
    await backups(team, "FREQ=DAILY", "2026-10-12 09:00")

    await tick(team, "2026-11-20 12:00")
    await tick(team)

    assert await deadlines(team) == ["Mon 2026-10-12 09:00", "Sat 2026-11-21 09:00"]


async def test_completing_brings_the_next_occurrence_in_the_same_act(team):
    made = await backups(team)

    answer = await team.do("Complete", made.name)

    first, second = await series(team)
    assert answer.task.successor == second.name
    assert shown(second.deadline) == "Sun 2026-10-25 09:00"
    created = (await team.events())[-1]
    assert (created.type, created.act) == (event_pb2.EVENT_TYPE_TASK_CREATED, answer.act)
    assert first.etag == answer.task.etag
    await tick(team, "2026-10-18 09:00")
    assert len(await series(team)) == 2
    assert (await verify(team.database)).good


@pytest.mark.parametrize("by_approval", [True, False])
async def test_approval_and_submission_without_it_bring_the_next_too(team, by_approval):
    ana = await team.person("Ana")
    made = await backups(team, to=[ana], requires_approval=by_approval)

    await team.do("Submit", made.name, by=ana)
    assert len(await series(team)) == (1 if by_approval else 2)
    if by_approval:
        await team.do("Approve", made.name)

    assert await deadlines(team) == ["Sun 2026-10-18 09:00", "Sun 2026-10-25 09:00"]


async def test_many_completed_at_once_each_bring_their_next(team):
    names = [(await backups(team)).name for _ in range(3)]
    request = tasks_pb.BatchUpdateTasksRequest(
        names=names, command=tasks_pb.BATCH_COMMAND_COMPLETE, request_id=new_id()
    )

    answer = await team.tasks.BatchUpdateTasks(request, actor=OWNER)

    assert len(answer.tasks) == 3
    made = await series(team)
    assert [each.successor for each in made[:3]] == [each.name for each in made[3:]]
    await team.undo()
    assert len(await series(team)) == 3
    assert (await verify(team.database)).good


async def test_undoing_the_completion_withdraws_the_next_and_redoing_brings_it_back(team):
    made = await backups(team)
    await team.do("Complete", made.name)

    await team.undo()
    (left,) = await series(team)
    assert (left.status, left.successor) == (task_pb2.TASK_STATUS_PENDING, "")
    await team.redo()
    first, second = await series(team)

    assert (first.status, first.successor) == (task_pb2.TASK_STATUS_COMPLETED, second.name)
    await team.undo()
    await tick(team, "2026-10-18 09:00")
    assert await deadlines(team) == ["Sun 2026-10-18 09:00", "Sun 2026-10-25 09:00"]


async def test_the_next_is_like_the_former_but_for_what_was_done_to_it(team):
    ana, ben, carl = [await team.person(name) for name in ("Ana", "Ben", "Carl")]
    whole = (await team.create("Whole")).task
    made = await backups(
        team,
        to=[ana, ben],
        description="All of them",
        priority=task_pb2.TASK_PRIORITY_HIGH,
        start=stamp("2026-10-17 18:00"),
        estimate_minutes=30,
        tags=["ops"],
        project="Safety",
        type="research",
        criteria=[task_pb2.Criterion(text="Restored one", done=True)],
        parent=task_pb2.TaskRef(name=whole.name),
        watchers=[ref(carl)],
        submit_by_one=True,
        requires_approval=False,
    )
    await team.do("Start", made.name, by=ana)
    leaving = people_pb.UpdatePersonRequest(
        person=person_pb2.Person(name=ref(ben).name, status=person_pb2.PERSON_STATUS_LEFT),
        update_mask=FieldMask(paths=["status"]),
        request_id=new_id(),
    )
    await team.people.UpdatePerson(leaving, actor=OWNER)

    await tick(team, "2026-10-18 09:00")

    former, next_ = (await series(team))[1:]
    same = (
        "title description priority estimate_minutes tags project type parent watchers creator"
        " recurrence repeats submit_by_one requires_approval"
    )
    for name in same.split():
        assert getattr(next_, name) == getattr(former, name), name
    assert [(each.person.name, each.mark) for each in next_.assignees] == [
        (ref(ana).name, task_pb2.MARK_ASSIGNED)
    ]
    assert [(each.text, each.done) for each in next_.criteria] == [("Restored one", False)]
    assert (next_.status, next_.occurrence) == (task_pb2.TASK_STATUS_PENDING, 2)
    assert (shown(next_.start), shown(next_.deadline)) == (
        "Sat 2026-10-24 18:00",
        "Sun 2026-10-25 09:00",
    )
    (created,) = [event for event in await team.events() if event.subject == next_.name]
    assert (created.type, created.origin) == (event_pb2.EVENT_TYPE_TASK_CREATED, "clock")
    assert created.actor.name == ""
    assert (await verify(team.database)).good


async def test_after_completion_the_rule_counts_from_that_day(team):
    made = await backups(
        team, "FREQ=DAILY;INTERVAL=3", "2026-10-13 18:00", repeats=AFTER_COMPLETION
    )
    await tick(team, "2026-10-20 10:00")
    assert len(await series(team)) == 1

    await team.do("Complete", made.name)

    assert await deadlines(team) == ["Tue 2026-10-13 18:00", "Fri 2026-10-23 18:00"]


async def test_a_series_without_dates_goes_on_at_the_beginning_of_the_day(team):
    await backups(team, "FREQ=WEEKLY;BYDAY=WE", deadline="")

    await tick(team, "2026-10-13 23:59")
    assert len(await series(team)) == 1
    await tick(team, "2026-10-14 00:00")
    await tick(team, "2026-10-20 23:59")
    assert len(await series(team)) == 2
    await tick(team, "2026-11-05 12:00")
    await tick(team)

    made = await series(team)
    assert len(made) == 3
    assert not any(each.HasField("deadline") or each.HasField("start") for each in made)


async def test_one_that_is_put_off_leaves_the_others_where_they_were(team):
    made = await backups(team)
    await team.do("Delay", made.name, reason="Ill", deadline=stamp("2026-10-20 17:30"))

    await tick(team, "2026-10-18 09:00")
    assert len(await series(team)) == 1
    await tick(team, "2026-10-20 17:30")
    await tick(team, "2026-10-25 09:00")

    assert await deadlines(team) == [
        "Tue 2026-10-20 17:30",
        "Sun 2026-10-25 09:00",
        "Sun 2026-11-01 09:00",
    ]


async def test_a_series_whose_deadline_is_edited_goes_on_from_there(team):
    made = await backups(team)
    await team.update(made.name, deadline=stamp("2026-10-18 11:00"))

    await tick(team, "2026-10-18 11:00")

    assert await deadlines(team) == ["Sun 2026-10-18 11:00", "Sun 2026-10-25 11:00"]


async def test_an_hour_that_the_clock_skips_does_not_move_the_series(team):
    at("2026-03-23 08:00")
    await backups(team, deadline="2026-03-29 03:30", rule="FREQ=DAILY")
    head = await backups(team, deadline="2026-03-28 02:30", rule="FREQ=DAILY")

    for day in ("2026-03-28 02:30", "2026-03-29 03:30"):
        await tick(team, day)

    ours = [each for each in await series(team) if number(each.name) >= number(head.name)]
    mine = [shown(each.deadline) for each in ours if each.occurrence > 1]
    assert "Sun 2026-03-29 03:30" in mine
    assert "Mon 2026-03-30 02:30" in mine


async def test_a_count_and_an_until_end_the_series(team):
    counted = await backups(team, "FREQ=DAILY;COUNT=2", "2026-10-12 09:00")
    until = await backups(team, "FREQ=DAILY;UNTIL=20261013", "2026-10-12 09:00")

    for day in range(12, 18):
        await tick(team, f"2026-10-{day} 09:00")

    assert len(await series(team)) == 4
    for first in (counted, until):
        last = (await team.get(first.name)).successor
        assert shown((await team.get(last)).deadline) == "Tue 2026-10-13 09:00"
        await team.do("Complete", last)
    assert len(await series(team)) == 4


async def test_a_cancelled_one_does_not_end_the_series_and_a_deleted_one_does(team):
    cancelled, deleted = await backups(team), await backups(team)
    await team.do("Cancel", cancelled.name, reason="Not this week")
    await team.do("Delete", deleted.name)

    await tick(team, "2026-10-18 09:00")

    assert await deadlines(team) == ["Sun 2026-10-18 09:00", "Sun 2026-10-25 09:00"]


async def test_a_paused_series_brings_nothing_and_goes_on_with_its_next_date(team):
    made = await backups(team)

    paused = await do(team, "PauseRecurrence", made.name)
    assert paused.task.recurrence_paused
    await tick(team, "2026-11-03 10:00")
    await team.do("Complete", made.name)
    assert len(await series(team)) == 1
    await do(team, "ResumeRecurrence", made.name)
    await tick(team)

    assert await deadlines(team) == ["Sun 2026-10-18 09:00", "Sun 2026-11-08 09:00"]


async def test_skipping_moves_the_task_to_its_next_date_and_can_be_taken_back(team):
    made = await backups(team, "FREQ=WEEKLY;COUNT=3")

    skipped = await do(team, "SkipOccurrence", made.name, etag=made.etag)
    assert shown(skipped.task.deadline) == "Sun 2026-10-25 09:00"
    await team.undo()
    assert await deadlines(team) == ["Sun 2026-10-18 09:00"]
    await do(team, "SkipOccurrence", made.name)
    await do(team, "SkipOccurrence", made.name)

    with pytest.raises(Conflict, match="last of its series") as refused:
        await do(team, "SkipOccurrence", made.name)
    assert refused.value.reason == "SERIES_OVER"
    with pytest.raises(Stale):
        await do(team, "SkipOccurrence", made.name, etag=made.etag)


async def test_an_ended_series_brings_nothing_and_ending_it_again_changes_nothing(team):
    made = await backups(team)

    ended = await do(team, "EndRecurrence", made.name)
    assert ended.task.recurrence == ""
    assert (await do(team, "EndRecurrence", made.name)).act == ""
    await tick(team, "2026-10-18 09:00")
    await team.do("Complete", made.name)

    assert len(await series(team)) == 1


@pytest.mark.parametrize("method", ["PauseRecurrence", "ResumeRecurrence", "SkipOccurrence"])
async def test_what_is_not_repeated_has_no_series(team, method):
    made = (await team.create("Once")).task

    with pytest.raises(Conflict) as refused:
        await do(team, method, made.name)

    assert refused.value.reason == "NOT_REPEATED"


async def test_a_former_occurrence_says_which_one_to_name(team):
    made = await backups(team)
    await team.do("Complete", made.name)

    with pytest.raises(Conflict, match="was followed by T-2") as refused:
        await do(team, "EndRecurrence", made.name)

    assert refused.value.reason == "NOT_NEWEST"


async def test_who_may_not_change_a_task_leaves_its_series_alone(team):
    ben = await team.person("Ben")
    made = await backups(team)

    for method in ("PauseRecurrence", "ResumeRecurrence", "SkipOccurrence", "EndRecurrence"):
        with pytest.raises(Forbidden):
            await do(team, method, made.name, by=ben)


async def test_a_preview_shows_the_next_dates_and_whether_there_are_more(team):
    made = await backups(team, "FREQ=MONTHLY;BYMONTHDAY=31", "2026-10-31 17:00")
    counted = await backups(team, "FREQ=WEEKLY;COUNT=3")
    once = (await team.create("Once")).task

    dates = ["Thu 2026-12-31 17:00", "Sun 2027-01-31 17:00", "Wed 2027-03-31 17:00"]
    assert await previewed(team, made.name, 3) == (dates, True)
    assert await previewed(team, counted.name) == (
        ["Sun 2026-10-25 09:00", "Sun 2026-11-01 09:00"],
        False,
    )
    assert await previewed(team, once.name) == ([], False)
    with pytest.raises(Invalid):
        await previewed(team, made.name, 51)
    with pytest.raises(NotFound):
        await previewed(team, "workspaces/1/tasks/999")
