"""When: days and times of a text joined into moments in the sender's zone.

No time said is 18:00, a bare hour from 1 to 7 is p.m., a time that is over today is tomorrow's, a
range is its end, and what is wholly past is no deadline. Days are found by the table of `days`.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from services.ai.grammar.days import COUNT, DAY, DAYS, MONTH, Day, numeric
from services.ai.grammar.tokens import TAKEN
from services.ai.grammar.trace import fired

END_OF_DAY = time(18)
_NOON, _LAST_HOUR, _LAST_MINUTE, _PM_UNTIL = 12, 23, 59, 7
_HALF = r" ?(?P<half>[ap]m|[ap]\.m\.)"
# name → (pattern, example, its time)
TIMES: dict[str, tuple[str, str, str]] = {
    "colon": (rf"(?P<h>\d{{1,2}}):(?P<m>\d\d)(?:{_HALF})?(?![\d:]|\.\d)", "9:30", "09:30"),
    "half": (rf"(?P<h>\d{{1,2}})(?:[.:](?P<m>\d\d))?{_HALF}", "5pm", "17:00"),
    "h": (r"(?P<h>\d{1,2}) ?h(?P<m>[0-5]\d)", "14h30", "14:30"),
    "dot": (r"(?:at|by|before|until) (?P<h>\d{1,2})\.(?P<m>[0-5]\d)", "at 9.30", "09:30"),
    "o'clock": (r"(?P<h>\d{1,2}) ?o'?clock", "5 o'clock", "17:00"),
    "bare": (
        r"(?:at|@) (?P<h>\d{1,2})(?![\w:%/]|\.\d| ?(?:percent|px|people|degrees|euros?|dollars?))",
        "at 9",
        "09:00",
    ),
    "noon": (r"noon|midday", "noon", "12:00"),
    "lunch": (r"lunch(?: ?time)?", "by lunch", "12:00"),
    "morning": (r"first thing(?: in the morning)?|(?:in the )?morning", "morning", "09:00"),
    "afternoon": (r"(?:in the )?afternoon", "afternoon", "15:00"),
    "evening": (r"(?:in the )?evening", "evening", "18:00"),
    "night": (r"(?:at )?night", "night", "20:00"),
    "midnight": (r"midnight", "midnight", "23:59"),
    "end of day": (r"(?:the )?end of (?:the )?(?:day|business)|eod|cob|close of business", "eod", "18:00"),
}  # fmt: skip
_CLOCKS = {"colon", "half", "h", "dot", "o'clock", "bare"}
_WORDS = {n: time.fromisoformat(row[2]) for n, row in TIMES.items() if n not in _CLOCKS}
# These are names of things as often as times: they count only beside a day or after "by" and such.
_NEED_LEAD = {"lunch", "morning", "afternoon", "evening", "night"}
_RISKY_DAYS = {"german", "slashes", "the nth", "weekend", "next weekend"}
_RISKY_WORDS = {"sat", "sun", "mon", "wed"}

_BOUND, _STOP = r"(?<![\w'.-])", r"(?!\w|'s|-\w)"
_LEAD_WORDS = (
    r"(?:(?:and )?(?:it'?s |that'?s |it is |is |are )?(?:(?:all )?due|(?:the )?deadline(?: is)?|by|before|until|till"
    r"|no later than|not later than|not before but by|on|for|at|around|latest|starting|from|finish by|"
    r"to be done|has until|have until|ready)(?: (?:by|on|at|before|for|like|latest|about|around))*:? ?)?"
    r"(?:like |the latest |end of |about )?(?:the )?"
)
_LEADS = re.compile(rf"(?<![\w'-]){_LEAD_WORDS}$")
_REAL_LEAD = re.compile(r"(?:by|before|until|till|than|on|due|deadline|at|around|from|for|in)\b")
_TRAIL = re.compile(
    r" (?:at the latest|latest|sharp|or so|or earlier|ideally|if possible|at most|(?:is|would be|will be|should be) (?:fine|ok|okay|enough|good|great|nice|perfect|soon enough)|works|will do)\b"
)
_PAST = re.compile(
    rf"\b(?:(?:since )?yesterday(?: (?:morning|evening|afternoon))?|last (?:week|month|year|night|{DAY})"
    rf"|(?:{COUNT}) (?:minutes?|hours?|days?|weeks?|months?|years?) ago)\b(?!'s)"
)
_JOIN = re.compile(r"[ ,]*(?:(?:at|by|@|in the|around|on|before) )?")
_RANGE = re.compile(r" ?(?:or|to|-|–|and|until) ?(?:the )?")
_BETWEEN = re.compile(r"(?:between|from|either) $")
_FIRST_OF_RANGE = re.compile(
    r"(?:between|from) (?:the )?(?:\d{1,2}(?:st|nd|rd|th)?)(?: ?[ap]m)? (?:and|to|-) $"
)
# A day that names a thing: "the Monday memo", "Black Friday".
_NAMES_A_THING = re.compile(
    rf"(?:\b(?:the|a|an|our|my|every|each|this week's) (?:{DAY})(?= [a-z])"
    r"(?! (?:at|by|to|and|or|for|on|in|please|after|of|morning|noon|evening|afternoon|night|week|next|eod|cob|before)\b)"
    r"|\b(?:black|good|cyber|ash|holy|super|casual) (?:monday|friday|wednesday|thursday|saturday|sunday))"
)
_AFTER_EDGE = re.compile(
    rf"\s*(?:$|[,.;:!?)({TAKEN}–—-]|(?:at|and|or|to|please|by|latest)\b|\d\d?[:h])"
)
_HINT = re.compile(
    rf"\d|{DAY}|tomor|2mor|tmr|today|tonight|week|month|quarter|year|day|noon|lunch|morning|evening|night|"
    r"first thing|eod|cob|eow|eom|eoq|eoy|close of|hour|minute|end of|fortnight|"
    rf"(?:mid|middle of)[ -]?(?:{MONTH})"
)  # fmt: skip
_DAY_RULES = [(n, re.compile(f"{_BOUND}(?:{r[0]}){_STOP}"), r[1]) for n, r in DAYS.items()]
_TIME_RULES = [(n, re.compile(f"{_BOUND}(?:{r[0]}){_STOP}")) for n, r in TIMES.items()]
_LONGEST_LEAD = 48


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase that says when. `past`: a time that is wholly over, so it is no deadline.

    `timed`: the phrase says a time of day.
    """

    start: int
    end: int
    moment: datetime
    past: bool = False
    timed: bool = False


@dataclass(frozen=True, slots=True)
class TimeFound:
    """A time of day. `alone`: it says when even without a day beside it."""

    start: int
    end: int
    at: time
    alone: bool


def find(low: str, now: datetime, *, month_first: bool = True) -> list[Found]:
    """Return the phrases that say when, in their order, each with the words that lead to it."""
    if not _HINT.search(low):
        return []
    past = [Found(m.start(), m.end(), now, past=True) for m in _PAST.finditer(low)]
    busy = bytearray(len(low))
    for match in _NAMES_A_THING.finditer(low):
        busy[match.start() : match.end()] = b"x" * (match.end() - match.start())
    for gone in past:
        busy[gone.start : gone.end] = b"x" * (gone.end - gone.start)
    days = sorted(_days(low, now, busy, month_first=month_first), key=lambda found: found[0])
    found = [*_joined(low, now, days, times(low)), *past]
    return _ranges(low, _without_overlaps(found))


def times(low: str) -> list[TimeFound]:
    """Return the times of day in a folded text, in their order."""
    busy = bytearray(len(low))
    found: list[TimeFound] = []
    for name, pattern in _TIME_RULES:
        for match in pattern.finditer(low):
            start, end = match.span()
            said = _WORDS.get(name) or _clock(match)
            if said is None or any(busy[start:end]):
                continue
            busy[start:end] = b"x" * (end - start)
            fired("time", name, match[0])
            found.append(TimeFound(start, end, said, name not in _NEED_LEAD or match[0][0] == "f"))
    return sorted(found, key=lambda each: each.start)


def lead(low: str, start: int) -> int:
    """Return where the words begin that lead to a phrase of time: "no later than" friday."""
    match = _LEADS.search(low, max(0, start - _LONGEST_LEAD), start)
    return match.start() if match else start


def _days(
    low: str, now: datetime, busy: bytearray, *, month_first: bool
) -> Iterator[tuple[int, int, Day]]:
    for name, pattern, resolve in _DAY_RULES:
        how = numeric(month_first=month_first) if name == "slashes" else resolve
        for match in pattern.finditer(low):
            start, end = match.span()
            if any(busy[start:end]):
                continue
            if (name in _RISKY_DAYS or match[0] in _RISKY_WORDS) and not _plainly(low, start, end):
                continue
            day = how(match, now)
            if day is not None:
                busy[start:end] = b"x" * (end - start)
                fired("date", name, match[0])
                yield start, end, day


def _plainly(low: str, start: int, end: int) -> bool:
    """Whether a phrase that may be something else is a date here: after "by", or at an edge."""
    begin = lead(low, start)
    return bool(
        (begin < start and _REAL_LEAD.search(low, begin, start)) or _AFTER_EDGE.match(low, end)
    )


def _clock(match: re.Match[str]) -> time | None:
    groups = match.groupdict()
    hour, minute, half = int(groups["h"]), int(groups.get("m") or 0), groups.get("half") or ""
    if half:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if half.startswith("p") else 0)
    elif 1 <= hour <= _PM_UNTIL and not groups["h"].startswith("0"):
        hour += _NOON
    return time(hour, minute) if hour <= _LAST_HOUR and minute <= _LAST_MINUTE else None


def _joined(
    low: str, now: datetime, days: list[tuple[int, int, Day]], clocks: list[TimeFound]
) -> Iterator[Found]:
    starts = [clock.start for clock in clocks]
    used: set[int] = set()
    for start, end, day in days:
        at = day.at
        first = bisect_left(starts, start)
        for index in range(max(0, first - 1), min(len(clocks), first + 2)):
            clock = clocks[index]
            if index not in used and _beside(low, start, end, clock):
                used.add(index)
                at = clock.at
                start, end = min(start, clock.start), max(end, clock.end)  # noqa: PLW2901 -- it grows
        moment = day.exact or datetime.combine(day.day, at or END_OF_DAY, tzinfo=now.tzinfo)
        past = moment < now
        if past and day.day == now.date():
            moment, past = moment + timedelta(days=1), False
        yield _found(low, start, end, moment, past=past, timed=at is not None)
    for index, clock in enumerate(clocks):
        begin = lead(low, clock.start)
        if index in used or not (clock.alone or _REAL_LEAD.search(low, begin, clock.start)):
            continue
        moment = datetime.combine(now.date(), clock.at, tzinfo=now.tzinfo)
        if moment <= now:
            moment += timedelta(days=1)
        yield _found(low, clock.start, clock.end, moment, timed=True)


def _found(
    low: str, start: int, end: int, moment: datetime, *, past: bool = False, timed: bool = False
) -> Found:
    after = _TRAIL.match(low, end)
    return Found(lead(low, start), after.end() if after else end, moment, past=past, timed=timed)


def _beside(low: str, start: int, end: int, clock: TimeFound) -> bool:
    if start <= clock.start < end:
        return True
    if clock.start >= end:
        return clock.start - end < _LONGEST_LEAD and bool(_JOIN.fullmatch(low, end, clock.start))
    return start - clock.end < _LONGEST_LEAD and bool(_JOIN.fullmatch(low, clock.end, start))


def _without_overlaps(found: list[Found]) -> list[Found]:
    kept: list[Found] = []
    for one in sorted(found, key=lambda f: (f.start, -f.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def _ranges(low: str, found: list[Found]) -> list[Found]:
    """Join "thursday or friday", "between 2 and 4 december": a range is its end."""
    joined: list[Found] = []
    for one in found:
        start = one.start
        if joined and _RANGE.fullmatch(low, joined[-1].end, start):
            start = joined.pop().start
            if between := _BETWEEN.search(low, max(0, start - 9), start):
                start = between.start()
        elif between := _FIRST_OF_RANGE.search(low, max(0, start - 30), start):
            start = between.start()
        joined.append(Found(start, one.end, one.moment, past=one.past, timed=one.timed))
    return joined
