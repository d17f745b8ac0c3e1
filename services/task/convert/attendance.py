"""Attendance and time on the wire, and what requests say of them, with all faults at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from boss.task.v1 import attendance_pb2, time_entry_pb2
from boss.task.v1 import attendance_service_pb2 as pb

from services.runtime.errors import Invalid, NotFound, Violation
from services.task.attendance import PersonDays
from services.task.convert.checks import Faults
from services.task.convert.names import parse
from services.task.convert.people import ref
from services.task.convert.tasks import ref_to_proto, stamp
from services.task.model import PersonRecord, TaskNumber, TaskRef, WorkspaceId
from services.task.rules import durations
from services.task.rules.attendance import (
    MOST_BREAKS,
    Break,
    Correction,
    Presence,
    State,
    attendance_not_found,
    late,
    state_of,
)
from services.task.rules.shifts import shift_at, shift_on
from services.task.rules.timers import LONGEST_NOTE, Change, entry_not_found
from services.task.rules.timesheets import DayTime, Timesheet
from services.task.time_entries import Shown

DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
LONGEST_REASON = 500
CORRECTABLE = frozenset({"in_time", "out_time", "breaks"})
CHANGEABLE = frozenset({"minutes", "date", "note"})


def attendance_name(workspace: int, attendance: int) -> str:
    """workspaces/{workspace}/attendance/{attendance}."""
    return f"workspaces/{workspace}/attendance/{attendance}"


def entry_name(workspace: int, entry: int) -> str:
    """workspaces/{workspace}/timeEntries/{entry}."""
    return f"workspaces/{workspace}/timeEntries/{entry}"


def attendance_target(name: str, own: WorkspaceId) -> int:
    """The presence that a request is about; another workspace's is ATTENDANCE_NOT_FOUND."""
    return _target(name, "attendance", own, attendance_not_found)


def entry_target(name: str, own: WorkspaceId) -> int:
    """The entry that a request is about; another workspace's is TIME_ENTRY_NOT_FOUND."""
    return _target(name, "timeEntries", own, entry_not_found)


def _target(name: str, collection: str, own: WorkspaceId, absent: Callable[[], NotFound]) -> int:
    parsed = parse(name, collection)
    if parsed is None:
        example = f"workspaces/{own}/{collection}/42"
        raise Invalid(
            "NAME_INVALID",
            f"Write the name like {example}.",
            violations=[Violation("name", f"Write it like {example}.")],
        )
    if parsed[0] not in {None, own}:
        raise absent()
    return parsed[1]


# --- what requests say ---


def day_from(text: str, field: str, faults: Faults) -> date | None:
    """A day written YYYY-MM-DD, None where nothing is written."""
    if not text:
        return None
    try:
        found = date.fromisoformat(text) if DATE.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None or not EARLIEST <= found <= LATEST:
        faults.add(field, "Write a day like 2026-11-25.")
        return None
    return found


def minutes_from(spent: str, minutes: int, faults: Faults, *, field: str) -> int:
    """Minutes, written as people do or as a number, not both."""
    try:
        if spent and minutes:
            faults.add("spent", f"Give either spent or {field}.")
        return durations.parse(spent) if spent else durations.checked(minutes)
    except durations.DurationError as error:
        faults.add("spent" if spent else field, str(error))
        return 0


def note_from(text: str, field: str, faults: Faults) -> str:
    """A note of one line."""
    return faults.line(field, text, most=LONGEST_NOTE)


def change_from(request: pb.UpdateTimeRequest, faults: Faults) -> Change:
    """What of an entry is to be changed."""
    paths = set(request.update_mask.paths)
    if request.spent:
        paths.add("minutes")
    wanted = faults.mask(paths, CHANGEABLE)
    entry = request.entry
    day = day_from(entry.date, "entry.date", faults) if "date" in wanted else None
    if "date" in wanted and not entry.date:
        faults.add("entry.date", "Write a day like 2026-11-25.")
    return Change(
        minutes=minutes_from(request.spent, entry.minutes, faults, field="entry.minutes")
        if "minutes" in wanted
        else None,
        day=day,
        note=note_from(entry.note, "entry.note", faults) if "note" in wanted else None,
    )


def correction_from(request: pb.CorrectAttendanceRequest, faults: Faults) -> Correction:
    """What a presence is to be; of one that is added everything is taken."""
    message = request.attendance
    if request.remove:
        return Correction()
    if message.name:
        wanted = set(faults.mask(request.update_mask.paths, CORRECTABLE))
    else:
        wanted = set(CORRECTABLE)
        if not message.HasField("in_time"):
            faults.add("attendance.in_time", "Say when the person came.")
    for field in ("in_time", "out_time"):
        if message.name and field in wanted and not message.HasField(field):
            faults.add(f"attendance.{field}", "Give a time; to be in again, say “in”.")
    return Correction(
        came_at=_moment(message, "in_time", wanted, faults),
        left_at=_moment(message, "out_time", wanted, faults),
        breaks=_breaks(message, faults) if "breaks" in wanted else None,
    )


def _moment(message: Any, field: str, wanted: set[str], faults: Faults) -> datetime | None:
    if field not in wanted:
        return None
    found = faults.moment(f"attendance.{field}", message, field)
    if found is not None and not EARLIEST <= found.date() <= LATEST:
        faults.add(f"attendance.{field}", "Give a time of the years 2000 to 2199.")
        return None
    return found


def _breaks(message: attendance_pb2.Attendance, faults: Faults) -> tuple[Break, ...]:
    faults.many("attendance.breaks", len(message.breaks), most=MOST_BREAKS)
    found = []
    for index, each in enumerate(message.breaks[:MOST_BREAKS]):
        at = f"attendance.breaks[{index}]"
        began = faults.moment(f"{at}.start_time", each, "start_time")
        ended = faults.moment(f"{at}.end_time", each, "end_time")
        if not each.HasField("start_time"):
            faults.add(f"{at}.start_time", "Say when the break began.")
        if began is not None:
            found.append(Break(began, ended))
    return tuple(found)


# --- what answers show ---


def attendance_to_proto(
    presence: Presence, record: PersonRecord, same_day: Sequence[Presence], now: datetime
) -> attendance_pb2.Attendance:
    """The presence as shown, among those of its day."""
    workspace = record.workspace
    return attendance_pb2.Attendance(
        name=attendance_name(workspace, presence.id),
        person=ref(workspace, record.id, record.person.display_name),
        date=presence.day.isoformat(),
        in_time=stamp(presence.came_at),
        out_time=stamp(presence.left_at),
        breaks=breaks_to_proto(presence.breaks),
        late_minutes=presence.late_minutes(same_day),
        worked_minutes=presence.worked_minutes(now),
        break_minutes=presence.break_minutes(now),
        forgotten=presence.forgotten,
        corrected=presence.corrected,
        etag=presence.etag,
    )


@dataclass(frozen=True, slots=True)
class Times:
    """What the log tells of a presence that was corrected."""

    came_at: datetime
    left_at: datetime | None
    breaks: tuple[Break, ...]


def times_to_proto(times: Times) -> attendance_pb2.Attendance:
    """A presence with nothing but its times."""
    return attendance_pb2.Attendance(
        in_time=stamp(times.came_at),
        out_time=stamp(times.left_at),
        breaks=breaks_to_proto(times.breaks),
    )


def breaks_to_proto(breaks: Sequence[Break]) -> list[attendance_pb2.AttendanceBreak]:
    """The breaks as shown."""
    return [
        attendance_pb2.AttendanceBreak(start_time=stamp(each.began), end_time=stamp(each.ended))
        for each in breaks
    ]


def day_to_proto(
    person: PersonDays, day: date | None, *, grace: Any, now: datetime
) -> attendance_pb2.AttendanceDay:
    """A person's day of work; without a day the one that it is for the person now."""
    record = person.record
    zone, hours = ZoneInfo(record.person.timezone), record.person.working_hours
    shift = shift_at(now, hours, zone) if day is None else shift_on(day, hours, zone)
    presences = [each for each in person.presences if each.day == shift.day]
    state = state_of(record, presences, shift, now=now, grace=grace, away_since=person.away_since)
    minutes = sum(each.late_minutes(presences) for each in presences)
    if state is State.ABSENT:
        minutes = late(shift.begins + grace, min(now, shift.ends))
    message = attendance_pb2.AttendanceDay(
        person=ref(record.workspace, record.id, record.person.display_name),
        date=shift.day.isoformat(),
        timezone=record.person.timezone,
        state=state.value,  # type: ignore[arg-type]
        late_minutes=minutes,
        worked_minutes=sum(each.worked_minutes(now) for each in presences),
        break_minutes=sum(each.break_minutes(now) for each in presences),
        forgotten=any(each.forgotten or each.overdue(now) for each in presences),
        attendances=[attendance_to_proto(each, record, presences, now) for each in presences],
        department=record.person.department,
    )
    if state is State.AWAY:
        message.away_until.CopyFrom(stamp(record.person.away_until) or message.away_until)
        if record.person.away_until is None:
            message.ClearField("away_until")
    if shift.day.isoweekday() in record.person.working_days:
        message.start_time.FromDatetime(shift.begins)
        message.end_time.FromDatetime(shift.ends)
    return message


def entry_to_proto(shown: Shown, now: datetime) -> time_entry_pb2.TimeEntry:
    """The entry as shown."""
    entry = shown.entry
    return time_entry_pb2.TimeEntry(
        name=entry_name(shown.workspace, entry.id),
        person=ref(shown.workspace, entry.person, shown.person_name),
        task=ref_to_proto(shown.task, shown.workspace),
        date=entry.day.isoformat(),
        minutes=entry.minutes_at(now),
        note=entry.note,
        start_time=stamp(entry.began_at),
        end_time=stamp(entry.ended_at),
        forgotten=entry.forgotten,
        create_time=stamp(entry.created_at),
        update_time=stamp(entry.updated_at),
        etag=entry.etag,
    )


def timesheet_to_proto(person: PersonDays, sheet: Timesheet) -> time_entry_pb2.Timesheet:
    """The timesheet as shown."""
    record, refs = person.record, person.tasks or {}

    def spent(tasks: Mapping[TaskNumber, int]) -> list[time_entry_pb2.TaskTime]:
        return [
            time_entry_pb2.TaskTime(
                task=ref_to_proto(refs[number], record.workspace), minutes=minutes
            )
            for number, minutes in tasks.items()
        ]

    def day(each: DayTime) -> time_entry_pb2.TimesheetDay:
        return time_entry_pb2.TimesheetDay(
            date=each.date.isoformat(),
            in_time=stamp(each.came_at),
            out_time=stamp(each.left_at),
            worked_minutes=each.worked,
            break_minutes=each.breaks,
            late_minutes=each.late,
            logged_minutes=each.logged,
            forgotten=each.forgotten,
            tasks=spent(each.tasks),
        )

    return time_entry_pb2.Timesheet(
        person=ref(record.workspace, record.id, record.person.display_name),
        department=record.person.department,
        timezone=record.person.timezone,
        days=[day(each) for each in sheet.days],
        tasks=spent(sheet.tasks),
        worked_minutes=sheet.worked,
        break_minutes=sheet.breaks,
        late_minutes=sheet.late,
        late_days=sheet.late_days,
        logged_minutes=sheet.logged,
    )


def without_titles(person: PersonDays, known: frozenset[TaskNumber]) -> PersonDays:
    """The person's days with the titles of these tasks alone; numbers and states stay."""
    tasks = {
        number: each if number in known else TaskRef(number, "", each.status)
        for number, each in (person.tasks or {}).items()
    }
    return PersonDays(person.record, person.presences, person.entries, tasks, person.away_since)
