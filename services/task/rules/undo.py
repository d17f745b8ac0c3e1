"""Taking back what an act did to tasks: per task and per field, as a new act.

A field that another person changed since stays as it is and is named; a task that was created is
hidden again unless somebody else has worked on it; nothing at all to put back is a conflict. The
clock's events stand in the way of no field, only of the end of a task that it has spoken of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.runtime.errors import Conflict
from services.task.model import (
    Assignee,
    Entry,
    EventType,
    Mark,
    PersonId,
    Task,
    TaskNumber,
    TaskView,
    value_of,
)
from services.task.rules.edits import hidden
from services.task.rules.linking import NO_LINKS, Graph, find_cycle, parent_fault

# Fields that are put back only together with another, as they say when, why and how it came.
WITH: Mapping[str, tuple[str, ...]] = {
    "status": (
        "completed_at",
        "revision_count",
        "submission",
        "feedback",
        "reason",
        "block_reason",
        "returns_to",
        "reopen_count",
    ),
    "deadline": ("delay_count", "delay_reason", "anchor"),
    "parent": ("place",),
    "recurrence": ("repeats", "recurrence_paused", "anchor"),
}
# What the clock says of a task, and what others have said or logged of it.
SPOKEN = frozenset({EventType.TASK_DUE_SOON, EventType.TASK_OVERDUE, EventType.TASK_QUIET})
BROUGHT = frozenset({EventType.TASK_CREATED, EventType.TASK_RESTORED})
NO_TRACE = frozenset({EventType.TASK_FREED})


@dataclass(frozen=True, slots=True)
class Past:
    """An event of the log, as far as taking it back needs it; `before` holds model values.

    A notice has no `after`: it changed nothing, but says that somebody cares.
    """

    id: int
    type: EventType
    number: TaskNumber
    actor: PersonId | None
    changed: tuple[str, ...]
    before: Mapping[str, object]
    after: Task | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What could not be put back, and why; no fields: the whole task.

    What is no task is called by its name within the workspace, such as "people/5".
    """

    number: TaskNumber | None
    fields: tuple[str, ...]
    reason: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody did to named fields of one thing."""

    actor: PersonId | None
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """Which fields can be put back, which have to stay, and because of whom."""

    back: tuple[str, ...]
    stay: tuple[str, ...]
    by: PersonId | None = None


def fields_back(
    changed: Iterable[str],
    *,
    actor: PersonId,
    since: Sequence[Change],
    is_as_left: Callable[[str], bool],
    is_as_before: Callable[[str], bool],
) -> Fields:
    """Of the fields that an act changed those that can be put back.

    A field stays where another person has changed it since, unless it is as the act left it.
    """
    back, stay, by = [], [], None
    for name in changed:
        others = [e.actor for e in since if name in e.changed and e.actor not in {None, actor}]
        if not others or is_as_left(name):
            back.append(name)
        elif not is_as_before(name):
            stay.append(name)
            by = others[-1]
    return Fields(tuple(back), tuple(stay), by)


def nothing(kept: Iterable[Kept]) -> Conflict:
    """The refusal where nothing of an act could be put back, saying why."""
    reasons = " ".join(each.reason for each in kept) or "All of it is as it was before already."
    return Conflict("UNDO_CONFLICT", f"Nothing could be taken back. {reasons}")


def who(person: PersonId | None, names: Mapping[int, str]) -> str:
    """How a person is called in a reason."""
    return "The system" if person is None else names.get(person, f"P-{person}")


def changed_since(subject: str, stay: Sequence[str], by: str) -> str:
    """The reason why fields of something stay."""
    fields = ", ".join(name.removeprefix("settings.").replace("_", " ") for name in stay)
    return f"{by} has changed the {fields} of {subject} since."


@dataclass(slots=True)
class _Back:
    """One taking back in the making."""

    actor: PersonId
    names: Mapping[int, str]
    now: datetime
    views: Mapping[TaskNumber, TaskView]
    since: Mapping[TaskNumber, Sequence[Past]]
    own: frozenset[TaskNumber]
    afters: dict[TaskNumber, Task] = field(default_factory=dict)
    kept: list[Kept] = field(default_factory=list)


def take_back(
    past: Sequence[Past],
    *,
    views: Mapping[TaskNumber, TaskView],
    later: Sequence[Past],
    actor: PersonId,
    names: Mapping[int, str],
    now: datetime,
    graph: Graph = NO_LINKS,
) -> tuple[tuple[Entry, ...], tuple[Kept, ...]]:
    """The entries that take these events back and what has to stay.

    Raises Conflict UNDO_CONFLICT where nothing can be put back.
    """
    merged = _merged(past)
    since: dict[TaskNumber, list[Past]] = {}
    for event in later:
        if event.number in merged and event.id > merged[event.number].id:
            since.setdefault(event.number, []).append(event)
    back = _Back(actor, names, now, views, since, frozenset(merged))
    # What was brought first: whether that is withdrawn decides on the completion that brought it.
    for number, event in sorted(merged.items(), key=lambda item: item[1].type not in BROUGHT):
        if number not in views:
            back.kept.append(Kept(number, (), f"T-{number} is gone for good."))
        elif event.type is EventType.TASK_CREATED:
            _uncreate(back, number, event)
        else:
            _unchange(back, number, event)
    _hold_links(back, graph)
    entries = tuple(_entry(back, number) for number in merged if number in back.afters)
    if not entries:
        raise nothing(back.kept)
    return entries, tuple(back.kept)


def _merged(past: Sequence[Past]) -> dict[TaskNumber, Past]:
    """One event for each task: from before the first to after the last of its events."""
    merged: dict[TaskNumber, Past] = {}
    for event in past:
        if event.after is None or event.type in NO_TRACE:
            continue
        first = merged.get(event.number)
        if first is None:
            merged[event.number] = event
            continue
        created = first.type is EventType.TASK_CREATED
        merged[event.number] = replace(
            event,
            type=first.type if created else event.type,
            changed=tuple(dict.fromkeys((*first.changed, *event.changed))),
            before={**event.before, **first.before},
        )
    return merged


def _entry(back: _Back, number: TaskNumber) -> Entry:
    before, after = back.views[number].task, back.afters[number]
    type_ = EventType.TASK_CHANGED
    if before.deleted_at is not None and after.deleted_at is None:
        type_ = EventType.TASK_RESTORED
    elif before.deleted_at is None and after.deleted_at is not None:
        type_ = EventType.TASK_DELETED
    return Entry(
        type_, number=number, before=before, after=replace(after, updated_at=back.now), undo=True
    )


def _uncreate(back: _Back, number: TaskNumber, created: Past) -> None:
    view = back.views[number]
    if reason := _in_the_way(back, view, created):
        back.kept.append(Kept(number, (), reason))
    elif (entry := hidden(view, back.now)) is not None:
        back.afters[number] = entry.after


def _in_the_way(back: _Back, view: TaskView, created: Past) -> str:
    """Why the task has to stay, "" where it has not: somebody has worked on it, or spoken of it."""
    # What a completion brought goes only where nobody at all has touched it.
    brought = created.after is not None and created.after.occurrence > 1
    for event in reversed(back.since.get(view.number, ())):
        if event.type in NO_TRACE or _only_seen(event):
            continue
        if event.actor is None:
            if brought and event.after is None:
                continue
            if event.type in SPOKEN:
                return f"The clock has spoken of T-{view.number} since: delete it instead."
            return f"The system has changed T-{view.number} since."
        if event.actor == back.actor and (event.after is None or not brought):
            continue
        if event.after is None:
            by = who(event.actor, back.names)
            return f"{by} has said or logged something on T-{view.number} since."
        return f"{who(event.actor, back.names)} has changed T-{view.number} since."
    if strange := [ref for ref in view.subtasks if ref.number not in back.own]:
        return f"T-{view.number} has got the subtask T-{strange[0].number} since."
    return ""


def _only_seen(event: Past) -> bool:
    """Whether the event says no more than that somebody saw the task."""
    if event.after is None or event.changed != ("marks",):
        return False
    return not any(a.mark in {Mark.WORKING, Mark.DONE} for a in event.after.assignees)


def _unchange(back: _Back, number: TaskNumber, event: Past) -> None:
    task, after = back.views[number].task, event.after
    assert after is not None  # noqa: S101 -- notices were left out
    changes = [Change(e.actor, e.changed) for e in back.since.get(number, ()) if e.after]
    found = fields_back(
        [name for name in event.changed if name != "marks"],
        actor=back.actor,
        since=changes,
        is_as_left=lambda name: value_of(task, name) == value_of(after, name),
        is_as_before=lambda name: value_of(task, name) == event.before[name],
    )
    restored = {name: event.before[name] for name in found.back}
    for leader, followers in WITH.items():
        if leader in event.changed and leader not in restored:
            restored = {name: v for name, v in restored.items() if name not in followers}
    if "successor" in restored and not _withdrawn(back, task.successor):
        del restored["successor"]
    result = _restored(task, restored, event, actor=back.actor, now=back.now)
    if result != task:
        back.afters[number] = result
    if found.stay:
        shown = [name for name in found.stay if not any(name in each for each in WITH.values())]
        stay = tuple(shown or found.stay)
        by = who(found.by, back.names)
        back.kept.append(Kept(number, stay, changed_since(f"T-{number}", stay, by)))


def _withdrawn(back: _Back, successor: TaskNumber | None) -> bool:
    """Whether the occurrence that follows is gone, so that this one is the newest again."""
    after = back.afters.get(successor) if successor is not None else None
    return successor is None or (after is not None and after.deleted_at is not None)


def _restored(
    task: Task, restored: Mapping[str, object], event: Past, *, actor: PersonId, now: datetime
) -> Task:
    """The task with these fields put back; the marks of people who come back come with them."""
    plain = {name: value for name, value in restored.items() if name != "assignees"}
    after = replace(task, **plain)  # type: ignore[arg-type]
    if "status" in restored and after.status != task.status:
        after = replace(after, status_since=now, status_by=actor)
    people = restored.get("assignees", task.people)
    marks = {a.person: a.mark for a in task.assignees}
    before = event.before.get("marks")
    if isinstance(before, Mapping) and event.after is not None:
        left = {a.person: a.mark for a in event.after.assignees}
        for person, mark in before.items():
            # Each one's own: who has gone on since keeps the mark.
            as_left = "marks" in event.changed and marks.get(person) == left.get(person)
            if person not in marks or as_left:
                marks[person] = mark
    if isinstance(people, tuple):
        assignees = tuple(Assignee(p, marks.get(p, Mark.ASSIGNED)) for p in people)
        after = replace(after, assignees=assignees)
    return after


def _hold_links(back: _Back, graph: Graph) -> None:
    """Leaves links as they are that can't come back: they would close a circle, or go too deep."""
    edges = dict(graph.edges)
    edges.update((number, after.depends_on) for number, after in back.afters.items())
    for number, after in list(back.afters.items()):
        view = back.views[number]
        if after.parent != view.task.parent and (fault := parent_fault(view, after, graph)):
            _leave(back, number, ("parent", "place"), fault)
        if after.depends_on != view.task.depends_on and (
            cycle := find_cycle(number, after.depends_on, edges)
        ):
            edges[number] = view.task.depends_on
            path = " → ".join(f"T-{each}" for each in cycle)
            _leave(back, number, ("depends_on",), f"That would be a circle: {path}.")


def _leave(back: _Back, number: TaskNumber, names: tuple[str, ...], reason: str) -> None:
    task = back.views[number].task
    after = replace(back.afters[number], **{name: getattr(task, name) for name in names})
    if after == task:
        del back.afters[number]
    else:
        back.afters[number] = after
    back.kept.append(Kept(number, names[:1], reason))
