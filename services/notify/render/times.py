"""Times as a reader reads them: in the own zone, short, with the day in words where it is close.

A message is read later than it is sent, so a time stays true when it is absolute: "today 17:00",
not "in 2 h".
"""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = {-1: "yesterday", 0: "today", 1: "tomorrow"}
MINUTES_A_DAY = 8 * 60


def zone(name: str) -> tzinfo:
    """Returns the zone of this IANA name, UTC where there is none such."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def when(at: datetime, *, now: datetime, timezone: str) -> str:
    """Returns "today 17:00", "Fri 28 Nov 12:00", or with the year where it is another one."""
    local, today = at.astimezone(zone(timezone)), now.astimezone(zone(timezone))
    days = (local.date() - today.date()).days
    year = f" {local.year}" if local.year != today.year and days not in DAYS else ""
    day = DAYS.get(days, f"{local:%a} {local.day} {local:%b}{year}")
    return f"{day} {local:%H:%M}"


def span(minutes: int) -> str:
    """Returns an estimate: "45 min", "1 h 30 min", "2 d" (a day has 8 hours of work)."""
    days, rest = divmod(minutes, MINUTES_A_DAY)
    hours, minutes = divmod(rest, 60)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"))
    return " ".join(f"{n} {unit}" for n, unit in parts if n) or "0 min"
