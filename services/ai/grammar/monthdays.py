"""Dates of the calendar: "4 december", "12/3", "the 5th", "the first monday of january"."""

import re
from datetime import date, datetime, time, timedelta

from services.ai.grammar.counting import (
    DAY,
    MONTH,
    MONTHS,
    ORDINAL_WORD,
    WEEKDAYS,
    Day,
    Resolve,
    Row,
    make,
    month_end,
    nth_weekday,
    ordinal,
)

_LAST_MONTH = 12
_RANGE = r"(?:st|nd|rd|th)? ?(?:-|–|to|or|until|through) ?(?:the )?"
_NTH = r"(?P<nth>first|second|third|fourth|fifth|last|1st|2nd|3rd|4th|5th)"
_YEAR = r"(?:,? (?:(?P<year>20\d\d)|'(?P<year2>\d\d)))?"
_SOME_MONTH = (
    rf"(?:(?:in|of) )(?:(?P<month>{MONTH})|(?P<which>next|this|the) month)(?: (?P<year>20\d\d))?"
)
_AHEAD = 5


def _coming(month: int, day: int, now: datetime) -> date | None:
    """The next such date, today included."""
    years = range(now.year, now.year + _AHEAD)
    made = (make(year, month, day) for year in years)
    return next((each for each in made if each and each >= now.date()), None)


def _day(made: date | None) -> Day | None:
    return Day(made) if made else None


def _year(text: str) -> int:
    return int(text) + (2000 if len(text) == 2 else 0)  # noqa: PLR2004 - '26


def _month_day(match: re.Match[str], now: datetime) -> Day | None:
    groups = match.groupdict()
    said = groups.get("dom") or groups.get("word") or ""
    month, wanted = MONTHS[match["month"]], ordinal(groups.get("until") or said)
    year = groups.get("year") or groups.get("year2")
    return _day(make(_year(year), month, wanted) if year else _coming(month, wanted, now))


def numeric(*, month_first: bool) -> Resolve:
    """Return how 12/3 is read where the month, or the day, comes first."""

    def resolve(match: re.Match[str], now: datetime) -> Day | None:
        first, second = int(match["a"]), int(match["b"])
        month, day = (first, second) if month_first else (second, first)
        if month > _LAST_MONTH >= day:
            month, day = day, month
        if match["year"]:
            return _day(make(_year(match["year"]), month, day))
        made = make(now.year, month, day)
        return _day(make(now.year + 1, month, day) if made and made < now.date() else made)

    return resolve


def _iso(match: re.Match[str], _: datetime) -> Day | None:
    return _day(make(int(match[1]), int(match[2]), int(match[3])))


def _iso_time(match: re.Match[str], _: datetime) -> Day | None:
    made = make(int(match[1]), int(match[2]), int(match[3]))
    hour, minute = int(match[4]), int(match[5])
    return Day(made, time(hour, minute)) if made and hour < 24 and minute < 60 else None  # noqa: PLR2004


def _the_nth(match: re.Match[str], now: datetime) -> Day | None:
    wanted = ordinal(match["until"] or match["dom"])
    for ahead in range(13):
        last = month_end(now.year, now.month + ahead)
        if wanted <= last.day and last.replace(day=wanted) > now.date():
            return Day(last.replace(day=wanted))
    return None


def _nth_of_month(match: re.Match[str], now: datetime) -> Day | None:
    """The 15th of this or of the next month."""
    last = month_end(now.year, now.month + (match["which"] == "next"))
    wanted = ordinal(match["dom"])
    return Day(last.replace(day=wanted)) if wanted <= last.day else None


def _of_month(match: re.Match[str], now: datetime) -> tuple[int, int, bool]:
    """The year and month that are meant, and whether a later year may be."""
    if match["month"]:
        return int(match["year"] or now.year), MONTHS[match["month"]], not match["year"]
    return now.year, now.month + (match["which"] == "next"), False


def _nth_weekday(match: re.Match[str], now: datetime) -> Day | None:
    year, month, later = _of_month(match, now)
    nth = -1 if match["nth"] == "last" else ordinal(match["nth"])
    weekday = WEEKDAYS[match["day"]]
    made = nth_weekday(year, month, weekday, nth)
    if later and made and made < now.date():
        made = nth_weekday(year + 1, month, weekday, nth)
    return _day(made)


def _last_of_month(match: re.Match[str], now: datetime) -> Day:
    year, month, later = _of_month(match, now)
    made = month_end(year, month)
    return Day(month_end(year + 1, month) if later and made < now.date() else made)


def _middle(match: re.Match[str], now: datetime) -> Day | None:
    if match["month"]:
        return _day(_coming(MONTHS[match["month"]], 15, now))
    return Day(month_end(now.year, now.month + 1).replace(day=15))


def _beginning(match: re.Match[str], now: datetime) -> Day | None:
    if match["month"]:
        return _day(_coming(MONTHS[match["month"]], 1, now))
    return Day(month_end(now.year, now.month) + timedelta(days=1))


def _month_end_named(match: re.Match[str], now: datetime) -> Day:
    month, year = MONTHS[match["month"]], match["year"]
    made = month_end(int(year) if year else now.year, month)
    return Day(month_end(now.year + 1, month) if not year and made < now.date() else made)


def _feast(match: re.Match[str], now: datetime) -> Day | None:
    return _day(_coming(*FEASTS[re.sub(r"[’']", "", match["feast"])], now))


FEASTS = {
    "christmas eve": (12, 24), "xmas eve": (12, 24), "christmas day": (12, 25), "christmas": (12, 25),
    "xmas": (12, 25), "boxing day": (12, 26), "new years eve": (12, 31), "new years day": (1, 1),
    "new years": (1, 1), "new year": (1, 1), "halloween": (10, 31), "valentines day": (2, 14),
}  # fmt: skip
_FEAST = (
    "|".join(sorted(FEASTS, key=len, reverse=True))
    .replace("years", "year'?s")
    .replace("ines day", "ine'?s day")
)
_LONG_MONTH = "|".join(name for name in MONTHS if len(name) > 4 or name in {"june", "july"})  # noqa: PLR2004
ROWS: dict[str, Row] = {
    "iso with a time": Row(
        r"(\d{4})-(\d{2})-(\d{2})t(\d{2}):(\d{2})(?::\d{2})?z?", _iso_time, "2026-12-24t16:30", "2026-12-24", ("t",)),
    "iso": Row(r"(\d{4})[-/](\d{2})[-/](\d{2})", _iso, "2026-12-24", "2026-12-24", ("20", "19")),
    "nth weekday of a month": Row(
        rf"(?:the )?{_NTH} (?P<day>{DAY}) {_SOME_MONTH}", _nth_weekday, "the first monday of january", "2027-01-04",
        (" of ", " in ")),
    "last day of a month": Row(
        rf"(?:the )?last day {_SOME_MONTH}", _last_of_month, "the last day of january", "2027-01-31", ("last day",)),
    "nth of a month": Row(
        r"(?:the )?(?P<dom>\d{1,2}(?:st|nd|rd|th)|first) of (?P<which>next|this|the) month", _nth_of_month,
        "the 15th of next month", "2026-12-15", ("month",)),
    "mid month": Row(
        rf"(?:the )?(?:mid|middle of)[ -]?(?:(?P<month>{MONTH})|next month)", _middle, "mid-december", "2026-12-15", ("mid",)),
    "beginning of a month": Row(
        rf"(?:the )?(?:start|beginning) of (?:(?P<month>{MONTH})|next month)", _beginning, "the beginning of january", "2027-01-01",
        ("start of", "beginning of")),
    "end of a month": Row(
        rf"(?:(?:the )?end of|late) (?P<month>{MONTH})(?: (?P<year>20\d\d))?", _month_end_named, "end of january", "2027-01-31",
        ("end of", "late")),
    "month and day": Row(
        (rf"(?P<month>{MONTH})\.? (?:the )?(?P<dom>\d{{1,2}})(?:{_RANGE}(?P<until>\d{{1,2}})(?!:\d|\d|%|\.\d))?(?:st|nd|rd|th)?(?!\d|:\d|\.\d)"
        rf"{_YEAR}"), _month_day, "december 15th", "2026-12-15", tuple(MONTHS)),
    "day and month": Row(
        rf"(?:the )?(?:\d{{1,2}}{_RANGE})?(?P<dom>\d{{1,2}})(?:st|nd|rd|th)?(?: of |[ -]|)(?P<month>{MONTH})\b\.?(?:(?:,? |-)(?:(?P<year>20\d\d)|'(?P<year2>\d\d)))?",
        _month_day, "4 december", "2026-12-04", tuple(MONTHS)),
    "ordinal word and month": Row(
        rf"(?:the )?(?P<word>{ORDINAL_WORD}) of (?P<month>{MONTH}){_YEAR}", _month_day, "the first of december", "2026-12-01",
        (" of ",)),
    "month and ordinal word": Row(
        rf"(?P<month>{MONTH}) (?:the )?(?P<word>{ORDINAL_WORD}){_YEAR}", _month_day, "december the fifth", "2026-12-05",
        ("st", "nd", "rd", "th")),
    "german": Row(
        r"(?P<b>\d{1,2})\.(?P<a>\d{1,2})\.(?P<year>20\d\d|\d\d)?", numeric(month_first=True), "4.12.", "2026-12-04", (".",), plainly=True),
    "slashes": Row(
        r"(?<![\d/])(?P<a>\d{1,2})/(?P<b>\d{1,2})(?:/(?P<year>20\d\d|\d\d))?(?![\d/])", numeric(month_first=True),
        "12/3", "2026-12-03", ("/",), plainly=True),
    "the nth": Row(
        r"(?:the )?(?P<dom>\d{1,2}(?:st|nd|rd|th))(?: ?(?:-|–|to|or|until|through) ?(?:the )?(?P<until>\d{1,2}(?:st|nd|rd|th)))?(?: of (?:the|this) month)?",
        _the_nth, "the 5th", "2026-12-05", ("st", "nd", "rd", "th"), plainly=True),
    "the nth in words": Row(
        rf"(?:the )(?P<dom>{'|'.join(w for w in ORDINAL_WORD.split('|') if w not in {'second', 'third', 'first'})})(?P<until>)(?: of (?:the|this) month)?",
        _the_nth, "the tenth", "2026-12-10", ("th",), plainly=True),
    "feast": Row(rf"(?P<feast>{_FEAST})(?=\s*(?:$|[,.;:!?)\ue003-]|(?:at|and|or|please|by|latest)\b))", _feast, "christmas eve", "2026-12-24", ("mas", "new year", "hallow", "valent", "boxing"),
        plainly=True),
    "in a month named": Row(
        rf"(?:in|by|until|before|during|for) (?P<month>{_LONG_MONTH})(?: (?P<year>20\d\d))?(?=\s*(?:$|[,.;:!?)\ue003]))",
        _month_end_named, "by january", "2027-01-31", tuple(MONTHS)),
}  # fmt: skip
