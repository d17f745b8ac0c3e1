"""Events as somebody sees them who sees only some of the tasks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain

from boss.task.v1 import event_pb2, task_pb2

from services.runtime.database import Database
from services.task.convert.names import parse, person_name
from services.task.model import TaskNumber, Viewer
from services.task.seeing import seen_of


async def shown_to(
    viewer: Viewer, events: Sequence[event_pb2.Event], database: Database
) -> list[event_pb2.Event]:
    """Those of these events that the viewer may hear of, without the titles of unseen tasks.

    What takes a task from their sight is still told to them, as they saw it before.
    """
    near = {number for event in events for number in _numbers(event)}
    seen = await seen_of(database.hot_rows, viewer, near)
    me = person_name(viewer.workspace or 0, viewer.person or 0)
    return [
        _redacted(event, seen)
        for event in events
        if (subject := _number(event.subject)) is None
        or subject in seen
        or _named(event.task_before, me)
    ]


def _number(name: str) -> TaskNumber | None:
    parsed = parse(name, "tasks")
    return None if parsed is None else TaskNumber(parsed[1])


def _refs(task: task_pb2.Task) -> list[task_pb2.TaskRef]:
    return [*task.depends_on, *task.subtasks, *([task.parent] if task.HasField("parent") else ())]


def _numbers(event: event_pb2.Event) -> set[TaskNumber]:
    """The tasks that an event speaks of."""
    refs = chain(_refs(event.task), _refs(event.task_before))
    names = chain((event.subject,), event.touches, (ref.name for ref in refs))
    return {number for name in names if (number := _number(name)) is not None}


def _named(task: task_pb2.Task, me: str) -> bool:
    people = chain((each.person for each in task.assignees), task.watchers, task.suggested)
    return any(person.name == me for person in people)


def _redacted(event: event_pb2.Event, seen: Collection[TaskNumber]) -> event_pb2.Event:
    if _numbers(event) <= {*seen}:
        return event
    shown = event_pb2.Event()
    shown.CopyFrom(event)
    del shown.touches[:]
    shown.touches.extend(
        name for name in event.touches if name == event.subject or _number(name) in seen
    )
    for ref in (*_refs(shown.task), *_refs(shown.task_before)):
        if _number(ref.name) not in seen:
            ref.title = ""
    return shown
