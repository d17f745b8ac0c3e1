"""What creating, editing and deleting a task may and does change.

It decides over values that the caller has read under the rows' locks: the task, the people
concerned, and the graph of links (linking.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from services.runtime.errors import Violation
from services.task.model import (
    Assignee,
    Entry,
    EventType,
    Mark,
    PersonId,
    PersonRecord,
    PersonStatus,
    Task,
    TaskView,
)
from services.task.rules.absent import task_not_found
from services.task.rules.linking import (
    NO_LINKS,
    Graph,
    check_circle,
    link_faults,
    placed_last,
)
from services.task.rules.permissions import (
    People,
    Right,
    require,
    require_assign,
    require_create,
)
from services.task.rules.taking import suggesting, without_assigned
from services.task.rules.wrong import Wrong

PERSON_UNKNOWN = ("PERSON_UNKNOWN", "Name people of this workspace.")
LINK_INVALID = ("LINK_INVALID", "Link to tasks that can be linked to.")
DEADLINE_REQUIRED = ("DEADLINE_REQUIRED", "A task needs a deadline here.")
DEADLINE_WANTED = "Give a deadline: this workspace wants one for every task."
RESTORE_WITHIN = timedelta(days=30)

# What an update mask may name. The rest moves by commands, or is worked out.
EDITABLE = frozenset(
    {
        "title",
        "description",
        "priority",
        "assignees",
        "deadline",
        "start",
        "estimate_minutes",
        "tags",
        "project",
        "type",
        "criteria",
        "parent",
        "depends_on",
        "recurrence",
        "requires_approval",
        "watchers",
        "attachments",
        "submit_by_one",
        "repeats",
    }
)

# Edits that need the graph of tasks: they are decided under the workspace's lock on links.
LINKS = frozenset({"parent", "depends_on"})


def create(
    task: Task,
    *,
    actor: PersonRecord,
    people: People,
    wrong: Wrong,
    graph: Graph = NO_LINKS,
    at: str = "task",
) -> Entry:
    """The entry that creates this task; `at` is where the request holds it.

    Whom the actor may not assign is asked to take it instead. People and tasks that aren't there
    are noted as `wrong`, which the caller refuses. Raises Forbidden NOT_ALLOWED.
    """
    require_create(actor)
    wrong.add(*PERSON_UNKNOWN, people_faults(task, people, at))
    wrong.add(*LINK_INVALID, link_faults(None, task, graph, at))
    task = suggesting(task, actor, people)
    return Entry(EventType.TASK_CREATED, after=placed_last(task, graph))


def edit(
    view: TaskView,
    changes: Mapping[str, object],
    *,
    actor: PersonRecord,
    people: People,
    now: datetime,
    graph: Graph = NO_LINKS,
    deadline_required: bool = False,
    wrong: Wrong | None = None,
) -> Entry | None:
    """The entry that makes these changes, or None where all of them are true already.

    Raises Forbidden NOT_ALLOWED; Invalid for what is `wrong` already, for people and tasks that
    aren't there, and where a deadline is taken away that the workspace wants.
    """
    wrong = wrong or Wrong()
    task = view.task
    require(
        actor, Right.CHANGE, task=task, number=view.number, people=people, now=now, doing="change"
    )
    after = replace(task, **changes)  # type: ignore[arg-type]
    if "assignees" in changes:
        after = replace(after, assignees=_with_known_marks(task.assignees, after.assignees))
        after = without_assigned(after)
    if after == task and wrong.none:
        return None
    after = _with_series(task, after)
    added = [person for person in after.people if person not in task.people]
    named = {*added, *set(after.watchers) - set(task.watchers)}
    relinked = (after.parent, after.depends_on) != (task.parent, task.depends_on)
    wrong.add(*PERSON_UNKNOWN, people_faults(after, people, "task", only=named))
    if relinked:
        wrong.add(*LINK_INVALID, link_faults(view, after, graph, "task"))
    if deadline_required and task.deadline and not (after.deadline or after.parent):
        wrong.add(*DEADLINE_REQUIRED, [Violation("task.deadline", DEADLINE_WANTED)])
    wrong.refuse()
    require_assign(actor, added, people)
    if relinked:
        check_circle(view.number, after.depends_on, graph, at="task.depends_on")
    if after.parent != task.parent:
        after = placed_last(replace(after, place=0), graph)
    return Entry(
        EventType.TASK_CHANGED,
        number=view.number,
        before=task,
        after=replace(after, updated_at=now),
    )


def _with_series(before: Task, after: Task) -> Task:
    """The task with its series going on from an edited date; a delay moves one occurrence alone."""
    dates = [(each.recurrence, each.deadline or each.start) for each in (before, after)]
    if dates[0] != dates[1]:
        after = replace(after, anchor=None)
    if after.recurrence_paused and not after.recurrence:
        after = replace(after, recurrence_paused=False)
    return after


def delete(view: TaskView, *, actor: PersonRecord, people: People, now: datetime) -> Entry | None:
    """The entry that hides the task, or None where it is hidden already."""
    require(actor, Right.DELETE, task=view.task, number=view.number, people=people, now=now)
    return hidden(view, now)


def restore(view: TaskView, *, actor: PersonRecord, people: People, now: datetime) -> Entry | None:
    """The entry that shows a deleted task again, or None where it is shown.

    Raises Forbidden NOT_ALLOWED, NotFound TASK_NOT_FOUND where it was deleted too long ago.
    """
    require(
        actor,
        Right.DELETE,
        task=view.task,
        number=view.number,
        people=people,
        now=now,
        doing="restore",
    )
    if view.task.deleted_at is None:
        return None
    if now - view.task.deleted_at > RESTORE_WITHIN:
        raise task_not_found(view.number)
    return shown_again(view, now)


def shown_again(view: TaskView, now: datetime) -> Entry:
    """The entry by which a hidden task is seen again, without asking who may."""
    after = replace(view.task, deleted_at=None, updated_at=now)
    return Entry(EventType.TASK_RESTORED, number=view.number, before=view.task, after=after)


def hidden(view: TaskView, now: datetime, *, undo: bool = False) -> Entry | None:
    """The entry by which the task is out of sight, without asking who may."""
    if view.task.deleted_at is not None:
        return None
    after = replace(view.task, deleted_at=now, updated_at=now)
    return Entry(
        EventType.TASK_DELETED, number=view.number, before=view.task, after=after, undo=undo
    )


def _with_known_marks(
    before: tuple[Assignee, ...], wanted: tuple[Assignee, ...]
) -> tuple[Assignee, ...]:
    """Who stays keeps the mark; who is new starts as assigned."""
    marks = {assignee.person: assignee.mark for assignee in before}
    return tuple(replace(a, mark=marks.get(a.person, Mark.ASSIGNED)) for a in wanted)


def people_faults(
    task: Task, people: People, at: str, *, only: Iterable[PersonId] | None = None
) -> list[Violation]:
    """The assignees and watchers that are not people of the workspace, or have left."""
    wanted = None if only is None else set(only)
    return [
        Violation(f"{at}.{field}[{index}]", _person_fault(person, people))
        for field, ids in (("assignees", task.people), ("watchers", task.watchers))
        for index, person in enumerate(ids)
        if (wanted is None or person in wanted) and _person_fault(person, people)
    ]


def _person_fault(person: PersonId, people: People) -> str:
    record = people.get(person)
    if record is None:
        return f"P-{person} is not a person of this workspace."
    if record.person.status is PersonStatus.LEFT:
        return f"{record.person.display_name} has left."
    return ""
