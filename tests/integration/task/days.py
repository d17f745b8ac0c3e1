"""A day at work, for tests of attendance and time: the clock in Berlin, and short ways to ask."""

from collections import Counter
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from boss.task.v1 import attendance_pb2
from boss.task.v1 import attendance_service_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp

from services.runtime import clock, metrics
from services.task.commands.closing import Closing
from services.task.commands.writing import Store
from services.task.roster import Roster
from tests.integration.task.world import OWNER, World, new_id, ref

BERLIN = ZoneInfo("Europe/Berlin")
ZONE = {"timezone": "Europe/Berlin"}


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def stamp(text: str) -> Timestamp:
    found = Timestamp()
    found.FromDatetime(berlin(text))
    return found


def told(stamp: Timestamp) -> str:
    """A time as it is in Berlin, without what the test itself took."""
    return f"{stamp.ToDatetime(UTC).astimezone(BERLIN):%Y-%m-%d %H:%M}"


def set_time(text: str) -> datetime:
    """It is a few seconds after this in Berlin."""
    clock.set_business_time(berlin(text).replace(second=5))
    return clock.now()


# What runs beside every call.
LOOPS = {"look_for_unnumbered", "number_events", "read_events", "resolve_events"}


def _statements() -> Counter[str]:
    samples = next(iter(metrics.QUERY_DURATION.collect())).samples
    return Counter(
        {
            sample.labels["query"]: int(sample.value)
            for sample in samples
            if sample.name.endswith("_count") and sample.labels["query"] not in LOOPS
        }
    )


async def statements_of(call: Awaitable[Any]) -> list[str]:
    """The names of the statements that a call takes."""
    before = _statements()
    await call
    return sorted((_statements() - before).elements())


async def close_due(world: World) -> int:
    """What the clock's loop does, once."""
    return await Closing(Store(world.database, Roster(world.database))).close_due(clock.now())


async def come(world: World, who: int, at: str = "", **more: Any) -> Any:
    if at:
        set_time(at)
    return await world.attendance.ClockIn(pb.ClockInRequest(request_id=new_id(), **more), actor=who)


async def go(world: World, who: int, at: str = "") -> Any:
    if at:
        set_time(at)
    return await world.attendance.ClockOut(pb.ClockOutRequest(request_id=new_id()), actor=who)


async def pause(world: World, who: int, at: str = "", **more: Any) -> Any:
    if at:
        set_time(at)
    request = pb.ToggleBreakRequest(request_id=new_id(), **more)
    return await world.attendance.ToggleBreak(request, actor=who)


async def day(world: World, *, by: int = OWNER, **fields: Any) -> Any:
    return await world.attendance.GetAttendance(pb.GetAttendanceRequest(**fields), actor=by)


async def sheets(world: World, *, by: int = OWNER, **fields: Any) -> Any:
    return await world.attendance.GetTimesheet(pb.GetTimesheetRequest(**fields), actor=by)


def presence(
    came: str = "", left: str = "", *breaks: tuple[str, str], name: str = "", person: int = 0
) -> attendance_pb2.Attendance:
    made = attendance_pb2.Attendance(name=name)
    if person:
        made.person.CopyFrom(ref(person))
    if came:
        made.in_time.CopyFrom(stamp(came))
    if left:
        made.out_time.CopyFrom(stamp(left))
    for began, ended in breaks:
        made.breaks.add(start_time=stamp(began), end_time=stamp(ended))
    return made


async def correct(world: World, message: Any, *paths: str, by: int = OWNER, **more: Any) -> Any:
    request = pb.CorrectAttendanceRequest(
        attendance=message, request_id=new_id(), **{"reason": "He told me.", **more}
    )
    request.update_mask.paths.extend(paths)
    return await world.attendance.CorrectAttendance(request, actor=by)


async def start(world: World, who: int, task: str, at: str = "", **more: Any) -> Any:
    if at:
        set_time(at)
    request = pb.StartTimerRequest(name=task, request_id=new_id(), **more)
    return await world.attendance.StartTimer(request, actor=who)


async def stop(world: World, who: int, at: str = "", **more: Any) -> Any:
    if at:
        set_time(at)
    request = pb.StopTimerRequest(request_id=new_id(), **more)
    return await world.attendance.StopTimer(request, actor=who)


async def log(world: World, who: int, task: str, spent: str = "", **more: Any) -> Any:
    request = pb.LogTimeRequest(name=task, spent=spent, request_id=new_id(), **more)
    return await world.attendance.LogTime(request, actor=who)


async def entries(world: World, *, by: int = OWNER, **fields: Any) -> Any:
    request = pb.ListTimeEntriesRequest(**fields)
    return await world.attendance.ListTimeEntries(request, actor=by)
