"""People in a message: names, aliases, @usernames, groups and heads of departments.

Finds who may be meant and where; whether the sentence makes somebody an assignee is for `create`
and `acts` to say. A name that is also a word (May, Will, Mark) counts only where the words beside
it allow a person: "May should…", "Will to send…", not "it may rain", "will do", "mark it done".
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

from services.ai.grammar.counting import MONTHS
from services.ai.grammar.tokens import PERSON, fold
from services.ai.grammar.verbs import is_verb
from services.ai.model import Ambiguity, Candidate, Person

# First names that are also words of everyday sentences.
WORD_NAMES = frozenset(
    """
    ace amber angel april art ash august autumn bay bill blaze bob brook buck carol chai chance
    chase chip chuck clay cliff crystal dale dash dawn dean dick don drew earl faith ford forest
    frank gene glen grace grant gray guy hank harmony heath heather holly hope hunter iris ivy
    jack jade jasmine jay jean jet josh joy june king lance lane lily lin link major mark mason
    max may melody mercy miles nick norm oak olive page pat paul pearl penny per pepper piper
    pri ray rich river rob rod rose ruby rusty sandy scout skip sky star sterling sue summer
    sunny tab tad van victor violet wade ward will win wren
""".split()  # noqa: SIM905 -- words, not quotation marks
)
NOBODY = r"someone|somebody|anyone|anybody|whoever|the team|everyone|everybody"
_DEPARTMENT_WORDS = {
    "dev": "devs?|developers?|engineers?|engineering|programmers?|development",
    "design": "design|designers?",
    "marketing": "marketing|marketers?",
    "admin": "admin|admins|administration",
}
_ALIKE = 80


@dataclass(frozen=True, slots=True)
class Mention:
    """Words that stand for people. `people`: all of them are meant; `one_of`: it can't be told who."""

    start: int
    end: int
    people: tuple[Person, ...] = ()
    one_of: tuple[Person, ...] = ()

    @property
    def marked(self) -> tuple[int, int, str]:
        """The stretch as it is written into a marked text."""
        return self.start, self.end, PERSON


@dataclass(frozen=True, slots=True)
class People:
    """A roster, ready to be found in texts. Build with `People.of(roster)`."""

    by_name: dict[str, tuple[Person, ...]]
    groups: tuple[tuple[re.Pattern[str], tuple[Person, ...]], ...]
    pattern: re.Pattern[str] | None

    @classmethod
    def of(cls, roster: Sequence[Person]) -> "People":
        """Return the index of a roster; the same object is indexed once."""
        return _indexed(_Same(roster))

    def find(self, low: str, text: str) -> list[Mention]:
        """Return the mentions in a text, of which `low` is the folded form, in order."""
        found: list[Mention] = [
            Mention(match.start(), match.end(), people)
            for pattern, people in self.groups
            for match in pattern.finditer(low)
        ]
        taken = [(each.start, each.end) for each in found]
        for match in self.pattern.finditer(low) if self.pattern else ():
            start, end = match.span()
            if any(start < e and s < end for s, e in taken):
                continue
            if match[0] not in WORD_NAMES or _is_person(low, text, start, end):
                found.append(self._mention(start, end, match[0]))
        return sorted(found, key=lambda each: each.start)

    def named(self, words: str) -> Mention:
        """Return who is called so; a mention of nobody where nobody is."""
        name = fold(words).strip(" .,:;!?'\"")
        for pattern, people in self.groups:
            if pattern.fullmatch(name):
                return Mention(0, len(words), people)
        return self._mention(0, len(words), name)

    def like(self, words: str) -> tuple[Candidate, ...]:
        """Return the people whose names are spelled like these words."""
        near = process.extract(
            fold(words), self.by_name.keys(), scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=5
        )
        people = [person for name, _, _ in near for person in self.by_name[name]]
        return tuple(dict.fromkeys(candidate(person) for person in people))

    def _mention(self, start: int, end: int, name: str) -> Mention:
        fits = self.by_name.get(name, ())
        if len(fits) == 1:
            return Mention(start, end, fits)
        return Mention(start, end, one_of=fits)


def candidate(person: Person) -> Candidate:
    """Return a person as an interpretation names them."""
    return Candidate(person.name, person.display_name)


def ambiguities(mentions: Iterable[Mention], text: str, offset: int = 0) -> tuple[Ambiguity, ...]:
    """Return what is to be asked about these mentions."""
    return tuple(
        Ambiguity(
            "assignees",
            text[each.start - offset : each.end - offset],
            tuple(candidate(person) for person in each.one_of),
        )
        for each in mentions
        if each.one_of
    )


# What stands before a name, and what may follow it, where a word that could be a name is one.
_DETERMINED = re.compile(
    r"(?:\b(?:the|a|an|this|our|last|next|in|since|mid|of|end of|early|late|during)|mid-|\d) $"
)
_MONTH_BEFORE = re.compile(
    r"(?:\d(?:st|nd|rd|th)?(?: of)?|\b(?:in|since|mid|until|till|of|by|before)) $"
)
_CLAUSE_START = re.compile(
    r"(?:^|[.;:,!?\n(–—*•-]\s*|\b\d+[.)]\s*|\b(?:and|&|then|also|plus|so|uh|um|please|pls|hey|hi|ok|okay|but|while"
    r"|after that|that's done|ask|asks|tell|have|get|let|make|need|want|needs|remind|if|that|sure|assign|give|would|could|can|should|"
    r"today|tomorrow|noon|morning|(?:mon|tues|wednes|thurs|fri|satur|sun)day|month|week|year|hour|hours|days?|weeks?|weekday) )$"
)
_AFTER_TO = re.compile(
    r"\b(?:to|for|by|from|with|and|&|than|of|about|meant|or|cc|assignee:?|owner:?) $"
)
_ASKED = re.compile(
    r"\b(?:is|was|does|did|has|how's|what's|where's|are|show|list|about|for|report|me) $"
)
_ENDS = re.compile(r"\s*[),.;!?]*\s*$|\s*[),;]")
_PAUSE = re.compile(r"\s*(?:[,:–—]|-\s|\)|$)|'s\b|\s+(?:and|&|or)\s")
_THIRD = re.compile(
    r"\s+(?:needs?|should|must|has|to|is|was|ought|can|could|please|gets|shall|did|does|finished|started|completed|"
    r"submitted|takes|'ll|would|instead|will)\b"
)
_NO_PERSON: dict[str, re.Pattern[str]] = {
    "will": re.compile(r"\s+(?:do|be|have|not|need|take|you|it|the|this|that|these|those|we|they|i|he|she|an?|there|our|your|my|get back|try)\b"),
    "may": re.compile(r"\s+(?:be|have|i|we|you|not|also|need to|rain|it|the|they|he|she|this|that|as well)\b"),
}  # fmt: skip
_OBJECT = re.compile(
    r"\s+(?:it|this|that|the|an?|all|my|our|your|his|her|these|those|as|t-?\d|#|\d|task|everything|them|of|on|in|at)\b"
)
_NEXT_WORD = re.compile(r"\s+([a-z]+)\b")


def _is_person(low: str, text: str, start: int, end: int) -> bool:
    """Whether a name that is also a word is a person here, by the words beside it."""
    before, name = low[max(0, start - 24) : start], low[start:end]
    if name in MONTHS and (_MONTH_BEFORE.search(before) or re.match(r"\s+\d", low[end : end + 4])):
        return False
    if _DETERMINED.search(before):
        return False
    if text[start].isupper() and start and before.strip() and before.rstrip()[-1] not in ".!?:;-\n":
        return not _NO_PERSON.get(name, _OBJECT).match(low, end)
    if _AFTER_TO.search(before) and _ENDS.match(low, end):
        return True
    if _ASKED.search(before) and not _OBJECT.match(low, end):
        return True
    if not _CLAUSE_START.search(before) and before.strip():
        return False
    if _PAUSE.match(low, end):
        return low[start - 1 : start] != "'" and not (
            not before.strip() and _ENDS.fullmatch(low, end)
        )
    if _NO_PERSON.get(name, _OBJECT).match(low, end):
        return False
    follows = _NEXT_WORD.match(low, end)
    return bool(_THIRD.match(low, end) or (follows and is_verb(follows[1])))


class _Same:
    """A roster by identity: hashing thousands of people for each message would cost more."""

    __slots__ = ("roster",)

    def __init__(self, roster: Sequence[Person]) -> None:
        self.roster = roster

    def __hash__(self) -> int:
        return id(self.roster)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.roster is other.roster


@lru_cache(maxsize=128)
def _indexed(same: _Same) -> People:
    by_name: dict[str, dict[str, Person]] = {}
    for person in same.roster:
        full = fold(person.display_name).strip()
        names = {full, full.split(" ")[0], *(fold(alias).strip() for alias in person.aliases)}
        if person.username:
            handle = fold(person.username).removeprefix("@")
            names |= {handle, f"@{handle}"}
        names |= {f"@{name}" for name in names if " " not in name and name[:1] != "@"}
        for name in names - {"", "@"}:
            by_name.setdefault(name, {})[person.name] = person
    pattern = None
    if by_name:
        longest_first = sorted(by_name, key=len, reverse=True)
        names_pattern = "|".join(map(re.escape, longest_first))
        pattern = re.compile(rf"(?<![\w@./])(?<!\w-)(?:{names_pattern})(?![\w@])(?!-\w)")
    return People(
        by_name={name: tuple(people.values()) for name, people in by_name.items()},
        groups=tuple(_groups(same.roster)),
        pattern=pattern,
    )


def _groups(roster: Sequence[Person]) -> Iterable[tuple[re.Pattern[str], tuple[Person, ...]]]:
    yield re.compile(rf"(?<![\w']){_whole(NOBODY)}"), ()
    departments: dict[str, list[Person]] = {}
    for person in roster:
        if person.department:
            departments.setdefault(fold(person.department), []).append(person)
    for name, people in departments.items():
        called = _DEPARTMENT_WORDS.get(name, re.escape(name))
        leads = tuple(person for person in people if person.role == "lead")
        if len(leads) == 1:
            yield (
                re.compile(
                    rf"\b(?:(?:the )?head of {_whole(called)}|(?:the )?{_whole(called)} (?:team )?"
                    rf"(?:lead|head|manager|boss)\b|(?:the )?lead {_whole(called)})"
                ),
                leads,
            )
        plural = "|".join(form.rstrip("?") for form in called.split("|") if form.endswith("s?"))
        plural = plural or rf"{re.escape(name)}s"
        yield (
            re.compile(
                rf"\b(?:(?:the|all|our|all the) {_whole(plural)}|(?:the |all |our )?{_whole(called)} "
                r"(?:team|department|people|folks|guys)\b)"
            ),
            tuple(people),
        )


def _whole(words: str) -> str:
    return rf"(?:{words})(?!\w)"
