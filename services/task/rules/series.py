"""The series of a repeated task: when its next occurrence is made, and what that is like.

The newest occurrence, which no other follows, is the head; it alone is repeated. On schedule the
next is made when the head's time comes or when the head is completed, whichever is first, and
stands for the rule's next date that is still to come: after a standstill one is made, not many.
After completion it is made then alone, and the rule counts from that day. A cancelled head counts
as one on schedule, so that the series goes on; a deleted or paused one brings nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile
from zoneinfo import ZoneInfo

from services.task import recurrence
from services.task.model import (
    Assignee,
    Criterion,
    PersonId,
    PersonStatus,
    Repeat,
    Status,
    Task,
    TaskNumber,
)
from services.task.rules.permissions import People
from services.task.rules.shifts import day_of, start_of

# How far ahead a preview looks.
MOST_PREVIEWED = 50


def is_head(task: Task) -> bool:
    """Whether it is the newest of a series that goes on, unless it is paused."""
    return bool(task.recurrence) and task.successor is None and task.deleted_at is None


def brings(before: Task | None, after: Task) -> bool:
    """Whether this change completes a head, so that the next occurrence comes with it."""
    return (
        before is not None
        and before.status.is_open
        and after.status is Status.COMPLETED
        and is_head(after)
        and not after.recurrence_paused
    )


def due_at(task: Task, *, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When the clock makes the next occurrence, `now` where that is overdue; None: it does not."""
    if not is_head(task) or task.recurrence_paused or is_last(task):
        return None
    if task.repeats is Repeat.AFTER_COMPLETION and task.status.is_open:
        return None
    at = now if task.status is Status.COMPLETED else _time_of(task, zone)
    if at is None or at > now:
        return at
    # A rule without further dates would be due for ever.
    return now if next_date(task, zone=zone, now=now) is not None else None


def is_last(task: Task) -> bool:
    """Whether as many have been made as the rule's COUNT says."""
    many = recurrence.count(task.recurrence)
    return many is not None and task.occurrence >= many


def next_date(task: Task, *, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The date for which the head's next occurrence stands, None where the series is over."""
    if is_last(task):
        return None
    if _after_completion(task):
        anchor = _from_completion(task, zone=zone, now=now)
        return recurrence.next_after(task.recurrence, anchor, max(anchor, now), zone)
    own = _own_date(task, zone)
    if _is_dated(task):
        return recurrence.next_after(task.recurrence, task.anchor or own, max(own, now), zone)
    return _undated(task, own, zone=zone, now=now)


def skipped(task: Task, *, zone: ZoneInfo, now: datetime) -> Task | None:
    """The head moved to its next date, None where there is none."""
    to = next_date(replace(task, repeats=Repeat.ON_SCHEDULE), zone=zone, now=now)
    if to is None:
        return None
    return replace(
        task,
        **_moved(task, to, zone),  # type: ignore[arg-type]
        anchor=_series_anchor(task, to, zone),
        # What is skipped counts for COUNT as well.
        occurrence=task.occurrence + 1,
    )


def following(
    task: Task, *, people: People, zone: ZoneInfo, now: datetime, by: PersonId | None = None
) -> Task | None:
    """The next occurrence of this head, None where the series is over.

    `people` are those that the task names; who has left, or is not among them, is left out.
    """
    to = next_date(task, zone=zone, now=now)
    if to is None:
        return None
    return Task(
        title=task.title,
        description=task.description,
        priority=task.priority,
        assignees=tuple(Assignee(person) for person in _present(task.people, people)),
        estimate_minutes=task.estimate_minutes,
        tags=task.tags,
        project=task.project,
        type=task.type,
        criteria=tuple(Criterion(each.text) for each in task.criteria),
        parent=task.parent,
        place=task.place,
        requires_approval=task.requires_approval,
        submit_by_one=task.submit_by_one,
        watchers=_present(task.watchers, people),
        recurrence=task.recurrence,
        repeats=task.repeats,
        occurrence=task.occurrence + 1,
        anchor=_series_anchor(task, to, zone),
        creator=task.creator,
        created_at=now,
        updated_at=now,
        status_since=now,
        status_by=by,
        **_moved(task, to, zone),  # type: ignore[arg-type]
    )


def followed(task: Task, successor: TaskNumber) -> Task:
    """The head, which is one no longer; nothing was heard of it, so no other time moves."""
    return replace(task, successor=successor)


def preview(task: Task, *, zone: ZoneInfo, now: datetime, most: int) -> tuple[datetime, ...]:
    """The next dates of the series, at most so many, as if each were done in its time."""
    first = next_date(task, zone=zone, now=now) if is_head(task) else None
    if first is None:
        return ()
    many = recurrence.count(task.recurrence)
    left = most if many is None else min(most, many - task.occurrence)
    anchor = task.anchor or _own_date(task, zone)
    if _after_completion(task):
        anchor = first
    more = recurrence.first_dates(task.recurrence, anchor, first, zone, most=max(0, left - 1))
    return (first, *more)


def _present(ids: Iterable[PersonId], people: People) -> tuple[PersonId, ...]:
    return tuple(
        each
        for each in ids
        if each in people and people[each].person.status is not PersonStatus.LEFT
    )


def _is_dated(task: Task) -> bool:
    return task.deadline is not None or task.start is not None


def _own_date(task: Task, zone: ZoneInfo) -> datetime:
    """What the task stands for: its deadline, else its start, else the day of its making."""
    own = task.deadline or task.start or task.anchor
    return own or start_of(day_of(task.created_at, zone), zone)


def _time_of(task: Task, zone: ZoneInfo) -> datetime | None:
    """When the head's time comes; one without a date waits for the beginning of the next day."""
    own = _own_date(task, zone)
    if _is_dated(task):
        return own
    return recurrence.next_after(task.recurrence, own, own, zone)


def _undated(task: Task, own: datetime, *, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The day that the next one stands for: the last one that has come, else the next one."""
    dates = recurrence.dates_after(task.recurrence, own, own, zone)
    first = next(dates, None)
    if first is None or first > now:
        return first
    return [first, *takewhile(lambda date: date <= now, dates)][-1]


def _after_completion(task: Task) -> bool:
    return task.repeats is Repeat.AFTER_COMPLETION and task.status is not Status.CANCELLED


def _from_completion(task: Task, *, zone: ZoneInfo, now: datetime) -> datetime:
    """The day of the completion at the series' time of day."""
    day = day_of(task.completed_at or now, zone)
    time = (task.anchor or _own_date(task, zone)).astimezone(zone).time()
    return datetime.combine(day, time, tzinfo=zone).astimezone(UTC)


def _series_anchor(task: Task, to: datetime, zone: ZoneInfo) -> datetime:
    """From which date the series goes on counting."""
    return (task.anchor or _own_date(task, zone)) if _is_dated(task) else to


def _moved(task: Task, to: datetime, zone: ZoneInfo) -> Mapping[str, datetime | None]:
    """Deadline and start on another date of the series, as far as the task has them."""
    if task.deadline is None:
        return {"deadline": None, "start": to if task.start is not None else None}
    if task.start is None:
        return {"deadline": to, "start": None}
    # On the wall clock: what begins at nine begins at nine after the clock was changed.
    apart = _wall(task.deadline, zone) - _wall(task.start, zone)
    start = (_wall(to, zone) - apart).replace(tzinfo=zone).astimezone(UTC)
    return {"deadline": to, "start": start}


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)
