"""When the clock has something to say of a task, and what.

Before the deadline it reminds 24 h, 2 h and 30 min ahead, after it at once and after 1, 3 and 7
days; of work in progress of which nothing was heard for 8 working hours it says so twice. Who holds
a task, submits or closes it hears none of this; a blocked task still has its deadline, so its
reminders go on. A step whose time had passed before the task came to be so is left out: a deadline
an hour ahead is reminded of once. What the clock itself does (the next occurrence, the archive, the
end of what was deleted) is done late rather than never.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from services.task.model import Mark, PersonStatus, Status, Task
from services.task.rules import series
from services.task.rules.edits import RESTORE_WITHIN
from services.task.rules.permissions import People
from services.task.rules.working import after_working


class Saying(Enum):
    """What the clock has to say or to do."""

    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    QUIET = "quiet"
    RECURRENCE = "recurrence"
    ARCHIVE = "archive"
    ERASE = "erase"


# What is done late rather than never; the others are words that have their time.
DEEDS = frozenset({Saying.RECURRENCE, Saying.ARCHIVE, Saying.ERASE})
# Minutes before the deadline, days after it.
DUE_SOON_STEPS = (1_440, 120, 30)
OVERDUE_STEPS = (0, 1, 3, 7)
QUIET_SPANS = (timedelta(hours=8), timedelta(hours=16))
ARCHIVE_AFTER = timedelta(days=30)
ERASE_AFTER = RESTORE_WITHIN
# In these nobody is reminded: it is on hold, with who approves it, or closed.
SILENT = frozenset({Status.ON_HOLD, Status.IN_REVIEW, Status.COMPLETED, Status.CANCELLED})


@dataclass(frozen=True, slots=True)
class Instant:
    """One thing that the clock has to say of a task at a time; `step` says which of its kind."""

    at: datetime
    saying: Saying
    step: int = 0


def next_instant(
    task: Task,
    *,
    people: People,
    zone: ZoneInfo,
    now: datetime,
    heard: datetime | None = None,
) -> datetime | None:
    """The next instant at which the clock has something to say of the task.

    `zone` is the workspace's; `heard` is when a person last did or said something of it, the
    task's last change where that is not given.
    """
    found = instants(task, people=people, zone=zone, now=now, heard=heard)
    times = [each.at for each in found if each.at > now or each.saying in DEEDS]
    return max(now, min(times)) if times else None


def due(
    task: Task,
    *,
    people: People,
    zone: ZoneInfo,
    since: datetime,
    now: datetime,
    heard: datetime | None = None,
) -> tuple[Instant, ...]:
    """What is to be said now of what has come since then: the last step of each kind.

    Where the deadline has passed, nothing says that it is near.
    """
    last: dict[Saying, Instant] = {}
    for each in sorted(
        instants(task, people=people, zone=zone, now=now, heard=heard), key=lambda each: each.at
    ):
        if each.at <= now and (each.at >= since or each.saying in DEEDS):
            last[each.saying] = each
    if task.deadline is not None and task.deadline <= now:
        last.pop(Saying.DUE_SOON, None)
    return tuple(last.values())


def instants(
    task: Task,
    *,
    people: People,
    zone: ZoneInfo,
    now: datetime,
    heard: datetime | None = None,
) -> Iterator[Instant]:
    """Everything that the clock has said or will say of the task as it is, in no order."""
    if task.deleted_at is not None:
        yield Instant(task.deleted_at + ERASE_AFTER, Saying.ERASE)
        return
    if (made := series.due_at(task, zone=zone, now=now)) is not None:
        yield Instant(made, Saying.RECURRENCE)
    if task.status is Status.COMPLETED and task.archived_at is None:
        yield Instant((task.completed_at or task.status_since) + ARCHIVE_AFTER, Saying.ARCHIVE)
    if task.status in SILENT:
        return
    if task.deadline is not None:
        yield from _by_deadline(task.deadline)
    if task.status is Status.IN_PROGRESS:
        for step, at in enumerate(_quiet(task, people, zone, heard or task.updated_at), start=1):
            yield Instant(at, Saying.QUIET, step)


def _by_deadline(deadline: datetime) -> Iterator[Instant]:
    for minutes in DUE_SOON_STEPS:
        if (at := _moved(deadline, -timedelta(minutes=minutes))) is not None:
            yield Instant(at, Saying.DUE_SOON, minutes)
    for days in OVERDUE_STEPS:
        if (at := _moved(deadline, timedelta(days=days))) is not None:
            yield Instant(at, Saying.OVERDUE, days)


def _moved(moment: datetime, span: timedelta) -> datetime | None:
    """The instant so much later, None beyond the ends of time."""
    try:
        return moment + span
    except OverflowError:
        return None


def _quiet(task: Task, people: People, zone: ZoneInfo, heard: datetime) -> tuple[datetime, ...]:
    """When the first of those at work has worked so long without a word, for each step.

    Where a person is not known, no step is later than it may be: the clock, which knows all, looks
    again then.
    """
    working = [a.person for a in task.assignees if a.mark is not Mark.DONE]
    holders = working or [each for each in (task.creator,) if each is not None]
    times: list[tuple[datetime, ...]] = []
    for holder in holders:
        record = people.get(holder)
        if record is None:
            times.append(tuple(heard + span for span in QUIET_SPANS))
            continue
        person = record.person
        if person.status is PersonStatus.LEFT:
            continue
        since = heard
        if person.status is PersonStatus.AWAY and person.away_until is not None:
            since = max(heard, person.away_until)
        times.append(
            after_working(
                since,
                QUIET_SPANS,
                zone=ZoneInfo(person.timezone),
                days=person.working_days,
                hours=person.working_hours,
            )
        )
    steps = [[each[step] for each in times if len(each) > step] for step in range(len(QUIET_SPANS))]
    return tuple(min(step) for step in steps if step)
