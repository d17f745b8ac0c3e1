"""When: days and times of a text joined into moments in the sender's zone.

No time said is 18:00, a bare hour from 1 to 7 is p.m., a time that is over today is tomorrow's, a
range is its end, and what is wholly past is no deadline. Days are found by the table of `days`,
times by that of `clock`.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import lru_cache

from services.ai.grammar.clock import BOUND, STOP, TimeFound, joined, times
from services.ai.grammar.counting import COUNT, DAY, Day
from services.ai.grammar.days import DAYS
from services.ai.grammar.monthdays import numeric
from services.ai.grammar.tokens import TAKEN
from services.ai.grammar.trace import fired

END_OF_DAY = time(18)
_RISKY_WORDS = {"sat", "sun", "mon", "wed"}
_LEAD_WORDS = (
    r"(?:(?:and )?(?:it'?s |that'?s |it is |is |are )?(?:(?:all )?due|(?:with (?:a |the )?)?(?:the )?deadline(?: is| of)?|by|before|until|(?<!the )(?<!a )till|til"
    r"|no later than|not later than|not before but by|on or before|on|for|at|around|latest|starting|from|between|either|during|over|finish by"
    r"|to be done|has until|have until|ready|sometime|some time|ideally|preferably|hopefully|needed|required)"
    r"(?: (?:by|on|at|before|for|like|latest|about|around|until|between))*:? ?)?"
    r"(?:like |the latest |end of |about )?(?:the )?"
)
_LEADS = re.compile(rf"(?<![\w'-]){_LEAD_WORDS}$")
_REAL_LEAD = re.compile(
    r"(?:by|before|until|til|till|than|on|due|deadline|at|around|from|for|in|between|during|over)\b"
)
# "for the weekend market" is a thing, "by the weekend" a day.
_STRONG_LEAD = re.compile(r"(?:by|before|until|til|till|than|on|due|deadline|between|over)\b")
_TRAIL = re.compile(
    r" (?:at the (?:very )?latest|latest|sharp|or so|or earlier|or sooner|ideally|if possible|at most|(?:is|would be|will be|should be) (?:fine|ok|okay|enough|good|great|nice|perfect|soon enough|early enough|ideal)|works|will do)\b"
)
_PAST = re.compile(
    rf"\b(?:(?:since )?yesterday(?: (?:morning|evening|afternoon))?|last (?:week|month|year|night|{DAY})(?! of | in )"
    rf"|(?:{COUNT}) (?:minutes?|hours?|days?|weeks?|months?|years?) ago)\b(?!'s)"
)
_JOIN = re.compile(r"[ ,]*(?:(?:at|by|@|in the|around|on|before) )?")
_RANGE = re.compile(r" ?(?:or|to|-|–|and|until|till|through) ?(?:by |on )?(?:the )?")
# "on thursday, no, on friday": the second counts.
_CORRECTED = re.compile(
    r"[ ,.–-]*(?:\b(?:no|actually|sorry|i mean|i meant|rather|wait|make that|better|oops|make it|let's say)\b[ ,.–-]*)+"
)
_BETWEEN = re.compile(r"(?:between|from|either) (?:the )?$")
_FIRST_OF_RANGE = re.compile(
    r"(?:between|from|on|by|for) (?:the )?(?:\d{1,2}(?:st|nd|rd|th)?)(?: ?[ap]m)? (?:and|to|or|-) $"
)
# A day that names a thing: "the Monday memo", "Black Friday".
_NAMES_A_THING = re.compile(
    rf"(?:\b(?:the|a|an|our|my|every|each|this week's) (?:{DAY})(?= [a-z])"
    r"(?! (?:at|by|to|and|or|for|on|in|please|after|of|morning|noon|evening|afternoon|night|week|next|eod|cob|before)\b)"
    r"|\b(?:black|good|cyber|ash|holy|super|casual) (?:monday|friday|wednesday|thursday|saturday|sunday))"
)
_AFTER_EDGE = re.compile(
    rf"\s*(?:$|[,.;:!?)\]({TAKEN}–—-]|(?:at|and|or|to|please|pls|by|latest|noon|midday|morning|afternoon|evening|night|eod|cob|before)\b|(?:the )?\d\d?(?:[:h.]|(?:st|nd|rd|th)\b| ?[ap]m\b))"
)
_HINT = re.compile(
    rf"\d|{DAY}|tomor|tommor|2mor|tmr|morrow|today|toni|week|month|quarter|year|day|noon|lunch|morning|evening|night|"
    r"first thing|eod|eob|cob|eow|eom|eoq|eoy|close of|hour|minute|end of|fortnight|mid|middle|half|quarter|"
    r"christmas|xmas|hallow|valent|boxing|o'?clock|th\b|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|"
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b"
)  # fmt: skip
# One pattern for the same words, so that a text is searched for them once.
hint = lru_cache(re.compile)
_RULES = [
    (
        n,
        re.compile(f"{BOUND}(?:{r.pattern}){STOP}"),
        r.says,
        hint("|".join(map(re.escape, r.needs))),
        r.plainly,
    )
    for n, r in DAYS.items()
]
_LONGEST_LEAD = 48
_GAP = re.compile(r"[ ,(]*(?:the )?")
_WEEKDAY = re.compile(rf"{_LEAD_WORDS}(?:{DAY})\b.*")


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


@dataclass(slots=True)
class _When:
    """A day with the times beside it, while they are gathered."""

    start: int
    end: int
    day: Day
    clock: TimeFound | None = None
    part: time | None = None

    def take(self, clock: TimeFound) -> None:
        self.start, self.end = min(self.start, clock.start), max(self.end, clock.end)
        if clock.part and self.clock is not None:
            self.part = clock.at
        elif self.clock is None:
            self.clock = clock
        elif self.clock.part:
            self.clock, self.part = clock, self.clock.at

    @property
    def at(self) -> time | None:
        """The time of day that is said."""
        part = self.part or self.day.at
        if self.clock is None:
            return part
        return joined(self.clock.at, part) if part and self.clock.half_open else self.clock.at


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


def lead(low: str, start: int) -> int:
    """Return where the words begin that lead to a phrase of time: "no later than" friday."""
    match = _LEADS.search(low, max(0, start - _LONGEST_LEAD), start)
    return match.start() if match else start


def _days(
    low: str, now: datetime, busy: bytearray, *, month_first: bool
) -> Iterator[tuple[int, int, Day]]:
    hinted: dict[re.Pattern[str], bool] = {}
    for name, pattern, resolve, needs, plainly in _RULES:
        if needs not in hinted:
            hinted[needs] = needs.search(low) is not None
        if not hinted[needs]:
            continue
        how = numeric(month_first=month_first) if name == "slashes" else resolve
        for match in pattern.finditer(low):
            start, end = match.span()
            if any(busy[start:end]):
                continue
            if (plainly or match[0] in _RISKY_WORDS) and not _plainly(low, start, end):
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
        (begin < start and _STRONG_LEAD.search(low, begin, start)) or _AFTER_EDGE.match(low, end)
    )


def _joined(
    low: str, now: datetime, days: list[tuple[int, int, Day]], clocks: list[TimeFound]
) -> Iterator[Found]:
    starts = [clock.start for clock in clocks]
    used: set[int] = set()
    for start, end, day in days:
        when = _When(start, end, day)
        first = bisect_left(starts, start)
        for index in (
            *range(first, min(len(clocks), first + 3)),
            *range(first - 1, max(-1, first - 3), -1),
        ):
            clock = clocks[index]
            if index not in used and _beside(low, when.start, when.end, clock):
                used.add(index)
                if day.exact is None:
                    when.take(clock)
        moment = day.exact or datetime.combine(day.day, when.at or END_OF_DAY, tzinfo=now.tzinfo)
        past = moment < now
        if past and day.day == now.date():
            moment, past = moment + timedelta(days=1), False
        yield _found(low, when.start, when.end, moment, past=past, timed=when.at is not None)
    yield from _times_alone(low, now, [c for i, c in enumerate(clocks) if i not in used])


def _times_alone(low: str, now: datetime, clocks: list[TimeFound]) -> Iterator[Found]:
    """A time without a day: today's, or tomorrow's where it is over."""
    waiting: _When | None = None
    for clock in clocks:
        if waiting and _beside(low, waiting.start, waiting.end, clock):
            waiting.take(clock)
            continue
        if waiting:
            yield _today(low, now, waiting)
        begin = lead(low, clock.start)
        counts = clock.alone or clock.half_open or _REAL_LEAD.search(low, begin, clock.start)
        waiting = _When(clock.start, clock.end, Day(now.date()), clock) if counts else None
    if waiting:
        yield _today(low, now, waiting)


def _today(low: str, now: datetime, when: _When) -> Found:
    moment = datetime.combine(now.date(), when.at or END_OF_DAY, tzinfo=now.tzinfo)
    if moment <= now:
        moment += timedelta(days=1)
    return _found(low, when.start, when.end, moment, timed=True)


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


def _same_day(low: str, first: Found, second: Found) -> Found | None:
    """One day said twice, "friday, dec 4": the date counts, not the name of the day."""
    if not _GAP.fullmatch(low, first.end, second.start):
        return None
    for name, other in ((first, second), (second, first)):
        if _WEEKDAY.fullmatch(low, name.start, name.end) and not other.past:
            timed = name if name.timed and not other.timed else other
            moment = datetime.combine(other.moment, timed.moment.timetz())
            return Found(first.start, second.end, moment, timed=name.timed or other.timed)
    return None


def _ranges(low: str, found: list[Found]) -> list[Found]:
    """Join "thursday or friday", "between 2 and 4 december": a range is its end."""
    ranges: list[Found] = []
    for one in found:
        start = one.start
        if ranges and (same := _same_day(low, ranges[-1], one)):
            ranges[-1] = same
            continue
        if ranges and _CORRECTED.fullmatch(low, ranges[-1].end, start):
            start = ranges.pop().start
        elif ranges and _RANGE.fullmatch(low, ranges[-1].end, start):
            start = ranges.pop().start
            if between := _BETWEEN.search(low, max(0, start - 13), start):
                start = between.start()
        elif between := _FIRST_OF_RANGE.search(low, max(0, start - 30), start):
            start = between.start()
        ranges.append(replace(one, start=start))
    return ranges
