"""Spec sheets: overview, 4 to 6 criteria, parts, technical points and questions; and their changes.

Pure. Made of the topic and type that the words are about; changed by talking, by sections and
numbers. What is not understood is told and changes nothing.
"""

# ruff: noqa: E501 -- a row of the table is one line

import re
from dataclasses import dataclass, replace

from services.ai import wording
from services.ai.advice.breakdown import broken_down
from services.ai.advice.topics import topic_of, type_of
from services.ai.model import Candidate, Context
from services.ai.planning import filling

CRITERIA_FEWEST, CRITERIA_MOST, LINES_MOST = 4, 6, 30
TITLE_MOST, LINE_MOST, OVERVIEW_MOST = 200, 500, 2_000
WORDS_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Spec:
    """A spec sheet; it becomes a task with criteria and subtasks."""

    title: str
    overview: str
    criteria: tuple[str, ...]
    subtasks: tuple[str, ...]
    technical: tuple[str, ...]
    questions: tuple[str, ...]
    assignees: tuple[Candidate, ...] = ()
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class SpecRefined:
    """A sheet after talking; sentences on what is different, and on what was not understood."""

    spec: Spec
    changes: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = ()


def drafted(text: str, context: Context) -> Spec:
    """Return a sheet for what the words ask for."""
    said = filling.said(text, context)
    words = " ".join(wording.of_work(text))
    topic, own = topic_of(words), type_of(words)
    sources = [each for each in (topic, own) if each is not None]
    title = (said.title or "The work")[:TITLE_MOST]
    parts = broken_down(words, words)
    criteria = dict.fromkeys(line for each in sources for line in each.criteria)
    return Spec(
        title=title,
        overview=_overview(title, said, words),
        criteria=tuple(criteria)[:CRITERIA_MOST],
        subtasks=tuple(part.title for part in parts),
        technical=tuple(dict.fromkeys(line for each in sources for line in each.technical)),
        questions=_questions(sources[0].questions + sources[-1].questions, said),
        assignees=said.people,
        minutes=sum(part.minutes for part in parts),
    )


def _overview(title: str, said: filling.Said, words: str) -> str:
    who = wording.listed([each.display_name for each in said.people])
    parts = [f"{title.rstrip('.')}."]
    if said.end:
        parts.append(f"To be done by {said.end:%A} {said.end.day} {said.end:%B %Y}.")
    if who:
        parts.append(f"Done by {who}.")
    if said.budget:
        parts.append(f"Budget: {said.budget}.")
    rest = wording.sentences(words)[1:]
    return " ".join([*parts, *rest])[:OVERVIEW_MOST]


def _questions(known: tuple[str, ...], said: filling.Said) -> tuple[str, ...]:
    asked = dict.fromkeys(known)
    if said.end is None:
        asked["Until when is it needed?"] = None
    if not said.people:
        asked["Who does it?"] = None
    return tuple(asked)[:5]


_SECTIONS = {
    "criteria": r"(?:acceptance )?criteri(?:a|on)",
    "subtasks": r"(?:sub-?tasks?|parts?|steps?|tasks?)",
    "technical": r"(?:technical(?: points?| notes?)?|tech(?: points?| notes?)?|points?|notes?)",
    "questions": r"questions?",
}
_SECTION = "|".join(f"(?P<{name}>{pattern})" for name, pattern in _SECTIONS.items())
_ROWS = {
    "set": re.compile(
        rf"^(?:change|replace|rename|set|make) (?:the )?(?:{_SECTION}) ?#?(?P<number>\d{{1,2}}) (?:to|with|into|:) ?(?P<words>.+)$",
        re.IGNORECASE | re.DOTALL,
    ),
    "drop": re.compile(
        rf"^(?:drop|remove|delete|without|no|skip) (?:the )?(?:{_SECTION}) ?#?(?P<numbers>\d{{1,2}}(?:(?:, ?| and |, and )\d{{1,2}})*)$",
        re.IGNORECASE,
    ),
    "add": re.compile(
        rf"^(?:add|include|another|new)(?: an?| the| another)? (?:new )?(?:{_SECTION}) ?(?::|that|to|,)? ?(?P<words>.+)$",
        re.IGNORECASE | re.DOTALL,
    ),
    "overview": re.compile(
        r"^(?:change |set )?(?:the )?overview(?: is| to)? ?:? ?(?P<words>.+)$",
        re.IGNORECASE | re.DOTALL,
    ),
    "title": re.compile(
        r"^(?:(?:change |set )?(?:the )?title(?: is| to)? ?:?|rename it(?: to)?|call it) ?(?P<words>.+)$",
        re.IGNORECASE | re.DOTALL,
    ),
    "who": re.compile(
        r"^(?:for|assign (?:it )?to|give it to) (?P<words>.+)$", re.IGNORECASE | re.DOTALL
    ),
}
_CUT = re.compile(
    r"; |;\n|\n|, (?=(?:add|drop|remove|delete|change) )| and (?=(?:add|drop|remove|delete|change) )"
)


def refined(spec: Spec, words: str, context: Context) -> SpecRefined:
    """Return the sheet as the words want it; numbers mean the sheet that people see."""
    changed, done, wrong = _Changing(spec, context), list[str](), list[str]()
    for clause in _CUT.split(words[:WORDS_MOST]):
        text = clause.strip(" .")
        if not text:
            continue
        said = changed.by(text)
        if said:
            done.append(said)
        else:
            wrong.append(f"“{wording.shown(text)}” is not understood.")
    return SpecRefined(changed.spec(), tuple(done), tuple(wrong))


class _Changing:
    """A sheet while it is talked about; what is dropped leaves its number until the end."""

    def __init__(self, spec: Spec, context: Context) -> None:
        self._spec = spec
        self._context = context
        self._lines: dict[str, list[str | None]] = {
            "criteria": [*spec.criteria],
            "subtasks": [*spec.subtasks],
            "technical": [*spec.technical],
            "questions": [*spec.questions],
        }

    def spec(self) -> Spec:
        """The sheet as it is now."""

        def kept(name: str) -> tuple[str, ...]:
            return tuple(line for line in self._lines[name] if line is not None)

        return replace(
            self._spec,
            criteria=kept("criteria"),
            subtasks=kept("subtasks"),
            technical=kept("technical"),
            questions=kept("questions"),
        )

    def by(self, text: str) -> str:
        """Do what a clause says, and tell it; empty: it is not understood."""
        for name, pattern in _ROWS.items():
            if (match := pattern.match(text)) and (said := self._do(name, match)):
                return said
        return ""

    def _do(self, name: str, match: re.Match[str]) -> str:
        words = _line(match["words"]) if name != "drop" else ""
        match name:
            case "set":
                return self._set(_section(match), int(match["number"]), words)
            case "drop":
                return self._drop(
                    _section(match), [int(n) for n in re.findall(r"\d+", match["numbers"])]
                )
            case "add":
                lines = self._lines[_section(match)]
                if len(lines) >= LINES_MOST:
                    return ""
                lines.append(words)
                return f"New in {_section(match)}: “{wording.shown(words)}”."
            case "who":
                people = filling.said(match["words"], self._context).people
                self._spec = replace(self._spec, assignees=people or self._spec.assignees)
                return (
                    f"For {wording.listed([who.display_name for who in people])}." if people else ""
                )
            case "title":
                self._spec = replace(self._spec, title=words[:TITLE_MOST])
            case _:
                self._spec = replace(self._spec, overview=words[:OVERVIEW_MOST])
        return f"The {name} is now “{wording.shown(words)}”."

    def _set(self, section: str, number: int, words: str) -> str:
        lines = self._lines[section]
        if not 1 <= number <= len(lines):
            return ""
        lines[number - 1] = words
        return f"{number} of {section} is now “{wording.shown(words)}”."

    def _drop(self, section: str, numbers: list[int]) -> str:
        lines = self._lines[section]
        if not all(1 <= number <= len(lines) for number in numbers):
            return ""
        gone = [lines[number - 1] or "" for number in numbers]
        for number in numbers:
            lines[number - 1] = None
        return f"Dropped: {wording.listed([f'“{wording.shown(each)}”' for each in gone])}."


def _section(match: re.Match[str]) -> str:
    return next(name for name in _SECTIONS if match[name])


def _line(words: str) -> str:
    words = " ".join(words.split()).strip('"“”')[:LINE_MOST]
    return words[:1].upper() + words[1:]
