"""What a list of tasks is asked for: its filter, its order, which page of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.task.model import PersonId, Priority, Status

ORDERS = ("created", "updated", "deadline", "priority", "title", "number")


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


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of the list: its order, where it begins, how much of it."""

    order: str = "created"
    descending: bool = True
    limit: int = 20
    skip: int = 0
    after: tuple[Any, int] | None = None
    with_total: bool = False
