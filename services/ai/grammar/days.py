"""Days in English, as people write deadlines: a table of phrases, each with what it says.

The conventions are those of the product (docs/understanding.md): a weekday is the next such day
after today, "next friday" that of the next week from Monday to Sunday, a date without a year that
has passed is next year's. Every row has an example, which is its test. `spans` and `monthdays`
have further rows.
"""

import re
from datetime import date, datetime, time, timedelta

from services.ai.grammar import monthdays, spans
from services.ai.grammar.counting import (
    DAY,
    WEEKDAYS,
    Day,
    Resolve,
    Row,
    monday,
    month_end,
    next_weekday,
    plain,
)

_PARTS = {"morning": time(9), "afternoon": time(15), "evening": time(18), "night": time(20)}
_MONTHS_OF_A_QUARTER = 3


def _of_week(weeks: int, weekday: int) -> Resolve:
    return lambda _, now: Day(monday(now) + timedelta(days=7 * weeks + weekday))


def _weekday(match: re.Match[str], now: datetime) -> Day:
    weekday = WEEKDAYS[match["day"]]
    if match["which"] == "next":
        return Day(monday(now) + timedelta(days=7 + weekday))
    this = monday(now) + timedelta(days=weekday)
    if match["which"] == "this" and this >= now.date():
        return Day(this)
    return Day(next_weekday(now.date(), weekday))


def _of_next_week(match: re.Match[str], now: datetime) -> Day:
    weekday = WEEKDAYS[match["day"] or match["day2"]]
    return Day(monday(now) + timedelta(days=7 + weekday))


def _month(ahead: int) -> Resolve:
    return lambda _, now: Day(month_end(now.year, now.month + ahead))


def _quarter(match: re.Match[str], now: datetime) -> Day:
    """The end of a quarter: this one, the next, or the one that is numbered."""
    groups = match.groupdict()
    this = (now.month - 1) // _MONTHS_OF_A_QUARTER + 1
    numbered, following = groups["q"] or groups["q2"], groups["which"] or groups["which2"]
    wanted = int(numbered or this + bool(following))
    year = int(groups["year"] or now.year)
    made = month_end(year, wanted * _MONTHS_OF_A_QUARTER)
    if numbered and not groups["year"] and made < now.date():
        made = month_end(year + 1, wanted * _MONTHS_OF_A_QUARTER)
    return Day(made)


def _part_of_today(match: re.Match[str], now: datetime) -> Day:
    return Day(now.date(), _PARTS[match["part"]])


_TOMORROW = r"tomorrow|tmrw|tmr|tomorow|tommorow|tommorrow|tomorro|2moro|2morrow"
_END = r"(?:the )?(?:very )?end of (?:the )?"
# name → row; the date of each example is told on Wednesday 2026-11-25 10:00.
DAYS: dict[str, Row] = {
    "this time tomorrow": spans.ROWS["this time tomorrow"],
    "weekday in weeks": spans.ROWS["weekday in weeks"],
    "day after tomorrow": Row(
        r"(?:the )?day after tomorrow|overmorrow", plain(2), "day after tomorrow", "2026-11-27", ("morrow",)),
    **{name: row for name, row in spans.ROWS.items() if name not in {"this time tomorrow", "weekday in weeks"}},
    "tomorrow": Row(_TOMORROW, plain(1), "tomorrow", "2026-11-26", ("mor", "tmr")),
    "tonight": Row(r"(?:later )?(?:tonight|tonite)", plain(0, time(20)), "tonight", "2026-11-25", ("toni",)),
    "part of today": Row(
        r"(?:(?:later|early|earlier) )?this (?P<part>morning|afternoon|evening)", _part_of_today, "this afternoon", "2026-11-25",
        ("this ",)),
    "today": Row(r"(?:later |sometime )?today", plain(0), "today", "2026-11-25", ("today",)),
    "iso with a time": monthdays.ROWS["iso with a time"],
    "iso": monthdays.ROWS["iso"],
    "nth weekday of a month": monthdays.ROWS["nth weekday of a month"],
    "last day of a month": monthdays.ROWS["last day of a month"],
    "weekday of next week": Row(
        rf"(?:on )?(?P<day>{DAY}),? (?:(?:of|in) )?(?:the )?next week|next week(?:,? on)? (?P<day2>{DAY})",
        _of_next_week, "tuesday next week", "2026-12-01", ("next week",)),
    "weekday": Row(
        rf"(?:(?P<which>this coming|the coming|coming|upcoming|this|next) )?(?P<day>{DAY})", _weekday, "friday", "2026-11-27",
        ("day", "mon", "tue", "wed", "thu", "fri", "sat", "sun")),
    "week after next": Row(r"(?:the )?week after next", _of_week(2, 4), "the week after next", "2026-12-11", ("after next",)),
    "start of next week": Row(
        r"(?:the )?(?:start|beginning|top) of (?:the )?next week", _of_week(1, 0), "start of next week", "2026-11-30", ("next week",)),
    "early next week": Row(r"early next week", _of_week(1, 1), "early next week", "2026-12-01", ("next week",)),
    "mid next week": Row(
        r"(?:the )?(?:mid(?:dle of)?|midweek(?: of)?)[ -]?next week", _of_week(1, 2), "mid next week", "2026-12-02", ("next week",)),
    "next week": Row(
        rf"(?:{_END}|late |sometime |any time )?(?:next|the (?:coming|following)) week", _of_week(1, 4), "next week", "2026-12-04",
        ("week",)),
    "this week": Row(
        (rf"{_END}(?:this |working |work )?week|(?:(?:later |sometime |within |during )?this|within the) week|(?:the |this )?week is (?:over|out|up)"
        r"|eow|week'?s end"), _of_week(0, 4), "end of week", "2026-11-27", ("week", "eow")),
    "next weekend": Row(r"next weekend", _of_week(1, 6), "next weekend", "2026-12-06", ("weekend",)),
    "this weekend": Row(r"(?:over )?(?:this|the coming) (?:coming )?weekend", _of_week(0, 6), "this weekend", "2026-11-29", ("weekend",)),
    "weekend": Row(
        r"(?:over )?(?:the |this |this coming )?weekend", _of_week(0, 6), "weekend", "2026-11-29", ("weekend",), plainly=True),
    "mid month": monthdays.ROWS["mid month"],
    "nth of a month": monthdays.ROWS["nth of a month"],
    "beginning of a month": monthdays.ROWS["beginning of a month"],
    "next month": Row(
        rf"(?:{_END}|late |sometime )?(?:next|the coming|the following) month", _month(1), "next month", "2026-12-31", ("month",)),
    "this month": Row(
        rf"(?:{_END}(?:this )?|this |later this |sometime this )month|eom|(?:the )?month'?s?[ -]end", _month(0), "end of the month",
        "2026-11-30", ("month", "eom")),
    "quarter": Row(
        (rf"{_END}q(?P<q>[1-4])(?: (?P<year>20\d\d))?|q(?P<q2>[1-4])[ -]end|(?:{_END}(?:this |(?P<which>next) )?|this |(?P<which2>next) )quarter"
        r"|(?:the )?quarter[ -]end|eoq"), _quarter, "end of quarter", "2026-12-31", ("q",)),
    "next year": Row(
        rf"(?:{_END})?next year", lambda _, now: Day(date(now.year + 1, 12, 31)), "end of next year", "2027-12-31", ("next year",)),
    "this year": Row(
        rf"(?:{_END}(?:this )?|this |later this )year|(?:the )?year'?s?[ -]?end|eoy", lambda _, now: Day(date(now.year, 12, 31)),
        "end of the year", "2026-12-31", ("year", "eoy")),
    **{name: row for name, row in monthdays.ROWS.items()
       if name not in {"iso", "iso with a time", "nth weekday of a month", "last day of a month", "mid month", "nth of a month", "beginning of a month"}},
}  # fmt: skip
