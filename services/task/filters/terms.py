"""What each term of a filter means: `@ana`, `due:<friday`, `-tag:old`, a word. Pure.

A term is read into what has been read so far; one that is wrong is noted with its place and with
what would do instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from services.task.filters import words
from services.task.filters.where import Named
from services.task.filters.words import TIMES, Calendar, Flag, Span
from services.task.model import Priority, Status, TaskNumber

NOBODY = frozenset({"none", "nobody"})
KEYS = (
    "assignee", "creator", "status", "priority", "tag", "project", "type", "is", *TIMES, "id",
)  # fmt: skip
OTHER_NAMES = {
    "assigned": "assignee", "by": "creator", "state": "status", "prio": "priority",
    "label": "tag", "tags": "tag", "deadline": "due", "kind": "type",
}  # fmt: skip
_FLAGS = tuple(flag.value for flag in Flag)
_ID = re.compile(r"(?:[Tt]-?|#)(\d{1,18})", re.ASCII)
_BARE_ID = re.compile(r"\d{1,18}", re.ASCII)
_LEGACY = re.compile(r"TASK-[A-Za-z0-9][A-Za-z0-9-]{0,39}", re.ASCII | re.IGNORECASE)
_WORD = re.compile(r"\w+")
_AT = re.compile(r"[@\s]+")
_PUNCTUATION = ".,;:!?()[]"


@dataclass(slots=True)
class Term:
    """One term as it stands: `value` without quotes and name."""

    at: int
    key: str
    sign: str
    colon: bool
    value: str
    quoted: bool
    minus: bool

    def values(self) -> list[str]:
        """The values between commas; a quotation is one value."""
        return [self.value] if self.quoted else [v for v in self.value.split(",") if v]


@dataclass(slots=True)
class Reading:
    """What has been read so far."""

    calendar: Calendar
    lists: dict[str, dict[object, None]] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=lambda: dict.fromkeys(TIMES, Span()))
    statuses: set[Status] = field(default_factory=set)
    not_statuses: set[Status] = field(default_factory=set)
    priorities: set[Priority] = field(default_factory=set)
    compared: set[Priority] = field(default_factory=lambda: set(Priority))
    has_deadline: bool | None = None
    faults: list[tuple[int, str]] = field(default_factory=list)

    def add(self, name: str, *values: object) -> None:
        """Adds to a list, each value once."""
        self.lists.setdefault(name, {}).update(dict.fromkeys(values))

    def refuse(self, term: Term, detail: str) -> None:
        """Notes a fault with its place, counted from 1."""
        self.faults.append((term.at, detail))


def free(term: Term, reading: Reading) -> None:
    """What has no name that is known: words, or a name misspelt."""
    if term.key and not _is_prose(term):
        close = words.near(term.key, (*KEYS, *OTHER_NAMES))
        meant = [OTHER_NAMES.get(key, key) for key in close]
        hint = (
            f"did you mean {_either(dict.fromkeys(f'{key}:' for key in meant))}? " if meant else ""
        )
        known = ", ".join(f"{key}:" for key in KEYS)
        reading.refuse(
            term,
            f"there is no “{term.key}:”; {hint}There are {known}. "
            "To look for it as words, put it in quotes.",
        )
        return
    if term.quoted and not term.key:
        if _WORD.search(term.value):
            reading.add("without" if term.minus else "phrases", " ".join(term.value.split()))
        return
    if not term.minus and not term.key and _identifier(term.value.strip(_PUNCTUATION), reading):
        return
    if not term.key and term.value.startswith("#") and len(term.value) > 1:
        _hash(term, reading)
        return
    pieces = _WORD.findall(f"{term.key} {term.value}")
    if term.minus and pieces:
        reading.add("without", " ".join(pieces))
    for piece in () if term.minus else pieces:
        if not _identifier(piece, reading):
            reading.add("words", piece)


def _is_prose(term: Term) -> bool:
    """Whether a name before a sign is none: "note: …", "a<b", "https://…", "C:"."""
    return (
        not term.value
        or not term.colon
        or len(term.key) == 1
        or term.value.startswith(("/", "\\", ":"))
    )


def _identifier(text: str, reading: Reading) -> bool:
    if (match := _ID.fullmatch(text)) is not None:
        reading.add("numbers", TaskNumber(int(match[1])))
        return True
    if _LEGACY.fullmatch(text):
        reading.add("legacy_ids", text.upper())
        return True
    return False


def _hash(term: Term, reading: Reading) -> None:
    word = words.word_of(term.value[1:])
    if word in words.PRIORITIES:
        allowed = {words.PRIORITIES[word]}
        if term.minus:
            reading.compared -= allowed
        else:
            reading.priorities |= allowed
        return
    reading.refuse(
        term,
        f"“{term.value}” is no priority: #low, #medium, #high, #urgent. "
        f"A task is #42, a tag is tag:{term.value[1:]}.",
    )


def _id(term: Term, reading: Reading) -> None:
    if _not_negated(term, reading) or _not_compared(term, reading):
        return
    for value in term.values() or [""]:
        if _BARE_ID.fullmatch(value):
            reading.add("numbers", TaskNumber(int(value)))
        elif not _identifier(value, reading):
            reading.refuse(term, "write a task's id, such as id:T-42.")


# --- values ---


def _not_compared(term: Term, reading: Reading) -> bool:
    if term.sign:
        reading.refuse(term, f"{term.key} can't be compared; write {term.key}: and a value.")
    return bool(term.sign)


def _not_negated(term: Term, reading: Reading) -> bool:
    if term.minus:
        reading.refuse(term, f"{term.key} can't be excluded; leave out the “-”.")
    return term.minus


def _texts(name: str, example: str) -> Callable[[Term, Reading], None]:
    def read(term: Term, reading: Reading) -> None:
        if _not_compared(term, reading):
            return
        value = " ".join(term.value.split())
        if not value:
            reading.refuse(term, f"write what to look for, such as {term.key}:{example}.")
            return
        reading.add(f"not_{name}" if term.minus else name, value)

    return read


def _people(name: str) -> Callable[[Term, Reading], None]:
    def read(term: Term, reading: Reading) -> None:
        if _not_compared(term, reading):
            return
        values = [
            _AT.sub("", value, count=1) if value[:1] == "@" else value for value in term.values()
        ]
        if not any(values):
            reading.refuse(term, "write whom, such as @ana, @me or creator:ben.")
        for value in filter(None, values):
            if name == "assignees" and value.lower() in NOBODY:
                reading.add("not_flags" if term.minus else "flags", Flag.UNASSIGNED)
            else:
                reading.add(f"not_{name}" if term.minus else name, Named(value, term.at))

    return read


def _status(term: Term, reading: Reading) -> None:
    if _not_compared(term, reading):
        return
    for value in term.values() or [""]:
        flag = words.DERIVED.get(words.word_of(value))
        states = words.states_of(value)
        if flag is not None:
            reading.add("not_flags" if term.minus else "flags", flag)
        elif states is not None:
            (reading.not_statuses if term.minus else reading.statuses).update(states)
        else:
            _unknown(term, reading, value, (*words.STATE_WORDS, *words.DERIVED))


def _unknown(term: Term, reading: Reading, value: str, known: Iterable[str]) -> None:
    known = list(known)
    close = words.near(words.word_of(value), known)
    hint = f" Did you mean {_either(close)}?" if close else ""
    reading.refuse(term, f"“{value}” is none of what {term.key}: takes: {', '.join(known)}.{hint}")


def _priority(term: Term, reading: Reading) -> None:
    for value in term.values() or [""]:
        level = words.PRIORITIES.get(words.word_of(value))
        if level is None:
            _unknown(term, reading, value, words.PRIORITIES)
            return
        chosen = {each for each in Priority if _compare(each.value, level.value, term.sign)}
        if term.minus:
            reading.compared -= chosen
        elif term.sign:
            reading.compared &= chosen
        else:
            reading.priorities |= chosen


def _compare(one: int, other: int, sign: str) -> bool:
    return {
        "": one == other,
        "<": one < other,
        "<=": one <= other,
        ">": one > other,
        ">=": one >= other,
    }[sign]


def _type(term: Term, reading: Reading) -> None:
    if _not_compared(term, reading):
        return
    for value in term.values() or [""]:
        word = words.word_of(value)
        if word not in words.TYPES:
            _unknown(term, reading, value, words.TYPES)
        elif term.minus:
            reading.add("not_types", word)
        else:
            reading.add("types", word)


def _is(term: Term, reading: Reading) -> None:
    if _not_compared(term, reading):
        return
    for value in term.values() or [""]:
        word = words.word_of(value)
        if word in _FLAGS:
            reading.add("not_flags" if term.minus else "flags", Flag(word))
        elif word in {"open", "closed"}:
            states = words.states_of(word) or frozenset()
            (reading.not_statuses if term.minus else reading.statuses).update(states)
        else:
            _unknown(term, reading, value, (*_FLAGS, "open", "closed"))


def _time(term: Term, reading: Reading) -> None:
    word = term.value.strip().lower()
    if term.key == "due" and word in {"none", "any"} and not term.sign:
        wanted = (word == "any") != term.minus
        if reading.has_deadline not in {None, wanted}:
            reading.refuse(term, "due:none and due:any exclude each other.")
        reading.has_deadline = wanted
        return
    if term.key == "due" and word == "overdue" and not term.sign:
        reading.add("not_flags" if term.minus else "flags", Flag.OVERDUE)
        return
    if _not_negated(term, reading):
        return
    span = _span(term, reading)
    if span is None:
        more = ", none, any, overdue" if term.key == "due" else ""
        reading.refuse(term, f"“{term.value}” is no date: write {words.DATES}{more}.")
        return
    reading.spans[term.key] = reading.spans[term.key].within(span)


def _span(term: Term, reading: Reading) -> Span | None:
    past = term.key != "due"
    first, dots, last = term.value.partition("..")
    if dots:
        begin, end = (reading.calendar.span(each, past=past) for each in (first, last))
        if begin is None or end is None or term.sign:
            return None
        return Span(begin.after, end.before)
    span = reading.calendar.span(term.value, past=past)
    if span is None:
        return None
    return {
        "": span,
        "<": Span(None, span.after),
        "<=": Span(None, span.before),
        ">": Span(span.before, None),
        ">=": Span(span.after, None),
    }[term.sign]


READERS: dict[str, Callable[[Term, Reading], None]] = {
    "assignee": _people("assignees"),
    "creator": _people("creators"),
    "status": _status,
    "priority": _priority,
    "tag": _texts("tags", "web"),
    "project": _texts("projects", "shop"),
    "type": _type,
    "is": _is,
    "id": _id,
    **dict.fromkeys(TIMES, _time),
}


def _either(values: Iterable[str]) -> str:
    *first, last = values
    return f"{', '.join(first)} or {last}" if first else last
