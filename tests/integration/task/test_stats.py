"""Figures: what they are after random histories, whose they are, what may be asked."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from boss.task.v1 import people_service_pb2 as people_pb
from boss.task.v1 import person_pb2, stats_pb2, task_pb2
from boss.task.v1 import stats_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from services.runtime import clock
from services.runtime.errors import Conflict, Forbidden, Invalid, NotFound
from tests.integration.task.recount import Recount, days, lives
from tests.integration.task.world import OWNER, new_id, reasons, ref, task

NEW_YORK = ZoneInfo("America/New_York")
# The clocks of New York go back on 1 November 2026.
BEGIN = datetime(2026, 10, 27, 14, tzinfo=UTC)
STEPS = 140
BY_NAME = {"person": 1, "priority": 2, "project": 3, "department": 4, "day": 5, "week": 6}
REFUSALS = (Conflict, Forbidden, Invalid, NotFound)


def stamp(moment):
    found = Timestamp()
    found.FromDatetime(moment)
    return found


async def move_to_new_york(world):
    request = people_pb.UpdateWorkspaceRequest(
        workspace=person_pb2.Workspace(timezone="America/New_York"),
        update_mask=FieldMask(paths=["timezone"]),
        request_id=new_id(),
    )
    await world.people.UpdateWorkspace(request, actor=OWNER)


async def figures(world, *, by=OWNER, **asked):
    return await world.stats.GetStats(pb.GetStatsRequest(**asked), actor=by)


class History:
    """Days of work by a seed: tasks that are made, moved, put off, deleted, and taken back."""

    def __init__(self, world, people, seed):
        self.world, self.people = world, people
        self.chance = random.Random(seed)  # noqa: S311 -- no secret
        self.names: list[str] = []

    async def live(self):
        clock.set_business_time(BEGIN)
        for _ in range(STEPS):
            clock.advance_business_time(timedelta(minutes=self.chance.randrange(1, 350)))
            try:
                await self.step()
            except REFUSALS:
                continue

    async def step(self):
        chance, world = self.chance, self.world
        if not self.names or chance.random() < 0.2:
            self.names.append((await world.create(self.something())).task.name)
            return
        name = chance.choice(self.names[-6:])
        kind = chance.choice(
            ["Start", "Start", "Submit", "Submit", "Submit", "Approve", "Approve", "Reject",
             "Reject", "Complete", "Complete", "Cancel", "Block", "Hold", "Reopen", "Delay",
             "Delay", "Delete", "undo"]
        )  # fmt: skip
        fields = {
            "Reject": {"feedback": "Not yet"},
            "Block": {"reason": "No key", "block_reason": task_pb2.BLOCK_REASON_EXTERNAL},
            "Hold": {"reason": "Later"},
            "Reopen": {"reason": "Again"},
            "Delay": {"reason": "Ill", "deadline": self.moment()},
        }
        if kind == "undo":
            await world.undo()
        else:
            await world.do(kind, name, **fields.get(kind, {}))

    def moment(self):
        return stamp(clock.now() + timedelta(hours=self.chance.randrange(-30, 200)))

    def something(self):
        chance = self.chance
        described = task(
            f"Task {len(self.names)}",
            to=chance.sample(self.people, chance.randrange(3)),
            priority=chance.randrange(1, 5),
            project=chance.choice(["", "site", "Shop"]),
            requires_approval=chance.random() < 0.5,
        )
        if chance.random() < 0.7:
            described.deadline.CopyFrom(self.moment())
        if chance.random() < 0.5:
            described.estimate_minutes = chance.randrange(10, 500)
        if self.names and chance.random() < 0.2:
            described.depends_on.add(name=chance.choice(self.names))
        return described


@pytest.mark.parametrize("seed", range(3))
async def test_figures_are_what_the_log_tells(world, at_work, seed):
    await move_to_new_york(world)
    ana = await world.person("Ana", department="dev")
    ben = await world.person("Ben", department="design")
    await History(world, [OWNER, ana, ben], seed).live()
    found = await lives(world)
    today = clock.now().astimezone(NEW_YORK).date()

    for first, last in ((date(2026, 10, 31), date(2026, 11, 4)), (today - timedelta(5), today)):
        for group, number in BY_NAME.items():
            told = await figures(world, from_date=str(first), to_date=str(last), group_by=number)
            now = told.time.ToDatetime(UTC)
            counted = Recount(found, NEW_YORK, now, {ana: "dev", ben: "design"})
            same_in_all(told, counted, first, last)
            same_by_group(told, counted, group, (first, last))
    assert sum(len(life.images) for life in found.values()) > STEPS / 2


def same_in_all(told, counted, first, last):
    long = last - first + timedelta(days=1)
    assert (told.before_from_date, told.before_to_date) == (str(first - long), str(last - long))
    assert told.standing == counted.standing(counted.lives)
    assert told.flow == counted.flow(counted.lives, first, last)
    assert told.before == counted.flow(counted.lives, first - long, last - long)


def same_by_group(told, counted, group, span):
    first, last = span
    long = last - first + timedelta(days=1)
    for each in told.groups:
        if group == "day":
            day = date.fromisoformat(each.key)
            assert each.flow == counted.flow(counted.lives, day, day, until=last)
            continue
        if group == "week":
            monday = date.fromisoformat(each.key)
            end = min(last, monday + timedelta(days=6))
            assert each.flow == counted.flow(counted.lives, max(first, monday), end, until=last)
            continue
        some = counted.of(group, each.key)
        assert each.standing == counted.standing(some), each.key
        assert each.flow == counted.flow(some, first, last), each.key
        assert each.before == counted.flow(some, first - long, last - long), each.key
    keys = {each.key for each in told.groups}
    if group == "day":
        assert [each.key for each in told.groups] == [str(day) for day in days(first, last)]
    elif group != "week":
        assert {key for life in counted.lives for key in counted.keys(life, group)} <= keys


async def test_figures_of_some_people_and_a_project(world):
    ana, ben = await world.person("Ana"), await world.person("Ben")
    for to, project in (([ana], "Site"), ([ana, ben], "Site"), ([ben], "Shop"), ([], "Site")):
        await world.create(task("A", to=to, project=project))

    of_ana = await figures(world, people=[ref(ana).name], group_by=stats_pb2.GROUP_BY_PERSON)
    of_site = await figures(world, project="Site", group_by=stats_pb2.GROUP_BY_PERSON)
    of_both = await figures(world, people=[ref(ana).name, ref(ben).name], project="Shop")
    of_none = await figures(world, project="")

    assert (of_ana.standing.open, of_ana.flow.created) == (2, 2)
    assert [(each.person.display_name, each.standing.open) for each in of_ana.groups] == [
        ("Ana", 2)
    ]
    assert [(each.key, each.standing.open) for each in of_site.groups] == [
        (f"P-{ana}", 2), (f"P-{ben}", 1), ("P-1", 0), ("", 1),
    ]  # fmt: skip
    assert (of_both.standing.open, of_none.standing.open) == (1, 0)


async def test_who_sees_only_the_own_gets_figures_of_the_own(world):
    await world.settle(visibility=person_pb2.VISIBILITY_OWN_ONLY)
    ana, ben = await world.person("Ana"), await world.person("Ben")
    secret = (await world.create(task("Secret", to=[ben], project="Secret"))).task
    link = task_pb2.TaskRef(name=secret.name)
    await world.create(task("Hers", to=[ana], project="Site", depends_on=[link]))
    await world.do("Submit", secret.name)

    told = await figures(world, by=ana, group_by=stats_pb2.GROUP_BY_PERSON)
    board = await world.stats.GetDashboard(pb.GetDashboardRequest(), actor=ana)
    projects = await world.stats.ListProjects(pb.ListProjectsRequest(), actor=ana)
    of_all = await figures(world)

    assert (told.standing.total, told.standing.blocked, told.flow.created) == (1, 1, 1)
    assert {each.person.display_name: each.standing.open for each in told.groups} == {
        "Ana": 1, "Ben": 0, "Owner": 0,
    }  # fmt: skip
    assert [each.title for each in board.blocked.tasks] == ["Hers"]
    assert "Secret" not in f"{told}{board}{projects}"
    assert (of_all.standing.total, of_all.standing.waiting_approval) == (2, 1)


async def test_what_was_taken_back_is_not_counted(world):
    made = (await world.create("A")).task
    await world.do("Submit", made.name)
    await world.do("Reject", made.name, feedback="No")
    sent_back = (await figures(world)).flow.revisions
    await world.undo()
    taken_back = (await figures(world)).flow.revisions
    await world.redo()

    assert (sent_back, taken_back) == (1, 0)
    assert (await figures(world)).flow.revisions == 1


async def test_setbacks_count_where_the_log_no_longer_keeps_what_was_before(world):
    made = (await world.create("A")).task
    await world.do("Submit", made.name)
    await world.do("Reject", made.name, feedback="No")
    async with world.database.transaction() as connection:
        await connection.exec_driver_sql("UPDATE task.events SET before = NULL, after = NULL")

    assert (await figures(world)).flow.revisions == 1


async def test_without_days_the_last_thirty(world, at_work):
    told = await figures(world)
    since = await figures(world, from_date="2026-11-20")
    until = await figures(world, to_date="2026-11-20")

    assert (told.from_date, told.to_date) == ("2026-10-27", "2026-11-25")
    assert (since.from_date, since.to_date) == ("2026-11-20", "2026-11-25")
    assert (until.from_date, until.to_date) == ("2026-10-22", "2026-11-20")
    assert not told.flow.HasField("cycle_time")


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        (
            {"from_date": "soon", "to_date": "2026-13-01", "group_by": 99, "people": ["Ana"],
             "project": "x" * 101},
            ["from_date", "to_date", "group_by", "project", "people[0]"],
        ),
        ({"from_date": "2026-11-02", "to_date": "2026-11-01", "project": "a\nb"},
         ["to_date", "project"]),
        ({"from_date": "2020-01-01", "to_date": "2026-01-01"}, ["to_date"]),
        ({"from_date": "2025-01-01", "to_date": "2026-01-02", "group_by": 5}, ["to_date"]),
        ({"people": [f"workspaces/1/people/{n}" for n in range(1, 52)]}, ["people"]),
    ],
)  # fmt: skip
async def test_all_faults_of_a_question_at_once(world, asked, fields):
    with pytest.raises(Invalid) as caught:
        await figures(world, **asked)

    assert reasons(caught.value) == ("FIELDS_INVALID", fields)


async def test_the_longest_spans(world):
    by_week = await figures(world, from_date="2021-11-22", to_date="2026-11-25", group_by=6)
    by_day = await figures(world, from_date="2025-11-25", to_date="2026-11-25", group_by=5)

    assert len(by_week.groups) == 262
    assert (len(by_day.groups), by_day.more_groups) == (366, 0)


async def test_more_projects_than_are_shown(world):
    await world.create("A")
    async with world.database.transaction() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO task.tasks SELECT (jsonb_populate_record(task, jsonb_build_object("
            "'number', 1000 + n, 'project', 'p' || n))).* FROM task.tasks AS task, "
            "generate_series(1, 402) AS n"
        )

    told = await figures(world, group_by=stats_pb2.GROUP_BY_PROJECT)

    assert (len(told.groups), told.more_groups, told.standing.total) == (400, 3, 403)
