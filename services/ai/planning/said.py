"""What words about a plan point at: its tasks, by number or by title, and people."""

import re
from collections.abc import Iterable

from services.ai import wording
from services.ai.grammar.people import People, candidate
from services.ai.model import Candidate, Context
from services.ai.planning.model import Plan
from services.ai.quoted import fold

_NUMBER = re.compile(r"#?(\d{1,2})(?!\d)")
_NUMBERS_ONLY = re.compile(
    r"(?:the )?(?:tasks?|numbers?|no\.?|steps?)? ?#?\d{1,2}"
    r"(?:(?:,? ?and |, ?|,? ?& ?| or | )#?\d{1,2})*"
)
_RANGE = re.compile(r"(?:tasks? )?#?(\d{1,2}) ?(?:-|–|to|through) ?#?(\d{1,2})")
_EVERYTHING = re.compile(r"(?:all|everything|all tasks|every task|them all|the (?:whole )?plan)")
_SPLIT_NAMES = re.compile(r", ?(?:and )?| and | & ")
# Of the words that name a task, this share has to be in its title.
_SHARE = 0.5
# Words between numbers that belong to no title.
_FILLING = re.compile(r"^(?:the|task|step|tasks|steps) | (?:task|step|tasks|steps|part)$")


class Unclear(Exception):  # noqa: N818 -- what happened
    """Words that point at nothing, or at several; its text tells people so."""


def numbers_of(words: str, plan: Plan) -> tuple[int, ...]:
    """Return the tasks that the words name; Unclear tells why there are none."""
    words = fold(words).strip(" .,;:!?\"'")
    known = {task.number for task in plan.tasks}
    if _EVERYTHING.fullmatch(words):
        return tuple(sorted(known))
    if span := _RANGE.fullmatch(words):
        return _known(range(int(span[1]), int(span[2]) + 1), known)
    if _NUMBERS_ONLY.fullmatch(words):
        return _known((int(found) for found in _NUMBER.findall(words)), known)
    parts = [part for part in _SPLIT_NAMES.split(words) if part.strip()]
    try:
        return (_by_title(words, plan),)
    except Unclear:
        if len(parts) < 2:  # noqa: PLR2004 -- no list
            raise
    return tuple(dict.fromkeys(number_of(part, plan) for part in parts))


def number_of(words: str, plan: Plan) -> int:
    """Return the one task that the words name."""
    numbers = (
        numbers_of(words, plan) if not _SPLIT_NAMES.search(words) else (_by_title(words, plan),)
    )
    if len(numbers) != 1:
        raise Unclear("say which one task is meant.")
    return numbers[0]


def who(words: str, context: Context) -> tuple[Candidate, ...] | None:
    """Return the people who are named, None where the words are no names."""
    roster = People.of(context.roster)
    found = list[Candidate]()
    for name in _SPLIT_NAMES.split(words.strip(" .,;:!?")):
        if fold(name) in {"me", "i", "myself"}:
            found.append(candidate(context.sender))
            continue
        mention = roster.named(name)
        if mention.one_of:
            names = wording.listed([each.display_name for each in mention.one_of], "or")
            raise Unclear(f"“{wording.shown(name)}” may be {names}.")
        if not mention.people:
            return None
        found += [candidate(person) for person in mention.people]
    return tuple(dict.fromkeys(found)) or None


def _known(numbers: Iterable[int], known: set[int]) -> tuple[int, ...]:
    found = tuple(dict.fromkeys(numbers))
    if missing := [number for number in found if number not in known]:
        raise Unclear(f"there is no task {missing[0]}.")
    return found


def _by_title(words: str, plan: Plan) -> int:
    wanted = wording.stems(_FILLING.sub("", words))
    if not wanted:
        raise Unclear("name a task by its number.")
    scored = [(_likeness(wanted, wording.stems(task.title)), task) for task in plan.tasks]
    best = max((score for score, _ in scored), default=(0.0, 0.0))
    if best[0] < _SHARE:
        raise Unclear(f"no task is called “{wording.shown(words)}”.")
    equals = [task for score, task in scored if score == best]
    if len(equals) > 1:
        # The one whose title begins with these words is what people mean.
        leading = [task for task in equals if wording.stem(wording.words(task.title)[0]) in wanted]
        if len(leading) == 1:
            return leading[0].number
        names = wording.listed([str(task.number) for task in equals], "or")
        raise Unclear(f"“{wording.shown(words)}” may be {names}.")
    return equals[0].number


def _likeness(wanted: frozenset[str], title: frozenset[str]) -> tuple[float, float]:
    """Return which share of the words is in the title, and which share of the title they are."""
    both = len(wanted & title)
    return both / len(wanted), both / max(1, len(title))
