"""When so much working time of a person has passed: by their zone, days and hours.

Hours are those of the wall clock; what a day's work loses or gains when the clock is changed within
it, it loses or gains here too.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from services.task.rules.shifts import DAY, day_of, shift_on

# With one working day a week of one minute, 16 hours take eighteen years; nobody waits so long.
LONGEST = timedelta(days=366)


def after_working(
    since: datetime,
    spans: Collection[timedelta],
    *,
    zone: ZoneInfo,
    days: Collection[int],
    hours: str,
) -> tuple[datetime, ...]:
    """The instants at which these spans of working time since then have passed, in their order.

    `spans` ascend; `days` are ISO weekdays. What is not over within a year is left out.
    """
    found: list[datetime] = []
    worked = timedelta()
    # The day before: its work may go over midnight.
    day = day_of(since, zone) - DAY
    last = day + LONGEST
    left = list(spans)
    while left and day <= last:
        shift = shift_on(day, hours, zone)
        begins = max(shift.begins, since)
        if day.isoweekday() in days and begins < shift.ends:
            whole = shift.ends - begins
            while left and worked + whole >= left[0]:
                found.append(begins + (left.pop(0) - worked))
            worked += whole
        day += DAY
    return tuple(found)
