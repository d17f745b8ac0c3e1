"""How long from now: "in two weeks", "a week from friday", "within the hour"; rows of `days`."""

import re
from datetime import datetime, timedelta

from services.ai.grammar.counting import (
    COUNT,
    DAY,
    WEEKDAYS,
    Day,
    Row,
    add_months,
    add_working_days,
    monday,
    next_weekday,
    number,
)

_UNIT = r"(?P<unit>minutes?|mins?|hours?|hrs?|days?|nights?|weeks?|wks?|fortnights?|months?|years?|quarters?)"
_WORKING = r"(?P<unit>(?:working|business|work) ?days?|weekdays)"
_OR_MORE = rf"(?:(?:{COUNT})(?:-|–| - | or | to ))?"
_HALVES = {"half": 0.5, "a half": 0.5, "half a": 0.5, "half an": 0.5, "three quarters of": 0.75,
           "a quarter of": 0.25, "three quarters of an": 0.75, "a quarter of an": 0.25}  # fmt: skip
_MINUTES = {"m": 1, "h": 60}


def _ahead(now: datetime, minutes: float) -> Day:
    moment = (now + timedelta(minutes=minutes)).replace(second=0, microsecond=0)
    return Day(moment.date(), exact=moment)


def _span(count: int, unit: str, now: datetime, *, half: bool = False) -> Day:
    if unit.startswith(("min", "hour", "hr")):
        return _ahead(now, count * _MINUTES[unit[0]] + 30 * half)
    if unit.startswith(("working", "business", "work", "weekday")):
        return Day(add_working_days(now.date(), count))
    if unit.startswith(("month", "year", "quarter")):
        months = {"m": 1, "y": 12, "q": 3}[unit[0]]
        return Day(add_months(now.date(), months * count + (months // 2) * half))
    days = {"d": 1, "n": 1, "w": 7, "f": 14}[unit[0]]
    return Day(now.date() + timedelta(days=days * count + (days // 2) * half))


def _said(match: re.Match[str], now: datetime) -> Day:
    groups = match.groupdict()
    return _span(number(match["count"]), match["unit"], now, half=bool(groups.get("half")))


def _part_of(match: re.Match[str], now: datetime) -> Day:
    part, unit = _HALVES[match["part"]], match["unit"]
    if unit.startswith("year"):
        return Day(add_months(now.date(), round(12 * part)))
    return _ahead(now, 60 * part)


def _and_a_half(match: re.Match[str], now: datetime) -> Day:
    count = float(match["n"]) if match["n"] else number(match["count"]) + 0.5
    return _ahead(now, count * _MINUTES[match["unit"][0]])


def _short(match: re.Match[str], now: datetime) -> Day:
    return _ahead(now, 60 * int(match["h"]) + int(match["m"] or 0))


def _weeks_from(match: re.Match[str], now: datetime) -> Day:
    """A number of weeks, or of days, from a day that is named."""
    start = match["start"]
    if start in WEEKDAYS:
        day = next_weekday(now.date(), WEEKDAYS[start])
    else:
        day = now.date() + timedelta(days=start.startswith(("tom", "tmr")))
    return _span(
        number(match["count"]),
        match["unit"],
        now.replace(year=day.year, month=day.month, day=day.day),
    )


def _weekday_week(weeks: int):  # type: ignore[no-untyped-def] # noqa: ANN202 -- a row's resolver
    return lambda match, now: Day(
        next_weekday(now.date(), WEEKDAYS[match["day"]]) + timedelta(weeks=weeks)
    )


def _nth_weekday_ahead(match: re.Match[str], now: datetime) -> Day:
    weekday = WEEKDAYS[match["day"]]
    return Day(next_weekday(now.date(), weekday) + timedelta(weeks=number(match["count"]) - 1))


def _weekday_in_weeks(match: re.Match[str], now: datetime) -> Day:
    first = next_weekday(now.date(), WEEKDAYS[match["day"]])
    return Day(first + timedelta(weeks=number(match["count"])))


def _after_next(match: re.Match[str], now: datetime) -> Day:
    return Day(monday(now) + timedelta(days=14 + WEEKDAYS[match["day"]]))


_NOW = r"(?:now|today)"
_START = rf"(?P<start>today|tomorrow|tmrw|{DAY})"
_FROM = r"(?:from|after)"
_LEADS = r"(?:in|within|over|during|inside)"
ROWS: dict[str, Row] = {
    "a span from a day": Row(
        rf"(?P<count>{COUNT}) (?P<unit>days?|weeks?|fortnights?|months?) {_FROM} {_START}",
        _weeks_from, "a week from friday", "2026-12-04", ("from", "after")),
    "a working span from now": Row(
        rf"(?P<count>{COUNT}) {_WORKING} from {_NOW}", _said, "two working days from now", "2026-11-27", ("from",)),
    "half a span": Row(
        rf"{_LEADS} (?P<part>half an?|three quarters of an|a quarter of an) (?P<unit>hour|year)",
        _part_of, "in half an hour", "2026-11-25", ("half a", "quarter")),
    "a span and a half": Row(
        rf"{_LEADS} (?:(?P<n>\d{{1,2}}\.5)|(?P<count>{COUNT}) and a half) ?(?P<unit>hours?|hrs?|h)",
        _and_a_half, "in two and a half hours", "2026-11-25", ("half", ".5")),
    "working days": Row(
        rf"{_LEADS}(?: the next| about)? {_OR_MORE}(?P<count>{COUNT}) {_WORKING}", _said, "in 3 working days", "2026-11-30",
        ("day",)),
    "in a span": Row(
        (rf"{_LEADS}(?: the (?:next|coming)| next| about| around| at most| max)? {_OR_MORE}(?P<count>{COUNT})(?: more)? ?{_UNIT}"
        r"(?P<half> and a half)?(?:'? time| from now)?"), _said, "in two weeks", "2026-12-09", ("in", "over")),
    "in a short span": Row(
        r"(?:in|within) (?P<h>\d{1,2}) ?h(?: ?(?P<m>[0-5]\d)(?: ?m(?:in)?)?)?", _short, "in 1h30", "2026-11-25", ("h",)),
    "in a short span of minutes": Row(
        r"(?:in|within) (?P<count>\d{1,3}) ?(?P<unit>m)", lambda m, now: _ahead(now, int(m["count"])), "in 15m", "2026-11-25", ("m",)),
    "within the hour": Row(
        r"(?:within|in) the (?:next )?hour", lambda _, now: _ahead(now, 60), "within the hour", "2026-11-25", ("the",)),
    "this time tomorrow": Row(
        r"this time tomorrow", lambda _, now: _ahead(now, 24 * 60), "this time tomorrow", "2026-11-26", ("this time",)),
    "within the day": Row(
        r"(?:within|in) the (?:next )?day", lambda _, now: Day(now.date() + timedelta(days=1)), "in the next day", "2026-11-26",
        ("the day", "next day")),
    "time that somebody has": Row(
        rf"(?:has|have|gets?|got) (?:only |just |about |until )?(?P<count>{COUNT}) (?P<unit>minutes?|hours?|days?|weeks?|months?)(?= to\b| for\b)",
        _said, "has two days to", "2026-11-27", ("ha", "get", "got")),
    "a span from now": Row(
        rf"(?P<count>{COUNT}) {_UNIT}(?P<half> and a half)? from {_NOW}", _said, "two days from now", "2026-11-27", ("from",)),
    "a week tomorrow": Row(
        rf"(?P<count>an?|one|two) (?P<unit>week|fortnight)s? (?:on )?{_START}", _weeks_from, "a week on friday", "2026-12-04",
        ("week", "fortn")),
    "weekday week": Row(rf"(?P<day>{DAY}) week(?! \w)", _weekday_week(1), "friday week", "2026-12-04", (" week",)),
    "tomorrow week": Row(
        r"(?P<start>tomorrow|today) week", lambda m, now: Day(now.date() + timedelta(days=7 + (m["start"] == "tomorrow"))),
        "tomorrow week", "2026-12-03", (" week",)),
    "weekday after next": Row(
        rf"(?:the )?(?P<day>{DAY}) after next(?! week)", _after_next, "friday after next", "2026-12-11", ("after next",)),
    "weekday in weeks": Row(
        rf"(?P<day>{DAY}) in (?P<count>{COUNT}) weeks?", _weekday_in_weeks, "monday in two weeks", "2026-12-14", (" week",)),
    "weekdays from now": Row(
        rf"(?P<count>two|three|four|2|3|4) (?P<day>{DAY})s from now", _nth_weekday_ahead, "two fridays from now", "2026-12-04",
        ("from now",)),
}  # fmt: skip
