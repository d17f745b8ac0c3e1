"""Time on tasks: timers, one at a time for each person, and what is logged by hand.

A timer measures from one instant to another, and its minutes fall on the days that it ran over;
what is logged by hand is so many minutes of one day. A timer that nobody stops, the clock does, as
it ends attendance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.runtime.errors import Conflict, Forbidden, NotFound, Stale
from services.task.model import PersonId, PersonRecord, Task, TaskNumber
from services.task.rules.people import CHIEFS
from services.task.rules.shifts import LONGEST, Span, by_day, shift_at

LONGEST_NOTE = 500
# How far back time may be logged.
LOG_BACK = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class TimeEntry:
    """One person's time on one task; `id` 0: not stored yet."""

    id: int
    person: PersonId
    task: TaskNumber
    day: date
    created_at: datetime
    updated_at: datetime
    # Of a timer, those of its span once it is stopped.
    minutes: int = 0
    note: str = ""
    began_at: datetime | None = None
    ended_at: datetime | None = None
    ends_at: datetime | None = None
    closes_at: datetime | None = None
    forgotten: bool = False
    deleted_at: datetime | None = None
    version: int = 1

    @property
    def etag(self) -> str:
        """Changes with every change of it."""
        return f"{self.version:x}"

    @property
    def runs(self) -> bool:
        """Whether it is a timer that runs."""
        return self.began_at is not None and self.ended_at is None

    def overdue(self, now: datetime) -> bool:
        """Whether it is the clock's to stop."""
        return self.runs and self.closes_at is not None and self.closes_at <= now

    def span(self, now: datetime) -> Span | None:
        """What a timer has measured, or measures up to now; None for what was logged by hand."""
        if self.began_at is None:
            return None
        end = self.ended_at or min(now, self.closes_at or now)
        return Span(self.began_at, max(self.began_at, end))

    def minutes_at(self, now: datetime) -> int:
        """Its minutes; of a timer that runs, up to now."""
        span = self.span(now)
        return self.minutes if span is None else span.minutes

    def minutes_by_day(self, zone: ZoneInfo, now: datetime) -> list[tuple[date, int]]:
        """The days that it falls on, with its minutes there."""
        span = self.span(now)
        return [(self.day, self.minutes)] if span is None else [*by_day(span, zone)]


def start(record: PersonRecord, task: TaskNumber, *, note: str, now: datetime) -> TimeEntry:
    """A timer that runs from now on."""
    shift = shift_at(now, record.person.working_hours, ZoneInfo(record.person.timezone))
    closes = min(shift.closes, now + LONGEST)
    return TimeEntry(
        id=0,
        person=record.id,
        task=task,
        day=now.astimezone(ZoneInfo(record.person.timezone)).date(),
        created_at=now,
        updated_at=now,
        note=note,
        began_at=now,
        ends_at=min(shift.ends if now < shift.ends else shift.closes, closes),
        closes_at=closes,
    )


def stop(entry: TimeEntry, now: datetime) -> TimeEntry:
    """The timer stopped now."""
    stopped = replace(entry, ended_at=now, updated_at=now)
    return replace(stopped, minutes=stopped.minutes_at(now))


def forget(entry: TimeEntry, now: datetime) -> TimeEntry:
    """The timer as the clock stops it: at the end of the working hours."""
    ended = entry.ends_at or now
    return replace(stop(entry, ended), updated_at=now, forgotten=True)


@dataclass(frozen=True, slots=True)
class Change:
    """What an entry is to be; None: as it is."""

    minutes: int | None = None
    day: date | None = None
    note: str | None = None


def change(entry: TimeEntry, wanted: Change, *, etag: str, now: datetime) -> TimeEntry | None:
    """The entry after the change, None where all is so. Raises TIMER_RUNS, ETAG_MISMATCH."""
    if etag and etag != entry.etag:
        raise Stale(
            "ETAG_MISMATCH",
            "The entry was changed meanwhile: read it again, then decide again.",
            metadata={"etag": entry.etag},
        )
    minutes = entry.minutes if wanted.minutes is None else wanted.minutes
    day = wanted.day or entry.day
    note = entry.note if wanted.note is None else wanted.note
    if (minutes, day) != (entry.minutes, entry.day):
        if entry.runs:
            raise Conflict(
                "TIMER_RUNS", f"The timer on T-{entry.task} runs: stop it first, then change it."
            )
        # What was measured is no longer what counts.
        entry = replace(entry, began_at=None, ended_at=None, ends_at=None, closes_at=None)
    elif note == entry.note:
        return None
    return replace(entry, minutes=minutes, day=day, note=note, updated_at=now)


def require_own(actor: PersonRecord, entry: TimeEntry) -> None:
    """Raises Forbidden NOT_ALLOWED where the actor may not change this entry."""
    if actor.id != entry.person and actor.person.role not in CHIEFS:
        raise Forbidden(
            "NOT_ALLOWED",
            "You may not change somebody else's time. Whose it is, the owner or a boss may.",
        )


def require_log_for(actor: PersonRecord, subject: PersonRecord) -> None:
    """Raises Forbidden NOT_ALLOWED where the actor may not log time of this person."""
    if actor.id != subject.id and actor.person.role not in CHIEFS:
        name = subject.person.display_name
        raise Forbidden(
            "NOT_ALLOWED", f"You may not log time of {name}. {name}, the owner or a boss may."
        )


def require_open(number: TaskNumber, task: Task) -> None:
    """Raises Conflict TASK_CLOSED where no timer can run on the task."""
    if not task.status.is_open:
        raise Conflict(
            "TASK_CLOSED",
            f"T-{number} is {task.status.words}: reopen it first, or log the time by hand.",
        )


def no_timer(running: TimeEntry | None) -> Conflict:
    """The answer to who would stop a timer that does not run."""
    if running is None:
        return Conflict("NO_TIMER", "No timer runs: start one on a task, or log the time by hand.")
    return Conflict("NO_TIMER", f"Your timer runs on T-{running.task}: stop it there.")


def entry_not_found() -> NotFound:
    """The answer where an entry is not there, or of another workspace, or deleted."""
    return NotFound("TIME_ENTRY_NOT_FOUND", "There is no such time entry.")
