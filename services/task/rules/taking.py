"""What those who take part in a task may do to it by small steps, and how a suggestion is answered.

Each gives the entry to write, or nothing where it is so already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from services.runtime.errors import Conflict, Forbidden, Stale
from services.task.model import (
    Assignee,
    Attachment,
    Criterion,
    Entry,
    EventType,
    PersonId,
    PersonRecord,
    Task,
    TaskView,
)
from services.task.rules.permissions import People, Right, may_assign, require

MAX_WATCHERS = 50
MAX_ASSIGNEES = 20
MAX_ATTACHMENTS = 50


def suggesting(task: Task, actor: PersonRecord, people: People) -> Task:
    """The new task, with whom the actor may not assign asked to take it instead."""
    given = tuple(each for each in task.assignees if may_assign(actor, each.person, people))
    if len(given) == len(task.assignees):
        return task
    asked = tuple(person for person in task.people if not may_assign(actor, person, people))
    return replace(task, assignees=given, suggested=asked)


def without_assigned(task: Task) -> Task:
    """The task without suggestions to those who are its assignees by now."""
    left = tuple(person for person in task.suggested if person not in task.people)
    return task if left == task.suggested else replace(task, suggested=left)


def watch(view: TaskView, *, on: bool, actor: PersonRecord, now: datetime) -> Entry | None:
    """The actor becomes a watcher, or is one no longer. Raises Conflict WATCHERS_FULL."""
    watchers = view.task.watchers
    if on is (actor.id in watchers):
        return None
    if not on:
        return _changed(view, now, watchers=tuple(each for each in watchers if each != actor.id))
    if len(watchers) >= MAX_WATCHERS:
        raise Conflict("WATCHERS_FULL", f"T-{view.number} has {MAX_WATCHERS} watchers, the limit.")
    return _changed(view, now, watchers=(*watchers, actor.id))


def tick(
    view: TaskView,
    index: int,
    text: str,
    *,
    done: bool,
    actor: PersonRecord,
    people: People,
    now: datetime,
) -> Entry | None:
    """The criterion at this place, which says this, is met or not. Raises CRITERION_CHANGED."""
    _require_work(view, actor, people=people, now=now)
    criteria = view.task.criteria
    if index >= len(criteria) or criteria[index].text != text:
        raise Stale(
            "CRITERION_CHANGED",
            f"The criteria of T-{view.number} were changed meanwhile: read the task again.",
        )
    if criteria[index].done is done:
        return None
    ticked = (*criteria[:index], Criterion(text, done), *criteria[index + 1 :])
    return _changed(view, now, criteria=ticked)


def accept(view: TaskView, *, actor: PersonRecord, now: datetime) -> Entry | None:
    """Who was asked takes the task. Raises Forbidden NOT_ASKED, Conflict TASK_STATE or FULL."""
    task = view.task
    if actor.id in task.people and actor.id not in task.suggested:
        return None
    _require_asked(view, actor)
    if not task.status.is_open:
        raise Conflict(
            "TASK_STATE",
            f"T-{view.number} can't be taken any more: it is {task.status.words}.",
            metadata={"status": task.status.name.lower()},
        )
    if len(task.assignees) >= MAX_ASSIGNEES:
        raise Conflict(
            "ASSIGNEES_FULL", f"T-{view.number} has {MAX_ASSIGNEES} assignees, the limit."
        )
    return _changed(
        view,
        now,
        detail={"accepted": True},
        assignees=(*task.assignees, Assignee(actor.id)),
        suggested=_without(task.suggested, actor),
    )


def decline(view: TaskView, reason: str, *, actor: PersonRecord, now: datetime) -> Entry | None:
    """Who was asked does not take the task. Raises Forbidden NOT_ASKED."""
    _require_asked(view, actor)
    left = _without(view.task.suggested, actor)
    return _changed(view, now, detail={"accepted": False, "reason": reason}, suggested=left)


def attach(
    view: TaskView, file: Attachment, *, actor: PersonRecord, people: People, now: datetime
) -> Entry | None:
    """The task with one file more, unless it has the very same. Raises ATTACHMENTS_FULL."""
    _require_work(view, actor, people=people, now=now)
    files = view.task.attachments
    if file in files:
        return None
    if len(files) >= MAX_ATTACHMENTS:
        raise Conflict(
            "ATTACHMENTS_FULL",
            f"T-{view.number} has {MAX_ATTACHMENTS} attachments, the limit: take one away first.",
        )
    return _changed(view, now, attachments=(*files, file))


def detach(
    view: TaskView, index: int, name: str, *, actor: PersonRecord, people: People, now: datetime
) -> Entry:
    """The task without the file at this place, which is called so. Raises ATTACHMENT_CHANGED."""
    _require_work(view, actor, people=people, now=now)
    files = view.task.attachments
    if index >= len(files) or files[index].name != name:
        raise Stale(
            "ATTACHMENT_CHANGED",
            f"The attachments of T-{view.number} were changed meanwhile: read the task again.",
        )
    return _changed(view, now, attachments=(*files[:index], *files[index + 1 :]))


def _require_work(view: TaskView, actor: PersonRecord, *, people: People, now: datetime) -> None:
    require(actor, Right.WORK, task=view.task, number=view.number, people=people, now=now)


def _require_asked(view: TaskView, actor: PersonRecord) -> None:
    if actor.id not in view.task.suggested:
        raise Forbidden(
            "NOT_ASKED",
            f"You were not asked to take T-{view.number}. Who changes it may assign you.",
        )


def _without(people: tuple[PersonId, ...], actor: PersonRecord) -> tuple[PersonId, ...]:
    return tuple(person for person in people if person != actor.id)


def _changed(
    view: TaskView,
    now: datetime,
    *,
    detail: Mapping[str, object] | None = None,
    **fields: object,
) -> Entry:
    after = replace(view.task, updated_at=now, **fields)  # type: ignore[arg-type]
    return Entry(
        EventType.TASK_CHANGED, number=view.number, before=view.task, after=after, detail=detail
    )
