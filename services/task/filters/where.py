"""What a filter asks for, as a value, and as a text again. Pure.

grammar.py makes it of a text. People are in it as they were written: whom they mean is the
server's to find out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.task.filters.words import TIMES, Flag, Span
from services.task.model import Priority, Status, TaskNumber

_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
_ANY_TIME = Span()


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody as written; where it stands does not count."""

    text: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Where:
    """What is asked for: any of a kind will do, but all words, tags and flags must be."""

    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    numbers: tuple[TaskNumber, ...] = ()
    legacy_ids: tuple[str, ...] = ()
    assignees: tuple[Named, ...] = ()
    not_assignees: tuple[Named, ...] = ()
    creators: tuple[Named, ...] = ()
    not_creators: tuple[Named, ...] = ()
    statuses: tuple[Status, ...] = ()
    priorities: tuple[Priority, ...] = ()
    tags: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    not_projects: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()
    not_flags: tuple[Flag, ...] = ()
    # Whether there is a deadline at all; None: it does not matter.
    has_deadline: bool | None = None
    due: Span = _ANY_TIME
    created: Span = _ANY_TIME
    updated: Span = _ANY_TIME
    completed: Span = _ANY_TIME

    @property
    def id_alone(self) -> TaskNumber | None:
        """The number where one word is all that is asked for, and a number: 42 is T-42 then."""
        if len(self.words) == 1 and _NUMBER.fullmatch(self.words[0]):
            rest = (self.phrases, self.without, self.numbers, self.legacy_ids)
            return TaskNumber(int(self.words[0])) if not any(rest) else None
        return None


def written(where: Where) -> str:
    """A text that parses to this, at any time and in any zone."""
    parts = [*where.words, *(f'"{each}"' for each in where.phrases)]
    parts += [f'-"{each}"' for each in where.without]
    parts += [f"T-{each}" for each in where.numbers]
    parts += where.legacy_ids
    listed: Sequence[tuple[str, str, Sequence[str]]] = (
        ("assignee", "", [who.text for who in where.assignees]),
        ("assignee", "-", [who.text for who in where.not_assignees]),
        ("creator", "", [who.text for who in where.creators]),
        ("creator", "-", [who.text for who in where.not_creators]),
        ("tag", "", where.tags),
        ("tag", "-", where.not_tags),
        ("project", "", where.projects),
        ("project", "-", where.not_projects),
    )
    for key, minus, values in listed:
        parts += [f'{minus}{key}:"{value}"' for value in values]
    for key, words in (
        ("status", [each.name.lower() for each in where.statuses]),
        ("priority", [each.name.lower() for each in where.priorities]),
        ("type", where.types),
        ("is", [flag.value for flag in where.flags]),
        ("-is", [flag.value for flag in where.not_flags]),
    ):
        parts += [f"{key}:{','.join(words)}"] if words else []
    if where.has_deadline is not None:
        parts.append("due:any" if where.has_deadline else "due:none")
    for name in TIMES:
        span: Span = getattr(where, name)
        if span.after is not None:
            parts.append(f"{name}:>={span.after.isoformat()}")
        if span.before is not None:
            parts.append(f"{name}:<{span.before.isoformat()}")
    return " ".join(parts)
