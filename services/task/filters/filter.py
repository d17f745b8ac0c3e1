"""What a list of tasks is asked for: its filter, its order, which page of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.task.filters.where import Where
from services.task.filters.words import Flag, Span
from services.task.model import PersonId, Priority, Status, TaskNumber

ORDERS = ("created", "updated", "deadline", "priority", "title", "number")
_ALWAYS = Span()


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a text of the filter grammar asks for, with the people that it means."""

    assignees: tuple[PersonId, ...] = ()
    not_assignees: tuple[PersonId, ...] = ()
    creators: tuple[PersonId, ...] = ()
    not_creators: tuple[PersonId, ...] = ()
    numbers: tuple[TaskNumber, ...] = ()
    legacy_ids: tuple[str, ...] = ()
    statuses: tuple[Status, ...] = ()
    priorities: tuple[Priority, ...] = ()
    tags: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()
    # In lower case, as the next.
    projects: tuple[str, ...] = ()
    not_projects: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()
    not_flags: tuple[Flag, ...] = ()
    has_deadline: bool | None = None
    due: Span = _ALWAYS
    created: Span = _ALWAYS
    updated: Span = _ALWAYS
    completed: Span = _ALWAYS
    # As to_tsquery reads them: words by their stems, the last word, which may be the beginning of
    # one, the very words, and those that must not be there.
    words: str = ""
    last: str = ""
    exact: str = ""
    without: str = ""
    # What "overdue" goes by; set only where something does.
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """What lets a task through; None, () and False let all through."""

    assignees: tuple[PersonId, ...] = ()
    statuses: tuple[Status, ...] = ()
    priorities: tuple[Priority, ...] = ()
    tags: tuple[str, ...] = ()
    project: str | None = None
    due_before: datetime | None = None
    due_after: datetime | None = None
    query: str | None = None
    open_only: bool = False
    unassigned: bool = False
    # Archived tasks alone, or not at all; None: both.
    archived: bool | None = False
    where: Narrowed | None = None

    def narrowed(self, where: Narrowed) -> Filter:
        """This and that. What only that asks for is asked for here, where indexes go by it."""
        moved: dict[str, Any] = {
            name: getattr(where, name)
            for name in ("assignees", "statuses", "priorities")
            if not getattr(self, name)
        }
        nothing: dict[str, Any] = dict.fromkeys(moved, ())
        rest = replace(where, **nothing)
        archived = self.archived
        if Flag.ARCHIVED in where.flags:
            archived = True
        elif where.numbers or where.legacy_ids:
            archived = None
        return replace(self, **moved, archived=archived, where=None if _is_empty(rest) else rest)


def _is_empty(where: Narrowed) -> bool:
    return replace(where, now=None) == Narrowed()


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of the list: its order, where it begins, how much of it."""

    order: str = "created"
    descending: bool = True
    limit: int = 20
    skip: int = 0
    after: tuple[Any, int] | None = None
    with_total: bool = False


def narrowing(where: Where, people: Mapping[str, PersonId], *, now: datetime) -> Narrowed:
    """What is asked for, with whom each name of it means."""
    alone = where.id_alone
    flags = {*where.flags, *where.not_flags}
    return Narrowed(
        **{
            name: tuple(dict.fromkeys(people[who.text] for who in getattr(where, name)))
            for name in ("assignees", "not_assignees", "creators", "not_creators")
        },
        numbers=where.numbers if alone is None else (alone,),
        legacy_ids=where.legacy_ids,
        statuses=where.statuses,
        priorities=where.priorities,
        tags=where.tags,
        not_tags=where.not_tags,
        projects=tuple(name.lower() for name in where.projects),
        not_projects=tuple(name.lower() for name in where.not_projects),
        types=where.types,
        flags=where.flags,
        not_flags=where.not_flags,
        has_deadline=where.has_deadline,
        due=where.due,
        created=where.created,
        updated=where.updated,
        completed=where.completed,
        words=words_query(where.words) if alone is None else "",
        last=last_query(where.words) if alone is None else "",
        exact=" & ".join(map(phrase_query, where.phrases)),
        without=" | ".join(map(phrase_query, where.without)),
        now=now if Flag.OVERDUE in flags else None,
    )


def words_query(words: Iterable[str]) -> str:
    """All of these words but the last."""
    return " & ".join(_pieces(words)[:-1])


def last_query(words: Iterable[str]) -> str:
    """The last of these words."""
    return "".join(_pieces(words)[-1:])


def _pieces(words: Iterable[str]) -> list[str]:
    return [piece for word in words for piece in re.findall(r"\w+", word.lower())]


def phrase_query(phrase: str) -> str:
    """These very words one after the other."""
    return "(" + " <-> ".join(re.findall(r"\w+", phrase.lower())) + ")"
