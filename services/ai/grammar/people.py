"""People in a message: names, aliases, @usernames, groups and heads of departments.

Finds who may be meant and where; whether the grammar of the sentence makes somebody an assignee is
for `create` and `acts` to say. A name that is also a word (May, Will, Mark) is marked as such.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

from services.ai.grammar.tokens import NAMEWORD, PERSON, fold
from services.ai.model import Ambiguity, Candidate, Person

# First names that are also words of everyday sentences.
WORD_NAMES = frozenset(
    """
ace amber angel april art ash august autumn bay bill blaze bob brook buck carol chai chance chase
chip chuck clay cliff crystal dale dash dawn dean dick don drew earl faith ford forest frank gene
glen grace grant gray guy hank harmony heath heather holly hope hunter iris ivy jack jade jasmine
jay jean jet josh joy june king lance lane lily lin link major mark mason max may melody mercy
miles nick norm oak olive page pat paul pearl penny per pepper piper pri ray rich river rob rod
rose ruby rusty sandy scout skip sky star sterling sue summer sunny tab tad van victor violet wade
ward will win wren
""".split()
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
    is_word: bool = False

    @property
    def mark(self) -> str:
        """The character that stands for it in a marked text."""
        return NAMEWORD if self.is_word else PERSON


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

    def find(self, low: str) -> list[Mention]:
        """Return the mentions in a folded text, in order."""
        found: list[Mention] = [
            Mention(match.start(), match.end(), people)
            for pattern, people in self.groups
            for match in pattern.finditer(low)
        ]
        taken = [(each.start, each.end) for each in found]
        for match in self.pattern.finditer(low) if self.pattern else ():
            start, end = match.span()
            if not any(start < e and s < end for s, e in taken):
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
        fits = self.by_name.get(name, ()) or self.by_name.get(name.removesuffix("."), ())
        if len(fits) == 1:
            return Mention(start, end, fits, is_word=name in WORD_NAMES)
        return Mention(start, end, one_of=fits, is_word=name in WORD_NAMES)


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
        for name in names - {""}:
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
            yield re.compile(
                rf"\b(?:(?:the )?head of {_whole(called)}|(?:the )?{_whole(called)} (?:team )?"
                rf"(?:lead|head|manager|boss)\b|(?:the )?lead {_whole(called)})"
            ), leads
        plural = "|".join(form.rstrip("?") for form in called.split("|") if form.endswith("s?"))
        plural = plural or rf"{re.escape(name)}s"
        yield re.compile(
            rf"\b(?:(?:the|all|our|all the) {_whole(plural)}|(?:the |all |our )?{_whole(called)} "
            r"(?:team|department|people|folks|guys)\b)"
        ), tuple(people)


def _whole(words: str) -> str:
    return rf"(?:{words})(?!\w)"
