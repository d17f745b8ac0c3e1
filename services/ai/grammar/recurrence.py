"""What comes again: "every friday at 4pm" → an RRULE and its first occurrence.

RRULEs have no DTSTART and their parts in the order FREQ, INTERVAL, BYDAY, BYMONTHDAY. The first
occurrence is the first after now; today counts while its time is still to come. Where only an
interval is said, it is one interval from now. Adjectives ("the weekly report") are no rule.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from services.ai.grammar.clock import TimeFound, times
from services.ai.grammar.counting import (
    DAY,
    WEEKDAYS,
    add_months,
    month_end,
    number,
)
from services.ai.grammar.dates import END_OF_DAY
from services.ai.grammar.tokens import TAKEN
from services.ai.grammar.trace import fired

CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_EVERY = r"(?:every|each)"
_NTH = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4,
        "last": -1}  # fmt: skip
_NTH_WORDS = "|".join(_NTH)
_UNITS = {"day": "DAILY", "week": "WEEKLY", "month": "MONTHLY", "year": "YEARLY"}
_DAYS_LIST = rf"(?:{DAY})s?(?:(?:, and |, |,| and | & |/| or )(?:on )?(?:{DAY})s?)*"
_OF_MONTH = r"(?:of )?(?:(?:every|each|the|a) month|the month)"
# An adverb stands at an edge; before a noun it is an adjective.
_EDGE = rf"(?=\s*(?:$|[,.;:!)({TAKEN}–—-]|\d|(?:at|on|by|in the|for|from|starting|and|until)\b))"
_EVERY_NUMBER = r"(?P<n>\d{1,2}|two|three|four|five|six|other|second|2nd|third|3rd)"
_AT_WORDS = {"morning": time(9), "afternoon": time(15), "evening": time(18), "night": time(20)}

Rule = tuple[str, Callable[[date], bool] | timedelta | int]


@dataclass(frozen=True, slots=True)
class Recurring:
    """Where it is said, the RRULE, and the first time."""

    stretches: tuple[tuple[int, int], ...]
    rule: str
    first: datetime


def _weekdays(match: re.Match[str]) -> Rule:
    days = {WEEKDAYS[word] for word in re.findall(DAY, match["days"])}
    by_day = ",".join(CODES[day] for day in sorted(days))
    other = match.groupdict().get("other")
    interval = "INTERVAL=2;" if other else ""
    return f"FREQ=WEEKLY;{interval}BYDAY={by_day}", lambda day: day.weekday() in days


def _working_days(_: re.Match[str]) -> Rule:
    return "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", lambda day: day.weekday() < 5  # noqa: PLR2004


def _weekends(_: re.Match[str]) -> Rule:
    return "FREQ=WEEKLY;BYDAY=SA,SU", lambda day: day.weekday() >= 5  # noqa: PLR2004


def _daily(_: re.Match[str]) -> Rule:
    return "FREQ=DAILY", lambda _: True


def _interval(match: re.Match[str]) -> Rule:
    said = match["n"]
    count = {"other": 2, "second": 2, "2nd": 2, "third": 3, "3rd": 3}.get(said) or number(said)
    return _spaced(match["unit"], count)


def _hourly(match: re.Match[str]) -> Rule:
    count = number(match["n"]) if match["n"] else 1
    return "FREQ=HOURLY" + (f";INTERVAL={count}" if count > 1 else ""), timedelta(hours=count)


def _spaced(unit: str, count: int) -> Rule:
    if unit == "quarter":
        unit, count = "month", 3 * count
    if unit == "day" and count == 1:
        return "FREQ=DAILY", lambda _: True
    rule = f"FREQ={_UNITS[unit]}" + (f";INTERVAL={count}" if count > 1 else "")
    if unit in {"day", "week"}:
        return rule, timedelta(days=count * (7 if unit == "week" else 1))
    return rule, count * (12 if unit == "year" else 1)


def _fixed(unit: str, count: int) -> Callable[[re.Match[str]], Rule]:
    return lambda _: _spaced(unit, count)


def _one_interval(match: re.Match[str]) -> Rule:
    return _spaced(match["unit"], 1)


def _month_day(match: re.Match[str]) -> Rule:
    wanted = int(match["dom"])
    return f"FREQ=MONTHLY;BYMONTHDAY={wanted}", lambda day: day.day == wanted


def _last_day(_: re.Match[str]) -> Rule:
    return "FREQ=MONTHLY;BYMONTHDAY=-1", lambda day: day == month_end(day.year, day.month)


def _nth_weekday(match: re.Match[str]) -> Rule:
    nth, weekday = _NTH[match["nth"]], WEEKDAYS[match["day"]]

    def fits(day: date) -> bool:
        if day.weekday() != weekday:
            return False
        if nth < 0:
            return (day + timedelta(days=7)).month != day.month
        return (day.day - 1) // 7 + 1 == nth

    return f"FREQ=MONTHLY;BYDAY={nth}{CODES[weekday]}", fits


# name → (pattern, what it says, example, RRULE, first occurrence on Wednesday 2026-11-25 10:00)
RULES: dict[str, tuple[str, Callable[[re.Match[str]], Rule], str, str, str]] = {
    "nth weekday": (
        (rf"(?:on )?(?:the |{_EVERY} )?(?P<nth>{_NTH_WORDS}) (?P<day>{DAY}) {_OF_MONTH}|"
        rf"{_EVERY} month on the (?P<nth2>{_NTH_WORDS}) (?P<day2>{DAY})"),
        _nth_weekday, "on the first monday of each month", "FREQ=MONTHLY;BYDAY=1MO", "2026-12-07"),
    "every nth weekday": (
        rf"{_EVERY} (?P<nth>first|1st|third|3rd|fourth|4th|last) (?P<day>{DAY})",
        _nth_weekday, "every first monday", "FREQ=MONTHLY;BYDAY=1MO", "2026-12-07"),
    "last day": (
        (rf"(?:on |at )?(?:the |{_EVERY} )?(?:last day|end) (?:of (?:every|each|the) month|of each month)(?<!of the month)"
        rf"|(?:on )?(?:the )?last day of the month|{_EVERY} month(?:'s end| end| on the last day)|monthly on the last day"),
        _last_day, "on the last day of every month", "FREQ=MONTHLY;BYMONTHDAY=-1", "2026-11-30"),
    "day of the month": (
        (rf"(?:on )?(?:the )?(?P<dom>\d{{1,2}})(?:st|nd|rd|th)? of (?:every|each) month"
        rf"|(?:{_EVERY} month|monthly) on the (?P<dom2>\d{{1,2}})(?:st|nd|rd|th)?"
        rf"|{_EVERY} (?P<dom3>\d{{1,2}})(?:st|nd|rd|th) of the month"),
        _month_day, "on the 5th of each month", "FREQ=MONTHLY;BYMONTHDAY=5", "2026-12-05"),
    "working days": (
        rf"(?:on )?(?:{_EVERY} day (?:except|but|apart from|other than)(?: for)?(?: on)? (?:the )?weekends?|daily except(?: on)?(?: the)? weekends?|(?:monday|mon) (?:to|through|-|–) (?:friday|fri)(?: every week)?|{_EVERY} (?:weekday|working day|workday|work day|business day)|on weekdays|weekdays)" + _EDGE,
        _working_days, "every weekday", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "2026-11-25"),
    "weekends": (rf"{_EVERY} weekend|on weekends", _weekends, "every weekend", "FREQ=WEEKLY;BYDAY=SA,SU", "2026-11-28"),
    "weekdays": (
        rf"(?:on )?{_EVERY} (?P<other>other |second |2nd )?(?P<days>{_DAYS_LIST})",
        _weekdays, "every monday and thursday", "FREQ=WEEKLY;BYDAY=MO,TH", "2026-11-26"),
    "weekly on": (
        rf"(?:weekly|{_EVERY} week) on (?P<days>{_DAYS_LIST})",
        _weekdays, "weekly on friday", "FREQ=WEEKLY;BYDAY=FR", "2026-11-27"),
    "biweekly on": (
        rf"(?:biweekly|fortnightly|{_EVERY} (?P<other>other|second|2|two) weeks?) on (?P<days>{_DAYS_LIST})",
        _weekdays, "every other week on friday", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "2026-11-27"),
    "on weekdays": (
        rf"(?:on )?(?<!the )(?<!two )(?<!three )(?P<days>(?:{DAY})s(?:(?:, and |, | and | & )(?:on )?(?:{DAY})s)*)(?<=s)(?<!tues)(?<!thurs)(?<!weds)",
        _weekdays, "on mondays", "FREQ=WEEKLY;BYDAY=MO", "2026-11-30"),
    "hourly": (
        rf"{_EVERY} (?:(?P<n>\d{{1,2}}|two|three|four|six) hours|hour)|hourly" + _EDGE, _hourly, "every 4 hours", "FREQ=HOURLY;INTERVAL=4", "2026-11-25"),
    "interval": (
        rf"{_EVERY} {_EVERY_NUMBER} (?P<unit>day|week|month|year|quarter)s?",
        _interval, "every 3 days", "FREQ=DAILY;INTERVAL=3", "2026-11-28"),
    "one interval": (
        rf"(?:once (?:a|per|every) |{_EVERY} (?:single )?)(?P<unit>day|week|month|quarter|year)",
        _one_interval, "every week", "FREQ=WEEKLY", "2026-12-02"),
    "part of the day": (rf"{_EVERY} (?P<part>morning|afternoon|evening|night)", _daily, "every morning", "FREQ=DAILY", "2026-11-26"),
    "biweekly": (r"(?:biweekly|bi-weekly|fortnightly)" + _EDGE, _fixed("week", 2), "biweekly", "FREQ=WEEKLY;INTERVAL=2", "2026-12-09"),
    "daily": (r"daily" + _EDGE, _daily, "daily", "FREQ=DAILY", "2026-11-25"),
    "weekly": (r"weekly" + _EDGE, _fixed("week", 1), "weekly", "FREQ=WEEKLY", "2026-12-02"),
    "monthly": (r"monthly" + _EDGE, _fixed("month", 1), "monthly", "FREQ=MONTHLY", "2026-12-25"),
    "quarterly": (r"quarterly" + _EDGE, _fixed("quarter", 1), "quarterly", "FREQ=MONTHLY;INTERVAL=3", "2027-02-25"),
    "yearly": (r"(?:yearly|annually)" + _EDGE, _fixed("year", 1), "yearly", "FREQ=YEARLY", "2027-11-25"),
}  # fmt: skip
_HINT = re.compile(
    rf"\b(?:every|each)\b|(?:dai|week|month|quarter|year|annual|night|hour)ly|weekdays|weekends|\b(?:{DAY})s\b|once (?:a|per|every)|of the month|month'?s? end"
    r"|\b(?:mon|monday) ?(?:to|through|-|–)"
)
_SAID_AGAIN = re.compile(
    r"(?<!\w)(?:every (?:day|week|month|year)|each (?:day|week|month|year)|weekly|monthly|yearly|daily)(?=\s*(?:$|[,.;:!)]))"
)
_BEFORE_TIME = re.compile(r"[ ,]*(?:at|by|@|before|around) $")


def _compiled(pattern: str) -> re.Pattern[str]:
    # Alternatives can't share a group's name; the second of two is called name2.
    return re.compile(rf"(?<![\w'-])(?:{pattern})(?![\w'])")


_COMPILED = [(name, _compiled(row[0]), row[1]) for name, row in RULES.items()]


class _Named:
    """A match of which nth2 counts as nth."""

    def __init__(self, match: re.Match[str]) -> None:
        self._groups = match.groupdict()

    def groupdict(self) -> dict[str, str | None]:
        return self._groups

    def __getitem__(self, name: str) -> str | None:
        return next((v for n, v in self._groups.items() if n.rstrip("23") == name and v), None)


def find(low: str, now: datetime) -> Recurring | None:
    """Return what the text says to come again; the first of several rules counts."""
    if not _HINT.search(low):
        return None
    for name, pattern, rule_of in _COMPILED:
        match = pattern.search(low)
        if match is None:
            continue
        fired("recurrence", name, match[0])
        rule, step = rule_of(_Named(match))  # type: ignore[arg-type]
        stretches = [match.span()]
        at = _AT_WORDS.get(match.groupdict().get("part") or "") or END_OF_DAY
        clock = _clock(low, *match.span())
        if clock:
            begin = _BEFORE_TIME.search(low, max(0, clock.start - 9), clock.start)
            stretches.append((begin.start() if begin else clock.start, clock.end))
            at = clock.at
        again = _SAID_AGAIN.search(low, match.end()) or _SAID_AGAIN.search(low, 0, match.start())
        if again:
            stretches.append(again.span())
        return Recurring(tuple(stretches), rule, _first(step, at, now))
    return None


def _clock(low: str, start: int, end: int) -> TimeFound | None:
    """The time of day that is said with it: any that stands alone, or one right behind."""
    for clock in times(low):
        inside = start <= clock.start < end
        if not inside and (clock.alone or clock.start - end in range(4)):
            return clock
    return None


def _first(step: Callable[[date], bool] | timedelta | int, at: time, now: datetime) -> datetime:
    if isinstance(step, timedelta) and step < timedelta(days=1):
        return (now + step).replace(second=0, microsecond=0)
    if isinstance(step, timedelta):
        return datetime.combine(now.date() + step, at, tzinfo=now.tzinfo)
    if isinstance(step, int):
        return datetime.combine(add_months(now.date(), step), at, tzinfo=now.tzinfo)
    for ahead in range(366):
        moment = datetime.combine(now.date() + timedelta(days=ahead), at, tzinfo=now.tzinfo)
        if step(moment.date()) and moment > now:
            return moment
    return datetime.combine(now.date(), at, tzinfo=now.tzinfo)
