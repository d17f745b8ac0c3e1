"""From a phrase that the model points at to what it means here, by the grammar's own rules.

Pure. The same words give the same person, date or task, whoever has found them in the message.
"""

import re
from datetime import datetime

from services.ai.grammar import attributes, dates, people, recurrence, references
from services.ai.grammar.tokens import Clause
from services.ai.model import Candidate, Context, Priority
from services.ai.quoted import fold

_MYSELF = frozenset(("i", "i'll", "i'd", "i will", "me", "myself"))
STATUSES = {
    "pending": "pending",
    "not started": "pending",
    "in progress": "in_progress",
    "started": "in_progress",
    "blocked": "blocked",
    "stuck": "blocked",
    "on hold": "on_hold",
    "in review": "in_review",
    "waiting for approval": "in_review",
    "needs revision": "needs_revision",
    "rejected": "needs_revision",
    "completed": "completed",
    "done": "completed",
    "finished": "completed",
    "cancelled": "cancelled",
    "canceled": "cancelled",
}
SPANS_OF_TIME = {
    "today": "today",
    "tomorrow": "tomorrow",
    "this week": "this_week",
    "next week": "next_week",
    "overdue": "overdue",
    "late": "overdue",
}


def persons(phrase: str, context: Context) -> tuple[tuple[Candidate, ...], bool]:
    """Return whom the phrase may mean, and whether it means all of them (or is to be asked)."""
    words = fold(phrase)
    if words in people.NOBODY:
        return (), True
    if words in _MYSELF:
        return (people.candidate(context.sender),), True
    known = people.names(context)
    named = people.several(words, known)
    if named is None:
        named = tuple(
            name for match in known.pattern.finditer(words) if (name := known.get(match[0]))
        )
    clear, several = people.candidates(named)
    if several:
        every = (people.candidate(person) for name in several for person in name.people)
        return tuple(dict.fromkeys(every)), False
    return clear, bool(clear)


def moment(phrase: str, context: Context) -> datetime | None:
    """Return the moment that the phrase says, in the sender's zone; None for none or a past one."""
    found = dates.find(Clause.of(phrase).low, context.now, month_first=context.month_first)
    coming = [each for each in found if not each.past]
    return coming[-1].moment if coming and len(coming) == len(found) else None


def rule(phrase: str, deadline: datetime | None, context: Context) -> tuple[str, datetime] | None:
    """Return the recurrence that the phrase says, and its first deadline after now."""
    found = recurrence.find(Clause.of(phrase).low)
    if found is None:
        return None
    at = deadline or moment(phrase, context)
    return found.rule, found.first(context.now, at.time() if at else dates.END_OF_DAY)


def priority(phrase: str) -> Priority | None:
    """Return the priority that the phrase says."""
    return attributes.priority(Clause.of(phrase))


def estimate(phrase: str) -> int | None:
    """Return the minutes of work that the phrase says."""
    words = phrase if re.match(r"\s*[^\W\d]", phrase) else f"takes {phrase}"
    return attributes.estimate(Clause.of(words)) or attributes.estimate(
        Clause.of(f"takes {phrase}")
    )


def tag(phrase: str) -> str:
    """Return the tag that the phrase says."""
    return fold(phrase).removeprefix("#")[:40]


def tasks(phrase: str, context: Context) -> tuple[Candidate, ...]:
    """Return the open tasks that the phrase may mean: one, none, or several to choose from."""
    clause = Clause.of(phrase)
    for named in (
        references.by_number(clause, context, bare=True),
        references.by_pronoun(clause, context),
        references.by_words(phrase, context),
    ):
        if named.numbers:
            return ()
        if named.tasks:
            return tuple(references.candidate(each) for each in named.tasks)
        if named.ambiguities:
            return named.ambiguities[0].candidates
    return ()
