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
from rapidfuzz.distance import OSA

from services.ai.grammar.tokens import PERSON, fold
from services.ai.grammar.verbs import is_verb
from services.ai.grammar.word_names import (
    COMMON,
    LONG_NAME,
    MAYBE_NAME,
    WORD_NAMES,
    is_asked,
    is_person,
)
from services.ai.model import Ambiguity, Candidate, Person

NOBODY = r"(?:someone|somebody|anyone|anybody)(?: (?:else|(?:from|in|at|on) (?:the )?\w+(?: (?:team|department|side|office|crew|desk))?)(?=,? (?:should|must|needs?|has|to|can|could|please|will|ought)\b))?|(?:one|any) of (?:you|us)(?: guys)?(?=,? (?:should|must|needs?|has|to|can|could|please|will|ought)\b)|whoever(?: (?:is (?:free|around|here|available|in)|has time|can))?|the team|everyone|everybody"
_DEPARTMENT_WORDS = {
    "dev": "devs?|developers?|engineers?|engineering|programmers?|development",
    "design": "design|designers?",
    "marketing": "marketing|marketers?",
    "admin": "admin|admins|administration",
    "kitchen": "kitchen|chefs?|cooks?",
    "floor": "floor|waiters?|servers?|waiting staff",
    "service": "service|waiters?|servers?",
    "bar": "bar|bartenders?|barkeepers?|baristas?",
    "housekeeping": "housekeeping|housekeepers?|cleaners?",
    "maintenance": "maintenance|handymen|technicians?",
    "reception": "reception|receptionists?|front desk",
    "drivers": "drivers?|driving|transport",
    "warehouse": "warehouse|pickers?|packers?",
    "sales": "sales|sellers?|salespeople|sales reps?",
    "support": "support|support agents?",
    "finance": "finance|accountants?|bookkeepers?|accounting",
    "accounting": "accounting|accountants?|bookkeepers?",
    "legal": "legal|lawyers?",
    "hr": "hr|human resources|recruiters?",
    "nursing": "nursing|nurses?",
    "teaching": "teaching|teachers?",
    "site": "site|builders?|labourers?",
    "it": "it team|it department|it guys|sysadmins?",
    "qa": "qa|testers?",
    "product": "product|product managers?",
}
_ALIKE = 80


@dataclass(frozen=True, slots=True)
class Mention:
    """Words that stand for people. `people`: all of them are meant; `one_of`: it can't be told who."""

    start: int
    end: int
    people: tuple[Person, ...] = ()
    one_of: tuple[Person, ...] = ()
    # The name is mistyped by one letter.
    guessed: bool = False

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
    # A name with a letter left out → the names that it may be of.
    near: dict[str, frozenset[str]]
    # First letter and length of what may be one of these names, mistyped.
    shapes: frozenset[tuple[str, int]]
    # Whether a text may name a group at all.
    hint: re.Pattern[str]

    @classmethod
    def of(cls, roster: Sequence[Person]) -> "People":
        """Return the index of a roster; the same object is indexed once."""
        return _indexed(_Same(roster))

    def find(self, low: str, text: str) -> list[Mention]:
        """Return the mentions in a text, of which `low` is the folded form, in order."""
        found: list[Mention] = [
            Mention(match.start(), match.end(), people)
            for pattern, people in (self.groups if self.hint.search(low) else ())
            for match in pattern.finditer(low)
        ]
        taken = [(each.start, each.end) for each in found]
        for match in self.pattern.finditer(low) if self.pattern else ():
            start, end = match.span()
            if any(start < e and s < end for s, e in taken):
                continue
            if match[0] not in WORD_NAMES or is_person(low, text, start, end):
                found.append(self._mention(start, end, match[0]))
        found += self._mistyped(low, text, taken)
        return sorted(found, key=lambda each: each.start)

    def _mistyped(self, low: str, text: str, taken: list[tuple[int, int]]) -> list[Mention]:
        """Names that are mistyped by one letter, where an assignee stands and nobody else fits."""
        found: list[Mention] = []
        for match in MAYBE_NAME.finditer(low):
            word, (start, end) = match[0], match.span()
            if (word[0], len(word)) not in self.shapes or word in self.by_name:
                continue
            if is_verb(word) or word in COMMON:
                continue
            names = self._names_near(word)
            people = {person.name: person for name in names for person in self.by_name[name]}
            free = not any(start < e and s < end for s, e in taken)
            if free and len(people) == 1 and is_asked(low, text, start, end):
                found.append(Mention(start, end, tuple(people.values()), guessed=True))
        return found

    def _names_near(self, word: str) -> set[str]:
        near: set[str] = set()
        for key in _keys(word):
            for name in self.near.get(key, ()):
                if name[0] == word[0] and OSA.distance(name, word) == 1:
                    near.add(name)
        return near

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
    near_names = [
        name for name in by_name if name.isalpha() and len(name) >= LONG_NAME + (name in WORD_NAMES)
    ]
    return People(
        by_name={name: tuple(people.values()) for name, people in by_name.items()},
        groups=tuple(_groups(same.roster)),
        pattern=pattern,
        near=_near(near_names),
        shapes=frozenset((n[0], len(n) + more) for n in near_names for more in (-1, 0, 1)),
        hint=_group_hint(same.roster),
    )


def _near(names: Iterable[str]) -> dict[str, frozenset[str]]:
    near: dict[str, set[str]] = {}
    for name in names:
        if len(name) >= LONG_NAME:
            for key in _keys(name):
                near.setdefault(key, set()).add(name)
    return {key: frozenset(known) for key, known in near.items()}


def _keys(word: str) -> set[str]:
    """The word, and the word without each of its letters: two words one edit apart share one."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(1, len(word)))}


def _group_hint(roster: Sequence[Person]) -> re.Pattern[str]:
    departments = {fold(person.department) for person in roster if person.department}
    called = [
        _DEPARTMENT_WORDS.get(name, re.escape(name.removesuffix("s"))) for name in departments
    ]
    return re.compile("|".join([NOBODY, *sorted(called)]))


def _groups(roster: Sequence[Person]) -> Iterable[tuple[re.Pattern[str], tuple[Person, ...]]]:
    yield re.compile(rf"(?<![\w']){_whole(NOBODY)}"), ()
    departments: dict[str, list[Person]] = {}
    for person in roster:
        if person.department:
            departments.setdefault(fold(person.department), []).append(person)
    for name, people in departments.items():
        called = _DEPARTMENT_WORDS.get(name, re.escape(name))
        # "what is housekeeping working on"
        yield (
            re.compile(
                rf"\b{re.escape(name)}(?= (?:is |are |has |have |does |do )?(?:working on|doing|up to|busy with|have to do|has to do)\b)"
            ),
            tuple(people),
        )
        yield (
            re.compile(
                rf"(?:(?<=tasks of )|(?<=tasks for )|(?<=tasks in )|(?<=tasks from )|(?<=work of ))(?:the )?{re.escape(name)}\b"
            ),
            tuple(people),
        )
        leads = tuple(person for person in people if person.role == "lead")
        if len(leads) == 1:
            yield (
                re.compile(
                    rf"\b(?:(?:the )?head of (?:the )?{_whole(called)}|(?:the )?(?:head|chief) {_whole(called)}|(?:the )?{_whole(called)} (?:team )?"
                    rf"(?:lead|head|manager|boss)\b|(?:the )?lead {_whole(called)})"
                ),
                leads,
            )
        plural = "|".join(form.rstrip("?") for form in called.split("|") if form.endswith("s?"))
        plural = plural or rf"{re.escape(name.removesuffix('s'))}s"
        yield (
            re.compile(
                rf"\b(?:(?:the|all|our|all the) {_whole(plural)}|(?:the |all |our )?{_whole(called)} "
                r"(?:team|department|people|folks|guys)\b)"
            ),
            tuple(people),
        )


def _whole(words: str) -> str:
    return rf"(?:{words})(?!\w)"
