"""The clauses of a message as tasks in the making, with what they say of each other.

Who is named once for several, headings, what holds for all, and clauses that only say who or when.
"""

import re

from services.ai.grammar import create, talk
from services.ai.grammar.heads import Work
from services.ai.grammar.message import Message
from services.ai.grammar.split import Joined, Piece, ends_in_then, split
from services.ai.grammar.together import (
    because_of_statement,
    belongs_to_earlier,
    fill_gap,
    finish,
    hold_for_all,
    inherit,
    same_people,
    says_who,
)
from services.ai.grammar.tokens import PERSON, Clause
from services.ai.grammar.trace import fired

LONGEST_CLAUSE = 1_000
MOST_TASKS = 50
_HEADING_WORDS = frozenset(
    """
    everything all both due before until task tasks todo todos to-do to-dos things thing stuff list for from the following new here
    are some of my our to do please i need we three two four five six a few several couple items
    jobs work plan please create add and also is this week's need needs should must has have
    wants you today's tomorrow's week assign get done next s these team action actions what
    let's points that want be by give want can could ask
""".split()  # noqa: SIM905 -- words, not quotation marks
)


def works_of(message: Message) -> list[tuple[Work, Joined]]:
    """Return the tasks in the making, clause by clause, with what clauses say of each other."""
    pieces = split(message.low)
    found: list[tuple[Work, Joined]] = []
    heading: Work | None = None
    under = False
    waiting: Work | None = None
    for index, piece in enumerate(pieces[:MOST_TASKS]):
        if len(pieces) > 1 and talk.is_greeting(message.low[piece.start : piece.end]):
            continue
        fired(
            "clause", piece.joined.name.lower(), message.text[piece.start : piece.end], piece.start
        )
        work, then = _work(message, piece)
        joined = Joined.THEN if then and found else piece.joined
        if joined is Joined.ITEM and under:
            joined = Joined.PART
        if piece.heading:
            heading = _heading(message, work, pieces[index + 1 :])
            if heading is None:
                found.append((work, Joined.NEW))
                under = _under(message, work, pieces[index + 1 :])
        elif _is_name(message, work):
            waiting = _named(message, work, found)
        elif not belongs_to_earlier(work, found) and not says_who(work, joined, found):
            if not found and heading is None and _only_says_how(work, pieces):
                heading = work
                continue
            because_of_statement(work, joined, found)
            if waiting is not None and not work.has_people:
                same_people(work, waiting)
                work.asks, waiting = True, None
            _add(work, joined, found, heading)
    finish(found)
    return found


_FIELD_OF_PEOPLE = re.compile(
    r"^\W*(?:owner|assignee|assigned to|assigned|who|responsible|person|for|by|with)\b\s*(?:is\b|[:=-])?"
)


_COUNTS = re.compile(
    r"(?:just |only |i have |there are |got |we have )*(?:a few|two|three|four|five|some|several|a couple of|\d) (?:quick |small |more |urgent |new )*(?:things|tasks|items|points|jobs|to-?dos|requests|orders)(?: for (?:you|today|tomorrow|the team))?",
    re.IGNORECASE,
)


def _only_says_how(work: Work, pieces: list[Piece]) -> bool:
    """Whether a clause before all tasks says only when, how urgent or how many: "Urgent!"."""
    if work.has_people:
        return False
    if _COUNTS.fullmatch(work.title):
        return len(pieces) > 1
    return not work.title and bool(work.priority or work.deadline)


def _is_name(message: Message, work: Work) -> bool:
    """Whether a clause is nothing but people: "… by friday. Mia."."""
    low = _FIELD_OF_PEOPLE.sub("", work.clause.low)
    return PERSON in low and not re.search(r"\w", low) and not work.has_people


def _named(message: Message, work: Work, found: list[tuple[Work, Joined]]) -> Work | None:
    """Give the people of such a clause to the task before it, else keep them for the next."""
    start = work.clause.offset
    work.mentions = message.within(start, start + len(work.clause.text))
    if found and not found[-1][0].has_people:
        same_people(found[-1][0], work)
        return None
    return work


def _add(
    work: Work, joined: Joined, found: list[tuple[Work, Joined]], heading: Work | None
) -> None:
    """Add a task with what it has from the heading or from the clause before."""
    if heading is not None and joined in (Joined.ITEM, Joined.SAME_SENTENCE, Joined.NEW):
        inherit(work, heading)
    elif (
        found
        and not work.has_people
        and (work.further or joined in (Joined.SAME_SENTENCE, Joined.THEN))
    ):
        same_people(work, found[-1][0])
    if joined is not Joined.PART:
        fill_gap(work, found)
    found.append((work, joined))
    if work.for_all:
        hold_for_all(work, [one for one, _ in found])


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


def piece_end(work: Work) -> int:
    """Return where a clause ends in the message."""
    return work.clause.offset + len(work.clause.text)


def _under(message: Message, work: Work, following: list[Piece]) -> bool:
    """Whether a list names the parts of a work: "Launch checklist:" and items for nobody else."""
    items = [piece for piece in following if piece.joined is Joined.ITEM]
    named = any(message.within(piece.start, piece.end) for piece in items)
    between = message.low[piece_end(work) : items[0].start] if items else ""
    indented = bool(re.match(r"[^\n]*\n(?:[ \t]{2,}|\t)", between))
    return not named and (indented or work.clause.text.rstrip().endswith(":"))
