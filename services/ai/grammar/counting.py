"""Numbers, weekdays and months in English words, and how days are counted."""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

_ONES = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split()  # noqa: SIM905 -- words
NUMBER_WORDS = {word: number for number, word in enumerate(_ONES, start=1)} | {
    "a": 1, "an": 1, "another": 1, "couple": 2, "a couple": 2, "a couple of": 2, "couple of": 2,
    "few": 3, "a few": 3, "a dozen": 12, "thirty": 30, "forty": 40, "forty five": 45,
    "forty-five": 45, "fifty": 50, "sixty": 60, "ninety": 90,
}  # fmt: skip
WEEKDAYS = {
    "monday": 0, "mon": 0, "tuesday": 1, "tues": 1, "tue": 1, "wednesday": 2, "weds": 2, "wed": 2,
    "thursday": 3, "thurs": 3, "thur": 3, "thu": 3, "friday": 4, "fri": 4, "saturday": 5, "sat": 5,
    "sunday": 6, "sun": 6,
}  # fmt: skip
MONTHS = {
    name: number
    for number in range(1, 13)
    for name in (calendar.month_name[number].lower(), calendar.month_abbr[number].lower())
} | {"sept": 9}
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split()  # noqa: SIM905 -- words
ORDINAL_WORDS = {word: number for number, word in enumerate(_ORDINALS, start=1)} | {
    f"twenty{joint}{word}": 20 + number
    for joint in "- "
    for number, word in enumerate(_ORDINALS[:9], start=1)
} | {"thirtieth": 30, "thirty-first": 31, "thirty first": 31}  # fmt: skip
# What is written outside of these years is no date but a number.
EARLIEST_YEAR, LATEST_YEAR = 1970, 2999

DAY = "|".join(sorted(WEEKDAYS, key=len, reverse=True))
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
COUNT = r"\d{1,3}|" + "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
ORDINAL_WORD = "|".join(sorted(ORDINAL_WORDS, key=len, reverse=True))


@dataclass(frozen=True, slots=True)
class Day:
    """A day, with a time where the phrase says one; `exact`: to the minute."""

    day: date
    at: time | None = None
    exact: datetime | None = None


Resolve = Callable[[re.Match[str], datetime], "Day | None"]


@dataclass(frozen=True, slots=True)
class Row:
    """A phrase for a day: its pattern, what it says, an example and its date on 2026-11-25.

    `needs`: the text has one of these, or the pattern is not tried. `plainly`: the words may be
    something else, so they count only after "by" and such, or at an edge.
    """

    pattern: str
    says: Resolve
    example: str
    expected: str
    needs: tuple[str, ...]
    plainly: bool = False


def number(words: str) -> int:
    """Return what a number in digits or words says."""
    words = words.strip()
    return int(words) if words.isdigit() else NUMBER_WORDS[words]


def ordinal(words: str) -> int:
    """Return what an ordinal in digits or words says: "5th", "the fifth"."""
    words = words.strip()
    return ORDINAL_WORDS[words] if words in ORDINAL_WORDS else int(re.sub(r"\D", "", words))


def next_weekday(day: date, weekday: int) -> date:
    """Return the next such day after this one."""
    return day + timedelta(days=(weekday - day.weekday() - 1) % 7 + 1)


def monday(now: datetime) -> date:
    """Return the first day of this week."""
    return now.date() - timedelta(days=now.weekday())


def month_end(year: int, month: int) -> date:
    """Return the last day of a month; months above 12 run into the next year."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, calendar.monthrange(year, month)[1])


def add_months(day: date, months: int) -> date:
    """Return the same day some months on, or that month's last one."""
    last = month_end(day.year, day.month + months)
    return last.replace(day=min(day.day, last.day))


def add_working_days(day: date, count: int) -> date:
    """Return the day that many working days on; Saturday and Sunday do not count."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5  # noqa: PLR2004 - Saturday
    return day


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date | None:
    """Return the nth such day of a month, its last for -1; months above 12 run on."""
    last = month_end(year, month)
    if nth < 0:
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = last.replace(day=1)
    day = 1 + (weekday - first.weekday()) % 7 + 7 * (nth - 1)
    return last.replace(day=day) if day <= last.day else None


def make(year: int, month: int, day: int) -> date | None:
    """Return the date, None where there is none or it is hardly meant."""
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def plain(days: int, at: time | None = None) -> Resolve:
    """Return what "tomorrow" and such say."""
    return lambda _, now: Day(now.date() + timedelta(days=days), at)
