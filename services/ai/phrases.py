"""From a phrase that the model points at to what it means here, by the grammar's own rules.

Pure. The same words give the same person, date or task, whoever has found them in the message.
"""

import re
from collections.abc import Iterable
from datetime import datetime

from services.ai.grammar import attributes, dates, people, recurrence, references, tokens
from services.ai.model import Candidate, Context, Person, Priority
from services.ai.quoted import fold

_MYSELF = frozenset(("i", "i'll", "i'd", "i will", "me", "myself"))
_NOBODY = re.compile(people.NOBODY)
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
    if _NOBODY.fullmatch(words):
        return (), True
    if words in _MYSELF:
        return (people.candidate(context.sender),), True
    roster = people.People.of(context.roster)
    whole = roster.named(phrase)
    mentions = [whole] if whole.people or whole.one_of else roster.find(tokens.fold(phrase), phrase)
    several = [person for each in mentions for person in each.one_of]
    if several:
        return _candidates(several), False
    clear = _candidates(person for each in mentions for person in each.people)
    return clear, bool(clear)


def moment(phrase: str, context: Context) -> datetime | None:
    """Return the moment that the phrase says, in the sender's zone; None for none or a past one."""
    found = dates.find(tokens.fold(phrase), context.now, month_first=context.month_first)
    coming = [each for each in found if not each.past]
    return coming[-1].moment if coming and len(coming) == len(found) else None


def rule(phrase: str, deadline: datetime | None, context: Context) -> tuple[str, datetime] | None:
    """Return the recurrence that the phrase says, and its first deadline after now."""
    found = recurrence.find(tokens.fold(phrase), context.now)
    if found is None:
        return None
    # A time that is told apart from the rule is the time of each occurrence.
    first = found.first
    if deadline is not None and deadline.time() != dates.END_OF_DAY:
        first = datetime.combine(first.date(), deadline.time(), tzinfo=first.tzinfo)
    return found.rule, first


def priority(phrase: str) -> Priority | None:
    """Return the priority that the phrase says."""
    return attributes.priority_of(phrase)


def estimate(phrase: str) -> int | None:
    """Return the minutes of work that the phrase says."""
    return attributes.take_estimate(tokens.Clause.of(phrase)) or attributes.take_estimate(
        tokens.Clause.of(f"spend {phrase} on")
    )


def tag(phrase: str) -> str:
    """Return the tag that the phrase says."""
    return fold(phrase).removeprefix("#")[:40]


def tasks(phrase: str, context: Context) -> tuple[tuple[Candidate, ...], bool]:
    """Return the tasks that the phrase may mean, and whether it means them (or is to be asked)."""
    found = references.resolve(phrase, context)
    if found.tasks and found.certain:
        return found.tasks, True
    return tuple(each for each in found.candidates or found.tasks if each.display_name), False


def _candidates(found: Iterable[Person]) -> tuple[Candidate, ...]:
    return tuple(dict.fromkeys(people.candidate(person) for person in found))
