"""/api/time, timers on tasks, and /api/timesheet, as JSON or as CSV."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from boss.task.v1 import attendance_service_pb2 as pb
from boss.task.v1 import time_entry_pb2
from google.protobuf.field_mask_pb2 import FieldMask
from msgspec import UNSET, Meta, UnsetType

from services.gateway import present_time
from services.gateway import shapes_time as shapes
from services.gateway.answer import Answer, Header, entity_tag, json
from services.gateway.api.attendance import Who, person_in, version
from services.gateway.api.tasks import act, position
from services.gateway.caching.kept import Life
from services.gateway.clients import Clients
from services.gateway.directory import Directory
from services.gateway.fields import (
    PersonInput,
    TaskInput,
    Text,
    number_of,
    task_name,
    text,
    written,
)
from services.gateway.operation import Call, Input, Nothing, Operation, Query
from services.runtime import spreadsheet

PATH = "/api/time"
ONE = "/api/time/{id}"
SHEET = "/api/timesheet"
CSV = b"text/csv; charset=utf-8"
LONGEST_NOTE = 500

Note = Annotated[str, text(LONGEST_NOTE)]
# As people write it: 2h30m, 1.5h, 45m, 1d.
Spent = Annotated[str, text(40, 1)]
Minutes = Annotated[int, Meta(ge=1, le=24 * 60)]
Day = Annotated[str, text(10, 1)]


class TimerNote(Input, frozen=True):
    """What the time goes into."""

    note: Note = ""


class NewTime(Input, frozen=True, kw_only=True):
    """Time on a task: `spent` as people write it, or `minutes`; without a date, today."""

    task: TaskInput
    spent: Spent | UnsetType = UNSET
    minutes: Minutes | UnsetType = UNSET
    date: Day | UnsetType = UNSET
    note: Note = ""
    person: PersonInput | UnsetType = UNSET

    def __post_init__(self) -> None:
        if (self.spent is UNSET) == (self.minutes is UNSET):
            raise ValueError("Give either spent, such as 1h30m, or minutes")


class TimeChange(Input, frozen=True):
    """What is to be replaced."""

    spent: Spent | UnsetType = UNSET
    minutes: Minutes | UnsetType = UNSET
    date: Day | UnsetType = UNSET
    note: Note | UnsetType = UNSET

    def __post_init__(self) -> None:
        if not self.said():
            raise ValueError("Name at least one field to change")
        if self.spent is not UNSET and self.minutes is not UNSET:
            raise ValueError("Give either spent, such as 1h30m, or minutes")


class TimeQuery(Query, frozen=True):
    """Whose time, on what, on which days, and which page of it."""

    person: Who | None = None
    task: Text | None = None
    first: Day | None = msgspec.field(default=None, name="from")
    last: Day | None = msgspec.field(default=None, name="to")
    per_page: Annotated[int, Meta(ge=1, le=100)] = 50
    cursor: Text | None = None


class SheetQuery(Query, frozen=True):
    """Whose timesheets, of which days; without days those of this week."""

    person: Who | None = None
    department: Annotated[str, text(50, 1)] | None = None
    first: Day | None = msgspec.field(default=None, name="from")
    last: Day | None = msgspec.field(default=None, name="to")
    per_page: Annotated[int, Meta(ge=1, le=100)] = 100
    cursor: Text | None = None


class Time:
    """What the time goes into, in the caller's workspace."""

    def __init__(self, clients: Clients, directory: Directory) -> None:
        self._attendance = clients.attendance
        self._directory = directory

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        key = ("Idempotency-Key",)
        return (
            Operation(
                "POST", "/api/tasks/{id}:startTimer", self.start,
                "Start one's timer on a task, and stop one that runs on another",
                {200: shapes.StartedTimer}, body=TimerNote, body_needed=False, headers=key,
                problems=(404, 409),
            ),
            Operation(
                "POST", "/api/tasks/{id}:stopTimer", self.stop_on, "Stop one's timer on a task",
                {200: shapes.TimeEntry}, body=Nothing, body_needed=False, headers=key,
                problems=(404, 409),
            ),
            Operation(
                "POST", PATH + ":stopTimer", self.stop, "Stop one's timer, whatever it runs on",
                {200: shapes.TimeEntry}, body=Nothing, body_needed=False, headers=key,
                problems=(409,),
            ),
            Operation(
                "GET", PATH, self.list, "Time entries, the newest day first",
                {200: shapes.TimePage}, query=TimeQuery, problems=(404,), kept=Life.RESPONSE,
            ),
            Operation(
                "POST", PATH, self.log, "Log time on a task", {201: shapes.TimeEntry},
                body=NewTime, headers=key, problems=(404,),
            ),
            Operation(
                "PATCH", ONE, self.change, "Change logged time", {200: shapes.TimeEntry},
                body=TimeChange, headers=("If-Match", *key), problems=(404, 409, 412),
            ),
            Operation(
                "DELETE", ONE, self.delete, "Take logged time away, or throw a timer away",
                {204: None}, headers=key, problems=(404,),
            ),
            Operation(
                "GET", SHEET, self.timesheet,
                "Timesheets of people; `Accept: text/csv` asks for a table of all of them",
                {200: shapes.TimesheetPage}, query=SheetQuery, problems=(404,),
            ),
        )  # fmt: skip

    async def start(self, call: Call, body: TimerNote) -> Answer:
        """Start a timer."""
        request = pb.StartTimerRequest(
            name=task_name(call.params["id"], call.who.workspace),
            note=body.note,
            request_id=call.request_id(),
        )
        told = await self._attendance.StartTimer(request, actor=call.person)
        made = present_time.started(told)
        return json(made, headers=(entity_tag(made.etag), position(told.position)))

    async def stop_on(self, call: Call, _body: Nothing) -> Answer:
        """Stop the timer on a task."""
        return await self._stop(call, task_name(call.params["id"], call.who.workspace))

    async def stop(self, call: Call, _body: Nothing) -> Answer:
        """Stop the timer."""
        return await self._stop(call, "")

    async def _stop(self, call: Call, task: str) -> Answer:
        request = pb.StopTimerRequest(name=task, request_id=call.request_id())
        return _shown(await self._attendance.StopTimer(request, actor=call.person))

    async def list(self, call: Call, query: TimeQuery) -> Answer:
        """Answer with a page of entries."""
        known = self._directory.head
        request = pb.ListTimeEntriesRequest(
            person=await person_in(self._directory, query.person, call),
            task="" if query.task is None else task_name(query.task, call.who.workspace),
            from_date=query.first or "",
            to_date=query.last or "",
            page_size=query.per_page,
            page_token=query.cursor or "",
        )
        told = await self._attendance.ListTimeEntries(request, actor=call.person)
        return json(
            shapes.TimePage(
                entries=[present_time.entry(one) for one in told.entries],
                total=told.total_size,
                next_cursor=told.next_page_token or None,
            ),
            as_of=min(told.as_of, known),
            # A timer that runs has more minutes each minute.
            clocked=True,
        )

    async def log(self, call: Call, body: NewTime) -> Answer:
        """Log time."""
        person = None if body.person is UNSET else written(body.person)
        request = pb.LogTimeRequest(
            name=task_name(written(body.task), call.who.workspace),
            spent=body.spent or "",
            minutes=body.minutes or 0,
            date=body.date or "",
            note=body.note,
            person=await person_in(self._directory, person, call),
            request_id=call.request_id(),
        )
        told = await self._attendance.LogTime(request, actor=call.person)
        place = f"{PATH}/{present_time.number(told.entry.name)}".encode()
        return _shown(told, 201, ((b"location", place),))

    async def change(self, call: Call, body: TimeChange) -> Answer:
        """Change logged time."""
        said = body.said()
        spent = said.pop("spent", "")
        request = pb.UpdateTimeRequest(
            entry=time_entry_pb2.TimeEntry(name=_name(call), **said),
            update_mask=FieldMask(paths=sorted(said)),
            spent=spent,
            etag=version(call),
            request_id=call.request_id(),
        )
        return _shown(await self._attendance.UpdateTime(request, actor=call.person))

    async def delete(self, call: Call) -> Answer:
        """Take logged time away."""
        request = pb.DeleteTimeRequest(name=_name(call), request_id=call.request_id())
        told = await self._attendance.DeleteTime(request, actor=call.person)
        return Answer(204, headers=(position(told.position), *act(told.act)))

    async def timesheet(self, call: Call, query: SheetQuery) -> Answer:
        """Answer with a page of timesheets, or with all of them as a table."""
        request = pb.GetTimesheetRequest(
            person=await person_in(self._directory, query.person, call),
            department=query.department or "",
            from_date=query.first or "",
            to_date=query.last or "",
            page_size=query.per_page,
            page_token=query.cursor or "",
        )
        vary: Header = (b"vary", b"accept")
        told = await self._attendance.GetTimesheet(request, actor=call.person)
        if _wants_csv(call):
            return await self._table(call, request, told, vary)
        page = shapes.TimesheetPage(
            timesheets=[present_time.timesheet(one) for one in told.timesheets],
            date_from=told.from_date,
            date_to=told.to_date,
            total=told.total_size,
            next_cursor=told.next_page_token or None,
        )
        return json(page, headers=(vary,))

    async def _table(
        self, call: Call, request: pb.GetTimesheetRequest, told: Any, vary: Header
    ) -> Answer:
        """Return all that follows as one table: 93 days of a person are some 8 KB."""
        span = told.from_date, told.to_date
        parts = [spreadsheet.lines([present_time.SHEET_HEAD])]
        parts.append(present_time.sheet_lines(told.timesheets))
        while told.next_page_token:
            request.page_token = told.next_page_token
            request.from_date, request.to_date = span
            told = await self._attendance.GetTimesheet(request, actor=call.person)
            parts.append(present_time.sheet_lines(told.timesheets))
        name = f'attachment; filename="timesheet-{span[0]}-{span[1]}.csv"'.encode()
        headers = (vary, (b"content-disposition", name))
        return Answer(200, b"".join(parts), headers, CSV)


def _wants_csv(call: Call) -> bool:
    accepted = call.header(b"accept") or ""
    return any(part.partition(";")[0].strip() == "text/csv" for part in accepted.split(","))


def _shown(told: Any, status: int = 200, headers: tuple[Header, ...] = ()) -> Answer:
    made = present_time.entry(told.entry)
    done = getattr(told, "act", "")
    headers = (*headers, entity_tag(made.etag), position(told.position), *act(done))
    return json(made, status, headers=headers)


def _name(call: Call) -> str:
    ident = number_of(call.params["id"], reason="TIME_ENTRY_NOT_FOUND", what="time entry")
    return f"workspaces/{call.who.workspace}/timeEntries/{ident}"
