"""AttendanceService: who is at work, and what the time goes into."""

# ruff: noqa: N802 -- RPCs have the names that the protos give them

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from boss.task.v1 import attendance_service_pb2 as pb
from boss.task.v1 import attendance_service_pb2_grpc as rpc

from services.runtime import clock
from services.task.attendance import Page, Scope, read_days
from services.task.commands import attendance as commands
from services.task.commands import corrections
from services.task.commands.attendance import NEAR, Clocked
from services.task.commands.storing import Answer
from services.task.commands.writing import Store
from services.task.convert.attendance import (
    LONGEST_REASON,
    attendance_target,
    attendance_to_proto,
    correction_from,
    day_from,
    day_to_proto,
    entry_to_proto,
    timesheet_to_proto,
    without_titles,
)
from services.task.convert.checks import Faults
from services.task.convert.lists import people_place, people_token
from services.task.convert.names import person_target
from services.task.convert.tasks import ref_to_proto, stamp
from services.task.convert.workspaces import DEPARTMENT
from services.task.model import PersonRecord
from services.task.rules.shifts import DAY
from services.task.rules.timesheets import MOST_DAYS, MOST_PERSON_DAYS, timesheet
from services.task.seeing import seen_of
from services.task.server.calls import Answers, asked, viewer_of
from services.task.server.time import Timing, limit_from

DAYS_PAGE, DAYS_PAGE_DEFAULT = 500, 100
SHEETS_PAGE = 100
WEEK = 7


class AttendanceServicer(Timing, rpc.AttendanceServiceServicer):
    """Attendance and time of the people of the caller's workspace."""

    def __init__(self, store: Store, answers: Answers) -> None:
        super().__init__(store, answers)

    async def ClockIn(self, request: pb.ClockInRequest, _context: Any) -> pb.ClockInResponse:
        """The caller is at work."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        faults.raise_if_any()
        written = await commands.clock_in(self._store, ask, _present(pb.ClockInResponse))
        return await self._answers.complete(written, pb.ClockInResponse, ask.workspace)

    async def ClockOut(self, request: pb.ClockOutRequest, _context: Any) -> pb.ClockOutResponse:
        """The caller has gone."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        faults.raise_if_any()
        written = await commands.clock_out(self._store, ask, _gone)
        return await self._answers.complete(written, pb.ClockOutResponse, ask.workspace)

    async def ToggleBreak(
        self, request: pb.ToggleBreakRequest, _context: Any
    ) -> pb.ToggleBreakResponse:
        """Begins or ends a break."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        faults.raise_if_any()
        on_break = request.on_break if request.HasField("on_break") else None
        written = await commands.toggle_break(self._store, ask, _paused, on_break=on_break)
        return await self._answers.complete(written, pb.ToggleBreakResponse, ask.workspace)

    async def CorrectAttendance(
        self, request: pb.CorrectAttendanceRequest, _context: Any
    ) -> pb.CorrectAttendanceResponse:
        """Changes, adds or takes away a presence."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        correction = correction_from(request, faults)
        reason = faults.line("reason", request.reason, least=1, most=LONGEST_REASON)
        name = request.attendance.name
        if request.remove and not name:
            faults.add("attendance.name", "Name what is to be taken away.")
        faults.raise_if_any()
        target: int
        if name:
            target = attendance_target(name, ask.workspace)
        else:
            target = person_target(request.attendance.person.name, ask.workspace)[1]
        written = await corrections.correct(
            self._store,
            ask,
            target,
            correction,
            add=not name,
            remove=request.remove,
            reason=reason,
            etag=request.etag,
            compose=_present(pb.CorrectAttendanceResponse),
        )
        return await self._answers.complete(written, pb.CorrectAttendanceResponse, ask.workspace)

    # --- reads ---

    async def GetAttendance(
        self, request: pb.GetAttendanceRequest, _context: Any
    ) -> pb.GetAttendanceResponse:
        """A day of people."""
        faults = Faults()
        day = day_from(request.date, "date", faults)
        limit = limit_from(request.page_size, DAYS_PAGE, faults) or DAYS_PAGE_DEFAULT
        department = faults.line("department", request.department, most=DEPARTMENT)
        after = people_place(request.page_token) if request.page_token else None
        faults.raise_if_any()
        scope, _ = await self.scope(request, department)
        now = clock.now()
        # Without a day each has the own one, which is today's, yesterday's or tomorrow's by UTC.
        page = await read_days(
            self._store.database,
            scope,
            first=day or now.date(),
            last=day or now.date(),
            around=NEAR if day is None else 0 * NEAR,
            limit=limit,
            after=after,
        )
        settings = (await self._store.roster.workspace(scope.workspace)).settings
        grace = timedelta(minutes=settings.late_grace_minutes)
        return pb.GetAttendanceResponse(
            days=[day_to_proto(each, day, grace=grace, now=now) for each in page.people],
            next_page_token=_next(page),
            total_size=page.total,
            as_of=page.as_of,
        )

    async def GetTimesheet(
        self, request: pb.GetTimesheetRequest, _context: Any
    ) -> pb.GetTimesheetResponse:
        """Timesheets of people over days."""
        faults = Faults()
        first = day_from(request.from_date, "from_date", faults)
        last = day_from(request.to_date, "to_date", faults)
        _check_span(first, last, faults)
        size = limit_from(request.page_size, SHEETS_PAGE, faults) or SHEETS_PAGE
        department = faults.line("department", request.department, most=DEPARTMENT)
        after = people_place(request.page_token) if request.page_token else None
        faults.raise_if_any()
        scope, person = await self.scope(request, department)
        now = clock.now()
        first, last = await self._days(scope, person, first, last)
        page = await read_days(
            self._store.database,
            scope,
            first=first,
            last=last,
            around=NEAR,
            limit=min(size, max(1, MOST_PERSON_DAYS // ((last - first) // DAY + 1))),
            after=after,
            with_entries=True,
        )
        viewer = await viewer_of(self._store.roster)
        numbers = {number for each in page.people for number in each.tasks or ()}
        known = await seen_of(self._store.database.hot_rows, viewer, numbers)
        sheets = []
        for each in page.people:
            zone = ZoneInfo(each.record.person.timezone)
            sheet = timesheet(
                first, last, presences=each.presences, entries=each.entries, zone=zone, now=now
            )
            sheets.append(timesheet_to_proto(without_titles(each, known), sheet))
        return pb.GetTimesheetResponse(
            timesheets=sheets,
            next_page_token=_next(page),
            total_size=page.total,
            from_date=first.isoformat(),
            to_date=last.isoformat(),
            as_of=page.as_of,
        )

    async def _days(
        self, scope: Scope, person: PersonRecord | None, first: date | None, last: date | None
    ) -> tuple[date, date]:
        """The days asked for; of one that is not given, those of a week."""
        if first is None and last is None:
            if person is None:
                zone = (await self._store.roster.workspace(scope.workspace)).timezone
            else:
                zone = person.person.timezone
            today = clock.now().astimezone(ZoneInfo(zone)).date()
            first = today - today.weekday() * DAY
        if first is None:
            assert last is not None  # noqa: S101 -- one of the two is given
            return last - (WEEK - 1) * DAY, last
        return first, first + (WEEK - 1) * DAY if last is None else last


def _check_span(first: date | None, last: date | None, faults: Faults) -> None:
    if first is None or last is None:
        return
    if last < first:
        faults.add("to_date", "The last day must not be before the first.")
    elif (last - first) // DAY >= MOST_DAYS:
        faults.add("to_date", f"Ask for at most {MOST_DAYS} days at once.")


def _next(page: Page) -> str:
    return people_token(page.next_key) if page.next_key else ""


def _present(kind: Any) -> Callable[[Clocked | None], Answer]:
    def compose(clocked: Clocked | None) -> Answer:
        answer: Answer = kind() if clocked is None else kind(attendance=_attendance(clocked))
        return answer

    return compose


def _paused(clocked: Clocked) -> Answer:
    return pb.ToggleBreakResponse(
        attendance=_attendance(clocked), on_break=clocked.presence.on_break
    )


def _gone(clocked: Clocked) -> Answer:
    day, now = clocked.same_day, clocked.now
    answer = pb.ClockOutResponse(
        attendance=_attendance(clocked),
        worked_minutes=sum(each.worked_minutes(now) for each in day),
        break_minutes=sum(each.break_minutes(now) for each in day),
        due_next=[
            pb.DueTask(
                ref=ref_to_proto(due.task, clocked.workspace),
                deadline=stamp(due.deadline),
                priority=due.priority.value,  # type: ignore[arg-type]
            )
            for due in clocked.due_next
        ],
        more_due=clocked.due_total - len(clocked.due_next),
    )
    if clocked.stopped is not None:
        answer.stopped.CopyFrom(entry_to_proto(clocked.stopped, now))
    return answer


def _attendance(clocked: Clocked) -> Any:
    return attendance_to_proto(clocked.presence, clocked.record, clocked.same_day, clocked.now)
