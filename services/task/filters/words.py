"""The words that a filter may use of states, priorities and kinds, and the days it may name. Pure.

The predecessor's fourteen state words are understood with the rest: each is one of our states, or
one of the things that are derived here and were states there.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from services.task.model import CLOSED, OPEN, Priority, Status

TIMES = ("due", "created", "updated", "completed")
FIRST_YEAR, LAST_YEAR = 1970, 9997
MOST_DAYS = 3_660
NEAR = 3


class Flag(Enum):
    """What a task is beside its state; each may be asked for or excluded."""

    BLOCKED = "blocked"
    OVERDUE = "overdue"
    UNASSIGNED = "unassigned"
    ARCHIVED = "archived"
    DELAYED = "delayed"
    REOPENED = "reopened"
    REPEATING = "repeating"


TYPES = (
    "task", "bug", "feature", "hotfix", "research", "meeting", "docs", "refactor", "test",
)  # fmt: skip
PRIORITIES = {priority.name.lower(): priority for priority in Priority}

_STATES: dict[str, frozenset[Status]] = {
    **{status.name.lower(): frozenset({status}) for status in Status},
    "open": OPEN,
    "closed": CLOSED,
    # As people say it.
    "todo": frozenset({Status.PENDING}),
    "new": frozenset({Status.PENDING}),
    "started": frozenset({Status.IN_PROGRESS}),
    "doing": frozenset({Status.IN_PROGRESS}),
    "working": frozenset({Status.IN_PROGRESS}),
    "hold": frozenset({Status.ON_HOLD}),
    "paused": frozenset({Status.ON_HOLD}),
    "review": frozenset({Status.IN_REVIEW}),
    "submitted": frozenset({Status.IN_REVIEW}),
    "rejected": frozenset({Status.NEEDS_REVISION}),
    "revision": frozenset({Status.NEEDS_REVISION}),
    "done": frozenset({Status.COMPLETED}),
    "finished": frozenset({Status.COMPLETED}),
    "canceled": frozenset({Status.CANCELLED}),
    # As the predecessor said it.
    "awaiting_validation": frozenset({Status.IN_REVIEW}),
    "undone": frozenset({Status.PENDING}),
    "waiting": frozenset({Status.BLOCKED}),
    "needs_info": frozenset({Status.BLOCKED}),
}
# Words of states that are none here: what is asked for is derived.
DERIVED = {
    "overdue": Flag.OVERDUE,
    "delayed": Flag.DELAYED,
    "reopened": Flag.REOPENED,
    "archived": Flag.ARCHIVED,
}
STATE_WORDS = (*(status.name.lower() for status in Status), "open", "closed")


def word_of(value: str) -> str:
    """A value in the form in which words are compared: "In progress" is in_progress."""
    return re.sub(r"[\s-]+", "_", value.strip().lower())


def states_of(value: str) -> frozenset[Status] | None:
    """The states of a word, None where it is none."""
    return _STATES.get(word_of(value))


def near(word: str, known: Iterable[str]) -> list[str]:
    """The known words that are most like this one, the nearest first."""
    return difflib.get_close_matches(word.lower()[:40], list(known), n=NEAR, cutoff=0.6)


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment on, up to another without it; None: without an end."""

    after: datetime | None = None
    before: datetime | None = None

    def within(self, other: Span) -> Span:
        """What both have."""
        return Span(
            max((m for m in (self.after, other.after) if m is not None), default=None),
            min((m for m in (self.before, other.before) if m is not None), default=None),
        )


DATES = (
    "2026-12-01, a time such as 2026-12-01T17:00, today, tomorrow, yesterday, a weekday, "
    "week, month (also next-week, last-month), or 7d for the days from today on"
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS = re.compile(r"([+-]?)(\d{1,4})d(?:ays?)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Calendar:
    """What dates mean to somebody: now, in their zone."""

    def __init__(self, *, now: datetime, zone: ZoneInfo) -> None:
        self._zone = zone
        self._now = now
        self._today = now.astimezone(zone).date()

    def span(self, text: str, *, past: bool) -> Span | None:
        """What a date, a time or a word for some days means; None where it is none.

        `past`: whether "7d" are the days up to now, as for what has been created.
        """
        word = text.strip().lower()
        if _DATE.fullmatch(word):
            try:
                return self._days(date.fromisoformat(word), 1)
            except ValueError:
                return None
        if (days := _DAYS.fullmatch(word)) is not None:
            return self._from_today(int(days[2]), back=days[1] == "-" or (past and not days[1]))
        return self._named(word) or self._moment(text.strip())

    def _named(self, word: str) -> Span | None:
        today = self._today
        near_days = {"yesterday": -1, "today": 0, "tomorrow": 1}
        if word in near_days:
            return self._days(today + timedelta(days=near_days[word]), 1)
        for index, name in enumerate(_WEEKDAYS):
            if word in {name, name[:3]}:
                return self._days(today + timedelta(days=(index - today.weekday()) % 7), 1)
        which, _, unit = word.rpartition("-")
        step = {"": 0, "this": 0, "next": 1, "last": -1}.get(which)
        if step is None:
            return None
        if unit == "week":
            return self._days(today - timedelta(days=today.weekday() - 7 * step), 7)
        if unit == "month":
            first = _month(today, step)
            return self._days(first, (_month(first, 1) - first).days)
        return None

    def _from_today(self, days: int, *, back: bool) -> Span | None:
        if days > MOST_DAYS:
            return None
        start = self._today - timedelta(days=days) if back else self._today
        return self._days(start, days + 1)

    def _moment(self, text: str) -> Span | None:
        """A moment lasts for a minute."""
        try:
            found = datetime.fromisoformat(text.upper())
            aware = found if found.tzinfo else found.replace(tzinfo=self._zone)
            if not FIRST_YEAR <= aware.year <= LAST_YEAR:
                return None
            moment = aware.astimezone(self._now.tzinfo)
        except (ValueError, OverflowError):
            return None
        return Span(moment, moment + timedelta(minutes=1))

    def _days(self, first: date, days: int) -> Span | None:
        last = first + timedelta(days=days)
        if not FIRST_YEAR <= first.year <= last.year <= LAST_YEAR:
            return None
        return Span(self._midnight(first), self._midnight(last))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), tzinfo=self._zone).astimezone(self._now.tzinfo)


def _month(day: date, step: int) -> date:
    """The first day of the month that many months away."""
    months = day.year * 12 + day.month - 1 + step
    return date(months // 12, months % 12 + 1, 1)
