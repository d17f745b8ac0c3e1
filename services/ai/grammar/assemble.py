"""The entry of the grammar: a message and its context → an interpretation. Pure; no I/O.

Existing work first (undo, done, a question, a change of a task), as such words would else become
titles; then new work. `sure` is given only where every part was understood and nothing is open.
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from services.ai.grammar import attributes, changes, create, dates, intent, people, questions, split
from services.ai.grammar.masked import Masked
from services.ai.model import Change, Context, Intent, Interpretation, Span, TaskDraft

MAX_CHARACTERS = 8_000
MAX_TASKS = 50
_QUOTED = re.compile(r"[\"“”«»].*[\"“”«»]", re.DOTALL)
_SAID = re.compile(r"\b(?:said|says|wrote|writes|asked|asks|forwarded|email|message|quote)\b")
_ENDS = " \t\n.!,;"


def interpret(text: str, context: Context) -> Interpretation:
    """Return the reading of a message of at most 8,000 characters."""
    known = people.names(context)
    plain = Masked.of(text).low.strip(_ENDS)
    if not plain:
        return Interpretation(Intent.UNCLEAR)
    return (
        _plain(plain, text, context, known)
        or changes.on_tasks(text, context, known)
        or questions.about(plain, text, context, known)
        or changes.correction(text, context, known)
        or _quoted(plain)
        or _empty(plain)
        or _create(text, context, known)
    )


def _plain(
    plain: str, text: str, context: Context, known: people.Names
) -> Interpretation | None:
    for rule in intent.PLAIN:
        match = rule.pattern.fullmatch(plain)
        if match and (found := questions.plain(rule.intent, match, text, context, known)):
            return found
    return None


def _quoted(plain: str) -> Interpretation | None:
    """A message that only tells what somebody wrote asks for nothing; orders in it are not ours."""
    if _QUOTED.search(plain) and _SAID.search(_QUOTED.sub("", plain)):
        return Interpretation(Intent.SMALLTALK, sure=True, confidence=0.9)
    return None


def _empty(plain: str) -> Interpretation | None:
    if intent.EMPTY_ACTION.fullmatch(plain):
        return Interpretation(Intent.UNCLEAR, confidence=0.9)
    return None


def _create(text: str, context: Context, known: people.Names) -> Interpretation:
    parts = split.split(text, known)
    shared = _shared(text, parts.shared, context)
    heading = _heading(text, parts.heading, known)
    made: list[create.Made] = []
    drafts: list[TaskDraft] = []
    spans: list[Span] = []
    first_when = _leading_date(text, parts, context, known)
    for clause in parts.clauses[:MAX_TASKS]:
        one = create.make(Masked.of(text[clause.start : clause.end], clause.start), context, known)
        if not one.draft.title:
            if drafts and one.named and not drafts[-1].assignees:
                drafts[-1] = replace(drafts[-1], assignees=one.draft.assignees)
            continue
        draft = _completed(one, clause, drafts, heading=heading, shared=shared, when=first_when)
        spans += [replace(span, task=len(drafts)) for span in one.spans]
        made.append(one)
        drafts.append(draft)
    if not drafts:
        return Interpretation(Intent.UNCLEAR, confidence=0.3)
    ambiguities = tuple(
        replace(ambiguity, task=index) for index, one in enumerate(made) for ambiguity in one.ambiguities
    )
    doubtful = any(one.doubtful for one in made) or len(parts.clauses) > MAX_TASKS
    sure = not ambiguities and not doubtful
    return Interpretation(
        Intent.CREATE,
        tasks=tuple(drafts),
        sure=sure,
        confidence=(0.97 if len(drafts) == 1 else 0.93) if sure else 0.5,
        spans=tuple(spans),
        ambiguities=ambiguities,
    )


def _completed(
    one: create.Made,
    clause: split.Clause,
    drafts: list[TaskDraft],
    *,
    heading: TaskDraft | None,
    shared: TaskDraft | None,
    when: datetime | None,
) -> TaskDraft:
    """Return the draft with what it has from its heading, the task before, and what holds for all."""
    draft = one.draft
    if not draft.assignees and not one.named:
        if heading:
            draft = replace(draft, assignees=heading.assignees)
        elif clause.joined and drafts:
            draft = replace(draft, assignees=drafts[-1].assignees)
        elif shared and shared.assignees:
            draft = replace(draft, assignees=shared.assignees)
    if draft.deadline is None and draft.recurrence is None:
        draft = replace(draft, deadline=(shared.deadline if shared else None) or when)
    if shared:
        draft = replace(draft, priority=create.priority_or(draft.priority, shared.priority))
    if clause.then and drafts:
        draft = replace(draft, after=(len(drafts) - 1,))
    return draft


def _shared(text: str, where: tuple[int, int] | None, context: Context) -> TaskDraft | None:
    if where is None:
        return None
    clause = Masked.of(text[where[0] : where[1]], where[0])
    level = attributes.priority(clause)
    found = [one for one in dates.find(clause.low, context.now) if not one.past]
    return TaskDraft(title="", deadline=found[-1].moment if found else None, priority=level)


def _heading(text: str, where: tuple[int, int] | None, known: people.Names) -> TaskDraft | None:
    if where is None:
        return None
    names = people.several(text[where[0] : where[1]], known)
    return TaskDraft(title="", assignees=people.candidates(names or ())[0])


def _leading_date(
    text: str, parts: split.Split, context: Context, known: people.Names
) -> datetime | None:
    """Return the date before all clauses: "by monday A has to x and B has to y"."""
    if len(parts.clauses) < 2:  # noqa: PLR2004 - it is the clause's own
        return None
    start = parts.clauses[0].start
    low = Masked.of(text).low
    for one in dates.find(low, context.now):
        after = low[one.end :].lstrip(" ,:")
        if not low[start : one.start].strip(" ,") and not one.past and known.pattern.match(after):
            return one.moment
    return None


def moved(deadline: datetime | None, by: timedelta, now: datetime) -> datetime:
    """Return a deadline moved by a span; where there is none, counted from now."""
    return (deadline or now) + by


NO_CHANGE = Change()
