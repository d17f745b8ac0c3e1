"""What people do to a series: pause it, go on, skip a date, end it. Each gives the entry to write.

They are commands of the head, the newest occurrence, and ordinary changes of it: they can be taken
back. Nothing to write: it is so already.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from services.runtime.errors import Conflict
from services.task.model import Entry, EventType, PersonRecord, Task, TaskView
from services.task.rules import series
from services.task.rules.permissions import People, Right, require


def pause(view: TaskView, *, actor: PersonRecord, people: People, now: datetime) -> Entry | None:
    """Nothing comes of the series until it goes on. Raises Conflict NOT_REPEATED."""
    _require_head(view, actor, people=people, now=now)
    return _changed(view, replace(view.task, recurrence_paused=True), now)


def resume(view: TaskView, *, actor: PersonRecord, people: People, now: datetime) -> Entry | None:
    """The series goes on: with its next date, whatever passed meanwhile."""
    _require_head(view, actor, people=people, now=now)
    return _changed(view, replace(view.task, recurrence_paused=False), now)


def skip(
    view: TaskView, *, zone: ZoneInfo, actor: PersonRecord, people: People, now: datetime
) -> Entry | None:
    """The head stands for its next date instead. Raises Conflict SERIES_OVER, TASK_STATE."""
    _require_head(view, actor, people=people, now=now)
    if not view.task.status.is_open:
        raise Conflict(
            "TASK_STATE",
            f"T-{view.number} is {view.task.status.words}: only an open task can be skipped.",
            metadata={"status": view.task.status.name.lower()},
        )
    after = series.skipped(view.task, zone=zone, now=now)
    if after is None:
        raise Conflict(
            "SERIES_OVER",
            f"T-{view.number} is the last of its series: complete or cancel it instead.",
        )
    return _changed(view, after, now)


def end(view: TaskView, *, actor: PersonRecord, people: People, now: datetime) -> Entry | None:
    """Nothing follows any more."""
    if view.task.recurrence:
        _require_head(view, actor, people=people, now=now)
    else:
        _require_right(view, actor, people=people, now=now)
    after = replace(view.task, recurrence="", recurrence_paused=False, anchor=None)
    return _changed(view, after, now)


def _changed(view: TaskView, after: Task, now: datetime) -> Entry | None:
    if after == view.task:
        return None
    after = replace(after, updated_at=now)
    return Entry(EventType.TASK_CHANGED, after, before=view.task, number=view.number)


def _require_right(view: TaskView, actor: PersonRecord, *, people: People, now: datetime) -> None:
    require(
        actor,
        Right.CHANGE,
        task=view.task,
        number=view.number,
        people=people,
        now=now,
        doing="change the series of",
    )


def _require_head(view: TaskView, actor: PersonRecord, *, people: People, now: datetime) -> None:
    """Raises Forbidden NOT_ALLOWED, Conflict NOT_REPEATED, Conflict NOT_NEWEST."""
    _require_right(view, actor, people=people, now=now)
    task = view.task
    if not task.recurrence:
        raise Conflict(
            "NOT_REPEATED", f"T-{view.number} is not repeated: give it a recurrence first."
        )
    if task.successor is not None:
        raise Conflict(
            "NOT_NEWEST",
            f"T-{view.number} was followed by T-{task.successor}: name the newest of its series.",
            metadata={"successor": f"T-{task.successor}"},
        )
