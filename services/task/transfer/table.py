"""Tasks as a table for spreadsheets: one row each, what it has several of in one cell.

Cells with several things have semicolons between them; a semicolon within a thing has a backslash
before it. Times are ISO 8601 in UTC. People stand by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from services.runtime import spreadsheet
from services.task.model import PersonId, Task, TaskView

Names = Mapping[int, str]
Cell = str | int | None
_PART = re.compile(r"((?:[^;\\]|\\.)*)(?:;|$)", re.DOTALL)


def joined(parts: Any) -> str:
    """Several things in one cell."""
    return "; ".join(re.sub(r"([;\\])", r"\\\1", str(part)) for part in parts)


def parted(cell: str) -> tuple[str, ...]:
    """The things of a cell, without those that are empty."""
    found = (re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL).strip() for part in _PART.findall(cell))
    return tuple(part for part in found if part)


def task_id(number: int | None) -> str:
    """T-42, as people see it."""
    return "" if number is None else f"T-{number}"


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _word(value: Enum | None) -> str:
    return "" if value is None else value.name.lower()


def _person(person: PersonId | None, names: Names) -> str:
    return "" if person is None else names.get(person, "")


def _people(people: Any, names: Names) -> str:
    return joined(names.get(each, "") for each in people)


COLUMNS: Mapping[str, Callable[[Task, Names], Cell]] = {
    "title": lambda task, _: task.title,
    "status": lambda task, _: _word(task.status),
    "priority": lambda task, _: _word(task.priority),
    "assignees": lambda task, names: _people(task.people, names),
    "deadline": lambda task, _: _time(task.deadline),
    "description": lambda task, _: task.description,
    "project": lambda task, _: task.project,
    "type": lambda task, _: task.type,
    "tags": lambda task, _: joined(task.tags),
    "estimate_minutes": lambda task, _: task.estimate_minutes,
    "start": lambda task, _: _time(task.start),
    "parent": lambda task, _: task_id(task.parent),
    "depends_on": lambda task, _: joined(map(task_id, task.depends_on)),
    "criteria": lambda task, _: joined(
        f"[{'x' if each.done else ' '}] {each.text}" for each in task.criteria
    ),
    "recurrence": lambda task, _: task.recurrence,
    "watchers": lambda task, names: _people(task.watchers, names),
    "creator": lambda task, names: _person(task.creator, names),
    "created_at": lambda task, _: _time(task.created_at),
    "updated_at": lambda task, _: _time(task.updated_at),
    "completed_at": lambda task, _: _time(task.completed_at),
    "reason": lambda task, _: task.reason,
    "block_reason": lambda task, _: _word(task.block_reason),
    "revision_count": lambda task, _: task.revision_count or None,
    "delay_count": lambda task, _: task.delay_count or None,
    "delay_reason": lambda task, _: task.delay_reason,
    "reopen_count": lambda task, _: task.reopen_count or None,
    "submission": lambda task, _: task.submission,
    "feedback": lambda task, _: task.feedback,
    "requires_approval": lambda task, _: "yes" if task.requires_approval else "no",
    "legacy_id": lambda task, _: task.legacy_id,
}


def head() -> bytes:
    """The first line of a table."""
    return spreadsheet.lines([["id", *COLUMNS]])


def row(view: TaskView) -> bytes:
    """The line of a task."""
    cells = (show(view.task, view.names) for show in COLUMNS.values())
    return spreadsheet.lines([[task_id(view.number), *cells]])
