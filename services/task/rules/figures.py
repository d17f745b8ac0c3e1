"""Figures as values, and the days that they are of. docs/statistics.md defines each of them.

How things stand is of now; what happened is of a span of whole days in the workspace's zone, and of
as many days before it. What is counted where is said by the statement in stats.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from services.task.model import PersonId, Priority, Status, TaskView

DAY = timedelta(days=1)
# Of a span, in all and where it is told day by day; of one where nothing is said.
MOST_DAYS, MOST_SINGLE_DAYS, USUAL_DAYS = 1_830, 366, 30
# Of the dashboard.
RECENT_DAYS = 14
MOST_GROUPS = 400
MOST_WORKLOAD, MOST_AWAY = 50, 20


class GroupBy(Enum):
    """What figures are told apart by; the numbers of boss.task.v1.GroupBy."""

    PERSON = 1
    PRIORITY = 2
    PROJECT = 3
    DEPARTMENT = 4
    DAY = 5
    WEEK = 6

    @property
    def is_of_time(self) -> bool:
        """Whether its groups are parts of the span, so that nothing stands in them."""
        return self in {GroupBy.DAY, GroupBy.WEEK}


@dataclass(frozen=True, slots=True)
class Span:
    """Days of a zone, both included."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def days(self) -> int:
        """How many there are."""
        return (self.last - self.first) // DAY + 1

    @property
    def start(self) -> datetime:
        """The first instant."""
        return midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return midnight(self.last + DAY, self.zone)

    @property
    def before(self) -> Span:
        """As many days right before."""
        return Span(self.first - self.days * DAY, self.first - DAY, self.zone)

    def keys(self, group_by: GroupBy) -> list[str]:
        """The days or weeks in it, in order, a week by its Monday."""
        days = [self.first + n * DAY for n in range(self.days)]
        if group_by is GroupBy.WEEK:
            days = [monday(each) for each in days]
        return list(dict.fromkeys(each.isoformat() for each in days))


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins in a zone."""
    return datetime.combine(day, time(), zone)


def until(now: datetime, zone: ZoneInfo, moments: Iterable[datetime | None]) -> datetime:
    """When the clock alone changes what figures of now say: at midnight, or at one of these."""
    tomorrow = midnight(now.astimezone(zone).date() + DAY, zone)
    return min((tomorrow, *(moment for moment in moments if moment is not None)))


def monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - day.weekday() * DAY


def span_of(first: date | None, last: date | None, *, today: date, zone: ZoneInfo) -> Span:
    """The span between two days; of one that is not given, so that it has the usual length."""
    if last is None:
        last = max(today, first) if first is not None else today
    return Span(first if first is not None else last - (USUAL_DAYS - 1) * DAY, last, zone)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which figures are asked for: of whose tasks, of which project, told apart by what."""

    span: Span
    groups: tuple[GroupBy, ...] = ()
    people: tuple[PersonId, ...] = ()
    project: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand now."""

    by_status: Mapping[Status, int]
    by_priority: Mapping[Priority, int]
    overdue: int = 0
    blocked: int = 0
    estimate_minutes: int = 0

    @property
    def total(self) -> int:
        """All tasks."""
        return sum(self.by_status.values())

    @property
    def open(self) -> int:
        """Those neither completed nor cancelled."""
        return sum(count for status, count in self.by_status.items() if status.is_open)


@dataclass(frozen=True, slots=True)
class CycleTime:
    """Seconds from the first start, or else the creation, to the completion."""

    median: int
    mean: int
    p90: int


@dataclass(frozen=True, slots=True)
class Flow:
    """What happened in a span."""

    created: int = 0
    completed: int = 0
    to_complete: int = 0
    to_complete_done: int = 0
    with_deadline: int = 0
    on_time: int = 0
    cycle_time: CycleTime | None = None
    delays: int = 0
    revisions: int = 0
    reopens: int = 0


NOTHING_STANDS = Standing(
    by_status=dict.fromkeys(Status, 0), by_priority=dict.fromkeys(Priority, 0)
)
NOTHING_HAPPENED = Flow()


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of one key: a person's id, a priority's number, a name, a day; "" of none."""

    key: str
    label: str = ""
    standing: Standing = NOTHING_STANDS
    flow: Flow = NOTHING_HAPPENED
    before: Flow = NOTHING_HAPPENED


@dataclass(frozen=True, slots=True)
class Figures:
    """The total and the groups asked for."""

    as_of: int
    total: Group
    groups: Mapping[GroupBy, Sequence[Group]]
    # When the next open task is overdue.
    next_due: datetime | None = None


def in_order(group_by: GroupBy, groups: Mapping[str, Group], span: Span) -> list[Group]:
    """Groups as they are shown: by name, what is of none last; every day of the span."""
    if group_by.is_of_time:
        return [groups.get(key) or Group(key) for key in span.keys(group_by)]
    if group_by is GroupBy.PRIORITY:
        keys = [str(each.value) for each in sorted(Priority, key=lambda p: -p.value)]
        return [groups.get(key) or Group(key) for key in keys]
    return sorted(
        groups.values(),
        key=lambda group: (not group.key, (group.label or group.key).casefold(), group.key),
    )


def by_load(people: Sequence[Group]) -> list[Group]:
    """People, whoever has the most overdue and open tasks first."""
    return sorted(people, key=lambda group: (-group.standing.overdue, -group.standing.open))


class Excerpt(Enum):
    """The short lists."""

    OVERDUE = 1
    DUE_TODAY = 2
    DUE_THIS_WEEK = 3
    WAITING_APPROVAL = 4
    BLOCKED = 5
    COMPLETED = 6


@dataclass(slots=True)
class Listed:
    """The first tasks of a list, and how many there are in all."""

    tasks: list[TaskView] = field(default_factory=list)
    total: int = 0

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - len(self.tasks)


@dataclass(frozen=True, slots=True)
class Project:
    """A name that tasks have as their project, and how many have it."""

    name: str
    total: int
    open: int
    overdue: int
    completed: int


@dataclass(frozen=True, slots=True)
class Away:
    """Somebody who is away, until when if that was said."""

    person: PersonId
    name: str
    until: datetime | None
