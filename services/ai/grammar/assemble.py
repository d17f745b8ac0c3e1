"""The entry of the grammar: text and context → interpretation. Pure; it knows no clock.

In this order: what is no task at all, orders about existing tasks, questions, and last the tasks
that a message asks for. Sure is only what has nothing left over, guessed or ambiguous.
"""

import re
from dataclasses import replace

from services.ai.grammar import acts, create, questions, talk
from services.ai.grammar.acts import SURE, UNSURE
from services.ai.grammar.heads import Work
from services.ai.grammar.message import Message
from services.ai.grammar.people import People, ambiguities, candidate
from services.ai.grammar.split import Joined, Piece, ends_in_then, split
from services.ai.grammar.tokens import PERSON, TAKEN, Clause, compacted
from services.ai.model import Ambiguity, Context, Intent, Interpretation, Span, TaskDraft

LONGEST_CLAUSE = 1_000
MOST_TASKS = 50
_SHARES = re.compile(
    r"\W*(?:all|both|everything|each|every one|all of (?:it|them|this|these|that)|they|these|them|the whole thing|all three|all tasks|all this|both of them|all that)\b"
)
_ATTRIBUTE_WORDS = frozenset(
    """
    all both everything each of it them these those this that they is are be due by needed must
    should done finished please the deadline priority prio for on has have to with and to be of
    three whole thing tasks would great thanks ready at so need needs
""".split()  # noqa: SIM905 -- words, not quotation marks
)
_HEADING_WORDS = frozenset(
    """
    task tasks todo todos to-do to-dos things thing stuff list for from the following new here
    are some of my our to do please i need we three two four five six a few several couple items
    jobs work plan please create add and also is this week's need needs should must has have
    wants you today's tomorrow's week assign get done next s these team action actions what
    let's points that want be by give want can could ask
""".split()  # noqa: SIM905 -- words, not quotation marks
)
_REMARK = re.compile(
    r"\W*(?:(?:it|that|this|there|he|she|they|you|who|what|how|maybe it|hope|hopefully|unfortunately|apparently|i (?:think|guess|hope|am|was|like|love|feel|saw|heard|see|know|had|don't|didn't|can't|did|have)|i'm|im|i've|we're|we are|we had|we have|we did|we got|we were|you're|it's|that's|there's|he's|she's|they're|what a|such a|so (?:good|tired|nice|happy|much)|glad|happy|sad|great|nice|good|lovely|thanks|thank|congrats|love|wow|oh|lol|haha)\b)"
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
        or acts.read(message)
        or questions.read(message)
        or _tasks(message)
    )  # fmt: skip
    if reading.ambiguities and reading.sure:
        reading = replace(reading, sure=False, confidence=UNSURE)
    if origins:
        spans = [replace(s, start=origins[s.start], end=origins[s.end]) for s in reading.spans]
        reading = replace(reading, spans=tuple(spans))
    return reading


def _tasks(message: Message) -> Interpretation:
    """Return the tasks that a message asks for, or a remark where it asks for none."""
    works = _works(message)
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


def _works(message: Message) -> list[tuple[Work, Joined]]:
    """Return the tasks in the making, clause by clause, with what clauses say of each other."""
    pieces = split(message.low)
    found: list[tuple[Work, Joined]] = []
    heading: Work | None = None
    under = False
    for index, piece in enumerate(pieces[:MOST_TASKS]):
        work, then = _work(message, piece)
        joined = Joined.THEN if then and found else piece.joined
        if joined is Joined.ITEM and under:
            joined = Joined.PART
        if piece.heading:
            heading = _heading(message, work, pieces[index + 1 :])
            if heading is None:
                found.append((work, Joined.NEW))
                under = _under(message, work, pieces[index + 1 :])
        elif not _belongs_to_earlier(work, found) and not _says_who(work, joined, found):
            _add(work, joined, found, heading)
    _share_first_date(found)
    return found


def _add(
    work: Work, joined: Joined, found: list[tuple[Work, Joined]], heading: Work | None
) -> None:
    """Add a task with what it has from the heading or from the clause before."""
    if heading is not None and joined in (Joined.ITEM, Joined.SAME_SENTENCE, Joined.NEW):
        _inherit(work, heading)
    elif joined in (Joined.SAME_SENTENCE, Joined.THEN) and found and not work.has_people:
        _same_people(work, found[-1][0])
    if work.for_all:
        for earlier, _ in found:
            earlier.deadline = earlier.deadline or work.deadline
    found.append((work, joined))


def _work(message: Message, piece: Piece) -> tuple[Work, bool]:
    end = min(piece.end, piece.start + LONGEST_CLAUSE)
    then = ends_in_then(message.low[piece.start : end])
    if then is not None:
        end = piece.start + then
    clause = Clause.of(message.text, piece.start, end, low=message.low)
    work = create.read(clause, message.mentions, message.context, heading=piece.heading)
    if piece.end > end and then is None:
        work.certain = False
    return work, then is not None


def _heading(message: Message, work: Work, following: list[Piece]) -> Work | None:
    """Return the heading whose attributes hold for all under it; None where it is itself a task."""
    words = re.findall(r"[a-z'-]+", work.clause.low)
    if not all(word in _HEADING_WORDS for word in words):
        return None
    if any(piece.joined is Joined.PART for piece in following):
        return None
    if not work.has_people:
        start = work.clause.offset
        work.mentions = [
            m for m in message.within(start, start + len(work.clause.text)) if m.people
        ]
    return work


def _under(message: Message, work: Work, following: list[Piece]) -> bool:
    """Whether a list names the parts of a work: "Launch checklist:" and items for nobody else."""
    items = [piece for piece in following if piece.joined is Joined.ITEM]
    named = any(message.within(piece.start, piece.end) for piece in items)
    return not named and work.clause.text.rstrip().endswith(":")


def _belongs_to_earlier(work: Work, found: list[tuple[Work, Joined]]) -> bool:
    """Give the attributes of a clause that names no work to those before: "both by tomorrow"."""
    words = re.findall(r"[a-z'-]+", work.title.lower())
    if not found or not all(word in _ATTRIBUTE_WORDS for word in words):
        return False
    if not (
        work.deadline or work.priority or work.recurrence or work.tags or work.estimate_minutes
    ):
        return not words or (len(words) < 4 and not work.has_people)  # noqa: PLR2004 -- "thanks"
    shared = bool(_SHARES.match(work.clause.text.lower())) or _SHARES.match(work.title.lower())
    for earlier, _ in found if shared else found[-1:]:
        _inherit(earlier, work)
        earlier.clause.spans += work.clause.spans
    return True


def _inherit(work: Work, heading: Work) -> None:
    """Fill what a task lacks from what holds for all."""
    if not work.has_people:
        _same_people(work, heading)
    work.deadline = work.deadline or heading.deadline
    work.priority = work.priority or heading.priority
    work.recurrence = work.recurrence or heading.recurrence
    work.tags += [tag for tag in heading.tags if tag not in work.tags]
    work.asks = work.asks or heading.asks or bool(heading.title)
    work.certain = work.certain and heading.certain


def _same_people(work: Work, earlier: Work) -> None:
    work.mentions = list(earlier.mentions)
    work.myself, work.unknown = earlier.myself, list(earlier.unknown)
    work.certain = work.certain and not earlier.unknown


def _says_who(who: Work, joined: Joined, found: list[tuple[Work, Joined]]) -> bool:
    """Give the people of a clause that only says who sees to the one before.

    Such as "… is broken; Ben fixes it".
    """
    if not found or joined is Joined.PART or not create.only_who(who):
        return False
    work = found[-1][0]
    if work.has_people:
        return False
    work.mentions, work.myself = who.mentions, who.myself
    work.deadline = who.deadline or work.deadline
    work.priority = who.priority or work.priority
    work.estimate_minutes = who.estimate_minutes or work.estimate_minutes
    work.asks = True
    work.certain = work.certain and who.certain
    work.clause.spans += [span for span in who.clause.spans if span.field != "title"]
    return True


def _share_first_date(found: list[tuple[Work, Joined]]) -> None:
    """A date before all clauses of a sentence holds for all: "by monday A does x and B does y"."""
    if len(found) < 2 or not (found[0][0].date_first and found[0][0].deadline):  # noqa: PLR2004
        return
    for work, joined in found[1:]:
        if joined is Joined.SAME_SENTENCE and work.deadline is None:
            work.deadline = found[0][0].deadline


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
                estimate_minutes=work.estimate_minutes,
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
    if PERSON in left and not work.has_people:
        return False
    return bool(re.search(r"\w", work.title)) and not _PURPOSE.search(f" {left} ")
