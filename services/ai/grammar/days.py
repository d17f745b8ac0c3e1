"""Days in English, as people write deadlines: a table of phrases, each with what it says.

The conventions are those of the product (docs/understanding.md): a weekday is the next such day
after today, "next friday" that of the next week from Monday to Sunday, a date without a year that
has passed is next year's. Every row has an example, which is its test.
"""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

NUMBER_WORDS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "couple": 2, "a couple": 2, "a couple of": 2,
    "couple of": 2, "a few": 3, "few": 3,
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
# What is written outside of these years is no date but a number.
EARLIEST_YEAR, LATEST_YEAR = 1970, 2999

DAY = "|".join(sorted(WEEKDAYS, key=len, reverse=True))
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
COUNT = (
    r"\d{1,3}|a couple of|a couple|couple of|a few|few|an?|one|two|three|four|five|six|seven|eight"
    r"|nine|ten|twelve"
)
ORDINAL = r"(\d{1,2})(?:st|nd|rd|th)"


@dataclass(frozen=True, slots=True)
class Day:
    """A day, with a time where the phrase says one; `exact`: to the minute."""

    day: date
    at: time | None = None
    exact: datetime | None = None


Resolve = Callable[[re.Match[str], datetime], "Day | None"]


def number(words: str) -> int:
    """Return what a number in digits or words says."""
    words = words.strip()
    return int(words) if words.isdigit() else NUMBER_WORDS[words]


def next_weekday(day: date, weekday: int) -> date:
    """Return the next such day after this one."""
    return day + timedelta(days=(weekday - day.weekday() - 1) % 7 + 1)


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


def _monday(now: datetime) -> date:
    return now.date() - timedelta(days=now.weekday())


def _plain(days: int, at: time | None = None) -> Resolve:
    return lambda _, now: Day(now.date() + timedelta(days=days), at)


def _of_week(weeks: int, weekday: int) -> Resolve:
    return lambda _, now: Day(_monday(now) + timedelta(days=7 * weeks + weekday))


def _weekday(match: re.Match[str], now: datetime) -> Day:
    weekday = WEEKDAYS[match["day"]]
    if match["which"] == "next":
        return Day(_monday(now) + timedelta(days=7 + weekday))
    day = next_weekday(now.date(), weekday)
    if match["which"] == "this" and _monday(now) + timedelta(days=weekday) >= now.date():
        day = _monday(now) + timedelta(days=weekday)
    return Day(day)


def _weeks_from(weeks: int) -> Resolve:
    return lambda match, now: Day(
        next_weekday(now.date(), WEEKDAYS[match["day"]]) + timedelta(weeks=weeks)
    )


def _after_next(match: re.Match[str], now: datetime) -> Day:
    return Day(_monday(now) + timedelta(days=14 + WEEKDAYS[match["day"]]))


def _span_from_now(match: re.Match[str], now: datetime) -> Day | None:
    count, unit = number(match["count"]), match["unit"]
    if unit.startswith(("min", "hour", "hr")):
        length = timedelta(minutes=count) if unit.startswith("min") else timedelta(hours=count)
        if (match["half"] or "").strip():
            length += timedelta(minutes=30)
        moment = (now + length).replace(second=0, microsecond=0)
        return Day(moment.date(), exact=moment)
    if unit.startswith(("working", "business", "work")):
        return Day(add_working_days(now.date(), count))
    if unit.startswith("month"):
        return Day(add_months(now.date(), count))
    if unit.startswith("year"):
        return Day(add_months(now.date(), 12 * count))
    days = {"d": 1, "w": 7, "f": 14}[unit[0]]
    return Day(now.date() + timedelta(days=days * count))


def _half_hour(_: re.Match[str], now: datetime) -> Day:
    moment = (now + timedelta(minutes=30)).replace(second=0, microsecond=0)
    return Day(moment.date(), exact=moment)


def _make(year: int, month: int, day: int) -> date | None:
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _the_nth(match: re.Match[str], now: datetime) -> Day | None:
    wanted = int(match[1])
    for ahead in range(13):
        last = month_end(now.year, now.month + ahead)
        if wanted <= last.day and last.replace(day=wanted) > now.date():
            return Day(last.replace(day=wanted))
    return None


def _month_day(match: re.Match[str], now: datetime) -> Day | None:
    month, wanted = MONTHS[match["month"]], int(match["dom"])
    if match["year"]:
        day = _make(_year(match["year"]), month, wanted)
        return Day(day) if day else None
    for year in (now.year, now.year + 1, now.year + 2, now.year + 3, now.year + 4):
        day = _make(year, month, wanted)
        if day and day >= now.date():
            return Day(day)
    return None


def numeric(*, month_first: bool) -> Resolve:
    """Return how 12/3 is read where the month, or the day, comes first."""

    def resolve(match: re.Match[str], now: datetime) -> Day | None:
        first, second = int(match["a"]), int(match["b"])
        month, day = (first, second) if month_first else (second, first)
        if month > 12 >= day:  # noqa: PLR2004 - there is only one way to read it
            month, day = day, month
        if match["year"]:
            made = _make(_year(match["year"]), month, day)
            return Day(made) if made else None
        made = _make(now.year, month, day)
        if made and made < now.date():
            made = _make(now.year + 1, month, day)
        return Day(made) if made else None

    return resolve


def _year(text: str) -> int:
    return int(text) + (2000 if len(text) == 2 else 0)  # noqa: PLR2004 - '26


def _iso(match: re.Match[str], _: datetime) -> Day | None:
    made = _make(int(match[1]), int(match[2]), int(match[3]))
    return Day(made) if made else None


def _end_of_quarter(_: re.Match[str], now: datetime) -> Day:
    return Day(month_end(now.year, (now.month - 1) // 3 * 3 + 3))


def _mid_month(match: re.Match[str], now: datetime) -> Day:
    month = MONTHS[match["month"]]
    day = date(now.year, month, 15)
    return Day(day if day >= now.date() else date(now.year + 1, month, 15))


def _end_of_month_named(match: re.Match[str], now: datetime) -> Day:
    month = MONTHS[match["month"]]
    day = month_end(now.year, month)
    return Day(day if day >= now.date() else month_end(now.year + 1, month))


# name → (pattern, what it says, example, the example's date on Wednesday 2026-11-25 10:00)
DAYS: dict[str, tuple[str, Resolve, str, str]] = {
    "iso": (r"(\d{4})-(\d{2})-(\d{2})", _iso, "2026-12-24", "2026-12-24"),
    "day after tomorrow": (r"(?:the )?day after tomorrow", _plain(2), "day after tomorrow", "2026-11-27"),
    "tomorrow": (r"tomorrow|tmrw|tmr|tomorow|tommorow|2moro", _plain(1), "tomorrow", "2026-11-26"),
    "tonight": (r"tonight", _plain(0, time(20)), "tonight", "2026-11-25"),
    "today": (r"today", _plain(0), "today", "2026-11-25"),
    "working days": (
        rf"(?:in|within) (?P<count>{COUNT}) (?P<unit>(?:working|business|work) days?)(?P<half>)", _span_from_now,
        "in 3 working days", "2026-11-30"),
    "half an hour": (r"(?:in|within) half an hour", _half_hour, "in half an hour", "2026-11-25"),
    "in a span": (
        (rf"(?:in|within)(?: the next)? (?P<count>{COUNT}) ?(?P<unit>minutes?|mins?|hours?|hrs?|days?|weeks?|fortnights?|months?|years?)"
        r"(?P<half> and a half)?(?: time| from now)?"), _span_from_now, "in two weeks", "2026-12-09"),
    "time that somebody has": (
        rf"(?:has|have|gets?|got) (?:only |just |about |until )?(?P<count>{COUNT}) (?P<unit>minutes?|hours?|days?|weeks?|months?)(?P<half>)(?= to\b| for\b)",
        _span_from_now, "has two days to", "2026-11-27"),
    "a span from now": (
        rf"(?P<count>{COUNT}) (?P<unit>minutes?|hours?|days?|weeks?|months?|years?)(?P<half>) from (?:now|today)",
        _span_from_now, "two days from now", "2026-11-27"),
    "two weeks from a weekday": (rf"two weeks from (?P<day>{DAY})", _weeks_from(2), "two weeks from friday", "2026-12-11"),
    "a week from a weekday": (rf"(?:a|one) week from (?P<day>{DAY})", _weeks_from(1), "a week from friday", "2026-12-04"),
    "weekday week": (rf"(?P<day>{DAY}) week\b", _weeks_from(1), "friday week", "2026-12-04"),
    "weekday after next": (rf"(?:the )?(?P<day>{DAY}) after next", _after_next, "friday after next", "2026-12-11"),
    "weekday of next week": (
        rf"(?:on )?(?P<day>{DAY}) (?:of )?(?P<which>next) week|(?:next) week(?: on)? (?P<day2>{DAY})",
        lambda m, now: Day(_monday(now) + timedelta(days=7 + WEEKDAYS[m["day"] or m["day2"]])), "tuesday next week", "2026-12-01"),
    "weekday": (rf"(?:(?P<which>this coming|coming|this|next) )?(?P<day>{DAY})", _weekday, "friday", "2026-11-27"),
    "start of next week": (r"(?:the )?(?:start|beginning) of (?:the )?next week", _of_week(1, 0), "start of next week", "2026-11-30"),
    "early next week": (r"early next week", _of_week(1, 1), "early next week", "2026-12-01"),
    "mid next week": (r"mid(?:dle of)?[ -]?next week", _of_week(1, 2), "mid next week", "2026-12-02"),
    "next week": (r"(?:(?:the )?end of |late )?next week", _of_week(1, 4), "next week", "2026-12-04"),
    "this week": (r"(?:(?:the )?end of (?:the |this )?|this |later this )week|eow", _of_week(0, 4), "end of week", "2026-11-27"),
    "next weekend": (r"next weekend", _of_week(1, 6), "next weekend", "2026-12-06"),
    "weekend": (r"(?:the |this )?weekend", _of_week(0, 6), "weekend", "2026-11-29"),
    "next month": (
        r"(?:(?:the )?end of )?next month", lambda _, now: Day(month_end(now.year, now.month + 1)), "next month", "2026-12-31"),
    "this month": (
        r"(?:(?:the )?end of (?:the |this )?|this )month|eom", lambda _, now: Day(month_end(now.year, now.month)),
        "end of the month", "2026-11-30"),
    "this quarter": (r"(?:(?:the )?end of (?:the |this )?|this )quarter|eoq", _end_of_quarter, "end of quarter", "2026-12-31"),
    "this year": (
        r"(?:(?:the )?end of (?:the |this )?|this )year|year[ -]?end|eoy", lambda _, now: Day(date(now.year, 12, 31)),
        "end of the year", "2026-12-31"),
    "mid month": (rf"(?:mid|middle of)[ -]?(?P<month>{MONTH})", _mid_month, "mid-december", "2026-12-15"),
    "end of a month": (rf"(?:the )?end of (?P<month>{MONTH})", _end_of_month_named, "end of january", "2027-01-31"),
    "month and day": (
        rf"(?P<month>{MONTH})\.? (?:the )?(?P<dom>\d{{1,2}})(?:st|nd|rd|th)?(?!\d|:|\.\d)(?:,? (?P<year>20\d\d))?",
        _month_day, "december 15th", "2026-12-15"),
    "day and month": (
        rf"(?:the )?(?P<dom>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{MONTH})\b\.?(?:,? (?P<year>20\d\d))?",
        _month_day, "4 december", "2026-12-04"),
    "german": (
        r"(?P<b>\d{1,2})\.(?P<a>\d{1,2})\.(?P<year>20\d\d|\d\d)?", numeric(month_first=True), "4.12.", "2026-12-04"),
    "slashes": (
        r"(?<![\d/])(?P<a>\d{1,2})/(?P<b>\d{1,2})(?:/(?P<year>20\d\d|\d\d))?(?![\d/])", numeric(month_first=True),
        "12/3", "2026-12-03"),
    "the nth": (rf"(?:the )?{ORDINAL}(?: of (?:the|this) month)?", _the_nth, "the 5th", "2026-12-05"),
}  # fmt: skip
