"""Timesheets: what a person's presences and time entries add up to, day by day and task by task.

Days go from midnight to midnight in the person's zone, so work over midnight is on both. A presence
counts as late on the day of work that it is of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.task.model import TaskNumber
from services.task.rules.attendance import Presence
from services.task.rules.shifts import DAY, by_day, day_of
from services.task.rules.timers import TimeEntry

MOST_DAYS = 93
# People times days of one answer.
MOST_PERSON_DAYS = 3_100


@dataclass(slots=True)
class DayTime:
    """One day of a timesheet."""

    date: date
    came_at: datetime | None = None
    left_at: datetime | None = None
    worked: int = 0
    breaks: int = 0
    late: int = 0
    forgotten: bool = False
    tasks: Counter[TaskNumber] = field(default_factory=Counter)

    @property
    def logged(self) -> int:
        """Minutes on tasks."""
        return sum(self.tasks.values())


@dataclass(frozen=True, slots=True)
class Timesheet:
    """A person's time over a span of days, each of which is there."""

    days: Sequence[DayTime]

    @property
    def worked(self) -> int:
        """Minutes at work, without the breaks."""
        return sum(each.worked for each in self.days)

    @property
    def breaks(self) -> int:
        """Minutes of breaks."""
        return sum(each.breaks for each in self.days)

    @property
    def late(self) -> int:
        """Minutes after the end of the grace."""
        return sum(each.late for each in self.days)

    @property
    def late_days(self) -> int:
        """How many days began late."""
        return sum(each.late > 0 for each in self.days)

    @property
    def logged(self) -> int:
        """Minutes on tasks."""
        return sum(each.logged for each in self.days)

    @property
    def tasks(self) -> Mapping[TaskNumber, int]:
        """Minutes on each task, the most first."""
        found: Counter[TaskNumber] = Counter()
        for each in self.days:
            found.update(each.tasks)
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def timesheet(
    first: date,
    last: date,
    *,
    presences: Sequence[Presence],
    entries: Iterable[TimeEntry],
    zone: ZoneInfo,
    now: datetime,
) -> Timesheet:
    """What these add up to on the days from first to last, both included."""
    days = {day: DayTime(day) for day in each_day(first, last)}
    for presence in sorted(presences, key=lambda each: each.came_at):
        _add_presence(days, presence, zone, now)
        if presence.day in days:
            days[presence.day].late += presence.late_minutes(presences)
    for entry in entries:
        for day, minutes in entry.minutes_by_day(zone, now):
            if day in days and minutes:
                days[day].tasks[entry.task] += minutes
    return Timesheet([*days.values()])


def _add_presence(
    days: Mapping[date, DayTime], presence: Presence, zone: ZoneInfo, now: datetime
) -> None:
    came = days.get(day_of(presence.came_at, zone))
    if came is not None and came.came_at is None:
        came.came_at = presence.came_at
    if presence.left_at is not None:
        left = days.get(day_of(presence.left_at, zone))
        if left is not None:
            left.left_at = presence.left_at
            left.forgotten = left.forgotten or presence.forgotten
    for day, minutes in by_day(presence.span(now), zone):
        if day in days:
            days[day].worked += minutes
    for pause in presence.pauses(now):
        for day, minutes in by_day(pause, zone):
            if day in days:
                days[day].worked -= minutes
                days[day].breaks += minutes


def each_day(first: date, last: date) -> Iterable[date]:
    """The days from first to last, both included."""
    while first <= last:
        yield first
        first += DAY
