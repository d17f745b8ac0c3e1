"""Times of day: "5pm", "half past four", "in the morning"; a table of phrases.

A bare hour from 1 to 7 is p.m. unless a part of the day beside it says otherwise: "7 in the
morning".
"""

import re
from dataclasses import dataclass
from datetime import time

from services.ai.grammar.counting import DAY, NUMBER_WORDS
from services.ai.grammar.tokens import TAKEN
from services.ai.grammar.trace import fired

_NOON, _LAST_HOUR, _LAST_MINUTE, _PM_UNTIL = 12, 23, 59, 7
_HALF = r" ?(?P<half>[ap]m|[ap]\.m\.?)"
_HOUR_WORDS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_HOUR = rf"(?P<h>\d{{1,2}}|{_HOUR_WORDS})"
_MINUTE_WORDS = {"quarter": 15, "half": 30, "five": 5, "ten": 10, "twenty": 20, "twenty five": 25,
                 "twenty-five": 25, "thirty": 30, "fifteen": 15, "forty five": 45, "forty-five": 45,
                 "forty": 40, "fifty": 50}  # fmt: skip
_SPOKEN = "|".join(sorted(set(_MINUTE_WORDS) - {"quarter", "half"}, key=len, reverse=True))
_AT = r"(?:at|by|before|until|till|around|about|@|latest) ?(?:about |around |like |exactly |roughly )?"
# What may follow on a bare hour, so that "by 5" is a time and "by 5 people" is none.
_EDGE = (
    rf"(?=\s*(?:$|[,.;:!?)\]{TAKEN}\"–—-]|(?:today|tonight|tomorrow|tmrw|tmr|on|this|at|latest|sharp|please|pls|plz|or|and|if|in the|thanks|thx|so|then|next|ideally"
    rf"|{DAY})\b))"
)
_TO = r" ?(?:-|–|to|and|until|till) ?"
# name → (pattern, example, its time)
TIMES: dict[str, tuple[str, str, str]] = {
    "range": (rf"(?:(?:between|from) )?\d{{1,2}}(?:[.:]\d\d)?(?: ?[ap]m)?{_TO}(?P<h>\d{{1,2}})(?:[.:](?P<m>\d\d))?{_HALF}", "2-4pm", "16:00"),
    "range on the clock": (rf"(?:(?:between|from) )?\d{{1,2}}:\d\d{_TO}(?P<h>\d{{1,2}}):(?P<m>\d\d)", "14:00-16:30", "16:30"),
    "bare range": (rf"(?:between|from) \d{{1,2}}(?:[.:]\d\d)? (?:and|to|until|till|-) (?P<h>\d{{1,2}})(?:[.:](?P<m>\d\d))?{_EDGE}", "between 2 and 4", "16:00"),
    "colon": (rf"(?P<h>\d{{1,2}}):(?P<m>\d\d)(?:{_HALF}| ?h| hrs| o'?clock)?(?!\d|:\d|\.\d)", "9:30", "09:30"),
    "half": (rf"(?P<h>\d{{1,2}})(?:[.:](?P<m>\d\d))?{_HALF}", "5pm", "17:00"),
    "half in words": (rf"(?P<h>{_HOUR_WORDS})(?:[ -](?P<spoken>{_SPOKEN}))?{_HALF}", "three thirty pm", "15:30"),
    "compact half": (rf"(?P<h>\d{{1,2}})(?P<m>[0-5]\d){_HALF}", "430pm", "16:30"),
    "h": (r"(?P<h>\d{1,2}) ?h ?(?P<m>[0-5]\d)", "14h30", "14:30"),
    "h alone": (rf"{_AT}(?P<h>\d{{1,2}}) ?(?:h|hrs|uhr)", "by 16h", "16:00"),
    "four digits": (rf"{_AT}(?!(?:19|20)\d\d(?! ?h))(?P<h>[01]\d|2[0-3])(?P<m>[0-5]\d)(?: ?h(?:rs|ours)?)?{_EDGE}", "at 1630", "16:30"),
    "dot": (rf"{_AT}(?P<h>\d{{1,2}})\.(?P<m>[0-5]\d)", "at 9.30", "09:30"),
    "o'clock": (rf"(?:{_AT})?{_HOUR} ?o'?clock", "5 o'clock", "17:00"),
    "past": (rf"(?:{_AT})?(?:a )?(?P<past>quarter|half|{_SPOKEN}|\d{{1,2}})(?: minutes)? (?:past|after) {_HOUR}", "half past four", "16:30"),
    "to": (rf"(?:{_AT})?(?:a )?(?P<to>quarter) (?:to|before|of) {_HOUR}|{_AT}(?P<to2>{_SPOKEN}|\d{{1,2}})(?: minutes)? to (?P<h2>\d{{1,2}}|{_HOUR_WORDS}){_EDGE}", "quarter to five", "16:45"),
    "half an hour on": (rf"{_AT}(?P<past>half) {_HOUR}", "at half four", "16:30"),
    "bare": (
        r"(?:at|@) ?(?:about |around |like )?(?P<h>\d{1,2})(?![\w:%/]|\.\d|-\d| ?(?:percent|px|people|degrees|euros?|dollars?|places|locations|stores|sites|am\b|of|minutes?|hours?|days?|weeks?))",
        "at 9", "09:00"),
    "bare before an edge": (rf"(?:{_AT})(?P<h>1[0-2]|0?[1-9]|{_HOUR_WORDS})(?:[ -](?P<spoken>{_SPOKEN}))?{_EDGE}", "by five", "17:00"),
    "behind a day": (rf"(?:(?<=day )|(?<=morrow ))(?P<h>1[0-2]|0?[1-9]|{_HOUR_WORDS})(?:[ -](?P<spoken>{_SPOKEN}))?{_EDGE}", "friday nine thirty", "09:30"),
    "roughly": (r"(?:at |by |around )?(?P<h>\d{1,2})ish", "4ish", "16:00"),
    "hour of a part": (rf"{_HOUR}(?:[ -](?P<spoken>{_SPOKEN}))?(?= (?:in the (?:morning|afternoon|evening)|at night|tonight)\b)", "5 in the afternoon", "17:00"),
    "noon": (r"(?:12 |twelve )?(?:noon|midday)", "noon", "12:00"),
    "lunch": (r"lunch(?: ?time)?", "by lunch", "12:00"),
    "morning": (r"first thing(?: in the morning)?|(?:early )?(?:in the )?morning", "morning", "09:00"),
    "afternoon": (r"(?:in the )?afternoon", "afternoon", "15:00"),
    "evening": (r"(?:in the )?evening", "evening", "18:00"),
    "night": (r"(?:at )?night", "night", "20:00"),
    "midnight": (r"midnight", "midnight", "23:59"),
    "end of day": (r"(?:the )?(?:very )?end of (?:the )?(?:day|business|play|work(?:ing)? ?day|shift)|eod|eob|cob|close of (?:business|play)", "eod", "18:00"),
}  # fmt: skip
_CLOCKS = set(TIMES) - {"noon", "lunch", "morning", "afternoon", "evening", "night", "midnight", "end of day"}  # fmt: skip
_WORDS = {n: time.fromisoformat(row[2]) for n, row in TIMES.items() if n not in _CLOCKS}
# These are names of things as often as times: they count only beside a day or after "by" and such.
_NEED_LEAD = {"lunch", "morning", "afternoon", "evening", "night", "hour of a part"}
_PARTS = {"morning", "afternoon", "evening", "night"}
BOUND, STOP = r"(?<![\w'.-])", r"(?!\w|'s|-\w)"
# What a text has to have for a row to be tried: searching for it costs next to nothing.
_NEEDS = {
    "range": r"\d ?[ap]\.?m", "range on the clock": ":", "bare range": r"(?:between|from) \d", "colon": ":", "half": r"\d ?[ap]\.?m",
    "half in words": r"[a-z] [ap]\.?m\b", "compact half": r"\d\d ?[ap]\.?m", "h": r"\d ?h ?\d", "h alone": r"\d ?(?:h|u)", "four digits": r"\d{4}",
    "dot": r"\d\.\d", "o'clock": "clock", "past": "past|after", "to": r" to |quarter", "half an hour on": "half ", "bare": r"(?:at|@)[ a-z]*\d",
    "roughly": "ish", "behind a day": "day|morrow", "hour of a part": "in the |at night|tonight", "noon": "noon|midday", "lunch": "lunch",
    "morning": "morning|first thing", "afternoon": "afternoon", "evening": "evening", "night": "night", "midnight": "midnight",
    "end of day": "end of|eod|eob|cob|close of",
}  # fmt: skip
_COMPILED = [
    (name, re.compile(f"{BOUND}(?:{row[0]}){STOP}"), re.compile(_NEEDS.get(name, "")))
    for name, row in TIMES.items()
]
_HINT = re.compile(
    rf"\d|noon|midday|lunch|morning|afternoon|evening|night|first thing|eod|eob|cob|(?:end|close) of|{_HOUR_WORDS}"
)


@dataclass(frozen=True, slots=True)
class TimeFound:
    """A time of day. `alone`: it says when even without a day beside it.

    `half_open`: whether morning or evening is meant may be said beside it. `part`: it says that.
    """

    start: int
    end: int
    at: time
    alone: bool
    half_open: bool = False
    part: bool = False


def times(low: str) -> list[TimeFound]:
    """Return the times of day in a folded text, in their order."""
    if not _HINT.search(low):
        return []
    busy = bytearray(len(low))
    found: list[TimeFound] = []
    for name, pattern, needs in _COMPILED:
        if not needs.search(low):
            continue
        for match in pattern.finditer(low):
            start, end = match.span()
            said = _WORDS.get(name) or _clock(match)
            if said is None or any(busy[start:end]):
                continue
            busy[start:end] = b"x" * (end - start)
            fired("time", name, match[0])
            found.append(
                TimeFound(
                    start, end, said,
                    alone=name not in _NEED_LEAD or match[0].startswith("f"),
                    half_open=name in _CLOCKS and _half_open(match), part=name in _PARTS,
                )
            )  # fmt: skip
    return sorted(found, key=lambda each: each.start)


def joined(clock: time, part: time) -> time:
    """Return an hour whose half is open as the part of the day beside it says."""
    hour = clock.hour % _NOON
    if part.hour < _NOON:
        return clock.replace(hour=hour)
    return clock.replace(hour=hour + _NOON)


def _half_open(match: re.Match[str]) -> bool:
    groups = match.groupdict()
    hour = groups.get("h") or groups.get("h2") or ""
    return not groups.get("half") and not hour.startswith("0") and _hour(hour) <= _NOON


def _hour(said: str) -> int:
    return int(said) if said.isdigit() else NUMBER_WORDS[said]


def _clock(match: re.Match[str]) -> time | None:
    groups = match.groupdict()
    said = groups.get("h") or groups.get("h2") or ""
    hour, half = _hour(said), groups.get("half") or ""
    spoken = groups.get("spoken") or groups.get("past") or ""
    minute = int(groups.get("m") or 0)
    if spoken:
        minute = int(spoken) if spoken.isdigit() else _MINUTE_WORDS[spoken]
    if half:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if half.startswith("p") else 0)
    elif 1 <= hour <= _PM_UNTIL and not said.startswith("0"):
        hour += _NOON
    if to := groups.get("to") or groups.get("to2"):
        before = int(to) if to.isdigit() else _MINUTE_WORDS[to]
        hour, minute = hour - 1, 60 - before
        if not 0 < before < _LAST_MINUTE:
            return None
    return time(hour, minute) if 0 <= hour <= _LAST_HOUR and minute <= _LAST_MINUTE else None
