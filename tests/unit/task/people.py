"""People and tasks for tables of rules."""

from dataclasses import replace
from datetime import UTC, datetime

from services.task.model import (
    Assignee,
    Mark,
    Person,
    PersonId,
    PersonRecord,
    PersonStatus,
    Role,
    Status,
    Task,
    TaskNumber,
    TaskRef,
    TaskView,
    WorkspaceId,
)

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)


def record(number, name, role=Role.MEMBER, **fields):
    ident = PersonId(number)
    return PersonRecord(WorkspaceId(1), ident, number, Person(name, NOW, NOW, role=role, **fields))


OWNER = record(1, "Olga", Role.OWNER)
BOSS = record(2, "Dana", Role.BOSS)
LEAD = record(3, "Lea", Role.LEAD, leads=("dev",), department="dev")
ANA = record(4, "Ana", department="dev")
MIA = record(5, "Mia", department="design")
GUEST = record(6, "Gus", Role.GUEST)
GONE = record(7, "Gone", status=PersonStatus.LEFT)
PEOPLE = {each.id: each for each in (OWNER, BOSS, LEAD, ANA, MIA, GUEST, GONE)}


def task(*assignees, creator=BOSS, status=Status.PENDING, mark=Mark.ASSIGNED, **fields):
    return Task(
        title="Fix the login",
        created_at=NOW,
        updated_at=NOW,
        status_since=NOW,
        status_by=creator.id,
        creator=creator.id,
        status=status,
        assignees=tuple(Assignee(each.id, mark) for each in assignees),
        **fields,
    )


def view(task, number=42, **shown):
    names = {each.id: each.person.display_name for each in PEOPLE.values()}
    return TaskView(WorkspaceId(1), TaskNumber(number), 9, task, names=names, **shown)


def ref(number, status=Status.PENDING, title="Other"):
    return TaskRef(TaskNumber(number), title, status)


def marks(task, **by_name):
    """The task with other marks of some assignees."""
    given = {PEOPLE[each.person].person.display_name: each for each in task.assignees}
    changed = tuple(
        replace(each, mark=by_name.get(name, each.mark)) for name, each in given.items()
    )
    return replace(task, assignees=changed)
