"""The JSON of attendance and time that the API answers with, as types."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from services.gateway.shapes import PersonRef, Priority, TaskRef

AttendanceState = Literal[
    "expected", "absent", "away", "day_off", "in", "on_break", "out", "unspecified"
]


class Break(Struct, frozen=True):
    """A pause; without an end it lasts still."""

    start_at: datetime
    end_at: datetime | None


class Attendance(Struct, frozen=True):
    """From one "in" to its "out", which is null while the person is in."""

    id: int
    person: PersonRef
    date: str
    in_at: datetime
    out_at: datetime | None
    breaks: list[Break]
    on_break: bool
    late_minutes: int
    worked_minutes: int
    break_minutes: int
    forgotten: bool
    corrected: bool
    etag: str


class AttendanceDay(Struct, frozen=True):
    """One person's day of work."""

    person: PersonRef
    department: str | None
    date: str
    timezone: str
    state: AttendanceState
    start_at: datetime | None
    end_at: datetime | None
    late_minutes: int
    worked_minutes: int
    break_minutes: int
    forgotten: bool
    away_until: datetime | None
    attendances: list[Attendance]


class AttendancePage(Struct, frozen=True):
    """A day of people, by name; `total` has all."""

    days: list[AttendanceDay]
    total: int
    next_cursor: str | None


class TimeEntry(Struct, frozen=True):
    """Time on a task; of a timer, when it began and, unless it runs, when it ended."""

    id: int
    person: PersonRef
    task: TaskRef
    date: str
    minutes: int
    note: str
    start_at: datetime | None
    end_at: datetime | None
    running: bool
    forgotten: bool
    created_at: datetime | None
    updated_at: datetime | None
    etag: str


class StartedTimer(TimeEntry, frozen=True):
    """A timer that runs now, and the one that was stopped for it."""

    stopped: TimeEntry | None


class DueTask(Struct, frozen=True):
    """An open task that is due next."""

    task: TaskRef
    deadline: datetime | None
    priority: Priority


class Gone(Struct, frozen=True):
    """Who has gone: the day in sum, what is due next, and the timer that was stopped."""

    attendance: Attendance
    worked_minutes: int
    break_minutes: int
    due_next: list[DueTask]
    more_due: int
    stopped: TimeEntry | None


class TimePage(Struct, frozen=True):
    """A page of time entries, the newest day first; `total` has all."""

    entries: list[TimeEntry]
    total: int
    next_cursor: str | None


class TaskTime(Struct, frozen=True):
    """Minutes on one task."""

    task: TaskRef
    minutes: int


class TimesheetDay(Struct, frozen=True):
    """One day from midnight to midnight in the person's zone."""

    date: str
    in_at: datetime | None
    out_at: datetime | None
    worked_minutes: int
    break_minutes: int
    late_minutes: int
    logged_minutes: int
    forgotten: bool
    tasks: list[TaskTime]


class Timesheet(Struct, frozen=True):
    """A person's time over a span of days, with its sums."""

    person: PersonRef
    department: str | None
    timezone: str
    days: list[TimesheetDay]
    tasks: list[TaskTime]
    worked_minutes: int
    break_minutes: int
    late_minutes: int
    late_days: int
    logged_minutes: int


class TimesheetPage(Struct, frozen=True):
    """Timesheets by name of the person, both days included; `total` counts the people."""

    timesheets: list[Timesheet]
    date_from: str
    date_to: str
    total: int
    next_cursor: str | None
