"""What work of a topic or type needs: data of `topics.toml`, and which of it a title is about."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from services.ai import wording
from services.ai.planning.kinds import minutes
from services.ai.quoted import fold

PLAIN = "task"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic or a type; `parts` are titles with their minutes."""

    name: str
    words: tuple[str, ...]
    criteria: tuple[str, ...]
    parts: tuple[tuple[str, int], ...]
    technical: tuple[str, ...]
    questions: tuple[str, ...]


@cache
def topics() -> tuple[Topic, ...]:
    """Return the topics."""
    return tuple(_topic(row) for row in _table()["topics"])


@cache
def types() -> Mapping[str, Topic]:
    """Return the types by their names, in the order in which they are looked for."""
    return {row["name"]: _topic(row) for row in _table()["types"]}


def topic_of(text: str) -> Topic | None:
    """Return the topic whose words are said most; None where none is."""
    return _most(text, topics())


def type_of(text: str, named: str = "") -> Topic:
    """Return the type that is named, else the one whose words are said, else the plain one."""
    return types().get(named) or _most(text, tuple(types().values())) or types()[PLAIN]


def _most(text: str, choices: tuple[Topic, ...]) -> Topic | None:
    said, stems = f" {fold(text)} ", wording.stems(text)
    scored = [(sum(_says(word, said, stems) for word in each.words), each) for each in choices]
    best = max(scored, key=lambda each: each[0])
    return best[1] if best[0] else None


def _says(word: str, said: str, stems: frozenset[str]) -> bool:
    return f" {word}" in said if " " in word else wording.stem(word) in stems


def _topic(row: Mapping[str, Any]) -> Topic:
    return Topic(
        name=row["name"],
        words=tuple(row["words"]),
        criteria=tuple(row["criteria"]),
        parts=tuple((title, minutes(time)) for title, time in row["parts"]),
        technical=tuple(row["technical"]),
        questions=tuple(row["questions"]),
    )


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((Path(__file__).parent / "topics.toml").read_text(encoding="utf-8"))
