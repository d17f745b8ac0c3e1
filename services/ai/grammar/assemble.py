"""The entry of the grammar: text and context → interpretation. Pure; it knows no clock.

In this order: what is no task at all, orders about existing tasks, questions, and last the tasks
that a message asks for. Sure is only what has nothing left over, guessed or ambiguous.
"""

import re
from dataclasses import replace

from services.ai.grammar import acts, bulk, create, evidence, questions, talk
from services.ai.grammar.acts import SURE, UNSURE
from services.ai.grammar.heads import Work
from services.ai.grammar.message import Message
from services.ai.grammar.people import People, ambiguities, candidate
from services.ai.grammar.split import Joined
from services.ai.grammar.tokens import PERSON, TAKEN, compacted
from services.ai.grammar.trace import fired
from services.ai.grammar.works import MOST_TASKS, works_of
from services.ai.model import Ambiguity, Context, Intent, Interpretation, Span, TaskDraft

_REMARK = re.compile(
    r"\W*(?:(?:mark my words|(?:will|is|are|was|were|does|did|has|isn't|won't) (?:it|there|he|she|they)|it|that|this|there|he|she|they|you|who|what|how|maybe it|hope|hopefully|unfortunately|apparently|i (?:think|guess|hope|am|was|like|love|feel|saw|heard|see|know|had|don't|didn't|can't|did|have)|i'm|im|i've|we're|we are|we had|we have|we did|we got|we were|you're|it's|that's|there's|he's|she's|they're|what a|such a|so (?:good|tired|nice|happy|much)|glad|happy|sad|great|nice|good|lovely|thanks|thank|congrats|love|wow|oh|lol|haha)\b)"
)
_FAULT = re.compile(
    r"\b(?:broken|fails?|failing|failed|crash\w*|down|wrong|missing|slow|leak\w*|stuck|error|errors|bug|doesn't work|not working|does not work|dead|expired|expires|full|outdated|leaking|lost|dirty|empty|offline|unreachable|too \w+)\b"
)
_GOOD = re.compile(
    r"\b(?:great|good|nice|excellent|amazing|awesome|beautiful|lovely|cool|fine|perfect|fun|funny|happy|sunny|delicious|interesting)\b"
)
_IS = re.compile(r"\b(?:is|was|are|were|looks?)\b")
# Orders about tasks: without a task that they fit, they may be work to do, or a mistake.
_ORDER = re.compile(
    r"(?:cancel|close|complete|finish|start|begin|approve|reject|reopen|resume|continue|pause|hold|block|unblock|move|postpone|push"
    r"|delay|extend|reassign|assign|give|rename|tag|untag|drop|delete|take|undo|mark|set|make|change|update|do)\b"
)
_POINTING = re.compile(r"\b(?:it|that|this|them|those|these|one)\b")
# "… and Ben the changelog": somebody else with work of his own.
_SOMEBODY_ELSE = re.compile(rf"(?:\band|,|;) {PERSON}+ (?:the|an?|his|her|our)\b")
_PURPOSE = re.compile(r"\s(?:so that|because|since|otherwise)\s")


def interpret(text: str, context: Context) -> Interpretation:
    """Return what a message of up to 8,000 characters means to its sender. Never fails.

    Takes well under 5 ms for 200 characters. What can't be told is an ambiguity with its
    candidates, and then it is not sure.
    """
    short, origins = compacted(text)
    message = Message.of(short, context)
    reading = (
        talk.read(message)
        or bulk.read(message)
        or acts.read(message)
        or questions.read(message)
        or evidence.read(message)
        or _tasks(message)
    )  # fmt: skip
    guessed = any(mention.guessed for mention in message.mentions.values())
    if (reading.ambiguities or guessed) and reading.sure:
        reading = replace(reading, sure=False, confidence=UNSURE)
    if origins:
        spans = [replace(s, start=origins[s.start], end=origins[s.end]) for s in reading.spans]
        reading = replace(reading, spans=tuple(spans))
    return reading


def _tasks(message: Message) -> Interpretation:
    """Return the tasks that a message asks for, or a remark where it asks for none."""
    works = works_of(message)
    if not works:
        return Interpretation(Intent.SMALLTALK, confidence=UNSURE)
    asked = [work for work, _ in works if work.asks or _says_more(work)]
    if not asked:
        remark = _remark(message, [work for work, _ in works])
        if remark is not None:
            return remark
    return _draft(message, works, asked=bool(asked))


def _remark(message: Message, works: list[Work]) -> Interpretation | None:
    """A statement that asks for nothing; a fault that is reported does ask."""
    low = message.low.strip()
    if _is_remark(low) and not _FAULT.search(low):
        fired("talk", "a remark")
        return Interpretation(Intent.SMALLTALK, sure=False, confidence=UNSURE)
    if all(not work.title or len(work.title) < 3 for work in works):  # noqa: PLR2004 -- no title
        return Interpretation(Intent.UNCLEAR, confidence=UNSURE)
    return None


def _is_remark(low: str) -> bool:
    return bool(_REMARK.match(low) or (_GOOD.search(low) and _IS.search(low)))


def _says_more(work: Work) -> bool:
    """Whether a date, a priority or a tag shows that work is meant."""
    return bool(
        work.tags or work.recurrence or work.estimate_minutes or work.priority
        or (work.deadline and not _is_remark(work.clause.text.lower()))
    )  # fmt: skip


def _draft(message: Message, works: list[tuple[Work, Joined]], *, asked: bool) -> Interpretation:
    drafts: list[TaskDraft] = []
    spans: list[Span] = []
    unclear: list[Ambiguity] = []
    certain = asked
    people = People.of(message.context.roster)
    for work, joined in works:
        if joined is Joined.PART and drafts:
            drafts[-1] = replace(drafts[-1], subtasks=(*drafts[-1].subtasks, work.title))
            continue
        if not work.title:
            certain = False
            if drafts or len(works) > 1:
                continue
        index = len(drafts)
        assignees = create.assignees(work, message.context.sender)
        if work.either:
            options = tuple(map(candidate, assignees))
            unclear.append(Ambiguity("assignees", "or", options, index))
            assignees = ()
        drafts.append(
            TaskDraft(
                title=work.title, assignees=tuple(map(candidate, assignees)), deadline=work.deadline,
                priority=work.priority, recurrence=work.recurrence, tags=tuple(work.tags),
                after=(index - 1,) if joined is Joined.THEN and index else (),
                estimate_minutes=work.estimate_minutes, template=work.template,
            )
        )  # fmt: skip
        in_order = sorted(work.clause.spans, key=lambda span: span.start)
        spans += [replace(span, task=index) for span in in_order]
        unclear += [replace(one, task=index) for one in ambiguities(work.mentions, message.text)]
        unclear += [Ambiguity("assignees", n, people.like(n), index) for n in work.unknown]
        certain = certain and work.certain and _plain(work) and not (index == 0 and _vague(work))
    if not drafts or not any(draft.title for draft in drafts):
        return Interpretation(Intent.UNCLEAR, confidence=UNSURE)
    sure = certain and not unclear and len(works) < MOST_TASKS
    return Interpretation(
        Intent.CREATE, tasks=tuple(drafts), sure=sure, confidence=SURE if sure else UNSURE,
        spans=tuple(spans), ambiguities=tuple(unclear),
    )  # fmt: skip


def _vague(work: Work) -> bool:
    """Whether a first task may be an order about one that is not known: "close the books"."""
    if work.has_people or work.requested:
        return False
    low = work.title.lower()
    said = bool(work.deadline or work.priority or work.tags)
    return bool(_POINTING.search(low) or (_ORDER.match(low) and not said))


def _plain(work: Work) -> bool:
    """Whether a title has nothing in it that looks like something not understood."""
    low = work.clause.low
    left = "".join(c for c in low if c not in TAKEN)
    if len(work.title.split()) > 16 or "?" in left:  # noqa: PLR2004 -- a title is no story
        return False
    if PERSON in left and (not work.has_people or _SOMEBODY_ELSE.search(left)):
        return False
    return bool(re.search(r"\w", work.title)) and not _PURPOSE.search(f" {left} ")
