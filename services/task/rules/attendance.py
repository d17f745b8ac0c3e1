"""In, break, out: the states of a presence, lateness, and what a boss may correct.

A presence is one "in" with its "out". It belongs to a day of work; the first of a day is late where
it begins after the end of the grace. By when it is late is kept with it: hours that are changed
later change no past. What nobody ends, the clock does, at the end of the working hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from services.runtime.errors import Conflict, Forbidden, NotFound
from services.task.model import PersonId, PersonRecord, PersonStatus, Role
from services.task.rules.people import CHIEFS
from services.task.rules.shifts import LONGEST, MINUTE, Shift, Span, shift_at

MOST_BREAKS = 48
WHO_MAY_CORRECT = "The owner or a boss may"
WHO_MAY_READ = "Everybody may see the own, a lead that of own departments, a boss and the owner all"


class State(Enum):
    """Where a person stands on a day of work; the numbers are those of the protos."""

    EXPECTED = 1
    ABSENT = 2
    AWAY = 3
    DAY_OFF = 4
    IN = 5
    ON_BREAK = 6
    OUT = 7


@dataclass(frozen=True, slots=True)
class Break:
    """A pause; without an end it lasts still."""

    began: datetime
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class Presence:
    """One person's time at work from an "in" to its "out"; `id` 0: not stored yet."""

    id: int
    person: PersonId
    day: date
    came_at: datetime
    # What the clock gives it as its end, and when, if nobody does before.
    ends_at: datetime
    closes_at: datetime
    # From when on coming is late; None on days off and while away.
    late_from: datetime | None = None
    left_at: datetime | None = None
    breaks: tuple[Break, ...] = ()
    forgotten: bool = False
    corrected: bool = False
    version: int = 1

    @property
    def etag(self) -> str:
        """Changes with every change of it."""
        return f"{self.version:x}"

    @property
    def on_break(self) -> bool:
        """Whether a break lasts."""
        return self.left_at is None and bool(self.breaks) and self.breaks[-1].ended is None

    def overdue(self, now: datetime) -> bool:
        """Whether it is the clock's to close."""
        return self.left_at is None and self.closes_at <= now

    def span(self, now: datetime) -> Span:
        """From coming to going, or to now."""
        return Span(self.came_at, self.left_at or max(self.came_at, min(now, self.closes_at)))

    def pauses(self, now: datetime) -> list[Span]:
        """The breaks; one that lasts, up to now."""
        end = self.span(now).ended
        return [Span(each.began, each.ended or max(each.began, end)) for each in self.breaks]

    def break_minutes(self, now: datetime) -> int:
        """Minutes of its breaks."""
        return sum(pause.minutes for pause in self.pauses(now))

    def worked_minutes(self, now: datetime) -> int:
        """Out − in − breaks."""
        return self.span(now).minutes - self.break_minutes(now)

    def late_minutes(self, same_day: Iterable[Presence]) -> int:
        """Whole minutes after the end of the grace, of the day's first presence alone."""
        first = all(self.came_at <= other.came_at for other in same_day if other.day == self.day)
        return late(self.late_from, self.came_at) if first else 0


def late(late_from: datetime | None, came_at: datetime) -> int:
    """Whole minutes from the end of the grace to a coming."""
    return 0 if late_from is None else max(0, (came_at - late_from) // MINUTE)


def is_away(record: PersonRecord, moment: datetime) -> bool:
    """Whether the person is away then."""
    person = record.person
    return person.status is PersonStatus.AWAY and (
        person.away_until is None or person.away_until > moment
    )


def late_from(record: PersonRecord, shift: Shift, *, grace: timedelta) -> datetime | None:
    """From when on coming to this work is late; None on days off and while away."""
    if shift.day.isoweekday() not in record.person.working_days or is_away(record, shift.begins):
        return None
    return shift.begins + grace


def require_part(actor: PersonRecord) -> None:
    """Raises Forbidden NOT_ALLOWED for guests, who have no part in attendance and time."""
    if actor.person.role is Role.GUEST:
        raise Forbidden(
            "NOT_ALLOWED", "Guests have no attendance and log no time; ask the owner or a boss."
        )


def require_correct(actor: PersonRecord) -> None:
    """Raises Forbidden NOT_ALLOWED where the actor may not correct attendance."""
    if actor.person.role not in CHIEFS:
        raise Forbidden("NOT_ALLOWED", f"You may not correct attendance. {WHO_MAY_CORRECT}.")


def may_read(actor: PersonRecord, subject: PersonRecord) -> bool:
    """Whether the actor may see this person's attendance and time."""
    if actor.person.role is Role.GUEST:
        return False
    if actor.person.role in CHIEFS or actor.id == subject.id:
        return True
    return actor.person.role is Role.LEAD and subject.person.department in actor.person.leads


def require_read(actor: PersonRecord, subject: PersonRecord) -> None:
    """Raises Forbidden NOT_ALLOWED where the actor may not see this person's attendance."""
    require_part(actor)
    if not may_read(actor, subject):
        name = subject.person.display_name
        raise Forbidden("NOT_ALLOWED", f"You may not see {name}'s time. {WHO_MAY_READ}.")


def attendance_not_found() -> NotFound:
    """The answer where a presence is not there, or of another workspace."""
    return NotFound("ATTENDANCE_NOT_FOUND", "There is no such attendance.")


# --- in, break, out ---


def begin(record: PersonRecord, now: datetime, *, grace: timedelta) -> Presence:
    """The presence of who comes now, by the person's hours."""
    zone = ZoneInfo(record.person.timezone)
    shift = shift_at(now, record.person.working_hours, zone)
    closes = min(shift.closes, now + LONGEST)
    return Presence(
        id=0,
        person=record.id,
        day=shift.day,
        came_at=now,
        ends_at=min(shift.ends if now < shift.ends else shift.closes, closes),
        closes_at=closes,
        late_from=late_from(record, shift, grace=grace),
    )


def pause(presence: Presence, now: datetime) -> Presence:
    """The presence with a break that begins now. Raises Conflict BREAKS_FULL."""
    if len(presence.breaks) >= MOST_BREAKS:
        raise Conflict("BREAKS_FULL", f"At most {MOST_BREAKS} breaks fit between “in” and “out”.")
    return replace(presence, breaks=(*presence.breaks, Break(now)))


def resume(presence: Presence, now: datetime) -> Presence:
    """The presence without a break that lasts."""
    if not presence.on_break:
        return presence
    return replace(presence, breaks=(*presence.breaks[:-1], Break(presence.breaks[-1].began, now)))


def leave(presence: Presence, now: datetime) -> Presence:
    """The presence that ends now, and its break with it."""
    return replace(resume(presence, now), left_at=now)


def forget(presence: Presence) -> Presence:
    """The presence as the clock closes it: at the hours' end, or at the last sign after it."""
    signs = [moment for each in presence.breaks for moment in (each.began, each.ended) if moment]
    ended = min(max([presence.ends_at, *signs]), presence.closes_at)
    return replace(leave(presence, ended), forgotten=True)


def not_in(last: Presence | None, record: PersonRecord, *, doing: str) -> Conflict:
    """The answer to who is not in and would leave or pause."""
    since = ""
    if last is not None and last.left_at is not None:
        gone = last.left_at.astimezone(ZoneInfo(record.person.timezone))
        since = f" since {gone:%H:%M} of {gone:%d %B}".replace(" of 0", " of ")
    return Conflict("NOT_IN", f"You are out{since}: say “in” first, then you can {doing}.")


# --- corrections ---


@dataclass(frozen=True, slots=True)
class Correction:
    """What a presence is to be; None: as it is."""

    came_at: datetime | None = None
    left_at: datetime | None = None
    breaks: tuple[Break, ...] | None = None


def correct(
    presence: Presence,
    correction: Correction,
    *,
    record: PersonRecord,
    others: Sequence[Presence],
    now: datetime,
    grace: timedelta,
) -> Presence:
    """The presence as corrected. Raises Conflict ATTENDANCE_OVERLAPS, ATTENDANCE_DISORDERED."""
    came_at = correction.came_at or presence.came_at
    left_at = correction.left_at or presence.left_at
    breaks = presence.breaks if correction.breaks is None else correction.breaks
    by_rules = begin(record, came_at, grace=grace)
    same_day = by_rules.day == presence.day
    after = replace(
        presence,
        came_at=came_at,
        left_at=left_at,
        breaks=breaks,
        day=by_rules.day,
        # By the rules of then, as long as it stays on its day.
        late_from=presence.late_from if same_day and presence.id else by_rules.late_from,
        ends_at=by_rules.ends_at,
        closes_at=by_rules.closes_at,
        forgotten=presence.forgotten and correction.left_at is None,
        corrected=True,
    )
    if fault := disorder(after, now):
        raise Conflict("ATTENDANCE_DISORDERED", fault)
    mine = after.span(now)
    for other in (each for each in others if each.id != presence.id):
        its = other.span(now)
        both_open = after.left_at is None and other.left_at is None
        if both_open or (mine.began < its.ended and its.began < mine.ended):
            zone = ZoneInfo(record.person.timezone)
            raise Conflict(
                "ATTENDANCE_OVERLAPS",
                f"It overlaps the attendance of {its.began.astimezone(zone):%Y-%m-%d %H:%M} to "
                f"{its.ended.astimezone(zone):%H:%M}: correct that one instead.",
            )
    return after


def disorder(presence: Presence, now: datetime) -> str:
    """What is out of order in it, empty where nothing is."""
    end = presence.left_at or now
    if presence.came_at > now or end > now:
        return "Attendance lies in the past: give times up to now."
    if presence.left_at is None and presence.closes_at <= now:
        return "It needs an out_time: that day is over."
    if end < presence.came_at or (presence.left_at is not None and end == presence.came_at):
        return "The out_time must be after the in_time."
    if end - presence.came_at > LONGEST:
        return "From in to out are at most 24 hours."
    at = presence.came_at
    for each in presence.breaks:
        if each.ended is None and (presence.left_at is not None or each != presence.breaks[-1]):
            return "A break needs an end_time."
        if each.began < at or (each.ended or end) < each.began or (each.ended or end) > end:
            return "Breaks lie between in and out, one after the other."
        at = each.ended or end
    return ""


# --- a day ---


def state_of(
    record: PersonRecord,
    presences: Sequence[Presence],
    shift: Shift,
    *,
    now: datetime,
    grace: timedelta,
    away_since: datetime | None = None,
) -> State:
    """Where the person stands on the day of this work; who is away is so since `away_since`."""
    if presences:
        last = presences[-1]
        if last.left_at is not None or last.overdue(now):
            return State.OUT
        return State.ON_BREAK if last.on_break else State.IN
    begun = away_since is None or away_since < shift.ends
    today = shift.begins <= now < shift.ends
    if begun and (is_away(record, shift.begins) or (today and is_away(record, now))):
        return State.AWAY
    if shift.day.isoweekday() not in record.person.working_days:
        return State.DAY_OFF
    return State.ABSENT if late(shift.begins + grace, now) > 0 else State.EXPECTED
