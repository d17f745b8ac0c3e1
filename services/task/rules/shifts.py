"""When a person's work of a day begins and ends, and how minutes fall on days.

Days are those of the person's zone. Hours that end before they begin go over midnight and are of
the day on which they begin. Spans are counted between whole minutes, so that what is told as 09:22
to 18:05 is 8 h 43 min, and so that the parts of a span add up to the whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
# Nobody is at work for longer at one go, nor on one task.
LONGEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Shift:
    """A person's work of one day; `closes` is when it is certain that nobody said "out"."""

    day: date
    begins: datetime
    ends: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """From one instant to another, the end not included."""

    began: datetime
    ended: datetime

    @property
    def minutes(self) -> int:
        """Whole minutes of the clock within it."""
        return max(0, minute_of(self.ended) - minute_of(self.began))


def minute_of(moment: datetime) -> int:
    """The whole minutes of UTC up to a moment."""
    return int(moment.timestamp()) // 60


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day; where the clock skips midnight, that of the skip."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The day that it is there."""
    return moment.astimezone(zone).date()


def shift_on(day: date, hours: str, zone: ZoneInfo) -> Shift:
    """The work of a day by hours written "09:00-18:00"."""
    first, _, last = hours.partition("-")
    begins, ends = _at(day, first, zone), _at(day, last, zone)
    if ends > begins:
        return Shift(day, begins, ends, start_of(day + DAY, zone))
    ends = _at(day + DAY, last, zone)
    # Midnight is in the middle of this work: its day ends halfway to the next one's beginning.
    return Shift(day, begins, ends, ends + (_at(day + DAY, first, zone) - ends) / 2)


def _at(day: date, clock: str, zone: ZoneInfo) -> datetime:
    hour, minute = int(clock[:2]), int(clock[3:])
    if hour == 24:  # noqa: PLR2004 -- hours of a day
        return start_of(day + DAY, zone)
    return datetime.combine(day, time(hour, minute), tzinfo=zone).astimezone(UTC)


def shift_at(moment: datetime, hours: str, zone: ZoneInfo) -> Shift:
    """The work that a moment belongs to: the day before's while that lasts, else the day's own."""
    day = day_of(moment, zone)
    before = shift_on(day - DAY, hours, zone)
    return before if moment < before.ends else shift_on(day, hours, zone)


def by_day(span: Span, zone: ZoneInfo) -> Iterator[tuple[date, int]]:
    """The minutes of a span by day, in order; only days that have some."""
    at, end = minute_of(span.began), minute_of(span.ended)
    day = day_of(span.began, zone)
    while at < end:
        midnight = min(end, max(at, minute_of(start_of(day + DAY, zone))))
        if midnight > at:
            yield day, midnight - at
        at, day = midnight, day + DAY
