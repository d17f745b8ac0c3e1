"""The clauses of a message as tasks in the making, with what they say of each other.

Who is named once for several, headings, what holds for all, and clauses that only say who or when.
"""

import re

from services.ai.grammar import create, talk
from services.ai.grammar.heads import Work
from services.ai.grammar.message import Message
from services.ai.grammar.split import Joined, Piece, ends_in_then, split
from services.ai.grammar.tokens import PERSON, Clause
from services.ai.grammar.trace import fired

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
        elif not _belongs_to_earlier(work, found) and not _says_who(work, joined, found):
            if waiting is not None and not work.has_people:
                _same_people(work, waiting)
                work.asks, waiting = True, None
            _add(work, joined, found, heading)
    _share_first_date(found)
    return found


def _is_name(message: Message, work: Work) -> bool:
    """Whether a clause is nothing but people: "… by friday. Mia."."""
    low = work.clause.low
    return PERSON in low and not re.search(r"\w", low) and not work.has_people


def _named(message: Message, work: Work, found: list[tuple[Work, Joined]]) -> Work | None:
    """Give the people of such a clause to the task before it, else keep them for the next."""
    start = work.clause.offset
    work.mentions = message.within(start, start + len(work.clause.text))
    if found and not found[-1][0].has_people:
        _same_people(found[-1][0], work)
        return None
    return work


def _add(
    work: Work, joined: Joined, found: list[tuple[Work, Joined]], heading: Work | None
) -> None:
    """Add a task with what it has from the heading or from the clause before."""
    if heading is not None and joined in (Joined.ITEM, Joined.SAME_SENTENCE, Joined.NEW):
        _inherit(work, heading)
    elif joined in (Joined.SAME_SENTENCE, Joined.THEN) and found and not work.has_people:
        _same_people(work, found[-1][0])
    found.append((work, joined))
    if work.for_all:
        _hold_for_all(work, [one for one, _ in found])


def _hold_for_all(work: Work, works: list[Work]) -> None:
    """Give the deadline of the last to all that have none, but for those that it names."""
    excepted = {index % len(works) for index in work.excepted if index < len(works)}
    deadline = work.deadline
    for index, one in enumerate(works):
        if index in excepted:
            one.deadline = None if one is work else one.deadline
        else:
            one.deadline = one.deadline or deadline


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
