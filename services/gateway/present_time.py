"""Attendance, time and timesheets as the JSON of the API, and timesheets as CSV."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from boss.task.v1 import attendance_pb2, time_entry_pb2
from boss.task.v1 import attendance_service_pb2 as pb

from services.gateway import present, shapes
from services.gateway import shapes_time as shown
from services.runtime import spreadsheet

STATES = present.words(attendance_pb2.AttendanceState, "ATTENDANCE_STATE_")
SHEET_HEAD = (
    "person",
    "id",
    "department",
    "date",
    "in",
    "out",
    "worked_minutes",
    "break_minutes",
    "late_minutes",
    "logged_minutes",
    "forgotten",
    "timezone",
)
SUM = "total"


def attendance(message: attendance_pb2.Attendance) -> shown.Attendance:
    """Return one presence."""
    breaks = [
        shown.Break(present.moment(one.start_time), _when(one, "end_time"))
        for one in message.breaks
    ]
    return shown.Attendance(
        id=number(message.name),
        person=present.person_ref(message.person),
        date=message.date,
        in_at=present.moment(message.in_time),
        out_at=_when(message, "out_time"),
        breaks=breaks,
        on_break=any(one.end_at is None for one in breaks),
        late_minutes=message.late_minutes,
        worked_minutes=message.worked_minutes,
        break_minutes=message.break_minutes,
        forgotten=message.forgotten,
        corrected=message.corrected,
        etag=message.etag,
    )


def day(message: attendance_pb2.AttendanceDay) -> shown.AttendanceDay:
    """Return one person's day."""
    return shown.AttendanceDay(
        person=present.person_ref(message.person),
        department=message.department or None,
        date=message.date,
        timezone=message.timezone,
        state=cast("shown.AttendanceState", STATES[message.state]),
        start_at=_when(message, "start_time"),
        end_at=_when(message, "end_time"),
        late_minutes=message.late_minutes,
        worked_minutes=message.worked_minutes,
        break_minutes=message.break_minutes,
        forgotten=message.forgotten,
        away_until=_when(message, "away_until"),
        attendances=[attendance(one) for one in message.attendances],
    )


def gone(message: pb.ClockOutResponse) -> shown.Gone:
    """Return what "out" is answered with."""
    return shown.Gone(
        attendance=attendance(message.attendance),
        worked_minutes=message.worked_minutes,
        break_minutes=message.break_minutes,
        due_next=[
            shown.DueTask(
                present.task_ref(one.ref),
                _when(one, "deadline"),
                cast("shapes.Priority", present.PRIORITIES[one.priority]),
            )
            for one in message.due_next
        ],
        more_due=message.more_due,
        stopped=entry(message.stopped) if message.HasField("stopped") else None,
    )


def entry(message: time_entry_pb2.TimeEntry) -> shown.TimeEntry:
    """Return time on a task."""
    return shown.TimeEntry(**_entry(message))


def started(message: pb.StartTimerResponse) -> shown.StartedTimer:
    """Return a timer that runs."""
    stopped = entry(message.stopped) if message.HasField("stopped") else None
    return shown.StartedTimer(**_entry(message.entry), stopped=stopped)


def _entry(message: time_entry_pb2.TimeEntry) -> dict[str, Any]:
    begun, ended = _when(message, "start_time"), _when(message, "end_time")
    return {
        "id": number(message.name),
        "person": present.person_ref(message.person),
        "task": present.task_ref(message.task),
        "date": message.date,
        "minutes": message.minutes,
        "note": message.note,
        "start_at": begun,
        "end_at": ended,
        "running": begun is not None and ended is None,
        "forgotten": message.forgotten,
        "created_at": _when(message, "create_time"),
        "updated_at": _when(message, "update_time"),
        "etag": message.etag,
    }


def timesheet(message: time_entry_pb2.Timesheet) -> shown.Timesheet:
    """Return a person's time over days."""
    return shown.Timesheet(
        person=present.person_ref(message.person),
        department=message.department or None,
        timezone=message.timezone,
        days=[
            shown.TimesheetDay(
                date=one.date,
                in_at=_when(one, "in_time"),
                out_at=_when(one, "out_time"),
                worked_minutes=one.worked_minutes,
                break_minutes=one.break_minutes,
                late_minutes=one.late_minutes,
                logged_minutes=one.logged_minutes,
                forgotten=one.forgotten,
                tasks=_spent(one.tasks),
            )
            for one in message.days
        ],
        tasks=_spent(message.tasks),
        worked_minutes=message.worked_minutes,
        break_minutes=message.break_minutes,
        late_minutes=message.late_minutes,
        late_days=message.late_days,
        logged_minutes=message.logged_minutes,
    )


def _spent(tasks: Iterable[time_entry_pb2.TaskTime]) -> list[shown.TaskTime]:
    return [shown.TaskTime(present.task_ref(one.task), one.minutes) for one in tasks]


def sheet_lines(sheets: Iterable[time_entry_pb2.Timesheet]) -> bytes:
    """Return timesheets as lines of CSV: each day of each person, then the person's sum."""
    return spreadsheet.lines(row for one in sheets for row in _rows(one))


def _rows(sheet: time_entry_pb2.Timesheet) -> Iterator[tuple[str | int | None, ...]]:
    zone = ZoneInfo(sheet.timezone)
    person = sheet.person.display_name, present.person_id(sheet.person.name), sheet.department
    for one in sheet.days:
        times = _local(one, "in_time", zone), _local(one, "out_time", zone)
        spent = one.worked_minutes, one.break_minutes, one.late_minutes, one.logged_minutes
        yield *person, one.date, *times, *spent, "yes" if one.forgotten else "", sheet.timezone
    sums = sheet.worked_minutes, sheet.break_minutes, sheet.late_minutes, sheet.logged_minutes
    yield *person, SUM, None, None, *sums, "", sheet.timezone


def _local(message: Any, field: str, zone: ZoneInfo) -> str:
    at = _when(message, field)
    return "" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _when(message: Any, field: str) -> datetime | None:
    return present.moment(getattr(message, field)) if message.HasField(field) else None


def number(name: str) -> int:
    """Return the last part of a resource's name."""
    return int(name.rpartition("/")[2])
