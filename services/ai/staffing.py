"""Who could take a piece of work: skills, department, history and load, each with its reason.

Pure. Ranks, never decides: who may be assigned is the task service's to say. A person's words are
compared by stems, so "testing" is met by "tests".
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.ai import wording
from services.ai.model import OpenTask, Person

# A first skill, each further one, the department, each task like it, each open task.
_SKILL, _MORE_SKILL, _DEPARTMENT, _LIKE, _LOAD = 3.0, 1.0, 2.0, 0.8, 0.4
_LIKE_MOST = 3
# Two words in common make a task alike, or all there are.
_ALIKE = 2
# Who leads everybody is asked last.
_LEADS_ALL = {"owner": 1.5, "boss": 1.5}
_NO_WORK = {"guest"}
_FULL, _AT_A_TIME = 8, 60
# Words of work by which a department is meant.
DEPARTMENTS: Mapping[str, str] = {
    "dev": "dev develop code program software bug api backend frontend server database login "
    "deploy fix test refactor app feature script integration",
    "design": "design ui ux layout logo icon mockup color font picture banner branding wireframe",
    "marketing": "marketing campaign newsletter post content article social press advert blog seo "
    "write copy announcement",
    "admin": "admin invoice contract order book office travel payment hr budget insurance tax",
}


@dataclass(frozen=True, slots=True)
class Past:
    """A finished task, as far as history matters."""

    title: str
    assignees: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done; `needs` are words of skills and departments."""

    title: str
    needs: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody who could take it, and why, each reason the end of a sentence about them."""

    person: Person
    score: float
    reasons: tuple[str, ...]

    @property
    def why(self) -> str:
        """The reasons as one sentence: "Ana knows CSS and has 2 open tasks."."""
        return f"{self.person.display_name} {wording.listed(self.reasons)}."


@dataclass(frozen=True, slots=True)
class Staff:
    """The people, what they have to do, and what they have done. Build with `Staff.of(…)`."""

    people: tuple[Person, ...]
    load: Mapping[str, float]
    past: Mapping[str, tuple[frozenset[str], ...]]
    extra: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(
        cls, people: Sequence[Person], open_tasks: Iterable[OpenTask], history: Iterable[Past] = ()
    ) -> "Staff":
        """Return the people who take work, with what the tasks tell of them."""
        load, past = Counter[str](), dict[str, list[frozenset[str]]]()
        for task in open_tasks:
            load.update(task.assignees)
        for done in history:
            for name in done.assignees:
                past.setdefault(name, []).append(wording.stems(done.title))
        return cls(
            tuple(person for person in people if person.role not in _NO_WORK and not person.away),
            load,
            {name: tuple(titles) for name, titles in past.items()},
        )

    def ranked(self, work: Work) -> list[Choice]:
        """Return everybody, whoever fits best first; equals by load, then as they are listed."""
        fits = [self._choice(person, work) for person in self.people]
        return sorted(fits, key=lambda each: (-each.score, self._load(each.person.name)))

    def give(self, person: Person, minutes: int) -> None:
        """Count work that is about to be given to somebody, in open tasks of a day."""
        self.extra[person.name] += max(1, round(minutes / 480))

    def _load(self, name: str) -> float:
        return self.load.get(name, 0) + self.extra[name]

    def _choice(self, person: Person, work: Work) -> Choice:
        score, reasons = -_LEADS_ALL.get(person.role, 0.0), list[str]()
        known = _skills(person, work)
        if known:
            score += _SKILL + _MORE_SKILL * (len(known) - 1)
            reasons.append(f"knows {wording.listed(known[:3])}")
        if _is_of(person.department, work):
            score += _DEPARTMENT
            reasons.append(f"is in {person.department}")
        wanted = wording.stems(work.title)
        alike = sum(
            bool(wanted) and len(wanted & title) >= min(_ALIKE, len(wanted))
            for title in self.past.get(person.name, ())
        )
        if alike:
            score += _LIKE * min(alike, _LIKE_MOST)
            reasons.append(f"has done {alike} like it" if alike > 1 else "has done one like it")
        load = self._load(person.name)
        reasons.append(_busy(self.load.get(person.name, 0)))
        return Choice(person, round(score - _LOAD * load, 3), tuple(reasons))


def _busy(load: float) -> str:
    count = int(load)
    if count == 0:
        return "has no open tasks"
    return f"has {count} open task{'s' if count > 1 else ''}"


def _skills(person: Person, work: Work) -> list[str]:
    wanted = wording.stems_of((*work.needs, *work.tags, work.title))
    return [skill for skill in person.skills if (own := wording.stems(skill)) and own <= wanted]


def _is_of(department: str, work: Work) -> bool:
    if not department:
        return False
    name = department.casefold()
    if name in {each.casefold() for each in (*work.needs, *work.tags)}:
        return True
    words = wording.stems(f"{name} {DEPARTMENTS.get(name, '')}")
    return not work.needs and bool(words & wording.stems_of((work.title, *work.tags)))
