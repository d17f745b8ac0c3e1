"""What the clauses of a message say of each other's tasks.

Who sees to what was stated, what holds for all, what stands before or behind a list, and verbs that
are not said again.
"""

import re

from services.ai.grammar import create, titles
from services.ai.grammar.heads import Work
from services.ai.grammar.split import Joined
from services.ai.grammar.verbs import is_base

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
_IS_SOMETHING = re.compile(r"(?:is|are|was|were|will be|we have|there is|there's)\b", re.IGNORECASE)
_OF_ALL = re.compile(r"\b(?:them|all|everything|both|these|those)\b", re.IGNORECASE)
_GAPPED = re.compile(r"(?:the|an?|his|her|our|my|their|some) \w", re.IGNORECASE)
# "Will the setup be done? No - May, do it": the thing that is asked about is the work.
_ASKS_WHETHER = re.compile(
    r"(?:will|is|are|was|were|has|have|did|can|does) (?P<what>.+?)(?: (?:be|been|get|getting|already))?"
    r" (?:done|ready|finished|fixed|made|sent|complete[d]?|happening|started|prepared)(?: yet| already| today| now| in time)?",
    re.IGNORECASE,
)


# What a clause without an order tells: "the oven is cold again".
_STATES = re.compile(
    r"[^.?]{2,80}?\b(?:is|are|was|were|isn't|aren't|has|have|hasn't|doesn't|does not|don't|won't|looks?|seems?|keeps?|went|broke|smells?|fails?|crashe[sd]|leaks?|shows?|drips?|jams?|jammed|rattles?|squeaks?|expires?|expired|stopped|hangs?|freezes?|wobbles?|flickers?|stinks?|ran out|died)\b"
)


def finish(found: list[tuple[Work, Joined]]) -> None:
    """Settle what can be told only once all clauses are read."""
    for work, _ in found:
        asked = _ASKS_WHETHER.fullmatch(work.title)
        if asked and work.has_people:
            work.title = asked["what"][:1].upper() + asked["what"][1:]
    _share_first_date(found)
    _lift_from_last_part(found)


def fill_gap(work: Work, found: list[tuple[Work, Joined]]) -> None:
    """Give a clause the verb of the one before: "Ana paints the gate, Ben the fence"."""
    if not found or not _GAPPED.match(work.title) or not found[-1][0].has_people:
        return
    verb, _, rest = found[-1][0].title.partition(" ")
    if rest and is_base(verb.lower()):
        work.title = f"{verb} {work.title[:1].lower()}{work.title[1:]}"
        work.certain = False


def hold_for_all(work: Work, works: list[Work]) -> None:
    """Give the deadline of the last to all that have none, but for those that it names."""
    excepted = {index % len(works) for index in work.excepted if index < len(works)}
    deadline = work.deadline
    for index, one in enumerate(works):
        if index in excepted:
            one.deadline = None if one is work else one.deadline
        else:
            one.deadline = one.deadline or deadline
            one.priority = one.priority or work.priority


def belongs_to_earlier(work: Work, found: list[tuple[Work, Joined]]) -> bool:
    """Give the attributes of a clause that names no work to those before: "both by tomorrow"."""
    words = re.findall(r"[a-z'-]+", work.title.lower())
    if not found or not all(word in _ATTRIBUTE_WORDS for word in words):
        return False
    if not (
        work.deadline or work.priority or work.recurrence or work.tags or work.estimate_minutes
    ):
        if work.has_people and not words and not found[-1][0].has_people:
            same_people(found[-1][0], work)
            return True
        return not words or (len(words) < 4 and not work.has_people)  # noqa: PLR2004 -- "thanks"
    shared = bool(_SHARES.match(work.clause.text.lower())) or _SHARES.match(work.title.lower())
    for earlier, _ in found if shared else found[-1:]:
        inherit(earlier, work)
        earlier.clause.spans += work.clause.spans
    return True


def inherit(work: Work, heading: Work) -> None:
    """Fill what a task lacks from what holds for all."""
    if not work.has_people:
        same_people(work, heading)
    work.deadline = work.deadline or heading.deadline
    work.priority = work.priority or heading.priority
    work.recurrence = work.recurrence or heading.recurrence
    work.tags += [tag for tag in heading.tags if tag not in work.tags]
    work.asks = work.asks or heading.asks or bool(heading.title)
    work.certain = work.certain and heading.certain


def same_people(work: Work, earlier: Work) -> None:
    """Ask the people of an earlier task."""
    work.mentions = list(earlier.mentions)
    work.myself, work.unknown = earlier.myself, list(earlier.unknown)
    work.certain = work.certain and not earlier.unknown


def says_who(who: Work, joined: Joined, found: list[tuple[Work, Joined]]) -> bool:
    """Give the people of a clause that only says who sees to the one before.

    Such as "… is broken; Ben fixes it".
    """
    if not found or joined is Joined.PART or not create.only_who(who):
        return False
    work = found[-1][0]
    if work.has_people:
        return False
    if _OF_ALL.search(who.title):
        for one, _ in found[:-1]:
            if not one.has_people:
                same_people(one, who)
    work.mentions, work.myself = who.mentions, who.myself
    work.deadline = who.deadline or work.deadline
    work.priority = who.priority or work.priority
    work.estimate_minutes = who.estimate_minutes or work.estimate_minutes
    work.asks = True
    work.certain = work.certain and who.certain
    work.clause.spans += [span for span in who.clause.spans if span.field != "title"]
    return True


def states(work: Work) -> bool:
    """Return whether a clause states something and asks nobody for anything."""
    text = work.clause.text.lower().strip()
    if work.has_people or work.requested or work.tags or work.deadline or work.recurrence:
        return False
    return bool(_STATES.match(text)) and not titles.is_work(text) and not work.asks


def because_of_statement(work: Work, joined: Joined, found: list[tuple[Work, Joined]]) -> None:
    """The work that somebody is asked for because of what was stated is the task, not both."""
    if not found or joined is Joined.PART or not work.has_people:
        return
    if not (states(found[-1][0]) or _IS_SOMETHING.match(found[-1][0].title)):
        return
    statement, _ = found.pop()
    work.priority = work.priority or statement.priority
    work.certain = False


def _lift_from_last_part(found: list[tuple[Work, Joined]]) -> None:
    """What stands behind a list of parts holds for the whole: "…, x, y and z - Ana, thursday"."""
    parts = [work for work, joined in found if joined is Joined.PART]
    if len(parts) < 2 or found[-1][1] is not Joined.PART or any(map(_attributed, parts[:-1])):  # noqa: PLR2004
        return
    whole = next((work for work, joined in reversed(found) if joined is not Joined.PART), None)
    if whole is not None and _attributed(parts[-1]):
        inherit(whole, parts[-1])
        whole.clause.spans += [s for s in parts[-1].clause.spans if s.field != "title"]


def _attributed(work: Work) -> bool:
    return bool(work.has_people or work.deadline or work.priority or work.recurrence)


def _share_first_date(found: list[tuple[Work, Joined]]) -> None:
    """A date before all clauses of a sentence holds for all: "by monday A does x and B does y"."""
    if len(found) < 2 or not (found[0][0].date_first and found[0][0].deadline):  # noqa: PLR2004
        return
    for work, joined in found[1:]:
        if joined is Joined.SAME_SENTENCE and work.deadline is None:
            work.deadline = found[0][0].deadline
