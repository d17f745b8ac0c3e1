"""Events of the log as the JSON of a history: what the live stream tells, and what else is known.

What a notice tells is its `detail`; what of it has a before and an after is under `changes`, as
for tasks and people.
"""

from collections.abc import Callable, Mapping
from typing import Any

from boss.task.v1 import event_pb2, template_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from services.gateway import present, shapes


def entry(event: event_pb2.Event) -> shapes.HistoryEvent:
    """Return one event of a history."""
    known = told(event)
    return shapes.HistoryEvent(
        position=known["position"],
        type=known["type"],
        task=known["task"],
        person=_person_of(event),
        actor=known["actor"],
        at=known["at"],
        origin=event.origin or None,
        act=event.act or None,
        undo=event.undo,
        changes=known["changes"],
        detail=known.get("detail"),
        erased=event.erased,
    )


def told(event: event_pb2.Event) -> dict[str, Any]:
    """Return one event as the stream tells it; a notice with its detail."""
    known = present.event(event)
    if event.HasField("workspace_after"):
        known["changes"] = _workspace(event)
    kind = event.WhichOneof("detail")
    if kind is not None:
        note = getattr(event, kind)
        if kind in _CHANGES:
            known["changes"] = _CHANGES[kind](event, note)
        known["detail"] = _DETAILS[kind](note)
    return known


def _person_of(event: event_pb2.Event) -> str | None:
    if event.HasField("person"):
        return present.person_id(event.person.name)
    return present.person_id(event.subject) if "/people/" in event.subject else None


def template(template: template_pb2.Template) -> shapes.Template:
    """Return one template."""
    priority: Any = present.PRIORITIES[template.priority] if template.priority else None
    kind: Any = template.type or None
    return shapes.Template(
        id=template.name.rpartition("/")[2],
        name=template.display_name,
        about=template.about,
        priority=priority,
        tags=list(template.tags),
        type=kind,
        criteria=list(template.criteria),
        estimate_minutes=(
            template.estimate_minutes if template.HasField("estimate_minutes") else None
        ),
        subtasks=list(template.subtasks),
        built_in=template.built_in,
        etag=template.etag,
    )


def _comment(note: event_pb2.CommentNote) -> dict[str, Any]:
    return {
        "comment": int(note.comment.rpartition("/")[2]),
        "text": note.text,
        "mentions": [present.person_ref(one) for one in note.mentions],
    }


def _comment_changes(event: event_pb2.Event, note: event_pb2.CommentNote) -> dict[str, Any]:
    if event.type == event_pb2.EVENT_TYPE_COMMENT_CREATED or note.text == note.text_before:
        return {}
    return {"text": [note.text_before or None, note.text or None]}


def _time_entry(note: event_pb2.TimeNote) -> dict[str, Any]:
    entry = note.entry.rpartition("/")[2]
    return {
        "entry": int(entry) if entry.isdecimal() else None,
        "minutes": note.minutes,
        "note": note.note or None,
    }


def _attendance(note: event_pb2.AttendanceNote) -> dict[str, Any]:
    return {
        "at": present.moment(note.at) if note.HasField("at") else None,
        "late_minutes": note.late_minutes,
        "reason": note.reason or None,
    }


def _template_note(note: event_pb2.TemplateNote) -> dict[str, Any]:
    shown = note.template if note.HasField("template") else note.template_before
    return {"template": shown.name.rpartition("/")[2], "name": shown.display_name}


def _template_changes(_event: event_pb2.Event, note: event_pb2.TemplateNote) -> dict[str, Any]:
    if not (note.HasField("template") and note.HasField("template_before")):
        return {}
    before, after = template(note.template_before), template(note.template)
    return {
        name: [getattr(before, name), getattr(after, name)]
        for name in shapes.Template.__struct_fields__
        if getattr(before, name) != getattr(after, name)
    }


def _answer(note: event_pb2.AnswerNote) -> dict[str, Any]:
    return {"accepted": note.accepted, "reason": note.reason or None}


_DETAILS: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "comment": _comment,
    "clock": lambda note: {"step": note.step},
    "time_entry": _time_entry,
    "attendance": _attendance,
    "answer": _answer,
    "template": _template_note,
    "closing": lambda note: {"parent_completable": present.task_id(note.parent_completable)},
}
_CHANGES: Mapping[str, Callable[[event_pb2.Event, Any], dict[str, Any]]] = {
    "comment": _comment_changes,
    "template": _template_changes,
}


def _workspace(event: event_pb2.Event) -> dict[str, Any]:
    """Return what a workspace's change changed, by path: "name", "settings.confirm"."""
    return {
        "name" if path == "display_name" else path: [
            _at(event.workspace_before, path),
            _at(event.workspace_after, path),
        ]
        for path in event.changed.paths
    }


def _at(message: Any, path: str) -> Any:
    *parts, last = path.split(".")
    for part in parts:
        message = getattr(message, part)
    value = getattr(message, last)
    described = message.DESCRIPTOR.fields_by_name[last]
    if described.enum_type is not None:
        named = described.enum_type.values_by_number
        prefix = named[0].name.removesuffix("UNSPECIFIED")
        return named[value].name.removeprefix(prefix).lower()
    if isinstance(value, Timestamp):
        return present.moment(value)
    return value if isinstance(value, str | int) else list(value)
