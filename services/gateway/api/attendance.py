"""/api/attendance: who is at work: in, break, out, the day's list, corrections with a reason."""

# ruff: noqa: RUF012 -- msgspec copies defaults

from collections.abc import Sequence
from typing import Annotated, Any

from boss.task.v1 import attendance_pb2, person_pb2
from boss.task.v1 import attendance_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask
from msgspec import UNSET, Meta, UnsetType

from services.gateway import present_time
from services.gateway import shapes_time as shapes
from services.gateway.answer import Answer, Header, entity_tag, json, tags
from services.gateway.api.tasks import ANY_VERSION, position
from services.gateway.caching.kept import Life
from services.gateway.clients import Clients
from services.gateway.directory import Directory
from services.gateway.fields import (
    Moment,
    PersonInput,
    Text,
    check_moments,
    number_of,
    one_line,
    text,
    timestamp,
    written,
)
from services.gateway.operation import Call, Input, Nothing, Operation, Query

PATH = "/api/attendance"
ONE = "/api/attendance/{id}"
LONGEST_REASON = 500
# What the JSON calls otherwise than the proto.
PATHS = {"in_at": "in_time", "out_at": "out_time", "breaks": "breaks"}

Reason = Annotated[str, one_line(LONGEST_REASON)]
Who = Annotated[str, text(200, 1)]


class BreakInput(Input, frozen=True, kw_only=True):
    """A pause; without an end it lasts still."""

    start_at: Moment
    end_at: Moment | None = None

    def __post_init__(self) -> None:
        check_moments(start_at=self.start_at, end_at=self.end_at)


Breaks = Annotated[list[BreakInput], Meta(max_length=50)]


class Pause(Input, frozen=True):
    """Whether a break begins or ends; without it, the other of what it is now."""

    on_break: bool | UnsetType = UNSET


class NewAttendance(Input, frozen=True, kw_only=True):
    """A presence that nobody has told of, with the reason for adding it."""

    person: PersonInput
    in_at: Moment
    out_at: Moment | None = None
    breaks: Breaks = []
    reason: Reason

    def __post_init__(self) -> None:
        check_moments(in_at=self.in_at, out_at=self.out_at)


class Correction(Input, frozen=True, kw_only=True):
    """What is to be replaced of a presence, breaks whole, and why."""

    in_at: Moment | UnsetType = UNSET
    out_at: Moment | UnsetType = UNSET
    breaks: Breaks | UnsetType = UNSET
    reason: Reason

    def __post_init__(self) -> None:
        check_moments(in_at=self.in_at, out_at=self.out_at)
        if not self.said().keys() & PATHS:
            raise ValueError("Name at least one field to change")


class Why(Query, frozen=True, kw_only=True):
    """Why it is taken away."""

    reason: Reason


class DayQuery(Query, frozen=True):
    """Which day, of whom, and which page of it; without a date each person's own today."""

    date: Annotated[str, text(10, 1)] | None = None
    person: Who | None = None
    department: Annotated[str, text(50, 1)] | None = None
    per_page: Annotated[int, Meta(ge=1, le=500)] = 100
    cursor: Text | None = None


class Attendance:
    """Attendance in the caller's workspace."""

    def __init__(self, clients: Clients, directory: Directory) -> None:
        self._attendance = clients.attendance
        self._directory = directory

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        key = ("Idempotency-Key",)
        return (
            Operation(
                "GET", PATH, self.day, "Who is in, late, absent and away on a day",
                {200: shapes.AttendancePage}, query=DayQuery, problems=(404,),
                kept=Life.RESPONSE,
            ),
            Operation(
                "POST", PATH + ":in", self.come, "Say that one is at work",
                {200: shapes.Attendance}, body=Nothing, body_needed=False, headers=key,
            ),
            Operation(
                "POST", PATH + ":break", self.pause, "Begin or end one's break",
                {200: shapes.Attendance}, body=Pause, body_needed=False, headers=key,
                problems=(409,),
            ),
            Operation(
                "POST", PATH + ":out", self.go, "Say that one has gone; answers with what is next",
                {200: shapes.Gone}, body=Nothing, body_needed=False, headers=key, problems=(409,),
            ),
            Operation(
                "POST", PATH, self.add, "Add a presence; for the owner and bosses",
                {201: shapes.Attendance}, body=NewAttendance, headers=key, problems=(404, 409),
            ),
            Operation(
                "PATCH", ONE, self.correct, "Correct a presence; for the owner and bosses",
                {200: shapes.Attendance}, body=Correction, headers=("If-Match", *key),
                problems=(404, 409, 412),
            ),
            Operation(
                "DELETE", ONE, self.remove, "Take a presence away; for the owner and bosses",
                {204: None}, query=Why, headers=("If-Match", *key), problems=(404, 409, 412),
            ),
        )  # fmt: skip

    async def day(self, call: Call, query: DayQuery) -> Answer:
        """Answer with a day of people."""
        known = self._directory.head
        request = pb.GetAttendanceRequest(
            person=await person_in(self._directory, query.person, call),
            date=query.date or "",
            department=query.department or "",
            page_size=query.per_page,
            page_token=query.cursor or "",
        )
        told = await self._attendance.GetAttendance(request, actor=call.person)
        return json(
            shapes.AttendancePage(
                days=[present_time.day(one) for one in told.days],
                total=told.total_size,
                next_cursor=told.next_page_token or None,
            ),
            as_of=min(told.as_of, known),
            clocked=True,
        )

    async def come(self, call: Call, _body: Nothing) -> Answer:
        """Be at work."""
        request = pb.ClockInRequest(request_id=call.request_id())
        return _present(await self._attendance.ClockIn(request, actor=call.person))

    async def pause(self, call: Call, body: Pause) -> Answer:
        """Begin or end a break."""
        request = pb.ToggleBreakRequest(request_id=call.request_id(), **body.said())
        return _present(await self._attendance.ToggleBreak(request, actor=call.person))

    async def go(self, call: Call, _body: Nothing) -> Answer:
        """Be gone."""
        request = pb.ClockOutRequest(request_id=call.request_id())
        told = await self._attendance.ClockOut(request, actor=call.person)
        return json(present_time.gone(told), headers=(position(told.position),))

    async def add(self, call: Call, body: NewAttendance) -> Answer:
        """Add a presence."""
        person = await person_in(self._directory, written(body.person), call)
        presence = attendance_pb2.Attendance(
            person=person_pb2.PersonRef(name=person), in_time=timestamp(body.in_at)
        )
        if body.out_at is not None:
            presence.out_time.CopyFrom(timestamp(body.out_at))
        presence.breaks.extend(_breaks(body.breaks))
        request = pb.CorrectAttendanceRequest(
            attendance=presence, reason=body.reason, request_id=call.request_id()
        )
        told = await self._attendance.CorrectAttendance(request, actor=call.person)
        place = f"{PATH}/{present_time.number(told.attendance.name)}".encode()
        return _present(told, 201, ((b"location", place),))

    async def correct(self, call: Call, body: Correction) -> Answer:
        """Correct a presence."""
        presence = attendance_pb2.Attendance(name=_name(call))
        if body.in_at is not UNSET:
            presence.in_time.CopyFrom(timestamp(body.in_at))
        if body.out_at is not UNSET:
            presence.out_time.CopyFrom(timestamp(body.out_at))
        if body.breaks is not UNSET:
            presence.breaks.extend(_breaks(body.breaks))
        request = pb.CorrectAttendanceRequest(
            attendance=presence,
            update_mask=FieldMask(
                paths=sorted(PATHS[name] for name in body.said() if name in PATHS)
            ),
            reason=body.reason,
            etag=version(call),
            request_id=call.request_id(),
        )
        return _present(await self._attendance.CorrectAttendance(request, actor=call.person))

    async def remove(self, call: Call, query: Why) -> Answer:
        """Take a presence away."""
        request = pb.CorrectAttendanceRequest(
            attendance=attendance_pb2.Attendance(name=_name(call)),
            remove=True,
            reason=query.reason,
            etag=version(call),
            request_id=call.request_id(),
        )
        told = await self._attendance.CorrectAttendance(request, actor=call.person)
        return Answer(204, headers=(position(told.position),))


async def person_in(directory: Directory, asked: str | None, call: Call) -> str:
    """Return the name of the person whom a request names, empty where it names nobody."""
    found = await directory.find([] if asked is None else [("person", asked)], call.who)
    return found[0].name if found else ""


def version(call: Call) -> str:
    """Return the version that If-Match asks for, empty for any."""
    asked = tags(call.header(b"if-match"))
    return "" if not asked or ANY_VERSION in asked else asked[0]


def _present(told: Any, status: int = 200, headers: tuple[Header, ...] = ()) -> Answer:
    presence = present_time.attendance(told.attendance)
    headers = (*headers, entity_tag(presence.etag), position(told.position))
    return json(presence, status, headers=headers)


def _breaks(said: Sequence[BreakInput]) -> list[attendance_pb2.AttendanceBreak]:
    found = []
    for one in said:
        made = attendance_pb2.AttendanceBreak(start_time=timestamp(one.start_at))
        if one.end_at is not None:
            made.end_time.CopyFrom(timestamp(one.end_at))
        found.append(made)
    return found


def _name(call: Call) -> str:
    ident = number_of(call.params["id"], reason="ATTENDANCE_NOT_FOUND", what="presence")
    return f"workspaces/{call.who.workspace}/attendance/{ident}"
