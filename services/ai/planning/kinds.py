"""Kinds of projects and what can be added to any: data, a file of `kinds/` each.

A new kind is a new file: its words, and 4 to 12 tasks with keys, estimates, needs and order.
`{subject}`, `{place}` and `{budget}` in titles are filled with what was said.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from services.ai import wording
from services.ai.planning.model import DAY_MINUTES
from services.ai.quoted import fold

HERE = Path(__file__).parent
GENERIC = "generic"
_UNITS = {"m": 1, "h": 60, "d": DAY_MINUTES, "w": 5 * DAY_MINUTES}


@dataclass(frozen=True, slots=True)
class Step:
    """A task of a kind of project, before its words are filled in."""

    key: str
    title: str
    estimate_minutes: int
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    subtasks: tuple[str, ...] = ()
    # Left out where speed or cost matters most.
    optional: bool = False
    # Only where one of these words is said; always where there are none.
    when: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of project."""

    name: str
    words: tuple[str, ...]
    verbs: tuple[str, ...]
    subject: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Extra:
    """What can be added to a plan by a word; `place` is check, early or late."""

    words: tuple[str, ...]
    step: Step
    place: str


def minutes(text: str) -> int:
    """Return the minutes of "4h", "2d" or "1w"."""
    return int(text[:-1]) * _UNITS[text[-1]]


@cache
def kinds() -> Mapping[str, Kind]:
    """Return all kinds by name."""
    return {path.stem: _kind(path) for path in sorted((HERE / "kinds").glob("*.toml"))}


@cache
def extras() -> tuple[Extra, ...]:
    """Return what can be added to any plan."""
    table = tomllib.loads((HERE / "extras.toml").read_text(encoding="utf-8"))
    return tuple(Extra(tuple(row["words"]), _step(row), row["place"]) for row in table["extras"])


def kind_of(text: str) -> Kind:
    """Return the kind whose words are said most, the generic one where none is.

    The object of the sentence weighs more than its verb: "move the website" is a website's move
    only where no more is said of the site.
    """
    said = f" {fold(text)} "
    stems = wording.stems(text)
    best, most = GENERIC, 0.0
    for name, kind in kinds().items():
        nouns = sum(1.0 + 0.1 * word.count(" ") for word in kind.words if _says(said, stems, word))
        verbs = sum(0.9 for word in kind.verbs if _says(said, stems, word))
        if nouns + verbs > most:
            best, most = name, nouns + verbs
    return kinds()[best]


def extra_of(text: str) -> Extra | None:
    """Return what these words add to a plan; None where no word of the table is said."""
    said, stems = f" {fold(text)} ", wording.stems(text)
    return next(
        (each for each in extras() if any(_says(said, stems, word) for word in each.words)), None
    )


def extras_of(text: str) -> list[Extra]:
    """Return all that these words name."""
    said, stems = f" {fold(text)} ", wording.stems(text)
    return [each for each in extras() if any(_says(said, stems, word) for word in each.words)]


def says(text: str, words: tuple[str, ...]) -> bool:
    """Return whether one of the words is said."""
    said, stems = f" {fold(text)} ", wording.stems(text)
    return any(_says(said, stems, word) for word in words)


def _says(said: str, stems: frozenset[str], word: str) -> bool:
    if " " in word or "-" in word:
        return f" {word}" in said
    return wording.stem(word) in stems


def _kind(path: Path) -> Kind:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return Kind(
        name=path.stem,
        words=tuple(table["words"]),
        verbs=tuple(table["verbs"]),
        subject=table["subject"],
        steps=tuple(_step(row) for row in table["tasks"]),
    )


def _step(row: Mapping[str, Any]) -> Step:
    return Step(
        key=row["key"],
        title=row["title"],
        estimate_minutes=minutes(row["estimate"]),
        needs=tuple(row.get("needs", ())),
        after=tuple(row.get("after", ())),
        subtasks=tuple(row.get("subtasks", ())),
        optional=row.get("optional", False),
        when=tuple(row.get("when", ())),
    )
