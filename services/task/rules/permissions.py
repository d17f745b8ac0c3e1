"""Who may do what: one table of rights by role, each cell a scope, and what each scope covers.

Source: the table "may" of the product's permissions. A refusal says who may do it instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import Enum

from services.runtime.errors import Forbidden
from services.task.model import PersonId, PersonRecord, Role, Task, TaskNumber

People = Mapping[PersonId, PersonRecord]

DELETE_WITHIN = timedelta(minutes=10)


class Right(Enum):
    """What a role is asked for."""

    CREATE = "create"
    CHANGE = "change"
    WORK = "work on"
    COMMENT = "comment on"
    APPROVE = "approve or reject"
    DELETE = "delete"
    PEOPLE = "change people and settings"


class Scope(Enum):
    """How far a right reaches."""

    ALL = "everything"
    DEPARTMENT = "tasks of one's departments, and those that one holds"
    DEPARTMENT_AND_HELD = "tasks of one's departments, and those that one created and holds"
    OTHERS_OF_DEPARTMENT = "tasks of one's departments that are not one's own work"
    HELD = "tasks that one created and holds"
    OWN = "tasks that one holds"
    CONCERNED = "tasks that one holds, created, watches or was asked to take"
    DEPARTMENT_AND_CONCERNED = "tasks of one's departments, and those that concern one"
    JUST_CREATED = "tasks that one created within the last 10 minutes"
    NONE = "nothing"


A, N = Scope.ALL, Scope.NONE
OWNER, BOSS, LEAD, MEMBER, GUEST = Role.OWNER, Role.BOSS, Role.LEAD, Role.MEMBER, Role.GUEST
# Who sees every task, whatever the workspace's setting; the others see all or their own.
SEE_ALL = frozenset({OWNER, BOSS, LEAD})
# For CREATE the scope is asked of every assignee: OWN is oneself.
PERMISSIONS: Mapping[Right, Mapping[Role, Scope]] = {
    Right.CREATE: {OWNER: A, BOSS: A, LEAD: Scope.DEPARTMENT, MEMBER: Scope.OWN, GUEST: N},
    Right.CHANGE: {
        OWNER: A,
        BOSS: A,
        LEAD: Scope.DEPARTMENT_AND_HELD,
        MEMBER: Scope.HELD,
        GUEST: N,
    },
    Right.WORK: {OWNER: A, BOSS: A, LEAD: Scope.DEPARTMENT, MEMBER: Scope.OWN, GUEST: N},
    # Guests: whatever they see.
    Right.COMMENT: {
        OWNER: A,
        BOSS: A,
        LEAD: Scope.DEPARTMENT_AND_CONCERNED,
        MEMBER: Scope.CONCERNED,
        GUEST: A,
    },
    Right.APPROVE: {OWNER: A, BOSS: A, LEAD: Scope.OTHERS_OF_DEPARTMENT, MEMBER: N, GUEST: N},
    Right.DELETE: {
        OWNER: A,
        BOSS: A,
        LEAD: Scope.JUST_CREATED,
        MEMBER: Scope.JUST_CREATED,
        GUEST: N,
    },
    Right.PEOPLE: {OWNER: A, BOSS: A, LEAD: N, MEMBER: N, GUEST: N},
}

WHO_MAY: Mapping[Right, str] = {
    Right.CREATE: "The owner and bosses may for anyone, leads for their departments, "
    "members for themselves (others they suggest it to when they create it)",
    Right.CHANGE: "The owner, a boss, a lead of its department, or who created and holds it may",
    Right.WORK: "The owner, a boss, a lead of its department, or an assignee may",
    Right.COMMENT: "The owner, a boss, a lead of its department, its people and those who watch it "
    "may (watch it to be one of them)",
    Right.APPROVE: "The owner, a boss, or a lead of its department whose own work it is not may",
    Right.DELETE: "The owner, a boss, or within 10 minutes its creator may",
    Right.PEOPLE: "The owner or a boss may",
}


def leads_one_of(actor: PersonRecord, ids: Iterable[PersonId], people: People) -> bool:
    """Whether one of these people is in a department that the actor leads."""
    leads = actor.person.leads
    return any(person in people and people[person].person.department in leads for person in ids)


def _holds(actor: PersonRecord, task: Task) -> bool:
    """Whether it is the actor's work; a task without people is its creator's."""
    return actor.id in (task.people or (task.creator,))


def _concerns(actor: PersonRecord, task: Task) -> bool:
    """Whether the actor has to do with the task."""
    return actor.id in {task.creator, *task.people, *task.watchers, *task.suggested}


# What a scope takes in beside the tasks of one's departments.
_BESIDE = {
    Scope.DEPARTMENT: Scope.OWN,
    Scope.DEPARTMENT_AND_HELD: Scope.HELD,
    Scope.DEPARTMENT_AND_CONCERNED: Scope.CONCERNED,
}


def covers(scope: Scope, actor: PersonRecord, *, task: Task, people: People, now: datetime) -> bool:
    """Whether the task is within the scope for this actor."""
    match scope:
        case Scope.ALL:
            return True
        case Scope.NONE:
            return False
        case Scope.OWN:
            return _holds(actor, task)
        case Scope.CONCERNED:
            return _concerns(actor, task)
        case Scope.HELD:
            return task.creator == actor.id and _holds(actor, task)
        case Scope.JUST_CREATED:
            return task.creator == actor.id and now - task.created_at <= DELETE_WITHIN
        case Scope.OTHERS_OF_DEPARTMENT:
            return _of_department(actor, task, people) and not _holds(actor, task)
        case Scope.DEPARTMENT | Scope.DEPARTMENT_AND_HELD | Scope.DEPARTMENT_AND_CONCERNED:
            return _of_department(actor, task, people) or covers(
                _BESIDE[scope], actor, task=task, people=people, now=now
            )


def _of_department(actor: PersonRecord, task: Task, people: People) -> bool:
    """Whether one of its people, or without people its creator, is of a department one leads."""
    concerned = task.people or ((task.creator,) if task.creator is not None else ())
    return leads_one_of(actor, concerned, people)


def may(actor: PersonRecord, right: Right, *, task: Task, people: People, now: datetime) -> bool:
    """Whether the actor has this right over the task (CREATE: see `require_assign`)."""
    scope = PERMISSIONS[right][actor.person.role]
    return covers(scope, actor, task=task, people=people, now=now)


def require(
    actor: PersonRecord,
    right: Right,
    *,
    task: Task,
    number: TaskNumber,
    people: People,
    now: datetime,
    doing: str = "",
) -> None:
    """Raises Forbidden NOT_ALLOWED, saying who may, where the actor may not."""
    if not may(actor, right, task=task, people=people, now=now):
        raise Forbidden(
            "NOT_ALLOWED",
            f"You may not {doing or right.value} T-{number}. {WHO_MAY[right]}.",
            metadata={"right": right.name},
        )


def may_assign(actor: PersonRecord, person: PersonId, people: People) -> bool:
    """Whether the actor may give a task to this person."""
    match PERMISSIONS[Right.CREATE][actor.person.role]:
        case Scope.ALL:
            return True
        case Scope.DEPARTMENT:
            return person == actor.id or leads_one_of(actor, (person,), people)
        case scope:
            return scope is Scope.OWN and person == actor.id


def require_assign(actor: PersonRecord, assignees: Iterable[PersonId], people: People) -> None:
    """Raises Forbidden NOT_ALLOWED where the actor may not give a task to one of these."""
    for person in assignees:
        if not may_assign(actor, person, people):
            name = people[person].person.display_name if person in people else f"P-{person}"
            raise Forbidden(
                "NOT_ALLOWED",
                f"You may not give a task to {name}. {WHO_MAY[Right.CREATE]}.",
                metadata={"right": Right.CREATE.name},
            )
    require_create(actor)


def require_create(actor: PersonRecord) -> None:
    """Raises Forbidden NOT_ALLOWED where the actor may create no task at all."""
    if PERMISSIONS[Right.CREATE][actor.person.role] is Scope.NONE:
        raise Forbidden(
            "NOT_ALLOWED",
            f"Guests may not create tasks. {WHO_MAY[Right.CREATE]}.",
            metadata={"right": Right.CREATE.name},
        )


def require_people(actor: PersonRecord) -> None:
    """Raises Forbidden NOT_ALLOWED where the actor may not change people and settings."""
    if PERMISSIONS[Right.PEOPLE][actor.person.role] is not Scope.ALL:
        raise Forbidden(
            "NOT_ALLOWED",
            f"You may not {Right.PEOPLE.value}. {WHO_MAY[Right.PEOPLE]}.",
            metadata={"right": Right.PEOPLE.name},
        )
