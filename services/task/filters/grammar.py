"""The one filter grammar: `login @ana #urgent status:open due:week -tag:old "exact phrase"`. Pure.

The same for gRPC (`where`), HTTP (`filter=`) and the words of the bot; docs/filters.md tells it to
people. A text is read once from left to right, by a pattern that never looks back, and what is
wrong with it is told all at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.runtime.errors import Invalid, Violation
from services.task.filters import words
from services.task.filters.terms import OTHER_NAMES, READERS, Reading, Term, free
from services.task.filters.where import Where
from services.task.filters.words import Calendar, Flag
from services.task.model import Priority, Status

MOST_CHARACTERS = 1_000
MOST_TERMS = 50
MOST_IN_VALUE = 200

# A term: “-”, a name with its sign (or @), then a quotation or what stands up to the next space.
_TERM = re.compile(
    r"(?P<minus>-(?=[^\s-]))?"
    r"(?:(?P<key>[A-Za-z_]{1,30})(?P<sign>:(?:<=|>=|<|>|=)?|<=|>=|<|>|=)|(?P<at>@))?"
    r'(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\s"]+))?'
)
_SPACE = re.compile(r"\s*")
_QUOTES = str.maketrans("“”„«»", '"""""')
_BAD = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")


def parse(text: str, *, now: datetime, zone: ZoneInfo, field: str = "where") -> Where:
    """What a text asks for. Raises Invalid FILTER_INVALID with all faults of `field`."""
    if len(text) > MOST_CHARACTERS:
        detail = f"Write at most {MOST_CHARACTERS} characters; these are {len(text):,}."
        raise _invalid(field, [detail])
    if (bad := _BAD.search(text)) is not None:
        detail = f"At character {bad.start() + 1}: leave out control characters."
        raise _invalid(field, [detail])
    reading = Reading(Calendar(now=now, zone=zone))
    terms = _terms(text.translate(_QUOTES), reading)
    if len(terms) > MOST_TERMS:
        detail = f"Write at most {MOST_TERMS} terms; these are {len(terms)}."
        raise _invalid(field, [detail])
    for term in terms:
        READERS.get(term.key, free)(term, reading)
    found = _where(reading)
    if reading.faults:
        at = sorted(reading.faults)
        raise _invalid(field, [f"At character {n + 1}: {detail}" for n, detail in at])
    return found


def _invalid(field: str, details: Iterable[str]) -> Invalid:
    violations = [Violation(field, detail) for detail in details]
    return Invalid("FILTER_INVALID", "Correct the filter.", violations=violations)


def _terms(text: str, reading: Reading) -> list[Term]:
    found, at = [], _SPACE.match(text).end()  # type: ignore[union-attr]
    while at < len(text):
        match = _TERM.match(text, at)
        if match is None or match.end() == at or _cut(match, text):
            reading.faults.append((at, 'this quotation has no end; write “"” once more.'))
            break
        found.append(_term(match, at))
        at = _SPACE.match(text, match.end()).end()  # type: ignore[union-attr]
    return [term for term in found if not _too_long(term, reading)]


def _cut(match: re.Match[str], text: str) -> bool:
    """Whether a quotation begins where a value should stand, and never ends."""
    no_value = match["quoted"] is None and match["bare"] is None
    return no_value and text[match.end() : match.end() + 1] == '"'


def _term(match: re.Match[str], at: int) -> Term:
    written = (match["key"] or "").lower()
    quoted = match["quoted"] is not None
    value = match["quoted"] if quoted else (match["bare"] or "")
    key = "assignee" if match["at"] else OTHER_NAMES.get(written, written)
    sign = (match["sign"] or "").removeprefix(":").removeprefix("=")
    colon = (match["sign"] or "").startswith(":")
    shown = value.strip() if quoted else value
    return Term(at, key, sign, colon, shown, quoted, bool(match["minus"]))


def _too_long(term: Term, reading: Reading) -> bool:
    if len(term.value) <= MOST_IN_VALUE:
        return False
    reading.refuse(term, f"write at most {MOST_IN_VALUE} characters at once.")
    return True


def _where(reading: Reading) -> Where:
    def listed(name: str) -> tuple[Any, ...]:
        return tuple(reading.lists.get(name, ()))

    names = (
        "words", "phrases", "without", "numbers", "legacy_ids", "assignees", "not_assignees",
        "creators", "not_creators", "tags", "not_tags", "projects", "not_projects",
    )  # fmt: skip
    types = [word for word in (listed("types") or words.TYPES) if word not in listed("not_types")]
    statuses = (reading.statuses or set(Status)) - reading.not_statuses
    priorities = (reading.priorities or set(Priority)) & reading.compared
    if not (types and statuses and priorities):
        what = "type" if not types else "status" if not statuses else "priority"
        reading.faults.append((0, f"these leave no {what} at all; take one of them away."))
    if both := sorted(flag.value for flag in {*listed("flags")} & {*listed("not_flags")}):
        reading.faults.append((0, f"is:{both[0]} and -is:{both[0]} exclude each other."))
    if listed("assignees") and Flag.UNASSIGNED in listed("flags"):
        reading.faults.append((0, "nobody and somebody exclude each other as assignees."))
    for name, span in reading.spans.items():
        if span.after is not None and span.before is not None and span.after >= span.before:
            reading.faults.append((0, f"no time is within all that {name}: says."))
    found: dict[str, Any] = {**{name: listed(name) for name in names}, **reading.spans}
    return Where(
        statuses=() if len(statuses) == len(Status) else _in_order(statuses),
        priorities=() if len(priorities) == len(Priority) else _in_order(priorities),
        types=() if len(types) == len(words.TYPES) else tuple(types),
        flags=_in_order(listed("flags")),
        not_flags=_in_order(listed("not_flags")),
        has_deadline=reading.has_deadline,
        **found,
    )


def _in_order(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted(values, key=lambda value: value.value))
