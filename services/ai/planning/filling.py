"""What a request for a plan says: of what, until when, by whom, where, for how much.

Pure. Days and people are found by the grammar's own rules; a month alone means its last working
day.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from services.ai import wording
from services.ai.grammar import dates, people, tokens
from services.ai.grammar.verbs import BASE
from services.ai.model import Candidate, Context
from services.ai.planning.days import last_working_day
from services.ai.quoted import fold

SUBJECT_MOST = 80
# What it is about stands in its first words.
_LOOKED_AT = 400
_MONTHS = {name.casefold(): n for n, name in enumerate(calendar.month_name) if name}
_MONTH = re.compile(
    r"\b(?:(?P<lead>by|before|until|till|in|for|during|due|through|end of|early|mid|late) )?"
    r"(?:the )?"
    rf"(?P<month>{'|'.join(_MONTHS)})(?: (?P<year>20\d\d))?\b(?! \d)"
)
_QUARTER = re.compile(
    r"\b(?:by |in |before |end of |for |until )*q(?P<q>[1-4])(?: (?P<year>20\d\d))?\b"
)
_FEAST = re.compile(
    r"\b(?:by|before|until|till|for|at|over) (?:the )?"
    r"(?P<feast>christmas|xmas|new year(?:'s)?|halloween)\b"
)
_FEASTS = {"christmas": (12, 24), "xmas": (12, 24), "new year": (12, 31), "new year's": (12, 31),
           "halloween": (10, 31)}  # fmt: skip
_MONEY = re.compile(
    r"(?:\b(?:with|within|for|on|under|below|max(?:imum)?|at most|up to) )?"
    r"(?:an? |the |our )?(?:budget(?: of| is|:)? )?"
    r"(?P<sum>[$€£฿] ?\d[\d.,]{0,12} ?[km]?\b"
    r"|\b\d[\d.,]{0,12} ?k? ?(?:dollars?|euros?|pounds?|baht|usd|eur|gbp|thb)\b)"
    r"(?: budget\b)?",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:in|at) (?P<place>(?:the )?[A-ZÄÖÜ][\w'-]{1,30}(?: [A-ZÄÖÜ][\w'-]{1,30}){0,3})"
)
_OPENING = re.compile(
    r"^\W*(?:(?:hey|hi|ok|okay|so|please|can you|could you|let's|lets|"
    r"we (?:need|want|have|would like) to|i (?:need|want) to|i'd like to|"
    r"make|create|draw up|give me|set up|start|a|an|the|new|project|plan(?:ning)?|for|of|how to|to|"
    r"i want|we need|we want)\b[\s:,-]*)*",
    re.IGNORECASE,
)
_PLANNING = re.compile(r"\bplan(?:ning)?\b", re.IGNORECASE)
_ENDING = re.compile(
    r"(?:[\s,;:–—-]|\b(?:by|before|until|in|on|for|with|and|at|to|due|from|the|of|please|within)\b)*"
    r"[.!?]*\s*$",
    re.IGNORECASE,
)
_INDEFINITE = re.compile(r"^(?:of )?(?:an? |our |my |some )?", re.IGNORECASE)
_COUNTED = re.compile(
    r"the|this|these|that|two|three|four|five|six|seven|eight|nine|ten|more|all|every|each|his|her|"
    r"their|new"
)
_SMALL = re.compile(r"\b(?:small|simple|tiny|quick|little|basic|minimal|mini)\b")
_LARGE = re.compile(
    r"\b(?:large|big|huge|complex|complete|full|whole|company-wide|international)\b"
)


@dataclass(frozen=True, slots=True)
class Said:
    """What was said; None and empty: nothing of it."""

    subject: str = ""
    title: str = ""
    end: date | None = None
    people: tuple[Candidate, ...] = ()
    # Names that fit several people.
    unclear: tuple[str, ...] = ()
    budget: str = ""
    place: str = ""
    # Estimates are multiplied by this.
    size: float = 1.0


def said(text: str, context: Context) -> Said:
    """Return what a request says."""
    words = " ".join(wording.of_work(text))
    words = " ".join(words.split())
    end, gone = _end(words, context)
    found = people.People.of(context.roster).find(tokens.fold(words), words)
    gone += [(each.start, each.end) for each in found if each.people or each.one_of]
    budget = _MONEY.search(words)
    gone += [budget.span()] if budget else []
    names = {each.display_name.casefold() for each in context.roster}
    place = next(
        (
            match
            for match in _PLACE.finditer(words)
            if match["place"].casefold() not in names
            and match["place"].split()[0].casefold() not in _MONTHS
            and not _touches(match.span(), gone)
        ),
        None,
    )
    gone += [place.span()] if place else []
    low = fold(words)
    subject, title = _subject(words, gone)
    return Said(
        subject=subject,
        title=title,
        end=end,
        people=tuple(dict.fromkeys(people.candidate(who) for each in found for who in each.people)),
        unclear=tuple(words[each.start : each.end] for each in found if each.one_of),
        budget=" ".join(budget["sum"].split()) if budget else "",
        place=place["place"] if place else "",
        size=0.6 if _SMALL.search(low) else 1.5 if _LARGE.search(low) else 1.0,
    )


def day_in(text: str, context: Context) -> date | None:
    """Return the day that the words end by, None where they say none that is to come."""
    return _end(text, context)[0]


def _end(text: str, context: Context) -> tuple[date | None, list[tuple[int, int]]]:
    low = tokens.fold(text)
    today = context.now.date()
    found = dates.find(low, context.now, month_first=context.month_first)
    if found:
        coming = [each for each in found if not each.past]
        spans = [(each.start, each.end) for each in found]
        return (coming[-1].moment.date() if coming else None), spans
    if match := _FEAST.search(low):
        month, day = _FEASTS[match["feast"]]
        return last_working_day(_coming(today, month, day)), [match.span()]
    if match := _MONTH.search(low):
        if match["month"] == "may" and not match["lead"]:
            return None, []
        return _end_of_month(match, today), [match.span()]
    if match := _QUARTER.search(low):
        month = 3 * int(match["q"])
        year = int(match["year"]) if match["year"] else _coming(today, month, 28).year
        return _month_end(year, month), [match.span()]
    return None, []


def _end_of_month(match: re.Match[str], today: date) -> date | None:
    month = _MONTHS[match["month"]]
    year = int(match["year"]) if match["year"] else _coming(today, month, 28).year
    match match["lead"]:
        case "early":
            found = last_working_day(date(year, month, 10))
        case "mid":
            found = last_working_day(date(year, month, 15))
        case "before":
            found = last_working_day(date(year, month, 1) - timedelta(days=1))
        case _:
            found = _month_end(year, month)
    return found if found >= today else None


def _month_end(year: int, month: int) -> date:
    return last_working_day(date(year, month, calendar.monthrange(year, month)[1]))


def _coming(today: date, month: int, day: int) -> date:
    this_year = date(today.year, month, day)
    return this_year if this_year >= today else date(today.year + 1, month, day)


def _touches(span: tuple[int, int], spans: list[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in spans)


def _subject(text: str, gone: list[tuple[int, int]]) -> tuple[str, str]:
    """Return what it is about, without its verb and with it: "the shop", "Launch the shop"."""
    start = min((start for start, _ in gone if start > 0), default=len(text))
    rest = text[:start] if _content(text[:start]) else _without(text, gone)
    rest = rest[:_LOOKED_AT]
    rest = _OPENING.sub("", rest)
    rest = _ENDING.sub("", _PLANNING.sub("", rest, count=1) if not rest.strip() else rest)
    rest = wording.shown(rest.strip(" ,;:-–—.!?\"'“”"), SUBJECT_MOST)
    first, _, others = rest.partition(" ")
    title = rest[:1].upper() + rest[1:]
    known = first.casefold() in BASE and others.strip()
    return _definite(others.strip() if known else rest), title


def _definite(subject: str) -> str:
    """Return it as what is spoken of already: "the newsletter" for "a newsletter"."""
    subject = _INDEFINITE.sub("", subject)
    first = subject.partition(" ")[0]
    if not first or not first[0].islower() or _COUNTED.fullmatch(first):
        return subject
    return f"the {subject}"


def _content(text: str) -> bool:
    return bool(wording.stems(_OPENING.sub("", text[:_LOOKED_AT])))


def _without(text: str, gone: list[tuple[int, int]]) -> str:
    kept = list(text)
    for start, end in gone:
        kept[start:end] = " " * (end - start)
    return " ".join("".join(kept).split())
