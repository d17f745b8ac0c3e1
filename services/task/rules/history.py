"""Whose history somebody may read: what one sees, oneself; bosses and the owner everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.runtime.errors import Forbidden
from services.task.model import EventType, PersonId, PersonRecord, TaskNumber, WorkspaceId
from services.task.rules.permissions import PERMISSIONS, WHO_MAY, Right, Scope


@dataclass(frozen=True, slots=True)
class Question:
    """Whose history is asked for, and which part of it; without task and person everybody's."""

    workspace: WorkspaceId
    task: TaskNumber | None = None
    person: PersonId | None = None
    types: tuple[EventType, ...] = ()
    actor: PersonId | None = None
    start: datetime | None = None
    end: datetime | None = None
    oldest_first: bool = False


def reads_all(actor: PersonRecord) -> bool:
    """Whether the whole workspace's history is the actor's to read, what is deleted too."""
    return PERMISSIONS[Right.PEOPLE][actor.person.role] is Scope.ALL


def require_workspace(actor: PersonRecord) -> None:
    """Raises Forbidden NOT_ALLOWED where the actor may not read the workspace's history."""
    if not reads_all(actor):
        raise _refusal("of the workspace; read that of a task, or your own")


def require_person(actor: PersonRecord, person: PersonId) -> None:
    """Raises Forbidden NOT_ALLOWED where the actor may not read this person's history."""
    if actor.id != person and not reads_all(actor):
        raise _refusal("of somebody else")


def _refusal(whose: str) -> Forbidden:
    return Forbidden(
        "NOT_ALLOWED",
        f"You may not read the history {whose}. {WHO_MAY[Right.PEOPLE]}.",
        metadata={"right": Right.PEOPLE.name},
    )
