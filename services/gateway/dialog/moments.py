"""Moments in the reader's zone: short, and relative where they are close. Pure."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def zone(name: str) -> ZoneInfo:
    """The zone called so; UTC for a name that isn't known (any more)."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def when(moment: datetime, now: datetime, *, timezone: str) -> str:
    """The moment as a person reads it: "today 17:00", "Fri 27 Nov 17:00"."""
    place = zone(timezone)
    there, here = moment.astimezone(place), now.astimezone(place)
    clock = f"{there:%H:%M}"
    away = (there.date() - here.date()).days
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(away)
    if near:
        return f"{near} {clock}"
    day = f"{DAYS[there.weekday()]} {there.day} {MONTHS[there.month - 1]}"
    if there.year != here.year:
        day = f"{day} {there.year}"
    return f"{day} {clock}"


def day_end(now: datetime, *, timezone: str, days: int = 0) -> datetime:
    """The midnight that ends the reader's day, `days` days from today."""
    place = zone(timezone)
    today = now.astimezone(place).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today + timedelta(days=days + 1)).replace(tzinfo=place)
