"""Taking an act back: per task and per field, as a new act.

A field that another person changed since stays as it is and is named; a task that was created is
hidden again unless somebody else has worked on it; nothing at all to put back is a conflict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.runtime.errors import Conflict
from services.task.model import (
    Act,
    ActKind,
    Assignee,
    Entry,
    EventType,
    Mark,
    PersonId,
    Task,
    TaskNumber,
    TaskView,
)
from services.task.rules.edits import hidden

WITHIN = timedelta(days=7)
LAST = 20
UNDOABLE = frozenset({ActKind.ACT, ActKind.REDO})

# Fields that are put back only together with the state, as they say when and how it came.
WITH_STATUS = ("completed_at", "revision_count", "submission", "feedback")


@dataclass(frozen=True, slots=True)
class Past:
    """An event of the log, as far as taking it back needs it; `before` holds model values."""

    id: int
    type: EventType
    number: TaskNumber
    actor: PersonId | None
    changed: tuple[str, ...]
    before: Mapping[str, object]
    after: Task


@dataclass(frozen=True, slots=True)
class Kept:
    """What could not be put back, and why; no fields: the whole task."""

    number: TaskNumber
    fields: tuple[str, ...]
    reason: str


def is_alive(act: Act, acts: Mapping[UUID, Act]) -> bool:
    """Whether an act still holds: it was not taken back, or what took it back was."""
    undoing = acts.get(act.undone_by) if act.undone_by else None
    return act.undone_by is None or (undoing is not None and not is_alive(undoing, acts))


def to_undo(acts: Sequence[Act], wanted: UUID | None, *, now: datetime) -> Act:
    """The act to take back, of the actor's acts (newest first; undoings among them).

    Raises Conflict NOTHING_TO_UNDO, ALREADY_UNDONE.
    """
    by_id = {act.id: act for act in acts}
    recent = [a for a in acts if a.kind in UNDOABLE and now - a.at <= WITHIN][:LAST]
    if wanted is None:
        for act in recent:
            if is_alive(act, by_id):
                return act
        raise Conflict("NOTHING_TO_UNDO", "There is nothing of the last 7 days to take back.")
    act = by_id[wanted]
    if not is_alive(act, by_id):
        raise Conflict("ALREADY_UNDONE", "That was taken back already. /redo does it again.")
    act = _present_form(act, by_id)
    if act not in recent:
        raise Conflict(
            "NOTHING_TO_UNDO",
            f"That is too long ago: the last {LAST} acts of the last 7 days can be taken back.",
        )
    return act


def _present_form(act: Act, acts: Mapping[UUID, Act]) -> Act:
    """The redoing through which an act holds again, if it was taken back and done again."""
    while act.undone_by is not None:
        undoing = acts[act.undone_by]
        if undoing.undone_by is None:
            break
        act = acts[undoing.undone_by]
    return act


def to_redo(acts: Sequence[Act], *, now: datetime) -> Act:
    """The undoing to take back: the newest that holds, with no ordinary act after it."""
    by_id = {act.id: act for act in acts}
    for act in acts:
        if act.kind is ActKind.ACT or now - act.at > WITHIN:
            break
        if act.kind is ActKind.UNDO and is_alive(act, by_id):
            return act
    raise Conflict("NOTHING_TO_REDO", "There is nothing that was taken back and not done again.")


def take_back(
    past: Sequence[Past],
    *,
    views: Mapping[TaskNumber, TaskView],
    later: Sequence[Past],
    actor: PersonId,
    names: Mapping[int, str],
    now: datetime,
) -> tuple[tuple[Entry, ...], tuple[Kept, ...]]:
    """The entries that take these events back and what has to stay.

    Raises Conflict UNDO_CONFLICT where nothing can be put back.
    """
    entries: list[Entry] = []
    kept: list[Kept] = []
    own = {event.number for event in past}
    for event in past:
        if event.type is EventType.TASK_FREED:
            continue
        view = views[event.number]
        since = [e for e in later if e.number == event.number and e.id > event.id]
        if event.type is EventType.TASK_CREATED:
            entry, stays = _uncreate(view, since, actor=actor, names=names, now=now, own=own)
        else:
            entry, stays = _unchange(event, view, since, actor=actor, names=names, now=now)
        entries += [entry] if entry else []
        kept += [stays] if stays else []
    if not entries:
        reasons = " ".join(k.reason for k in kept) or "All of it is as it was before already."
        raise Conflict("UNDO_CONFLICT", f"Nothing could be taken back. {reasons}")
    return tuple(entries), tuple(kept)


def _uncreate(
    view: TaskView,
    since: Iterable[Past],
    *,
    actor: PersonId,
    names: Mapping[int, str],
    now: datetime,
    own: set[TaskNumber],
) -> tuple[Entry | None, Kept | None]:
    others = [e for e in since if e.actor != actor and not _only_seen(e)]
    if others:
        who = _who(others[-1].actor, names)
        return None, Kept(view.number, (), f"{who} has changed T-{view.number} since.")
    if strange := [ref for ref in view.subtasks if ref.number not in own]:
        reason = f"T-{view.number} has got the subtask T-{strange[0].number} since."
        return None, Kept(view.number, (), reason)
    return hidden(view, now, undo=True), None


def _only_seen(event: Past) -> bool:
    """Whether the event says no more than that somebody saw the task, or that it was freed."""
    if event.changed == ("marks",):
        return not any(a.mark in {Mark.WORKING, Mark.DONE} for a in event.after.assignees)
    return event.type is EventType.TASK_FREED


def _unchange(
    event: Past,
    view: TaskView,
    since: Sequence[Past],
    *,
    actor: PersonId,
    names: Mapping[int, str],
    now: datetime,
) -> tuple[Entry | None, Kept | None]:
    task, stays, by = view.task, [], None
    restored: dict[str, object] = {}
    for name in event.changed:
        last = next((e for e in reversed(since) if name in e.changed), None)
        present = _value(task, name)
        if last is None or last.actor == actor or present == _value(event.after, name):
            restored[name] = event.before[name]
        elif present != event.before[name]:
            stays.append(name)
            by = last.actor
    if "status" in event.changed and "status" not in restored:
        stays += [name for name in WITH_STATUS if restored.pop(name, stays) is not stays]
    after = _restore(task, restored, event, actor=actor, now=now)
    entry = None
    if after != task:
        entry = Entry(
            _type(task, after),
            number=view.number,
            before=task,
            after=replace(after, updated_at=now),
            undo=True,
        )
    if not stays:
        return entry, None
    fields = ", ".join(name.replace("_", " ") for name in stays)
    reason = f"{_who(by, names)} has changed the {fields} of T-{view.number} since."
    return entry, Kept(view.number, tuple(stays), reason)


def _type(before: Task, after: Task) -> EventType:
    if before.deleted_at is not None and after.deleted_at is None:
        return EventType.TASK_RESTORED
    if before.deleted_at is None and after.deleted_at is not None:
        return EventType.TASK_DELETED
    return EventType.TASK_CHANGED


def _value(task: Task, name: str) -> object:
    if name == "assignees":
        return task.people
    if name == "marks":
        return {a.person: a.mark for a in task.assignees}
    value: object = getattr(task, name)
    return value


def _restore(
    task: Task, restored: Mapping[str, object], event: Past, *, actor: PersonId, now: datetime
) -> Task:
    """The task with these fields put back; the marks of people who come back come with them."""
    plain = {k: v for k, v in restored.items() if k not in {"assignees", "marks"}}
    after = replace(task, **plain)  # type: ignore[arg-type]
    if "status" in restored and after.status != task.status:
        after = replace(after, status_since=now, status_by=actor)
    people = restored.get("assignees", task.people)
    marks = {a.person: a.mark for a in task.assignees}
    before_marks = event.before.get("marks")
    if isinstance(before_marks, Mapping):
        put_back = "marks" in restored
        marks = {**before_marks, **marks} if not put_back else {**marks, **before_marks}
    if isinstance(people, tuple):
        assignees = tuple(Assignee(p, marks.get(p, Mark.ASSIGNED)) for p in people)
        after = replace(after, assignees=assignees)
    return after


def _who(person: PersonId | None, names: Mapping[int, str]) -> str:
    return "The system" if person is None else names.get(person, f"P-{person}")
