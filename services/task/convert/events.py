"""Events on the wire: the log's own words for what changed become those of the protos."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from boss.task.v1 import event_pb2
from google.protobuf.field_mask_pb2 import FieldMask

from services.task.convert.attendance import Times, times_to_proto
from services.task.convert.names import person_name, task_name, workspace_name
from services.task.convert.people import person_to_proto, ref
from services.task.convert.tasks import stamp, task_to_proto
from services.task.convert.templates import template_to_proto
from services.task.convert.workspaces import only_paths, workspace_to_proto
from services.task.model import Assignee, EventType, Happened, Mark, PersonRecord, TaskView
from services.task.rules.templates import Stored, Template
from services.task.rules.workspaces import replaced

# Fields whose name on the wire is another; None: not shown.
WIRE = {
    "completed_at": "complete_time",
    "created_at": "create_time",
    "marks": "assignees",
    "deleted_at": "delete_time",
    "archived_at": "archive_time",
    "returns_to": None,
    "anchor": None,
}
COMMENTED = frozenset(
    {EventType.COMMENT_CREATED, EventType.COMMENT_CHANGED, EventType.COMMENT_DELETED}
)
Detail = Mapping[str, Any]


def event_to_proto(happened: Happened) -> event_pb2.Event:
    """The event as watchers get it."""
    workspace = happened.workspace
    message = event_pb2.Event(
        position=happened.position,
        type=happened.type.value,  # type: ignore[arg-type]
        workspace=workspace_name(workspace),
        time=stamp(happened.at),
        act=str(happened.act) if happened.act else "",
        touches=[task_name(workspace, number) for number in happened.touches],
        undo=happened.undo,
        origin=happened.origin,
        # What is said of a comment always has a detail.
        erased=happened.erased or (happened.type in COMMENTED and happened.detail is None),
    )
    if happened.about is not None:
        message.subject = task_name(workspace, happened.about)
    elif happened.whom is not None:
        message.subject = person_name(workspace, happened.whom)
    if happened.detail is not None:
        _set_detail(message, happened)
    if happened.actor is not None:
        message.actor.CopyFrom(ref(workspace, happened.actor, happened.actor_name))
    paths = dict.fromkeys(WIRE.get(name, name) for name in happened.changed)
    if happened.changed:
        message.changed.CopyFrom(FieldMask(paths=[path for path in paths if path]))
    _set_images(message, happened)
    return message


def _set_images(message: event_pb2.Event, happened: Happened) -> None:
    """What the event's subject is after it, and what changed of that held before."""
    if happened.task is not None:
        message.task.CopyFrom(task_to_proto(happened.task))
        if happened.changed:
            message.task_before.CopyFrom(_task_before(happened, happened.task))
    if happened.person is not None:
        message.person.CopyFrom(person_to_proto(happened.person))
        if happened.changed and happened.before is not None:
            message.person_before.CopyFrom(_person_before(happened, happened.person))
    if happened.home is not None:
        message.workspace_after.CopyFrom(workspace_to_proto(happened.home))
        if happened.changed:
            before = workspace_to_proto(replaced(happened.home, happened.before or {}))
            message.workspace_before.CopyFrom(only_paths(before, happened.changed))


def _set_detail(message: event_pb2.Event, happened: Happened) -> None:
    """What is told beside the change; the kinds are told apart by their type's tens."""
    write = _DETAILS.get(happened.type.value // 10)
    if write is not None and happened.detail is not None:
        write(message, happened, happened.detail)


def _comment(message: event_pb2.Event, happened: Happened, detail: Detail) -> None:
    names = happened.names or {}
    message.comment.comment = f"{message.workspace}/comments/{detail['comment']}"
    message.comment.text = detail.get("text", "")
    message.comment.text_before = detail.get("text_before", "")
    former = detail.get("mentioned_before", ())
    for person in detail.get("mentions", ()):
        mentioned = ref(happened.workspace, person, names.get(person, ""))
        message.comment.mentions.append(mentioned)
        if person not in former:
            message.comment.newly_mentioned.append(mentioned)


def _of_task(message: event_pb2.Event, happened: Happened, detail: Detail) -> None:
    if "parent_completable" in detail:
        whole = task_name(happened.workspace, detail["parent_completable"])
        message.closing.parent_completable = whole
    if "accepted" in detail:
        message.answer.accepted = detail["accepted"]
        message.answer.reason = detail.get("reason", "")


def _clock(message: event_pb2.Event, _happened: Happened, detail: Detail) -> None:
    message.clock.step = detail["step"]


def _time_entry(message: event_pb2.Event, happened: Happened, detail: Detail) -> None:
    note, before = message.time_entry, detail.get("before") or {}
    if "entry" in detail:
        note.entry = f"{message.workspace}/timeEntries/{detail['entry']}"
    note.minutes = detail.get("minutes") or 0
    note.note = detail.get("note") or ""
    note.minutes_before = before.get("minutes", 0)
    note.note_before = before.get("note", "")
    note.forgotten = detail.get("forgotten", False)
    if happened.whom is not None and happened.whom != happened.actor:
        name = (happened.names or {}).get(happened.whom, "")
        note.person.CopyFrom(ref(happened.workspace, happened.whom, name))


def _attendance(message: event_pb2.Event, _happened: Happened, detail: Detail) -> None:
    note = message.attendance
    if "attendance" in detail:
        note.attendance = f"{message.workspace}/attendance/{detail['attendance']}"
    if at := detail.get("at"):
        note.at.FromDatetime(datetime.fromisoformat(at))
    note.late_minutes = detail.get("late_minutes") or 0
    note.reason = detail.get("reason") or ""
    for name, shown in (("before", note.before), ("after", note.after)):
        if detail.get(name):
            shown.CopyFrom(times_to_proto(msgspec.convert(detail[name], Times)))


def _template(message: event_pb2.Event, happened: Happened, detail: Detail) -> None:
    for name, shown in (
        ("after", message.template.template),
        ("before", message.template.template_before),
    ):
        if name in detail:
            image = msgspec.convert(detail[name], Template)
            stored = Stored(image, detail["template"])
            shown.CopyFrom(template_to_proto(happened.workspace, stored))
            shown.etag = ""


_DETAILS: Mapping[int, Callable[[event_pb2.Event, Happened, Detail], None]] = {
    0: _of_task,
    5: _comment,
    6: _clock,
    7: _time_entry,
    8: _attendance,
    9: _template,
}


def _task_before(happened: Happened, view: TaskView) -> Any:
    """A task with nothing but what the changed fields held before."""
    values = dict(happened.before or {})
    marks: Any = values.pop("marks", {})
    people: Any = values.pop("assignees", view.task.people)
    values["assignees"] = tuple(Assignee(who, marks.get(who, Mark.ASSIGNED)) for who in people)
    before = replace(view.task, **values)  # type: ignore[arg-type]
    whole = task_to_proto(
        replace(view, task=before, names={**(happened.names or {})}, subtasks=(), depends_on=())
    )
    for number in before.depends_on:
        whole.depends_on.add(name=task_name(view.workspace, number))
    if before.parent is not None:
        whole.parent.name = task_name(view.workspace, before.parent)
    return _only(whole, happened.changed)


def _person_before(happened: Happened, record: PersonRecord) -> Any:
    before = replace(record.person, **happened.before)  # type: ignore[arg-type]
    return _only(person_to_proto(replace(record, person=before)), happened.changed)


def _only(message: Any, changed: tuple[str, ...]) -> Any:
    """The message with these fields and its name alone."""
    kept = {"name", *(WIRE.get(name, name) for name in changed)}
    for field, _ in message.ListFields():
        if field.name not in kept:
            message.ClearField(field.name)
    return message
