"""The first page, and the projects: what is in them, in which order, how much more there is."""

from datetime import UTC, datetime, timedelta

import pytest
from boss.task.v1 import person_pb2, task_pb2
from boss.task.v1 import stats_service_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp

from services.runtime import clock
from services.runtime.errors import Invalid
from tests.integration.task.world import OWNER, reasons, ref, task

# A Wednesday, at noon.
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TITLES = ("overdue", "due_today", "due_this_week", "waiting_approval", "blocked", "completed")


def stamp(text):
    found = Timestamp()
    found.FromDatetime(datetime.fromisoformat(f"{text}:00+00:00"))
    return found


async def due(world, title, when, **fields):
    return (await world.create(task(title, deadline=stamp(when), **fields))).task


async def dashboard(world, *, by=OWNER):
    return await world.stats.GetDashboard(pb.GetDashboardRequest(), actor=by)


def titles(excerpt):
    return [each.title for each in excerpt.tasks]


async def test_the_first_page(world, at_work):
    clock.set_business_time(NOW)
    ana = await world.person("Ana")
    await due(world, "Yesterday", "2026-11-24T10:00", to=[ana])
    await due(world, "This morning", "2026-11-25T09:00", to=[ana])
    await due(world, "Tonight", "2026-11-25T23:30")
    await due(world, "Sunday", "2026-11-29T23:00")
    await due(world, "Monday", "2026-11-30T00:00")
    waiting = (await world.create("To be approved")).task
    await world.do("Submit", waiting.name)
    stuck = (await world.create("Stuck")).task
    await world.do(
        "Block", stuck.name, reason="No key", block_reason=task_pb2.BLOCK_REASON_EXTERNAL
    )
    await world.create(task("Waits", depends_on=[task_pb2.TaskRef(name=stuck.name)]))
    for title in ("First", "Last"):
        made = (await world.create(task(title, requires_approval=False))).task
        await world.do("Complete", made.name)

    board = await dashboard(world)

    assert titles(board.overdue) == ["Yesterday", "This morning"]
    assert titles(board.due_today) == ["Tonight"]
    assert titles(board.due_this_week) == ["Sunday"]
    assert titles(board.waiting_approval) == ["To be approved"]
    assert titles(board.blocked) == ["Stuck", "Waits"]
    assert titles(board.completed) == ["Last", "First"]
    assert board.overdue.tasks[0] == await world.get(board.overdue.tasks[0].name)
    assert (board.standing.open, board.unassigned, board.standing.blocked) == (8, 6, 2)
    assert [(each.person.display_name, each.standing.overdue) for each in board.workload] == [
        ("Ana", 2), ("Owner", 0),
    ]  # fmt: skip
    assert [(each.key, each.flow.created, each.flow.completed) for each in board.days[-2:]] == [
        ("2026-11-24", 0, 0), ("2026-11-25", 10, 2),
    ]  # fmt: skip
    assert (len(board.days), board.days[0].key) == (14, "2026-11-12")
    assert (board.flow.created, board.before.created) == (10, 0)


async def test_each_list_says_how_many_more(world, at_work):
    clock.set_business_time(NOW)
    for day in range(10, 17):
        await due(world, f"{day}", f"2026-11-{day}T10:00")

    board = await dashboard(world)

    assert titles(board.overdue) == ["10", "11", "12", "13", "14"]
    assert board.overdue.more == 2
    assert [getattr(board, each).more for each in TITLES[1:]] == [0] * 5


async def test_who_is_away(world, at_work):
    clock.set_business_time(NOW)
    away = person_pb2.PERSON_STATUS_AWAY
    for number in range(21):
        await world.person(f"P{number:02}", status=away)
    await world.person("Soon", status=away, away_until=stamp("2026-11-26T08:00"))
    await world.person("Back", status=away, away_until=stamp("2026-11-25T12:30"))
    clock.set_business_time(NOW.replace(hour=13))

    board = await dashboard(world)

    names = [each.person.display_name for each in board.away]
    assert names == ["Soon", *(f"P{number:02}" for number in range(19))]
    assert board.more_away == 2
    assert board.away[0].until == stamp("2026-11-26T08:00")
    assert not board.away[1].HasField("until")


async def answers(world):
    """All answers that depend on the clock, without the moment that they are of."""
    told = [
        await dashboard(world),
        await world.stats.GetStats(pb.GetStatsRequest(), actor=OWNER),
        await world.stats.ListProjects(pb.ListProjectsRequest(), actor=OWNER),
    ]
    until = [each.until for each in told]
    for each in told:
        for name in ("time", "until", "as_of"):
            each.ClearField(name)
    return told, until


@pytest.mark.parametrize(
    "moment", ["2026-11-25T18:00", "2026-11-26T00:00"], ids=["a deadline", "midnight"]
)
async def test_until_when_the_clock_changes_nothing(world, at_work, moment):
    clock.set_business_time(NOW)
    if moment == "2026-11-25T18:00":
        await due(world, "Tonight", moment, project="site")
    closed = await due(world, "Closed", "2026-11-25T15:00", requires_approval=False)
    await world.do("Complete", closed.name)
    first, until = await answers(world)
    at = until[0].ToDatetime(UTC)

    clock.set_business_time(at.replace(second=0) - timedelta(minutes=1))
    before, _ = await answers(world)
    clock.set_business_time(at + timedelta(minutes=1))
    after, later = await answers(world)

    assert until == [stamp(moment)] * 3
    assert before == first
    assert after[:2] != first[:2]
    assert all(each.ToDatetime() > until[0].ToDatetime() for each in later)


async def test_who_comes_back_changes_the_first_page(world, at_work):
    clock.set_business_time(NOW)
    back = stamp("2026-11-25T14:00")
    await world.person("Ana", status=person_pb2.PERSON_STATUS_AWAY, away_until=back)

    assert (await dashboard(world)).until == back


async def test_a_workspace_that_has_nothing(world):
    board = await dashboard(world)
    projects = await world.stats.ListProjects(pb.ListProjectsRequest(), actor=OWNER)

    assert (board.standing.total, board.flow.created, len(board.days)) == (0, 0, 14)
    assert [each.person.display_name for each in board.workload] == ["Owner"]
    assert not any(getattr(board, each).tasks for each in TITLES)
    assert (len(projects.projects), projects.total_size) == (0, 0)


async def test_projects_with_their_counts(world, at_work):
    clock.set_business_time(NOW)
    await due(world, "A", "2026-11-24T10:00", project="site")
    done = (await world.create(task("B", project="site", requires_approval=False))).task
    await world.do("Complete", done.name)
    await world.create(task("C", project="Shop"))
    gone = (await world.create(task("D", project="Gone"))).task
    await world.do("Delete", gone.name)
    await world.create("None")

    told = await world.stats.ListProjects(pb.ListProjectsRequest(), actor=OWNER)

    assert [
        (each.display_name, each.total, each.open, each.overdue, each.completed)
        for each in told.projects
    ] == [("Shop", 1, 1, 0, 0), ("site", 2, 1, 1, 1)]
    assert (told.total_size, told.next_page_token) == (2, "")


async def test_pages_of_projects(world):
    for name in ("b", "A", "c", "B", "a"):
        await world.create(task("T", project=name))
    names, token = [], ""
    while True:
        page = await world.stats.ListProjects(
            pb.ListProjectsRequest(page_size=2, page_token=token), actor=OWNER
        )
        names += [each.display_name for each in page.projects]
        if not (token := page.next_page_token):
            break

    assert [name.lower() for name in names] == ["a", "a", "b", "b", "c"]
    assert (len(set(names)), page.total_size) == (5, 5)


@pytest.mark.parametrize(
    ("asked", "reason", "field"),
    [
        ({"page_size": 501}, "FIELDS_INVALID", "page_size"),
        ({"page_size": -1}, "FIELDS_INVALID", "page_size"),
        ({"page_token": "?"}, "PAGE_TOKEN_INVALID", "page_token"),
        ({"page_token": "WyJhXHUwMDAwIl0"}, "PAGE_TOKEN_INVALID", "page_token"),
    ],
)
async def test_what_is_no_page_of_projects(world, asked, reason, field):
    with pytest.raises(Invalid) as caught:
        await world.stats.ListProjects(pb.ListProjectsRequest(**asked), actor=OWNER)

    assert reasons(caught.value) == (reason, [field])


async def test_who_left_has_a_group_only_with_tasks(world):
    ana, ben = await world.person("Ana"), await world.person("Ben")
    guest = await world.person("Gus", "GUEST")
    await world.create(task("A", to=[ana]))
    for each in (ana, ben):
        async with world.database.transaction() as connection:
            await connection.exec_driver_sql(
                "UPDATE task.people SET status = 3 WHERE id = $1", (each,)
            )

    shown = [each.person.name for each in (await dashboard(world)).workload]

    assert shown == [ref(ana).name, ref(OWNER).name]
    assert ref(guest).name not in shown
